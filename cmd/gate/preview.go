package main

import (
	"context"
	"errors"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/host"
	"github.com/seed-313c021b/gate/policies"
)

// previews makes the dry runs that the policy asks for in the promotion block of an environment, and adds what they say to its
// hosts, sealed as these are. plans and hosts stand side by side. A host that could not be read is not asked again: its
// previews are unknown for the same reason.
func (a *app) previews(ctx context.Context, client *host.Client, p *policies.Policy, environment string, plans []host.Plan, hosts []drift.Host) error {
	e := p.Environment(environment)
	if e == nil {
		return nil
	}
	var asked []host.PreviewPlan
	var at []int
	for i, plan := range plans {
		if plan.ID.Environment != environment {
			continue
		}
		runs := dryRuns(e.Promotion.Previews, plan.ID.Role)
		switch reason, dead := unread(&hosts[i]); {
		case len(runs) == 0:
		case dead:
			for _, run := range runs {
				request := collect.Request{Root: plan.Root, Queries: []collect.Query{run.Query()}}
				hosts[i].Sections = append(hosts[i].Sections, request.Unread(errors.New(reason))...)
			}
			if err := hosts[i].Sort(); err != nil {
				return err
			}
		default:
			asked, at = append(asked, host.PreviewPlan{Plan: plan, Runs: runs}), append(at, i)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	progress := newProgress(a, len(asked))
	answers, err := client.Preview(ctx, asked, progress)
	progress.end()
	if err != nil {
		return err
	}
	for i, sections := range answers {
		if err := addSealed(&hosts[at[i]], sections, plans[at[i]].Seal); err != nil {
			return err
		}
	}
	return nil
}

// dryRuns returns what is to be run on the hosts of a role.
func dryRuns(previews []policies.Preview, role string) []host.DryRun {
	var runs []host.DryRun
	for _, preview := range previews {
		if preview.Selects(role) {
			runs = append(runs, host.DryRun{Preview: preview.Preview, Timeout: preview.Timeout})
		}
	}
	return runs
}

// unread reports whether nothing could be read of a host, and why.
func unread(h *drift.Host) (reason string, dead bool) {
	for _, s := range h.Sections {
		if s.Known() {
			return "", false
		}
		reason = s.Reason
	}
	return reason, true
}

// addSealed adds sections to a host. What they hold is sealed under the host's own names, which the section "os" has.
func addSealed(h *drift.Host, sections []drift.Section, seal func(*drift.Host)) error {
	part := drift.Host{ID: h.ID, Address: h.Address, Taken: h.Taken, Sections: append(sections, h.Collector("os")...)}
	if err := part.Sort(); err != nil {
		return err
	}
	if seal != nil {
		seal(&part)
	}
	h.Sections = append(h.Sections, part.Collector("preview")...)
	return h.Sort()
}
