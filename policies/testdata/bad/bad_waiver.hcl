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

waiver "nothing" {
  reason  = "why"
  owner   = "who"
  expires = "2026-12-15"
}

waiver "unanswered" {
  facts = [deb["x"]]
}

waiver "empty" {
  facts   = [deb["x"]]
  reason  = ""
  owner   = " "
  expires = "2026-12-15"
}

waiver "hard" {
  rules   = ["hard", "soft"]
  reason  = "why"
  owner   = "who"
  expires = "2026-12-15"
}

waiver "values" {
  rules   = ["soft"]
  values  = ["1"]
  reason  = "why"
  owner   = "who"
  expires = "2026-12-15"
}

rule "hard" {
  assert      = true
  message     = "m"
  enforcement = "hard"
}

rule "soft" {
  assert  = true
  message = "m"
}
