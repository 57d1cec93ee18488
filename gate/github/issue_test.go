package github

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

const driftMarker = "<!-- gate:v1 drift policy=gate.hcl to=production -->"

// drifted is what the issue should be for a verdict that is no pass, and drift is one that is there already.
func drifted(text string) Issue {
	return Issue{Marker: driftMarker, Title: "production: " + text, Body: driftMarker + "\n" + text, Open: true}
}

func passed(text string) Issue {
	i := drifted(text)
	i.Open = false
	return i
}

func drift(author, text string) githubtest.Issue {
	return githubtest.Issue{Author: author, Title: "production: " + text, Body: driftMarker + "\n" + text, Labels: []string{Label}}
}

func (w *world) upsertIssue(t *testing.T, want Issue) (string, bool, error) {
	t.Helper()
	return w.client.UpsertIssue(t.Context(), hello, want)
}

// hasIssues checks which issues are there, as "author, state reason: body without the marker".
func (w *world) hasIssues(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, i := range w.Issues() {
		state := "open"
		if i.Closed {
			state = "closed"
		}
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s, %s %s", i.Author, state, i.Reason))+": "+strings.TrimPrefix(i.Body, driftMarker+"\n"))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the issues (-want +got):\n%s", diff)
	}
}

const issueList = "GET /issues?direction=asc&labels=gate&page=1&per_page=100&sort=created&state=all 200"

