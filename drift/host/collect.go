package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
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
	return collect.Request{Root: p.Root, Queries: p.Queries}.Unread(reason)
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
			progress.Ended(plan.ID, err)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return hosts, ctx.Err()
}

// settleFor is how long after its time a host may take until what was read of it is there, sealed and in order.
const settleFor = 2 * time.Second

// collect reads one host and seals it. The error is why the host could not be read to the end; its sections say so too. All
// of it counts against the host's time: what a host has printed may keep gate at work for longer than it took to come. A
// host that is not done by then is given up, with what was read of it, and the goroutine that is at work on it is left
// behind: nothing else knows of its result.
func (c *Client) collect(ctx context.Context, plan Plan) (drift.Host, error) {
	type result struct {
		host drift.Host
		err  error
	}
	host := drift.Host{ID: plan.ID, Address: plan.Dest, Taken: time.Now().UTC()}
	limit, cancel := plan.Settings.within(ctx)
	defer cancel()
	done := make(chan result, 1)
	go func(host drift.Host) {
		err := c.fill(limit, plan, &host)
		done <- result{host, err}
	}(host)
	select {
	case r := <-done:
		return r.host, r.err
	case <-limit.Done():
	}
	settled, cancel := context.WithTimeout(ctx, c.settleFor())
	defer cancel()
	select {
	case r := <-done:
		return r.host, r.err
	case <-settled.Done():
	}
	err := fmt.Errorf("%w; gate was still at work on what it printed", context.Cause(limit))
	host.Sections = plan.Unread(err)
	return host, errors.Join(err, host.Sort())
}

// fill reads the sections of a host, until ctx ends, and seals them.
func (c *Client) fill(ctx context.Context, plan Plan, host *drift.Host) error {
	sections, machine, err := c.sections(ctx, plan, plan.Queries)
	if sections == nil {
		sections = plan.Unread(withHint(err))
	}
	host.Sections, host.Machine = sections, machine
	if unsorted := host.Sort(); unsorted != nil {
		host.Sections = plan.Unread(unsorted)
		err = errors.Join(unsorted, host.Sort())
	}
	if plan.Seal != nil {
		plan.Seal(host)
	}
	return err
}

// sections asks a host in one exec, until ctx ends, and returns what it says, nil where it could not be asked, and what is
// known of the machine.
func (c *Client) sections(ctx context.Context, plan Plan, queries []collect.Query) (sections []drift.Section, machine drift.Machine, err error) {
	request := collect.Request{Word: collect.NewWord(), Watch: true, Root: plan.Root, Queries: queries}
	request.Begun = func(head collect.Head) { machine = head.Machine }
	stdin, err := request.Stdin()
	if err != nil {
		return nil, machine, err
	}
	err = c.exec(ctx, plan.Dest, plan.Settings, "sh -s", stdin, func(conn *connection, stream io.Reader) (err error) {
		sections, err = c.read(ctx, request, stream)
		machine.Endpoint, machine.HostKey = conn.endpoint, conn.hostKey
		return err
	})
	if root := path.Clean("/" + plan.Root); machine.Endpoint != "" && root != "/" {
		machine.Endpoint += " root " + root
	}
	return sections, machine, err
}

// withHint adds what to do about an error to it, for a reader who sees its text alone.
func withHint(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Hint != "" {
		return fmt.Errorf("%w; %s", err, e.Hint)
	}
	return err
}
