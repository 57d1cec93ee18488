package ledger

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// newRepository makes a repository that no configuration of whoever runs the tests has a part in.
func newRepository(t testing.TB, args ...string) *git {
	t.Helper()
	g := unsynced(t.TempDir())
	mustRun(t, g, append([]string{"init", "-q", "-b", "main"}, args...)...)
	return g
}

// unsynced returns a git that does not wait until what it writes is on the disk: the repositories of tests are thrown away.
func unsynced(dir string) *git {
	g := inFolder(dir)
	g.settings = withoutSync
	return g
}

var withoutSync = append(slices.Clone(settings), "-c", "core.fsync=none")

// openRepository opens a repository, and does not wait for the disk either.
func openRepository(t testing.TB, dir string) (*Repository, error) {
	t.Helper()
	r, err := OpenRepository(t.Context(), dir, t.TempDir())
	if err == nil {
		r.quicken()
	}
	return r, err
}

func (r *Repository) quicken() { r.git.settings, r.connected.settings = withoutSync, withoutSync }

// isolate gives git, and what it runs, a home of their own, with a name to commit under.
func isolate(home string) error {
	for name, value := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": filepath.Join(home, ".config"), "XDG_CACHE_HOME": filepath.Join(home, ".cache"),
		"GIT_CONFIG_NOSYSTEM": "1", "SSH_AUTH_SOCK": "",
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	config := "[user]\n\tname = Ada\n\temail = ada@example.com\n[maintenance]\n\tauto = false\n"
	return os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(config), 0o600)
}

func mustRun(t testing.TB, g *git, args ...string) string {
	t.Helper()
	out, err := g.run(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGitWithoutGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := inFolder(".").run(t.Context(), "version")
	e, ok := errors.AsType[*Error](err)
	if !ok || !strings.Contains(e.Hint, "install git") {
		t.Errorf("run: got %v, want an error with a hint to install git", err)
	}
	_, err = inFolder(".").batch(t.Context())
	if _, ok := errors.AsType[*Error](err); !ok {
		t.Errorf("batch: got %v, want an error with a hint", err)
	}
}

func TestGitErrors(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	_, err := g.run(t.Context(), "rev-parse", "--verify", "-q", "nothing")
	if got := exitCode(err); got != 1 {
		t.Errorf("got exit code %d, want 1: %v", got, err)
	}
	_, err = g.run(t.Context(), "cat-file", "commit", "nothing")
	if err == nil || !strings.Contains(err.Error(), "Not a valid object name nothing") {
		t.Errorf("got %v, want git's own words", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.run(ctx, "version"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}

// A hook that runs gate has these set, for its own repository.
func TestGitIgnoresWhereItWasCalledFrom(t *testing.T) {
	g := newRepository(t)
	t.Setenv("GIT_DIR", filepath.Join(t.TempDir(), "other"))
	t.Setenv("GIT_OBJECT_DIRECTORY", t.TempDir())
	if got, want := mustRun(t, g, "rev-parse", "--git-dir"), ".git"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	id, err := g.input(t.Context(), strings.NewReader("one\n"), "hash-object", "-w", "--stdin")
	if err != nil {
		t.Fatal(err)
	}
	b, err := g.batch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	for range 2 { // what was not there, or too large, spoils nothing
		if o, err := b.read(id, 100); err != nil || o.id != id || o.kind != "blob" || string(o.data) != "one\n" {
			t.Errorf("got %+v, %v", o, err)
		}
		if o, err := b.read(id, 3); err != nil || o.data != nil || o.size != 4 {
			t.Errorf("larger than asked for: got %+v, %v, want no data and its size", o, err)
		}
		for _, name := range []string{"", "nothing", "main:a name with spaces", "a\nb", strings.Repeat("0", 40)} {
			if _, err := b.read(name, 100); !errors.Is(err, errNoObject) {
				t.Errorf("%q: got %v, want that there is none", name, err)
			}
		}
	}
}

func TestBatchFails(t *testing.T) {
	t.Parallel()
	b, err := inFolder(t.TempDir()).batch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	for range 2 {
		if _, err := b.read("HEAD", 100); err == nil || !strings.Contains(err.Error(), "not a git repository") {
			t.Errorf("got %v, want git's own words", err)
		}
	}
}
