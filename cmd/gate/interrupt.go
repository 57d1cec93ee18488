package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// grace is how long a command may take to end by itself after a signal. Then the program ends without it: what only computes,
// or waits for a file, does not look at signals. With the process its connections end, and so does what it runs on hosts.
const grace = 700 * time.Millisecond

// tellTime is how long the last line may take to be written: whoever should read it may be gone.
const tellTime = 100 * time.Millisecond

// lifetime is what is known of a run by whoever is to end it, while another goroutine is at work on it.
type lifetime struct {
	mutex     sync.Mutex
	over      bool         // the program ends: nothing begins any more that would have to be finished
	must      []*finishing // what has begun and must be finished, the last to begin last
	recorded  gate.Event   // the last event that was added to the ledger
	temporary string       // a folder that goes when the program ends
	told      sync.Once    // that the run was interrupted
}

// finishing is something that is finished although the program is to end: an event that is being recorded, or a deployment's
// command, whose end must be recorded.
type finishing struct {
	what string        // for people; empty where it says so itself
	done chan struct{} // closed when it is finished
}

// finish begins something that will be finished whatever signals come, unless the program has come to its end. done must be
// called when it is.
func (l *lifetime) finish(what string) (done func(), ok bool) {
	if l == nil {
		return func() {}, true
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.over {
		return nil, false
	}
	f := &finishing{what, make(chan struct{})}
	l.must = append(l.must, f)
	return sync.OnceFunc(func() {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		l.must = slices.DeleteFunc(l.must, func(other *finishing) bool { return other == f })
		close(f.done)
	}), true
}

// last returns what must be finished now, nil for nothing.
func (l *lifetime) last() *finishing {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if len(l.must) == 0 {
		return nil
	}
	return l.must[len(l.must)-1]
}

// close reports whether the program can end. If so nothing begins any more that would have to be finished.
func (l *lifetime) close() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.over = len(l.must) == 0
	return l.over
}

func (l *lifetime) record(event gate.Event) {
	if l != nil {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		l.recorded = event
	}
}

// folder returns the folder for what must not outlive the run; it is made by the first to ask.
func (l *lifetime) folder() (string, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var err error
	if l.temporary == "" {
		l.temporary, err = os.MkdirTemp("", "gate-")
	}
	return l.temporary, err
}

// clean removes the folder.
func (l *lifetime) clean() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.temporary != "" {
		_ = os.RemoveAll(l.temporary)
	}
}

// left says what an interrupted run has left in the ledger.
func (l *lifetime) left() string {
	l.mutex.Lock()
	event := l.recorded
	l.mutex.Unlock()
	if event.ID == "" {
		return "nothing was decided"
	}
	text := fmt.Sprintf("on record is: %s, event %s", event.String(), gate.Short(event.ID))
	if event.Kind == gate.Deploying {
		text += fmt.Sprintf("\n  to end it: gate record failed --to %s --of %s", event.Environment, gate.Short(event.ID))
	}
	return harmless(text)
}

// interrupted says, once, that the run was interrupted.
func (a *app) interrupted() int {
	a.lifetime.told.Do(func() { fmt.Fprintln(a.err, "gate: interrupted; "+a.lifetime.left()) })
	return exitInterrupted
}

// runInTime runs one command line and returns the exit code. When ctx ends it gives the command its grace, and ends without
// it; but what must be finished is waited for, and that is said.
func (a *app) runInTime(ctx context.Context, args []string) int {
	a.lifetime = &lifetime{}
	ended := make(chan int, 1)
	go func() { ended <- a.run(ctx, args) }()
	select {
	case code := <-ended:
		return code
	case <-ctx.Done():
	}
	for {
		if f := a.lifetime.last(); f != nil {
			if f.what != "" {
				fmt.Fprintln(a.err, "gate: interrupted; "+harmless(f.what))
			}
			select {
			case code := <-ended:
				return code
			case <-f.done:
			}
			continue
		}
		select {
		case code := <-ended:
			return code
		case <-time.After(grace):
		}
		if a.lifetime.close() {
			return a.abandon()
		}
	}
}

// abandon ends a run whose command goes on.
func (a *app) abandon() int {
	told := make(chan struct{})
	go func() {
		a.interrupted()
		close(told)
	}()
	select {
	case <-told:
	case <-time.After(tellTime):
	}
	a.lifetime.clean()
	return exitInterrupted
}
