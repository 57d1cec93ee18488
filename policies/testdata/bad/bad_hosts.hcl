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
  role "a" {
    hosts = []
  }
  role "b" {
    hosts = ["", "-oProxyCommand=x", "deploy@-x", "@x", "a b", "a/b", "deploy@", "ssh://deploy:x@h"]
  }
  role "c" {
    hosts = ["deploy@x", "root@x"]
  }
  role "d" {
    hosts = "x"
  }
  role "e" {
    hosts     = ["x"]
    min_hosts = 2
  }
  role "f" {
    hosts     = ["x"]
    min_hosts = 0
  }
  role "g" {
    hosts     = ["x"]
    min_hosts = 1.5
  }
}

environment "empty" {}
