package gate_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
)

// pruned is a world's record, of which only what is needed is kept.
type pruned struct {
	*world
	needed map[string]bool
}

func (p pruned) Snapshot(id string) (*drift.Snapshot, error) {
	if !p.needed[id] {
		return nil, errors.New("the snapshot is not kept any more")
	}
	return p.world.Snapshot(id)
}

// needed says which events have a snapshot of an environment that is needed, by their place in the history.
func (w *world) needed(environment string) []int {
	needed := gate.Needed(w.history, w.policy, w.now)
	var list []int
	for i, e := range w.history.Events {
		if needed[e.Snapshots[environment]] {
			list = append(list, i)
		}
	}
	return list
}

// promotable returns the commits that were deployed to staging since production's own was.
func (w *world) promotable() []string {
	var list []string
	now := ""
	for _, e := range w.history.Events {
		if e.Kind == gate.Deployed && e.Environment == "production" {
			now = name(e.Contents[0].Commit)
		}
	}
	for _, e := range w.history.Events {
		if e.Kind != gate.Deployed || e.Environment != "staging" {
			continue
		}
		if commit := name(e.Contents[0].Commit); commit == now {
			list = nil
		} else if !slices.Contains(list, commit) {
			list = append(list, commit)
		}
	}
	return list
}

// Contents come and go, and each day is observed: what is needed does not grow with that.
func TestNeeded(t *testing.T) {
	w := newWorld(t, `evidence_max_age = "14d"`)
	most := 0
	for n := range 40 {
		commit := fmt.Sprintf("c%d", n+1)
		w.commit(commit, fmt.Sprintf("c%d", n))
		w.prove(commit, commit)
		w.wait(time.Hour)
		w.deploy("production", commit, commit)
		for range 5 {
			w.wait(24 * time.Hour)
			w.observe("staging")
			w.observe("production")
		}
		if needed := len(w.needed("production")); n < 3 {
			most = max(most, needed)
		} else if needed > most {
			t.Fatalf("after %d deployments: %d snapshots are needed, %d were after 3", n+1, needed, most)
		}
	}
	if got := gate.Needed(w.history, w.policy, w.now); len(got) == 0 {
		t.Error("nothing is needed")
	}
}

func TestNeededEach(t *testing.T) {
	w := newWorld(t, `evidence_max_age = "14d"
    settle = "36h"`)
	is := func(what string, index int, want bool) {
		t.Helper()
		if got := slices.Contains(w.needed("staging"), index); got != want {
			t.Errorf("%s: needed %t, want %t", what, got, want)
		}
	}
	last := func() int { return len(w.history.Events) - 1 }
	for n, commit := range []string{"c1", "c2", "c3"} {
		w.commit(commit, fmt.Sprintf("c%d", n))
		w.prove(commit, commit)
	}
	w.wait(3 * 24 * time.Hour)
	is("the end of the stay of what production has", 6, true)
	queued := slices.IndexFunc(w.history.Events, func(e gate.Event) bool { return e.Kind == gate.Verified && e.Contents[0].ID == "content c1" })
	is("the verification of what may be promoted", queued, true)
	w.observe("staging")
	w.observe("staging")
	between := last() - 1
	w.wait(time.Hour)
	w.observe("staging")
	is("an observation within settle", between, true)
	w.wait(48 * time.Hour)
	w.observe("staging")
	w.wait(time.Hour)
	w.observe("staging")
	is("an observation before settle", between, false)
	is("the last observation", last(), true)
	begun := w.event(gate.Event{Kind: gate.Deploying, Environment: "production", Outcome: gate.Pass}, "c3")
	running := last()
	w.wait(24 * time.Hour)
	for range 9 {
		w.observe("staging")
		w.wait(24 * time.Hour)
	}
	is("what a running deployment began with", running, true)
	w.event(gate.Event{Kind: gate.Failed, Environment: "production", Of: begun.ID}, "c3")
	w.wait(24 * time.Hour)
	w.observe("staging")
	w.wait(24 * time.Hour)
	w.observe("staging")
	is("what a deployment that failed began with", running, false)
	w.wait(15 * 24 * time.Hour)
	w.observe("staging")
	is("the verification of what is too old to be promoted", queued, false)
	forged := w.event(gate.Event{Kind: gate.Observed, Environment: "staging"}, "")
	w.history.Events[last()].Invalid = "it is forged"
	if gate.Needed(w.history, w.policy, w.now)[forged.Snapshots["staging"]] {
		t.Error("a snapshot of an event that does not count is needed")
	}
}

// Whatever has happened, a check decides the same with what is needed as with all that was ever recorded.
func TestNeededIsEnough(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 7))
		w := newWorld(t, `evidence_max_age = "14d"`)
		commits := []string{"c0"}
		for range 25 {
			switch commit := commits[len(commits)-1-r.IntN(min(2, len(commits)))]; r.IntN(7) {
			case 0, 1:
				next := fmt.Sprintf("c%d", len(commits))
				w.commit(next, commits[len(commits)-1])
				commits = append(commits, next)
				w.prove(next, fmt.Sprint("log ", next))
			case 2:
				w.deploy("production", commit, fmt.Sprint("log ", commit))
			case 3:
				w.deploy("staging", commit, fmt.Sprint("log ", commit))
			case 4:
				w.verify(commit)
			case 5:
				w.set("production/*", `deb["openssl"].version`, text(fmt.Sprint(r.IntN(3))))
				w.observe("production")
			case 6:
				w.event(gate.Event{Kind: gate.Deploying, Environment: "production", Outcome: gate.Pass}, commit)
			}
			w.wait(time.Duration(r.IntN(30)) * time.Hour)
			record := pruned{w, gate.Needed(w.history, w.policy, w.now)}
			for _, candidate := range append(w.promotable(), "") {
				all := w.check(candidate)
				some := w.check(candidate, func(in *gate.Input) { in.Record = record })
				if diff := cmp.Diff(details(some), details(all)); diff != "" {
					t.Fatalf("seed %d, %d events, candidate %q: with %d of %d snapshots (- only then, + with all)\n%s", seed, len(w.history.Events), candidate, len(record.needed), len(w.kept), diff)
				}
			}
		}
	}
}
