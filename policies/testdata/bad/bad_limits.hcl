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
  role "web" {
    hosts = ["dev-1"]
  }
  promotion {
    from        = []
    verified_by = ["smoke", "smoke", ""]
    max_changes {
      packages = -1
      files    = 1.5
      services = 3
    }
    preview "puppet" {
      run = "a\nb"
    }
  }
}
