package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// site is a repository with a policy, and the clock and the environment that its ledger has.
type site struct {
	*testing.T
	git    *git
	dir    string
	cache  string
	policy policies.Policy
	env    map[string]string
	now    time.Time
	bare   string
	away   bool // offline
}

// newSite makes a repository of its own for a test. Args are of git init.
func newSite(t *testing.T, args ...string) *site {
	t.Helper()
	g := newRepository(t, args...)
	return &site{T: t, git: g, dir: g.where[1], cache: t.TempDir(), env: map[string]string{}, now: noon,
		policy: policies.Policy{Ledger: &policies.Ledger{Repository: "git.example.com/app"}}}
}

// clone makes another repository that has the same remote, and a user of its own.
func (s *site) clone() *site {
	s.Helper()
	other := newSite(s.T)
	other.policy = s.policy
	if url, err := s.git.run(s.Context(), "remote", "get-url", "origin"); err == nil {
		mustRun(s, other.git, "remote", "add", "origin", url)
	}
	other.now = s.now
	return other
}

// share gives the site a remote, and returns it.
func (s *site) share() *git {
	s.Helper()
	remote := newRepository(s.T, "--bare")
	mustRun(s, s.git, "remote", "add", "origin", remote.where[1])
	s.policy.Ledger.Remote = "origin"
	return remote
}

func (s *site) open() *Ledger {
	s.Helper()
	l, err := Open(s.Context(), s.options())
	if err != nil {
		s.Fatal(err)
	}
	return l
}

func (s *site) options() Options {
	s.Helper()
	r, err := openRepository(s, s.dir)
	if err != nil {
		s.Fatal(err)
	}
	return Options{
		Repository: r, Bare: s.bare, Policy: &s.policy, Offline: s.away, Cache: s.cache,
		Now: func() time.Time { return s.now }, Getenv: func(name string) string { return s.env[name] },
	}
}

func (s *site) append(e gate.Event) gate.Event {
	s.Helper()
	e, err := s.open().Append(s.Context(), e, nil)
	if err != nil {
		s.Fatal(err)
	}
	return e
}

func (s *site) history() *gate.History {
	s.Helper()
	h, err := s.open().History(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return h
}

// sound returns the history, which must have no flaw.
func (s *site) sound() *gate.History {
	s.Helper()
	h := s.history()
	for _, f := range h.Flaws {
		s.Errorf("%s: %s", f.Code, f.Text)
	}
	return h
}

func note(reason string) gate.Event { return gate.Event{Kind: gate.Note, Reason: reason} }

func deployed(environment string) gate.Event {
	return gate.Event{Kind: gate.Deployed, Environment: environment, Contents: []gate.Content{
		{Component: "app", ID: strings.Repeat("c", 64), Commit: strings.Repeat("a", 40)},
	}}
}

// reasons returns what the notes of a history say.
func reasons(h *gate.History) []string {
	var list []string
	for _, e := range h.Events {
		if e.Kind == gate.Note {
			list = append(list, e.Reason)
		}
	}
	return list
}

func codes(h *gate.History) []string {
	var list []string
	for _, f := range h.Flaws {
		list = append(list, f.Code)
	}
	return list
}

func TestLedgerEmpty(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if h := s.sound(); h.ID != "" || h.Head != "" || len(h.Events) != 0 {
		t.Errorf("got %+v, want nothing", h)
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			s := newSite(t, "--object-format="+format)
			e := deployed("staging")
			e.Until = noon.In(time.FixedZone("", 3600))
			first := s.append(e)
			s.now = s.now.Add(time.Minute)
			second := s.append(note("a\nb <ü> & \"c\""))
			h := s.sound()
			if len(h.Events) != 3 || h.Events[0].Kind != gate.Opened || h.ID != h.Events[0].ID || h.Head != second.ID {
				t.Fatalf("got %+v", h)
			}
			if diff := cmp.Diff(h.Events[1:], []gate.Event{first, second}); diff != "" {
				t.Errorf("got - want +\n%s", diff)
			}
			if got := h.Events[1]; got.By != "Ada <ada@example.com>" || !got.At.Equal(noon) || got.Repository != "git.example.com/app" || !got.Until.Equal(noon) {
				t.Errorf("got %+v", got)
			}
			want := "note -- Ada <ada@example.com> 2026-11-20T12:01:00+00:00\ndeployed app aaaaaaa -> staging -- Ada <ada@example.com> 2026-11-20T12:00:00+00:00\nopened -- Ada <ada@example.com> 2026-11-20T12:00:00+00:00"
			if got := mustRun(t, s.git, "log", "--format=%s -- %an <%ae> %cI", branch); got != want {
				t.Errorf("git log: got\n%s\nwant\n%s", got, want)
			}
			if got := mustRun(t, s.git, "fsck", "--strict", "--no-dangling"); got != "" {
				t.Errorf("git fsck: %s", got)
			}
		})
	}
}

