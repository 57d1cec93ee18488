# Expressions that are right, and must not be taken for mistakes.

environment "staging" {
  vars = { domain = "staging.example.com", debug = "on" }
  role "web" {
    hosts = ["staging-1"]
  }
}

environment "production" {
  vars = { domain = "example.com" }
  role "web" {
    hosts = ["production-1"]
  }
}

collect "deb" {}

collect "python" {
  venvs = ["/srv/app/venv"]
}

collect "file" {
  paths    = ["/etc/app/*"]
  max_size = 4194304
}

collect "service" {
  units = ["app.service"]
}

rule "one-fact" {
  assert  = host.service["app.service"].active == "active" && !try(host.service["app.service"].needs_restart, false)
  message = "app.service on ${host.name} (${host.role}, ${host.environment}) is ${host.service["app.service"].active}"
}

rule "entries-have-any-type" {
  assert  = host.file["/etc/app/app.yaml"].entries["workers"] >= 4 && contains(host.file["/etc/app/app.yaml"].entries["hosts"], vars.domain)
  message = "too few workers"
}

rule "elements-of-entries" {
  when    = can(host.file["/etc/app/app.yaml"].entries["hosts"][0])
  assert  = host.file["/etc/app/app.yaml"].entries["hosts"][0] == "a"
  message = "m"
}

rule "keys-from-a-list" {
  for_each = toset(["openssl", "libssl3"])
  when     = can(host.deb[each.key])
  assert   = host.deb[each.value].status == "installed" && !host.deb[each.key].held
  message  = "${each.key} is ${host.deb[each.key].status}"
}

rule "keys-from-a-template" {
  assert  = host.file["/etc/app/${vars.domain}.conf"].mode == "0644"
  message = "m"
}

rule "a-variable-of-one-environment" {
  assert  = try(vars.debug, "off") == "off" || host.environment != "production"
  message = "m"
}

rule "its-own-variable" {
  environments = ["staging"]
  assert       = vars.debug == "on"
  message      = "m"
}

rule "a-selection" {
  for_each    = { for path, it in host.file : path => it if glob("/etc/app/*.conf", path) }
  allow_empty = true
  assert      = each.value.owner == "root" && each.value.size < 10000
  message     = "${each.key} is ${each.value.owner}'s"
}

rule "a-table" {
  for_each = {
    openssl = { scheme = "deb", least = "3.0" }
    nginx   = { scheme = "deb", least = "1.22" }
  }
  assert  = version_at_least(each.value.scheme, host.deb[each.key].version, each.value.least)
  message = "${each.key} is older than ${each.value.least}"
}

rule "packages-of-environments" {
  for_each = host.python
  assert   = alltrue([for name, it in each.value.packages : it.version != "0.0.0" if !startswith(name, "app")])
  message  = join(", ", [for name, it in each.value.packages : "${name} ${it.version}"])
}

rule "of-the-host" {
  assert  = host.os.timezone == "Etc/UTC" && abs(host.os.clock_offset) < 5 && anytrue([for address in host.os.addresses : startswith(address, "10.")])
  message = "m"
}

rule "conditional" {
  assert  = host.environment == "production" ? can(host.deb["unattended-upgrades"]) : true
  message = <<-EOT
    production has no unattended-upgrades
  EOT
}

rule "certificate" {
  assert  = days_until("2030-01-01") > 0 && version_compare("python", "1.0", "1.0.0") == 0 && semver_matches("1.2.3", "^1.2")
  message = "m"
}
