package ledger

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

const offlineHint = "with --offline the ledger as it was fetched last counts, and what is recorded is pushed later"

// current reads the ledger as it is now.
func (l *Ledger) current(ctx context.Context) (view, error) {
	if l.remote == "" || l.offline {
		return l.local(ctx)
	}
	return l.sync(ctx)
}

// fetch reads the remote's ledger, without moving any branch here.
func (l *Ledger) fetch(ctx context.Context, seen sight) (view, error) {
	head, err := l.remoteHead(ctx)
	if err != nil {
		return view{}, l.unreachable(err)
	}
	at := l.now().UTC().Truncate(time.Second)
	if head != "" {
		if _, err := l.git.run(ctx, "cat-file", "-e", head+"^{commit}"); err != nil {
			if err := l.download(ctx); err != nil {
				return view{}, err
			}
		}
	}
	v, err := l.read(ctx, head, seen)
	if err != nil {
		return view{}, err
	}
	v.history.Fetched = at
	l.compare(&v, seen.mark)
	return v, nil
}

// remoteHead asks the remote for the head of its ledger; it is empty where there is none.
func (l *Ledger) remoteHead(ctx context.Context) (string, error) {
	out, err := l.git.run(ctx, "ls-remote", "--", l.remote, branch)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) { // a name that only ends like the branch's is listed too
		if id, ref, _ := strings.Cut(strings.TrimSpace(line), "\t"); ref == branch && isObjectID(id) {
			return id, nil
		}
	}
	return "", nil
}

// download gets what the remote has and this repository has not. No ref moves, so that processes do not get into each
// other's way.
func (l *Ledger) download(ctx context.Context) error {
	_, err := l.git.run(ctx, "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance", "--refmap=", "--", l.remote, branch)
	if err != nil {
		return l.unreachable(err)
	}
	return nil
}

func (l *Ledger) unreachable(err error) error {
	if exitCode(err) < 0 {
		return err
	}
	return &Error{Err: fmt.Errorf("ledger: the remote %s could not be read: %w", l.remote, err), Hint: offlineHint}
}

// interruptedWait is how long the remote is asked whether it has what was pushed when somebody interrupted.
const interruptedWait = 10 * time.Second

// publish pushes a chain. The remote takes it only where it continues what is there.
func (l *Ledger) publish(ctx context.Context, v *view) error {
	err := l.push(ctx, v.head()+":"+branch)
	if err == nil || errors.Is(err, errMoved) {
		return err
	}
	if _, ok := errors.AsType[*refusedError](err); ok {
		return err
	}
	// A connection that broke, or a push that was interrupted, may have brought the event there all the same.
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), interruptedWait)
	defer stop()
	if head, again := l.remoteHead(after); again == nil && head == v.head() {
		return nil
	}
	if ctx.Err() != nil {
		return err
	}
	return &Error{Err: err, Hint: offlineHint}
}

// refusedError is a push that the remote did not take, by a hook, a ruleset or a permission.
type refusedError struct{ words string }

func (e *refusedError) Error() string { return e.words }

const refusedHint = "whoever records events must be allowed to push to the branch gate-ledger, on GitHub with the permission contents: write; a ruleset on it forbids force pushes and deletion, and nothing else"

func refused(format string, args ...any) error {
	return &Error{Err: &refusedError{fmt.Sprintf(format, args...)}, Hint: refusedHint}
}

// denied are the words in which git and forges say that somebody may read, and not push.
var denied = []string{"returned error: 403", "Write access to repository not granted", "marked as read only", "not allowed to push", "Permission to "}

// raced are the reasons that servers give for refusing a push that came too late.
var raced = []string{"non-fast-forward", "fetch first", "cannot lock ref", "failed to update ref", "incorrect old value", "already exists", "stale info", "needs force"}

// push pushes to the remote, never by force. The error is errMoved where somebody else was faster, and a refusedError
// where the remote does not want it.
func (l *Ledger) push(ctx context.Context, refspecs ...string) error {
	if err := l.mayPush(ctx); err != nil {
		return err
	}
	args := append([]string{"push", "--porcelain", "--no-verify", "--no-signed", "--recurse-submodules=no", "--no-follow-tags", "--", l.remote}, refspecs...)
	var out strings.Builder
	cmd := l.git.command(ctx, args...)
	var stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	if err == nil {
		return nil
	}
	for line := range strings.SplitSeq(out.String(), "\n") {
		// "!<tab><from>:<to><tab>[rejected] (why)"; see OUTPUT in git-push(1).
		fields := strings.SplitN(line, "\t", 3)
		if len(fields) != 3 || fields[0] != "!" {
			continue
		}
		for _, reason := range raced {
			if strings.Contains(fields[2], reason) {
				return fmt.Errorf("%w: %s", errMoved, fields[2])
			}
		}
		return refused("ledger: the remote %s refuses %s: %s\n%s", l.remote, fields[1], fields[2], strings.TrimSpace(stderr.String()))
	}
	for _, words := range denied {
		if strings.Contains(stderr.String(), words) {
			return refused("ledger: the remote %s: git push: %s", l.remote, strings.TrimSpace(stderr.String()))
		}
	}
	return fmt.Errorf("ledger: the remote %s: %w", l.remote, failure(ctx, "push", stderr.String(), err))
}

// follow lets this repository's refs follow a chain that the remote has.
func (l *Ledger) follow(ctx context.Context, v *view) error {
	if v.head() == "" || len(v.history.Flaws) > 0 {
		return nil
	}
	if err := l.update(ctx, "update "+branch+" "+v.head(), "update "+tracking+" "+v.head()); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// snapshotRefs returns the refs of the snapshots that events name and that are in this repository. The last part of each
// is the id.
func (l *Ledger) snapshotRefs(ctx context.Context, events []gate.Event) ([]string, error) {
	out, err := l.git.run(ctx, "for-each-ref", "--format=%(refname)", "refs/gate/snapshots/")
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	named := map[string]bool{}
	for _, e := range events {
		for _, id := range e.Snapshots {
			named[id] = true
		}
	}
	var refs []string
	for ref := range strings.SplitSeq(out, "\n") {
		if named[path.Base(ref)] {
			refs = append(refs, ref)
		}
	}
	return refs, nil
}
