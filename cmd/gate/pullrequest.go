package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-313c021b/gate/gate/github"
	"github.com/seed-313c021b/gate/gate/ledger"
	"github.com/seed-313c021b/gate/gate/report"
	"github.com/seed-313c021b/gate/policies"
	"github.com/spf13/cobra"
)

// pullRequest is the pull request that a workflow runs for, on its way to a verdict: by the policy of its base, which is not
// the pull request's to change, and beside it by its own. Hosts are not read: its job has no key to any.
type pullRequest struct {
	app      *app
	question question
	event    *github.PullRequest
	named    string // the event
	lenient  bool   // it comes from a fork, and only a report is wanted

	repository *ledger.Repository
	path       string // of the policy, in the repository
	candidate  string // the commit that is judged
	before     string // the commit that the pull request starts from; empty where that is not known
	base       *policies.Policy
	head       *report.HeadPolicy // nil where the pull request does not change the policy
	notes      []string           // what else it does that is to be known
}

// reportOnly is the one value of --fork.
const reportOnly = "report-only"

func (a *app) pullRequestFlags(cmd *cobra.Command, c *check) {
	cmd.Flags().BoolVar(&c.pullRequest, "pull-request", false, "in GitHub Actions, judge the pull request that the workflow runs for, from the ledger, by the policy of its base")
	cmd.Flags().StringVar(&c.fork, "fork", "", "with --pull-request, what to do with one from a fork: report-only; without it, nothing is judged (exit 3)")
	_ = cmd.RegisterFlagCompletionFunc("fork", cobra.FixedCompletions([]string{reportOnly}, cobra.ShellCompDirectiveNoFileComp))
}

// pullRequestContradicts returns an error where flags contradict --pull-request.
func (c *check) pullRequestContradicts(a *app) error {
	if !c.pullRequest {
		if c.fork != "" {
			return usage("--fork goes with --pull-request")
		}
		return nil
	}
	var given []string
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"--record", c.kept}, {"--snapshots", c.snapshots != nil}, {"--from", c.from != ""}, {"--wait", c.wait > 0},
		{"--rollback", c.rollback}, {"--policy-ref", a.flags.policyRef != ""}, {"--host", len(a.flags.hosts) > 0},
		{"--github issue", a.reportsTo("issue")},
	} {
		if flag.set {
			given = append(given, flag.name)
		}
	}
	switch {
	case len(given) > 0:
		return &exitError{code: exitUsage, err: fmt.Errorf("--pull-request does not go with %s", strings.Join(given, ", ")),
			hint: "it judges a pull request from the ledger, by the policy of its base, and reads and records nothing"}
	case c.fork != "" && c.fork != reportOnly:
		return usage("--fork %s: there is only %s", c.fork, reportOnly)
	}
	return nil
}

// checkPullRequest judges the pull request that the workflow runs for.
func (a *app) checkPullRequest(ctx context.Context, c check, format report.Format) error {
	p, err := a.newPullRequest(c)
	if err != nil {
		return err
	}
	answer, err := p.judge(ctx)
	if err != nil {
		return p.excused(a.unjudged(ctx, p.path, p.event.Base, err))
	}
	a.keepResult(answer)
	return a.report(ctx, answer, format)
}

// newPullRequest reads which pull request it is.
func (a *app) newPullRequest(c check) (*pullRequest, error) {
	for _, name := range []string{"GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_REPOSITORY"} {
		if a.getenv(name) == "" {
			return nil, &exitError{code: exitUsage, err: fmt.Errorf("--pull-request needs %s, which is empty", name), hint: "GitHub sets it for each step: it must reach gate"}
		}
	}
	event, err := a.githubEvent()
	if err != nil {
		return nil, usage("--pull-request: %w", err)
	}
	if event.PullRequest == nil {
		return nil, &exitError{code: exitUsage, err: fmt.Errorf("--pull-request: the workflow runs for the event %q, and not for a pull request", event.Name),
			hint: "on: pull_request; what else there is to judge is judged without --pull-request"}
	}
	p := &pullRequest{app: a, question: c.question, event: event.PullRequest, named: event.Name, path: a.flags.policy}
	p.question.fromLedger = true
	p.lenient = p.event.Fork && c.fork == reportOnly
	return p, nil
}

