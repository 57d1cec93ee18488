package gate

import (
	"fmt"
	"slices"
	"time"
)

// Holds returns the holds that are on an environment at a time, oldest first. A hold ends by a resume that names it, by
// one of its owner that names none, or at its Until.
func Holds(h *History, environment string, now time.Time) []Event {
	var held []Event
	for _, e := range h.In(environment) {
		switch e.Kind {
		case Hold:
			held = append(held, e)
		case Resume:
			held = slices.DeleteFunc(held, func(hold Event) bool { return e.Of == hold.ID || e.Of == "" && owner(e) == owner(hold) })
		}
	}
	return slices.DeleteFunc(held, func(hold Event) bool { return !hold.Until.IsZero() && !now.Before(hold.Until) })
}

func (d *decision) holds() {
	for _, e := range Holds(d.History, d.To, d.Now) {
		f := Finding{Code: "promotion.held", Effect: Blocks, Ready: e.Until,
			Title:  fmt.Sprintf("%s holds promotions to %s: %s", owner(e), d.To, e.Reason),
			Detail: []string{"since " + d.moment(e.At) + ", by " + e.By},
			Next:   []string{fmt.Sprintf("ask %s, then gate resume --to %s --hold %s", owner(e), d.To, Short(e.ID))}}
		if !e.Until.IsZero() {
			f.Detail = append(f.Detail, "until "+d.moment(e.Until))
		}
		d.add(f)
	}
}

// owner is whose hold it is.
func owner(e Event) string {
	if e.Name != "" {
		return e.Name
	}
	return e.By
}

// moment writes a time for people.
func (d *decision) moment(t time.Time) string {
	return t.In(d.Policy.Gate.Timezone).Format("2 Jan 15:04 MST")
}

// Running returns the deployments into an environment that have begun and not ended, oldest first.
func Running(h *History, environment string) []Event {
	var running []Event
	for _, e := range h.In(environment) {
		switch e.Kind {
		case Deploying:
			running = append(running, e)
		case Deployed, Failed:
			running = slices.DeleteFunc(running, func(begun Event) bool { return e.Of == begun.ID })
		}
	}
	return running
}

// running finds deployments that have not ended: two at a time would prove nothing.
func (d *decision) running() {
	for _, e := range Running(d.History, d.To) {
		if d.own(e) {
			continue
		}
		effect := Blocks
		if d.Candidate == nil { // a drift check promotes nothing
			effect = Informs
		}
		d.add(Finding{Code: "promotion.running", Effect: effect,
			Title:  fmt.Sprintf("A deployment of %s to %s has begun and not ended", named(e.Contents), d.To),
			Detail: []string{"since " + d.moment(e.At) + ", by " + e.By},
			Next:   []string{fmt.Sprintf("wait for it; if it is dead: gate record failed --to %s --of %s --reason …", d.To, Short(e.ID))}})
	}
}

// own reports whether a deployment is that of the CI run that asks. Another job of a run deploys something else.
func (d *decision) own(begun Event) bool {
	return d.Run != "" && begun.Run == d.Run && (d.Candidate == nil || SameContents(begun.Contents, d.Candidate.Contents))
}

// SetAsides returns the hosts of an environment that are set aside at a time, each with the last event that says so.
func SetAsides(h *History, environment string, now time.Time) map[string]Event {
	aside := map[string]Event{}
	for _, e := range h.In(environment) {
		if e.Kind != SetAside {
			continue
		}
		for _, host := range e.Hosts {
			delete(aside, host)
			if now.Before(e.Until) && !e.Until.After(e.At.Add(24*time.Hour)) {
				aside[host] = e
			}
		}
	}
	return aside
}
