package gate

import (
	"slices"
	"time"
)

// stay is how long a content was on an environment: from a deployment of it to the next one of the component.
type stay struct {
	content  Content
	deployed Event
	// ended is the deployment that replaced it, nil while it is there.
	ended *Event
	// events are those of the environment after deployed, up to the one that replaced it, without it.
	events []Event
}

// stays returns the stays of a component on an environment, oldest first. Each deployment begins one, that of the same
// content too: what was verified before it was another deployment.
func stays(h *History, environment, component string) []stay {
	var list []stay
	for _, e := range h.In(environment) {
		c, ok := e.Content(component)
		if e.Kind == Deployed && ok {
			if n := len(list); n > 0 {
				list[n-1].ended = &e
			}
			list = append(list, stay{content: c, deployed: e})
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

// void returns the event that takes the stay's deployment back, false where there is none: it failed, or a later one of the
// same content did; or the content was revoked.
func (s *stay) void(h *History) (Event, bool) {
	if e, ok := h.revoked(s.content); ok {
		return e, true
	}
	after := false
	for _, e := range h.In(s.deployed.Environment) {
		switch {
		case e.ID == s.deployed.ID:
			after = true
		case after && e.Kind == Failed && h.isAbout(e, s.content):
			return e, true
		}
	}
	return Event{}, false
}

// failed returns the event by which this very deployment failed, false where there is none.
func (s *stay) failed(h *History) (Event, bool) {
	for i := range h.Events {
		if e := &h.Events[i]; e.Kind == Failed && e.Invalid == "" && e.Of != "" && (e.Of == s.deployed.ID || e.Of == s.deployed.Of) {
			return *e, true
		}
	}
	i := slices.IndexFunc(s.events, func(e Event) bool { return e.Kind == Failed && e.Of == "" && holds(e.Contents, s.content) })
	if i < 0 {
		return Event{}, false
	}
	return s.events[i], true
}

// revoked returns the event that revokes a content, false where there is none. It holds for good, and everywhere: what is
// deployed anew is the same content still.
func (h *History) revoked(c Content) (Event, bool) {
	if h == nil {
		return Event{}, false
	}
	i := slices.IndexFunc(h.Events, func(e Event) bool { return e.Kind == Revoked && e.Invalid == "" && holds(e.Contents, c) })
	if i < 0 {
		return Event{}, false
	}
	return h.Events[i], true
}

// isAbout reports whether an event is about a content: by itself, or by the event that it is of.
func (h *History) isAbout(e Event, c Content) bool {
	of, ok := h.Event(e.Of)
	return holds(e.Contents, c) || ok && len(e.Contents) == 0 && holds(of.Contents, c)
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
	shown := false // at the sight before
	for _, s := range sights {
		switch {
		case s.at.Before(after):
		case !s.shows:
			since = time.Time{}
		case since.IsZero() && shown: // then it was there at that moment
			since = after
		case since.IsZero():
			since = s.at
		}
		if s.shows && !since.IsZero() {
			longest = max(longest, s.at.Sub(since))
		}
		shown = s.shows
	}
	return longest, since
}
