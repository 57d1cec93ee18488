package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/host"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/report"
	"github.com/seed-313c021b/gate/policies"
	"github.com/spf13/cobra"
)

func (a *app) diffCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "What differs between two environments, hosts or snapshot files; no verdict",
		Long: `diff compares two environments, two hosts, or files of gate snapshot, and prints what
differs. It judges nothing: exit 0 says that nothing differs, 1 that something does, and 3
that something could not be told.`,
		Example: `  gate diff staging production
  gate diff production-1 production-2
  gate diff yesterday.json production`,
		Args: arguments(2, 2), ValidArgsFunction: a.completeSides,
		RunE: func(cmd *cobra.Command, args []string) error { return a.diff(cmd.Context(), args[0], args[1]) },
	}
	a.policyFlag(cmd)
	a.reportFlags(cmd)
	cmd.Flags().IntVar(&a.flags.parallel, "parallel", 32, "how many hosts are read at a time")
	cmd.Flags().BoolVar(&a.flags.quiet, "quiet", false, "no progress on standard error")
	return cmd
}

// side is one of the two things that are compared.
type side struct {
	name        string
	environment bool // a whole environment
	plans       []host.Plan
	file        *drift.Snapshot
}

// same reports whether two sides are the same hosts of the policy, or the same file.
func (s side) same(other side) bool {
	if s.file != nil || other.file != nil {
		return s.name == other.name
	}
	return slices.EqualFunc(s.plans, other.plans, func(a, b host.Plan) bool { return a.ID == b.ID })
}

func (a *app) diff(ctx context.Context, nameA, nameB string) error {
	if a.flags.format != "text" && a.flags.format != "json" {
		return usage("--format %s: gate diff writes text and json", a.flags.format)
	}
	p, err := a.load()
	if err != nil {
		return err
	}
	sides := [2]side{}
	for i, name := range []string{nameA, nameB} {
		if sides[i], err = a.side(p, name); err != nil {
			return err
		}
	}
	if sides[0].same(sides[1]) {
		return usage("%s and %s are the same: there is nothing to compare", nameA, nameB)
	}
	hosts, err := a.sideHosts(ctx, p, sides)
	if err != nil {
		return err
	}
	findings := gate.Diff(p, hosts[0], hosts[1], nameA, nameB, sides[0].environment && sides[1].environment)
	return a.reportDiff(findings)
}

// side finds out what a name means: an environment, a host of the policy, or a file.
func (a *app) side(p *policies.Policy, name string) (side, error) {
	s := side{name: name}
	var err error
	if p.Environment(name) != nil {
		s.environment = true
		s.plans, err = a.plans(p, []string{name})
		return s, err
	}
	var all []string
	for _, e := range p.Environments {
		all = append(all, e.Name)
	}
	plans, err := a.plans(p, all)
	if err != nil {
		return s, err
	}
	for _, plan := range plans {
		if names(name, plan.ID) {
			s.plans = append(s.plans, plan)
		}
	}
	switch {
	case len(s.plans) == 1:
		return s, nil
	case len(s.plans) > 1:
		return s, usage("%s: %d hosts have that name; give one, as %s", name, len(s.plans), s.plans[0].ID)
	}
	if _, err := os.Stat(name); err != nil {
		return s, usage("%s is no environment and no host of %s, and no file of gate snapshot", name, a.flags.policy)
	}
	s.file, err = readSnapshot(name)
	s.environment = true
	return s, err
}

// sideHosts reads the hosts of both sides, each once, under one key. Files that were made under another key than the
// rest leave unknown what is sealed in them.
func (a *app) sideHosts(ctx context.Context, p *policies.Policy, sides [2]side) (hosts [2][]drift.Host, err error) {
	var plans []host.Plan
	var environments []string
	keyID := ""
	for _, s := range sides {
		for _, plan := range s.plans {
			if !slices.ContainsFunc(plans, func(other host.Plan) bool { return other.ID == plan.ID }) {
				plans = append(plans, plan)
			}
			if !slices.Contains(environments, plan.ID.Environment) {
				environments = append(environments, plan.ID.Environment)
			}
		}
		if s.file != nil && keyID == "" {
			keyID = s.file.KeyID
		}
	}
	var read []*drift.Snapshot
	if len(plans) > 0 {
		key, err := a.digestKey(false)
		if err != nil {
			return hosts, err
		}
		if read, err = a.collect(ctx, p, environments, plans, key); err != nil {
			return hosts, err
		}
		if keyID != "" && keyID != read[0].KeyID {
			return hosts, &exitError{code: exitUsage, err: errors.New("the snapshot file is sealed under another digest key than this run"),
				hint: "set GATE_DIGEST_KEY to the key that it was made with"}
		}
		keyID = read[0].KeyID
	}
	for i, s := range sides {
		if s.file != nil {
			s.file.Forget(keyID, p.Vars().ID())
			hosts[i] = s.file.Hosts
			continue
		}
		for _, snapshot := range read {
			for _, h := range snapshot.Hosts {
				if slices.ContainsFunc(s.plans, func(plan host.Plan) bool { return plan.ID == h.ID }) {
					hosts[i] = append(hosts[i], h)
				}
			}
		}
	}
	return hosts, nil
}

// reportDiff writes what differs and returns the exit code that goes with it.
func (a *app) reportDiff(findings []gate.Finding) error {
	code := exitPass
	for _, f := range findings {
		switch {
		case f.Effect == gate.Blocks:
			code = exitBlocked
		case f.Effect == gate.Opens && code == exitPass:
			code = exitUndecided
		}
	}
	data, err := a.formatDiff(findings)
	if err != nil {
		return err
	}
	if err := a.write(data); err != nil {
		return err
	}
	if code == exitPass {
		return nil
	}
	return &exitError{code: code}
}

func (a *app) formatDiff(findings []gate.Finding) ([]byte, error) {
	var out bytes.Buffer
	if a.flags.format == "json" {
		err := report.DiffJSON(&out, findings)
		return out.Bytes(), err
	}
	if len(findings) == 0 {
		fmt.Fprintln(&out, "No differences.")
	}
	err := report.Diff(&out, findings, report.Options{Color: a.color()})
	return out.Bytes(), err
}
