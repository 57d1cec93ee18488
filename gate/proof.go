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
		Unfinished: d.unfinished(),
		At: func(a drift.Address) ([]*drift.Host, bool) {
			if at := s.carrier(g.role, a); at != nil {
				return before[at], true
			}
			return before[s.latest], false // none where it is nil
		},
	}
}

// unfinished reports whether a deployment of the candidate has begun and not ended: then hosts may be mixed.
func (d *decision) unfinished() bool {
	return slices.ContainsFunc(Running(d.History, d.To), func(e Event) bool {
		return d.Candidate == nil || slices.ContainsFunc(e.Contents, func(c Content) bool { return holds(d.Candidate.Contents, c) })
	})
}

func carries(c policies.Component, role string, a drift.Address) bool {
	return (len(c.Roles) == 0 || slices.Contains(c.Roles, role)) &&
		slices.ContainsFunc(c.Carries, func(p drift.Pattern) bool { return p.Covers(a) })
}

// proved returns the hosts of an environment as they were when they proved the candidate. What a component carries is as
// it is now while the candidate is still there, else as it was recorded; all else is as it is now while all of the
// candidate is there, else as recorded with the first content that is not.
func (d *decision) proved(environment string, now []drift.Host, proofs []proof) []drift.Host {
	var recorded []drift.Host
	gone := map[string]bool{}
	for _, p := range proofs {
		if p.environment != environment || p.stay == nil || p.still {
			continue
		}
		hosts, err := d.recorded(p.event(), environment)
		if err != nil {
			d.add(Finding{Code: "promotion.unresolved", Effect: Opens,
				Title: fmt.Sprintf("What %s was when it proved %s is not on record any more", environment, d.name(p.content)), Detail: []string{err.Error()},
				Next: []string{fmt.Sprintf("deploy and verify %s on %s again", d.name(p.content), environment)}})
			continue
		}
		gone[p.content.Component] = true
		if recorded == nil {
			recorded = hosts
		}
		now = compose(now, hosts, func(role string, a drift.Address) bool { return !d.carriedBy(p.content.Component, role, a) })
	}
	if recorded == nil {
		return now
	}
	return compose(now, recorded, d.carried)
}

// event returns the event whose snapshot shows what the stay proved: that of the last verification, or of the deployment.
func (p *proof) event() Event {
	at := p.stay.deployed
	for _, e := range p.verified {
		if e.At.After(at.At) {
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
		return nil, fmt.Errorf("the event %s of %s has no snapshot of %s", e.Kind, moment(e.At), environment)
	}
	s, err := d.Record.Snapshot(id)
	if err != nil {
		return nil, err
	}
	return s.Hosts, nil
}

// compose returns hosts with each fact from one of two readings: from now where fromNow says so, else from recorded. A
// host that only one of them has is as it is there.
func compose(now, recorded []drift.Host, fromNow func(role string, a drift.Address) bool) []drift.Host {
	hosts := without(recorded, now)
	for i := range now {
		j := slices.IndexFunc(recorded, func(h drift.Host) bool { return h.ID == now[i].ID })
		if j < 0 {
			hosts = append(hosts, now[i])
			continue
		}
		h := drift.Host{ID: now[i].ID, Address: now[i].Address, Taken: now[i].Taken}
		for _, s := range now[i].Sections {
			h.Sections = append(h.Sections, composed(h.ID.Role, s, recorded[j].Section(s.Collector, s.Scope), fromNow))
		}
		for _, s := range recorded[j].Sections {
			if now[i].Section(s.Collector, s.Scope) == nil && !fromNow(h.ID.Role, s.Address()) {
				h.Sections = append(h.Sections, s)
			}
		}
		if err := h.Sort(); err != nil {
			panic(err) // each address is from one reading
		}
		hosts = append(hosts, h)
	}
	slices.SortFunc(hosts, func(a, b drift.Host) int { return a.ID.Compare(b.ID) })
	return hosts
}

// composed returns a section with each fact from one of two readings. Where either could not be told, the one that could
// not is what there is; a section of which all is from one reading is that one.
func composed(role string, now drift.Section, recorded *drift.Section, fromNow func(role string, a drift.Address) bool) drift.Section {
	if recorded == nil {
		return now
	}
	s := drift.Section{Collector: now.Collector, Scope: now.Scope, Question: now.Question, Status: now.Status, Reason: now.Reason}
	whole := fromNow(role, now.Address())
	if !whole {
		s.Status, s.Reason, s.Question = recorded.Status, recorded.Reason, recorded.Question
	}
	for _, f := range now.Facts {
		if fromNow(role, f.Address) {
			s.Facts = append(s.Facts, f)
		}
	}
	for _, f := range recorded.Facts {
		if !fromNow(role, f.Address) {
			s.Facts = append(s.Facts, f)
		}
	}
	return s
}

// step finds what an environment was before the candidate, for a component: walking back the target's deployments, the
// first content that the environment also had in a stay before the candidate's; as it was recorded last in that stay.
func (d *decision) step(environment string, c policies.Component) step {
	s := step{component: c, why: "no deployment to " + d.To + " is on record"}
	there := stays(d.History, environment, c.Name)
	here := stays(d.History, d.To, c.Name)
	upTo := len(there)
	candidate, moves := d.candidate(environment, c.Name)
	if moves {
		for i, stay := range there {
			if stay.content.ID == candidate.ID {
				upTo = i // the last one: an earlier stay of the same content is before it
			}
		}
	}
	for i := len(here) - 1; i >= 0; i-- {
		content := here[i].content
		at, ok := Event{}, false
		if moves && content.ID == candidate.ID || !moves && upTo == len(there) && len(there) > 0 && there[len(there)-1].content.ID == content.ID {
			at, ok = promoted(d.History, here[i], environment)
		}
		if !ok {
			at, ok = ended(there[:upTo], content, environment)
		}
		if !ok {
			s.why = fmt.Sprintf("%s was not on %s before, or nothing of it is on record", named([]Content{content}), environment)
			continue
		}
		hosts, err := d.recorded(at, environment)
		if err != nil {
			s.why = err.Error()
			continue
		}
		s.before, s.at, s.why = hosts, at, ""
		return s
	}
	return s
}

// candidate returns the content of a component that is on its way: that of the candidate, or in a drift check the one that
// was deployed last to the environment; false where the target has it already.
func (d *decision) candidate(environment, component string) (Content, bool) {
	var c Content
	ok := false
	if d.Candidate != nil {
		c, ok = contentOf(d.Candidate.Contents, component)
	} else {
		c, ok = d.current(environment, component)
	}
	now, there := d.current(d.To, component)
	return c, ok && (!there || now.ID != c.ID)
}

// promoted returns the event that recorded an environment when a content of it was promoted.
func promoted(h *History, s stay, environment string) (Event, bool) {
	if begun, ok := h.Event(s.deployed.Of); ok && begun.Snapshots[environment] != "" {
		return begun, true
	}
	return s.deployed, s.deployed.Snapshots[environment] != ""
}

// ended returns the event that recorded an environment last in its last stay on a content.
func ended(stays []stay, c Content, environment string) (Event, bool) {
	on := staysOn(stays, c)
	for _, s := range slices.Backward(on) {
		events := slices.Concat([]Event{s.deployed}, s.events)
		for _, shown := range []bool{true, false} { // what the hosts showed counts more than what was said
			for _, e := range slices.Backward(events) {
				if e.Snapshots[environment] != "" && (e.Shows(c) || !shown && len(e.Seen) == 0) {
					return e, true
				}
			}
		}
	}
	return Event{}, false
}
