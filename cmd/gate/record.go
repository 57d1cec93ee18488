package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

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

The same event of the same CI run is recorded once, until another event changes what it says:
what is deployed again after it failed is a deployment of its own. Reading hosts needs
GATE_DIGEST_KEY.`,
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
	a.githubFlag(cmd, "deployments", "outputs", "summary")
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
	if kind.kind == gate.Verified && policies.IsCheck(r.name) {
		return kind, &exitError{code: exitUsage, err: fmt.Errorf("--name %s: that is not recorded, GitHub itself says whether it has passed", r.name),
			hint: "gate check asks it: GITHUB_TOKEN, with the permissions checks: read and actions: read"}
	}
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
		err := r.outcome(ctx, told)
		a.deploymentOutput(r.became)
		return err
	case gate.Verified:
		return r.verified(ctx)
	case gate.Observed:
		return r.observed(ctx)
	}
	return r.append(ctx)
}