// excused returns an error as one that stops nothing, where only a report is wanted. A mistake of the workflow, or of the
// base, is none of the fork's.
func (p *pullRequest) excused(err error) error {
	exit, ok := errors.AsType[*exitError](err)
	if !ok || !p.lenient || exit.code == exitUsage {
		return err
	}
	return &exitError{code: exitPass, err: exit.err, hint: exit.hint}
}

// judge gives the verdict.
func (p *pullRequest) judge(ctx context.Context) (*answer, error) {
	if p.event.Fork && !p.lenient {
		return nil, &exitError{code: exitUndecided, err: errors.New("not evaluated (fork): the pull request comes from a fork"),
			hint: "whoever reviews it can judge its commit by hand; with --fork report-only it is reported on, and stops nothing"}
	}
	if err := p.open(ctx); err != nil {
		return nil, err
	}
	if err := p.choose(ctx); err != nil {
		return nil, err
	}
	var err error
	if p.base, err = p.basePolicy(ctx); err != nil {
		return nil, err
	}
	j := &judge{question: &p.question, app: p.app, policy: p.base}
	if j.environments, err = environments(p.base, p.app.flags.to); err != nil {
		return nil, err
	}
	if j.past, err = p.app.openPast(ctx, p.base, true); err != nil {
		return nil, err
	}
	j.past.anchored = true
	p.app.flags.policy = p.path // as it is called in what is reported
	answer, err := j.answer(ctx)
	if err != nil {
		return nil, err
	}
	answer.pullRequest = p
	if err := p.connections(ctx); err != nil {
		return nil, err
	}
	return answer, p.judgeHead(ctx, j, answer)
}

// exit returns the exit code, which is about what the pull request itself does, and not about drift; and what is said last,
// if anything.
func (p *pullRequest) exit() (int, error) {
	e := p.stops()
	if e == nil {
		return exitPass, nil
	}
	p.head.Stops = e.code != exitPass
	return e.code, e
}

// stops returns what stops the job, if anything.
func (p *pullRequest) stops() *exitError {
	place := fmt.Sprintf("the policy of this pull request, %s at %s,", p.path, short(p.candidate))
	switch h := p.head; {
	case h == nil:
		return nil
	case len(h.Mistakes) > 0: // what nothing can be judged by is not weaker, but none
		return p.stop(exitUsage, &exitError{err: fmt.Errorf("%s is invalid: after the merge nothing could be judged by it", place), hint: "correct what stands above"})
	case h.IsWeaker():
		return p.stop(exitBlocked, &exitError{err: fmt.Errorf("%s is weaker than that of %s", place, p.baseName()), hint: "take back what stands above; or merge it knowingly, past this check"})
	case h.IsUncompared():
		return p.stop(exitUndecided, &exitError{err: fmt.Errorf("%s could not be compared with that of %s", place, p.baseName()), hint: "whether what stands above means the same is not guessed: take it back; narrow it, as assert = (OLD) && NEW or when = (OLD) || NEW; or merge it knowingly, past this check"})
	case h.IsUntold():
		return p.stop(exitUndecided, &exitError{err: fmt.Errorf("whether %s is weaker than that of %s could not be told: %s", place, p.baseName(), h.Reason), hint: "what stands in the way is not in the policy: mend that, and check again"})
	}
	return nil
}

// stop gives an error its code. Where only reports are wanted, of forks or by the base's policy, nothing stops.
func (p *pullRequest) stop(code int, e *exitError) *exitError {
	about := code == exitBlocked || p.head.IsUncompared() && !p.head.IsUntold() // the policy, and not what stands in the way
	if e.code = code; p.lenient || about && p.base.Gate.ReportsOnly(p.app.now()) {
		e.code = exitPass
	}
	return e
}

// baseName names where the pull request is to be merged.
func (p *pullRequest) baseName() string {
	if p.event.BaseRef == "" {
		return "its base"
	}
	return p.event.BaseRef
}

func short(commit string) string { return commit[:min(7, len(commit))] }
