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

gate {}

gate {}

environment "staging" {
  role "web" {
    hosts = ["other-1"]
  }
}

environment "dev" {
  role "web" {
    hosts = ["dev-1"]
  }
  role "web" {
    hosts = ["dev-2"]
  }
  promotion {
    from = ["staging", "staging"]
    freeze "f" {
      from  = "Fri 16:00"
      until = "Mon 08:00"
    }
    freeze "f" {
      from  = "Sat 16:00"
      until = "Mon 08:00"
    }
    preview "apt" {
      run = "true"
    }
    preview "apt" {
      run = "false"
    }
  }
}

rule "r" {
  assert  = true
  message = "m"
}

rule "r" {
  assert  = true
  message = "m"
}

signer "s" {
  key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDP0N048OaR2Y+0+N0vIybVc/OBP52zSb7Fmrl0q+nWx one"
  may = ["deployed"]
}

signer "s" {
  key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDP0N048OaR2Y+0+N0vIybVc/OBP52zSb7Fmrl0q+nWx two"
  may = ["deployed"]
}

signer "same-key" {
  key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDP0N048OaR2Y+0+N0vIybVc/OBP52zSb7Fmrl0q+nWx three"
  may = ["deployed"]
}

component "c" {
  paths = ["src"]
}

component "c" {
  paths = ["lib"]
}

waiver "w" {
  facts   = [deb["x"]]
  reason  = "why"
  owner   = "who"
  expires = "2026-12-15"
}

waiver "w" {
  facts   = [deb["y"]]
  reason  = "why"
  owner   = "who"
  expires = "2026-12-15"
}

compare {
  differ {
    fact = deb["x"].version
  }
  differ {
    fact = deb["x"].version
  }
}

compare {}

collect "deb" {}

collect "command" "c" {
  run = "true"
}

collect "command" "c" {
  run = "false"
}