// The same event of the same CI run is one event; another run, another environment or no CI is another.
func TestAppendOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.env["GITHUB_SERVER_URL"], s.env["GITHUB_REPOSITORY"], s.env["GITHUB_RUN_ID"] = "https://github.com", "o/r", "7"
	s.env["GITHUB_RUN_ATTEMPT"], s.env["GITHUB_JOB"] = "1", "deploy"
	first := s.append(deployed("staging"))
	if got, want := first.Run, "https://github.com/o/r/actions/runs/7/attempts/1"; got != want {
		t.Errorf("run: got %q, want %q", got, want)
	}
	s.now = s.now.Add(time.Minute)
	if diff := cmp.Diff(s.append(deployed("staging")), first); diff != "" {
		t.Errorf("the same event again: got - want +\n%s", diff)
	}
	s.append(deployed("production"))
	s.env["GITHUB_RUN_ATTEMPT"] = "2"
	s.append(deployed("staging"))
	s.env["GITHUB_JOB"] = "other"
	s.append(deployed("staging"))
	clear(s.env)
	s.append(deployed("staging"))
	s.append(deployed("staging"))
	if got, want := len(s.sound().Events), 1+6; got != want {
		t.Errorf("got %d events, want %d", got, want)
	}
}

// What a CI run says again after it was undone is an event of its own, and said once more it is the same one.
func TestAppendUndone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.env["GATE_RUN"] = "https://ci.example.com/7"
	hold := gate.Event{Kind: gate.Hold, Environment: "production", Name: "dba", Reason: "a batch"}
	seen := map[string]bool{}
	for n := range 3 {
		held := s.append(hold)
		if seen[held.ID] || seen[held.Key] {
			t.Errorf("hold %d: it is the event %s from before", n, held.ID)
		}
		seen[held.ID], seen[held.Key] = true, true
		if again := s.append(hold); again.ID != held.ID {
			t.Errorf("hold %d said again: got another event", n)
		}
		s.append(gate.Event{Kind: gate.Resume, Environment: "production", Of: held.ID})
	}
	longer := hold
	longer.Until = noon.Add(time.Hour)
	if first, second := s.append(hold), s.append(longer); first.ID == second.ID {
		t.Error("a hold with another end is the same one")
	}
	unseen := deployed("staging")
	shown := unseen
	shown.Seen = shown.Contents
	if first, second := s.append(unseen), s.append(shown); first.ID == second.ID {
		t.Error("a deployment that the hosts show is the one that they did not show yet")
	}
	s.sound()
}

// A check decides on the history that the event follows, and its error comes back as it is.
func TestAppendCheck(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.append(note("held"))
	held := errors.New("held")
	_, err := s.open().Append(t.Context(), deployed("staging"), func(h *gate.History) error {
		if len(reasons(h)) > 0 {
			return held
		}
		return nil
	})
	if err != held {
		t.Errorf("got %v, want %v", err, held)
	}
	if got := len(s.sound().Events); got != 2 {
		t.Errorf("got %d events, want the 2 from before", got)
	}
}

