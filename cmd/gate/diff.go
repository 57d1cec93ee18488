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
		Short: "What differs between two environments, hosts, snapshot files or ledger points; no verdict",
		Long: `diff compares two environments, two hosts, files of gate snapshot, or what the ledger has
of an environment, and prints what differs. It judges nothing: exit 0 says that nothing
differs, 1 that something does, and 3 that something could not be told.

ENV@WHEN is an environment as it was observed last at a time:
  staging@-1                   in the observation before the last; -0 is the last itself
  production@2026-11-20        at the end of that day, in the policy's time zone
  production@2026-11-20T14:00  at that time; so do 14:00 and RFC 3339
  production@4h                four hours ago
  staging@1a2b3c4              at that event, as gate log shows it
Values that may not be shown can be compared with those that were recorded under the same
GATE_DIGEST_KEY.`,
		Example: `  gate diff staging production
  gate diff production-1 production-2
  gate diff yesterday.json production
  gate diff production@-1 production
  gate diff staging@2026-11-20 staging@2026-11-27T14:00`,
		Args: arguments(2, 2), ValidArgsFunction: a.completeSides,
		RunE: func(cmd *cobra.Command, args []string) error { return a.diff(cmd.Context(), args[0], args[1]) },
	}
	a.policyFlag(cmd)
	a.reportFlags(cmd, "text", "json")
	a.ledgerFlags(cmd)
	cmd.Flags().IntVar(&a.flags.parallel, "parallel", 32, "how many hosts are read at a time")
	cmd.Flags().BoolVar(&a.flags.quiet, "quiet", false, "no progress on standard error")
	return cmd
}

// comparison is one run of gate diff.
type comparison struct {
	app    *app
	policy *policies.Policy
	past   *past // nil while no side is a point of the ledger
	ledger *gate.History
	sides  [2]side
	keyID  string // of the key under which what is compared is sealed
}

// side is one of the two things that are compared.
type side struct {
	name        string
	environment bool // a whole environment
	plans       []host.Plan
	file        *drift.Snapshot
	point       *point
	hosts       []drift.Host
}

// same reports whether two sides are the same hosts of the policy, the same file, or the same observation.
func (s *side) same(other *side) bool {
	switch {
	case s.point != nil && other.point != nil:
		return s.point.environment == other.point.environment && s.point.snapshot() == other.point.snapshot()
	case len(s.plans) == 0 || len(other.plans) == 0:
		return s.name == other.name
	}
	return slices.EqualFunc(s.plans, other.plans, func(a, b host.Plan) bool { return a.ID == b.ID })
}

func (a *app) diff(ctx context.Context, nameA, nameB string) error {
	if a.flags.format != "text" && a.flags.format != "json" {
		return usage("--format %s: gate diff writes text and json", a.flags.format)
	}
	p, err := a.loadPolicy(ctx)
	if err != nil {
		return err
	}
	c := &comparison{app: a, policy: p}
	for i, name := range []string{nameA, nameB} {
		if c.sides[i], err = c.side(ctx, name); err != nil {
			return err
		}
	}
	if c.sides[0].same(&c.sides[1]) {
		return usage("%s and %s are the same: there is nothing to compare", nameA, nameB)
	}
	if err := c.read(ctx); err != nil {
		return err
	}
	from, to := &c.sides[0], &c.sides[1]
	findings := gate.Diff(p, from.hosts, to.hosts, nameA, nameB, from.environment && to.environment)
	return a.reportDiff(findings, c.points())
}

// side finds out what a name means: an environment, a point of it, a host of the policy, or a file.
func (c *comparison) side(ctx context.Context, name string) (side, error) {
	s := side{name: name}
	var err error
	if c.policy.Environment(name) != nil {
		s.environment = true
		s.plans, err = c.app.plans(c.policy, []string{name})
		return s, err
	}
	if _, _, ok := isPoint(c.policy, name); ok {
		s.environment = true
		s.point, err = c.point(ctx, name)
		return s, err
	}
	var all []string
	for _, e := range c.policy.Environments {
		all = append(all, e.Name)
	}
	plans, err := c.app.plans(c.policy, all)
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
		return s, usage("%s is no environment and no host of %s, and no file of gate snapshot", name, c.app.flags.policy)
	}
	s.file, err = readSnapshot(name)
	s.environment = true
	return s, err
}

// point finds a point of the ledger, which is opened for the first one.
func (c *comparison) point(ctx context.Context, name string) (*point, error) {
	if c.past == nil {
		past, err := c.app.openPast(ctx, c.policy, true)
		if err != nil {
			return nil, err
		}
		if c.ledger, err = past.history(ctx); err != nil {
			return nil, err
		}
		if err := c.app.flawed(c.ledger); err != nil {
			return nil, err
		}
		c.past = past
	}
	return c.past.point(c.ledger, name)
}

// points says which observations are compared.
func (c *comparison) points() []string {
	var lines []string
	for _, s := range c.sides {
		if s.point != nil {
			lines = append(lines, s.name+" is "+s.point.describe(c.policy.Gate.Timezone, c.app.now()))
		}
	}
	return lines
}

