package gate

import (
	"fmt"
	"slices"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/policies"
)

// unmerged finds new configuration that an update brought to the environment and nobody has merged. Of all comparisons it
// is left out.
func (d *decision) unmerged() {
	s := d.snapshot(d.To)
	if s == nil || !d.Policy.Compare.Defaults {
		return
	}
	f := Finding{Code: "drift.unmerged", Effect: Informs, Subject: "file[…]"}
	for i := range s.Hosts {
		h := &s.Hosts[i]
		for _, section := range h.Collector("file") {
			if policies.Unmerged(&section) {
				f.note(h.ID, h.ID.Name+": "+section.Scope)
			}
		}
	}
	if len(f.Hosts) > 0 {
		f.Title = "Updates brought configuration that nobody has merged, on " + places(f.Hosts)
		d.add(f)
	}
}

// collected finds what the policy asks for and no host has, and what hosts were not asked at all: their snapshot was made
// under another policy.
func (d *decision) collected() {
	for _, c := range d.Policy.Collects {
		for _, scope := range c.Query.Asked() {
			d.asked(c, scope)
		}
	}
}

// asked judges one thing that a collect block asks for.
func (d *decision) asked(c policies.Collect, scope collect.Scope) {
	what := string((&drift.Section{Collector: c.Query.Collector, Scope: scope.Name}).Address())
	selected, found := false, false
	var silent []string
	for _, s := range d.Snapshots {
		for i := range s.Hosts {
			h := &s.Hosts[i]
			if !c.Selects(h.ID.Environment, h.ID.Role) {
				continue
			}
			selected = true
			found = found || has(h, c.Query.Collector, scope)
			if h.Section(c.Query.Collector, scope.Name) == nil && !d.dead[h.ID] {
				silent = append(silent, h.ID.String())
			}
		}
	}
	switch {
	case len(silent) > 0:
		d.add(Finding{Code: "unknown.section", Effect: Opens, Hosts: silent, Subject: what, Policy: position(c.Range),
			Title: fmt.Sprintf("%s was not read on %s", what, places(silent)),
			Next:  []string{collectAnew}})
	case selected && !found && !scope.Optional:
		d.add(Finding{Code: "collect.empty", Effect: Opens, Policy: position(c.Range), Subject: what,
			Title: fmt.Sprintf("%s is on no host", what),
			Next:  []string{fmt.Sprintf("correct %s in the policy, or put it under optional", what)}})
	}
}

const collectAnew = "make the snapshots anew, under this policy (gate snapshot, gate check --record); what they proved, verify again"

// has reports whether a host has what a scope asks for, or could not tell: that is another finding.
func has(h *drift.Host, collector string, scope collect.Scope) bool {
	return slices.ContainsFunc(h.Collector(collector), func(s drift.Section) bool {
		if s.Scope == scope.Name {
			return s.Status == drift.OK && !s.Question || !s.Known()
		}
		return scope.Question && !s.Question && s.Status != drift.Gone && drift.ScopeMatches(scope.Name, s.Scope)
	})
}
