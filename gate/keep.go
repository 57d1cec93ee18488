package gate

import (
	"slices"
	"time"

	"github.com/seed-313c021b/gate/policies"
)

// Needed returns the ids of the recorded snapshots that a later check could ask for; others may be pruned. They are those
// of the last observation of each environment, of deployments that run, of the time that settle looks back to, and those
// that show what an environment was, in the stays there of what any environment has or had before, and of what may still
// be promoted.
func Needed(h *History, p *policies.Policy, now time.Time) map[string]bool {
	n := needs{history: h, policy: p, now: now, ids: map[string]bool{}}
	components := p.Promoted()
	for _, e := range p.Environments {
		for _, begun := range Running(h, e.Name) {
			n.keep(begun)
		}
		n.observations(e.Name)
		for _, c := range components {
			n.component(e.Name, c.Name)
		}
	}
	return n.ids
}

// needs collects the snapshots that are needed.
type needs struct {
	history *History
	policy  *policies.Policy
	now     time.Time
	ids     map[string]bool
}

// keep needs all snapshots of an event: what it saw of one environment is read beside what it saw of the others.
func (n *needs) keep(e Event) {
	for _, id := range e.Snapshots {
		n.ids[id] = true
	}
}

// observations needs what dates the drift of an environment that settles: the observations since then, and the one
// before; of any environment the last one.
func (n *needs) observations(environment string) {
	if n.history == nil {
		return
	}
	var settle time.Duration
	for _, e := range n.policy.Environments {
		settle = max(settle, e.Promotion.Settle)
	}
	for _, e := range slices.Backward(n.history.Events) {
		id := e.Snapshots[environment]
		if id == "" || e.Invalid != "" {
			continue
		}
		n.ids[id] = true
		if n.now.Sub(e.At) > settle {
			return
		}
	}
}

// component needs what shows the stays on an environment of contents that a check of any environment can ask for.
func (n *needs) component(environment, component string) {
	on := stays(n.history, environment, component)
	wanted := map[string]bool{}
	for _, e := range n.policy.Environments {
		for _, id := range lastTwo(stays(n.history, e.Name, component)) {
			wanted[id] = true
		}
		if slices.Contains(e.Promotion.From, environment) {
			for _, id := range n.onTheirWay(on, e, component) {
				wanted[id] = true
			}
		}
	}
	for i := range on {
		if wanted[on[i].content.ID] {
			n.stay(environment, &on[i])
		}
	}
}

// lastTwo returns the current content of stays, and the one before it.
func lastTwo(stays []stay) []string {
	var ids []string
	for _, s := range slices.Backward(stays) {
		if len(ids) < 2 && !slices.Contains(ids, s.content.ID) {
			ids = append(ids, s.content.ID)
		}
	}
	return ids
}

// onTheirWay returns the contents of stays that may still be promoted to an environment: those since the stay of what it
// has now, as long as their evidence counts.
func (n *needs) onTheirWay(on []stay, to *policies.Environment, component string) []string {
	there := stays(n.history, to.Name, component)
	var ids []string
	for _, s := range slices.Backward(on) {
		if len(there) > 0 && s.content.ID == there[len(there)-1].content.ID {
			break
		}
		if limit := to.Promotion.EvidenceMaxAge; limit == 0 || n.now.Sub(s.last().At) <= limit {
			ids = append(ids, s.content.ID)
		}
	}
	return ids
}

// last returns the last event of a stay.
func (s *stay) last() Event {
	if len(s.events) > 0 {
		return s.events[len(s.events)-1]
	}
	return s.deployed
}

// stay needs what an environment was in a stay: when it began, when it was verified, and at its end.
func (n *needs) stay(environment string, s *stay) {
	n.keep(s.deployed)
	if begun, ok := n.history.Event(s.deployed.Of); ok {
		n.keep(begun)
	}
	for _, e := range s.events {
		if e.Kind == Verified {
			n.keep(e)
		}
	}
	for _, claimed := range []bool{false, true} {
		for _, e := range slices.Backward(s.events) {
			if e.Snapshots[environment] != "" && (e.Shows(s.content) || claimed && len(e.Seen) == 0) {
				n.keep(e)
				break
			}
		}
	}
}
