// Package ledger keeps what was deployed, observed, decided, held and overridden, as a chain of commits on the branch
// gate-ledger of a git repository.
//
// One commit is one event: it holds event.json (event.go), follows the commit of the event before it, and is signed where
// the policy has signers (sign.go). Open finds the repository, History reads and verifies the chain (chain.go, judge.go),
// Append adds an event (append.go). Where the policy names a remote, its branch is the ledger, and the local one follows
// (remote.go, replay.go). What was verified once is kept in the user's cache folder (cache.go), with the last head that was
// seen (mark.go): a chain that has been cut off or rewritten since is found.
//
// The package runs the git program (git.go). A chain that is not what it should be is no error: it is told as flaws of the
// history. An error means that it could not be told.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

const (
	branch   = "refs/heads/gate-ledger"
	tracking = "refs/gate/remote/head" // the last head of the remote that was verified
)

// Options say which ledger to open.
type Options struct {
	Repository *Repository // that holds the policy
	// Bare is a bare repository that holds the ledger. Then the ledger is there and nowhere else. Empty for the
	// repository of the policy and the remote that the policy names.
	Bare    string
	Policy  *policies.Policy
	Offline bool                // the remote is not asked
	Verify  bool                // the whole chain is read and verified, what was verified before as well
	Cache   string              // the folder of what was seen; empty for gate's own in the user's cache folder
	Now     func() time.Time    // nil for the clock
	Getenv  func(string) string // nil for the environment: GATE_LEDGER_KEY, and the variables of the CI run
	// Anchors, which may be nil, tells what heads of the ledger are remembered elsewhere. It is asked once, before the
	// ledger is read.
	Anchors func(context.Context) []Anchor
	// Publish, which may be nil, says whether the ledger may be pushed to these places, each host/path or an absolute path.
	// It is asked before the first push, and its error is returned as it is.
	Publish func(ctx context.Context, places []string) error
	// Tell, which may be nil, is told what goes on after an interruption, as a line for people.
	Tell func(text string)
	// Finish, which may be nil, is told that an event is about to be added, which the program is not to end meanwhile. It
	// returns what is to be called when that is done, or false where it is too late to begin.
	Finish func() (done func(), ok bool)
}

// Ledger is an open ledger. It is safe for concurrent use by several processes, and not by several goroutines.
type Ledger struct {
	git        *git
	there      *git     // asks the remote; nil without one
	folder     string   // the repository's own, absolute
	held       *os.File // the lock, while this process has it
	repository string   // what the events are about
	names      []string // its names, the first one that
	remote     string   // empty where the ledger is this repository only
	bare       string   // the bare repository that was named for it, for people; empty for none
	offline    bool
	pin        string // the id that the first event must have; empty for any
	signers    []policies.Signer
	seen       *memory
	judged     *judgement // the last one
	now        func() time.Time
	getenv     func(string) string
	anchors    func(context.Context) []Anchor // nil once they were asked
	anchored   []Anchor
	mayPublish func(context.Context, []string) error // nil once it was answered
	tell       func(string)                          // may be nil
	finish     func() (func(), bool)                 // may be nil
	waits      waits
}

// waits are how long the ledger waits for others.
type waits struct {
	lock      time.Duration // until a lock is asked for again
	abandoned time.Duration // how old a lock file of git must be that nobody holds: git holds one for milliseconds
	shortest  time.Duration // before another attempt at adding to a ledger to which others add as well …
	longest   time.Duration // … and after many
	look      time.Duration // for what the remote has, when git cannot say whether it has taken a push
}

func usualWaits() waits {
	return waits{lock: 20 * time.Millisecond, abandoned: 3 * time.Second, shortest: 50 * time.Millisecond, longest: 2 * time.Second, look: time.Minute}
}

// Open opens a ledger, which may be empty still. It asks no remote.
func Open(ctx context.Context, o Options) (*Ledger, error) {
	l := &Ledger{git: o.Repository.ledgerGit(), there: o.Repository.connected, folder: o.Repository.place.common, signers: o.Policy.Signers, offline: o.Offline, now: o.Now, getenv: o.Getenv,
		anchors: o.Anchors, mayPublish: o.Publish, tell: o.Tell, finish: o.Finish, waits: usualWaits()}
	if l.now == nil {
		l.now = time.Now
	}
	if l.getenv == nil {
		l.getenv = os.Getenv
	}
	settings := policies.Ledger{}
	if o.Policy.Ledger != nil {
		settings = *o.Policy.Ledger
	}
	l.pin = settings.ID
	var err error
	if l.names, err = identity(ctx, l.git, &settings); err != nil {
		return nil, err
	}
	l.repository = l.names[0]
	if l.remote = settings.Remote; o.Bare != "" {
		l.remote, l.bare = "", o.Bare
		if l.git, l.folder, err = openBare(ctx, o.Bare, o.Repository); err != nil {
			return nil, err
		}
	}
	if l.seen, err = l.memory(ctx, o.Cache); err != nil {
		return nil, err
	}
	l.seen.afresh = o.Verify
	return l, nil
}

// openBare returns a git for a bare repository, and its folder. The user has named it: whose it is, is not asked.
func openBare(ctx context.Context, dir string, r *Repository) (*git, string, error) {
	dir, err := absolute(dir)
	if err != nil {
		return nil, "", err
	}
	folder, err := filepath.EvalSymlinks(dir)
	if err == nil && !isGitFolder(folder, folder) {
		err = errors.New("not a git repository")
	}
	if err != nil {
		return nil, "", &Error{Err: fmt.Errorf("ledger %s: %w", dir, err), Hint: "make it a repository first: git init --bare " + shellWord(dir)}
	}
	g, err := place{top: folder, folder: folder, common: folder}.confined(ctx, r.scratch)
	if err != nil {
		return nil, "", fmt.Errorf("ledger %s: %w", dir, err)
	}
	g.settings, g.limits = r.git.settings, r.git.limits
	return g, folder, nil
}

