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

collect "file" {
  path = ["/etc/*"]
}

collect "file" {
  paths = "/etc/app"
}

collect "file" {
  paths = []
}

collect "file" {
  paths = ["/etc/app", ""]
}

collect "file" {
  paths  = ["/etc/app"]
  reveal = "everything"
}

collect "file" {
  paths  = ["/etc/app"]
  become = "sometimes"
}

collect "file" {
  paths = null
}

collect "file" {
  paths = [
    "/etc/app",
    "etc/app",
    "~/.bashrc",
    "/etc/../root",
    "/etc/[a-",
  ]
}

collect "file" {
  format = "ini"
}

collect "file" {
  paths  = ["/etc/app"]
  format = "yml"
}

collect "revision" {
  checkout = "srv/app"
}

collect "file" {
  paths   = ["/etc/app/**"]
  exclude = ["*.local", "[ab", "cache/*", "/etc/app/cache/", "[[:digit:]]*", "/etc/app/{a,b"]
}

collect "python" {
  venvs    = ["/opt/{a,b}/venv"]
  optional = ["/opt/[a/venv", "/opt/[^a]*"]
  requirements = {
    "/opt/*/venv" = ["/srv/app/requirements.txt"]
    "/srv/venv"   = ["requirements.txt", "/srv/app/requirements*.txt"]
  }
}

collect "python" {
  requirements = { for name in ["a", "*"] : "/opt/${name}/venv" => ["/srv/${name}.txt"] }
}

collect "service" {
  units = ["nginx", "app-[12].service", "app-*", "app@.service"]
}

collect "command" "c" {
  run = <<EOT
echo one
echo two
EOT
}

collect "file" {
  paths    = ["/etc/large.json"]
  max_size = "9 MiB"
}

collect "file" {
  paths    = ["/etc/larger.json"]
  max_size = 0
}

collect "file" {
  paths    = ["/etc/largest.json"]
  max_size = "4M"
}

collect "file" {
  paths    = ["/etc/lists.json"]
  max_size = ["4 MiB"]
}
