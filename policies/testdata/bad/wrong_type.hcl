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
  assert  = host.deb["x"].version
  message = "m"
}

rule "r1" {
  assert  = "yes"
  message = "m"
}

rule "r2" {
  assert  = 1
  message = "m"
}

rule "r3" {
  assert  = null
  message = "m"
}

rule "r4" {
  assert  = host.deb["x"].version > 3
  message = "m"
}

rule "r5" {
  assert  = host.deb["x"].held + 1 == 2
  message = "m"
}

rule "when" {
  when    = "production"
  assert  = true
  message = ["m"]
}

rule "for_each" {
  for_each = host.name
  assert   = true
  message  = "m"
}

rule "allow_empty" {
  allow_empty = true
  assert      = true
  message     = "m"
}
