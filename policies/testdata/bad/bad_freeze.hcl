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
    from = ["staging"]
    freeze "a" {
      from  = "Friday evening"
      until = "Mon 8:00"
    }
    freeze "b" {
      from  = "Fr 16:00"
      until = "Mon 25:00"
    }
    freeze "c" {
      from  = "Fri 16:00"
      until = "Fri 16:00"
    }
    freeze "d" {
      from  = "2026-12-20"
      until = "2027-01-02"
    }
  }
}
