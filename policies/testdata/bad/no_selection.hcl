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

environment "dev" {
  role "worker" {
    hosts = ["dev-1"]
  }
}

collect "os" {
  roles        = ["worker"]
  environments = ["staging", "production"]
}

collect "python" {
  venvs        = ["/srv/app/venv"]
  roles        = ["web", "worker"]
  environments = ["dev"]
}

rule "r" {
  roles        = ["web"]
  environments = ["dev"]
  assert       = true
  message      = "m"
}

use "baseline/python" {
  roles        = ["worker"]
  environments = ["production"]
}
