package host

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
)

const (
	// previewTimeout is for one dry run that says nothing about it: what a configuration manager does takes minutes.
	previewTimeout = 15 * time.Minute
	// busyFor is how long a tool that is at work is asked again, each time after busyWait.
	busyFor, busyWait = 2 * time.Minute, 10 * time.Second
)

// DryRun is a preview with the time that it may take on a host, connecting included; zero for 15 minutes.
type DryRun struct {
	collect.Preview
	Timeout time.Duration
}

// PreviewPlan says which dry runs are to be made on one host.
type PreviewPlan struct {
	Plan // its Queries are not asked again
	Runs []DryRun
}

// Preview makes dry runs, one at a time over all hosts, in the order of the plans: a mistake in one, or the load of it, meets
// one host. It returns the sections of each plan, one for each dry run; what could not be told says why. Each is one Exec,
// bounded in time and bytes, and what it started ends with it, as in Collect. A tool that is at work is asked again for two
// minutes. The error is not nil only when ctx ends.
func (c *Client) Preview(ctx context.Context, plans []PreviewPlan, progress Progress) ([][]drift.Section, error) {
	return c.preview(ctx, plans, progress, pause)
}

func (c *Client) preview(ctx context.Context, plans []PreviewPlan, progress Progress, wait func(context.Context, time.Duration)) ([][]drift.Section, error) {
	answers := make([][]drift.Section, len(plans))
	for i, plan := range plans {
		progress.Began(plan.ID)
		var failed error
		for _, run := range plan.Runs {
			sections, err := c.untilFree(ctx, plan.Plan, run, wait)
			if ctx.Err() != nil {
				progress.Ended(plan.ID, ctx.Err())
				return nil, ctx.Err()
			}
			failed = err
			answers[i] = append(answers[i], sections...)
		}
		progress.Ended(plan.ID, failed)
	}
	return answers, ctx.Err()
}

// untilFree makes one dry run, again while its tool is at work.
func (c *Client) untilFree(ctx context.Context, plan Plan, run DryRun, wait func(context.Context, time.Duration)) ([]drift.Section, error) {
	for waited := time.Duration(0); ; waited += busyWait {
		sections, err := c.dryRun(ctx, plan, run)
		if waited >= busyFor || err != nil || ctx.Err() != nil || !slices.ContainsFunc(sections, collect.Busy) {
			return sections, err
		}
		wait(ctx, busyWait)
	}
}

// dryRun makes one dry run.
func (c *Client) dryRun(ctx context.Context, plan Plan, run DryRun) ([]drift.Section, error) {
	plan.Settings.Timeout = cmp.Or(run.Timeout, previewTimeout)
	ctx, cancel := plan.Settings.within(ctx)
	defer cancel()
	sections, _, err := c.sections(ctx, plan, []collect.Query{run.Query()})
	if sections == nil {
		sections = collect.Request{Root: plan.Root, Queries: []collect.Query{run.Query()}}.Unread(withHint(err))
	}
	return sections, err
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
