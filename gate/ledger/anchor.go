package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-313c021b/gate/gate"
)

// Anchor is a head of the ledger that is remembered elsewhere than in this user's cache: whoever cuts the ledger off must
// change it there as well.
type Anchor struct {
	ID, Head string // of the first event, and of the last one at that time
	Where    string // what remembers it, as "the deployment 42 of acme/shop"
	Ask      string // the command that tells who has written that
}

// anchor asks once what is remembered elsewhere. That is before the ledger is read: what others record in between cannot be
// missing from it.
func (l *Ledger) anchor(ctx context.Context) {
	if l.anchors != nil && !l.offline {
		l.anchored = l.anchors(ctx)
	}
	l.anchors = nil
}

// Anchored returns how many heads are remembered elsewhere.
func (l *Ledger) Anchored() int {
	heads := map[string]bool{}
	for _, a := range l.anchored {
		heads[a.Head] = true
	}
	return len(heads)
}

// compareAnchors adds what is wrong with a chain by what is remembered of it elsewhere. Where the policy pins a chain, what is
// said of another one says nothing of this one.
func (l *Ledger) compareAnchors(v *view) {
	for _, a := range l.anchored {
		if v.changed() {
			return
		}
		if l.pin != "" && a.ID != l.pin || v.has(a.Head) {
			continue
		}
		next := fmt.Sprintf("see who made that deployment (%s): a forged one has to go; if it is genuine, %s", a.Ask, l.restore(a.Head))
		f := gate.Flaw{Code: rewritten, Next: next}
		switch {
		case v.head() == "":
			f.Code, f.Text = missing, fmt.Sprintf("there is no ledger, and %s says that its last event was %s", a.Where, gate.Short(a.Head))
			f.Next += "; if a new one is meant to begin, do that without GITHUB_TOKEN, and pin its id in the policy"
		case v.history.ID != a.ID:
			f.Text = fmt.Sprintf("another ledger is in its place: it begins with the event %s, and the one that %s names with %s", gate.Short(v.history.ID), a.Where, gate.Short(a.ID))
			f.Next += fmt.Sprintf("; if the new one was meant, pin it in the policy: ledger { id = %q }", v.history.ID)
		default:
			f.Text = fmt.Sprintf("the ledger was cut off or rewritten: the event %s is not in it, and %s names it as the last one", gate.Short(a.Head), a.Where)
		}
		v.history.Flaws = slices.Insert(v.history.Flaws, 0, f)
	}
}
