package ledger

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
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
		if err := l.have(ctx, head); err != nil {
			return view{}, err
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
	out, err := l.there.run(ctx, "ls-remote", "--", l.remote, branch)
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

// have gets a head of the remote's, where it is not here.
func (l *Ledger) have(ctx context.Context, head string) error {
	if _, err := l.git.run(ctx, "cat-file", "-e", head+"^{commit}"); err != nil {
		return l.download(ctx)
	}
	return nil
}

// download gets what the remote has and this repository has not. No ref moves, so that processes do not get into each
// other's way.
func (l *Ledger) download(ctx context.Context) error {
	if _, err := l.there.run(ctx, append(slices.Clone(fetching), "--", l.remote, branch)...); err != nil {
		return l.unreachable(err)
	}
	return nil
}

// unreachable says that the remote could not be read, and what helps.
func (l *Ledger) unreachable(err error) error {
	if _, limited := errors.AsType[*limitError](err); limited {
		return &Error{Err: fmt.Errorf("ledger: %w", err), Hint: offlineHint}
	}
	if exitCode(err) < 0 {
		return err
	}
	return &Error{Err: fmt.Errorf("ledger: cannot read the remote %s: %w", l.there.remote, err), Hint: offlineHint + l.there.unread()}
}

// reaching are the sections of a configuration that say how a remote is reached.
var reaching = []string{"core.sshcommand", "core.gitproxy", "core.askpass", "credential.", "http.", "https.", "protocol.", "remote.", "ssh."}

// unread says which settings of the repository could have been meant for its remotes, and do not count.
func (g *git) unread() string {
	var names []string
	for _, key := range g.ignored {
		if slices.ContainsFunc(reaching, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) && !slices.Contains(names, key) {
			names = append(names, withoutSecrets(key))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("; gate does not read %s of the repository's own configuration: if the remote needs it, set it for yourself (git config --global, GIT_SSH_COMMAND)", strings.Join(names[:min(3, len(names))], ", "))
}

// publish pushes a chain. The remote takes it only where it continues what is there. A push that has begun is finished, also
// after an interruption: nobody would know whether the event is on record.
func (l *Ledger) publish(ctx context.Context, v *view) error {
	if ctx.Err() != nil {
		return fmt.Errorf("ledger: %w", context.Cause(ctx))
	}
	last := v.history.Events[len(v.history.Events)-1]
	begun := context.WithoutCancel(ctx)
	defer context.AfterFunc(ctx, func() {
		if l.tell != nil {
			l.tell(fmt.Sprintf("interrupted; finishing what was begun: the event %q is being pushed to the remote %s", last.String(), l.there.remote))
		}
	})()
	err := l.push(begun, v.head()+":"+branch)
	if _, unknown := errors.AsType[*unknownError](err); !unknown {
		return err
	}
	// A connection that broke may have brought the event there all the same.
	found, errLook := l.look(begun, v.head())
	switch {
	case found:
		return nil
	case errLook != nil:
		err = fmt.Errorf("%w; whether the event %q is recorded is unknown: %w", err, last.String(), errLook)
	default:
		err = fmt.Errorf("%w; the event %q is not on the remote, unless it still takes it", err, last.String())
	}
	return &Error{Err: err, Hint: "before you record it again, see whether it is there: gate log" + l.there.unread()}
}

// look asks whether the remote's ledger has an event.
func (l *Ledger) look(ctx context.Context, event string) (bool, error) {
	ctx, stop := context.WithTimeoutCause(ctx, l.waits.look, &limitError{fmt.Sprintf("the remote %s did not say what it has in %s", l.there.remote, seconds(l.waits.look))})
	defer stop()
	head, err := l.remoteHead(ctx)
	if err != nil || head == "" || head == event {
		return head == event, err
	}
	if err := l.have(ctx, head); err != nil {
		return false, err
	}
	_, err = l.git.run(ctx, "merge-base", "--is-ancestor", event, head)
	if exitCode(err) == 1 {
		return false, nil
	}
	return err == nil, err
}

// refusedError is a push that the remote did not take, by a hook, a ruleset or a permission.
type refusedError struct{ words string }

func (e *refusedError) Error() string { return e.words }

// unknownError is a push of which git does not say what became of it.
type unknownError struct{ err error }

func (e *unknownError) Error() string { return e.err.Error() }

func (e *unknownError) Unwrap() error { return e.err }

const refusedHint = "whoever records events must be allowed to push to the branch gate-ledger, on GitHub with the permission contents: write; a ruleset on it forbids force pushes and deletion, and nothing else"

func (l *Ledger) refused(format string, args ...any) error {
	return &Error{Err: &refusedError{fmt.Sprintf(format, args...)}, Hint: refusedHint + l.there.unread()}
}

// denied are the words in which git, ssh and forges say that somebody may read, and not push: nothing was pushed.
var denied = []string{
	"returned error: 401", "returned error: 403", "could not read Username", "could not read Password", "Authentication failed", "Permission denied (",
	"Write access to repository not granted", "marked as read only", "not allowed to push", "Permission to ",
}

// raced are the reasons that servers give for refusing a push that came too late.
var raced = []string{"non-fast-forward", "fetch first", "cannot lock ref", "failed to update ref", "incorrect old value", "already exists", "stale info", "needs force"}

// push pushes to the remote, never by force. The error is errMoved where somebody else was faster, a refusedError where the
// remote does not want it, and an unknownError where git does not say what the remote has done. What counts is a line of
// git's for each reference, and not its exit code: see OUTPUT in git-push(1).
func (l *Ledger) push(ctx context.Context, refspecs ...string) error {
	if err := l.mayPush(ctx); err != nil {
		return err
	}
	args := append([]string{"push", "--porcelain", "--progress", "--no-verify", "--no-signed", "--recurse-submodules=no", "--no-follow-tags", "--", l.remote}, refspecs...)
	g := *l.there
	if !slices.ContainsFunc(refspecs, func(s string) bool { return !strings.HasPrefix(s, ":") }) { // nothing is sent, and hooks run at once
		g.limits.silence = g.limits.hooks
	}
	a, err := g.do(ctx, nil, args...)
	reported := map[string]bool{}
	for line := range strings.SplitSeq(a.out, "\n") {
		fields := strings.SplitN(line, "\t", 3) // "<flag><tab><from>:<to><tab>[rejected] (why)"
		if len(fields) != 3 {
			continue
		}
		if fields[0] != "!" {
			reported[fields[1][strings.LastIndexByte(fields[1], ':')+1:]] = true
			continue
		}
		inTheWay := strings.Contains(a.words, "exists; cannot create") // as refs/heads/gate-ledger/x is, for ever
		for _, reason := range raced {
			if strings.Contains(fields[2], reason) && !inTheWay {
				return fmt.Errorf("%w: %s", errMoved, fields[2])
			}
		}
		return l.refused("ledger: the remote %s refuses %s: %s\n%s", l.there.remote, fields[1], fields[2], a.words)
	}
	if !slices.ContainsFunc(refspecs, func(s string) bool { return !reported[s[strings.LastIndexByte(s, ':')+1:]] }) {
		return nil
	}
	for _, words := range denied {
		if strings.Contains(a.words, words) {
			return l.refused("ledger: the remote %s: git push: %s", l.there.remote, a.words)
		}
	}
	if err == nil {
		err = fmt.Errorf("git push: no word of what became of %s", strings.Join(refspecs, " "))
	}
	if _, limited := errors.AsType[*limitError](err); limited {
		return &unknownError{fmt.Errorf("ledger: %w", err)}
	}
	return &unknownError{fmt.Errorf("ledger: the remote %s: %w", l.there.remote, err)}
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
