package github

import (
	"context"
	"errors"
	"time"
)

// tries is how often a call is tried, and breath how long it waits after the first time where nobody says how long; each
// time twice as long. GitHub asks for a minute after a secondary limit.
const (
	tries         = 5
	breath        = time.Second
	limitedBreath = time.Minute
)

// persist does something that can be done anew from its beginning, until it succeeds, waiting does not help, or would take
// too long.
func (c *Client) persist(ctx context.Context, do func(context.Context) error) error {
	left := c.patience
	for try := range tries {
		err := do(ctx)
		e, ok := errors.AsType[*Error](err)
		if !ok || try == tries-1 || !e.passes() {
			return err
		}
		wait := e.wait(try)
		if wait > left {
			return err
		}
		left -= wait
		if err := c.wait(ctx, wait); err != nil {
			return err
		}
	}
	return nil
}

// passes reports whether waiting helps.
func (e *Error) passes() bool {
	return e.Kind == Limited || e.Kind == Unavailable || e.Kind == Conflict
}

// wait returns how long to wait after a try, counted from 0.
func (e *Error) wait(try int) time.Duration {
	switch {
	case e.After > 0:
		return e.After
	case e.Kind == Limited:
		return limitedBreath << try
	}
	return breath << try
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
