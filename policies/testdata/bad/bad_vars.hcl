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

environment "dev" {
  vars = {
    "a b" = "x"
    empty = ""
  }
  role "web" {
    hosts = ["dev-1"]
  }
}

environment "dev2" {
  vars = {
    twice = "x"
    twice = "y"
  }
  role "web" {
    hosts = ["dev2-1"]
  }
}

environment "dev3" {
  vars = ["x"]
  role "web" {
    hosts = ["dev3-1"]
  }
}
