package host

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// nothing is a Progress that tells nobody.
type nothing struct{}

func (nothing) Began(drift.HostID)        {}
func (nothing) Ended(drift.HostID, error) {}

// slow is a host among two that gate does not get done with, until it is told to.
type slow struct {
	plans []Plan
	c     *Client
	told  func() // ends what is given up, and waits for it
	began chan struct{}
}

// newSlow makes a site whose second host is never read, or never sealed, to the end.
func newSlow(t *testing.T, where string) *slow {
	t.Helper()
	server := drifttest.Serve(t, &drifttest.SSHD{})
	c, s := reach(t, server)
	c.settle = time.Millisecond
	told, ended := make(chan struct{}), make(chan struct{})
	h := &slow{c: c, began: make(chan struct{}), told: sync.OnceFunc(func() {
		close(told)
		<-ended
	})}
	t.Cleanup(h.told)
	for _, name := range []string{"fast", "slow"} {
		plan := Plan{ID: drift.HostID{Name: name}, Dest: server.Addr(), Settings: s, Queries: []collect.Query{{Collector: "os"}}}
		hang := func() {
			close(h.began)
			<-told
		}
		if name == "fast" {
			plan.Settings.Timeout = time.Minute
		} else if where == "sealing" {
			plan.Seal = func(*drift.Host) {
				hang()
				close(ended)
			}
		} else {
			plan.Root = "/proc/self/root" // told from the other by this
		}
		h.plans = append(h.plans, plan)
	}
	if where == "reading" {
		c.reading = func(ctx context.Context, r collect.Request, stream io.Reader) ([]drift.Section, error) {
			if r.Root == "" {
				return r.Read(ctx, stream, time.Now)
			}
			close(h.began)
			<-told
			defer close(ended)
			return r.Read(ctx, stream, time.Now)
		}
	}
	return h
}

// TestGivenUp has a host that gate does not get done with in its time. It is unknown, and the other host counts.
func TestGivenUp(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, where := range []string{"reading", "sealing"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			h := newSlow(t, where)
			h.plans[1].Settings.Timeout = 3 * time.Second
			hosts, err := h.c.Collect(t.Context(), h.plans, 2, nothing{})
			if err != nil {
				t.Fatal(err)
			}
			if s := hosts[0].Sections; len(s) != 1 || s[0].Status != drift.OK {
				t.Errorf("fast: got %+v", s)
			}
			wantLate := func() {
				t.Helper()
				s := hosts[1].Sections
				if len(s) != 1 || s[0].Status != drift.Failed || !strings.Contains(s[0].Reason, "the whole collection took longer than 3s; gate was still at work on what it printed") || len(s[0].Facts) > 0 {
					t.Errorf("slow: got %+v", s)
				}
			}
			wantLate()
			h.told() // what comes of it now changes nothing
			wantLate()
		})
	}
}

// TestInterruptedWhileAtWork interrupts a run that is at work on what a host has printed.
func TestInterruptedWhileAtWork(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"reading", "sealing"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			h := newSlow(t, where)
			h.c.settle = time.Hour // that is for a host that is late
			h.plans[1].Settings.Timeout = time.Hour
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-h.began
				cancel()
			}()
			if _, err := h.c.Collect(ctx, h.plans, 2, nothing{}); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
}
