environment "staging" {
  role "web" {
    hosts = ["staging-1"]
  }
}

environment "production" {
  role "web" {
    hosts = ["production-1"]
  }
  promotion {
    from        = ["staging"]
    verified_by = ["smoke", "check:", "check:e2e", "check:scan", "workflow:.github/workflows/deploy.yml", "workflow:deploy.yml", "chek:lint"]

    evidence "check:e2e" {
      workflow   = "tests/e2e.yml"
      repository = "shop"
      brach      = "main"
    }
    evidence "check:e2e" {
      branch = "main"
    }
    evidence "check:e3e" {
      branch = "main"
    }
    evidence "smoke" {}
    evidence {}
    evidence "check:scan" "two" {}
    evidence "workflow:deploy.yml" {
      branch   = "refs/heads/main"
      workflow = "deploy.yml"
    }
  }
  ssh {
    user = "deploy"
  }
}

environment "live" {
  role "web" {
    hosts = ["live-1"]
  }
  promotion {
    from        = ["staging"]
    verified_by = ["check:scan"]

    evidence "check:scan" {
      app      = "octo-scanner"
      workflow = "scan.yml"
      branch   = "main"
    }
  }
}

collect "deb" {}