// read gets the hosts of both sides: those of the policy are read, each once, under one key. What was sealed under another
// one is unknown in files and in what is on record.
func (c *comparison) read(ctx context.Context) error {
	if err := c.readHosts(ctx); err != nil {
		return err
	}
	for i := range c.sides {
		s := &c.sides[i]
		if s.file == nil {
			continue
		}
		if c.keyID == "" {
			c.keyID = s.file.KeyID
		}
		s.file.Forget(c.keyID, c.policy.Vars().ID())
		s.hosts = s.file.Hosts
		questions := c.policy.Questions()
		for k := range s.hosts {
			h := &s.hosts[k]
			h.Sections = questions(h.ID).Answers(h.Sections, false)
		}
	}
	return c.readPoints(ctx)
}

// readHosts reads the hosts of the policy that are compared.
func (c *comparison) readHosts(ctx context.Context) error {
	var plans []host.Plan
	var environments []string
	fileKey := ""
	for _, s := range c.sides {
		for _, plan := range s.plans {
			if !slices.ContainsFunc(plans, func(other host.Plan) bool { return other.ID == plan.ID }) {
				plans = append(plans, plan)
			}
			if !slices.Contains(environments, plan.ID.Environment) {
				environments = append(environments, plan.ID.Environment)
			}
		}
		if s.file != nil && fileKey == "" {
			fileKey = s.file.KeyID
		}
	}
	if len(plans) == 0 {
		return nil
	}
	key, err := c.app.digestKey(false)
	if err != nil {
		return err
	}
	read, err := c.app.collect(ctx, reading{policy: c.policy, environments: environments, plans: plans, key: key})
	if err != nil {
		return err
	}
	c.keyID = read[0].KeyID
	if fileKey != "" && fileKey != c.keyID {
		return &exitError{code: exitUsage, err: errors.New("the snapshot file is sealed under another digest key than this run"),
			hint: "set GATE_DIGEST_KEY to the key that it was made with"}
	}
	for i := range c.sides {
		s := &c.sides[i]
		for _, snapshot := range read {
			for _, h := range snapshot.Hosts {
				if slices.ContainsFunc(s.plans, func(plan host.Plan) bool { return plan.ID == h.ID }) {
					s.hosts = append(s.hosts, h)
				}
			}
		}
	}
	return nil
}

// readPoints reads what the ledger has of the sides that are points, and says what of it cannot be compared any more.
func (c *comparison) readPoints(ctx context.Context) error {
	if c.past == nil {
		return nil
	}
	if c.keyID == "" {
		var err error
		if c.keyID, err = c.pointKey(ctx); err != nil {
			return err
		}
	}
	record := c.past.record(ctx, c.ledger, c.keyID)
	defer record.Close()
	for i := range c.sides {
		s := &c.sides[i]
		if s.point == nil {
			continue
		}
		snapshot, err := record.Snapshot(s.point.snapshot())
		if err != nil {
			return failure(exitUndecided, fmt.Errorf("%s: %w", s.name, err))
		}
		s.hosts = snapshot.Hosts
	}
	forgotten := record.Forgotten()
	for _, line := range forgotten {
		c.app.warn(report.Line(line))
	}
	live := slices.ContainsFunc(c.sides[:], func(s side) bool { return len(s.plans) > 0 })
	if len(forgotten) > 0 && live && c.app.getenv("GATE_DIGEST_KEY") == "" {
		c.app.warn("GATE_DIGEST_KEY is not set: what is sealed can only be compared under the key that it was recorded with")
	}
	return nil
}

// pointKey returns the name of the key of the first side that is a point.
func (c *comparison) pointKey(ctx context.Context) (string, error) {
	reader := c.past.record(ctx, c.ledger, "")
	defer reader.Close()
	for _, s := range c.sides {
		if s.point != nil {
			keyID, err := reader.KeyID(s.point.snapshot())
			if err != nil {
				return "", failure(exitUndecided, fmt.Errorf("%s: %w", s.name, err))
			}
			return keyID, nil
		}
	}
	return "", nil
}

// reportDiff writes which points were compared and what differs, and returns the exit code that goes with it.
func (a *app) reportDiff(findings []gate.Finding, points []string) error {
	code := exitPass
	for _, f := range findings {
		switch {
		case f.Effect == gate.Blocks:
			code = exitBlocked
		case f.Effect == gate.Opens && code == exitPass:
			code = exitUndecided
		}
	}
	data, err := a.formatDiff(findings, points)
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

func (a *app) formatDiff(findings []gate.Finding, points []string) ([]byte, error) {
	var out bytes.Buffer
	if a.flags.format == "json" {
		for _, line := range points {
			a.warn(line)
		}
		err := report.DiffJSON(&out, findings)
		return out.Bytes(), err
	}
	for _, line := range points {
		fmt.Fprintln(&out, line)
	}
	if len(points) > 0 {
		out.WriteString("\n")
	}
	if len(findings) == 0 {
		fmt.Fprintln(&out, "No differences.")
	}
	err := report.Diff(&out, findings, report.Options{Color: a.color()})
	return out.Bytes(), err
}
