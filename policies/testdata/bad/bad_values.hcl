environment "staging" {
  vars = { domain = "staging.example.com", only_staging = "x" }
  role "web" {
    hosts = ["deploy@staging-1"]
  }
}

environment "production" {
  vars = { domain = "example.com" }
  role "web" {
    hosts = ["deploy@production-1", "deploy@production-2"]
  }
  promotion {
    from = ["staging"]
  }
}

collect "deb" {}

compare {
  differ {
    fact   = deb["x"].version
    values = ["1", "2"]
  }
  differ {
    fact   = deb["y"].version
    values = { staging = { a = 1 }, production = missing }
  }
  differ {
    fact   = deb["z"].version
    values = { staging = "1", staging = "2" }
  }
  differ {
    fact   = deb["a"].version
    values = { staging = sealed("xyz"), production = sealed() }
  }
}

waiver "w" {
  facts   = [deb["x"].version]
  values  = []
  reason  = "why"
  owner   = "who"
  expires = "2026-12-15"
}
