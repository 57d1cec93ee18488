package ledger

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// Nothing is pushed that may not be, and nothing recorded.
func TestPublish(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	s.append(note("one"))
	head := mustRun(t, remote, "rev-parse", branch)
	errPublic := errors.New("it is public")
	var asked [][]string
	answer := errPublic
	open := func(offline bool) *Ledger {
		o := s.options()
		o.Offline = offline
		o.Publish = func(_ context.Context, places []string) error {
			asked = append(asked, places)
			return answer
		}
		l, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := open(false)
	if _, err := l.Append(t.Context(), note("two"), nil); !errors.Is(err, errPublic) {
		t.Errorf("append: got %v, want %v", err, errPublic)
	}
	if _, err := l.Keep(t.Context(), snapshot("staging", host("staging", "staging-1")), policyDigest); !errors.Is(err, errPublic) {
		t.Errorf("keep: got %v, want %v", err, errPublic)
	}
	if got := mustRun(t, s.git, "for-each-ref", snapshotsUnder); got != "" {
		t.Errorf("a snapshot was kept: %s", got)
	}
	if diff := cmp.Diff([][]string{{remote.where[1]}, {remote.where[1]}}, asked); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// What was recorded offline stays here, and reading does not bring it there.
	asked = nil
	if _, err := open(true).Append(t.Context(), note("offline"), nil); err != nil || asked != nil {
		t.Errorf("offline: got %v, and it was asked about %q", err, asked)
	}
	if _, err := open(false).History(t.Context()); !errors.Is(err, errPublic) {
		t.Errorf("history: got %v, want %v", err, errPublic)
	}
	if got := mustRun(t, remote, "rev-parse", branch); got != head {
		t.Errorf("the remote has %s, want %s", got, head)
	}
	// Once it may, it is asked no more.
	asked, answer = nil, nil
	l = open(false)
	for _, reason := range []string{"three", "four"} {
		if _, err := l.Append(t.Context(), note(reason), nil); err != nil {
			t.Error(err)
		}
	}
	if len(asked) != 1 {
		t.Errorf("it was asked %d times, want 1", len(asked))
	}
}

// A push goes where git is told that it goes.
func TestPushedTo(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	mustRun(t, g, "remote", "add", "plain", "https://x-access-token:secret@GitHub.com/acme/shop.git")
	mustRun(t, g, "remote", "add", "ssh", "git@github.com:acme/shop.git")
	mustRun(t, g, "remote", "add", "port", "ssh://git@ssh.github.com:443/acme/shop")
	mustRun(t, g, "remote", "add", "short", "gh:acme/shop")
	mustRun(t, g, "config", "url.git@github.com:.insteadOf", "gh:")
	mustRun(t, g, "remote", "add", "two", "https://git.example.com/app")
	mustRun(t, g, "remote", "set-url", "--push", "two", "git@github.com:acme/shop.git")
	mustRun(t, g, "remote", "set-url", "--add", "--push", "two", "/srv/app.git")
	mustRun(t, g, "remote", "add", "pushes", "https://mirror.example.com/app")
	mustRun(t, g, "config", "url.https://github.com/.pushInsteadOf", "https://mirror.example.com/")
	mustRun(t, g, "config", "--add", "url./srv/.pushInsteadOf", "https://mirror.example.com/private/")
	mustRun(t, g, "remote", "add", "team/ledger", "https://git.example.com/app")
	mustRun(t, g, "remote", "set-url", "--push", "team/ledger", "git@github.com:acme/shop.git")
	for remote, want := range map[string]string{
		"https://mirror.example.com/acme/shop": "github.com/acme/shop", "https://mirror.example.com/private/x": "/srv/x", "team/ledger": "github.com/acme/shop",
		"plain": "github.com/acme/shop", "ssh": "github.com/acme/shop", "port": "ssh.github.com/acme/shop", "short": "github.com/acme/shop",
		"two": "github.com/acme/shop /srv/app", "pushes": "github.com/app", "gh:acme/other": "github.com/acme/other", "file:///srv/x.git": "/srv/x",
	} {
		got, err := pushedTo(t.Context(), g, remote)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, %v; want %s", remote, got, err, want)
		}
	}
	if got, err := pushedTo(t.Context(), g, "nowhere"); err == nil {
		t.Errorf("nowhere: got %q, want an error", got)
	}
}

// A name of the user's ssh_config means the host that it stands for; one that cannot be told is an error.
func TestPushedToAlias(t *testing.T) {
	g := newRepository(t)
	mustRun(t, g, "remote", "add", "alias", "git@work:acme/shop.git")
	mustRun(t, g, "remote", "add", "url", "ssh://git@work/acme/shop.git")
	mustRun(t, g, "remote", "add", "web", "https://work/acme/shop.git")
	for _, tt := range []struct{ remote, ssh, want string }{
		{"alias", "echo host $4; echo hostname GitHub.com", "github.com/acme/shop"},
		{"url", "echo user git; echo hostname ssh.github.com", "ssh.github.com/acme/shop"},
		{"web", "echo hostname github.com", "work/acme/shop"},
		{"alias", "echo hostname $4", "work/acme/shop"},
		{"alias", "exit 255", ""},
		{"alias", "echo user git", ""},
		{"alias", `echo hostname "work${GATE_DIGEST_KEY}${GATE_LEDGER_KEY}"`, "work/acme/shop"}, // what ssh_config has run is told no secrets
	} {
		t.Setenv("GATE_DIGEST_KEY", "secret")
		t.Setenv("GATE_LEDGER_KEY", "secret")
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "ssh"), []byte("#!/bin/sh\n"+tt.ssh+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
		got, err := pushedTo(t.Context(), g, tt.remote)
		if strings.Join(got, " ") != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s, %s: got %q, %v; want %q", tt.remote, tt.ssh, got, err, tt.want)
		}
	}
}

func TestAddress(t *testing.T) {
	g := newRepository(t)
	mustRun(t, g, "commit", "-q", "--allow-empty", "-m", "one")
	r, err := openRepository(t, g.where[1])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Address(t.Context(), "origin"); got != "" || err != nil {
		t.Errorf("without a remote: got %q, %v", got, err)
	}
	mustRun(t, g, "remote", "add", "origin", "https://x:secret@GitHub.com/acme/shop.git/")
	r = open(t, g)
	if got, err := r.Address(t.Context(), "origin"); got != "github.com/acme/shop" || err != nil {
		t.Errorf("got %q, %v; want github.com/acme/shop", got, err)
	}
	if got, err := r.Address(t.Context(), "https://github.com/Acme/Shop"); !SameRepository(got, "github.com/acme/shop") || err != nil {
		t.Errorf("an address: got %q, %v", got, err)
	}
	t.Setenv("PATH", filepath.Join(os.TempDir(), "nothing"))
	if got, err := r.Address(t.Context(), "origin"); err == nil {
		t.Errorf("without git: got %q", got)
	}
}
