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

func (a *app) resumeCommand() *cobra.Command {
	var r resume
	cmd := &cobra.Command{
		Use:   "resume --to ENV [--hold ID | --owner NAME]",
		Short: "End a hold on an environment",
		Long: `resume ends a hold: the one that --hold names, or all of --owner, or the only one there is.
Holds of others stay.`,
		Example: `  gate resume --to production
  gate resume --to production --owner oncall`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.resume(cmd.Context(), r) },
	}
	a.policyFlag(cmd)
	a.toFlag(cmd, "the environment that is held")
	cmd.Flags().StringVar(&r.hold, "hold", "", "the hold, as gate hold and gate log show it")
	cmd.Flags().StringVar(&r.owner, "owner", "", "whose holds end")
	cmd.Flags().StringVar(&r.reason, "reason", "", "why, for those who read it later")
	for _, name := range []string{"hold", "owner", "reason"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	a.ledgerFlags(cmd)
	return cmd
}

type resume struct{ hold, owner, reason string }

func (a *app) resume(ctx context.Context, r resume) error {
	if r.hold != "" && r.owner != "" {
		return usage("--hold and --owner: one of them")
	}
	_, past, err := a.openLedger(ctx)
	if err != nil {
		return err
	}
	h, err := past.history(ctx)
	if err != nil {
		return err
	}
	ending, err := a.ending(h, r)
	if err != nil {
		return err
	}
	for _, held := range ending {
		e := gate.Event{Kind: gate.Resume, Environment: a.flags.to, Of: held.ID, Name: held.Name, Reason: r.reason}
		if _, err := past.append(ctx, e, func(h *gate.History) error { return a.stillHeld(h, held) }); err != nil {
			return err
		}
		if err := a.say("ended: the hold %s of %s: %s", gate.Short(held.ID), holder(held), held.Reason); err != nil {
			return err
		}
	}
	if h, err = past.history(ctx); err != nil {
		return err
	}
	left := gate.Holds(h, a.flags.to, a.now())
	if len(left) == 0 {
		return a.say("nothing holds %s any more", a.flags.to)
	}
	return a.say("%s is still held by %s", a.flags.to, strings.Join(holdNames(left), "; "))
}

// ending returns the holds that are to end.
func (a *app) ending(h *gate.History, r resume) ([]gate.Event, error) {
	held := gate.Holds(h, a.flags.to, a.now())
	ending := slices.DeleteFunc(slices.Clone(held), func(e gate.Event) bool {
		return r.hold != "" && !strings.HasPrefix(e.ID, r.hold) || r.owner != "" && e.Name != r.owner && e.By != r.owner
	})
	switch {
	case len(held) == 0 && h.ID == "":
		why, next := h.NoLedger()
		return nil, &exitError{code: exitUndecided, err: fmt.Errorf("whether anything holds %s is unknown: %s", a.flags.to, why), hint: strings.Join(next, "; ")}
	case len(held) == 0:
		return nil, usage("nothing holds %s", a.flags.to)
	case len(ending) == 0:
		return nil, &exitError{code: exitUsage, err: errors.New("there is no such hold on " + a.flags.to), hint: "the holds: " + strings.Join(holdNames(held), "; ")}
	case len(ending) > 1 && r.owner == "":
		return nil, &exitError{code: exitUsage, err: fmt.Errorf("%s has %d holds: --hold or --owner says which one ends", a.flags.to, len(held)),
			hint: "the holds: " + strings.Join(holdNames(held), "; ")}
	}
	return ending, nil
}

// stillHeld returns an error where somebody else has ended the hold meanwhile.
func (a *app) stillHeld(h *gate.History, held gate.Event) error {
	if !among(gate.Holds(h, a.flags.to, a.now()), held) {
		return usage("the hold %s has ended meanwhile", gate.Short(held.ID))
	}
	return nil
}

func holder(e gate.Event) string {
	if e.Name != "" {
		return e.Name
	}
	return e.By
}

func holdNames(held []gate.Event) []string {
	var names []string
	for _, e := range held {
		names = append(names, fmt.Sprintf("%s of %s (%s)", gate.Short(e.ID), holder(e), e.Reason))
	}
	return names
}
