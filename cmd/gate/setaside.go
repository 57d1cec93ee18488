package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
	"github.com/spf13/cobra"
)

// longestSetAside is how long a host may be set aside: what is not read for longer is not part of the environment.
const longestSetAside = 24 * time.Hour

func (a *app) setAsideCommand() *cobra.Command {
	var until, reason string
	cmd := &cobra.Command{
		Use:   "set-aside HOST --until TIME --reason TEXT",
		Short: "Leave a dead host out of checks, for at most a day",
		Long: `set-aside leaves a host that cannot be read out of checks, until a time, at most 24 hours from
now: else an unreachable host leaves every check undecided. It is an event of the ledger and
stands in every report. With --until now the host is read again.

--until takes a time (2026-12-15T17:00:00Z), a day (2026-12-15, to its end), a time of day
(18:30, today or tomorrow) or a duration (4h), in the policy's time zone.`,
		Example: `  gate set-aside production-2 --until 18:30 --reason "its disk is being replaced"
  gate set-aside production-2 --until now --reason "it is back"`,
		Args:              arguments(1, 1),
		ValidArgsFunction: a.completeHosts,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.setAside(cmd.Context(), args[0], until, reason)
		},
	}
	a.policyFlag(cmd)
	cmd.Flags().StringVar(&until, "until", "", "when it is read again, at most 24 hours from now")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for those who read the reports")
	for _, name := range []string{"reason", "until"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	a.ledgerFlags(cmd)
	return cmd
}

func (a *app) setAside(ctx context.Context, name, until, reason string) error {
	if until == "" || reason == "" {
		return usage("--until and --reason are needed: a host is set aside in the open, for at most a day")
	}
	p, err := a.loadPolicy(ctx)
	if err != nil {
		return err
	}
	id, err := hostNamed(p, name)
	if err != nil {
		return err
	}
	e := gate.Event{Kind: gate.SetAside, Environment: id.Environment, Hosts: []string{id.String()}, Reason: reason, Until: a.now().Truncate(time.Second)}
	if until != "now" {
		if e.Until, err = ends("--until", until, a.now(), p); err != nil {
			return err
		}
	}
	if e.Until.After(a.now().Add(longestSetAside)) {
		return &exitError{code: exitUsage, err: fmt.Errorf("--until %s is more than a day from now", until),
			hint: "a host that is away for longer belongs out of the policy"}
	}
	past, err := a.openPast(ctx, p, true)
	if err != nil {
		return err
	}
	if e, err = past.append(ctx, e, nil); err != nil {
		return err
	}
	if until == "now" {
		return a.say("%s is read again, event %s", id, gate.Short(e.ID))
	}
	return a.say("%s is not read%s, event %s", id, untilIn(e.Until, p.Gate.Timezone), gate.Short(e.ID))
}

// hostNamed returns the host of the policy that a name means: its whole id, or its name.
func hostNamed(p *policies.Policy, name string) (drift.HostID, error) {
	var found []drift.HostID
	var all []string
	for _, e := range p.Environments {
		for _, role := range e.Roles {
			for _, dest := range role.Hosts {
				id := drift.HostID{Environment: e.Name, Role: role.Name, Name: policies.HostName(dest)}
				all = append(all, id.String())
				if names(name, id) {
					found = append(found, id)
				}
			}
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		hint := "the hosts of this policy: " + strings.Join(all[:min(len(all), 20)], ", ")
		return drift.HostID{}, &exitError{code: exitUsage, err: errors.New("the policy has no host " + name), hint: hint}
	}
	return drift.HostID{}, usage("%s: %d hosts have that name; give one, as %s", name, len(found), slices.MinFunc(found, drift.HostID.Compare))
}
