gate {
  required_version = ">= 0.1.0"
  timezone         = "Europe/Berlin"
  # mode  = "report"                   # adoption: reports "would be blocked", exits 0 …
  # until = "2026-12-15"               # … until this day; required with it
}

ledger {
  remote     = "origin"                                   # default: this repository only
  id         = "5d2e0b1c5f0f4a1e9a6f4d1c3b2a190807060504" # the first event, pinned: no other chain is accepted
  repository = "git.example.com/app"                      # what the events are about; default: the URL of the remote
}

signer "staging-ci" {
  key          = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDP0N048OaR2Y+0+N0vIybVc/OBP52zSb7Fmrl0q+nWx staging-ci"
  may          = ["deployed", "verified:smoke"]
  environments = ["staging"]
  expires      = "2027-01-31" # to the end of that day; what it has signed until then counts still
}

component "app" {
  paths   = ["src/**", "requirements.txt", "deploy/**"]
  roles   = ["web"]
  marker  = revision["/srv/app/src"].commit                              # what the hosts say they run
  units   = ["app.service"]                                              # must have started after the marker changed
  carries = [python["/srv/app/venv"], file["/etc/app/*"], revision["*"]] # what deploying it changes; default: all of python, file, revision, service
}

environment "staging" {
  vars = { domain = "staging.example.com", db_host = "db.staging.internal" }
  role "web" {
    hosts = ["deploy@staging-1"]
  }
}

environment "production" {
  vars = { domain = "example.com", db_host = "db.internal" }
  ssh {
    proxy_jump  = "bastion.example.com"
    known_hosts = "known_hosts"
  }
  role "web" {
    hosts     = [for n in range(1, 3) : "deploy@production-${n}"]
    min_hosts = 2
  }

  promotion {
    from             = ["staging"]
    soak             = "30m"
    evidence_max_age = "14d"
    verified_by      = ["smoke"]
    settle           = "36h" # OS updates reach hosts at different hours: see §4; default 0
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
      run = "sudo -n puppet agent --test --noop --color=false"
    }
  }
}

collect "deb" {}

collect "python" {
  venvs        = ["/srv/app/venv"]
  optional     = ["/opt/*/venv"] # may match nothing
  requirements = { "/srv/app/venv" = ["/srv/app/requirements.txt"] }
}

collect "file" {
  paths   = ["/etc/app/**", "/srv/app/requirements.txt"]
  exclude = ["*.local"]
}

collect "service" {
  units = ["app.service", "nginx.service"]
}

collect "revision" {
  checkout = "/srv/app/src" # or marker = "/srv/app/REVISION"
}

collect "command" "openssl" {
  run = "openssl version"
}

compare {
  ignore {
    facts  = [deb["linux-image-*"]]
    reason = "kernels are rolled by the platform team"
  }
  differ {
    fact   = file["/etc/app/logging.ini"].entries["logger_root.level"]
    values = { staging = "DEBUG", production = "INFO" }
  }
}

rule "setuptools-present" {
  for_each    = host.python
  assert      = can(each.value.packages["setuptools"])
  message     = "${each.key} on ${host.name} has no setuptools: pkg_resources cannot be imported"
  enforcement = "hard" # advisory | soft | hard, as in Sentinel: soft can be overridden, hard cannot
}

rule "openssl-patched" {
  environments = ["production"]
  when         = can(host.deb["openssl"])
  assert       = version_at_least("deb", host.deb["openssl"].version, "3.0.11-1~deb12u2")
  message      = "openssl on ${host.name} is ${host.deb["openssl"].version}"
}

use "baseline/python" {} # rule sets embedded from policies/builtin/

waiver "openssl-on-production-2" {
  hosts   = ["production/web/production-2"]
  facts   = [deb["openssl"].version]
  values  = ["3.0.9-1~deb12u1"] # bound to what is there: another value is drift again
  rules   = ["openssl-patched"] # a waiver covers drift, and only the rules that it names; never a hard one
  reason  = "the vendor pins 3.0.9 until its December release, OPS-412"
  owner   = "platform"
  expires = "2026-12-15" # required, to the end of that day; expired: it covers nothing any more; unused: reported
}
