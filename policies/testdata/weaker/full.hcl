# Every block and every attribute of the language, to be changed one by one.

gate {
  required_version = ">= 0.2.0"
  timezone         = "Europe/Berlin"
  mode             = "report"
  until            = "2026-12-15"
  unmanaged        = ["docs/**", "README.md"]
}

ledger {
  remote     = "origin"
  id         = "5d2e0b1c5f0f4a1e9a6f4d1c3b2a190807060504"
  repository = "git.example.com/app"
  public     = false
}

signer "staging-ci" {
  key          = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDP0N048OaR2Y+0+N0vIybVc/OBP52zSb7Fmrl0q+nWx staging-ci"
  may          = ["deployed", "verified:smoke"]
  environments = ["staging"]
  expires      = "2027-01-31"
}

component "app" {
  paths   = ["src/**", "requirements.txt"]
  roles   = ["web", "worker"]
  marker  = revision["/srv/app/src"].commit
  units   = ["app.service", "app.socket"]
  carries = [python["/srv/app/venv"], file["/etc/app/*"]]
}

environment "staging" {
  vars = { domain = "staging.example.com", db_host = "db.staging.internal" }
  role "web" {
    hosts = ["deploy@staging-1"]
  }
  role "worker" {
    hosts = ["deploy@staging-2"]
  }
}

environment "test" {
  role "web" {
    hosts = ["deploy@test-1"]
  }
}

environment "production" {
  vars = { domain = "example.com", db_host = "db.internal" }
  ssh {
    user              = "deploy"
    port              = 22
    hostname          = "10.0.0.1"
    identity_files    = ["~/.ssh/gate"]
    certificate_files = ["~/.ssh/gate-cert.pub"]
    known_hosts       = ["known_hosts"]
    proxy_jump        = "bastion.example.com"
    host_key_alias    = "production"
    config            = "none"
    connect_timeout   = "10s"
    timeout           = "2m"
    root              = "/srv/root"
  }
  role "web" {
    hosts     = ["production-1", "production-2", "production-3"]
    min_hosts = 2
    ssh {
      port = 2222
    }
  }
  role "worker" {
    hosts = ["worker-1"]
  }

  promotion {
    from             = ["staging", "test"]
    soak             = "1h"
    evidence_max_age = "14d"
    verified_by      = ["smoke", "load", "check:e2e"]
    settle           = "36h"
    evidence "check:e2e" {
      workflow   = "e2e.yml"
      branch     = "main"
      app        = "github-actions"
      repository = "example/app"
    }
    max_changes {
      packages = 20
      files    = 10
      commits  = 30
    }
    freeze "weekend" {
      from  = "Fri 16:00"
      until = "Mon 08:00"
    }
    preview "puppet" {
      run     = "sudo -n puppet agent --test --noop --color=false"
      become  = true
      roles   = ["web", "worker"]
      ignore  = ["Notify[hello]"]
      report  = "/var/lib/puppet/state/last_run_report.yaml"
      timeout = "5m"
    }
    preview "own" {
      format   = "lines"
      run      = "/srv/preview && echo done"
      complete = "done"
    }
  }
}

collect "deb" {
  become       = true
  environments = ["staging", "production"]
  roles        = ["web", "worker"]
  reveal       = "safe"
}

collect "python" {
  venvs        = ["/srv/app/venv", "/srv/tool/venv"]
  optional     = ["/opt/*/venv"]
  requirements = { "/srv/app/venv" = ["/srv/app/requirements.txt", "/srv/app/more.txt"] }
}

collect "file" {
  paths    = ["/etc/app/**", "/srv/app/requirements.txt"]
  optional = ["/etc/extra.ini"]
  exclude  = ["*.local"]
  reveal   = "none"
}

collect "file" {
  paths    = ["/srv/app/settings"]
  format   = "ini"
  max_size = "2 MiB"
}

collect "service" {
  units    = ["app.service", "nginx.service"]
  optional = ["cron.service"]
}

collect "revision" {
  checkout = "/srv/app/src"
}

collect "revision" {
  marker = "/srv/app/REVISION"
}

collect "command" "openssl" {
  run   = "openssl version"
  lines = true
}

compare {
  defaults = false
  ignore {
    facts  = [deb["linux-image-*"], deb["base-files"]]
    reason = "kernels are rolled by the platform team"
  }
  differ {
    fact   = file["/etc/app/logging.ini"].entries["logger_root.level"]
    values = { staging = "DEBUG", production = "INFO" }
  }
}

rule "venvs" {
  for_each     = host.python
  allow_empty  = false
  environments = ["staging", "production"]
  roles        = ["web", "worker"]
  when         = host.name != "production-9"
  assert       = can(each.value.packages["setuptools"])
  message      = "${each.key} on ${host.name} has no setuptools"
  enforcement  = "soft"
  facts        = [python["*"].imports["setuptools"]]
}

use "baseline/python" {
  enforcement  = "hard"
  environments = ["staging", "production"]
  roles        = ["web", "worker"]
}

waiver "openssl" {
  hosts   = ["production/web/production-2"]
  facts   = [deb["openssl"].version]
  values  = ["3.0.9-1~deb12u1"]
  rules   = ["venvs"]
  reason  = "the vendor pins 3.0.9 until its December release"
  owner   = "platform"
  expires = "2026-12-15"
}
