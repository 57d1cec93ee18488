package github

import (
	"context"

	gogithub "github.com/google/go-github/v60/github"
)

// How far back anchors are looked for. The ledger is a chain: what has its last head has all before.
const (
	anchorDeployments = 100
	anchorStatuses    = 10 // of so many deployments
)

// Anchor is a head of the ledger that one of gate's deployments names.
type Anchor struct {
	Deployment   int64  // its id
	Ledger, Head string // ids of events: of the first, and of the last that there was then
}

// Anchors returns the heads of the ledger that a repository's latest deployments name, the latest first. Whoever may write
// deployments can remove them, and forge others: that there is none proves nothing.
func (c *Client) Anchors(ctx context.Context, r Repository) ([]Anchor, error) {
	var anchors []Anchor
	err := c.persist(ctx, func(ctx context.Context) (err error) {
		anchors, err = c.anchors(ctx, r)
		return err
	})
	return anchors, err
}

func (c *Client) anchors(ctx context.Context, r Repository) ([]Anchor, error) {
	doing := "list the deployments of " + r.String()
	found, resp, err := c.api().Repositories.ListDeployments(ctx, r.Owner, r.Name, &gogithub.DeploymentsListOptions{Task: task, ListOptions: gogithub.ListOptions{PerPage: anchorDeployments}})
	switch {
	case err != nil:
		return nil, c.failed(ctx, doing, resp, err)
	case found == nil:
		return nil, c.empty(doing, resp)
	}
	var anchors []Anchor
	asked := 0
	for _, d := range found {
		m, ours := parseMirrored(d.Payload)
		if !ours {
			continue
		}
		if asked++; asked <= anchorStatuses {
			statuses, err := c.statuses(ctx, r, d.GetID())
			if err != nil {
				return nil, meanwhile(err)
			}
			for _, s := range statuses {
				if said := headSaid.FindStringSubmatch(s.GetDescription()); said != nil {
					anchors = append(anchors, Anchor{d.GetID(), m.Ledger, said[1]})
				}
			}
		}
		anchors = append(anchors, Anchor{d.GetID(), m.Ledger, m.Head})
	}
	return anchors, nil
}
