package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-313c021b/gate/gate"
)

// adopt begins a ledger with what the hosts show today, on --to or on all environments.
func (a *app) adopt(ctx context.Context) error {
	r, err := a.newRecording(ctx, gate.Deployed, &record{})
	if err != nil {
		return err
	}
	r.event.Adopted = true
	names := []string{a.flags.to}
	if a.flags.to == "" {
		names = nil
		for _, e := range r.policy.Environments {
			names = append(names, e.Name)
		}
	}
	for _, name := range names {
		if err := undeployed(r.history, name); err != nil {
			return err
		}
	}
	open := 0
	for _, name := range names {
		n, err := r.adopt(ctx, name)
		if err != nil {
			return err
		}
		open += n
	}
	if open > 0 {
		return &exitError{code: exitUndecided, err: fmt.Errorf("%s could not be told, and is not recorded", counted(open, "component")),
			hint: "gate record deployed records each of them when it is deployed next"}
	}
	return nil
}

// undeployed returns an error where deployments to an environment are on record: their history goes on from there.
func undeployed(h *gate.History, environment string) error {
	for _, e := range slices.Backward(h.In(environment)) {
		if e.Kind == gate.Deployed {
			return &exitError{code: exitUsage, err: fmt.Errorf("--adopt begins a ledger, and deployments to %s are on record: %s, event %s", environment, e.String(), gate.Short(e.ID)),
				hint: "gate log --to " + environment + " shows them; an environment that has none: gate record --adopt --to ENV"}
		}
	}
	return nil
}

// adopt records what the hosts of an environment show as deployed there, and returns of how many components that could not
// be told.
func (r *recording) adopt(ctx context.Context, environment string) (int, error) {
	one := *r
	one.event.Environment = environment
	unseen, err := one.look(ctx)
	if err != nil {
		return 0, err
	}
	open := map[string]bool{}
	for _, u := range unseen {
		r.app.tell("%s", unseenLine(u))
		open[u.Component] = true
	}
	if one.event.Contents = one.event.Seen; len(one.event.Seen) == 0 {
		return len(open), nil
	}
	e, err := one.past.append(ctx, one.event, func(h *gate.History) error { return undeployed(h, environment) })
	if err != nil {
		return 0, err
	}
	return len(open), r.app.say("recorded: %s, as it is today, event %s", e.String(), gate.Short(e.ID))
}
