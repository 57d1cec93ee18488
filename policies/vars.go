package policies

import (
	"time"

	"github.com/seed-313c021b/gate/drift"
)

// Vars returns the variables of all environments.
func (p *Policy) Vars() *drift.Vars {
	environments := map[string]map[string]string{}
	for _, e := range p.Environments {
		environments[e.Name] = e.Vars
	}
	return drift.NewVars(environments)
}

// Reveal returns what of each section of a host may be shown: what the collect block says that asked for it. Where
// several did, the strictest counts.
func (p *Policy) Reveal(id drift.HostID) func(*drift.Section) drift.Reveal {
	strictness := map[drift.Reveal]int{drift.RevealAll: 0, drift.RevealSafe: 1, drift.RevealNone: 2}
	return func(s *drift.Section) drift.Reveal {
		reveal := drift.Reveal("")
		for i := range p.Collects {
			c := &p.Collects[i]
			if c.Query.Collector != s.Collector || !c.Selects(id.Environment, id.Role) || !c.asks(s.Scope) {
				continue
			}
			if reveal == "" || strictness[c.Reveal] > strictness[reveal] {
				reveal = c.Reveal
			}
		}
		if reveal == "" {
			return drift.RevealSafe
		}
		return reveal
	}
}

// Asks reports whether a host is to be asked for a collector's scope, so that it can be compared.
func (p *Policy) Asks(id drift.HostID, collector, scope string) bool {
	for i := range p.Collects {
		c := &p.Collects[i]
		if c.Query.Collector == collector && c.Selects(id.Environment, id.Role) && c.asks(scope) {
			return true
		}
	}
	return false
}

// asks reports whether a block asked for a scope.
func (c *Collect) asks(scope string) bool {
	for _, asked := range c.Query.Asked() {
		if asked.Name == scope || asked.Question && drift.ScopeMatches(asked.Name, scope) {
			return true
		}
	}
	return false
}

// ReportsOnly reports whether the policy only reports at a time.
func (g Gate) ReportsOnly(now time.Time) bool {
	return g.Mode == Report && now.Before(g.Until)
}
