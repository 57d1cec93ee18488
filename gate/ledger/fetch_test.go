package ledger

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fetched is what is known of a repository after a fetch, which moves no ref.
func fetched(t *testing.T, g *git) (refs, shallow string) {
	t.Helper()
	return mustRun(t, g, "for-each-ref"), mustRun(t, g, "rev-parse", "--is-shallow-repository")
}

func TestFetch(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	first := commitFiles(t, g, map[string]string{"src/a": "1\n"})
	mustRun(t, g, "tag", "first", first)
	second := commitFiles(t, g, map[string]string{"src/a": "2\n"})
	third := commitFiles(t, g, map[string]string{"src/a": "3\n"})
	for _, test := range []struct {
		name, shallow string
		clone         []string
		commit        string
		has           bool // what comes before the commit as well
	}{
		{"a shallow clone", "true", []string{"--depth=1", "--no-tags"}, second, false},
		{"a whole clone of a part", "false", []string{"--no-tags", "--single-branch", "--branch=first"}, third, true},
	} {
		c := clone(t, g, test.clone...)
		r, err := openRepository(t, c.folder())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Resolve(t.Context(), test.commit); err == nil {
			t.Fatalf("%s: it has the commit before", test.name)
		}
		refs, _ := fetched(t, c)
		if err := r.Fetch(t.Context(), "origin", test.commit); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if got, err := r.Resolve(t.Context(), test.commit); got != test.commit {
			t.Errorf("%s: got %s, %v", test.name, got, err)
		}
		after, shallow := fetched(t, c)
		if diff := cmp.Diff(refs, after); diff != "" || shallow != test.shallow {
			t.Errorf("%s: shallow %s, want %s; refs\n%s", test.name, shallow, test.shallow, diff)
		}
		if _, err := r.Resolve(t.Context(), first); (err == nil) != test.has {
			t.Errorf("%s: the commits before it are here: %t, want %t", test.name, err == nil, test.has)
		}
	}
	c := clone(t, g)
	r, err := openRepository(t, c.folder())
	if err != nil {
		t.Fatal(err)
	}
	for _, commit := range []string{"--upload-pack=false", "HEAD", "", second[:39]} {
		if err := r.Fetch(t.Context(), "origin", commit); err == nil {
			t.Errorf("%q: no error", commit)
		}
	}
	for _, remote := range []string{"nowhere", "--upload-pack=false"} {
		if err := r.Fetch(t.Context(), remote, strings.Repeat("5d", 20)); err == nil {
			t.Errorf("%q: no error", remote)
		}
	}
}

