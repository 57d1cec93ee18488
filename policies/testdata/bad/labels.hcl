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

rule {
  assert  = true
  message = "m"
}

gate "main" {}

environment "a" "b" {}

environment "a/b" {
  role "" {
    hosts = ["a-1"]
  }
}

collect "deb" "second" {}

collect "command" {
  run = "true"
}

collect "command" "a b" {
  run = "true"
}

collect {}

use {}
