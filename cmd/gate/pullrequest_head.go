package main

import (
	"context"
	"errors"

	"github.com/seed-313c021b/gate/gate/report"
	"github.com/seed-313c021b/gate/policies"
)

// judgeHead judges by the pull request's own policy as well, where it changes it: on the same snapshots, from the ledger that
// the base's policy names.
func (p *pullRequest) judgeHead(ctx context.Context, j *judge, base *answer) error {
	policy, err := p.headPolicy(ctx)
	if err != nil || p.head == nil {
		return err
	}
	if policy != nil {
		differences := policies.Weaker(p.base, policy)
		p.head.Weaker, p.head.Uncompared, p.head.Changed = linesOf(differences.Weaker), linesOf(differences.Uncompared), linesOf(differences.Changed)
		if err := p.judgeBy(ctx, policy, j, base); err != nil {
			return err
		}
	}
	p.tellHead()
	return ctx.Err()
}

// judgeBy judges by a policy, and notes how that differs. What cannot be judged by it is its own mistake, or not known.
func (p *pullRequest) judgeBy(ctx context.Context, policy *policies.Policy, j *judge, base *answer) error {
	if policy.Environment(p.app.flags.to) == nil {
		p.head.Reason = "it has no environment " + p.app.flags.to
		return nil
	}
	err := p.compare(ctx, policy, j, base)
	exit, ok := errors.AsType[*exitError](err)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
	case ok && exit.code == exitUsage:
		p.head.Mistakes = append(p.head.Mistakes, report.PolicyLine{Text: err.Error()})
	default:
		p.head.Reason = err.Error()
	}
	return nil
}

// tellHead tells the operator what of the pull request's policy stops the job. Its mistakes were printed as they were found.
func (p *pullRequest) tellHead() {
	for _, line := range p.head.Mistakes {
		if line.At == nil {
			p.app.warn("the policy of this pull request: " + line.Text)
		}
	}
	for _, line := range p.head.Weaker {
		p.app.warn("weaker: " + line.String())
	}
	for _, line := range p.head.Uncompared {
		p.app.warn("could not be compared: " + line.String())
	}
	for _, f := range p.head.Lost {
		p.app.warn("weaker: this decides no more: " + f.Title)
	}
}
