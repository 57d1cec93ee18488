package main

import (
	"bytes"
	"context"
	"time"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/report"
	"github.com/spf13/cobra"
)

func (a *app) checkCommand() *cobra.Command {
	var c check
	cmd := &cobra.Command{
		Use:   "check --to ENV [--revision R]",
		Short: "Read the hosts, compare, and give the verdict",
		Long: `check reads the hosts of an environment and of those that it is promoted from, compares
them with each other and with the policy, and gives the verdict: pass (exit 0), blocked
(exit 1), or undecided (exit 3) when something could not be told. A policy mistake is exit 2.

With --revision it judges a promotion: whether that revision was deployed, observed, verified
and left to soak where the policy wants it first, by the ledger, and whether the environment
stands where the other one stood before. Without it, it is a drift check.

The result is kept in the cache folder, where gate explain finds it. --record keeps it in the
ledger, with what was read: that is where later reports know from since when something is so.

--pull-request judges the pull request that a workflow runs for, from what the ledger has: no
host is read. The policy is that of the pull request's base; its own stands beside it. Drift
fails no pull request (exit 0): only an invalid policy does (exit 2), one that is weaker than
that of the base (exit 1), and one of which that could not be told (exit 3).`,
		Example: `  gate check --to production
  gate check --to production --revision v1.4.2 --wait 45m
  gate check --to production --record
  gate check --to production --from-ledger --max-age 26h
  gate check --to production --pull-request --github comment,summary
  gate check --to production --format json --output result.json
  gate check --from result.json                     report it again
  gate check --to production --snapshots staging.json,production.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.check(cmd.Context(), c) },
	}
	a.policyFlag(cmd)
	a.toFlag(cmd, "the environment to judge")
	a.candidateFlags(cmd, &c.question)
	a.readingFlags(cmd)
	a.reportFlags(cmd, "text", "json", "markdown", "sarif")
	a.githubFlag(cmd, "annotations", "comment", "issue", "outputs", "summary")
	a.ledgerFlags(cmd)
	a.pullRequestFlags(cmd, &c)
	c.maxAge = span(24 * time.Hour)
	cmd.Flags().BoolVar(&c.kept, "record", false, "record what was read, and the verdict, in the ledger")
	cmd.Flags().StringVar(&c.from, "from", "", "report this saved JSON result again; no host is read")
	cmd.Flags().StringSliceVar(&c.snapshots, "snapshots", nil, "judge these files of gate snapshot; no host is read")
	cmd.Flags().BoolVar(&c.fromLedger, "from-ledger", false, "judge what was recorded last; no host is read")
	cmd.Flags().Var(&c.maxAge, "max-age", "how old hosts in --snapshots and --from-ledger may be; older ones are unknown")
	return cmd
}

// candidateFlags are those of a subcommand that judges whether a revision may be promoted.
func (a *app) candidateFlags(cmd *cobra.Command, q *question) {
	a.revisionFlags(cmd, &q.revision, "the revision that is to be promoted, as git names it")
	cmd.Flags().BoolVar(&q.rollback, "rollback", false, "go back to a revision that passed before: needs no proof, no soak, and no end of a freeze")
	cmd.Flags().Var(&q.wait, "wait", "if time is all that is lacking, wait so long for it, as 45m")
}

// check is one run of gate check.
type check struct {
	question
	from        string
	pullRequest bool   // judge the one that the workflow runs for
	fork        string // what to do with one from a fork
}

// contradicts returns an error where flags contradict each other.
func (c *check) contradicts(a *app) error {
	if err := c.pullRequestContradicts(a); err != nil {
		return err
	}
	switch {
	case c.from != "" && (a.flags.to != "" || c.snapshots != nil):
		return usage("--from reports a result as it is: it goes with neither --to nor --snapshots")
	case c.snapshots != nil && c.fromLedger:
		return usage("--snapshots and --from-ledger: one of them")
	case c.kept && (c.snapshots != nil || c.fromLedger || c.from != ""):
		return usage("--record records what hosts say: it goes with neither --snapshots nor --from-ledger nor --from")
	case c.kept && len(a.flags.hosts) > 0:
		return usage("--record records all hosts: it does not go with --host")
	case c.rollback && c.revision == "":
		return usage("--rollback goes back to a revision: name it with --revision")
	case c.wait > 0 && c.revision == "":
		return usage("--wait waits until a revision may be promoted: name it with --revision")
	}
	return a.issueFits(&c.question)
}

// check is the whole story: load, collect, compare and decide, report.
func (a *app) check(ctx context.Context, c check) error {
	format, err := report.Named(a.flags.format)
	if err != nil {
		return usage("--format: %v", err)
	}
	if err := c.contradicts(a); err != nil {
		return err
	}
	if err := a.githubFits(); err != nil {
		return err
	}
	if c.from != "" {
		v, err := readResult(c.from)
		if err != nil {
			return err
		}
		origin := "Result of " + v.At.Format("2 Jan 15:04 MST") + "; no host was read for this report"
		return a.report(ctx, &answer{verdict: v, origin: origin}, format)
	}
	if c.pullRequest {
		return a.checkPullRequest(ctx, c, format)
	}
	j, err := a.newJudge(ctx, &c.question)
	if err != nil {
		return a.unjudged(ctx, a.flags.policy, "", err)
	}
	answer, err := j.answer(ctx)
	if err != nil {
		return a.unjudged(ctx, a.flags.policy, "", err)
	}
	a.keepResult(answer)
	if c.kept {
		if err := j.record(ctx, answer); err != nil {
			return a.unjudged(ctx, a.flags.policy, "", err)
		}
	}
	return a.report(ctx, answer, format)
}

// report writes the verdict, brings it to GitHub where that is asked for, and returns the exit code that goes with it.
func (a *app) report(ctx context.Context, answer *answer, format report.Format) error {
	code, stops := exitCode(answer.verdict), error(nil)
	if answer.pullRequest != nil {
		code, stops = answer.pullRequest.exit()
	}
	var out bytes.Buffer
	o := report.Options{Color: a.color(), Elapsed: answer.elapsed, Exit: code, Origin: answer.origin}
	if err := format.Write(&out, answer.verdict, o); err != nil {
		return err
	}
	if err := a.write(out.Bytes()); err != nil {
		return a.unjudged(ctx, answer.verdict.Policy.Path, "", err)
	}
	a.deliver(ctx, answer, code)
	if code == exitPass || stops != nil {
		return stops
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
