package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/host"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/ledger"
	"github.com/seed-313c021b/gate/policies"
)

// question is what a check is asked: of check itself, and of begin and deploy, which check before they begin.
type question struct {
	revision   string // empty: a drift check
	rollback   bool
	wait       span
	snapshots  []string // files to judge in place of the hosts
	fromLedger bool     // judge what was recorded last in place of the hosts
	maxAge     span     // of what is judged in their place
	kept       bool     // what is read is kept, so that it needs a key that stays
}

// judge answers a question: it opens the policy and the past, reads, and decides; and waits for what only lacks time, if
// that is asked for.
type judge struct {
	*question
	app          *app
	policy       *policies.Policy
	past         *past // nil: nothing is known of what was before
	environments []string
	key          []byte
}

// answer is a verdict, and all that it rests on.
type answer struct {
	verdict *gate.Verdict
	input   gate.Input
	whole   bool          // all hosts were to be read
	elapsed time.Duration // of reading
	origin  string        // of what was judged, where no host was read

	pullRequest *pullRequest // that was judged; nil for none
}

func (a *app) newJudge(ctx context.Context, q *question) (*judge, error) {
	j := &judge{question: q, app: a}
	var err error
	if j.policy, err = a.loadPolicy(ctx); err != nil {
		return nil, err
	}
	if j.environments, err = environments(j.policy, a.flags.to); err != nil {
		return nil, err
	}
	if j.key, err = a.digestKey(q.kept); err != nil {
		return nil, err
	}
	j.past, err = a.openPast(ctx, j.policy, q.revision != "" || q.kept || q.fromLedger)
	if j.past != nil {
		j.past.anchored = true
	}
	return j, err
}

// answer judges, and judges anew when what stands against it has passed by itself.
func (j *judge) answer(ctx context.Context) (*answer, error) {
	deadline := j.app.now().Add(time.Duration(j.wait))
	for {
		began := j.app.now()
		answer, err := j.once(ctx)
		if err != nil {
			return nil, err
		}
		ready := readyAt(answer.verdict)
		if !ready.After(began) || ready.After(deadline) { // what has been ready before does not come by waiting
			return answer, nil
		}
		j.app.tell("%s; judging again at %s", waitsFor(answer.verdict), ready.In(j.policy.Gate.Timezone).Format("15:04:05 MST"))
		if err := j.app.sleep(ctx, ready); err != nil {
			return nil, err
		}
	}
}

// readyAt returns when all that stands against a verdict will be gone by itself, zero where that will not be, or where
// nothing does.
func readyAt(v *gate.Verdict) time.Time {
	var ready time.Time
	for _, f := range v.Findings {
		switch {
		case f.Effect == gate.Informs:
		case f.Ready.IsZero():
			return time.Time{}
		case f.Ready.After(ready):
			ready = f.Ready
		}
	}
	return ready
}

func waitsFor(v *gate.Verdict) string {
	for _, f := range v.Findings {
		if f.Effect != gate.Informs {
			return f.Title
		}
	}
	return ""
}

// once judges.
func (j *judge) once(ctx context.Context) (*answer, error) {
	in := gate.Input{Policy: j.policy, Path: j.app.flags.policy, To: j.app.flags.to, Revision: j.revision}
	if j.past != nil {
		var err error
		if in.History, err = j.past.history(ctx); err != nil {
			return nil, err
		}
		if j.revision != "" {
			if in.Candidate, err = j.past.candidate(ctx, j.revision, j.rollback); err != nil {
				return nil, err
			}
		}
		in.Commits, in.Checks, in.Run = j.past.commits, j.past.checks(ctx), j.past.ledger.Run()
	}
	plans, whole, err := j.app.plansToCompare(j.policy, j.environments)
	if err != nil {
		return nil, err
	}
	answer := &answer{whole: whole}
	if err := j.read(ctx, &in, answer, withoutAside(in.History, plans, j.app.now())); err != nil {
		return nil, err
	}
	in.Partial = !whole
	answer.input = in
	return answer, j.decide(ctx, answer)
}

// withoutAside returns plans less those of the hosts that are set aside.
func withoutAside(h *gate.History, plans []host.Plan, now time.Time) []host.Plan {
	aside := map[string]map[string]gate.Event{}
	return slices.DeleteFunc(plans, func(p host.Plan) bool {
		hosts, known := aside[p.ID.Environment]
		if !known {
			hosts = gate.SetAsides(h, p.ID.Environment, now)
			aside[p.ID.Environment] = hosts
		}
		_, is := hosts[p.ID.String()]
		return is
	})
}

// read reads the hosts, or what stands in their place.
func (j *judge) read(ctx context.Context, in *gate.Input, answer *answer, plans []host.Plan) (err error) {
	switch {
	case j.snapshots != nil:
		answer.origin = "From snapshot files; no host was read"
		in.Kept = true
		in.Snapshots, err = j.app.fromFiles(j.policy, j.environments, plans, j.question)
	case j.fromLedger:
		in.Kept = true
		in.Snapshots, answer.origin, err = j.recorded(ctx, in.History, plans)
	default:
		began := time.Now()
		in.Snapshots, err = j.app.collect(ctx, reading{j.policy, j.environments, plans, j.key, in.To})
		answer.elapsed = time.Since(began)
	}
	return err
}

