package gate

import (
	"fmt"
	"slices"

	"github.com/seed-313c021b/gate/policies"
)

// step finds what an environment was before the candidate, for a component: walking back from what the target has, the
// first content that the environment also had in a stay before the candidate's; as it was recorded last in that stay. The
// way back begins with what the target has, whenever the environment had that; or else as the target itself was with it.
func (d *decision) step(environment string, c policies.Component) step {
	s := step{component: c, why: "no deployment to " + d.To + " is on record"}
	there := stays(d.History, environment, c.Name)
	candidate, moves := d.candidate(environment, c.Name)
	back := d.Candidate != nil && d.Candidate.Rollback
	before := there
	if moves && !back {
		if i := lastOn(there, candidate); i >= 0 {
			before = there[:i] // an earlier stay of the same content is before it
		}
	}
	for _, content := range d.walk(c.Name) {
		if moves && back && content.ID == candidate.ID {
			continue
		}
		at, on, ok := Event{}, environment, false
		if n := len(there); !moves && n > 0 && there[n-1].content.ID == content.ID {
			at, ok = d.promoted(content, environment)
		}
		if !ok {
			at, ok = ended(before, content, environment)
		}
		if !ok && back {
			on = d.To
			at, ok = ended(stays(d.History, d.To, c.Name), content, d.To)
		}
		if !ok {
			s.why = fmt.Sprintf("%s was not on %s before, or nothing of it is on record", named([]Content{content}), environment)
			continue
		}
		hosts, err := d.recorded(at, on)
		if err != nil {
			s.why = err.Error()
			continue
		}
		s.before, s.at, s.why = hosts, at, ""
		return s
	}
	return s
}

// walk returns the contents that the target has and had, backwards: what its hosts show, then what was deployed, without
// what failed.
func (d *decision) walk(component string) []Content {
	var list []Content
	for _, s := range d.shown(d.To, component) {
		list = append(list, s.content)
	}
	for _, s := range slices.Backward(stays(d.History, d.To, component)) {
		if _, void := s.void(d.History); !void && !slices.ContainsFunc(list, func(c Content) bool { return c.ID == s.content.ID }) {
			list = append(list, s.content)
		}
	}
	return list
}

// lastOn returns the index of the last of stays that is of a content, -1 where none is.
func lastOn(list []stay, c Content) int {
	for i, s := range slices.Backward(list) {
		if s.content.ID == c.ID {
			return i
		}
	}
	return -1
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
	return c, ok && !d.has(c)
}

// promoted returns the event that recorded an environment when a content of it was last promoted.
func (d *decision) promoted(c Content, environment string) (Event, bool) {
	here := stays(d.History, d.To, c.Component)
	i := lastOn(here, c)
	if i < 0 {
		return Event{}, false
	}
	if begun, ok := d.History.Event(here[i].deployed.Of); ok && begun.Snapshots[environment] != "" {
		return begun, true
	}
	return here[i].deployed, here[i].deployed.Snapshots[environment] != ""
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
