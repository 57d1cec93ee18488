package ledger

import (
	"context"
	"errors"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
)

// Clones of one remote have one ledger, and each its own branch that follows.
func TestRemote(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.share()
	other := s.clone()
	s.append(note("one"))
	other.append(note("two"))
	h := s.sound()
	if diff := cmp.Diff(reasons(h), []string{"one", "two"}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	if diff := cmp.Diff(other.sound().Events, h.Events); diff != "" {
		t.Errorf("the other clone: got - want +\n%s", diff)
	}
	if !h.Fetched.Equal(noon) || h.Offline {
		t.Errorf("got fetched %s, offline %t", h.Fetched, h.Offline)
	}
	for _, at := range []*site{s, other} {
		if got := mustRun(t, at.git, "rev-parse", branch); got != h.Head {
			t.Errorf("the branch is at %s, want %s", got, h.Head)
		}
	}
}

// takeAway makes a remote one that is not there.
func takeAway(t *testing.T, remote *git) {
	t.Helper()
	if err := os.Rename(remote.folder(), remote.folder()+".away"); err != nil {
		t.Fatal(err)
	}
}

// A remote that is not there is an error that says what helps, and never an empty ledger.
func TestRemoteAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	s.append(note("one"))
	takeAway(t, remote)
	for name, ask := range map[string]func() error{
		"history": func() error { _, err := s.open().History(t.Context()); return err },
		"append":  func() error { _, err := s.open().Append(t.Context(), note("two"), nil); return err },
		"fetch":   func() error { return s.open().Fetch(t.Context()) },
	} {
		err := ask()
		if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Hint, "--offline") || !strings.Contains(err.Error(), "does not appear to be a git repository") {
			t.Errorf("%s: got %v, want git's own words, and a hint at --offline", name, err)
		}
	}
}

// hook makes a hook of a remote; its script first says that it is at work, and goes on when go is called.
func (s *site) hook(remote *git, name string) (atWork func(), goOn func()) {
	s.Helper()
	folder := s.TempDir()
	begun, ended := filepath.Join(folder, "begun"), filepath.Join(folder, "ended")
	for _, fifo := range []string{begun, ended} {
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			s.Fatal(err)
		}
	}
	hook := filepath.Join(remote.folder(), "hooks", name)
	if err := os.MkdirAll(filepath.Dir(hook), 0o700); err != nil {
		s.Fatal(err)
	}
	script := "#!/bin/sh\ngrep -q gate-ledger || exit 0\necho >" + begun + "\nread line <" + ended + "\nexit 0\n"
	if err := os.WriteFile(hook, []byte(script), 0o700); err != nil {
		s.Fatal(err)
	}
	goOn = func() {
		f, err := os.OpenFile(ended, os.O_RDWR, 0) // does not wait for a reader
		if err == nil {
			_, _ = f.WriteString("\n")
			s.Cleanup(func() { _ = f.Close() })
		}
	}
	return func() { _, _ = os.ReadFile(begun) }, goOn
}

// An event that is being pushed when somebody interrupts is pushed to the end, and that is said.
func TestInterruptedTooLate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	s.append(note("one"))
	atWork, goOn := s.hook(remote, "pre-receive")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := s.options()
	said := make(chan string, 1)
	o.Tell = func(text string) { said <- text }
	l, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	go func() {
		atWork()
		cancel()
		text = <-said
		goOn()
	}()
	two, err := l.Append(ctx, note("two"), nil)
	if err != nil || ctx.Err() == nil {
		t.Fatalf("got %v, interrupted: %v, want the event", err, ctx.Err())
	}
	if want := "finishing what was begun"; !strings.Contains(text, want) || !strings.Contains(text, "origin ("+remote.folder()+")") {
		t.Errorf("got %q, want %q and the remote", text, want)
	}
	if err := os.RemoveAll(filepath.Join(remote.folder(), "hooks")); err != nil {
		t.Fatal(err)
	}
	if h := s.sound(); h.Head != two.ID {
		t.Errorf("the ledger ends with %s, want %s", h.Head, two.ID)
	}
}

