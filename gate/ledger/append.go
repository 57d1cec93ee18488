package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

const mostAttempts = 60 // at adding to a ledger to which others add as well

// errMoved says that somebody else has added to the ledger since it was read.
var errMoved = errors.New("somebody else has added to the ledger at the same time")

// Append adds an event to the ledger and returns it as it stands there. Fields that it lacks are filled in: its time, the
// repository, who says so, the CI run and the key. An event of a key that is there already is not added again, as long as
// what it says stands (see gate.History.Stands): that one is returned.
//
// Check, which may be nil, decides on the history that the event will follow, and its error is returned as it is. When
// somebody else adds to the ledger in between, it is asked again, on the history as it is then.
func (l *Ledger) Append(ctx context.Context, e gate.Event, check func(*gate.History) error) (gate.Event, error) {
	if err := l.mayPush(ctx); err != nil {
		return gate.Event{}, err
	}
	a, err := l.appending(ctx, e)
	if err != nil {
		return gate.Event{}, err
	}
	l.anchor(ctx)
	unlock, err := l.lock(ctx)
	if err != nil {
		return gate.Event{}, err
	}
	defer unlock()
	var added gate.Event
	err = l.persist(ctx, func() (err error) {
		added, err = a.attempt(ctx, check)
		return err
	})
	return added, err
}

// persist tries again as long as somebody else was faster, within bounds.
func (l *Ledger) persist(ctx context.Context, attempt func() error) error {
	for n := 1; ; n++ {
		err := attempt()
		switch {
		case !errors.Is(err, errMoved):
			return err
		case n == mostAttempts:
			return fmt.Errorf("ledger: %d attempts to add to it failed: %w", n, err)
		}
		if err := l.pause(ctx, n); err != nil {
			return err
		}
	}
}

// pause waits before the next attempt, longer each time, and not as long as others do.
func (l *Ledger) pause(ctx context.Context, attempt int) error {
	most := min(l.waits.shortest<<min(attempt, 10), l.waits.longest)
	select {
	case <-ctx.Done():
		return fmt.Errorf("ledger: %w", context.Cause(ctx))
	case <-time.After(rand.N(most)):
		return nil
	}
}

// appending is an event on its way into the ledger.
type appending struct {
	l       *Ledger
	event   gate.Event
	keyed   bool // it came with its key
	author  author
	signing signing
}

func (l *Ledger) appending(ctx context.Context, e gate.Event) (*appending, error) {
	who, err := l.author(ctx)
	if err != nil {
		return nil, err
	}
	how, err := l.signing(ctx)
	if err != nil {
		return nil, err
	}
	run, job := runOf(l.getenv)
	e.Repository = l.repository
	e.By = cmp.Or(e.By, who.String())
	e.Run = cmp.Or(e.Run, run)
	if e.At.IsZero() {
		e.At = l.now()
	}
	e.At, e.Until = e.At.UTC().Truncate(time.Second), e.Until.UTC()
	e.Contents, e.Seen = slices.Clone(e.Contents), slices.Clone(e.Seen)
	gate.SortContents(e.Contents)
	gate.SortContents(e.Seen)
	keyed := e.Key != ""
	if !keyed {
		e.Key = keyOf(&e, job)
	}
	return &appending{l: l, event: e, keyed: keyed, author: who, signing: how}, nil
}

// attempt tries once: errMoved says that another attempt is worth it.
func (a *appending) attempt(ctx context.Context, check func(*gate.History) error) (gate.Event, error) {
	v, err := a.l.current(ctx)
	if err != nil {
		return gate.Event{}, err
	}
	known, there := v.judged.find(a.event.Key)
	for there && !a.keyed && !v.history.Stands(known) {
		a.event.Key = repeated(known.Key)
		known, there = v.judged.find(a.event.Key)
	}
	if there {
		return known, nil
	}
	if v.changed() {
		return gate.Event{}, &Error{Err: fmt.Errorf("ledger: nothing is added to it: %s", v.history.Flaws[0].Text), Hint: v.history.Flaws[0].Next}
	}
	if check != nil {
		if err := check(v.history); err != nil {
			return gate.Event{}, err
		}
	}
	next, err := a.extend(ctx, &v)
	if err != nil {
		return gate.Event{}, err
	}
	if err := a.l.advance(ctx, &v, &next); err != nil {
		return gate.Event{}, err
	}
	return next.history.Events[len(next.history.Events)-1], nil
}

