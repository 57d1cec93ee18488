package gate

import (
	"slices"
	"strings"
	"time"
)

// Stay is a time for which a content was on an environment, as the ledger tells.
type Stay struct {
	Environment string
	Content     Content
	Deployed    Event
	Ended       *Event    // the deployment that replaced it, nil while it is there
	Shown       time.Time // when its hosts showed it last, zero where they never did
	Void        *Event    // what takes it back: it failed, or was revoked
}

// Stays returns the stays of a content on an environment, oldest first.
func Stays(h *History, environment string, c Content) []Stay {
	var list []Stay
	for _, s := range staysOn(stays(h, environment, c.Component), c) {
		stay := Stay{Environment: environment, Content: s.content, Deployed: s.deployed, Ended: s.ended}
		for _, seen := range s.sights() {
			if seen.shows {
				stay.Shown = seen.at
			}
		}
		if e, void := s.void(h); void {
			stay.Void = &e
		}
		list = append(list, stay)
	}
	return list
}

// Grounds returns the events that a finding of a verdict rests on, in the order of the ledger: those of the candidate's
// contents on the environments before, what is on the target, and what holds there. A finding that rests on none has none.
func Grounds(h *History, v *Verdict, contents []Content, code string) []Event {
	var found []Event
	switch {
	case code == "promotion.held":
		found = Holds(h, v.To, v.At)
	case code == "promotion.running":
		found = Running(h, v.To)
	case code == "override.active":
		found = slices.DeleteFunc(h.In(v.To), func(e Event) bool { return e.Kind != Override || !active(e, v.At) })
	case code == "override.deployed":
		found = arrival(h, v.To, "")
		for _, e := range arrival(h, v.To, "") {
			found = append(found, overridesOf(h, e)...)
		}
	case code == "set_aside.active":
		for _, environment := range append(slices.Clone(v.From), v.To) {
			for _, e := range SetAsides(h, environment, v.At) {
				found = append(found, e)
			}
		}
	case strings.HasPrefix(code, "promotion."):
		for _, c := range contents {
			found = append(found, proving(h, v.From, c)...)
			found = append(found, arrival(h, v.To, c.Component)...)
		}
		if len(contents) == 0 {
			found = arrival(h, v.To, "")
		}
	}
	return inOrder(h, found)
}

// proving returns the events of a content on environments, and what replaced it there or took it back; of one on which it never
// was, what is there.
func proving(h *History, environments []string, c Content) []Event {
	var found []Event
	for _, environment := range environments {
		on := staysOn(stays(h, environment, c.Component), c)
		if len(on) == 0 {
			found = append(found, arrival(h, environment, c.Component)...)
		}
		for _, s := range on {
			if begun, ok := h.Event(s.deployed.Of); ok {
				found = append(found, begun)
			}
			found = append(found, s.deployed)
			for _, e := range s.events {
				if (e.Kind == Verified || e.Kind == Failed) && h.isAbout(e, c) {
					found = append(found, e)
				}
			}
			if s.ended != nil {
				found = append(found, *s.ended)
			}
		}
	}
	if e, ok := h.revoked(c); ok {
		found = append(found, e)
	}
	return found
}

// arrival returns the last deployment of a component into an environment, of any where it is "", and what began it.
func arrival(h *History, environment, component string) []Event {
	for _, e := range slices.Backward(h.In(environment)) {
		if _, ok := e.Content(component); e.Kind != Deployed || !ok && component != "" {
			continue
		}
		if begun, ok := h.Event(e.Of); ok {
			return []Event{begun, e}
		}
		return []Event{e}
	}
	return nil
}

// inOrder returns events in the order of the ledger, each once.
func inOrder(h *History, events []Event) []Event {
	wanted := map[string]bool{}
	for _, e := range events {
		wanted[e.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(h.Events), func(e Event) bool { return !wanted[e.ID] })
}
