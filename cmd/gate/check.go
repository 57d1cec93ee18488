package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/report"
	"github.com/seed-313c021b/gate/policies"
	"github.com/spf13/cobra"
)

func (a *app) checkCommand() *cobra.Command {
	var c check
	cmd := &cobra.Command{
		Use:   "check --to ENV",
		Short: "Read the hosts, compare, and give the verdict",
		Long: `check reads the hosts of an environment and of those that it is promoted from, compares
them with each other and with the policy, and gives the verdict: pass (exit 0), blocked
(exit 1), or undecided (exit 3) when something could not be told. A policy mistake is exit 2.

The result is kept in the cache folder, where gate explain finds it.`,
		Example: `  gate check --to production
  gate check --to production --format json --output result.json
  gate check --from result.json                     report it again
  gate check --to production --snapshots staging.json,production.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.check(cmd.Context(), c) },
	}
	a.policyFlag(cmd)
	a.toFlag(cmd, "the environment to judge")
	a.readingFlags(cmd)
	a.reportFlags(cmd)
	cmd.Flags().StringVar(&c.revision, "revision", "", "the revision that is to be promoted; without it, a drift check")
	cmd.Flags().StringVar(&c.from, "from", "", "report this saved JSON result again; no host is read")
	cmd.Flags().StringSliceVar(&c.snapshots, "snapshots", nil, "judge these files of gate snapshot; no host is read")
	cmd.Flags().DurationVar(&c.maxAge, "max-age", 24*time.Hour, "how old hosts in --snapshots may be; older ones are unknown")
	return cmd
}

// check is one run of gate check.
type check struct {
	revision  string
	from      string
	snapshots []string
	maxAge    time.Duration
	elapsed   time.Duration
	origin    string
}

// check is the whole story: load, collect, compare and decide, report.
func (a *app) check(ctx context.Context, c check) error {
	format, err := report.Named(a.flags.format)
	if err != nil {
		return usage("--format: %v", err)
	}
	if c.from != "" {
		if a.flags.to != "" || c.snapshots != nil {
			return usage("--from reports a result as it is: it goes with neither --to nor --snapshots")
		}
		v, err := readResult(c.from)
		if err != nil {
			return err
		}
		c.origin = "Result of " + v.At.Format("2 Jan 15:04 MST") + "; no host was read for this report"
		return a.report(v, c, format)
	}
	p, err := a.load()
	if err != nil {
		return err
	}
	environments, err := environments(p, a.flags.to)
	if err != nil {
		return err
	}
	snapshots, whole, err := a.snapshots(ctx, p, environments, &c)
	if err != nil {
		return err
	}
	v := gate.Decide(gate.Input{
		Policy: p, Path: a.flags.policy, To: a.flags.to, Snapshots: snapshots, Partial: !whole, Revision: c.revision, Now: a.now(),
	})
	if err := a.keep(v, snapshots); err != nil {
		a.warn("the result could not be kept for gate explain: " + err.Error())
	}
	return a.report(v, c, format)
}

// snapshots reads the hosts, or the files that were named in their place. It returns whether these are all hosts.
func (a *app) snapshots(ctx context.Context, p *policies.Policy, environments []string, c *check) ([]*drift.Snapshot, bool, error) {
	plans, whole, err := a.plansToCompare(p, environments)
	if err != nil {
		return nil, false, err
	}
	if c.snapshots != nil {
		c.origin = "From snapshot files; no host was read"
		snapshots, err := a.fromFiles(p, environments, plans, c)
		return snapshots, whole, err
	}
	key, err := a.digestKey(false)
	if err != nil {
		return nil, false, err
	}
	began := time.Now()
	snapshots, err := a.collect(ctx, p, environments, plans, key)
	c.elapsed = time.Since(began)
	return snapshots, whole, err
}

// report writes the verdict and returns the exit code that goes with it.
func (a *app) report(v *gate.Verdict, c check, format report.Format) error {
	code := exitCode(v)
	var out bytes.Buffer
	o := report.Options{Color: a.color(), Elapsed: c.elapsed, Exit: code, Origin: c.origin}
	if err := format.Write(&out, v, o); err != nil {
		return err
	}
	if err := a.write(out.Bytes()); err != nil {
		return err
	}
	if code == exitPass {
		return nil
	}
	return &exitError{code: code}
}

// exitCode is what a verdict means for a job. Report mode stops nothing.
func exitCode(v *gate.Verdict) int {
	switch {
	case v.Outcome == gate.Pass, v.ReportOnly():
		return exitPass
	case v.Outcome == gate.Blocked:
		return exitBlocked
	}
	return exitUndecided
}

// cache returns the folder where the last result is kept.
func (a *app) cache() (string, error) {
	if a.cacheFolder != "" {
		return a.cacheFolder, nil
	}
	folder, err := os.UserCacheDir()
	return filepath.Join(folder, "gate"), err
}

// keep keeps the verdict and what it rests on for gate explain, readable by the user alone. Values that may not be shown
// are sealed in both.
func (a *app) keep(v *gate.Verdict, snapshots []*drift.Snapshot) error {
	folder, err := a.cache()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(folder, "snapshot-*.json"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	for _, s := range snapshots {
		var out bytes.Buffer
		if err := s.Encode(&out); err != nil {
			return err
		}
		if err := writeFile(filepath.Join(folder, "snapshot-"+s.Environment+".json"), out.Bytes()); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	if err := report.JSON(&out, v, report.Options{}); err != nil {
		return err
	}
	return writeFile(filepath.Join(folder, "result.json"), out.Bytes())
}
