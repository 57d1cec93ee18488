package policies

import (
	"cmp"
	"slices"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
)

// Vars returns the variables of all environments.
func (p *Policy) Vars() *drift.Vars {
	environments := map[string]map[string]string{}
	for _, e := range p.Environments {
		environments[e.Name] = e.Vars
	}
	return drift.NewVars(environments)
}

// strictness orders what may be shown.
var strictness = map[drift.Reveal]int{drift.RevealAll: 1, drift.RevealSafe: 2, drift.RevealNone: 3}

// Reveal returns what of each section of a host may be shown: what the collect block says that asked for it. Where
// several did, the strictest counts.
func (p *Policy) Reveal(id drift.HostID) func(*drift.Section) drift.Reveal {
	asked := p.asked()
	return func(s *drift.Section) drift.Reveal {
		var reveal drift.Reveal
		for i, c := range p.Collects {
			if strictness[c.Reveal] > strictness[reveal] && c.asks(asked[i], id, s.Collector, s.Scope) {
				reveal = c.Reveal
			}
		}
		return cmp.Or(reveal, drift.RevealSafe)
	}
}

// Asks returns a function that reports whether a host is to be asked for a collector's scope, so that it can be compared.
func (p *Policy) Asks() func(id drift.HostID, collector, scope string) bool {
	asked := p.asked()
	return func(id drift.HostID, collector, scope string) bool {
		for i := range p.Collects {
			if p.Collects[i].asks(asked[i], id, collector, scope) {
				return true
			}
		}
		return false
	}
}

// AsksFor reports whether a block, by its place in Collects, asks a host for a collector's scope.
func (p *Policy) AsksFor(block int, id drift.HostID, collector, scope string) bool {
	c := &p.Collects[block]
	return c.asks(c.Query.Asked(), id, collector, scope)
}

// asked returns the scopes of each collect block: they are worked out anew whenever a query is asked for them.
func (p *Policy) asked() [][]collect.Scope {
	scopes := make([][]collect.Scope, len(p.Collects))
	for i, c := range p.Collects {
		scopes[i] = c.Query.Asked()
	}
	return scopes
}

// asks reports whether a block, which asks for scopes, asks a host for one of a collector's.
func (c *Collect) asks(scopes []collect.Scope, id drift.HostID, collector, scope string) bool {
	return c.Query.Collector == collector && c.Selects(id.Environment, id.Role) && slices.ContainsFunc(scopes, func(asked collect.Scope) bool {
		return asked.Name == scope || asked.Question && drift.ScopeMatches(asked.Name, scope)
	})
}
