package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// recording is an event on its way into the ledger.
type recording struct {
	app     *app
	policy  *policies.Policy
	past    *past
	history *gate.History
	key     []byte
	event   gate.Event
	begun   *gate.Event     // the deployment that it ends; nil where none has begun
	now     *drift.Snapshot // what the hosts of the event's environment say; nil before they are read
	became  string          // of a deployment, as deploymentOutput has it
}

// newRecording opens the ledger for an event, and fills in what it was told.
func (a *app) newRecording(ctx context.Context, kind gate.Kind, told *record) (*recording, error) {
	r := &recording{app: a}
	var err error
	if r.policy, err = a.loadPolicy(ctx); err != nil {
		return nil, err
	}
	if a.flags.to != "" {
		if _, err := environments(r.policy, a.flags.to); err != nil {
			return nil, err
		}
	}
	if slices.Contains([]gate.Kind{gate.Deployed, gate.Verified, gate.Observed}, kind) {
		if r.key, err = a.digestKey(true); err != nil {
			return nil, err
		}
	}
	if r.past, err = a.openPast(ctx, r.policy, true); err != nil {
		return nil, err
	}
	r.past.anchored = true
	r.event = gate.Event{Kind: kind, Environment: a.flags.to, Name: told.name, Reason: told.reason, Artifacts: told.artifacts}
	if told.revision != "" {
		c, err := r.past.candidate(ctx, told.revision, false)
		if err != nil {
			return nil, err
		}
		r.event.Contents = c.Contents
	}
	if r.history, err = r.past.history(ctx); err != nil {
		return nil, err
	}
	if told.of != "" {
		e, err := event(r.history, "--of", told.of)
		if err != nil {
			return nil, err
		}
		r.event.Of = e.ID
	}
	return r, nil
}

// append adds the event to the ledger, and says so.
func (r *recording) append(ctx context.Context) error {
	e, err := r.past.append(ctx, r.event, nil)
	if err != nil {
		return err
	}
	return r.app.say("recorded: %s, event %s", e.String(), gate.Short(e.ID))
}

// look reads the hosts of the event's environment, and keeps what they say for the event. It returns why contents are not
// seen there.
func (r *recording) look(ctx context.Context) ([]gate.Unseen, error) {
	environment := r.event.Environment
	plans, err := r.app.plans(r.policy, []string{environment})
	if err != nil {
		return nil, err
	}
	snapshots, err := r.app.collect(ctx, reading{
		policy: r.policy, environments: []string{environment}, plans: withoutAside(r.history, plans, r.app.now()), key: r.key})
	if err != nil {
		return nil, err
	}
	if r.event.Snapshots, err = r.past.keep(ctx, snapshots); err != nil {
		return nil, err
	}
	r.event.Policy, r.now = r.policy.Digest, snapshots[0]
	var unseen []gate.Unseen
	r.event.Seen, unseen = r.past.seen(r.history, r.now)
	return unseen, nil
}

// amiss says where hosts do not show the contents of the event, and where that could not be told. A component that has no
// host on the environment has nothing to show.
func (r *recording) amiss(unseen []gate.Unseen) (wrong, untold []string) {
	for _, c := range r.event.Contents {
		if seen, ok := contentOf(r.event.Seen, c.Component); ok && seen.ID != c.ID {
			wrong = append(wrong, fmt.Sprintf("the hosts of %s show %s %s", r.event.Environment, c.Component, gate.Short(seen.Commit)))
		}
	}
	for _, u := range unseen {
		if _, ok := contentOf(r.event.Contents, u.Component); !ok || u.Sight == gate.NoHost {
			continue
		}
		if u.Sight.Code() == "promotion.unresolved" {
			untold = append(untold, unseenLine(u))
		} else {
			wrong = append(wrong, unseenLine(u))
		}
	}
	return wrong, untold
}

// unseenLine says where a content is not seen, and why.
func unseenLine(u gate.Unseen) string {
	where := u.Host.Name
	if where == "" {
		where = u.Host.Environment
	}
	return fmt.Sprintf("%s: %s: %s", where, u.Component, u.Text)
}

func contentOf(contents []gate.Content, component string) (gate.Content, bool) {
	i := slices.IndexFunc(contents, func(c gate.Content) bool { return c.Component == component })
	if i < 0 {
		return gate.Content{}, false
	}
	return contents[i], true
}

// verified records that a check has passed for what is on the environment: the deployment of the revision, which must be
// the last one there.
func (r *recording) verified(ctx context.Context) error {
	if r.history.ID == "" {
		why, next := r.history.NoLedger()
		return &exitError{code: exitUndecided, err: fmt.Errorf("whether %s was deployed to %s is unknown, so nothing of it can be verified there: %s",
			named(r.event.Contents), r.event.Environment, why), hint: strings.Join(next, "; ")}
	}
	deployed, there := r.current()
	for _, c := range r.event.Contents {
		now, ok := contentOf(there, c.Component)
		if ok && now.ID == c.ID {
			continue
		}
		err := fmt.Errorf("%s is not deployed to %s by the ledger, so nothing of it can be verified there", named([]gate.Content{c}), r.event.Environment)
		if ok {
			err = fmt.Errorf("%s; it has %s", err, named([]gate.Content{now}))
		}
		return &exitError{code: exitUsage, err: err,
			hint: fmt.Sprintf("once it is there: gate record deployed --to %s --revision %s", r.event.Environment, gate.Short(c.Commit))}
	}
	revision := r.event.Contents
	r.event.Of, r.event.Contents = deployed.ID, there
	unseen, err := r.look(ctx)
	if err != nil {
		return err
	}
	for _, c := range r.event.Seen {
		if was, ok := contentOf(there, c.Component); ok && was.ID != c.ID {
			return &exitError{code: exitBlocked, err: fmt.Errorf("nothing is recorded: the hosts of %s show %s, and %s was to be verified",
				r.event.Environment, named([]gate.Content{c}), named(revision)), hint: "look who has changed them, and deploy it again"}
		}
	}
	if err := r.append(ctx); err != nil {
		return err
	}
	wrong, untold := r.amiss(unseen)
	if len(wrong)+len(untold) == 0 {
		return nil
	}
	for _, line := range slices.Concat(wrong, untold) {
		r.app.tell("%s", line)
	}
	return &exitError{code: exitUndecided, err: fmt.Errorf("the hosts of %s do not all show what was verified", r.event.Environment),
		hint: "it is recorded, and proves nothing until they do"}
}

// current returns the last deployment to the event's environment of what it is about, and the contents that are there by
// what was recorded.
func (r *recording) current() (deployed gate.Event, there []gate.Content) {
	for _, e := range r.history.In(r.event.Environment) {
		if e.Kind != gate.Deployed {
			continue
		}
		if slices.ContainsFunc(e.Contents, func(c gate.Content) bool { _, ok := contentOf(r.event.Contents, c.Component); return ok }) {
			deployed = e
		}
		for _, c := range e.Contents {
			there = slices.DeleteFunc(there, func(old gate.Content) bool { return old.Component == c.Component })
			there = append(there, c)
		}
	}
	return deployed, there
}

// observed records what the hosts of an environment show.
func (r *recording) observed(ctx context.Context) error {
	unseen, err := r.look(ctx)
	if err != nil {
		return err
	}
	if err := r.append(ctx); err != nil {
		return err
	}
	for _, c := range r.event.Seen {
		if err := r.app.say("%s shows %s", r.event.Environment, named([]gate.Content{c})); err != nil {
			return err
		}
	}
	for _, u := range unseen {
		r.app.tell("%s", unseenLine(u))
	}
	return nil
}