func TestParents(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	first := commitFiles(t, g, map[string]string{"src/a": "1\n"})
	mustRun(t, g, "checkout", "-q", "-b", "other")
	other := commitFiles(t, g, map[string]string{"src/b": "1\n"})
	mustRun(t, g, "checkout", "-q", "-")
	second := commitFiles(t, g, map[string]string{"src/a": "2\n"})
	mustRun(t, g, "merge", "-q", "--no-ff", "-m", "parent "+first, "other")
	merge := mustRun(t, g, "rev-parse", "HEAD")
	for name, c := range map[string]*git{"whole": g, "shallow": clone(t, g, "--depth=1")} {
		r, err := openRepository(t, c.folder())
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Parents(t.Context(), merge)
		if diff := cmp.Diff([]string{second, other}, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
		base, err := r.MergeBase(t.Context(), merge, merge)
		if base != merge || err != nil {
			t.Errorf("%s: got %s, %v", name, base, err)
		}
	}
	r, err := openRepository(t, g.folder())
	if err != nil {
		t.Fatal(err)
	}
	if base, err := r.MergeBase(t.Context(), second, other); base != first || err != nil {
		t.Errorf("got %s, %v, want %s", base, err, first)
	}
	if files, err := r.Differing(t.Context(), first, merge); err != nil || !cmp.Equal(files, []string{"src/a", "src/b"}) {
		t.Errorf("got %q, %v", files, err)
	}
	for _, test := range []struct {
		name, a, b string
		want       bool
	}{
		{"src/a", first, second, false}, {"src/a", second, merge, true}, {"src/b", first, merge, false}, {"src/b", first, second, true},
		{"src", first, second, false}, {"src", merge, merge, true}, {".", first, second, false},
	} {
		if got, err := r.Alike(t.Context(), test.name, test.a, test.b); got != test.want || err != nil {
			t.Errorf("%s: got %t, %v, want %t", test.name, got, err, test.want)
		}
	}
	for name, ask := range map[string]func() error{
		"Parents":   func() error { _, err := r.Parents(t.Context(), "--batch"); return err },
		"MergeBase": func() error { _, err := r.MergeBase(t.Context(), "--all", first); return err },
		"Alike":     func() error { _, err := r.Alike(t.Context(), "src", first, "HEAD"); return err },
		"Differing": func() error { _, err := r.Differing(t.Context(), first, "-p"); return err },
	} {
		if ask() == nil {
			t.Errorf("%s: what is no commit's id is taken for one", name)
		}
	}
}

// Histories without a commit in common have no merge base; where the clone ends early that is not known.
func TestMergeBaseUnknown(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	commitFiles(t, g, map[string]string{"src/a": "1\n"})
	mustRun(t, g, "checkout", "-q", "-b", "other")
	other := commitFiles(t, g, map[string]string{"src/b": "1\n"})
	mustRun(t, g, "checkout", "-q", "-")
	second := commitFiles(t, g, map[string]string{"src/a": "2\n"})
	c := clone(t, g, "--depth=1", "--no-single-branch")
	r, err := openRepository(t, c.folder())
	if err != nil {
		t.Fatal(err)
	}
	base, err := r.MergeBase(t.Context(), second, other)
	if base != "" {
		t.Errorf("got %s", base)
	}
	wantMissing(t, err, "git fetch --unshallow")
	mustRun(t, g, "checkout", "-q", "--orphan", "alone")
	alone := commitFiles(t, g, map[string]string{"src/c": "1\n"})
	if r, err = openRepository(t, g.folder()); err != nil {
		t.Fatal(err)
	}
	if base, err := r.MergeBase(t.Context(), second, alone); base != "" || err != nil {
		t.Errorf("got %q, %v", base, err)
	}
}

// Of several commits that two have come from, none is the one that a merge begins with.
func TestMergeBaseAcross(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	commitFiles(t, g, map[string]string{"gate.hcl": "weak\n"})
	mustRun(t, g, "checkout", "-q", "-b", "feature")
	feature := commitFiles(t, g, map[string]string{"src/a": "1\n"})
	mustRun(t, g, "checkout", "-q", "-")
	strong := commitFiles(t, g, map[string]string{"gate.hcl": "strong\n"})
	commit := func(tree string, parents ...string) string {
		args := []string{"commit-tree", "-m", "merge"}
		for _, parent := range parents {
			args = append(args, "-p", parent)
		}
		return mustRun(t, g, append(args, tree+"^{tree}")...)
	}
	merged := commit(strong, strong, feature)
	evil := commit(feature, feature, strong) // has the weak policy
	if base, err := open(t, g).MergeBase(t.Context(), merged, evil); base != "" || err != nil {
		t.Errorf("got %q, %v, want none", base, err)
	}
}

// In a clone whose history ends, an older commit may be found than the one that two have come from.
func TestMergeBaseHidden(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	old := commitFiles(t, g, map[string]string{"src/a": "1\n"})
	later := commitFiles(t, g, map[string]string{"src/a": "2\n"})
	base := commitFiles(t, g, map[string]string{"src/a": "3\n"})
	between := mustRun(t, g, "commit-tree", "-m", "between", "-p", later, later+"^{tree}")
	head := mustRun(t, g, "commit-tree", "-m", "head", "-p", old, "-p", between, old+"^{tree}")
	r := open(t, g)
	if got, err := r.MergeBase(t.Context(), base, head); got != later || err != nil {
		t.Errorf("whole: got %s, %v, want %s", got, err, later)
	}
	if err := os.WriteFile(g.folder()+"/.git/shallow", []byte(between+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, g).MergeBase(t.Context(), base, head)
	if got != "" {
		t.Errorf("shallow: got %s", got)
	}
	wantMissing(t, err, "git fetch --unshallow")
}
