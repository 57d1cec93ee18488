package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// kept is a snapshot that has a ref.
type kept struct {
	environment, id string
	commit          string
	made            time.Time // when the last of its hosts was read; zero where only the remote has it
}

// localSnapshots returns the snapshots of this repository, by ref.
func (l *Ledger) localSnapshots(ctx context.Context) (map[string]kept, error) {
	out, err := l.git.run(ctx, "for-each-ref", "--format=%(refname) %(objectname) %(creatordate:unix)", snapshotsUnder)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	list := map[string]kept{}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		environment, id, ok := cutRef(fields[0])
		if !ok || len(fields) < 2 {
			continue // somebody else's
		}
		k := kept{environment: environment, id: id, commit: fields[1]}
		if len(fields) == 3 { // what is no commit has no time
			if seconds, err := strconv.ParseInt(fields[2], 10, 64); err == nil {
				k.made = time.Unix(seconds, 0)
			}
		}
		list[fields[0]] = k
	}
	return list, nil
}

// remoteSnapshots returns the snapshots of the remote, by ref.
func (l *Ledger) remoteSnapshots(ctx context.Context) (map[string]kept, error) {
	out, err := l.there.run(ctx, "ls-remote", "--", l.remote, snapshotsUnder+"*")
	if err != nil {
		return nil, l.unreachable(err)
	}
	list := map[string]kept{}
	for line := range strings.Lines(out) {
		commit, ref, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if environment, id, ok := cutRef(ref); ok && isObjectID(commit) {
			list[ref] = kept{environment: environment, id: id, commit: commit}
		}
	}
	return list, nil
}

// refsAtOnce is how many refs are fetched or pushed by one command: each is a word of its command line.
const refsAtOnce = 100

// fetchSnapshots brings snapshots of the remote here. A ref that is here already is not moved.
func (l *Ledger) fetchSnapshots(ctx context.Context, refs []string) error {
	here, err := l.localSnapshots(ctx)
	if err != nil {
		return err
	}
	refs = slices.DeleteFunc(slices.Clone(refs), func(ref string) bool { return here[ref].id != "" })
	for some := range slices.Chunk(refs, refsAtOnce) {
		args := append(slices.Clone(fetching), "--", l.remote)
		for _, ref := range some {
			args = append(args, ref+":"+ref)
		}
		if _, err := l.there.run(ctx, args...); err != nil {
			return l.unreachable(err)
		}
	}
	return nil
}

// Prune removes snapshots, here and on the remote, and returns how many. It leaves those that are needed, by their ids, and
// those that an event names which is not before a time; so it does those that no event names yet, made not before it. Events
// stay. What is on the remote, not here and named by no event of the history is left to whoever made it.
func (l *Ledger) Prune(ctx context.Context, h *gate.History, needed map[string]bool, before time.Time) (int, error) {
	if len(h.Flaws) > 0 {
		return 0, &Error{Err: errors.New("ledger: no snapshot is removed while the ledger is not what it should be: " + h.Flaws[0].Text), Hint: h.Flaws[0].Next}
	}
	here, err := l.localSnapshots(ctx)
	if err != nil {
		return 0, err
	}
	there := map[string]kept{}
	if l.remote != "" && !l.offline {
		if there, err = l.remoteSnapshots(ctx); err != nil {
			return 0, err
		}
	}
	last := map[string]time.Time{}
	for _, e := range h.Events {
		for _, id := range e.Snapshots {
			if e.At.After(last[id]) {
				last[id] = e.At
			}
		}
	}
	spare := func(ref string, k kept) bool {
		at := last[k.id]
		if at.IsZero() {
			at = here[ref].made
		}
		return needed[k.id] || at.IsZero() || !at.Before(before)
	}
	ours, theirs := doomed(here, spare), doomed(there, spare)
	if err := l.removeThere(ctx, theirs); err != nil {
		return 0, err
	}
	if err := l.removeHere(ctx, ours); err != nil {
		return 0, err
	}
	all := slices.Concat(ours, theirs)
	slices.Sort(all)
	return len(slices.Compact(all)), nil
}

// doomed returns the refs that are not spared, in order.
func doomed(list map[string]kept, spare func(string, kept) bool) []string {
	var refs []string
	for ref, k := range list {
		if !spare(ref, k) {
			refs = append(refs, ref)
		}
	}
	slices.Sort(refs)
	return refs
}

// removeThere removes refs of the remote that it has.
func (l *Ledger) removeThere(ctx context.Context, refs []string) error {
	for some := range slices.Chunk(refs, refsAtOnce) {
		var refspecs []string
		for _, ref := range some {
			refspecs = append(refspecs, ":"+ref)
		}
		if err := l.push(ctx, refspecs...); err != nil {
			return err
		}
	}
	return nil
}

// removeHere removes refs of this repository.
func (l *Ledger) removeHere(ctx context.Context, refs []string) error {
	if len(refs) == 0 {
		return nil
	}
	unlock, err := l.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	commands := make([]string, len(refs))
	for i, ref := range refs {
		commands[i] = "delete " + ref
	}
	if err := l.update(ctx, commands...); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}
