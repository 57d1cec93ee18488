package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/github"
)

// shownAs is what GitHub calls the events that are shown among its deployments.
var shownAs = map[gate.Kind]string{gate.Deploying: "in_progress", gate.Deployed: "success", gate.Failed: "failure"}

// mirror shows an event of the ledger among the deployments on GitHub, where --github asks for that. The ledger has it: what
// cannot be shown is a warning, and one is enough where the next event could not be shown either.
func (p *past) mirror(ctx context.Context, e gate.Event) {
	state, ok := shownAs[e.Kind]
	if !ok || p.app.unmirrored || !p.app.reportsTo("deployments") {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, hubTime)
	defer cancel()
	err := p.show(ctx, e, state)
	if err == nil {
		return
	}
	_, asked := errors.AsType[*github.Error](err)
	p.app.unmirrored = !asked || github.Is(err, github.Forbidden, github.Unauthorized, github.NotFound)
	p.app.warn("--github deployments: " + because(err, "the job needs the permission deployments: write", github.Forbidden).Error())
}

// show shows an event as a deployment of each commit that its contents are of.
func (p *past) show(ctx context.Context, e gate.Event, state string) error {
	h, r, err := p.mirrors(ctx)
	if err != nil {
		return err
	}
	client, err := github.New(h.config)
	if err != nil {
		return err
	}
	history := p.ledger.Last()
	d := github.Deployed{Event: e.ID, Ledger: history.ID, Environment: e.Environment, State: state}
	if strings.HasPrefix(e.Run, "https://") || strings.HasPrefix(e.Run, "http://") {
		d.Run = e.Run
	}
	for of, ok := history.Event(e.Of); ok; of, ok = history.Event(of.Of) {
		d.Of = append(d.Of, of.ID)
	}
	var commits []string
	for _, c := range e.Contents {
		if !slices.Contains(commits, c.Commit) {
			commits = append(commits, c.Commit)
		}
	}
	for _, d.Commit = range commits {
		if err := client.ShowDeployment(ctx, r, d); err != nil {
			return err
		}
	}
	return nil
}