// ledgerGit returns a git for the ledger in a repository. What a partial clone lacks of it, git gets as it is read.
func (r *Repository) ledgerGit() *git {
	if r.partial {
		g := r.connected.asking("that this partial clone is of")
		g.limits.silence, g.limits.hooks, g.limits.listing = g.limits.local, g.limits.local, g.limits.answer
		return g
	}
	return r.connected
}

// memory opens what was seen of this ledger: of the same events, at the same place.
func (l *Ledger) memory(ctx context.Context, folder string) (*memory, error) {
	place := l.folder
	if l.remote != "" {
		url, err := remoteURL(ctx, l.git, l.remote)
		if err != nil {
			return nil, err
		}
		place = normalize(url)
		l.there = l.there.asking(shown(l.remote, url))
	}
	if folder == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return &memory{}, nil // a machine without a home remembers nothing, as a new one
		}
		folder = filepath.Join(user, "gate")
	}
	return newMemory(filepath.Join(folder, "ledger"), l.repository+"\n"+place), nil
}

// Repository names the repository that the events are about.
func (l *Ledger) Repository() string { return l.repository }

// History returns the events of the ledger and what is wrong with it. It asks the remote, unless offline, and brings it
// the events that only this repository has.
func (l *Ledger) History(ctx context.Context) (*gate.History, error) {
	l.anchor(ctx)
	if l.remote == "" || l.offline {
		v, err := l.local(ctx)
		return v.history, err
	}
	unlock, err := l.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	v, err := l.sync(ctx)
	return v.history, err
}

// Last returns the history as it was read or added to last; before that, none.
func (l *Ledger) Last() *gate.History {
	if l.judged == nil {
		return &gate.History{}
	}
	return l.history(l.judged)
}

// history returns what a judgement tells, and where the ledger is.
func (l *Ledger) history(j *judgement) *gate.History {
	h := j.history()
	h.Remote, h.Place = l.remote, l.bare
	return h
}

// Fetch brings the events of the remote here, and those that only this repository has there. A ledger without a remote has
// nothing to fetch.
func (l *Ledger) Fetch(ctx context.Context) error {
	if l.remote == "" {
		return nil
	}
	if l.offline {
		return errors.New("ledger: offline, so that nothing can be fetched")
	}
	_, err := l.History(ctx)
	return err
}

// view is a chain as it was read, and what is told of it.
type view struct {
	links   []*link
	judged  *judgement // of the links
	history *gate.History
	seen    sight // what is remembered of the chain that it is, or continues
}

func (v *view) head() string {
	if len(v.links) == 0 {
		return ""
	}
	return v.links[len(v.links)-1].ID
}

// has reports whether the chain has a commit.
func (v *view) has(id string) bool {
	for i := len(v.links) - 1; i >= 0; i-- {
		if v.links[i].ID == id {
			return true
		}
	}
	return false
}

// local reads the ledger from this repository's own branch.
func (l *Ledger) local(ctx context.Context) (view, error) {
	seen, err := l.seen.load() // before the head is read: what others append meanwhile is no rewriting
	if err != nil {
		return view{}, err
	}
	head, err := l.resolve(ctx, branch)
	if err != nil {
		return view{}, err
	}
	v, err := l.read(ctx, head, seen)
	switch {
	case err != nil:
		return view{}, err
	case l.remote != "": // offline: the mark is the remote's, which may be ahead of this branch, or behind it
		v.history.Offline, v.history.Fetched = true, seen.mark.Fetched
		return v, nil
	}
	l.compare(&v, seen.mark)
	l.compareAnchors(&v)
	return v, l.seen.store(&v)
}

// read reads the chain that ends at head.
func (l *Ledger) read(ctx context.Context, head string, seen sight) (view, error) {
	if err := l.complete(ctx, head, seen.links); err != nil {
		return view{}, err
	}
	links, err := readChain(ctx, l.git, head, seen.links)
	if errors.Is(err, errCut) && l.remote != "" && !l.offline {
		if err := l.deepen(ctx); err != nil {
			return view{}, err
		}
		links, err = readChain(ctx, l.git, head, seen.links)
	}
	if err != nil {
		return view{}, fmt.Errorf("ledger: %w", err)
	}
	judged := l.judged
	if judged == nil || judged.head != head || len(judged.flaws.found) > 0 { // an event of the future may count by now
		judged = l.judge(links)
		l.judged = judged
	}
	return view{links: links, judged: judged, history: l.history(judged), seen: seen}, nil
}

// resolve returns the object id of a ref, and nothing where there is no such ref.
func (l *Ledger) resolve(ctx context.Context, ref string) (string, error) {
	a, err := l.git.do(ctx, nil, "for-each-ref", "--format=%(objectname)", ref)
	id := strings.TrimSuffix(a.out, "\n")
	switch {
	case err != nil:
		return "", err
	case a.words != "" || id != "" && !isObjectID(id): // a ref that is broken is a warning of git's only
		return "", fmt.Errorf("ledger: cannot read %s: git says %q", ref, strings.TrimSpace(a.words+"\n"+id))
	}
	return id, nil
}