// A push of which git does not say what became of it is looked after: what the remote has counts.
func TestPushWithoutAnswer(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, tt := range []struct {
		hook string
		has  bool
	}{{"pre-receive", false}, {"post-receive", true}} {
		t.Run(tt.hook, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			remote := s.share()
			s.append(note("one"))
			s.hook(remote, tt.hook)
			l := s.open()
			l.there.limits.hooks = 100 * time.Millisecond
			two, err := l.Append(t.Context(), note("two"), nil)
			if err := os.RemoveAll(filepath.Join(remote.folder(), "hooks")); err != nil {
				t.Fatal(err)
			}
			h := s.sound()
			if tt.has {
				if err != nil || h.Head != two.ID {
					t.Errorf("got %v, %v, and the ledger ends with %s", two.ID, err, h.Head)
				}
				return
			}
			wantHint(t, err, "did not answer", "gate log")
			wantHint(t, err, "is not on the remote, unless it still takes it", "gate log")
			if diff := cmp.Diff(reasons(h), []string{"one"}); diff != "" {
				t.Errorf("got - want +\n%s", diff)
			}
		})
	}
}

// Over HTTP too, the time that hooks take is counted apart; and the remote may still take what git was not told of.
func TestHooksOverHTTP(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	s.append(note("one"))
	mustRun(t, remote, "config", "http.receivepack", "true")
	server := httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(mustRun(t, remote, "--exec-path"), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + filepath.Dir(remote.folder()), "GIT_HTTP_EXPORT_ALL=1", "HOME=" + os.Getenv("HOME")},
	})
	defer server.Close()
	mustRun(t, s.git, "remote", "set-url", "origin", server.URL+"/"+filepath.Base(remote.folder()))
	s.append(note("two"))
	atWork, goOn := s.hook(remote, "pre-receive")
	go atWork()
	l := s.open()
	l.there.limits.hooks = 100 * time.Millisecond
	_, err := l.Append(t.Context(), note("three"), nil)
	wantHint(t, err, "git push heard nothing from it for 0.1 seconds", "gate log")
	goOn() // whether the event comes after all is the server's
	must(t, os.RemoveAll(filepath.Join(remote.folder(), "hooks")))
	s.append(note("four"))
	if got := reasons(s.sound()); got[0] != "one" || got[len(got)-1] != "four" && got[len(got)-1] != "three" {
		t.Errorf("got %q", got)
	}
}

// A branch that another one is in the way of is refused at once.
func TestBranchInTheWay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	commit := mustRun(t, remote, "commit-tree", "-m", "x", mustRun(t, remote, "mktree"))
	mustRun(t, remote, "update-ref", branch+"/x", commit)
	_, err := s.open().Append(t.Context(), note("one"), nil)
	wantHint(t, err, "exists; cannot create '"+branch+"'", "must be allowed to push")
}

// An event that others have already added to is found all the same.
func TestLook(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.share()
	one := s.append(note("one"))
	other := s.clone()
	other.append(note("two"))
	l := s.open()
	if found, err := l.look(t.Context(), one.ID); !found || err != nil {
		t.Errorf("got %t, %v", found, err)
	}
	alone := forger{site: s}.commit(note("alone"), one.ID)
	if found, err := l.look(t.Context(), alone); found || err != nil {
		t.Errorf("what was not pushed: got %t, %v", found, err)
	}
	l.waits.look = 0
	if found, err := l.look(t.Context(), one.ID); found || err == nil {
		t.Errorf("without an answer: got %t, %v", found, err)
	}
}

