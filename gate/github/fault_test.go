package github

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

// Whatever fails, at whichever request: what is there afterwards is as it should be, or there is an error; the next run, on
// which GitHub is well, makes it so, with one comment, one open issue and one deployment; and the token is in no error.
func TestEveryFault(t *testing.T) {
	drifttest.Slow(t)
	comment := func(t *testing.T, w *world) error { _, _, err := w.upsert(t, "blocked"); return err }
	issue := func(t *testing.T, w *world) error {
		_, _, err := w.upsertIssue(t, drifted("blocked"))
		return err
	}
	pass := func(t *testing.T, w *world) error {
		_, _, err := w.upsertIssue(t, passed("pass"))
		return err
	}
	begins := func(t *testing.T, w *world) error {
		return w.client.ShowDeployment(t.Context(), hello, shown(deploying, "in_progress"))
	}
	comments := func(w *world) (there string) {
		for _, c := range w.Comments() {
			there += fmt.Sprintln(c.Author, c.Body)
		}
		return there
	}
	issues := func(w *world) (there string) {
		for _, i := range w.Issues() {
			if i.Reason != "not_planned" { // a twin that was closed
				there += fmt.Sprintln(i.Author, i.Title, i.Body, i.Labels, i.Closed, i.Reason)
			}
		}
		return there
	}
	const bot = githubtest.Login
	for _, tt := range []struct {
		name    string
		prepare func(*world)
		do      func(*testing.T, *world) error
		state   func(*world) string
		asks    []string // the methods that it uses, in turn
	}{
		{"a new comment", func(*world) {}, comment, comments, []string{"GET", "POST", "GET"}},
		{"a comment that changes, with a twin", func(w *world) { w.Add(bot, body("pass")); w.Add(bot, body("pass")) }, comment, comments, []string{"GET", "GRAPHQL", "PATCH", "DELETE"}},
		{"a new issue", func(*world) {}, issue, issues, []string{"GET", "POST", "GET"}},
		{"an issue that changes, with a twin", func(w *world) { w.AddIssue(drift(bot, "old")); w.AddIssue(drift(bot, "old")) }, issue, issues, []string{"GET", "GRAPHQL", "PATCH", "PATCH"}},
		{"a deployment", func(*world) {}, begins, func(w *world) string { return strings.Join(w.all(), "\n") }, []string{"GET", "POST", "GET", "POST"}},
		{"an issue that is done", func(w *world) { w.AddIssue(drift(bot, "old")) }, pass, issues, []string{"GET", "GRAPHQL", "PATCH"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			well := newWorld(t)
			tt.prepare(well)
			if err := tt.do(t, well); err != nil {
				t.Fatal(err)
			}
			want := tt.state(well)
			for at, method := range tt.asks {
				before := make([]string, 0, len(tt.asks))
				for _, earlier := range tt.asks[:at] {
					if earlier == method {
						before = append(before, "")
					}
				}
				for _, fault := range githubtest.Faults() {
					name := fmt.Sprintf("%s at request %d, %s", fault, at+1, method)
					w := newWorld(t)
					tt.prepare(w)
					w.fail(t, method, append(before, fault)...)
					err := tt.do(t, w)
					if err == nil && tt.state(w) != want && !believed(method, fault, at) {
						t.Errorf("%s: no error, and there is\n%s\nwant\n%s", name, tt.state(w), want)
					}
					if err != nil {
						hides(t, name, fmt.Sprintf("%v %+v %#v", err, err, err))
					}
					if err := tt.do(t, w); err != nil || tt.state(w) != want {
						t.Errorf("%s, the next run: %v, and there is\n%s\nwant\n%s", name, err, tt.state(w), want)
					}
					if !strings.Contains(strings.Join(w.Log(), "\n"), " "+fault) {
						t.Errorf("%s: it was not asked for", name)
					}
				}
			}
		})
	}
}

// believed reports whether a fault cannot be told from the truth: a list that lags behind, and what is said to be gone that
// was to be removed.
func believed(method, fault string, at int) bool {
	return fault == "stale" && at == 0 || method == "DELETE" && (fault == "404" || fault == "410")
}
