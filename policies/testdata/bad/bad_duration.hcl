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

environment "e0" {
  role "web" {
    hosts = ["e0-1"]
  }
  promotion {
    from = ["staging"]
    soak = "30"
  }
}

environment "e1" {
  role "web" {
    hosts = ["e1-1"]
  }
  promotion {
    from = ["staging"]
    soak = 30
  }
}

environment "e2" {
  role "web" {
    hosts = ["e2-1"]
  }
  promotion {
    from = ["staging"]
    soak = "-5m"
  }
}

environment "e3" {
  role "web" {
    hosts = ["e3-1"]
  }
  promotion {
    from = ["staging"]
    soak = "1.5h"
  }
}

environment "e4" {
  role "web" {
    hosts = ["e4-1"]
  }
  promotion {
    from = ["staging"]
    soak = "5 minutes"
  }
}

environment "e5" {
  role "web" {
    hosts = ["e5-1"]
  }
  promotion {
    from = ["staging"]
    soak = "12h1d"
  }
}

environment "e6" {
  role "web" {
    hosts = ["e6-1"]
  }
  promotion {
    from = ["staging"]
    soak = "1h1h"
  }
}

environment "e7" {
  role "web" {
    hosts = ["e7-1"]
  }
  promotion {
    from = ["staging"]
    soak = ""
  }
}

environment "e8" {
  role "web" {
    hosts = ["e8-1"]
  }
  promotion {
    from = ["staging"]
    soak = "99999999w"
  }
}

environment "e9" {
  role "web" {
    hosts = ["e9-1"]
  }
  promotion {
    from = ["staging"]
    soak = "1mo"
  }
}

environment "f" {
  ssh {
    connect_timeout = "0s"
    timeout         = "soon"
  }
  role "web" {
    hosts = ["f-1"]
  }
  promotion {
    from             = ["staging"]
    soak             = "30d"
    evidence_max_age = "14d"
    settle           = "1 day"
  }
}

environment "g" {
  role "web" {
    hosts = ["g-1"]
  }
  promotion {
    from             = ["staging"]
    evidence_max_age = "0d"
  }
}
