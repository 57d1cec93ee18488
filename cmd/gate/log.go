package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/report"
	"github.com/spf13/cobra"
)

func (a *app) logCommand() *cobra.Command {
	var l history
	cmd := &cobra.Command{
		Use:   "log [--to ENV]",
		Short: "The timeline: deployments, verdicts, holds, and drift that came and went",
		Long: `log tells what the ledger knows, oldest first, in the policy's time zone: what was deployed,
verified, held and overridden, by whom and when; what gate decided, and why; and what changed
on hosts between two observations with no deployment between them. As Markdown it can be
pasted into a post-mortem, or a letter to those who must be told.

--verify tells instead whether the ledger is whole: the chain of its events, their signatures,
who may say what, their times, and each recorded snapshot. A flaw is exit 1.

--prune removes recorded snapshots that are older and that no later check needs. Events stay.

--since takes a time (2026-11-15T17:00:00Z), a day (2026-11-15), a time of day (18:30) or a
duration (14d), in the policy's time zone.`,
		Example: `  gate log --to production
  gate log --since 2026-11-15 --format markdown
  gate log --revision v1.4.2
  gate log --verify
  gate log --prune 90d`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.log(cmd.Context(), l) },
	}
	a.policyFlag(cmd)
	a.toFlag(cmd, "only what is about this environment")
	a.revisionFlags(cmd, &l.revision, "only what is about this revision, as git names it")
	cmd.Flags().StringVar(&l.since, "since", "30d", "from when on")
	_ = cmd.RegisterFlagCompletionFunc("since", cobra.NoFileCompletions)
	cmd.Flags().StringVar(&a.flags.format, "format", "text", "text, json or markdown")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json", "markdown"}, cobra.ShellCompDirectiveNoFileComp))
	a.outputFlag(cmd, "timeline")
	cmd.Flags().BoolVar(&l.verify, "verify", false, "tell whether the ledger is whole")
	cmd.Flags().Var(&l.prune, "prune", "remove recorded snapshots that are older than this, as 90d, and not needed")
	cmd.MarkFlagsMutuallyExclusive("verify", "prune")
	a.ledgerFlags(cmd)
	return cmd
}

// history is one run of gate log.
type history struct {
	revision, since string
	verify          bool
	prune           span
}

func (a *app) log(ctx context.Context, l history) error {
	if !slices.Contains([]string{"text", "json", "markdown"}, a.flags.format) {
		return usage("--format %s: gate log writes text, json and markdown", a.flags.format)
	}
	p, err := a.loadPolicy(ctx)
	if err != nil {
		return err
	}
	if a.flags.to != "" {
		if _, err := environments(p, a.flags.to); err != nil {
			return err
		}
	}
	past, err := a.openPast(ctx, p, true)
	if err != nil {
		return err
	}
	past.anchored = l.verify
	h, err := past.history(ctx)
	if err != nil {
		return err
	}
	switch {
	case l.verify:
		return a.verify(ctx, past, h)
	case l.prune > 0:
		return a.prune(ctx, past, h, time.Duration(l.prune))
	}
	return a.timeline(ctx, past, h, l)
}

// timeline tells what happened.
func (a *app) timeline(ctx context.Context, past *past, h *gate.History, l history) error {
	from, err := since("--since", l.since, a.now(), past.policy)
	if err != nil {
		return err
	}
	t := gate.Timeline{Policy: past.policy, History: h, Environment: a.flags.to, Since: from}
	if l.revision != "" {
		c, err := past.candidate(ctx, l.revision, false)
		if err != nil {
			return err
		}
		t.Contents = c.Contents
	}
	keyID, err := a.lastKey(ctx, past, h)
	if err != nil {
		return err
	}
	record := past.record(ctx, h, keyID)
	defer record.Close()
	record.Answers = nil // the past is told as it was
	t.Record = record
	told := report.Timeline{Repository: past.ledger.Repository(), Entries: t.Entries(), Since: from, Zone: past.policy.Gate.Timezone, Subject: past.subject()}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	write := map[string]func(*bytes.Buffer) error{
		"text":     func(out *bytes.Buffer) error { return told.Text(out) },
		"json":     func(out *bytes.Buffer) error { return told.JSON(out) },
		"markdown": func(out *bytes.Buffer) error { return told.Markdown(out) },
	}[a.flags.format]
	var out bytes.Buffer
	if err := write(&out); err != nil {
		return err
	}
	if err := a.write(out.Bytes()); err != nil {
		return err
	}
	if h.ID == "" {
		why, next := h.NoLedger()
		a.warn(report.Line(why + ", so nothing is known of what happened; " + strings.Join(next, "; ")))
	}
	return a.flawed(h)
}

// flawed warns of a ledger that is not what it should be.
func (a *app) flawed(h *gate.History) error {
	if len(h.Flaws) > 0 {
		a.warn(report.Line(fmt.Sprintf("this ledger is not to be trusted: %s (gate log --verify)", h.Flaws[0].Text)))
	}
	return nil
}

// lastKey returns the name of the key under which the last snapshot was sealed, "" where there is none.
func (a *app) lastKey(ctx context.Context, past *past, h *gate.History) (string, error) {
	reader := past.record(ctx, h, "")
	defer reader.Close()
	for _, e := range slices.Backward(h.Events) {
		for _, id := range e.Snapshots {
			if e.Invalid != "" {
				continue
			}
			keyID, err := reader.KeyID(id)
			if err != nil {
				return "", failure(exitUndecided, err)
			}
			return keyID, nil
		}
	}
	return "", nil
}

// subject returns a function that returns the first line of a commit's message, "" where it cannot be told.
func (p *past) subject() func(string) string {
	known := map[string]string{}
	return func(commit string) string {
		subject, ok := known[commit]
		if !ok {
			subject, _ = p.commits.Subject(commit) // the repository may not have it: then its id says enough
			known[commit] = subject
		}
		return subject
	}
}

// verify tells whether the ledger is whole.
func (a *app) verify(ctx context.Context, past *past, h *gate.History) error {
	flaws := slices.Clone(h.Flaws)
	if h.ID != "" {
		found, err := past.ledger.VerifySnapshots(ctx, h)
		if err != nil {
			return failure(exitUndecided, err)
		}
		flaws = append(flaws, found...)
	}
	var out bytes.Buffer
	verified := report.Verified{Repository: past.ledger.Repository(), History: h, Flaws: flaws, Signers: len(past.policy.Signers), Zone: past.policy.Gate.Timezone, Anchors: past.ledger.Anchored()}
	if err := verified.Text(&out); err != nil {
		return err
	}
	if err := a.write(out.Bytes()); err != nil {
		return err
	}
	if len(flaws) > 0 {
		return &exitError{code: exitBlocked}
	}
	return nil
}

// prune removes snapshots that are older than an age and not needed.
func (a *app) prune(ctx context.Context, past *past, h *gate.History, age time.Duration) error {
	n, err := past.ledger.Prune(ctx, h, gate.Needed(h, past.policy, a.now()), a.now().Add(-age))
	if err != nil {
		return failure(exitUsage, err)
	}
	return a.say("%s removed; events stay", counted(n, "snapshot"))
}
