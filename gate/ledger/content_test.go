package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// folder is where a test's git works.
func (g *git) folder() string { return g.where[1] }

// commitFiles writes files, commits everything and returns the commit. An empty text removes a file.
func commitFiles(t testing.TB, g *git, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(g.folder(), name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if text == "" {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	mustRun(t, g, "add", "-A")
	mustRun(t, g, "commit", "-q", "--allow-empty", "-m", "change")
	return head(t, g)
}

func head(t testing.TB, g *git) string {
	t.Helper()
	return mustRun(t, g, "rev-parse", "HEAD")
}

var app = policies.Component{Name: "app", Paths: []string{"src/**", "requirements.txt"}}

// open returns the repository of a git.
func open(t testing.TB, g *git) *Repository {
	t.Helper()
	r, err := openRepository(t, g.folder())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// contentOf returns the content id of a component at a commit.
func contentOf(t testing.TB, g *git, component policies.Component, commit string) string {
	t.Helper()
	found, err := open(t, g).Commits(t.Context(), []policies.Component{component}).Contents(commit)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].Component != component.Name || len(found[0].ID) != 64 || !strings.HasPrefix(found[0].Commit, commit) {
		t.Fatalf("got %+v", found)
	}
	return found[0].ID
}

// A feature of two commits arrives on main in each of the ways in which forges merge; beside it something else moves.
func TestContentSurvivesMerging(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	start := map[string]string{"src/a.py": "1\n", "src/b.py": "1\n", "requirements.txt": "x\n", "other/c": "1\n"}
	ways := []struct {
		name  string
		merge func(t *testing.T, g *git)
	}{
		{"fast-forward", func(t *testing.T, g *git) { mustRun(t, g, "merge", "-q", "--ff-only", "feature") }},
		{"merge commit", func(t *testing.T, g *git) {
			commitFiles(t, g, map[string]string{"other/c": "2\n"})
			mustRun(t, g, "merge", "-q", "--no-ff", "-m", "merge", "feature")
		}},
		{"squash", func(t *testing.T, g *git) {
			commitFiles(t, g, map[string]string{"other/c": "2\n"})
			mustRun(t, g, "merge", "-q", "--squash", "feature")
			mustRun(t, g, "commit", "-q", "-m", "squashed")
		}},
		{"rebase", func(t *testing.T, g *git) {
			commitFiles(t, g, map[string]string{"other/c": "2\n"})
			mustRun(t, g, "cherry-pick", "main..feature")
		}},
		{"merge queue", func(t *testing.T, g *git) {
			commitFiles(t, g, map[string]string{"other/c": "2\n"})
			mustRun(t, g, "checkout", "-q", "-b", "queue")
			commitFiles(t, g, map[string]string{"other/d": "another in the queue\n"})
			mustRun(t, g, "merge", "-q", "--no-ff", "-m", "queued", "feature")
			mustRun(t, g, "checkout", "-q", "main")
			mustRun(t, g, "merge", "-q", "--ff-only", "queue")
		}},
		{"signed off again", func(t *testing.T, g *git) {
			mustRun(t, g, "merge", "-q", "--ff-only", "feature")
			mustRun(t, g, "commit", "-q", "--amend", "--reset-author", "-m", "another message")
		}},
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			g := newRepository(t)
			before := contentOf(t, g, app, commitFiles(t, g, start))
			mustRun(t, g, "checkout", "-q", "-b", "feature")
			commitFiles(t, g, map[string]string{"src/a.py": "2\n"})
			want := contentOf(t, g, app, commitFiles(t, g, map[string]string{"src/new/d.py": "1\n", "src/b.py": ""}))
			mustRun(t, g, "checkout", "-q", "main")
			way.merge(t, g)
			if got := contentOf(t, g, app, head(t, g)); got != want {
				t.Errorf("got %s, want that of the feature, %s", got, want)
			}
			if want == before {
				t.Errorf("the feature did not change the content")
			}
		})
	}
}

