package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
	"github.com/spf13/cobra"
)

// recordable is a kind of event that gate record adds, with the flags that it needs and those that it takes besides.
type recordable struct {
	kind         gate.Kind
	needs, takes []string
}

var recordables = []recordable{
	{gate.Deployed, []string{"to", "revision"}, []string{"reason", "of"}},
	{gate.Verified, []string{"to", "revision", "name"}, []string{"reason"}},
	{gate.Failed, []string{"to"}, []string{"revision", "reason", "of"}},
	{gate.Revoked, []string{"revision", "reason"}, []string{"to"}},
	{gate.Built, []string{"revision", "artifact"}, []string{"reason"}},
	{gate.Note, []string{"reason"}, []string{"to", "revision", "of"}},
	{gate.Observed, []string{"to"}, []string{"reason"}},
}

func (a *app) recordCommand() *cobra.Command {
	var r record
	cmd := &cobra.Command{
		Use:   "record KIND --to ENV --revision R | --status STATUS | --adopt",
		Short: "Record what became of a deployment, and what else should be known later",
		Long: `record adds an event to the ledger, of one of these kinds:

  deployed   R was deployed to ENV. Its hosts are read, to see whether they show it; after a
             gate begin, R counts as failed where they do not (exit 1)
  verified   the check --name has passed for what is on ENV now. Its hosts are read too
  failed     the deployment of R to ENV, or the one that --of names, has failed
  revoked    R must not be promoted any more, with a --reason
  built      R was built into --artifact: an image digest, a package's version, a file's hash
  observed   what the hosts of ENV show now
  note       a --reason, for those who read gate log

With --status, the status of a CI job says which: success is deployed, any other failed. With
--adopt a ledger begins with what the hosts of all environments, or of ENV, show today.

The same event of the same CI run is recorded once. Reading hosts needs GATE_DIGEST_KEY.`,
		Example: `  gate record deployed --to staging --revision HEAD
  gate record verified --name smoke --to staging --revision HEAD
  gate record built --revision HEAD --artifact registry.example.com/app@sha256:4bf5122f3445
  gate record --status success --to production --revision v1.4.2
  gate record --adopt`,
		Args:      recordArguments,
		ValidArgs: recordNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.summarized(func() error { return a.record(cmd, &r, args) })
		},
	}
	a.policyFlag(cmd)
	a.toFlag(cmd, "the environment that it is about")
	a.revisionFlags(cmd, &r.revision, "the revision that it is about, as git names it")
	cmd.Flags().StringVar(&r.name, "name", "", "the check that has passed, as verified_by in the policy has it")
	_ = cmd.RegisterFlagCompletionFunc("name", a.completeChecks)
	cmd.Flags().StringArrayVar(&r.artifacts, "artifact", nil, "what was built; may be repeated")
	cmd.Flags().StringVar(&r.reason, "reason", "", "why, for those who read it later")
	cmd.Flags().StringVar(&r.of, "of", "", "the event that it is about, as gate log shows it")
	cmd.Flags().StringVar(&r.status, "status", "", "the status of the CI job that deploys: success, failure or cancelled")
	_ = cmd.RegisterFlagCompletionFunc("status", cobra.FixedCompletions([]string{"success", "failure", "cancelled"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().BoolVar(&r.adopt, "adopt", false, "begin the ledger with what the hosts show today")
	for _, name := range []string{"artifact", "reason", "of"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	cmd.Flags().IntVar(&a.flags.parallel, "parallel", 32, "how many hosts are read at a time")
	cmd.Flags().BoolVar(&a.flags.quiet, "quiet", false, "no progress on standard error")
	a.githubFlag(cmd, "summary")
	a.ledgerFlags(cmd)
	return cmd
}

func recordNames() []string {
	var names []string
	for _, r := range recordables {
		names = append(names, string(r.kind))
	}
	return names
}

// recordArguments checks that what is to be recorded is a kind of event.
func recordArguments(_ *cobra.Command, args []string) error {
	if len(args) == 0 || len(args) == 1 && slices.Contains(recordNames(), args[0]) {
		return nil
	}
	return &exitError{code: exitUsage, err: fmt.Errorf("gate record cannot record %q", strings.Join(args, " ")),
		hint: "one of these: " + strings.Join(recordNames(), ", ")}
}

// record is what gate record was told.
type record struct {
	revision, name, reason, of, status string
	artifacts                          []string
	adopt                              bool
}

// kind returns which kind of event is to be recorded, and checks the flags that go with it.
func (r *record) kind(cmd *cobra.Command, args []string) (recordable, error) {
	if (len(args) == 1) == (r.status != "") {
		return recordable{}, &exitError{code: exitUsage, err: errors.New("what is to be recorded? A kind of event, or --status, or --adopt"),
			hint: "the kinds: " + strings.Join(recordNames(), ", ")}
	}
	name := string(gate.Deployed)
	switch {
	case r.status == "":
		name = args[0]
	case r.status != "success":
		name = string(gate.Failed)
		r.reason = strings.TrimPrefix(r.reason+": the status of the job is "+r.status, ": ")
	}
	kind := recordables[slices.IndexFunc(recordables, func(k recordable) bool { return string(k.kind) == name })]
	if r.status != "" {
		kind.needs = []string{"to", "revision"}
	}
	for _, flag := range kind.needs {
		if !cmd.Flags().Changed(flag) {
			return kind, usage("gate record %s: --%s is missing", name, flag)
		}
	}
	for _, flag := range []string{"to", "revision", "name", "artifact", "reason", "of"} {
		if cmd.Flags().Changed(flag) && !slices.Contains(kind.needs, flag) && !slices.Contains(kind.takes, flag) {
			return kind, usage("gate record %s takes no --%s", name, flag)
		}
	}
	return kind, nil
}

func (a *app) record(cmd *cobra.Command, told *record, args []string) error {
	ctx := cmd.Context()
	if told.adopt {
		for _, flag := range []string{"revision", "name", "artifact", "reason", "of", "status"} {
			if cmd.Flags().Changed(flag) {
				return usage("gate record --adopt takes no --%s", flag)
			}
		}
		if len(args) > 0 {
			return usage("gate record --adopt takes no kind of event, and got %q", args[0])
		}
		return a.adopt(ctx)
	}
	kind, err := told.kind(cmd, args)
	if err != nil {
		return err
	}
	r, err := a.newRecording(ctx, kind.kind, told)
	if err != nil {
		return err
	}
	switch kind.kind {
	case gate.Deployed, gate.Failed:
		return r.outcome(ctx, told)
	case gate.Verified:
		return r.verified(ctx)
	case gate.Observed:
		return r.observed(ctx)
	}
	return r.append(ctx)
}

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
		case !sameContents(r.event.Contents, of.Contents):
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
		if sameContents(e.Contents, r.event.Contents) && (r.begun == nil && refused.ID == "" || e.Run == run) {
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
		if e.Kind == gate.Decided && e.Name == begins && run != "" && e.Run == run && sameContents(e.Contents, r.event.Contents) {
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
			return e, e.Kind == gate.Deployed && sameContents(e.Contents, r.event.Contents)
		}
	}
	return gate.Event{}, false
}

// failed records that a deployment has failed, and why.
func (r *recording) failed(ctx context.Context, reason string) error {
	r.event.Kind, r.event.Reason = gate.Failed, reason
	if r.event.Of == "" {
		for _, e := range r.history.In(r.event.Environment) {
			if e.Kind == gate.Deployed && sameContents(e.Contents, r.event.Contents) {
				r.event.Of = e.ID
			}
		}
	}
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
		return &exitError{code: exitBlocked, err: fmt.Errorf("the deployment to %s has not arrived as it should", r.event.Environment),
			hint: "gate check --to " + r.event.Environment + " shows what is there"}
	case len(wrong)+len(untold) > 0:
		return &exitError{code: exitUndecided, err: fmt.Errorf("the hosts of %s do not all show what was deployed", r.event.Environment),
			hint: "it is recorded, and proves nothing until they do: gate record observed --to " + r.event.Environment}
	}
	return nil
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

// deviations says what is not as it was foreseen when the deployment began, and what of that could not be told.
func (r *recording) deviations(ctx context.Context) (wrong, untold []string, err error) {
	record := r.past.record(ctx, r.history, r.now.KeyID)
	defer record.Close()
	findings, err := gate.Deviations(gate.Input{
		Policy: r.policy, To: r.event.Environment, History: r.history, Record: record, Commits: r.past.commits, Now: r.app.now(),
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
	deployed, there := r.current()
	for _, c := range r.event.Contents {
		now, ok := contentOf(there, c.Component)
		if ok && now.ID == c.ID {
			continue
		}
		err := fmt.Errorf("%s is not deployed to %s, so nothing of it can be verified there", named([]gate.Content{c}), r.event.Environment)
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
