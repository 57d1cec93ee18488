package ledger

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
)

// refsOf returns the ids of the snapshots of a repository.
func refsOf(t *testing.T, g *git) []string {
	t.Helper()
	return strings.Fields(mustRun(t, g, "for-each-ref", "--format=%(refname:lstrip=4)", snapshotsUnder))
}

// Old snapshots go, here and on the remote; those that are needed, the younger ones, and all events stay.
func TestPrune(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := &seen{site: newSite(t)}
	remote := s.share()
	for n := range 6 {
		s.see(file("/a", "k", fmt.Sprint(n)))
	}
	other := s.clone()
	other.now = s.now
	for _, id := range s.ids[:4] {
		other.snapshotOf(id)
	}
	events := len(s.sound().Events)
	needed := map[string]bool{s.ids[1]: true}
	want := slices.Sorted(slices.Values([]string{s.ids[1], s.ids[3], s.ids[4], s.ids[5]}))

	n, err := s.open().Prune(t.Context(), s.sound(), needed, s.at[3])
	if err != nil || n != 2 {
		t.Errorf("got %d, %v, want 2", n, err)
	}
	for name, g := range map[string]*git{"here": s.git, "on the remote": remote} {
		if diff := cmp.Diff(refsOf(t, g), want); diff != "" {
			t.Errorf("%s: got - want +\n%s", name, diff)
		}
	}
	if got := len(s.sound().Events); got != events {
		t.Errorf("got %d events, want %d", got, events)
	}
	if flaws, err := s.open().VerifySnapshots(t.Context(), s.sound()); err != nil || len(flaws) > 0 {
		t.Errorf("verify: got %v, %v", flaws, err)
	}
	if _, err := s.record().Snapshot(s.ids[0]); err == nil || !strings.Contains(err.Error(), errPruned.Error()) {
		t.Errorf("got %v, want %v", err, errPruned)
	}
	s.snapshotOf(s.ids[1])

	// A repository that has what the remote has no more.
	if n, err := other.open().Prune(t.Context(), other.sound(), needed, s.at[3]); err != nil || n != 2 {
		t.Errorf("elsewhere: got %d, %v, want 2", n, err)
	}
	if diff := cmp.Diff(refsOf(t, other.git), slices.Sorted(slices.Values([]string{s.ids[1], s.ids[3]}))); diff != "" {
		t.Errorf("elsewhere: got - want +\n%s", diff)
	}
	// One that has not all that the remote has.
	third := s.clone()
	third.now = s.now
	if n, err := third.open().Prune(t.Context(), third.sound(), nil, s.at[4]); err != nil || n != 2 {
		t.Errorf("a new clone: got %d, %v, want 2", n, err)
	}
	if diff := cmp.Diff(refsOf(t, remote), slices.Sorted(slices.Values(s.ids[4:]))); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	if n, err := s.open().Prune(t.Context(), s.sound(), nil, s.at[4]); err != nil || n != 2 {
		t.Errorf("after another one: got %d, %v, want 2", n, err)
	}
}

// What was kept and is not named yet goes when it is old. What others have pushed and not named yet stays.
func TestPruneUnnamed(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	keep := func(taken time.Time) string {
		t.Helper()
		h := host("production", "a", file("/a", "k", "v"))
		h.Taken = taken
		id, err := s.open().Keep(t.Context(), snapshot("production", h), policyDigest)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	old, young := keep(noon.Add(-48*time.Hour)), keep(noon)
	theirs := mustRun(t, s.git, "rev-parse", snapshotRef("production", old))
	mustRun(t, s.git, "push", "-q", "origin", theirs+":"+snapshotRef("production", strings.Repeat("1", 40)))
	s.append(note("one"))
	if n, err := s.open().Prune(t.Context(), s.sound(), nil, noon.Add(-24*time.Hour)); err != nil || n != 1 {
		t.Errorf("got %d, %v, want 1", n, err)
	}
	if diff := cmp.Diff(refsOf(t, s.git), []string{young}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	if got := len(refsOf(t, remote)); got != 1 {
		t.Errorf("the remote has %d, want 1", got)
	}
}

// Where the ledger is not what it should be, or the remote is away, nothing is removed.
func TestPruneRefuses(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	id := s.keep(snapshot("production", host("production", "a", file("/a", "k", "v"))))
	l, h := s.open(), s.sound()
	flawed := *h
	flawed.Flaws = []gate.Flaw{{Code: rewritten, Text: "it was rewritten"}}
	if n, err := l.Prune(t.Context(), &flawed, nil, noon.Add(time.Hour)); err == nil || n != 0 {
		t.Errorf("a flaw: got %d, %v", n, err)
	}
	takeAway(t, remote)
	if n, err := l.Prune(t.Context(), h, nil, noon.Add(time.Hour)); err == nil || n != 0 {
		t.Errorf("the remote is away: got %d, %v", n, err)
	}
	if diff := cmp.Diff(refsOf(t, s.git), []string{id}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
}
