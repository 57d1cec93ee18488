package ledger

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
)

// anchored returns what is told of the ledger in a clone that has never seen it, where somebody remembers heads of it.
func (s *site) anchored(anchors ...Anchor) (*Ledger, *gate.History) {
	s.Helper()
	o := s.clone().options()
	o.Anchors = func(context.Context) []Anchor { return anchors }
	l, err := Open(s.Context(), o)
	if err != nil {
		s.Fatal(err)
	}
	h, err := l.History(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return l, h
}

// A chain that was cut off, replaced or removed where nobody here has seen it before is found by who remembers its head.
func TestAnchors(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	one, two := s.append(note("one")), s.append(note("two"))
	whole := s.sound()
	first := Anchor{ID: whole.ID, Head: one.ID, Where: "the deployment 41 of acme/shop", Ask: "gh api repos/acme/shop/deployments/41"}
	last := Anchor{ID: whole.ID, Head: two.ID, Where: "the deployment 42 of acme/shop", Ask: "gh api repos/acme/shop/deployments/42"}
	other := Anchor{ID: strings.Repeat("1", 40), Head: strings.Repeat("2", 40), Where: "the deployment 43 of acme/shop", Ask: "gh api repos/acme/shop/deployments/43"}
	cut := func() { mustRun(t, remote, "update-ref", branch, one.ID) }
	steps := []struct {
		name    string
		do      func()
		anchors []Anchor
		pinned  bool
		want    []string
		says    string
	}{
		{name: "whole", anchors: []Anchor{last, first}},
		{name: "of another ledger", anchors: []Anchor{other}, want: []string{rewritten}, says: "another ledger is in its place: it begins with the event " + gate.Short(whole.ID) + ", and the one that the deployment 43 of acme/shop names with 1111111"},
		{name: "of another ledger than the one that is pinned", pinned: true, anchors: []Anchor{other, last}},
		{name: "cut off, and nobody remembers", do: cut},
		{name: "cut off before what is remembered", anchors: []Anchor{first}},
		{name: "cut off", anchors: []Anchor{last, first}, want: []string{rewritten},
			says: "the ledger was cut off or rewritten: the event " + gate.Short(two.ID) + " is not in it, and the deployment 42 of acme/shop names it as the last one"},
		{name: "cut off, and pinned", pinned: true, anchors: []Anchor{last}, want: []string{rewritten}, says: "cut off"},
		{name: "removed", do: func() { mustRun(t, remote, "update-ref", "-d", branch) }, anchors: []Anchor{last}, want: []string{missing},
			says: "there is no ledger, and the deployment 42 of acme/shop says that its last event was " + gate.Short(two.ID)},
		{name: "removed, and nobody remembers"},
	}
	for _, tt := range steps {
		if tt.do != nil {
			tt.do()
		}
		if s.policy.Ledger.ID = ""; tt.pinned {
			s.policy.Ledger.ID = whole.ID
		}
		l, h := s.anchored(tt.anchors...)
		if diff := cmp.Diff(tt.want, codes(h)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
			continue
		}
		if len(tt.want) == 0 {
			continue
		}
		if f := h.Flaws[0]; !strings.Contains(f.Text, tt.says) || !strings.Contains(f.Next, "gh api repos/acme/shop/deployments/4") || !strings.Contains(f.Next, "gate-ledger") {
			t.Errorf("%s: got %q, %q", tt.name, f.Text, f.Next)
		}
		if _, err := l.Append(t.Context(), note("three"), nil); err == nil || !strings.Contains(err.Error(), "nothing is added to it") {
			t.Errorf("%s: got %v of an event that is added to it", tt.name, err)
		}
	}
}

// Events that others record after it was asked are no contradiction; and it is asked once, and not at all offline.
func TestAnchorsAreAskedFirst(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	s.share()
	s.append(note("one"))
	for _, offline := range []bool{false, true} {
		asked := 0
		o := s.clone().options()
		o.Offline = offline
		o.Anchors = func(context.Context) []Anchor {
			asked++
			return []Anchor{{ID: s.history().ID, Head: s.append(note("meanwhile")).ID}}
		}
		l, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if h, err := l.History(t.Context()); err != nil || len(h.Flaws) > 0 {
				t.Errorf("offline %t: got %v, %v", offline, h.Flaws, err)
			}
		}
		if want := 1; (asked == want) == offline {
			t.Errorf("offline %t: it was asked %d times", offline, asked)
		}
	}
}

// A ledger in a bare repository is compared as well.
func TestAnchorsOfBare(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.append(note("one"))
	two := s.append(note("two"))
	id := s.sound().ID
	mustRun(t, s.git, "update-ref", branch, two.ID+"^")
	s.cache = t.TempDir()
	o := s.options()
	o.Anchors = func(context.Context) []Anchor { return []Anchor{{ID: id, Head: two.ID}} }
	l, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	h, err := l.History(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{rewritten}, codes(h)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
