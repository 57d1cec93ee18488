gate {
  mode  = "report"
  until = "2026-12-15T18:00:00+01:00"
}

collect "os" {
  environments = ["production"]
}

collect "deb" {
  roles  = ["web"]
  become = true
}

collect "deb" {
  roles = ["worker"]
}

collect "command" "kernel" {
  run   = "uname -r"
  roles = ["web"]
}

collect "command" "kernel" {
  run   = "uname -a"
  roles = ["worker"]
}

collect "file" {
  paths  = ["/etc/app/**"]
  reveal = "none"
}

collect "file" {
  paths = ["/srv/app/requirements.txt"]
}