// What is recorded offline stands in the local branch, and is on the remote once that is asked again.
func TestOffline(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.share()
	s.append(note("one"))
	s.now = s.now.Add(time.Hour)
	s.away = true
	two := s.append(note("two"))
	h := s.sound()
	if !h.Offline || !h.Fetched.Equal(noon) {
		t.Errorf("got offline %t, fetched %s", h.Offline, h.Fetched)
	}
	if err := s.open().Fetch(t.Context()); err == nil {
		t.Error("fetch: got no error")
	}
	s.away = false
	if err := s.open().Push(t.Context()); err != nil {
		t.Fatal(err)
	}
	h = s.clone().sound()
	if diff := cmp.Diff(reasons(h), []string{"one", "two"}); diff != "" || h.Head != two.ID {
		t.Errorf("on the remote: got - want +\n%s", diff)
	}
	s.sound()
}

// The snapshots of what was recorded offline come along.
func TestOfflineSnapshots(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	s.append(note("one"))
	s.away = true
	tree := mustInput(s, "", "mktree")
	commit := mustRun(t, s.git, "commit-tree", "-m", "snapshot", tree)
	ref := "refs/gate/snapshots/staging/" + tree
	mustRun(t, s.git, "update-ref", ref, commit)
	mustRun(t, s.git, "update-ref", "refs/gate/snapshots/staging/"+strings.Repeat("1", 40), commit)
	s.append(gate.Event{Kind: gate.Observed, Environment: "staging", Snapshots: map[string]string{"staging": tree}})
	s.away = false
	s.sound()
	if got, want := mustRun(t, remote, "for-each-ref", "--format=%(refname) %(objectname)", "refs/gate"), ref+" "+commit; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A ledger that began here goes to the remote as it is.
func TestOfflineFromTheBeginning(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.share()
	s.away = true
	one := s.append(note("one"))
	s.away = false
	s.append(note("two"))
	h := s.clone().sound()
	if diff := cmp.Diff(reasons(h), []string{"one", "two"}); diff != "" || h.Events[1].ID != one.ID {
		t.Errorf("got - want +\n%s", diff)
	}
}

// Events that were recorded offline while others went on are recorded again after theirs, at the time of now where
// theirs are much younger, and refer to each other still.
func TestOfflineWhileOthersGoOn(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	s.share()
	s.append(note("one"))
	other := s.clone()
	s.away = true
	at := deployed("staging")
	at.Seen = at.Contents
	offline := s.append(at)
	s.append(gate.Event{Kind: gate.Failed, Environment: "staging", Of: offline.ID})
	other.now = noon.Add(time.Hour)
	other.append(note("two"))

	s.away = false
	s.now = noon.Add(2 * time.Hour)
	s.append(note("three"))
	h := other.history()
	if diff := cmp.Diff(reasons(h), []string{"one", "two", "three"}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	other.now = s.now
	got := other.sound().In("staging")
	if len(got) != 2 || got[0].Key != offline.Key || got[1].Of != got[0].ID {
		t.Fatalf("got %+v", got)
	}
	if !got[0].At.Equal(s.now) || got[0].Seen != nil {
		t.Errorf("got at %s, seen %v, want now, and nothing", got[0].At, got[0].Seen)
	}
	if diff := cmp.Diff(s.sound().Events, other.sound().Events); diff != "" {
		t.Errorf("here, there: got - want +\n%s", diff)
	}
}

// An event that does not count is not brought to the remote; it is a flaw here.
func TestOfflineForged(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s, _ := signedSite(t)
	s.share()
	s.append(deployed("staging"))
	h := s.sound()
	f := forger{site: s}
	f.push(f.commit(deployed("staging"), h.Head))
	if diff := cmp.Diff(codes(s.history()), []string{broken}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	if got := strings.Fields(mustRun(t, s.git, "ls-remote", "origin", branch))[0]; got != h.Head {
		t.Errorf("the remote is at %s, want %s", got, h.Head)
	}
}

// A remote that does not want the event says why, in its own words, and nothing is recorded.
func TestRefusedByHook(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	s.append(note("one"))
	hook := filepath.Join(remote.where[1], "hooks", "update")
	if err := os.MkdirAll(filepath.Dir(hook), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(hook, []byte("#!/bin/sh\necho 'only releases, please' >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := s.open().Append(t.Context(), note("two"), nil)
	if err == nil || !strings.Contains(err.Error(), "only releases, please") || !strings.Contains(err.Error(), "hook declined") {
		t.Errorf("got %v, want the hook's words", err)
	}
	if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Hint, "allowed to push to the branch gate-ledger") {
		t.Errorf("got %v, want a hint", err)
	}
	if diff := cmp.Diff(reasons(s.sound()), []string{"one"}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
}

// A remote that may be read, and not written, as it is to a workflow without contents: write.
func TestRefusedByPermission(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.share()
	s.append(note("one"))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer server.Close()
	mustRun(t, s.git, "config", "remote.origin.pushurl", server.URL+"/shop.git")
	_, err := s.open().Append(t.Context(), note("two"), nil)
	wantHint(t, err, "returned error: 403", "allowed to push to the branch gate-ledger")
	if diff := cmp.Diff(reasons(s.sound()), []string{"one"}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
}

// The user's own hooks do not run.
func TestHooksOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.share()
	ran := filepath.Join(t.TempDir(), "ran")
	for _, name := range []string{"reference-transaction", "pre-push", "post-commit", "commit-msg"} {
		hook := filepath.Join(s.dir, ".git", "hooks", name)
		if err := os.MkdirAll(filepath.Dir(hook), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(hook, []byte("#!/bin/sh\necho "+name+" >> '"+ran+"'\nexit 1\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.append(note("one"))
	if got, err := os.ReadFile(ran); err == nil {
		t.Errorf("ran: %s", got)
	}
}

// A lock file that a killed git has left is removed once it is old, and respected before.
func TestAbandonedLock(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	s.append(note("one"))
	file := filepath.Join(s.dir, ".git", branch+".lock")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Minute)
	if err := os.Chtimes(file, long, long); err != nil {
		t.Fatal(err)
	}
	s.append(note("two"))
	if diff := cmp.Diff(reasons(s.sound()), []string{"one", "two"}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	// That of a git which may be at work is respected.
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond) // git itself waits a second
	defer cancel()
	l := s.open()
	l.waits.abandoned = time.Hour
	if _, err := l.Append(ctx, note("three"), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want that it waits", err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestRemoteUnknown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.policy.Ledger.Remote = "upstream"
	_, err := Open(t.Context(), s.options())
	if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Hint, "git remote add upstream URL") {
		t.Errorf("got %v, want a hint", err)
	}
}

// In a shallow clone the ledger is fetched to its beginning, and nothing else is.
func TestShallowRemote(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	commitFiles(t, s.git, map[string]string{"src/a": "1\n"})
	commitFiles(t, s.git, map[string]string{"src/a": "2\n"})
	remote := s.share()
	mustRun(t, s.git, "push", "-q", "origin", "HEAD:refs/heads/main")
	s.append(note("one"))
	s.append(note("two"))
	g := clone(t, remote, "--depth=1", "--no-single-branch")
	other := &site{T: t, git: g, dir: g.folder(), cache: t.TempDir(), env: map[string]string{}, now: noon, policy: s.policy}
	offline := other.options()
	offline.Offline = true
	l, err := Open(t.Context(), offline)
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, g, "branch", "-q", "gate-ledger", "origin/gate-ledger")
	if _, err := l.History(t.Context()); err == nil {
		t.Error("offline: the ledger is taken for whole")
	}
	if diff := cmp.Diff(reasons(other.sound()), []string{"one", "two"}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	if _, err := open(t, g).Resolve(t.Context(), "origin/main~1"); err == nil {
		t.Error("the history of the code was fetched")
	}
}

// A ledger that is not all here, as in a clone of its last events only, is an error that says what helps.
func TestShallow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for range 3 {
		s.append(note("one"))
	}
	shallow := t.TempDir()
	mustRun(t, s.git, "clone", "-q", "--bare", "--depth=1", "--branch=gate-ledger", "file://"+s.dir, shallow)
	s.bare = shallow
	_, err := s.open().History(t.Context())
	if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Hint, "git fetch --unshallow") {
		t.Errorf("got %v, want a hint", err)
	}
}
