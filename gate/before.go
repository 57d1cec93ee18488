package gate

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/seed-313c021b/gate/policies"
)

// step finds what an environment was before the candidate, for a component: walking back from what the target has, the
// first content that the environment also had in a stay before the candidate's; as it was recorded last in that stay. Where
// that is the candidate itself, as it was when that was promoted.
func (d *decision) step(environment string, c policies.Component) step {
	s := step{component: c, why: "no deployment to " + d.To + " is on record"}
	there := stays(d.History, environment, c.Name)
	candidate, moves := d.candidate(environment, c.Name)
	before := there
	if i := lastOn(there, candidate); i >= 0 && moves && !d.back() {
		before = there[:i] // an earlier stay of the same content is before it
	}
	for content := range d.walk(c.Name) {
		at, ok := Event{}, false
		if content.ID == candidate.ID {
			at, ok = d.promoted(content, there, environment)
		}
		if !ok {
			at, ok = ended(before, content, environment, d.Now)
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

// walk goes through the contents that the target has and had, backwards: what its hosts show, then what was deployed, without
// what failed. It may be stopped early: the history is long.
func (d *decision) walk(component string) iter.Seq[Content] {
	return func(yield func(Content) bool) {
		for _, s := range d.shown(d.To, component) {
			if !yield(s.content) {
				return
			}
		}
		for _, s := range slices.Backward(stays(d.History, d.To, component)) {
			if _, failed := s.failed(d.History); !failed && !yield(s.content) {
				return
			}
		}
	}
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

// promoted returns the event that recorded an environment when a content of its stays was last promoted.
func (d *decision) promoted(c Content, there []stay, environment string) (Event, bool) {
	here := stays(d.History, d.To, c.Component)
	i := lastOn(here, c)
	if i < 0 {
		return Event{}, false
	}
	if _, failed := here[i].failed(d.History); failed {
		return Event{}, false
	}
	deployed := here[i].deployed
	begun, _ := d.History.Event(deployed.Of)
	now := slices.IndexFunc(there, func(s stay) bool { return s.deployed.At.After(deployed.At) })
	if now < 0 {
		now = len(there)
	}
	if now > 0 && there[now-1].content.ID == c.ID { // else another one was there already
		for _, e := range []Event{begun, deployed} {
			if e.Snapshots[environment] != "" {
				return e, true
			}
		}
	}
	return ended(there, c, environment, deployed.At)
}

// ended returns the event that recorded an environment last in its last stay on a content, up to a time.
func ended(stays []stay, c Content, environment string, until time.Time) (Event, bool) {
	on := staysOn(stays, c)
	for _, s := range slices.Backward(on) {
		events := slices.Concat([]Event{s.deployed}, s.events)
		for _, shown := range []bool{true, false} { // what the hosts showed counts more than what was said
			for _, e := range slices.Backward(events) {
				if e.Snapshots[environment] != "" && !e.At.After(until) && (e.Shows(c) || !shown && len(e.Seen) == 0) {
					return e, true
				}
			}
		}
	}
	return Event{}, false
}
