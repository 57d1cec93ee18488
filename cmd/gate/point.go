package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// point is an observation of an environment that is on record: its name for people, and the first event that has it.
type point struct {
	name        string // as it was asked for: "production@2026-11-20"
	environment string
	event       gate.Event
}

func (p *point) snapshot() string { return p.event.Snapshots[p.environment] }

// describe says which observation was taken.
func (p *point) describe(zone *time.Location, now time.Time) string {
	return fmt.Sprintf("%s as of %s, event %s", p.environment, dated(p.event.At, zone, now), gate.Short(p.event.ID))
}

// dated writes a time for people, with its year where it is another one.
func dated(at time.Time, zone *time.Location, now time.Time) string {
	form := "2 Jan 15:04 MST"
	if at.In(zone).Year() != now.In(zone).Year() {
		form = "2 Jan 2006 15:04 MST"
	}
	return at.In(zone).Format(form)
}

// isPoint reports whether a name is that of an environment's point, ENV@WHEN, and takes it apart.
func isPoint(p *policies.Policy, name string) (environment, when string, ok bool) {
	environment, when, ok = strings.Cut(name, "@")
	return environment, when, ok && p.Environment(environment) != nil
}

// observations returns the observations of an environment that count, oldest first, each as the first event that has it.
func observations(h *gate.History, environment string) []point {
	var list []point
	known := map[string]bool{}
	for _, e := range h.Events {
		if id := e.Snapshots[environment]; id != "" && e.Invalid == "" && !known[id] {
			known[id] = true
			list = append(list, point{environment: environment, event: e})
		}
	}
	return list
}

const pointForms = "after the @ stands -1 (the observation before the last), a day as 2026-11-20 (to its end), a time as " +
	"2026-11-20T14:00 or 14:00, how long ago as 4h, or the id of an event, as gate log shows it"

// point finds the observation that a name means: the last one that is not after it.
func (p *past) point(h *gate.History, name string) (*point, error) {
	environment, when, _ := isPoint(p.policy, name)
	list := observations(h, environment)
	if len(list) == 0 {
		return nil, &exitError{code: exitUndecided, err: fmt.Errorf("%s: nothing of %s is on record", name, environment),
			hint: fmt.Sprintf("gate check --to %s --record begins", p.recordedBy(environment))}
	}
	now, zone := p.app.now(), p.policy.Gate.Timezone
	first := dated(list[0].event.At, zone, now)
	found, err := p.choose(h, list, when)
	if err != nil {
		return nil, &exitError{code: exitUsage, err: fmt.Errorf("%s: %w", name, err), hint: pointForms}
	}
	if found < 0 {
		return nil, &exitError{code: exitUndecided, err: fmt.Errorf("%s: the ledger has %s of %s, the first of %s",
			name, counted(len(list), "observation"), environment, first)}
	}
	list[found].name = name
	return &list[found], nil
}

// choose returns the index of the observation that is meant, below 0 where it would be before the first one.
func (p *past) choose(h *gate.History, list []point, when string) (int, error) {
	if back, ok := strings.CutPrefix(when, "-"); ok {
		n, err := strconv.ParseUint(back, 10, 31)
		if err != nil {
			return 0, fmt.Errorf("%q is no number of observations back", when)
		}
		return len(list) - 1 - int(n), nil
	}
	if len(when) >= 4 && strings.Trim(when, "0123456789abcdef") == "" {
		e, err := event(h, "event", when)
		if err == nil {
			return upTo(h, list, e), nil
		}
		if _, other := p.instant(when); other != nil {
			return 0, err
		}
	}
	at, err := p.instant(when)
	if err != nil {
		return 0, err
	}
	after := slices.IndexFunc(list, func(o point) bool { return o.event.At.After(at) })
	if after < 0 {
		after = len(list)
	}
	return after - 1, nil
}

// upTo returns the index of the last observation that is on record in an event, or before it; -1 where none is.
func upTo(h *gate.History, list []point, last gate.Event) int {
	index := map[string]int{}
	for i := range list {
		index[list[i].snapshot()] = i
	}
	found := -1
	for _, e := range h.Events {
		if i, ok := index[e.Snapshots[list[0].environment]]; ok && e.Invalid == "" {
			found = i
		}
		if e.ID == last.ID {
			break
		}
	}
	return found
}

// instant reads a time that is over. A day is as it was at its end, today as it is now.
func (p *past) instant(text string) (time.Time, error) {
	now, zone := p.app.now(), p.policy.Gate.Timezone
	at, err := moment(text, now, zone, -1)
	if day, other := time.ParseInLocation(time.DateOnly, text, zone); other == nil && !day.After(now) {
		end, err := policies.ParseUntil(text, zone)
		if end = end.Add(-1); end.After(now) {
			end = now
		}
		return end, err
	}
	for _, form := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if local, other := time.ParseInLocation(form, text, zone); other == nil {
			at, err = local, nil
		}
	}
	switch {
	case err != nil:
		return at, fmt.Errorf("%q is no time, and no event", text)
	case at.After(now):
		return at, fmt.Errorf("%s is in the future", dated(at, zone, now))
	}
	return at, nil
}

// recordedBy returns the environment of which a check reads an environment: one that is promoted from it, or itself.
func (p *past) recordedBy(environment string) string {
	for _, e := range p.policy.Environments {
		if slices.Contains(e.Promotion.From, environment) {
			return e.Name
		}
	}
	return environment
}

// completePoints offers the last observations of an environment, by the events that have them. No remote is asked.
func (a *app) completePoints(ctx context.Context, begun string) []string {
	fsys, file := folder(a.flags.policy)
	p, _ := policies.Load(fsys, file)
	if p == nil {
		return nil
	}
	environment, _, ok := isPoint(p, begun)
	if !ok {
		return nil
	}
	a.flags.offline = true
	past, err := a.openPast(ctx, p, true)
	if err != nil {
		return nil
	}
	h, err := past.history(ctx)
	if err != nil {
		return nil
	}
	var offers []string
	list := observations(h, environment)
	slices.Reverse(list)
	for i, o := range list[:min(len(list), 10)] {
		about := fmt.Sprintf("\t%s, %s", dated(o.event.At, p.Gate.Timezone, a.now()), o.event.Kind)
		if i > 0 {
			offers = append(offers, fmt.Sprintf("%s@-%d%s", environment, i, about))
		}
		offers = append(offers, environment+"@"+gate.Short(o.event.ID)+about)
	}
	return beginning(begun, offers)
}