// While the check runs, somebody else adds what it must not pass with.
func TestAppendCheckAgain(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, remote := range []bool{false, true} {
		s := newSite(t)
		if remote {
			s.share()
		}
		s.append(note("begin"))
		other := s
		if remote {
			other = s.clone()
		}
		held := errors.New("held")
		var asked [][]string
		_, err := s.open().Append(t.Context(), deployed("staging"), func(h *gate.History) error {
			asked = append(asked, reasons(h))
			if len(asked) == 1 {
				other.slipIn(note("hold"))
			}
			if len(reasons(h)) > 1 {
				return held
			}
			return nil
		})
		if err != held {
			t.Errorf("remote %t: got %v, want %v", remote, err, held)
		}
		if diff := cmp.Diff(asked, [][]string{{"begin"}, {"begin", "hold"}}); diff != "" {
			t.Errorf("remote %t: asked: got - want +\n%s", remote, diff)
		}
		if got := s.sound().In("staging"); len(got) != 0 {
			t.Errorf("remote %t: got %v, want nothing", remote, got)
		}
	}
}

// slipIn adds an event as another machine does that shares the repository and not its lock.
func (s *site) slipIn(e gate.Event) {
	s.Helper()
	l := s.open()
	a, err := l.appending(s.Context(), e)
	if err != nil {
		s.Fatal(err)
	}
	if l.held, err = os.Open(os.DevNull); err != nil {
		s.Fatal(err)
	}
	defer l.held.Close()
	if _, err := a.attempt(s.Context(), nil); err != nil {
		s.Fatal(err)
	}
}

// A race that was lost, with nothing against it, is tried again.
func TestAppendAgain(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	s.share()
	s.append(note("begin"))
	other, times := s.clone(), 0
	_, err := s.open().Append(t.Context(), note("mine"), func(*gate.History) error {
		if times++; times <= 3 {
			other.slipIn(note("theirs"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(reasons(s.sound()), []string{"begin", "theirs", "theirs", "theirs", "mine"}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
}

func TestAppendRefusesBadEvents(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, e := range map[string]gate.Event{
		"kind": {Kind: "deploied"},
		"of":   {Kind: gate.Failed, Of: "--help"},
		"size": note(strings.Repeat("x", mostEventBytes)),
		"past": {Kind: gate.Opened},
	} {
		if _, err := s.open().Append(t.Context(), e, nil); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	if h := s.sound(); h.Head != "" {
		t.Errorf("got a ledger: %+v", h)
	}
}

// With --ledger the ledger is in a bare repository, and nowhere else.
func TestBare(t *testing.T) {
	s := newSite(t)
	s.bare = newRepository(t, "--bare").where[1]
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("GIT_CONFIG_KEY_0", "safe.bareRepository")
	t.Setenv("GIT_CONFIG_VALUE_0", "explicit")
	s.append(note("one"))
	if diff := cmp.Diff(reasons(s.sound()), []string{"one"}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	if got := mustRun(t, s.git, "for-each-ref"); got != "" {
		t.Errorf("the policy's repository has refs: %s", got)
	}
	s.bare = filepath.Join(t.TempDir(), "none")
	_, err := Open(t.Context(), s.options())
	if e, ok := errors.AsType[*Error](err); !ok || e.Hint != "make it a repository first: git init --bare "+s.bare {
		t.Errorf("no repository: got %v", err)
	}
}

func TestOpenWithoutGit(t *testing.T) {
	s := newSite(t)
	t.Setenv("PATH", t.TempDir())
	_, err := openRepository(t, s.dir)
	if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Hint, "install git") {
		t.Errorf("got %v, want an error with a hint", err)
	}
}

// A branch that cannot be read is an error, not an empty ledger.
func TestBrokenBranch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.append(note("one"))
	if err := os.WriteFile(filepath.Join(s.dir, ".git", branch), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if h, err := s.open().History(t.Context()); err == nil {
		t.Errorf("got %+v, want an error", h)
	}
}
