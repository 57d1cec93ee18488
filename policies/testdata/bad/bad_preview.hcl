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
    from = ["staging"]
    preview "ansible" {
      run = "ansible-playbook --check site.yml"
    }
    preview "puppet" {
      run      = "sudo -n puppet agent --test"
      complete = "done"
    }
    preview "lines" {
      run = "dry"
    }
    preview "apt" {
      run    = "apt-get -s upgrade"
      report = "/var/lib/report.yaml"
    }
    preview "pip" {
      format  = "pips"
      run     = "pip install --dry-run -r requirements.txt"
      roles   = ["wep"]
      ignore  = []
      report  = "report.yaml"
      timeout = "0s"
    }
    preview "puppet2" {
      format = "puppet"
    }
  }
}

collect "deb" {}
