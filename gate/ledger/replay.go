package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-313c021b/gate/gate"
)

// Push brings the events and snapshots there that only this repository has. A ledger without a remote has nothing to push.
func (l *Ledger) Push(ctx context.Context) error { return l.Fetch(ctx) }

// sync reads the remote's ledger, brings it the events that were recorded here while it was not asked, and lets this
// repository's branch follow.
func (l *Ledger) sync(ctx context.Context) (view, error) {
	var v view
	err := l.persist(ctx, func() (err error) {
		v, err = l.syncOnce(ctx)
		return err
	})
	return v, err
}

func (l *Ledger) syncOnce(ctx context.Context) (view, error) {
	seen, err := l.seen.load() // before the remote is asked: what others append meanwhile is no rewriting
	if err != nil {
		return view{}, err
	}
	ours, err := l.resolve(ctx, branch)
	if err != nil {
		return view{}, err
	}
	v, err := l.fetch(ctx, seen)
	if err != nil {
		return view{}, err
	}
	if err := l.compareTracking(ctx, &v); err != nil {
		return view{}, err
	}
	l.compareAnchors(&v)
	if ours != "" && !v.has(ours) && !v.changed() {
		if v, err = l.replay(ctx, v, ours, seen); err != nil {
			return view{}, err
		}
	}
	if err := l.follow(ctx, &v); err != nil {
		return view{}, err
	}
	return v, l.seen.store(&v)
}

// compareTracking does for the head that this repository knows of the remote what compare does for the one that the user
// has seen: a machine that has forgotten the one may have the other.
func (l *Ledger) compareTracking(ctx context.Context, v *view) error {
	head, err := l.resolve(ctx, tracking)
	if err != nil || head == "" || v.changed() || v.has(head) {
		return err
	}
	root, err := l.git.run(ctx, "rev-list", "--max-parents=0", head, "--")
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	l.compare(v, mark{ID: root, Head: head})
	return nil
}

// replay brings the remote the events that only this repository has, and returns the chain that it has then. Events that
// do not count stay here, and are a flaw.
func (l *Ledger) replay(ctx context.Context, theirs view, head string, seen sight) (view, error) {
	ours, err := l.read(ctx, head, seen)
	if err != nil {
		return view{}, err
	}
	var events []gate.Event
	for _, e := range ours.history.Events {
		if _, known := theirs.judged.find(e.Key); known || e.Kind == gate.Opened || theirs.has(e.ID) {
			continue
		}
		events = append(events, e)
	}
	if len(ours.history.Flaws) > 0 && len(events) > 0 {
		theirs.history.Flaws = append(theirs.history.Flaws, gate.Flaw{
			Code: broken, Event: events[0].ID, Text: fmt.Sprintf("%d events that only this repository has are not pushed: %s", len(events), ours.history.Flaws[0].Text),
			Next: "if nobody needs them: git branch -D gate-ledger",
		})
		return theirs, nil
	}
	if len(events) == 0 {
		return theirs, nil
	}
	next := ours
	if theirs.head() != "" && !ours.has(theirs.head()) {
		if next, err = l.rebuild(ctx, theirs, events); err != nil {
			return view{}, err
		}
	}
	next.history.Fetched = theirs.history.Fetched
	if err := l.pushSnapshots(ctx, events); err != nil {
		return view{}, err
	}
	return next, l.publish(ctx, &next)
}

// pushSnapshots brings the remote the snapshots that events name, as far as they are here.
func (l *Ledger) pushSnapshots(ctx context.Context, events []gate.Event) error {
	refs, err := l.snapshotRefs(ctx, events)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(refs, 100) {
		refspecs := make([]string, len(some))
		for i, ref := range some {
			refspecs[i] = ref + ":" + ref
		}
		if err := l.push(ctx, refspecs...); err != nil && !errors.Is(err, errMoved) { // a snapshot is the same wherever it is
			return err
		}
	}
	return nil
}

// rebuild records events again, on top of a chain. Those that they are about may have got other ids by that. An event that
// is much older than the one it follows gets the time of now: then nobody can make evidence older than it is. What the
// hosts showed then cannot be said of now, so that it is left out.
func (l *Ledger) rebuild(ctx context.Context, v view, events []gate.Event) (view, error) {
	renamed := map[string]string{}
	for _, e := range events {
		old := e.ID
		if id, ok := renamed[e.Of]; ok {
			e.Of = id
		}
		if last := v.history.Events[len(v.history.Events)-1]; e.At.Before(last.At.Add(-clockSkew)) {
			e.At, e.Seen = l.now(), nil
		}
		a, err := l.appending(ctx, e)
		if err != nil {
			return view{}, err
		}
		next, err := a.extend(ctx, &v)
		if err != nil {
			return view{}, err
		}
		v = next
		renamed[old] = v.head()
	}
	return v, nil
}
