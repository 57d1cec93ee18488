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
	asked := perRole(func(id drift.HostID) *collect.Questions { return collect.NewQuestions(p.collected(id), "") })
	return func(id drift.HostID, collector, scope string) bool { return asked(id).Asks(collector, scope) }
}

// Queries returns what a host is asked for. The operating system is always read, since it says which hosts are compared.
func (p *Policy) Queries(id drift.HostID) []collect.Query {
	os := func(q collect.Query) bool { return q.Collector == "os" }
	return append([]collect.Query{{Collector: "os"}}, slices.DeleteFunc(p.collected(id), os)...)
}

// collected returns what collect blocks ask of a host.
func (p *Policy) collected(id drift.HostID) []collect.Query {
	var list []collect.Query
	for _, c := range p.Collects {
		if c.Selects(id.Environment, id.Role) {
			list = append(list, c.Query)
		}
	}
	return list
}

// Questions returns a function that tells what the sections of a host are asked: what is collected from it, and the previews
// of its environment.
func (p *Policy) Questions() func(id drift.HostID) *collect.Questions {
	return perRole(func(id drift.HostID) *collect.Questions {
		queries, root := p.Queries(id), ""
		if e := p.Environment(id.Environment); e != nil {
			for _, preview := range e.Promotion.Previews {
				if preview.Selects(id.Role) {
					queries = append(queries, preview.Query())
				}
			}
			if role := e.Role(id.Role); role != nil {
				root = role.SSH.Root
			}
		}
		return collect.NewQuestions(queries, root)
	})
}

// perRole works something out once for the hosts of each role.
func perRole[T any](of func(drift.HostID) T) func(drift.HostID) T {
	known := map[drift.HostID]T{}
	return func(id drift.HostID) T {
		id.Name = ""
		v, ok := known[id]
		if !ok {
			v = of(id)
			known[id] = v
		}
		return v
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
