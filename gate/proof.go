package gate

import (
	"fmt"
	"slices"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// sides are the three sides of a comparison with one environment that the target is promoted from: what it proved, and
// what it was before, for each component. The third side is the target itself.
type sides struct {
	environment string
	proved      []drift.Host
	steps       []step
	latest      *step // of the facts that no component carries
}

// step is what a component's content on the target is the step from.
type step struct {
	component policies.Component
	before    []drift.Host // nil: there is no history
	at        Event        // the event that before is of
	why       string       // where there is no history: why
}

// sidesOf returns the sides of the comparison with an environment. Without a candidate what the environment is now counts
// as proved.
func (d *decision) sidesOf(environment string, proofs []proof) sides {
	s := sides{environment: environment}
	if now := d.snapshot(environment); now != nil {
		s.proved = now.Hosts
	}
	if d.History == nil || d.History.ID == "" {
		return s
	}
	s.proved = d.proved(environment, s.proved, proofs)
	for _, c := range d.Policy.Promoted() {
		step := d.step(environment, c)
		s.steps = append(s.steps, step)
	}
	for i := range s.steps {
		if at := s.steps[i]; at.before != nil && (s.latest == nil || at.at.At.After(s.latest.at.At)) {
			s.latest = &s.steps[i]
		}
	}
	return s
}

// carrier returns the step of the component that carries an address on a role, nil where none does.
func (s *sides) carrier(role string, a drift.Address) *step {
	for i := range s.steps {
		if carries(s.steps[i].component, role, a) {
			return &s.steps[i]
		}
	}
	return nil
}

// promotionOf returns what tells the change from drift, for the hosts of one cohort; nil where there is no history at all.
func (d *decision) promotionOf(s *sides, g group) *drift.Promotion {
	if len(s.steps) == 0 {
		return nil
	}
	before := map[*step][]*drift.Host{}
	for i := range s.steps {
		before[&s.steps[i]] = g.among(s.steps[i].before)
	}
	return &drift.Promotion{
		Unfinished: d.mayMix(),
		At: func(a drift.Address) ([]*drift.Host, bool) {
			if at := s.carrier(g.role, a); at != nil {
				return before[at], true
			}
			return before[s.latest], false // none where it is nil
		},
	}
}

func carries(c policies.Component, role string, a drift.Address) bool {
	return (len(c.Roles) == 0 || slices.Contains(c.Roles, role)) &&
		slices.ContainsFunc(c.Carries, func(p drift.Pattern) bool { return p.Covers(a) })
}

// proved returns the hosts of an environment as they were when they proved the candidate. What a component carries is as
// it is now while the candidate is still there, else as it was recorded; all else is as it is now while all of the
// candidate is there, else as recorded with the first content that is not.
func (d *decision) proved(environment string, now []drift.Host, proofs []proof) []drift.Host {
	if d.back() {
		return d.provedBack(environment, now, proofs)
	}
	var first []drift.Host
	for _, p := range proofs {
		if p.environment != environment || p.stay == nil || p.still {
			continue
		}
		recorded, err := d.recorded(p.event(), environment)
		if err != nil {
			d.unrecorded(p, err)
			continue
		}
		if first == nil {
			first = recorded
		}
		now = d.carrying(now, recorded, p.content)
	}
	if first == nil {
		return now
	}
	return compose(now, first, d.carried)
}

// unrecorded says that what proves a content is not known any more.
func (d *decision) unrecorded(p proof, err error) {
	d.add(Finding{Code: "promotion.unresolved", Effect: Opens, Detail: []string{err.Error()},
		Title: fmt.Sprintf("What %s was when it proved %s is not on record", p.environment, d.name(p.content)),
		Next:  []string{fmt.Sprintf("deploy and verify %s on %s again", d.name(p.content), p.environment)}})
}

// carrying returns hosts as they are now, and in what the component of a content carries as they were recorded.
func (d *decision) carrying(now, recorded []drift.Host, c Content) []drift.Host {
	return compose(now, recorded, func(role string, a drift.Address) bool { return !d.carriedBy(c.Component, role, a) })
}

// roleOf returns the role of the hosts that a row is about.
func roleOf(row drift.Row) string {
	for _, g := range slices.Concat(row.To, row.From) {
		return g.Hosts[0].Role
	}
	return ""
}

// event returns the event whose snapshot shows what the stay proved: that of the last verification, or of the deployment. A
// check of GitHub's reads no hosts: what was read last before its end stands for that.
func (p *proof) event() Event {
	at := p.stay.deployed
	for _, v := range p.verified {
		e := v.event
		if v.run != nil {
			e = p.stay.readBy(v.at)
		}
		if !e.At.Before(at.At) {
			at = e
		}
	}
	return at
}

func (d *decision) carriedBy(component, role string, a drift.Address) bool {
	return slices.ContainsFunc(d.Policy.Promoted(), func(c policies.Component) bool { return c.Name == component && carries(c, role, a) })
}

// carried reports whether any component carries an address on a role.
func (d *decision) carried(role string, a drift.Address) bool {
	return slices.ContainsFunc(d.Policy.Promoted(), func(c policies.Component) bool { return carries(c, role, a) })
}

// recorded returns the hosts of an environment as an event recorded them.
func (d *decision) recorded(e Event, environment string) ([]drift.Host, error) {
	id := e.Snapshots[environment]
	if id == "" {
		return nil, fmt.Errorf("the event %s of %s has no snapshot of %s", e.Kind, d.moment(e.At), environment)
	}
	s, err := d.Record.Snapshot(id)
	if err != nil {
		return nil, err
	}
	return s.Hosts, nil
}
