package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/report"
	"github.com/spf13/cobra"
)

func (a *app) beginCommand() *cobra.Command {
	q := question{kept: true}
	cmd := &cobra.Command{
		Use:   "begin --to ENV --revision R",
		Short: "Check, and record that a deployment begins",
		Long: `begin checks a promotion as gate check does, on the hosts as they are now. When it passes,
the ledger says from then on that this deployment is under way, one at a time: a hold, another
deployment or a failure that comes in between is seen before it is recorded.

It is the first half of gate deploy, for pipelines whose deployment is a step of its own. The
other half is gate record: deployed, or failed, or --status with the status of the job. After a
begin that was refused, gate record of the same CI run records nothing. In a workflow of GitHub
later steps find the commit in GATE_REVISION.

Exit codes are those of gate check.`,
		Example: `  gate begin --to production --revision v1.4.2
  ./deploy production v1.4.2
  gate record deployed --to production --revision v1.4.2`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := a.begin(cmd.Context(), &q)
			if err != nil {
				return err
			}
			return a.exportRevision(b.answer.input.Candidate.Commit)
		},
	}
	a.deploymentFlags(cmd, &q)
	return cmd
}

// exportRevision leaves the commit that was let in as GATE_REVISION for the steps of a workflow that deploy it: what its
// name means in the working tree by then does not count.
func (a *app) exportRevision(commit string) error {
	file := a.getenv("GITHUB_ENV")
	if a.getenv("GITHUB_ACTIONS") != "true" || file == "" {
		return nil
	}
	if err := appendTo(file, []byte("GATE_REVISION="+commit+"\n")); err != nil {
		return usage("cannot leave the commit for the steps that deploy it: %v", err)
	}
	return nil
}

// deploymentFlags are those of a subcommand that begins a deployment.
func (a *app) deploymentFlags(cmd *cobra.Command, q *question) {
	a.policyFlag(cmd)
	a.toFlag(cmd, "the environment to deploy to")
	a.candidateFlags(cmd, q)
	cmd.Flags().IntVar(&a.flags.parallel, "parallel", 32, "how many hosts are read at a time")
	cmd.Flags().BoolVar(&a.flags.quiet, "quiet", false, "no progress on standard error")
	a.reportFlags(cmd, "text", "json", "markdown", "sarif")
	a.githubFlag(cmd, "annotations", "deployments", "outputs", "summary")
	a.ledgerFlags(cmd)
}

// begun is a deployment that was let in.
type begun struct {
	judge  *judge
	answer *answer
	event  gate.Event
}

// begin checks whether a revision may be deployed, records the begin, and reports. The error is that of a check that does
// not let it in.
func (a *app) begin(ctx context.Context, q *question) (*begun, error) {
	format, err := report.Named(a.flags.format)
	if err != nil {
		return nil, usage("--format: %v", err)
	}
	if err := a.githubFits(); err != nil {
		return nil, err
	}
	if q.revision == "" {
		return nil, usage("--revision is missing: what is to be deployed?")
	}
	b, err := a.judgeAndEnter(ctx, q)
	if err != nil {
		return nil, a.unjudged(ctx, a.flags.policy, "", err)
	}
	a.keepResult(b.answer)
	if err := a.report(ctx, b.answer, format); err != nil {
		return nil, err
	}
	a.tell("recorded: %s, event %s", b.event.String(), gate.Short(b.event.ID))
	return b, nil
}

func (a *app) judgeAndEnter(ctx context.Context, q *question) (*begun, error) {
	j, err := a.newJudge(ctx, q)
	if err != nil {
		return nil, err
	}
	answer, err := j.answer(ctx)
	if err != nil {
		return nil, err
	}
	b := &begun{judge: j, answer: answer}
	return b, b.enter(ctx)
}

// refusal is the answer of a check that a change of the ledger has made necessary, and that does not let the deployment in.
type refusal struct{ answer *answer }

func (r *refusal) Error() string {
	return "the ledger has changed, and the check does not pass any more"
}

// enter records that the deployment begins, if the check lets it in as the ledger is then; else that it was refused.
func (b *begun) enter(ctx context.Context) error {
	if err := b.ended(); err != nil {
		return err
	}
	p := b.judge.past
	kept, err := p.keep(ctx, b.answer.input.Snapshots)
	if err != nil {
		return err
	}
	if exitCode(b.answer.verdict) == exitPass {
		b.event, err = p.append(ctx, b.judge.event(gate.Deploying, b.answer, kept), func(h *gate.History) error {
			if h.Head == b.answer.input.History.Head {
				return nil
			}
			anew, err := b.judge.again(ctx, b.answer, h)
			if err != nil {
				return err
			}
			if exitCode(anew.verdict) != exitPass {
				return &refusal{anew}
			}
			b.answer = anew
			return nil
		})
		refused, ok := errors.AsType[*refusal](err)
		if !ok {
			return err
		}
		b.answer = refused.answer
	}
	refused := b.judge.decided(b.answer, kept)
	refused.Name = begins
	_, err = p.append(ctx, refused, nil)
	return err
}

// begins is the name of the verdict by which a begin was refused.
const begins = "begin"

// ended returns an error where this CI run has begun and ended this deployment already: what it records now would be taken
// for what it has recorded then.
func (b *begun) ended() error {
	in := b.answer.input
	if in.Run == "" {
		return nil
	}
	running := gate.Running(in.History, in.To)
	for _, e := range in.History.In(in.To) {
		if e.Kind != gate.Deploying || e.Run != in.Run || !gate.SameContents(e.Contents, in.Candidate.Contents) || among(running, e) {
			continue
		}
		return &exitError{code: exitUsage,
			err:  fmt.Errorf("this CI run (%s) has deployed %s to %s already: event %s", in.Run, named(e.Contents), in.To, gate.Short(e.ID)),
			hint: "start another run; GATE_RUN, where it is set, must be another one for each"}
	}
	return nil
}

func among(events []gate.Event, e gate.Event) bool {
	for _, other := range events {
		if other.ID == e.ID {
			return true
		}
	}
	return false
}
