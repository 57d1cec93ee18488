package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
	"github.com/spf13/cobra"
)

func (a *app) overrideCommand() *cobra.Command {
	var o override
	cmd := &cobra.Command{
		Use:   "override --to ENV --revision R --code CODE --reason TEXT --until TIME",
		Short: "Let one revision past findings of some kinds, in the open",
		Long: `override lets one revision into one environment in spite of the findings of the codes that it
names, until a time, at most 7 days from now. It is an event of the ledger, stands in every
report that it changes, with who, why and until when, and covers no other revision.

What is hard cannot be overridden, nor what could not be told.

--until takes a time (2026-12-15T17:00:00Z), a day (2026-12-15, to its end), a time of day
(18:30, today or tomorrow) or a duration (4h), in the policy's time zone.`,
		Example: `  gate override --to production --revision v1.4.2 --code drift.ahead --until 2h --reason INC-412`,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.override(cmd.Context(), o) },
	}
	a.policyFlag(cmd)
	a.toFlag(cmd, "the environment that it may enter")
	a.revisionFlags(cmd, &o.revision, "the revision that it is for, as git names it")
	cmd.Flags().StringSliceVar(&o.codes, "code", nil, "the codes of the findings; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("code", cobra.FixedCompletions(gate.Overridable(), cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().StringVar(&o.reason, "reason", "", "why, for those who read the reports")
	cmd.Flags().StringVar(&o.until, "until", "", "when it ends, at most 7 days from now")
	for _, name := range []string{"reason", "until"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	a.ledgerFlags(cmd)
	return cmd
}

type override struct {
	revision, reason, until string
	codes                   []string
}

// check returns an error where something is missing, or cannot be overridden.
func (o *override) check() error {
	switch {
	case o.revision == "":
		return usage("--revision is missing: which revision may pass?")
	case o.reason == "":
		return usage("--reason is missing: those who read the reports must know why")
	case o.until == "":
		return usage("--until is missing: an override ends, at most 7 days from now")
	case len(o.codes) == 0:
		return usage("--code is missing: findings of which code? The report has it at the right of each")
	}
	for _, code := range o.codes {
		if slices.Contains(gate.Overridable(), code) {
			continue
		}
		err := fmt.Errorf("--code %s: there is no such code", code)
		if _, known := gate.Explain(code); known {
			err = fmt.Errorf("--code %s: what is hard, what could not be told and what stops nothing is not overridden", code)
		}
		return &exitError{code: exitUsage, err: err, hint: "these can be: " + strings.Join(gate.Overridable(), ", ")}
	}
	return nil
}

func (a *app) override(ctx context.Context, o override) error {
	if err := o.check(); err != nil {
		return err
	}
	p, past, err := a.openLedger(ctx)
	if err != nil {
		return err
	}
	until, err := ends("--until", o.until, a.now(), p)
	if err != nil {
		return err
	}
	if until.After(a.now().Add(gate.LongestOverride)) {
		return &exitError{code: exitUsage, err: fmt.Errorf("--until %s is more than 7 days from now", o.until),
			hint: "what lasts longer belongs into the policy: a waiver (gate accept), differ or ignore"}
	}
	c, err := past.candidate(ctx, o.revision, false)
	if err != nil {
		return err
	}
	if len(c.Contents) == 0 {
		return errors.New("--revision " + o.revision + " has no contents")
	}
	slices.Sort(o.codes)
	e, err := past.append(ctx, gate.Event{Kind: gate.Override, Environment: a.flags.to, Contents: c.Contents,
		Codes: slices.Compact(o.codes), Reason: o.reason, Until: until}, nil)
	if err != nil {
		return err
	}
	return a.say("%s may enter %s in spite of %s%s, event %s", named(e.Contents), e.Environment, strings.Join(e.Codes, ", "),
		untilIn(e.Until, p.Gate.Timezone), gate.Short(e.ID))
}
