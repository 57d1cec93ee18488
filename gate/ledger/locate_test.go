package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// must stops a test at an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// copied copies what makes a folder look like a bare repository into a folder of a working tree.
func copied(t *testing.T, from *git, to string) {
	t.Helper()
	must(t, os.MkdirAll(to, 0o755))
	for _, name := range []string{"HEAD", "config"} {
		data, err := os.ReadFile(filepath.Join(from.folder(), ".git", name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(to, name), data, 0o644))
	}
	for _, name := range []string{"objects", "refs"} {
		must(t, os.CopyFS(filepath.Join(to, name), os.DirFS(filepath.Join(from.folder(), ".git", name))))
	}
}

// Files of a change that look like a repository are not asked, wherever they are.
func TestEmbeddedRepository(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	want := commitFiles(t, g, map[string]string{"deploy/gate.hcl": "the policy\n"})
	evil := newRepository(t)
	commitFiles(t, evil, map[string]string{"gate.hcl": "no policy\n"})
	mustRun(t, evil, "config", "core.bare", "true")
	deploy := filepath.Join(g.folder(), "deploy")
	copied(t, evil, deploy)
	copied(t, evil, filepath.Join(deploy, "deeper"))
	for _, folder := range []string{deploy, filepath.Join(deploy, "refs"), filepath.Join(deploy, "deeper", "objects")} {
		r, err := openRepository(t, folder)
		must(t, err)
		if got, err := r.Resolve(t.Context(), "main"); got != want || err != nil || r.Top != g.folder() {
			t.Errorf("%s: main is %s of %s, %v; want %s", folder, got, r.Top, err, want)
		}
	}
	// Unpacked without the repository that it is of.
	alone := filepath.Join(t.TempDir(), "alone")
	copied(t, evil, alone)
	_, err := openRepository(t, filepath.Join(alone, "refs"))
	wantHint(t, err, "in the bare repository "+alone+", or in a folder that looks like one", "git clone")
	if !errors.Is(err, ErrNoRepository) {
		t.Errorf("got %v, want %v", err, ErrNoRepository)
	}
}

// A submodule is another repository in each commit that says so.
func TestSubmoduleIsRefused(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	other := newRepository(t)
	commitFiles(t, other, map[string]string{"gate.hcl": "no policy\n"})
	g := newRepository(t)
	commitFiles(t, g, map[string]string{"gate.hcl": "the policy\n"})
	mustRun(t, g, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.folder(), "deploy")
	commitFiles(t, g, nil)
	worktree := filepath.Join(t.TempDir(), "tree")
	mustRun(t, g, "worktree", "add", "-q", "--detach", worktree)
	mustRun(t, unsynced(worktree), "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init")
	for _, top := range []string{g.folder(), worktree} {
		_, err := openRepository(t, filepath.Join(top, "deploy"))
		wantHint(t, err, "is in a submodule of the repository "+top, "keep the policy in the repository itself")
	}
	// A clone that is in a working tree, and no part of it, is one that its user has chosen.
	inner := filepath.Join(g.folder(), "inner")
	mustRun(t, g, "clone", "-q", "file://"+other.folder(), inner)
	if r, err := openRepository(t, inner); err != nil || r.Top != inner {
		t.Errorf("a clone in a working tree: got %+v, %v", r, err)
	}
}

// A link that is part of a repository chooses neither another repository nor another path.
func TestLinkedFolders(t *testing.T) {
	t.Parallel()
	other := newRepository(t)
	commitFiles(t, other, map[string]string{"gate.hcl": "no policy\n", "sub/gate.hcl": "no policy\n"})
	g := newRepository(t)
	commitFiles(t, g, map[string]string{"examples/gate.hcl": "a weak policy\n", "deploy/gate.hcl": "the policy\n"})
	link := func(name, target string) string {
		file := filepath.Join(g.folder(), name)
		must(t, os.Symlink(target, file))
		return file
	}
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.Symlink(filepath.Join(g.folder(), "deploy"), outside))
	toEvil := link("evil", other.folder())
	twice := filepath.Join(t.TempDir(), "twice")
	must(t, os.Symlink(toEvil, twice))
	for _, folder := range []string{toEvil, filepath.Join(toEvil, "sub"), link("evilsub", other.folder()+"/sub"), twice} {
		_, err := openRepository(t, folder)
		wantHint(t, err, "is in the repository "+other.folder()+" by a symbolic link of the repository "+g.folder(), "name the folder")
	}
	r, err := openRepository(t, outside)
	must(t, err)
	within := link("other", "examples")
	for file, want := range map[string]string{
		outside + "/gate.hcl": "deploy/gate.hcl", // the user's own link counts
		within + "/gate.hcl":  "other/gate.hcl",  // and one of a change does not
		toEvil + "/gate.hcl":  "evil/gate.hcl",
	} {
		if got, err := r.Inside(file); got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", file, got, err, want)
		}
	}
	loop := link("loop", "loop")
	if _, err := openRepository(t, loop); err == nil || !strings.Contains(err.Error(), "40 symbolic links") {
		t.Errorf("a link to itself: got %v", err)
	}
}

func TestLocate(t *testing.T) {
	g := newRepository(t)
	commitFiles(t, g, map[string]string{"deploy/gate.hcl": "x\n"})
	separate := filepath.Join(t.TempDir(), "separate")
	apart := filepath.Join(t.TempDir(), "apart.git")
	mustRun(t, g, "clone", "-q", "--separate-git-dir", apart, "file://"+g.folder(), separate)
	if r, err := openRepository(t, separate); err != nil || r.Top != separate || r.place.folder != apart {
		t.Errorf("a repository apart from its tree: got %+v, %v", r, err)
	}
	for name, text := range map[string]string{"nothing": "", "something else": "hello\n", "what is not there": "gitdir: /nothing/there\n", "too much": "gitdir: /" + strings.Repeat("x", mostGitFile)} {
		folder := t.TempDir()
		must(t, os.WriteFile(filepath.Join(folder, ".git"), []byte(text), 0o644))
		if r, err := openRepository(t, folder); err == nil || errors.Is(err, ErrNoRepository) {
			t.Errorf("a .git file that says %s: got %+v, %v", name, r, err)
		}
	}
	t.Setenv("GIT_CEILING_DIRECTORIES", "/nothing:"+g.folder())
	if r, err := openRepository(t, g.folder()+"/deploy"); !errors.Is(err, ErrNoRepository) {
		t.Errorf("below a ceiling: got %+v, %v", r, err)
	}
	if _, err := openRepository(t, g.folder()); err != nil {
		t.Errorf("at a ceiling: %v", err)
	}
}
