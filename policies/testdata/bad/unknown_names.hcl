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

component "c" {
  paths = ["src"]
  roles = ["wbe"]
}

signer "s" {
  key          = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDP0N048OaR2Y+0+N0vIybVc/OBP52zSb7Fmrl0q+nWx one"
  may          = ["deployd", "verified:", "deployed:x"]
  environments = ["stagging"]
}

environment "dev" {
  role "web" {
    hosts = ["dev-1"]
  }
  promotion {
    from = ["prodution"]
  }
}

rule "r" {
  roles        = ["worker"]
  environments = ["test"]
  assert       = true
  message      = "m"
}

collect "os" {
  roles        = ["db"]
  environments = ["prod"]
}

compare {
  differ {
    fact   = deb["x"].version
    values = { stagin = "1", production = "2" }
  }
}

waiver "w" {
  hosts   = ["production/web/production-3", "production-1", "prod/*"]
  rules   = ["rr"]
  reason  = "why"
  owner   = "who"
  expires = "2026-12-15"
}

use "baseline/pyhton" {}

use "https://example.com/rules" {}