func TestContentChanges(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	change := func(name, text string) func(*testing.T, *git) {
		return func(t *testing.T, g *git) { commitFiles(t, g, map[string]string{name: text}) }
	}
	for _, test := range []struct {
		name   string
		change func(*testing.T, *git)
		same   bool
	}{
		{"elsewhere", change("docs/x", "1\n"), true},
		{"a name that only begins alike", change("src2/x", "1\n"), true},
		{"a file", change("src/a", "2\n"), false},
		{"a new file", change("src/z", "1\n"), false},
		{"a file less", change("src/sub/b", ""), false},
		{"renamed", func(t *testing.T, g *git) {
			mustRun(t, g, "mv", "src/a", "src/c")
			commitFiles(t, g, nil)
		}, false},
		{"executable", func(t *testing.T, g *git) {
			mustRun(t, g, "update-index", "--chmod=+x", "src/a")
			mustRun(t, g, "commit", "-q", "-m", "x")
		}, false},
		{"a link in its place", func(t *testing.T, g *git) {
			if err := errors.Join(os.Remove(g.folder()+"/src/a"), os.Symlink("1\n", g.folder()+"/src/a")); err != nil {
				t.Fatal(err)
			}
			commitFiles(t, g, nil)
		}, false},
		{"an odd name", change("src/\t\"é\n x", "1\n"), false},
		{"a name that is no text", change("src/\xff", "1\n"), false},
		{"there and back", func(t *testing.T, g *git) {
			change("src/a", "2\n")(t, g)
			change("src/a", "1\n")(t, g)
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g := newRepository(t)
			before := contentOf(t, g, app, commitFiles(t, g, map[string]string{"src/a": "1\n", "src/sub/b": "1\n"}))
			test.change(t, g)
			if got := contentOf(t, g, app, head(t, g)) == before; got != test.same {
				t.Errorf("the same content: got %t, want %t", got, test.same)
			}
		})
	}
}

func TestContentDefinition(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	commit := commitFiles(t, g, map[string]string{"src/a": "1\n", "requirements.txt": "x\n"})
	of := func(name string, paths ...string) string {
		return contentOf(t, g, policies.Component{Name: name, Paths: paths}, commit)
	}
	if got, want := of("app", "requirements.txt", "src/**"), contentOf(t, g, app, commit); got != want {
		t.Errorf("another order of the paths: got %s, want %s", got, want)
	}
	roles := policies.Component{Name: "app", Paths: app.Paths, Roles: []string{"web"}, Units: []string{"x.service"}}
	if got, want := contentOf(t, g, roles, commit), contentOf(t, g, app, commit); got != want {
		t.Errorf("where it runs is no part of it: got %s, want %s", got, want)
	}
	seen := map[string]string{}
	for name, id := range map[string]string{
		"app": contentOf(t, g, app, commit), "another name": of("web", app.Paths...), "another path": of("app", "src/**", "*.txt"),
		"everything": of("all", "**"), "one path": of("app", "src/**\"\n\"requirements.txt", "src/**"),
	} {
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s have one content id", name, other)
		}
		seen[id] = name
	}
}

