package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/host"
	"github.com/seed-313c021b/gate/policies"
	"github.com/spf13/cobra"
)

func (a *app) snapshotCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "snapshot --to ENV --output FILE",
		Short: "Read the hosts of an environment and keep what they say",
		Long: `snapshot reads the hosts of one environment and writes what they say to a file, so that
reading and judging can be on different machines: gate check --snapshots judges such files.

Values that may not be shown are in it as digests under GATE_DIGEST_KEY, which must be set;
files that are judged together must be made under the same key. What was asked otherwise than the
policy asks when they are judged (another command line, another exclude) is not collected.`,
		Example: `  export GATE_DIGEST_KEY=$(head -c 32 /dev/urandom | base64)
  gate snapshot --to staging --output staging.json
  gate snapshot --to production --output production.json
  gate check --to production --snapshots staging.json,production.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.snapshot(cmd.Context()) },
	}
	a.policyFlag(cmd)
	a.toFlag(cmd, "the environment to read")
	a.readingFlags(cmd)
	a.outputFlag(cmd, "snapshot")
	return cmd
}

func (a *app) snapshot(ctx context.Context) error {
	p, err := a.load()
	if err != nil {
		return err
	}
	if _, err := environments(p, a.flags.to); err != nil {
		return err
	}
	key, err := a.digestKey(true)
	if err != nil {
		return err
	}
	plans, err := a.plans(p, []string{a.flags.to})
	if err != nil {
		return err
	}
	snapshots, err := a.collect(ctx, reading{p, []string{a.flags.to}, plans, key, a.flags.to})
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := snapshots[0].Encode(&out); err != nil {
		return err
	}
	if err := a.write(out.Bytes()); err != nil {
		return err
	}
	return a.unread(snapshots[0])
}

// unread says which hosts could not be read to the end: the snapshot is kept, but the exit code is that of a check that
// could not tell.
func (a *app) unread(s *drift.Snapshot) error {
	var unread int
	for _, h := range s.Hosts {
		for _, section := range h.Sections {
			if !section.Known() {
				unread++
				a.warn(fmt.Sprintf("%s: %s: %s", h.ID, section.Address(), strings.TrimSuffix(string(section.Status)+": "+section.Reason, ": ")))
			}
		}
	}
	if unread == 0 {
		return nil
	}
	return &exitError{code: exitUndecided, err: fmt.Errorf("%s: %s could not be read", s.Environment, counted(unread, "section")),
		hint: "the snapshot is kept without them; a check that needs them is undecided"}
}

// fromFiles reads snapshot files for environments. Every host of the policy must be in them, and recent: one that is not
// is unknown.
func (a *app) fromFiles(p *policies.Policy, environments []string, plans []host.Plan, q *question) ([]*drift.Snapshot, error) {
	files := map[string]*drift.Snapshot{}
	for _, path := range q.snapshots {
		s, err := readSnapshot(path)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(environments, s.Environment) {
			return nil, usage("--snapshots %s: it is of the environment %q; this check is about %s", path, s.Environment, strings.Join(environments, ", "))
		}
		if files[s.Environment] != nil {
			return nil, usage("--snapshots %s: there are two of the environment %q", path, s.Environment)
		}
		files[s.Environment] = s
	}
	var snapshots []*drift.Snapshot
	key, questions := "", p.Questions()
	for _, e := range environments {
		s := &drift.Snapshot{Environment: e, VarsID: p.Vars().ID()}
		file := files[e]
		if file != nil {
			if key == "" {
				key = file.KeyID
			}
			file.Forget(key, p.Vars().ID())
		}
		for _, plan := range plans {
			if plan.ID.Environment != e {
				continue
			}
			h, err := a.keptHost(file, plan, questions(plan.ID), time.Duration(q.maxAge), "no snapshot file has this host")
			if err != nil {
				return nil, err
			}
			s.Hosts = append(s.Hosts, h)
		}
		s.KeyID = key
		snapshots = append(snapshots, s)
	}
	return snapshots, nil
}

// keptHost returns a host of a snapshot that was kept, with what it answers of the questions that are asked. One that is not in
// it, and one that is too old, are unknown.
func (a *app) keptHost(kept *drift.Snapshot, plan host.Plan, asked *collect.Questions, maxAge time.Duration, missing string) (drift.Host, error) {
	unknown := drift.Host{ID: plan.ID, Address: plan.Dest, Taken: a.now()}
	reason := missing
	if kept != nil {
		for _, h := range kept.Hosts {
			if h.ID != plan.ID {
				continue
			}
			age := a.now().Sub(h.Taken)
			if age <= maxAge && age > -time.Hour {
				h.Sections = asked.Answers(h.Sections, false)
				return h, nil
			}
			reason = fmt.Sprintf("its snapshot is of %s, and --max-age is %s", h.Taken.Format(time.RFC3339), (*span)(&maxAge))
		}
	}
	unknown.Sections = plan.Unread(errors.New(reason))
	return unknown, unknown.Sort()
}
