package main

import (
	"context"
	"fmt"

	"github.com/seed-313c021b/gate/gate/github"
	"github.com/seed-313c021b/gate/gate/ledger"
)

// anchors returns the heads of the ledger that deployments on GitHub name, for those who judge by the ledger or add to it: a
// machine that has never seen the ledger finds by them that it was cut off. Where there is nobody to ask there are none;
// where they cannot be read, a warning says so.
func (p *past) anchors(ctx context.Context) []ledger.Anchor {
	h, r, err := p.mirrors(ctx)
	if !p.anchored || err != nil || h.config.Token == "" {
		return nil
	}
	var found []github.Anchor
	client, err := github.New(h.config)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, hubTime)
		defer cancel()
		found, err = client.Anchors(ctx, r)
	}
	if err != nil {
		if ctx.Err() == nil {
			p.app.warn("whether the ledger was cut off could not be told by GitHub's deployments: " + because(err, "the job needs the permission deployments: read", github.Forbidden).Error())
		}
		return nil
	}
	var anchors []ledger.Anchor
	for _, a := range found {
		anchors = append(anchors, ledger.Anchor{
			ID: a.Ledger, Head: a.Head, Where: fmt.Sprintf("the deployment %d of %s", a.Deployment, r), Ask: fmt.Sprintf("gh api repos/%s/deployments/%d", r, a.Deployment)})
	}
	return anchors
}