func TestUpsertIssue(t *testing.T) {
	const bot = githubtest.Login
	closed := func(i githubtest.Issue) githubtest.Issue {
		i.Closed, i.Reason = true, "completed"
		return i
	}
	tests := []struct {
		name    string
		prepare func(*world)
		issue   Issue
		want    []string
		changed bool
		log     []string // nil: not looked at
	}{
		{
			name: "there is none", prepare: func(*world) {}, issue: drifted("blocked"), want: []string{bot + ", open: blocked"}, changed: true,
			log: []string{issueList, "POST /issues 201", issueList},
		},
		{name: "there is none, and it passes", prepare: func(*world) {}, issue: passed("pass"), log: []string{issueList}},
		{
			name: "it is there", prepare: func(w *world) { w.AddIssue(drift(bot, "blocked")) }, issue: drifted("blocked"), want: []string{bot + ", open: blocked"},
			log: []string{issueList, "POST /api/graphql 200"},
		},
		{
			name:    "it links to another run",
			prepare: func(w *world) { w.AddIssue(drift(bot, "blocked https://github.com/a/b/actions/runs/6/attempts/2")) },
			issue: func() Issue {
				i := drifted("blocked https://github.com/a/b/actions/runs/7")
				i.Title = "production: blocked https://github.com/a/b/actions/runs/6/attempts/2"
				return i
			}(),
			want: []string{bot + ", open: blocked https://github.com/a/b/actions/runs/6/attempts/2"},
		},
		{
			name: "it says something else", prepare: func(w *world) { w.AddIssue(drift(bot, "undecided")) }, issue: drifted("blocked"), want: []string{bot + ", open: blocked"}, changed: true,
			log: []string{issueList, "POST /api/graphql 200", "PATCH /issues/101 200"},
		},
		{
			name: "its title is another one", prepare: func(w *world) { i := drift(bot, "blocked"); i.Title = "help"; w.AddIssue(i) }, issue: drifted("blocked"),
			want: []string{bot + ", open: blocked"}, changed: true,
		},
		{
			name: "lines end otherwise", prepare: func(w *world) {
				i := drift(bot, "blocked")
				i.Body = strings.ReplaceAll(i.Body, "\n", "\r\n") + "\r\n"
				w.AddIssue(i)
			},
			issue: drifted("blocked"), want: []string{bot + ", open: " + driftMarker + "\r\nblocked\r\n"},
		},
		{
			name: "it passes again", prepare: func(w *world) { w.AddIssue(drift(bot, "blocked")) }, issue: passed("since today"),
			want: []string{bot + ", closed completed: since today"}, changed: true,
			log: []string{issueList, "POST /api/graphql 200", "PATCH /issues/101 200"},
		},
		{
			name: "it still passes", prepare: func(w *world) { w.AddIssue(closed(drift(bot, "since yesterday"))) }, issue: passed("since today"),
			want: []string{bot + ", closed completed: since yesterday"}, log: []string{issueList, "POST /api/graphql 200"},
		},
		{
			name: "it drifts again", prepare: func(w *world) { w.AddIssue(closed(drift(bot, "since yesterday"))) }, issue: drifted("blocked"),
			want: []string{bot + ", open reopened: blocked"}, changed: true,
		},
		{
			name: "somebody has closed it", prepare: func(w *world) {
				n := w.AddIssue(drift(bot, "blocked"))
				w.EditIssue(n, func(i *githubtest.Issue) { i.Closed, i.Reason = true, "not_planned" })
			},
			issue: drifted("blocked"), want: []string{bot + ", open reopened: blocked"}, changed: true,
		},
		{
			name: "somebody has written into it", prepare: func(w *world) { i := drift(bot, "blocked"); i.Body += "\nI am on it"; w.AddIssue(i) },
			issue: drifted("blocked"), want: []string{bot + ", open: blocked"}, changed: true,
		},
		{
			name: "somebody else has the marker", prepare: func(w *world) { w.AddIssue(drift("mallory", "pass")); w.AddIssue(drift("", "gone")) },
			issue: drifted("blocked"), want: []string{"mallory, open: pass", ", open: gone", bot + ", open: blocked"}, changed: true,
		},
		{
			name: "another environment, another label, a pull request, and the marker further down", prepare: func(w *world) {
				other, unlabelled, pull, below := drift(bot, "1"), drift(bot, "2"), drift(bot, "3"), drift(bot, "4")
				other.Body = "<!-- gate:v1 drift policy=gate.hcl to=staging -->\n1"
				unlabelled.Labels = []string{"bug"}
				pull.PullRequest = true
				below.Body = "see\n" + below.Body
				for _, i := range []githubtest.Issue{other, unlabelled, pull, below} {
					w.AddIssue(i)
				}
			},
			issue: drifted("blocked"), changed: true, want: []string{bot + ", open: <!-- gate:v1 drift policy=gate.hcl to=staging -->\n1",
				bot + ", open: 2", bot + ", open: 3", bot + ", open: see\n" + driftMarker + "\n4", bot + ", open: blocked"},
		},
		{
			name: "twins", prepare: func(w *world) {
				w.AddIssue(closed(drift(bot, "the oldest")))
				w.AddIssue(drift(bot, "the second"))
				w.AddIssue(closed(drift(bot, "the third")))
			},
			issue: drifted("blocked"), changed: true,
			want: []string{bot + ", open reopened: blocked", bot + ", closed not_planned: the second", bot + ", closed completed: the third"},
		},
		{
			name: "a twin of what passes", prepare: func(w *world) { w.AddIssue(closed(drift(bot, "one"))); w.AddIssue(drift(bot, "two")) },
			issue: passed("pass"), changed: true, want: []string{bot + ", closed completed: one", bot + ", closed not_planned: two"},
		},
		{
			name: "on the third page", prepare: func(w *world) {
				for i := range 220 {
					w.AddIssue(githubtest.Issue{Author: "octocat", Title: fmt.Sprint(i), Body: "hello", Labels: []string{Label}})
				}
				w.AddIssue(drift(bot, "blocked"))
			},
			issue: drifted("blocked"),
			log: []string{issueList, strings.Replace(issueList, "page=1", "page=2", 1), strings.Replace(issueList, "page=1", "page=3", 1),
				"POST /api/graphql 200"},
		},
		{
			name: "removed before it is edited", prepare: func(w *world) {
				n := w.AddIssue(drift(bot, "undecided"))
				w.Meanwhile(http.MethodPatch, func() { w.RemoveIssue(n) })
			},
			issue: drifted("blocked"), want: []string{bot + ", open: blocked"}, changed: true,
		},
		{
			name: "a twin removed by another run", prepare: func(w *world) {
				w.AddIssue(drift(bot, "blocked"))
				n := w.AddIssue(drift(bot, "blocked"))
				w.Meanwhile(http.MethodPatch, func() { w.RemoveIssue(n) })
			},
			issue: drifted("blocked"), want: []string{bot + ", open: blocked"}, changed: true,
		},
		{
			name: "another run is faster", prepare: func(w *world) {
				w.Meanwhile("POST", func() { w.AddIssue(drift(bot, "of the other run")) })
			},
			issue: drifted("blocked"), want: []string{bot + ", open: blocked", bot + ", closed not_planned: blocked"}, changed: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.prepare(w)
			url, changed, err := w.upsertIssue(t, tt.issue)
			if err != nil {
				t.Fatal(err)
			}
			if changed != tt.changed {
				t.Errorf("got changed %t, want %t", changed, tt.changed)
			}
			if there := len(w.Issues()) > 0; there != strings.HasPrefix(url, w.URL()+"/Codertocat/Hello-World/issues/") {
				t.Errorf("got the address %q", url)
			}
			if tt.want != nil {
				w.hasIssues(t, tt.want...)
			}
			if diff := cmp.Diff(tt.log, w.Log()); tt.log != nil && diff != "" {
				t.Errorf("what was asked (-want +got):\n%s", diff)
			}
			before := len(w.Log())
			if _, changed, err := w.upsertIssue(t, tt.issue); changed || err != nil {
				t.Errorf("once more: got changed %t, %v; want no change", changed, err)
			}
			for _, line := range w.Log()[before:] {
				if !strings.HasPrefix(line, "GET") && !strings.HasPrefix(line, "POST /api/graphql") {
					t.Errorf("once more: %s, want only reads", line)
				}
			}
		})
	}
}

