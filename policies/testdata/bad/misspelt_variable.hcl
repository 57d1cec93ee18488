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
  assert  = vars.domian == "x"
  message = "m"
}

rule "r1" {
  assert  = can(vars.domian)
  message = "m"
}

rule "r2" {
  assert  = vars.only_staging == "x"
  message = "m"
}

rule "r3" {
  assert  = try(vars.only_staging, "x") == "x"
  message = "m"
}

rule "only-there" {
  environments = ["staging"]
  assert       = vars.only_staging == "x"
  message      = "m"
}
