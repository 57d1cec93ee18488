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

component "a" {
  paths = ["a/**"]
  units = ["a.service"]
}

component "b" {
  paths  = ["b/**"]
  marker = deb["b"].version
  units  = ["b.service"]
}

component "c" {
  paths  = ["c/**"]
  marker = revision["/srv/c"].commit
  units  = ["c-*.service"]
}
