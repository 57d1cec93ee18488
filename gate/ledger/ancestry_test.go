package ledger

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// What was squashed, or picked, has the content of what was deployed, wherever that commit is now.
func TestCarries(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	base := commitFiles(t, g, map[string]string{"src/a": "1\n", "src/a.b/c": "1\n", "src/a0": "1\n", "other/x": "1\n"})
	mustRun(t, g, "checkout", "-q", "-b", "feature")
	commitFiles(t, g, map[string]string{"src/a": "2\n"})
	if err := os.Symlink("a", filepath.Join(g.folder(), "src/link")); err != nil {
		t.Fatal(err)
	}
	mustRun(t, g, "update-index", "--add", "--cacheinfo", "160000,"+base+",src/lib")
	mustRun(t, g, "update-index", "--chmod=+x", "src/a0")
	mustRun(t, g, "add", "src/link")
	mustRun(t, g, "commit", "-q", "-m", "all kinds of entries")
	feature := head(t, g)
	mustRun(t, g, "checkout", "-q", "-f", "main")
	commitFiles(t, g, map[string]string{"other/x": "2\n"})
	between := head(t, g)
	mustRun(t, g, "merge", "-q", "--squash", "feature")
	mustRun(t, g, "commit", "-q", "-m", "squashed")
	squashed := head(t, g)
	next := commitFiles(t, g, map[string]string{"src/d": "1\n", "src/a": "3\n"})
	deployed := contentOf(t, g, app, feature)
	// A clone has no commit of the branch that was squashed.
	c := clone(t, g, "--single-branch", "--branch=main", "--no-tags")
	commits := open(t, c).Commits(t.Context(), []policies.Component{{Name: "other", Paths: []string{"other/**"}}, {Name: "none", Paths: []string{"none/**"}}, app})
	if _, err := commits.Ancestor(feature, next); err == nil {
		t.Fatal("the clone has the branch")
	}
	for _, test := range []struct {
		name, commit string
		content      gate.Content
		want         bool
	}{
		{"a commit on top", next, gate.Content{Component: "app", ID: deployed}, true},
		{"the commit itself", squashed, gate.Content{Component: "app", ID: deployed}, true},
		{"the commit before", between, gate.Content{Component: "app", ID: deployed}, false},
		{"the first commit", base, gate.Content{Component: "app", ID: contentOf(t, g, app, base)}, true},
		{"what never was", next, gate.Content{Component: "app", ID: "0"}, false},
		{"no content", next, gate.Content{Component: "none"}, false},
		{"another component's", next, gate.Content{Component: "other", ID: deployed}, false},
		{"a component that is none", next, gate.Content{Component: "web", ID: deployed}, false},
	} {
		if got, err := commits.Carries(test.commit, test.content); got != test.want || err != nil {
			t.Errorf("%s: got %t, %v, want %t", test.name, got, err, test.want)
		}
	}
	// Where the clone ends early, what is before that is not known.
	shallow := open(t, clone(t, g, "--depth=1")).Commits(t.Context(), []policies.Component{app})
	if got, err := shallow.Carries(next, gate.Content{Component: "app", ID: contentOf(t, g, app, next)}); !got || err != nil {
		t.Errorf("shallow: got %t, %v", got, err)
	}
	_, err := shallow.Carries(next, gate.Content{Component: "app", ID: deployed})
	wantMissing(t, err, "git fetch --unshallow")
	mustRun(t, g, "config", "uploadpack.allowFilter", "true")
	treeless := open(t, clone(t, g, "--filter=tree:0", "--no-checkout")).Commits(t.Context(), []policies.Component{app})
	_, err = treeless.Carries(next, gate.Content{Component: "app", ID: deployed})
	wantMissing(t, err, "git fetch --refetch --filter=blob:none origin")
}
