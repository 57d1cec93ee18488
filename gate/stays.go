package gate

import (
	"slices"
	"time"
)

// stay is how long a content was on an environment: from a deployment of it to the next one of the component.
type stay struct {
	content  Content
	deployed Event
	began    int // the place of deployed among the events of the environment
	// ended is the deployment that replaced it, nil while it is there.
	ended *Event
	// events are those of the environment after deployed, up to the one that replaced it, without it.
	events []Event
}

// stays returns the stays of a component on an environment, oldest first. Each deployment begins one, that of the same
// content too: what was verified before it was another deployment.
func stays(h *History, environment, component string) []stay {
	var list []stay
	for i, e := range h.In(environment) {
		c, ok := e.Content(component)
		if e.Kind == Deployed && ok {
			if n := len(list); n > 0 {
				list[n-1].ended = &e
			}
			list = append(list, stay{content: c, deployed: e, began: i})
		} else if n := len(list); n > 0 {
			list[n-1].events = append(list[n-1].events, e)
		}
	}
	return list
}

// staysOn returns those of stays that are of a content.
func staysOn(list []stay, c Content) []stay {
	return slices.DeleteFunc(slices.Clone(list), func(s stay) bool { return s.content.ID != c.ID })
}

// void returns the event that takes the stay's deployment back, false where there is none: it failed, or its content was
// revoked since, anywhere.
func (s *stay) void(h *History) (Event, bool) {
	after := false
	for _, e := range h.Events {
		switch {
		case e.ID == s.deployed.ID:
			after = true
		case !after || e.Invalid != "":
		case e.Kind == Failed && e.Of != "" && (e.Of == s.deployed.ID || e.Of == s.deployed.Of),
			e.Kind == Failed && e.Of == "" && e.Environment == s.deployed.Environment && holds(e.Contents, s.content) && s.has(e),
			e.Kind == Revoked && holds(e.Contents, s.content):
			return e, true
		}
	}
	return Event{}, false
}

// has reports whether an event is of the time of the stay.
func (s *stay) has(e Event) bool {
	return slices.ContainsFunc(s.events, func(other Event) bool { return other.ID == e.ID })
}

// holds reports whether a content is among contents.
func holds(contents []Content, c Content) bool {
	other, ok := contentOf(contents, c.Component)
	return ok && other.ID == c.ID
}

// sight is a moment at which the hosts were looked at, and whether they showed the content.
type sight struct {
	at    time.Time
	shows bool
}

// sights returns when hosts were read during the stay, oldest first, its deployment included.
func (s *stay) sights() []sight {
	var list []sight
	for _, e := range slices.Concat([]Event{s.deployed}, s.events) {
		if e.Snapshots[e.Environment] != "" || len(e.Seen) > 0 {
			list = append(list, sight{e.At, e.Shows(s.content)})
		}
	}
	return list
}

// soaked returns the longest time between two of sights that agree, when all between them agree too, not counting what was
// before a moment; and since when the last of these times goes on, zero where the last sight does not agree.
func soaked(sights []sight, after time.Time) (longest time.Duration, since time.Time) {
	for _, s := range sights {
		switch {
		case s.at.Before(after):
		case !s.shows:
			since = time.Time{}
		case since.IsZero():
			since = s.at
		default:
			longest = max(longest, s.at.Sub(since))
		}
	}
	return longest, since
}