// extend makes the commit of the event on top of a chain, and before it the one that opens the chain, if there is none. No
// branch moves. Only what is new is judged: nothing else can follow the view any more.
func (a *appending) extend(ctx context.Context, v *view) (view, error) {
	links := slices.Clip(v.links)
	if len(links) == 0 {
		opened := gate.Event{Kind: gate.Opened, At: a.event.At, By: a.event.By, Repository: a.event.Repository, Run: a.event.Run}
		opened.Key = keyOf(&opened, "")
		first, err := a.commit(ctx, &opened, "")
		if err != nil {
			return view{}, err
		}
		links = append(links, first)
	}
	last, err := a.commit(ctx, &a.event, links[len(links)-1].ID)
	if err != nil {
		return view{}, err
	}
	next := view{links: append(links, last), judged: v.judged, seen: v.seen}
	next.judged.follow(next.links[len(v.links):]...)
	next.history = a.l.history(next.judged)
	next.history.Fetched, next.history.Offline = v.history.Fetched, v.history.Offline
	if made := next.history.Events[len(next.history.Events)-1]; made.Invalid != "" {
		return view{}, a.refused(&made)
	}
	return next, nil
}

// refused says why an event of our own would not count, before anybody else sees it.
func (a *appending) refused(e *gate.Event) error {
	hint := "the signers of the policy say who may record what"
	if !a.event.At.Before(a.l.now().Add(clockSkew)) || strings.Contains(e.Invalid, "happened") {
		hint = "set this machine's clock"
	}
	return &Error{Err: fmt.Errorf("ledger: the event %q would not count: %s", e.String(), e.Invalid), Hint: hint}
}

// commit makes the commit of an event after another one, reads it back and verifies it, as everybody else will.
func (a *appending) commit(ctx context.Context, e *gate.Event, parent string) (*link, error) {
	data, err := encode(e)
	if err == nil {
		_, err = decode(data)
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: the event %q: %w", e.String(), err)
	}
	g := a.l.git.with(a.author.env(e.At)...)
	blob, err := g.input(ctx, strings.NewReader(string(data)), "hash-object", "-w", "--stdin", "--no-filters")
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	tree, err := g.input(ctx, strings.NewReader("100644 blob "+blob+"\t"+eventFile+"\n"), "mktree")
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	id, err := a.signing.commit(ctx, g, e.String(), tree, parent)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	b, err := g.batch(ctx)
	if err != nil {
		return nil, err
	}
	defer b.close()
	made, _, err := readLink(b, id)
	if err == nil && made.Broken != "" {
		err = errors.New(made.Broken)
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: the commit of the event %q: %w", e.String(), err)
	}
	return made, nil
}

// errTooLate is the error of an event that would have been added at the end of the program.
var errTooLate = errors.New("ledger: interrupted before the event was added")

// advance moves the ledger from one view of it to the next, for everybody: only where it still is as it was read.
func (l *Ledger) advance(ctx context.Context, v, next *view) error {
	if ctx.Err() != nil {
		return fmt.Errorf("ledger: %w", context.Cause(ctx))
	}
	if l.finish != nil {
		done, ok := l.finish()
		if !ok {
			return errTooLate
		}
		defer done()
	}
	switch {
	case l.remote == "":
		if err := l.move(ctx, v.head(), next.head()); err != nil {
			return err
		}
	case l.offline:
		return l.move(ctx, v.head(), next.head())
	default:
		events := next.history.Events
		if err := l.pushSnapshots(ctx, events[len(events)-1:]); err != nil {
			return err
		}
		if err := l.publish(ctx, next); err != nil {
			return err
		}
		// The event is on record: an interruption is too late to say otherwise.
		if err := l.follow(context.WithoutCancel(ctx), next); err != nil {
			return err
		}
	}
	return l.seen.store(next)
}

// move moves this repository's branch from one head to another.
func (l *Ledger) move(ctx context.Context, from, to string) error {
	err := l.update(ctx, fmt.Sprintf("update %s %s %s", branch, to, cmp.Or(from, strings.Repeat("0", len(to)))))
	if err == nil {
		return nil
	}
	switch now, again := l.resolve(context.WithoutCancel(ctx), branch); {
	case again == nil && now == to: // an interruption came too late
		return nil
	case again == nil && now != from:
		return errMoved
	}
	return fmt.Errorf("ledger: %w", err)
}
