package main

import (
	"context"
	"time"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
	"github.com/spf13/cobra"
)

func (a *app) holdCommand() *cobra.Command {
	var h hold
	cmd := &cobra.Command{
		Use:   "hold --to ENV --reason TEXT",
		Short: "Stop promotions into an environment, until somebody resumes them",
		Long: `hold stops promotions into an environment: gate check, begin and deploy of a revision block
until gate resume, or until --until. Holds of several owners stand side by side; each has to
end. A deployment that has begun already is not stopped.

--until takes a time (2026-12-15T17:00:00Z), a day (2026-12-15, to its end), a time of day
(18:30, today or tomorrow) or a duration (4h), in the policy's time zone.`,
		Example: `  gate hold --to production --reason "the database is being moved" --until 18:30
  gate hold --to production --reason "incident 412" --owner oncall`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.hold(cmd.Context(), h) },
	}
	a.policyFlag(cmd)
	a.toFlag(cmd, "the environment to hold")
	cmd.Flags().StringVar(&h.reason, "reason", "", "why, for those whom it stops")
	cmd.Flags().StringVar(&h.owner, "owner", "", "whose hold it is; without it, whoever records it")
	cmd.Flags().StringVar(&h.until, "until", "", "when it ends by itself; without it, never")
	for _, name := range []string{"reason", "owner", "until"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	a.ledgerFlags(cmd)
	return cmd
}

type hold struct{ reason, owner, until string }

func (a *app) hold(ctx context.Context, h hold) error {
	p, past, err := a.openLedger(ctx)
	if err != nil {
		return err
	}
	if h.reason == "" {
		return usage("--reason is missing: those whom it stops must know why")
	}
	e := gate.Event{Kind: gate.Hold, Environment: a.flags.to, Name: h.owner, Reason: h.reason}
	if h.until != "" {
		if e.Until, err = ends("--until", h.until, a.now(), p); err != nil {
			return err
		}
	}
	if e, err = past.append(ctx, e, nil); err != nil {
		return err
	}
	if err := a.say("%s is held%s", e.Environment, untilIn(e.Until, p.Gate.Timezone)); err != nil {
		return err
	}
	return a.say("to end it: gate resume --to %s --hold %s", e.Environment, gate.Short(e.ID))
}

// openLedger opens the policy and the ledger for an event about the environment --to.
func (a *app) openLedger(ctx context.Context) (*policies.Policy, *past, error) {
	p, err := a.loadPolicy(ctx)
	if err != nil {
		return nil, nil, err
	}
	if _, err := environments(p, a.flags.to); err != nil {
		return nil, nil, err
	}
	past, err := a.openPast(ctx, p, true)
	return p, past, err
}

// untilIn says until when something is so, where it has an end.
func untilIn(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return " until " + t.In(zone).Format("Mon 2 Jan 2006 15:04:05 MST")
}
