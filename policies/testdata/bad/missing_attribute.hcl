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

rule "r" {
  enforcement = "hard"
}

signer "s" {}

component "c" {}

compare {
  ignore {
    facts = [deb["x"]]
  }
  ignore {
    reason = "none"
  }
  differ {
    values = { staging = "a" }
  }
}

environment "dev" {
  role "web" {}
  promotion {
    freeze "f" {}
    preview "p" {}
  }
}

collect "command" "x" {}
