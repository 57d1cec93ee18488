package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// outcome records that a deployment has arrived or failed: the one that has begun, if one has.
func (r *recording) outcome(ctx context.Context, told *record) error {
	refused, err := r.find()
	if err != nil {
		return err
	}
	if other, ok := r.ofAnotherRun(); ok && told.status != "" {
		return r.app.say("nothing is recorded: this CI run has begun no deployment, and event %s is of another run", gate.Short(other.ID))
	}
	if r.begun == nil {
		if refused.ID != "" {
			r.became = deploymentRefused
			return r.app.say("nothing is recorded: gate begin has refused this deployment, event %s", gate.Short(refused.ID))
		}
		if same, ok := r.recorded(); ok {
			return r.app.say("nothing is recorded: %s is on record already, event %s", same.String(), gate.Short(same.ID))
		}
	}
	if r.event.Kind == gate.Failed {
		return r.failed(ctx, r.event.Reason)
	}
	return r.deployed(ctx)
}

// find finds the deployment that the event ends: the one that --of names; or that of this CI run, or the last one that has
// begun, of the same contents. Where this CI run was not let in, it ends none of another: it returns the verdict that says so.
func (r *recording) find() (refused gate.Event, err error) {
	running, chosen := gate.Running(r.history, r.event.Environment), r.event.Of != ""
	if chosen {
		of, _ := r.history.Event(r.event.Of)
		if of.Environment != r.event.Environment || of.Kind != gate.Deploying && of.Kind != gate.Deployed {
			return refused, usage("--of %s: that is no deployment to %s: %s", gate.Short(of.ID), r.event.Environment, of.String())
		}
		switch {
		case r.event.Contents == nil:
			r.event.Contents = of.Contents
		case !gate.SameContents(r.event.Contents, of.Contents):
			return refused, usage("--of %s is about %s, and --revision about %s", gate.Short(of.ID), named(of.Contents), named(r.event.Contents))
		}
		running = slices.DeleteFunc(running, func(e gate.Event) bool { return e.ID != of.ID })
	}
	if r.event.Contents == nil {
		return refused, usage("gate record %s: --revision or --of says which deployment", r.event.Kind)
	}
	if !chosen {
		refused, _ = r.refused()
	}
	run := r.past.ledger.Run()
	for _, e := range running {
		if gate.SameContents(e.Contents, r.event.Contents) && (r.begun == nil && refused.ID == "" || e.Run == run) {
			r.begun = &e
		}
	}
	if r.begun != nil {
		r.event.Of, r.event.Rollback = r.begun.ID, r.begun.Rollback
	}
	return refused, nil
}

// refused returns the verdict by which a begin of this very deployment was refused in this CI run, false where there is
// none.
func (r *recording) refused() (gate.Event, bool) {
	run := r.past.ledger.Run()
	for _, e := range slices.Backward(r.history.In(r.event.Environment)) {
		if e.Kind == gate.Decided && e.Name == begins && run != "" && e.Run == run && gate.SameContents(e.Contents, r.event.Contents) {
			return e, true
		}
	}
	return gate.Event{}, false
}

// ofAnotherRun returns the deployment that would be ended, where another CI run has begun it: the status of a job says nothing
// of that one.
func (r *recording) ofAnotherRun() (gate.Event, bool) {
	run := r.past.ledger.Run()
	if r.begun == nil || run == "" || r.begun.Run == "" || r.begun.Run == run {
		return gate.Event{}, false
	}
	return *r.begun, true
}

// recorded returns the event by which the deployment is on record already, where a deployment needs to begin to be let in:
// another one of the same contents would say that it was not.
func (r *recording) recorded() (gate.Event, bool) {
	if r.event.Kind != gate.Deployed || len(r.policy.Environment(r.event.Environment).Promotion.From) == 0 {
		return gate.Event{}, false
	}
	for _, e := range slices.Backward(r.history.In(r.event.Environment)) {
		if e.Kind == gate.Deployed || e.Kind == gate.Failed {
			return e, e.Kind == gate.Deployed && gate.SameContents(e.Contents, r.event.Contents)
		}
	}
	return gate.Event{}, false
}

// failed records that a deployment has failed, and why.
func (r *recording) failed(ctx context.Context, reason string) error {
	r.event.Kind, r.event.Reason = gate.Failed, reason
	if r.event.Of == "" {
		for _, e := range r.history.In(r.event.Environment) {
			if e.Kind == gate.Deployed && gate.SameContents(e.Contents, r.event.Contents) {
				r.event.Of = e.ID
			}
		}
	}
	r.became = deploymentFailed
	return r.append(ctx)
}

// deployed reads the hosts, and records what they show. A deployment that has begun and has not arrived on every host has
// failed.
func (r *recording) deployed(ctx context.Context) error {
	unseen, err := r.look(ctx)
	if err != nil {
		return err
	}
	wrong, untold := r.amiss(unseen)
	if r.begun != nil {
		moved, open, err := r.deviations(ctx)
		if err != nil {
			return err
		}
		wrong, untold = append(wrong, moved...), append(untold, open...)
	}
	if len(wrong) > 0 && r.begun != nil {
		r.event.Kind = gate.Failed
		r.event.Reason = strings.Join(wrong, "; ")
	}
	if err := r.append(ctx); err != nil {
		return err
	}
	for _, line := range slices.Concat(wrong, untold) {
		r.app.tell("%s", line)
	}
	switch {
	case r.event.Kind == gate.Failed:
		r.became = deploymentFailed
		return &exitError{code: exitBlocked, err: fmt.Errorf("the deployment to %s has not arrived as it should", r.event.Environment),
			hint: "gate check --to " + r.event.Environment + " shows what is there"}
	case len(wrong)+len(untold) > 0:
		return &exitError{code: exitUndecided, err: fmt.Errorf("the hosts of %s do not all show what was deployed", r.event.Environment),
			hint: "it is recorded, and proves nothing until they do: gate record observed --to " + r.event.Environment}
	}
	r.became = deploymentSucceeded
	return nil
}

// deviations says what is not as it was foreseen when the deployment began, and what of that could not be told.
func (r *recording) deviations(ctx context.Context) (wrong, untold []string, err error) {
	record := r.past.record(ctx, r.history, r.now.KeyID)
	defer record.Close()
	findings, err := gate.Deviations(gate.Input{
		Policy: r.policy, To: r.event.Environment, History: r.history, Record: record, Commits: r.past.commits, Checks: r.past.checks(ctx), Now: r.app.now(),
	}, *r.begun, r.now)
	if err != nil { // what was foreseen cannot be told any more
		return nil, []string{err.Error()}, ctx.Err()
	}
	for _, f := range findings {
		line := f.Title
		for _, d := range f.Detail {
			line += "; " + d
		}
		if f.Effect == gate.Blocks {
			wrong = append(wrong, line)
		} else {
			untold = append(untold, line)
		}
	}
	return wrong, untold, nil
}
