package ledger

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/policies"
)

// clone returns a clone of a repository, made with more arguments.
func clone(t testing.TB, g *git, args ...string) *git {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clone")
	mustRun(t, g, slices.Concat([]string{"clone", "-q"}, args, []string{"file://" + g.folder(), dir})...)
	return unsynced(dir)
}

// wantHint checks that an error is an Error with a hint.
func wantHint(t *testing.T, err error, want, hint string) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || !strings.Contains(err.Error(), want) || !strings.Contains(e.Hint, hint) {
		t.Errorf("got %v (%+v), want %q with the hint %q", err, e, want, hint)
	}
}

// wantMissing checks that an error is a MissingError.
func wantMissing(t *testing.T, err error, mend string) {
	t.Helper()
	e, ok := errors.AsType[*MissingError](err)
	if !ok || e.Mend != mend || !strings.Contains(err.Error(), mend) {
		t.Errorf("got %v, want that something is missing which %q gets", err, mend)
	}
}

func TestOpenRepository(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	commit := commitFiles(t, g, map[string]string{"src/a": "1\n", "deploy/gate.hcl": "x\n"})
	bare := clone(t, g, "--bare")
	worktree := unsynced(filepath.Join(t.TempDir(), "tree"))
	mustRun(t, g, "worktree", "add", "-q", "--detach", worktree.folder())
	ofBare := unsynced(filepath.Join(t.TempDir(), "tree"))
	mustRun(t, bare, "worktree", "add", "-q", "--detach", ofBare.folder())
	for _, test := range []struct{ name, dir, top string }{
		{"its top", g.folder(), g.folder()},
		{"a folder in it", g.folder() + "/deploy", g.folder()},
		{"a worktree", worktree.folder() + "/src", worktree.folder()},
		{"a worktree of a bare one", ofBare.folder(), ofBare.folder()},
	} {
		r, err := openRepository(t, test.dir)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if real, _ := filepath.EvalSymlinks(test.top); r.Top != real {
			t.Errorf("%s: got %s, want %s", test.name, r.Top, real)
		}
		if got, err := r.Resolve(t.Context(), "HEAD"); got != commit || err != nil {
			t.Errorf("%s: got %s, %v, want %s", test.name, got, err, commit)
		}
		if _, err := r.Commits(t.Context(), []policies.Component{app}).Contents(commit); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	_, err := openRepository(t, t.TempDir())
	wantHint(t, err, "is in no git repository", "git init")
	_, err = openRepository(t, bare.folder()+"/refs")
	wantHint(t, err, "is in the bare repository "+bare.folder(), "git clone "+bare.folder())
	if _, err := openRepository(t, g.folder()+"/nothing"); err == nil {
		t.Error("a folder that is not there: no error")
	}
}

func TestOpenRepositoryOfAnother(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	g := newRepository(t)
	commitFiles(t, g, map[string]string{"src/a": "1\n"})
	if out, err := exec.Command("chown", "-R", "65533:65533", g.folder()).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, err := openRepository(t, g.folder())
	wantHint(t, err, "belongs to another user", "git config --global --add safe.directory "+g.folder())
}

func TestShellWord(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"/srv/app", "", "a b", "it's", "$(x)", "é;&"} {
		out, err := exec.Command("sh", "-c", "printf %s "+shellWord(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q: got %q, %v", word, out, err)
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	empty := open(t, g)
	_, err := empty.Resolve(t.Context(), "HEAD")
	wantHint(t, err, "has no commits", "commit")
	one := commitFiles(t, g, map[string]string{"src/a": "1\n"})
	two := commitFiles(t, g, map[string]string{"src/a": "2\n"})
	mustRun(t, g, "tag", "-a", "-m", "x", "v1", one)
	mustRun(t, g, "tag", "both", one)
	mustRun(t, g, "branch", "both", two)
	mustRun(t, g, "tag", "blob", "HEAD:src/a")
	mustRun(t, g, "config", "core.warnAmbiguousRefs", "false")
	r := open(t, g)
	for revision, want := range map[string]string{"HEAD": two, "HEAD~1": one, "main": two, "v1": one, one: one, one[:7]: one, "refs/heads/both": two, "refs/tags/both": one} {
		if got, err := r.Resolve(t.Context(), revision); got != want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", revision, got, err, want)
		}
	}
	_, err = r.Resolve(t.Context(), "both")
	wantHint(t, err, "ambiguous", "refs/heads/")

	// As in the clones of workflows, where a branch that is not checked out is the remote's.
	for name, commit := range map[string]string{"v1": two, "release/2": two, "alike": one, "main": one, "v10": two} {
		mustRun(t, g, "update-ref", "refs/remotes/origin/"+name, commit)
	}
	mustRun(t, g, "tag", "release/2", one)
	mustRun(t, g, "tag", "-a", "-m", "x", "alike", one)
	for _, revision := range []string{"v1", "v1^0", "v1~0", "release/2", "v1^{commit}"} {
		_, err = r.Resolve(t.Context(), revision)
		wantHint(t, err, "ambiguous", "refs/remotes/")
	}
	for revision, want := range map[string]string{"refs/tags/v1": one, "origin/v1": two, "refs/remotes/origin/v1": two, "tags/v1": one, "alike": one, "main": two, "HEAD": two} {
		if got, err := r.Resolve(t.Context(), revision); got != want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", revision, got, err, want)
		}
	}
	_, err = r.Resolve(t.Context(), "nothing")
	wantHint(t, err, "has no revision nothing", "git fetch")
	_, err = r.Resolve(t.Context(), "blob")
	wantHint(t, err, "not of a commit", "name a commit")
	_, err = r.Resolve(t.Context(), strings.Repeat("1", 40))
	wantMissing(t, err, "git fetch origin "+strings.Repeat("1", 40))
	for _, revision := range []string{"", "-x", "--all", " HEAD", "HEAD\n", "HEAD\x00"} {
		if got, err := r.Resolve(t.Context(), revision); err == nil {
			t.Errorf("%q: got %s, want an error", revision, got)
		}
	}
}

// What a shallow clone lacks is neither there nor not there.
func TestShallowClone(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	one := commitFiles(t, g, map[string]string{"src/a": "1\n"})
	mustRun(t, g, "branch", "side")
	two := commitFiles(t, g, map[string]string{"src/a": "2\n"})
	three := commitFiles(t, g, map[string]string{"src/a": "3\n"})
	shallow := clone(t, g, "--depth=2")
	r := open(t, shallow)
	c := r.Commits(t.Context(), []policies.Component{app})
	for _, commit := range []string{two, three} {
		if _, err := c.Contents(commit); err != nil {
			t.Errorf("what it has: %v", err)
		}
	}
	_, err := c.Contents(one)
	wantMissing(t, err, "git fetch --unshallow origin "+one)
	_, err = c.Ancestor(one, three)
	wantMissing(t, err, "git fetch --unshallow origin "+one)
	_, err = r.Resolve(t.Context(), "HEAD~2")
	wantMissing(t, err, "git fetch --unshallow --tags")
	if got, err := c.Ancestor(two, three); !got || err != nil {
		t.Errorf("an ancestor that it has: got %t, %v", got, err)
	}
	if got, err := c.Ancestor(three, two); got || err != nil {
		t.Errorf("a descendant: got %t, %v", got, err)
	}
	if n, _, err := c.Changed(two, three); n != 1 || err != nil {
		t.Errorf("a change that it has: got %d, %v", n, err)
	}
	// With the commit itself, the way to it is still cut.
	mustRun(t, shallow, "fetch", "-q", "--depth=1", "origin", one)
	c = open(t, shallow).Commits(t.Context(), []policies.Component{app})
	_, err = c.Ancestor(one, three)
	wantMissing(t, err, "git fetch --unshallow")
	_, _, err = c.Changed(one, three)
	wantMissing(t, err, "git fetch --unshallow")
	mustRun(t, shallow, "fetch", "-q", "--unshallow")
	c = open(t, shallow).Commits(t.Context(), []policies.Component{app})
	if got, err := c.Ancestor(one, three); !got || err != nil {
		t.Errorf("after it was mended: got %t, %v", got, err)
	}
	other := clone(t, g, "--depth=2")
	mustRun(t, other, strings.Fields("fetch -q --unshallow origin "+one)...)
	if got, err := open(t, other).Commits(t.Context(), []policies.Component{app}).Ancestor(one, three); !got || err != nil {
		t.Errorf("mended at once: got %t, %v", got, err)
	}
}

// Nothing is fetched: what a partial clone lacks is said.
func TestPartialClone(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	commitFiles(t, g, map[string]string{"src/a": "1\n", "src/b": "b\n", "gate.hcl": "one\n"})
	one := head(t, g)
	two := commitFiles(t, g, map[string]string{"src/a": "2\n", "gate.hcl": "two\n"})
	mustRun(t, g, "config", "uploadpack.allowFilter", "true")
	mustRun(t, g, "config", "uploadpack.allowAnySHA1InWant", "true")
	blobless := clone(t, g, "--filter=blob:none", "--no-checkout")
	r := open(t, blobless)
	if _, err := r.Commits(t.Context(), []policies.Component{app}).Contents(one); err != nil {
		t.Errorf("contents need no files: %v", err)
	}
	_, err := r.Files(t.Context(), one, "gate.hcl")
	wantMissing(t, err, "git show "+one+":gate.hcl")
	_, err = r.Files(t.Context(), one, "src")
	wantMissing(t, err, "git archive --output=/dev/null "+one+" -- src")
	mustRun(t, blobless, "archive", "--output=/dev/null", one, "--", "src")
	if _, err := open(t, blobless).Files(t.Context(), one, "src"); err != nil {
		t.Error(err)
	}
	treeless := clone(t, g, "--filter=tree:0", "--no-checkout")
	r = open(t, treeless)
	c := r.Commits(t.Context(), []policies.Component{app})
	_, err = c.Contents(one)
	wantMissing(t, err, "git ls-tree -r "+one)
	if got, err := c.Ancestor(one, two); !got || err != nil {
		t.Errorf("got %t, %v", got, err)
	}
	_, _, err = c.Changed(one, two)
	if _, ok := errors.AsType[*MissingError](err); !ok {
		t.Errorf("got %v, want that something is missing", err)
	}
	_, err = r.Files(t.Context(), one, "gate.hcl")
	wantMissing(t, err, "git ls-tree -r "+one)
	// The command that mends it does.
	mustRun(t, treeless, "ls-tree", "-r", one)
	if _, err := open(t, treeless).Commits(t.Context(), []policies.Component{app}).Contents(one); err != nil {
		t.Error(err)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	one := commitFiles(t, g, map[string]string{"gate.hcl": "one\n", "deploy/gate/a.hcl": "a\n", "deploy/gate/b.hcl": "b\n", "deploy/gate/sub/c.hcl": "c\n"})
	if err := os.Symlink("gate.hcl", g.folder()+"/link.hcl"); err != nil {
		t.Fatal(err)
	}
	commitFiles(t, g, map[string]string{"gate.hcl": "two\n", "deploy/gate/b.hcl": ""})
	r := open(t, g)
	read := func(revision, name string) map[string]string {
		t.Helper()
		files, err := r.Files(t.Context(), revision, name)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]string{}
		err = fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				text, err := fs.ReadFile(files, name)
				found[name] = string(text)
				return err
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	for _, test := range []struct {
		revision, name string
		want           map[string]string
	}{
		{one, "gate.hcl", map[string]string{"gate.hcl": "one\n"}},
		{"main", "gate.hcl", map[string]string{"gate.hcl": "two\n"}},
		{one, "deploy/gate", map[string]string{"deploy/gate/a.hcl": "a\n", "deploy/gate/b.hcl": "b\n"}},
		{"main", "deploy/gate/", map[string]string{"deploy/gate/a.hcl": "a\n"}},
		{one, "deploy/gate/b.hcl", map[string]string{"deploy/gate/b.hcl": "b\n"}},
		{one, ".", map[string]string{"gate.hcl": "one\n"}},
	} {
		if diff := cmp.Diff(test.want, read(test.revision, test.name)); diff != "" {
			t.Errorf("%s %s: (-want +got)\n%s", test.revision, test.name, diff)
		}
	}
	files, err := r.Files(t.Context(), "main", ".")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := fs.Stat(files, "link.hcl"); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("link.hcl in its folder: got %v, %v, want a symbolic link", info, err)
	}
	for _, name := range []string{"nothing.hcl", "deploy/gate/nothing.hcl", "deploy/nothing/x.hcl", "gate.hcl/x"} {
		if _, err := r.Files(t.Context(), "main", name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: got %v, want that it is not there", name, err)
		}
	}
	commitFiles(t, g, map[string]string{`deploy/slash/a\b.hcl`: "b\n"})
	for _, name := range []string{"../gate.hcl", "/etc/passwd", "link.hcl", "deploy/slash"} {
		if _, err := r.Files(t.Context(), "main", name); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestInside(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	commitFiles(t, g, map[string]string{"deploy/gate.hcl": "one\n"})
	r := open(t, g)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(g.folder(), link); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ file, want string }{
		{g.folder() + "/deploy/gate.hcl", "deploy/gate.hcl"},
		{link + "/deploy/gate.hcl", "deploy/gate.hcl"},
		{g.folder() + "/gone.hcl", "gone.hcl"},
		{g.folder(), "."},
	} {
		if got, err := r.Inside(test.file); got != test.want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", test.file, got, err, test.want)
		}
	}
	for _, file := range []string{t.TempDir(), filepath.Dir(g.folder())} {
		if got, err := r.Inside(file); err == nil {
			t.Errorf("%s: got %q, want an error", file, got)
		}
	}
}
