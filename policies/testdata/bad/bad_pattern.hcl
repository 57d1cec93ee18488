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
  ignore {
    facts = [
      deb["x"].verison,
      deb[x],
      deb[*],
      deb.x.version,
      "deb[\"x\"].version",
      "deb",
      host.deb["x"],
      deb[1],
      deb["${"x"}y"],
      deb["x"].version.major,
      deb["x"]["version"],
      os["hostname"],
      1 + 1,
    ]
    reason = "none"
  }
  ignore {
    facts  = deb["x"]
    reason = "none"
  }
  ignore {
    facts  = []
    reason = "none"
  }
  differ {
    fact = debs["x"]
  }
}

component "c" {
  paths   = ["src"]
  carries = [deb["x"].vers]
  marker  = revision["*"].commit
}

component "d" {
  paths  = ["src"]
  marker = revision["/srv/app"]
}

waiver "w" {
  facts   = [dep["x"]]
  reason  = "why"
  owner   = "who"
  expires = "2026-12-15"
}
