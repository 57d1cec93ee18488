package policies

import (
	"maps"
	"slices"
)

// roles returns the names of all roles that the head's environments have.
func (c *comparer) roles() []string {
	all := map[string]bool{}
	for _, e := range c.head.Environments {
		for _, r := range e.Roles {
			all[r.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// environmentNames returns the names of the head's environments.
func (c *comparer) environmentNames() []string {
	var all []string
	for _, e := range c.head.Environments {
		all = append(all, e.Name)
	}
	return all
}

func (p *pair) environments(base, head []*Environment) {
	blocksOf(p, "environment", base, head, func(e *Environment) string { return e.Name }, (*pair).environment)
}

func (p *pair) environment(base, head *Environment) {
	p.vars(base, head)
	p.ssh(base.SSH, head.SSH)
	blocksOf(p, "role", base.Roles, head.Roles, func(r Role) string { return r.Name }, (*pair).role)
	p.promotions(&base.Promotion, &head.Promotion)
}

// vars compares variables. Where another environment has one of the name, values of the two that differ by it alone are
// alike; and without one, its value is not found any more where it does not belong.
func (p *pair) vars(base, head *Environment) {
	for _, name := range names(base.Vars, head.Vars) {
		was, before := base.Vars[name]
		is, now := head.Vars[name]
		switch {
		case !now:
			p.add(true, "vars", "vars has no %q any more", name)
		case !before:
			p.add(p.c.elsewhere(name, head), "vars", "vars has %q now: %s", name, quoted(is))
		case was != is:
			p.uncompared("vars", "vars has another %q: %s, and was %s", name, quoted(is), quoted(was))
		}
	}
}

// elsewhere reports whether another environment of the head's has a variable.
func (c *comparer) elsewhere(name string, but *Environment) bool {
	return slices.ContainsFunc(c.head.Environments, func(e *Environment) bool { return e != but && e.Vars[name] != "" })
}

func (p *pair) role(base, head Role) {
	p.hosts(base.Hosts, head.Hosts)
	p.value("min_hosts", base.MinHosts == head.MinHosts, head.MinHosts < base.MinHosts)
	p.ssh(base.SSH, head.SSH)
}

// hosts compares hosts by their names: who logs in is a part of the way to one.
func (p *pair) hosts(base, head []string) {
	was, now := byHostName(base), byHostName(head)
	for _, name := range names(was, now) {
		switch {
		case now[name] == "":
			p.add(true, "hosts", "hosts has no %s any more", quoted(was[name]))
		case was[name] == "":
			p.add(false, "hosts", "hosts has %s now", quoted(now[name]))
		case was[name] != now[name]:
			p.add(true, "hosts", "hosts has %s, and had %s", quoted(now[name]), quoted(was[name]))
		}
	}
}

func byHostName(hosts []string) map[string]string {
	all := map[string]string{}
	for _, host := range hosts {
		all[HostName(host)] = host
	}
	return all
}

// ssh compares the ways to hosts. By another one gate may look at something else; with less time, it only finds out less.
func (p *pair) ssh(base, head SSH) {
	s := p.inner("ssh")
	for name, same := range map[string]bool{
		"user":              base.User == head.User,
		"port":              base.Port == head.Port,
		"hostname":          base.Hostname == head.Hostname,
		"identity_files":    slices.Equal(base.IdentityFiles, head.IdentityFiles),
		"certificate_files": slices.Equal(base.CertificateFiles, head.CertificateFiles),
		"known_hosts":       slices.Equal(base.KnownHosts, head.KnownHosts),
		"proxy_jump":        base.ProxyJump == head.ProxyJump,
		"host_key_alias":    base.HostKeyAlias == head.HostKeyAlias,
		"config":            base.Config == head.Config,
		"root":              base.Root == head.Root,
	} {
		_, before := s.base.attributes[name]
		_, now := s.head.attributes[name]
		s.value(name, same || !before && !now, true) // a role has what its environment says, too
	}
	s.value("connect_timeout", base.ConnectTimeout == head.ConnectTimeout || !s.has("connect_timeout"), false)
	s.value("timeout", base.Timeout == head.Timeout || !s.has("timeout"), false)
	s.rest()
}

// has reports whether one of the two has an attribute.
func (p *pair) has(attribute string) bool {
	_, before := p.base.attributes[attribute]
	_, now := p.head.attributes[attribute]
	return before || now
}
