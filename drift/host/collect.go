package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"golang.org/x/sync/errgroup"
)

// Plan is what is to be read from one host.
type Plan struct {
	ID       drift.HostID
	Dest     string // as Exec takes it
	Settings Settings
	Root     string // a folder of the host that stands for "/", or empty
	Queries  []collect.Query
	// Seal, unless nil, is given the host as soon as it is read, at the same time as other hosts are read and sealed.
	Seal func(*drift.Host)
}

// Unread returns the sections of a host that was not read, for a reason.
func (p Plan) Unread(reason error) []drift.Section {
	return collect.Request{Queries: p.Queries}.Unread(reason)
}

// Progress is told of each host as it begins and as it ends.
type Progress interface {
	Began(drift.HostID)
	Ended(drift.HostID, error)
}

// Collect reads hosts, at most parallel of them at a time, and returns them in the order of the plans, each with a
// section for everything that was asked: what could not be read says why. It returns an error only when ctx ends.
func (c *Client) Collect(ctx context.Context, plans []Plan, parallel int, progress Progress) ([]drift.Host, error) {
	hosts := make([]drift.Host, len(plans))
	var group errgroup.Group
	group.SetLimit(max(1, parallel))
	for i, plan := range plans {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			progress.Began(plan.ID)
			var err error
			hosts[i], err = c.collect(ctx, plan)
			if plan.Seal != nil {
				plan.Seal(&hosts[i])
			}
			progress.Ended(plan.ID, err)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return hosts, ctx.Err()
}

// collect reads one host. The error is why the host could not be read to the end; its sections say so too.
func (c *Client) collect(ctx context.Context, plan Plan) (drift.Host, error) {
	host := drift.Host{ID: plan.ID, Address: plan.Dest, Taken: time.Now().UTC()}
	sections, err := c.sections(ctx, plan)
	if sections == nil {
		sections = plan.Unread(withHint(err))
	}
	host.Sections = sections
	if unsorted := host.Sort(); unsorted != nil {
		host.Sections = plan.Unread(unsorted)
		return host, errors.Join(unsorted, host.Sort())
	}
	return host, err
}

// sections returns what the host says, or nil where it could not be asked.
func (c *Client) sections(ctx context.Context, plan Plan) (sections []drift.Section, err error) {
	request := collect.Request{Word: collect.NewWord(), Watch: true, Root: plan.Root, Queries: plan.Queries}
	stdin, err := request.Stdin()
	if err != nil {
		return nil, err
	}
	err = c.Exec(ctx, plan.Dest, plan.Settings, "sh -s", stdin, func(stream io.Reader) (err error) {
		sections, err = request.Read(stream, time.Now)
		return err
	})
	return sections, err
}

// withHint adds what to do about an error to it, for a reader who sees its text alone.
func withHint(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Hint != "" {
		return fmt.Errorf("%w; %s", err, e.Hint)
	}
	return err
}
