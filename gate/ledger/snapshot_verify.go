package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/seed-313c021b/gate/gate"
)

// VerifySnapshots reads every snapshot that is kept, here and on the remote, and tells which are not what their ids say, or
// not what gate writes. One that was pruned is no flaw. An error means that it could not be told.
func (l *Ledger) VerifySnapshots(ctx context.Context, h *gate.History) ([]gate.Flaw, error) {
	v := snapshotVerifier{l: l, events: map[string]string{}}
	for _, e := range h.Events {
		for environment, id := range e.Snapshots {
			v.events[snapshotRef(environment, id)] = e.ID
		}
	}
	there := map[string]kept{}
	if l.remote != "" && !l.offline {
		var err error
		if there, err = l.remoteSnapshots(ctx); err != nil {
			return nil, err
		}
		if err := l.fetchSnapshots(ctx, slices.Sorted(maps.Keys(there))); err != nil {
			return nil, err
		}
	}
	here, err := l.localSnapshots(ctx)
	if err != nil {
		return nil, err
	}
	for _, ref := range slices.Sorted(maps.Keys(here)) {
		if theirs, ok := there[ref]; ok && theirs.commit != here[ref].commit {
			v.flaw(ref, fmt.Errorf("the remote has another one under this name, %s", theirs.commit))
		}
		if err := v.verify(ctx, ref, here[ref]); err != nil {
			return nil, err
		}
	}
	if v.objects != nil {
		v.objects.close()
	}
	return v.flaws, nil
}

type snapshotVerifier struct {
	l       *Ledger
	events  map[string]string // the last event that names a snapshot, by ref
	objects *batchReader
	reader  *reader
	flaws   []gate.Flaw
}

// verify reads all of one snapshot.
func (v *snapshotVerifier) verify(ctx context.Context, ref string, k kept) error {
	if v.objects == nil {
		v.objects = &batchReader{ctx: ctx, git: v.l.git}
		v.reader = newReader(v.objects.read)
	}
	err := v.read(k)
	if err == nil {
		return nil
	}
	if v.objects.batch == nil || v.objects.batch.failed != nil { // git has ended
		if _, damaged := errors.AsType[*gitError](err); !damaged || ctx.Err() != nil {
			return fmt.Errorf("ledger: %w", err)
		}
		v.objects = nil
	}
	v.flaw(ref, err)
	return nil
}

func (v *snapshotVerifier) read(k kept) error {
	t, err := v.reader.open(k.environment, k.id)
	if err != nil {
		return err
	}
	for id, head := range t.heads {
		if _, err := v.reader.host(t.roles[head.Role][head.Name]); err != nil {
			return fmt.Errorf("host %s: %w", id, err)
		}
	}
	return nil
}

func (v *snapshotVerifier) flaw(ref string, err error) {
	v.flaws = append(v.flaws, gate.Flaw{Code: broken, Event: v.events[ref], Text: fmt.Sprintf("the snapshot %s: %v", ref, err),
		Next: "find out who has changed it; it proves nothing any more: git update-ref -d " + ref})
}
