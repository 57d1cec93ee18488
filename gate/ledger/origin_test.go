package ledger

import (
	"errors"
	"slices"
	"testing"

	"github.com/seed-313c021b/gate/policies"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	const want = "git.example.com/Org/app"
	for _, address := range []string{
		"https://git.example.com/Org/app.git",
		"https://git.example.com/Org/app/",
		"https://user:token@Git.Example.com:8443/Org/app.git",
		"ssh://git@git.example.com:22/Org/app.git",
		"git@git.example.com:Org/app.git",
		"git.example.com:Org/app",
		"git@git.example.com:/Org/app.git",
	} {
		if got := normalize(address); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
	for address, want := range map[string]string{
		"/srv/git/app.git":        "/srv/git/app",
		"file:///srv/git/app.git": "/srv/git/app",
		"git@[::1]:app.git":       "::1/app",
		"ssh://git@[::1]:22/app":  "::1/app",
	} {
		if got := normalize(address); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

// The policy's name comes first, then the remote's URL, then the root commit.
func TestIdentity(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	settings := &policies.Ledger{}
	if _, err := identity(t.Context(), g, settings); err == nil {
		t.Error("a repository with nothing in it: got no error")
	}
	mustRun(t, g, "commit", "-q", "--allow-empty", "-m", "root")
	root := mustRun(t, g, "rev-parse", "HEAD")
	mustRun(t, g, "commit", "-q", "--allow-empty", "-m", "next")
	check := func(want string) {
		t.Helper()
		if got, err := identity(t.Context(), g, settings); err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	check("root:" + root)
	mustRun(t, g, "remote", "add", "origin", "git@git.example.com:app.git")
	check("git.example.com/app")
	settings.Remote = "https://git.example.com/app-ledger.git"
	check("git.example.com/app-ledger")
	settings.Repository = "app"
	check("app")
}

func TestIdentityShallow(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	mustRun(t, g, "commit", "-q", "--allow-empty", "-m", "root")
	mustRun(t, g, "commit", "-q", "--allow-empty", "-m", "next")
	shallow := unsynced(t.TempDir())
	mustRun(t, g, "clone", "-q", "--depth=1", "file://"+g.where[1], shallow.where[1])
	mustRun(t, shallow, "remote", "remove", "origin")
	_, err := identity(t.Context(), shallow, &policies.Ledger{})
	if e, ok := errors.AsType[*Error](err); !ok || e.Hint == "" {
		t.Errorf("got %v, want an error with a hint", err)
	}
	_, err = identity(t.Context(), unsynced(t.TempDir()), &policies.Ledger{})
	if e, ok := errors.AsType[*Error](err); !ok || e.Hint == "" {
		t.Errorf("no repository: got %v, want an error with a hint", err)
	}
}
