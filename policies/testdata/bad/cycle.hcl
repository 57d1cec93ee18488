environment "dev" {
  role "web" {
    hosts = ["dev-1"]
  }
  promotion {
    from = ["production"]
  }
}

environment "staging" {
  role "web" {
    hosts = ["staging-1"]
  }
  promotion {
    from = ["dev"]
  }
}

environment "production" {
  role "web" {
    hosts = ["production-1"]
  }
  promotion {
    from = ["staging"]
  }
}

environment "alone" {
  role "web" {
    hosts = ["alone-1"]
  }
  promotion {
    from = ["alone"]
  }
}

collect "deb" {}
