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

rule "r0" {
  assert  = host.deb["x"].verison == "1"
  message = "m"
}

rule "r1" {
  assert  = !can(host.deb["x"].verison)
  message = "m"
}

rule "r2" {
  assert  = try(host.deb["x"].verson, "") == ""
  message = "m"
}

rule "r3" {
  assert  = host.dep["x"].version == "1"
  message = "m"
}

rule "r4" {
  assert  = can(host.hostname)
  message = "m"
}

rule "r5" {
  assert  = host.os.host_name == "x"
  message = "m"
}

rule "r6" {
  assert  = host.deb.x.version == "1"
  message = "m"
}

rule "r7" {
  assert  = host["deb"]["x"].version == "1"
  message = "m"
}

rule "r8" {
  assert  = host.os["hostname"] == "x"
  message = "m"
}

rule "r9" {
  assert  = deb["x"].version == "1"
  message = "m"
}

rule "r10" {
  assert  = host.deb["x"].version.major == "1"
  message = "m"
}

rule "r11" {
  assert  = can(host.deb["lib*"])
  message = "m"
}

rule "r12" {
  assert  = alltrue([for name, p in host.deb : can(p.verson)])
  message = "m"
}

rule "r13" {
  assert  = alltrue([for name in ["a"] : can(host.deb[name].verson)])
  message = "m"
}

rule "r14" {
  assert  = (host.deb)["x"].held
  message = "m"
}

rule "r15" {
  assert  = host.deb[x].held
  message = "m"
}

rule "r16" {
  assert  = host == null
  message = "m"
}

rule "r17" {
  assert  = each.value == 1
  message = "m"
}

rule "r18" {
  assert  = can(nothing.at.all)
  message = "m"
}

rule "r19" {
  assert  = can(host.deb[*].held)
  message = "m"
}

rule "r20" {
  assert  = alltrue([for host in [1] : can(host.deb["x"])])
  message = "m"
}

rule "r21" {
  assert  = alltrue([for vars, it in [1] : can(vars.x)])
  message = "m"
}

rule "r22" {
  assert  = length(host.deb["x"].*) > 0
  message = "m"
}

rule "r23" {
  assert  = host.deb[0].held
  message = "m"
}

rule "for_each" {
  for_each = host.deb
  when     = each.value.hold
  assert   = each.valeu.held
  message  = "${each.value.verson} of ${each.name}"
}

rule "for_each-over-selection" {
  for_each = { for name, it in host.deb : name => it if glob("lib*", name) }
  assert   = each.value.hold
  message  = "m"
}

rule "for_each-misspelt" {
  for_each = host.debs
  assert   = true
  message  = "m"
}
