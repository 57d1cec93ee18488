package policies

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// warner adds a warning about a place of the policy.
type warner func(at hcl.Range, summary, format string, args ...any)

// uncompared warns of what the policy compares with nothing, or judges nowhere.
func (p *Policy) uncompared(warn warner) {
	for _, e := range p.Environments {
		if role := e.lonely(); role != "" && !p.compares(e) {
			warn(e.Range, "Nothing to compare with", "%q is promoted from no environment and none is promoted from it, and its role %q has one host: what is read there is compared with nothing, and rules alone judge it. "+
				"Say what it is promoted from: promotion { from = [\"staging\"] }.", e.Name, role)
		}
		for i := range p.Collects {
			for _, from := range e.Promotion.From {
				if other := p.Environment(from); other != nil {
					p.Collects[i].oneSided(other, e, warn)
				}
			}
		}
	}
	for _, r := range p.Rules {
		if r.Use == "" {
			p.idle(r, warn)
		}
	}
}

// compares reports whether an environment is promoted from another one, or another one from it.
func (p *Policy) compares(e *Environment) bool {
	return len(e.Promotion.From) > 0 || slices.ContainsFunc(p.Environments, func(other *Environment) bool { return slices.Contains(other.Promotion.From, e.Name) })
}

// lonely returns the name of a role with one host, "" where there is none.
func (e *Environment) lonely() string {
	for _, r := range e.Roles {
		if len(r.Hosts) == 1 {
			return r.Name
		}
	}
	return ""
}

// oneSided warns of a block that asks hosts of one of two environments that are compared, and not those of the same role of
// the other one.
func (c *Collect) oneSided(from, to *Environment, warn warner) {
	for _, role := range to.Roles {
		if from.Role(role.Name) == nil || c.Selects(from.Name, role.Name) == c.Selects(to.Name, role.Name) {
			continue
		}
		asked, other := to.Name, from.Name
		if c.Selects(from.Name, role.Name) {
			asked, other = other, asked
		}
		warn(c.Range, "One side only", "The block asks %q, and not %q, which that is compared with: what it reads is compared with nothing, and rules alone judge it. "+
			"The check is undecided where a component carries such a fact. Let the block ask both.", asked, other)
		return
	}
}

// idle warns of a rule whose "when" compares a host with what the policy does not have.
func (p *Policy) idle(r *Rule, warn warner) {
	for _, n := range r.Unknown(p) {
		warn(n.Range, "Unknown name", "The policy has no %s %q, so that the comparison is the same everywhere.%s", n.Kind, n.Text, suggest(n.Text, p.names(n.Kind)))
	}
}

// names returns all hosts, roles or environments.
func (p *Policy) names(kind string) []string {
	var names []string
	for _, e := range p.Environments {
		switch kind {
		case "environment":
			names = append(names, e.Name)
			continue
		}
		for _, r := range e.Roles {
			if kind == "role" {
				names = append(names, r.Name)
				continue
			}
			for _, address := range r.Hosts {
				names = append(names, HostName(address))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
