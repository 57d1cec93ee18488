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

waiver "w0" {
  facts   = [deb["x"]]
  reason  = "why"
  owner   = "who"
  expires = "15.12.2026"
}

waiver "w1" {
  facts   = [deb["x"]]
  reason  = "why"
  owner   = "who"
  expires = "12/15/2026"
}

waiver "w2" {
  facts   = [deb["x"]]
  reason  = "why"
  owner   = "who"
  expires = "2026-02-30"
}

waiver "w3" {
  facts   = [deb["x"]]
  reason  = "why"
  owner   = "who"
  expires = "2026-13-01"
}

waiver "w4" {
  facts   = [deb["x"]]
  reason  = "why"
  owner   = "who"
  expires = "2026-12-15T10:00:00"
}

waiver "w5" {
  facts   = [deb["x"]]
  reason  = "why"
  owner   = "who"
  expires = "2026-12-15 10:00"
}

waiver "w6" {
  facts   = [deb["x"]]
  reason  = "why"
  owner   = "who"
  expires = "15 Dec 2026"
}

waiver "w7" {
  facts   = [deb["x"]]
  reason  = "why"
  owner   = "who"
  expires = "tomorrow"
}

waiver "w8" {
  facts   = [deb["x"]]
  reason  = "why"
  owner   = "who"
  expires = ""
}

waiver "w9" {
  facts   = [deb["x"]]
  reason  = "why"
  owner   = "who"
  expires = 20261215
}

waiver "w10" {
  facts   = [deb["x"]]
  reason  = "why"
  owner   = "who"
  expires = "2026-12-15T25:00:00Z"
}

gate {
  mode  = "report"
  until = "next year"
}