// The ids are written down in ledgers: they must stay what they are.
func TestContentIDIsStable(t *testing.T) {
	t.Parallel()
	entries := []entry{{"100644", "d00491fd7e5bb6fa28c517a0bb32b8b506539d4d", "src/a"}, {"160000", "0123456789012345678901234567890123456789", "src/lib"}}
	got, _ := contentID(app, entries)
	if want := "cbed92e7c41801b8d23e609dfe2e5779af89f28a871f3af8579e9fc1ab8244e5"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestContentOfSubmodule(t *testing.T) {
	t.Parallel()
	library := newRepository(t)
	first := commitFiles(t, library, map[string]string{"lib.py": "1\n"})
	second := commitFiles(t, library, map[string]string{"lib.py": "2\n"})
	g := newRepository(t)
	commitFiles(t, g, map[string]string{"src/a": "1\n"})
	without := contentOf(t, g, app, head(t, g))
	pin := func(commit string) string {
		mustRun(t, g, "update-index", "--add", "--cacheinfo", "160000,"+commit+",src/lib")
		mustRun(t, g, "commit", "-q", "-m", "pin")
		return contentOf(t, g, app, head(t, g))
	}
	one, two, again := pin(first), pin(second), pin(first)
	if one == without || one == two || one != again {
		t.Errorf("without %s, first %s, second %s, first again %s", without, one, two, again)
	}
	folder := policies.Component{Name: "lib", Paths: []string{"src/lib/**"}}
	if got := contentOf(t, g, folder, head(t, g)); len(got) != 64 {
		t.Errorf("got %q", got)
	}
}

func TestContentsOfSeveral(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	commit := commitFiles(t, g, map[string]string{"src/a": "1\n"})
	worker := policies.Component{Name: "worker", Paths: []string{"worker/**"}}
	found, err := open(t, g).Commits(t.Context(), []policies.Component{worker, app}).Contents(commit)
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Hint == "" || !strings.Contains(err.Error(), "no file of the component worker") {
		t.Errorf("got %v, want an error about the worker, with a hint", err)
	}
	if len(found) != 1 || found[0].Component != "app" {
		t.Errorf("got %v, want the other component", found)
	}
	if found, err := open(t, g).Commits(t.Context(), nil).Contents(commit); err == nil {
		t.Errorf("without components: got %v, want an error", found)
	}
	everything := policies.Policy{}
	if found, err := open(t, g).Commits(t.Context(), everything.Promoted()).Contents(commit); err != nil || len(found) != 1 || found[0].Component != "all" {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestContentSHA256(t *testing.T) {
	t.Parallel()
	g := newRepository(t, "--object-format=sha256")
	commit := commitFiles(t, g, map[string]string{"src/a": "1\n"})
	if len(commit) != 64 {
		t.Fatalf("got the commit %q", commit)
	}
	if contentOf(t, g, app, commit) != contentOf(t, g, app, commit[:9]) {
		t.Errorf("the abbreviated commit has another content")
	}
	if _, err := open(t, g).Commits(t.Context(), []policies.Component{app}).Contents(strings.Repeat("1", 40)); err == nil {
		t.Errorf("there is no such commit, and no error")
	}
}

func TestCommits(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	one := commitFiles(t, g, map[string]string{"src/a": "1\n", "a b\n\"": "1\n"})
	two := commitFiles(t, g, map[string]string{"src/a": "2\n"})
	mustRun(t, g, "mv", "src/a", "src/c")
	mustRun(t, g, "commit", "-q", "-m", "A subject, with é\n\nand a body")
	three := head(t, g)
	mustRun(t, g, "checkout", "-q", "-b", "side", one)
	side := commitFiles(t, g, map[string]string{"a b\n\"": "2\n"})
	c := open(t, g).Commits(t.Context(), []policies.Component{app})
	for _, test := range []struct {
		a, b string
		want bool
	}{{one, three, true}, {two, two, true}, {three, one, false}, {side, three, false}, {one[:8], side, true}} {
		if got, err := c.Ancestor(test.a, test.b); got != test.want || err != nil {
			t.Errorf("ancestor %s %s: got %t, %v, want %t", gate.Short(test.a), gate.Short(test.b), got, err, test.want)
		}
	}
	for _, test := range []struct {
		a, b  string
		count int
		paths []string
	}{
		{one, three, 2, []string{"src/a", "src/c"}},
		{three, one, 0, []string{"src/a", "src/c"}},
		{three, side, 1, []string{"a b\n\"", "src/a", "src/c"}},
		{two, two, 0, nil},
	} {
		count, paths, err := c.Changed(test.a, test.b)
		if err != nil || count != test.count || !slices.Equal(test.paths, paths) {
			t.Errorf("changed %s %s: got %d, %q, %v, want %d, %q", gate.Short(test.a), gate.Short(test.b), count, paths, err, test.count, test.paths)
		}
	}
	if got, err := c.Subject(three); got != "A subject, with é" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// A marker on a host may say anything: what is no id is not looked up, and a tag is not taken for one.
func TestCommitsTakeIDsOnly(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	one := commitFiles(t, g, map[string]string{"src/a": "1\n"})
	two := commitFiles(t, g, map[string]string{"src/a": "2\n"})
	mustRun(t, g, "tag", one[:8], two)
	mustRun(t, g, "tag", "deadbeef", two)
	c := open(t, g).Commits(t.Context(), []policies.Component{app})
	found, err := c.Contents(one[:8])
	if err != nil || found[0].Commit != one {
		t.Errorf("got %v, %v, want the commit and not the tag", found, err)
	}
	_, err = c.Contents("deadbeef")
	if missing, ok := errors.AsType[*MissingError](err); !ok || missing.Mend != "git fetch origin" {
		t.Errorf("got %v, want that it is missing", err)
	}
	for _, id := range []string{"", "HEAD", "main", "--all", one[:6], strings.ToUpper(one), one + "^", one + "\n" + two, strings.Repeat("a", 65)} {
		if found, err := c.Contents(id); err == nil {
			t.Errorf("%q: got %v, want an error", id, found)
		}
	}
	tree := mustRun(t, g, "rev-parse", "HEAD^{tree}")
	if found, err := c.Contents(tree); err == nil {
		t.Errorf("the id of a tree: got %v, want an error", found)
	}
}

// Two commits whose ids begin alike in seven digits, found among 24,425 that differ in their time.
func TestCommitsAmbiguousID(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	var ids []string
	for _, second := range []int{1700001314, 1700024424} {
		who := fmt.Sprintf("A <a@example.com> %d +0000", second)
		text := "tree " + mustRun(t, g, "mktree") + "\nauthor " + who + "\ncommitter " + who + "\n\n"
		id, err := g.input(t.Context(), strings.NewReader(text), "hash-object", "-w", "-t", "commit", "--stdin")
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	id := ids[0][:7]
	if ids[0] == ids[1] || ids[1][:7] != id {
		t.Fatalf("got the ids %q, which do not begin alike", ids)
	}
	_, err := open(t, g).Commits(t.Context(), []policies.Component{app}).Subject(id)
	wantHint(t, err, "the revision "+id+" is ambiguous", "whole object id")
}

// large commits many small files at once.
func large(t testing.TB, g *git, files int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("blob\nmark :1\ndata 2\n1\n\ncommit refs/heads/main\ncommitter A <a@example.com> 1700000000 +0000\ndata 0\n")
	for i := range files {
		fmt.Fprintf(&b, "M 100644 :1 part%d/folder%d/file%d.py\n", i%50, i%1000, i)
	}
	b.WriteString("\ndone\n")
	if _, err := g.input(t.Context(), strings.NewReader(b.String()), "fast-import", "--quiet", "--done"); err != nil {
		t.Fatal(err)
	}
	return mustRun(t, g, "rev-parse", "main")
}

func BenchmarkContents(b *testing.B) {
	drifttest.Program(b, "git")
	g := newRepository(b)
	commit := large(b, g, 100_000)
	components := []policies.Component{{Name: "all", Paths: []string{"**"}}, {Name: "app", Paths: []string{"part1/**", "part2/**", "*.txt"}}, {Name: "code", Paths: []string{"**/*.py"}}}
	for b.Loop() {
		if _, err := open(b, g).Commits(b.Context(), components).Contents(commit); err != nil {
			b.Fatal(err)
		}
	}
}
