package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// silent is a Progress that keeps what it is told.
type silent struct {
	mu   sync.Mutex
	told []string
}

func (s *silent) Began(id drift.HostID) { s.tell("began " + id.Name) }
func (s *silent) Ended(id drift.HostID, err error) {
	s.tell(fmt.Sprintf("ended %s %t", id.Name, err == nil))
}

func (s *silent) tell(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, line)
}

// lines is a dry run whose output ends with "done".
func lines(name, run string) DryRun {
	return DryRun{Preview: collect.Preview{Name: name, Format: "lines", Run: run, Complete: "done"}, Timeout: 20 * time.Second}
}

// previewPlans returns a plan for each of some hosts, all of them one server.
func previewPlans(s *drifttest.SSHD, settings Settings, runs []DryRun, names ...string) []PreviewPlan {
	var plans []PreviewPlan
	for _, name := range names {
		plans = append(plans, PreviewPlan{Plan: Plan{ID: drift.HostID{Name: name}, Dest: s.Addr(), Settings: settings}, Runs: runs})
	}
	return plans
}

// never fails a test that would wait.
func never(t *testing.T) func(context.Context, time.Duration) {
	return func(context.Context, time.Duration) { t.Error("waited for a tool that was not at work") }
}

// One host at a time, and one dry run: each finds the mark of another one gone.
func TestPreview(t *testing.T) {
	t.Parallel()
	s := drifttest.Serve(t, &drifttest.SSHD{})
	c, settings := reach(t, s)
	mark := filepath.Join(t.TempDir(), "mark")
	run := fmt.Sprintf("mkdir %s || echo together; echo a; rmdir %[1]s; echo done", mark)
	progress := &silent{}
	got, err := c.preview(t.Context(), previewPlans(s, settings, []DryRun{lines("one", run), lines("two", run)}, "x", "y", "z"), progress, never(t))
	if err != nil || len(got) != 3 {
		t.Fatalf("got %v, %v", got, err)
	}
	for _, sections := range got {
		if len(sections) != 2 {
			t.Fatalf("got %+v, want two sections", sections)
		}
		for i, name := range []string{"one", "two"} {
			s := sections[i]
			if s.Scope != name || s.Status != drift.OK || len(s.Facts) != 1 {
				t.Errorf("got %+v, want %s with one item", s, name)
			}
		}
	}
	if got, want := strings.Join(progress.told, ", "), "began x, ended x true, began y, ended y true, began z, ended z true"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	if got := s.Sessions(); got != 6 {
		t.Errorf("%d commands were run, want 6", got)
	}
}

// A host that cannot be reached, and one that ends too early or too late, leave the others alone.
func TestPreviewUnread(t *testing.T) {
	t.Parallel()
	s := drifttest.Serve(t, &drifttest.SSHD{})
	c, settings := reach(t, s)
	plans := previewPlans(s, settings, []DryRun{lines("p", "echo a; echo done")}, "gone", "late", "bad", "well")
	plans[0].Dest = "127.0.0.1:1"
	late := lines("p", "sleep 1000; :")
	late.Timeout = 300 * time.Millisecond
	plans[1].Runs = []DryRun{late}
	plans[2].Runs = []DryRun{lines("p", "echo a\nb")}
	got, err := c.preview(t.Context(), plans, &silent{}, never(t))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []drift.Status{drift.Failed, "", drift.Failed, drift.OK} {
		s := got[i][0]
		if want == "" && s.Known() || want != "" && s.Status != want {
			t.Errorf("%s: got %s: %s, want %s", plans[i].ID.Name, s.Status, s.Reason, want)
		}
		if s.Scope != "p" || !s.Known() && s.Reason == "" {
			t.Errorf("%s: got %+v, want a reason", plans[i].ID.Name, s)
		}
	}
}

// A tool that is at work is asked again, and after two minutes no more.
func TestPreviewBusy(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := drifttest.Serve(t, &drifttest.SSHD{})
	c, settings := reach(t, s)
	for _, free := range []int64{3, 100} {
		lock := filepath.Join(t.TempDir(), "lock")
		if err := os.WriteFile(lock, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		run := DryRun{Preview: collect.Preview{Name: "p", Format: "puppet", Run: fmt.Sprintf(
			"[ ! -e %s ] || { echo 'Notice: Run of Puppet configuration client already in progress; skipping  (/lock exists)'; exit 1; }; echo 'Notice: Applied catalog in 1 seconds'", lock)}}
		var waits atomic.Int64
		wait := func(_ context.Context, d time.Duration) {
			if d != busyWait {
				t.Errorf("waited %s", d)
			}
			if waits.Add(1) == free {
				if err := os.Remove(lock); err != nil {
					t.Error(err)
				}
			}
		}
		got, err := c.preview(t.Context(), previewPlans(s, settings, []DryRun{run}, "x"), &silent{}, wait)
		if err != nil {
			t.Fatal(err)
		}
		section := got[0][0]
		if free == 3 && (section.Status != drift.OK || waits.Load() != 3) {
			t.Errorf("got %+v after %d waits, want it known after 3", section, waits.Load())
		}
		if free == 100 && (!collect.Busy(section) || waits.Load() != int64(busyFor/busyWait)) {
			t.Errorf("got %+v after %d waits, want it at work after %d", section, waits.Load(), busyFor/busyWait)
		}
	}
}

// Whoever interrupts while a tool is at work does not wait for it.
func TestPreviewBusyCancelled(t *testing.T) {
	t.Parallel()
	s := drifttest.Serve(t, &drifttest.SSHD{})
	c, settings := reach(t, s)
	run := DryRun{Preview: collect.Preview{Name: "p", Format: "puppet", Run: "echo 'Notice: Run of x already in progress; skipping'; exit 1"}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got, err := c.preview(ctx, previewPlans(s, settings, []DryRun{run}, "x", "y"), &silent{}, func(context.Context, time.Duration) { cancel() })
	if !errors.Is(err, context.Canceled) || got != nil {
		t.Errorf("got %v, %v, want it cancelled", got, err)
	}
	pause(ctx, time.Hour)
}

// TestPreviewInterrupted interrupts a dry run on a real host: it is back at once, and nothing goes on there, also of what runs
// as root.
func TestPreviewInterrupted(t *testing.T) {
	t.Parallel()
	drifttest.Program(t, "sleep")
	for _, become := range []bool{false, true} {
		t.Run(fmt.Sprintf("become %t", become), func(t *testing.T) {
			t.Parallel()
			m := newSudoMachine(t, "")
			dest := m.user("free", drifttest.Program(t, "bash"), "", nil)
			fifo := m.fifo("srv/fifo")
			run := lines("p", `trap "" HUP INT TERM; echo begun >/srv/fifo; (sleep 1000; :) & sleep 1000; :`)
			run.Become = become
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			go func() {
				_, err := m.client.Preview(ctx, []PreviewPlan{{Plan: Plan{Dest: dest, Settings: m.settings}, Runs: []DryRun{run}}}, &silent{})
				ended <- err
			}()
			if n, err := fifo.Read(make([]byte, 10)); n != len("begun\n") || err != nil {
				cancel()
				t.Fatalf("the command did not begin: %v; %v", err, <-ended)
			}
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want it cancelled", err)
			}
			m.wantIdle()
		})
	}
}
