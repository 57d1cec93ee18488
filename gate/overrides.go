package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// overrides lets the findings through that somebody has overridden in the open, for all that the candidate would bring: not
// the hard ones, and not what could not be told.
func (d *decision) overrides() {
	if d.Candidate == nil {
		return
	}
	for _, e := range d.overriding() {
		covers := 0
		for i := range d.verdict.Findings {
			f := &d.verdict.Findings[i]
			if f.Effect == Blocks && f.Enforcement != "hard" && slices.Contains(e.Codes, f.Code) {
				f.Effect, f.Overridden = Informs, e.ID
				covers++
			}
		}
		d.add(Finding{Code: "override.active", Effect: Informs,
			Title:  fmt.Sprintf("%s overrides %s until %s: %s", e.By, strings.Join(e.Codes, ", "), d.moment(e.Until), e.Reason),
			Detail: []string{fmt.Sprintf("it lets %s through", count(covers, "finding", "findings"))}})
	}
}

// overriding returns the events that override something now, for all that the candidate would bring.
func (d *decision) overriding() []Event {
	if d.Candidate == nil {
		return nil
	}
	contents := d.moving()
	if len(contents) == 0 {
		contents = d.Candidate.Contents
	}
	return slices.DeleteFunc(d.History.In(d.To), func(e Event) bool {
		return e.Kind != Override || !active(e, d.Now) || slices.ContainsFunc(contents, func(c Content) bool { return !holds(e.Contents, c) })
	})
}

// overridden reports whether findings of a code are overridden.
func (d *decision) overridden(code string) bool {
	return slices.ContainsFunc(d.overriding(), func(e Event) bool { return slices.Contains(e.Codes, code) })
}

// override is the command that lets the candidate through in spite of a code.
func (d *decision) override(code string) string {
	return fmt.Sprintf("gate override --to %s --revision %s --code %s --until … --reason …", d.To, Short(d.Candidate.Commit), code)
}

// LongestOverride is how long an override may last: long enough for one bad week, and not to become the rule.
const LongestOverride = 7 * 24 * time.Hour

func active(e Event, now time.Time) bool {
	const rounding = time.Second // an event's time has whole seconds
	return now.Before(e.Until) && !e.Until.After(e.At.Add(LongestOverride+rounding))
}

// Overridden returns the codes of the findings that overrides let through in a verdict, in its order, each once.
func Overridden(v *Verdict) []string {
	var codes []string
	for _, f := range v.Findings {
		if f.Overridden != "" && !slices.Contains(codes, f.Code) {
			codes = append(codes, f.Code)
		}
	}
	return codes
}

// deployedByOverride says in a drift check what is on the target by an override, until what it is promoted from has it proved as well.
func (d *decision) deployedByOverride() {
	if d.Candidate != nil || len(d.verdict.From) == 0 || d.History == nil {
		return
	}
	for _, component := range d.Policy.Promoted() {
		list := stays(d.History, d.To, component.Name)
		if len(list) == 0 {
			continue
		}
		now := list[len(list)-1]
		begun, ok := d.History.Event(now.deployed.Of)
		if _, failed := now.failed(d.History); !ok || failed {
			continue
		}
		by := overridesOf(d.History, begun)
		if len(by) == 0 {
			continue
		}
		proved, untold := d.provedSince(now.content)
		if proved {
			continue
		}
		f := Finding{Code: "override.deployed", Effect: Informs, Detail: untold,
			Title: fmt.Sprintf("%s is on %s by an override, and not yet proved on %s", named([]Content{now.content}), d.To, strings.Join(d.verdict.From, ", ")),
			Next:  []string{fmt.Sprintf("deploy %s to %s and verify it there; or go back: --rollback", named([]Content{now.content}), strings.Join(d.verdict.From, ", "))}}
		for _, e := range by {
			codes := e.Codes
			if len(begun.Codes) > 0 { // what was let through, of what might have been
				codes = slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return !slices.Contains(begun.Codes, c) })
			}
			f.Detail = append(f.Detail, fmt.Sprintf("event %s, %s, by %s, let %s through: %s", Short(e.ID), d.moment(e.At), e.By, strings.Join(codes, ", "), e.Reason))
		}
		d.add(f)
	}
}

// overridesOf returns the overrides that held when a deployment began and let something of it through. A beginning that does not
// say what was let through is of a gate that did not record it: then any that held counts.
func overridesOf(h *History, begun Event) []Event {
	if begun.Kind != Deploying {
		return nil
	}
	return slices.DeleteFunc(h.In(begun.Environment), func(e Event) bool {
		return e.Kind != Override || e.At.After(begun.At) || !active(e, begun.At) ||
			slices.ContainsFunc(e.Contents, func(c Content) bool {
				_, ok := contentOf(begun.Contents, c.Component)
				return ok && !holds(begun.Contents, c)
			}) ||
			!slices.ContainsFunc(e.Contents, func(c Content) bool { return holds(begun.Contents, c) }) ||
			len(begun.Codes) > 0 && !slices.ContainsFunc(e.Codes, func(c string) bool { return slices.Contains(begun.Codes, c) })
	})
}
