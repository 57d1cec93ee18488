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

rule "r0" {
  assert  = version_at_leest("deb", host.deb["x"].version, "1")
  message = "m"
}

rule "r1" {
  assert  = can(nosuch(host.deb["x"]))
  message = "m"
}

rule "r2" {
  assert  = version_at_least("dep", host.deb["x"].version, "1")
  message = "m"
}

rule "r3" {
  assert  = version_at_least("deb", host.deb["x"].version, "not a version!")
  message = "m"
}

rule "r4" {
  assert  = can(version_at_least("dep", host.deb["x"].version, "1"))
  message = "m"
}

rule "r5" {
  assert  = version_at_least("deb", host.deb["x"].version)
  message = "m"
}

rule "r6" {
  assert  = semver_matches(host.deb["x"].version, "~1.2 || latest")
  message = "m"
}

rule "r7" {
  assert  = days_until("15.12.2026") > 3
  message = "m"
}

rule "r8" {
  assert  = timestamp() != ""
  message = "m"
}

rule "r9" {
  assert  = can()
  message = "m"
}

rule "r10" {
  assert  = file("/etc/passwd") != ""
  message = "m"
}

rule "lookup" {
  assert  = lookup(host.deb, "x", null) == null
  message = "m"
}