// What cannot be done is an error at once.
func TestUpsertIssueFails(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(*world)
		want    Error
	}{
		{"issues are disabled", func(w *world) { w.DisableIssues() },
			Error{Doing: "open an issue of Codertocat/Hello-World", Kind: NotFound, Status: 410, Message: "Issues are disabled for this repo"}},
		{"no permission", func(w *world) { w.fail(t, "POST", "403") },
			Error{Doing: "open an issue of Codertocat/Hello-World", Kind: Forbidden, Status: 403, Message: "Resource not accessible by integration"}},
		{"no permission to list", func(w *world) { w.fail(t, "GET", "403") },
			Error{Doing: "list the issues of Codertocat/Hello-World", Kind: Forbidden, Status: 403, Message: "Resource not accessible by integration"}},
		{"no permission to edit", func(w *world) { w.AddIssue(drift(githubtest.Login, "pass")); w.fail(t, "PATCH", "403") },
			Error{Doing: "edit the issue #101 of Codertocat/Hello-World", Kind: Forbidden, Status: 403, Message: "Resource not accessible by integration"}},
		{"the token comes back", func(w *world) { w.fail(t, "POST", "echo") },
			Error{Doing: "open an issue of Codertocat/Hello-World", Kind: Forbidden, Status: 403, Message: "no [31m*** may not *** do that"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.prepare(w)
			_, _, err := w.upsertIssue(t, drifted("blocked"))
			got, ok := err.(*Error)
			if !ok {
				t.Fatalf("got %T %v", err, err)
			}
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(w.waits) > 0 {
				t.Errorf("got waits of %v", w.waits)
			}
		})
	}
}

// An issue without the label would not be found again: the one that is made without is closed.
func TestUpsertIssueWithoutLabels(t *testing.T) {
	w := newWorld(t)
	w.DropLabels()
	_, changed, err := w.upsertIssue(t, drifted("blocked"))
	if want := `open an issue of Codertocat/Hello-World: 201: it got no label "gate", by which it is found again`; message(err) != want || !changed {
		t.Errorf("got changed %t, %v; want %s", changed, err, want)
	}
	w.hasIssues(t, githubtest.Login+", closed not_planned: blocked")
}

func TestUpsertIssueRefuses(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		change func(*Issue)
		want   string
	}{
		{func(i *Issue) { i.Body = "pass" }, "an issue begins with its marker"},
		{func(i *Issue) { i.Marker, i.Body = "", "\npass" }, "an issue begins with its marker"},
		{func(i *Issue) { i.Title = strings.Repeat("ä", 257) }, "the issue's title has 257 characters, and GitHub takes 256"},
		{func(i *Issue) { i.Body += strings.Repeat("ä", 65_536) }, "the issue's body has 65596 characters, and GitHub takes 65536"},
	} {
		i := drifted("blocked")
		tt.change(&i)
		if _, changed, err := w.upsertIssue(t, i); changed || message(err) != tt.want {
			t.Errorf("got changed %t, %v; want %q", changed, err, tt.want)
		}
	}
	if log := w.Log(); len(log) > 0 {
		t.Errorf("it asked: %q", log)
	}
}

// Two runs at the same time leave one open issue, whichever way their requests meet.
func TestUpsertIssueTogether(t *testing.T) {
	w := newWorld(t)
	var listed sync.WaitGroup // both have listed before one opens
	listed.Add(2)
	w.Before = func(method, path string) {
		if method == http.MethodPost && strings.HasSuffix(path, "/issues") {
			listed.Done()
			listed.Wait()
		}
	}
	var done sync.WaitGroup
	for range 2 {
		client := w.newClient(t)
		done.Go(func() {
			if _, _, err := client.UpsertIssue(t.Context(), hello, drifted("blocked")); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	w.hasIssues(t, githubtest.Login+", open: blocked", githubtest.Login+", closed not_planned: blocked")
}