// decide gives the verdict on what was read, with what the ledger keeps that can be compared with it.
func (j *judge) decide(ctx context.Context, answer *answer) error {
	in := answer.input
	in.Now = j.app.now()
	var record *ledger.Record
	if j.past != nil {
		record = j.past.record(ctx, in.History, in.Snapshots[0].KeyID)
		defer record.Close()
		in.Record = record
	}
	answer.verdict = gate.Decide(in)
	if record != nil {
		for _, line := range record.Forgotten() {
			j.app.warn(line)
		}
	}
	return ctx.Err()
}

// again gives the verdict anew where the ledger has changed since.
func (j *judge) again(ctx context.Context, old *answer, h *gate.History) (*answer, error) {
	anew := *old
	anew.input.History, anew.input.Checks = h, j.past.checks(ctx)
	return &anew, j.decide(ctx, &anew)
}

// notRecorded is why nothing is known of a host that the ledger has no snapshot of.
const notRecorded = "nothing of it is recorded"

// recorded returns what was recorded last of each environment, in the place of what hosts say now.
func (j *judge) recorded(ctx context.Context, h *gate.History, plans []host.Plan) (snapshots []*drift.Snapshot, origin string, err error) {
	reader := j.past.record(ctx, h, "")
	defer reader.Close()
	var ids, about []string
	keyID := ""
	for _, environment := range j.environments {
		e, ok := lastSnapshot(h, environment)
		if !ok {
			ids, about = append(ids, ""), append(about, "nothing of "+environment)
			continue
		}
		ids = append(ids, e.Snapshots[environment])
		age := j.app.now().Sub(e.At).Round(time.Minute)
		about = append(about, fmt.Sprintf("%s as of %s (%s old)", environment, e.At.In(j.policy.Gate.Timezone).Format("2 Jan 15:04 MST"), (*span)(&age)))
		if keyID == "" {
			if keyID, err = reader.KeyID(e.Snapshots[environment]); err != nil {
				return nil, "", failure(exitUndecided, err)
			}
		}
	}
	record := j.past.record(ctx, h, keyID)
	defer record.Close()
	record.Answers = nil // it stands in the place of hosts: see keptHost
	questions := j.policy.Questions()
	for i, environment := range j.environments {
		var kept *drift.Snapshot
		if ids[i] != "" {
			if kept, err = record.Snapshot(ids[i]); err != nil {
				return nil, "", failure(exitUndecided, err)
			}
		}
		s := &drift.Snapshot{Environment: environment, KeyID: keyID, VarsID: j.policy.Vars().ID()}
		for _, plan := range plans {
			if plan.ID.Environment != environment {
				continue
			}
			h, err := j.app.keptHost(kept, plan, questions(plan.ID), time.Duration(j.maxAge), notRecorded)
			if err != nil {
				return nil, "", err
			}
			s.Hosts = append(s.Hosts, h)
		}
		snapshots = append(snapshots, s)
	}
	return snapshots, "From the ledger: " + strings.Join(about, ", ") + "; no host was contacted", nil
}

// lastSnapshot returns the last event that recorded an environment.
func lastSnapshot(h *gate.History, environment string) (gate.Event, bool) {
	for _, e := range slices.Backward(h.Events) {
		if e.Invalid == "" && e.Snapshots[environment] != "" {
			return e, true
		}
	}
	return gate.Event{}, false
}

// record records what was read, an event for each environment, and the verdict.
func (j *judge) record(ctx context.Context, answer *answer) error {
	kept, err := j.past.keep(ctx, answer.input.Snapshots)
	if err != nil {
		return err
	}
	for _, s := range answer.input.Snapshots {
		seen, _ := j.past.seen(answer.input.History, s)
		_, err := j.past.append(ctx, gate.Event{Kind: gate.Observed, Environment: s.Environment, Seen: seen, Policy: j.policy.Digest,
			Snapshots: map[string]string{s.Environment: kept[s.Environment]}}, nil)
		if err != nil {
			return err
		}
	}
	_, err = j.past.append(ctx, j.decided(answer, kept), nil)
	return err
}

// decided returns the event that says what the verdict was.
func (j *judge) decided(answer *answer, kept map[string]string) gate.Event {
	e := j.event(gate.Decided, answer, kept)
	for _, f := range answer.verdict.Findings {
		if f.Effect != gate.Informs && !slices.Contains(e.Codes, f.Code) {
			e.Codes = append(e.Codes, f.Code)
		}
	}
	return e
}

// event returns an event that rests on an answer.
func (j *judge) event(kind gate.Kind, answer *answer, kept map[string]string) gate.Event {
	e := gate.Event{Kind: kind, Environment: answer.verdict.To, Snapshots: kept, Outcome: answer.verdict.Outcome, Policy: j.policy.Digest, Rollback: j.rollback}
	for _, s := range answer.input.Snapshots {
		if s.Environment == e.Environment {
			e.Seen, _ = j.past.seen(answer.input.History, s)
		}
	}
	if c := answer.input.Candidate; c != nil {
		e.Contents = c.Contents
	}
	if kind == gate.Deploying {
		e.Codes = gate.Overridden(answer.verdict)
	}
	return e
}
