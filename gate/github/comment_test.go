package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

func TestUpsertComment(t *testing.T) {
	const bot = githubtest.Login
	tests := []struct {
		name    string
		prepare func(*world)
		says    string // "blocked" where it is empty
		want    []string
		changed bool
		log     []string // nil: not looked at
	}{
		{
			name: "there is none", prepare: func(*world) {}, want: []string{bot + ": blocked"}, changed: true,
			log: []string{"GET /issues/2/comments?page=1&per_page=100 200", "POST /issues/2/comments 201", "GET /issues/2/comments?page=1&per_page=100 200"},
		},
		{
			name: "it is there", prepare: func(w *world) { w.Add(bot, body("blocked")) }, want: []string{bot + ": blocked"},
			log: []string{"GET /issues/2/comments?page=1&per_page=100 200", "POST /api/graphql 200"},
		},
		{
			name: "it links to another run", prepare: func(w *world) { w.Add(bot, body("blocked [run](https://github.com/a/b/actions/runs/6)")) },
			says: "blocked [run](https://github.com/a/b/actions/runs/7)",
			want: []string{bot + ": blocked [run](https://github.com/a/b/actions/runs/6)"},
		},
		{
			name: "it says something else", prepare: func(w *world) { w.Add(bot, body("pass")) }, want: []string{bot + ": blocked"}, changed: true,
			log: []string{"GET /issues/2/comments?page=1&per_page=100 200", "POST /api/graphql 200", "PATCH /issues/comments/101 200"},
		},
		{
			name: "lines end otherwise", prepare: func(w *world) { w.Add(bot, strings.ReplaceAll(body("blocked\n"), "\n", "\r\n")) },
			want: []string{bot + ": " + marker + "\r\nblocked\r\n"},
		},
		{
			name:    "somebody else has the marker",
			prepare: func(w *world) { w.Add("mallory", body("pass")); w.Add("", body("of one who is gone")) },
			want:    []string{"mallory: pass", ": of one who is gone", bot + ": blocked"}, changed: true,
		},
		{
			name: "another App quotes the marker", prepare: func(w *world) { w.Add("chatty[bot]", body("pass")); w.Add(bot, body("blocked")) },
			want: []string{"chatty[bot]: pass", bot + ": blocked"},
		},
		{
			name: "another environment, and the marker further down",
			prepare: func(w *world) {
				w.Add(bot, "<!-- gate:v1 policy=gate.hcl to=staging -->\npass")
				w.Add(bot, "see\n"+body("pass"))
				w.Add(bot, marker+"x\npass")
			},
			want: []string{bot + ": <!-- gate:v1 policy=gate.hcl to=staging -->\npass", bot + ": see\n" + body("pass"), bot + ": " + marker + "x\npass", bot + ": blocked"}, changed: true,
		},
		{
			name: "twins", prepare: func(w *world) {
				w.Add(bot, body("pass"))
				w.Add("octocat", "hello")
				w.Add(bot, body("blocked"))
				w.Add(bot, body("undecided"))
			},
			want: []string{bot + ": blocked", "octocat: hello"}, changed: true,
		},
		{
			name: "on the third page", prepare: func(w *world) {
				for i := range 220 {
					w.Add("octocat", fmt.Sprint(i))
				}
				w.Add(bot, body("blocked"))
			},
			log: []string{"GET /issues/2/comments?page=1&per_page=100 200", "GET /issues/2/comments?page=2&per_page=100 200", "GET /issues/2/comments?page=3&per_page=100 200", "POST /api/graphql 200"},
		},
		{
			name: "removed before it is edited",
			prepare: func(w *world) {
				id := w.Add(bot, body("pass"))
				w.Before = func(method, _ string) {
					if method == http.MethodPatch {
						w.Remove(id)
					}
				}
			},
			want: []string{bot + ": blocked"}, changed: true,
		},
		{
			name: "a twin removed by another run",
			prepare: func(w *world) {
				w.Add(bot, body("blocked"))
				id := w.Add(bot, body("blocked"))
				w.Before = func(method, _ string) {
					if method == http.MethodDelete {
						w.Remove(id)
					}
				}
			},
			want: []string{bot + ": blocked"}, changed: true,
		},
		{
			name: "another run is faster",
			prepare: func(w *world) {
				once := sync.OnceFunc(func() { w.Add(bot, body("of the other run")) })
				w.Before = func(method, path string) {
					if method == http.MethodPost && strings.HasSuffix(path, "/comments") {
						once()
					}
				}
			},
			want: []string{bot + ": blocked"}, changed: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.prepare(w)
			says := tt.says
			if says == "" {
				says = "blocked"
			}
			url, changed, err := w.upsert(t, says)
			if err != nil {
				t.Fatal(err)
			}
			if changed != tt.changed {
				t.Errorf("got changed %t, want %t", changed, tt.changed)
			}
			if want := w.URL() + "/Codertocat/Hello-World/pull/2#issuecomment-"; !strings.HasPrefix(url, want) {
				t.Errorf("got the address %q, want %s…", url, want)
			}
			if tt.want != nil {
				w.has(t, tt.want...)
			}
			if diff := cmp.Diff(tt.log, w.Log()); tt.log != nil && diff != "" {
				t.Errorf("what was asked (-want +got):\n%s", diff)
			}
			before := len(w.Log())
			if _, changed, err := w.upsert(t, says); changed || err != nil {
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

// What fails on the way is overcome, with one comment at the end, after the waits that were asked for.
func TestUpsertCommentOvercomes(t *testing.T) {
	type step struct {
		method string
		faults []string
	}
	tests := []struct {
		name  string
		was   string // what the comment says before; "" where there is none
		steps []step
		waits string // in seconds; "20" stands for some seconds around it
	}{
		{"the list fails", "", []step{{"GET", []string{"500", "502", "503"}}}, "1s 2s 7s"},
		{"an HTML answer for success", "", []step{{"GET", []string{"html"}}}, "1s"},
		{"empty answers", "", []step{{"GET", []string{"empty", "null"}}, {"POST", []string{"empty"}}}, "1s 2s 4s"},
		{"a cut list", "pass", []step{{"GET", []string{"cut"}}}, "1s"},
		{"a cut second list", "", []step{{"GET", []string{"", "cut"}}}, "1s"},
		{"a list that lags behind", "", []step{{"GET", []string{"", "stale"}}}, ""},
		{"a slow list", "", []step{{"GET", []string{"slow"}}}, "1s"},
		{"a closed connection", "", []step{{"POST", []string{"reset"}}}, "1s"},
		{"secondary limits", "", []step{{"POST", []string{"secondary-403", "secondary-429", "retry-after-403"}}}, "7s 7s 7s"},
		{"a secondary limit that says no time", "", []step{{"POST", []string{"secondary-403-silent"}}}, "1m0s"},
		{"the same as 429", "", []step{{"POST", []string{"secondary-429-silent"}}}, "1m0s"},
		{"a time that cannot be read", "", []step{{"POST", []string{"retry-after-garbage"}}}, "1m0s"},
		{"content made too quickly", "", []step{{"POST", []string{"too-quickly"}}}, "1m0s"},
		{"an identity that is hard to get", "pass", []step{{"GRAPHQL", []string{"502", "cut", "empty", "secondary-403"}}}, "1s 2s 4s 7s"},
		{"an edit that fails", "pass", []step{{"PATCH", []string{"500", "409", "404"}}}, "1s 2s 4s"},
		{"a comment is made, and the answer is lost", "", []step{{"POST", []string{"lost"}}}, "1s"},
		{"a comment is made, and the answer does not come", "", []step{{"POST", []string{"lost-slow"}}}, "1s"},
		{"a comment is made, and the answer is cut", "", []step{{"POST", []string{"cut"}}}, "1s"},
		{"an edit is made, and the answer is lost", "pass", []step{{"PATCH", []string{"lost"}}}, "1s"},
		{"an edit is made, and the answer is cut", "pass", []step{{"PATCH", []string{"cut"}}}, "1s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			if tt.was != "" {
				w.Add(githubtest.Login, body(tt.was))
			}
			for _, s := range tt.steps {
				w.fail(t, s.method, s.faults...)
			}
			_, changed, err := w.upsert(t, "blocked")
			if err != nil || !changed {
				t.Errorf("got changed %t, %v", changed, err)
			}
			w.has(t, githubtest.Login+": blocked")
			for _, line := range w.Log() {
				if strings.Contains(line, "/comments/0") {
					t.Errorf("asked for a comment that was never made: %s", line)
				}
			}
			if got := strings.Trim(fmt.Sprint(w.waits), "[]"); got != tt.waits {
				t.Errorf("got waits of %s, want %s", got, tt.waits)
			}
		})
	}
}

// A primary limit is waited for until the time that it names, by the clock of who names it.
func TestPrimaryLimit(t *testing.T) {
	for _, fault := range []string{"primary-403", "primary-429", "primary-silent"} {
		w := newWorld(t)
		w.fail(t, "GET", fault)
		if _, _, err := w.upsert(t, "blocked"); err != nil {
			t.Errorf("%s: %v", fault, err)
		}
		if len(w.waits) != 1 || w.waits[0].Seconds() < 19 || w.waits[0].Seconds() > 22 {
			t.Errorf("%s: got waits of %v, want one of about 20 s", fault, w.waits)
		}
	}
}

// What waiting does not help, or not in time, is an error at once.
func TestUpsertCommentFails(t *testing.T) {
	drifttest.Slow(t)
	const about = " of Codertocat/Hello-World#2: "
	tests := []struct {
		name, was, method string
		faults            []string
		kind              Kind
		want              string
		waits             int
	}{
		{"no permission", "", "POST", []string{"403"}, Forbidden, "add a comment" + about + "403: Resource not accessible by integration", 0},
		{"no permission, with the last request", "", "POST", []string{"403-last"}, Forbidden, "add a comment" + about + "403: Resource not accessible by integration", 0},
		{"no permission to edit", "pass", "PATCH", []string{"403"}, Forbidden, "edit the comment" + about + "403: Resource not accessible by integration", 0},
		{"a token that is none", "", "GET", []string{"401"}, Unauthorized, "list the comments" + about + "401: Bad credentials", 0},
		{"no such pull request", "", "GET", []string{"404"}, NotFound, "list the comments" + about + "404: Not Found", 0},
		{"a pull request that was deleted", "", "POST", []string{"410"}, NotFound, "add a comment" + about + "410: This issue was deleted", 0},
		{"not taken", "", "POST", []string{"422"}, Invalid, "add a comment" + about + "422: Validation Failed", 0},
		{"identity refused", "pass", "GRAPHQL", []string{"403"}, Forbidden, "ask whose token it is: 403: Resource not accessible by integration", 0},
		{"a limit that lasts", "", "GET", []string{"primary-hour"}, Limited, "list the comments" + about + "403: API rate limit exceeded for installation ID 7.", 0},
		{"limits without end", "", "GET", []string{"secondary-403-silent", "secondary-403-silent", "secondary-403-silent"}, Limited,
			"list the comments" + about + "403: You have exceeded a secondary rate limit. Please wait a few minutes before you try again.", 2},
		{"limits that are too long together", "", "GET", []string{"secondary-100", "secondary-100"}, Limited,
			"list the comments" + about + "403: You have exceeded a secondary rate limit. Please wait a few minutes before you try again.", 1},
		{"identity not understood", "pass", "GRAPHQL", []string{"graphql-error"}, Invalid, "ask whose token it is: 200: no", 0},
		{"it stays away", "", "GET", []string{"502", "502", "502", "502", "502"}, Unavailable, "list the comments" + about + "502: bad gateway", 4},
		{"it stays silent", "", "GET", []string{"slow", "slow", "slow", "slow", "slow"}, Unavailable, "list the comments" + about + "no answer in time", 4},
		{"HTML for ever", "", "GET", []string{"html", "html", "html", "html", "html"}, Unavailable, "list the comments" + about + "200: the answer is cut off, or it is not GitHub's", 4},
		{"nothing for ever", "", "GET", []string{"empty", "empty", "empty", "empty", "empty"}, Unavailable, "list the comments" + about + "200: the answer is empty", 4},
		{"the token comes back", "", "GET", []string{"echo"}, Forbidden, "list the comments" + about + "403: no [31m*** may not *** do that", 0},
		{"the token comes back in HTML", "", "GET", []string{"echo-html"}, Forbidden, "list the comments" + about + "403: forbidden", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			if tt.was != "" {
				w.Add(githubtest.Login, body(tt.was))
			}
			w.fail(t, tt.method, tt.faults...)
			_, _, err := w.upsert(t, "blocked")
			e, ok := err.(*Error)
			if !ok {
				t.Fatalf("got %T %v", err, err)
			}
			if e.Kind != tt.kind || e.Error() != tt.want {
				t.Errorf("got %s: %q, want %s: %q", e.Kind, e, tt.kind, tt.want)
			}
			if len(w.waits) != tt.waits {
				t.Errorf("got waits of %v, want %d", w.waits, tt.waits)
			}
			hides(t, "the error", fmt.Sprintf("%v %+v %#v", err, err, err))
		})
	}
}

// Two runs at the same time leave one comment, whichever way their requests meet.
func TestUpsertCommentTogether(t *testing.T) {
	w := newWorld(t)
	var listed sync.WaitGroup // both have listed before one adds
	listed.Add(2)
	w.Before = func(method, path string) {
		if method == http.MethodPost && strings.HasSuffix(path, "/comments") {
			listed.Done()
			listed.Wait()
		}
	}
	var done sync.WaitGroup
	for range 2 {
		client := w.newClient(t)
		done.Go(func() {
			if _, _, err := client.UpsertComment(t.Context(), hello, githubtest.PullRequest, marker, body("blocked")); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	w.has(t, githubtest.Login+": blocked")
}

func TestUpsertCommentRefuses(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct{ marker, body, want string }{
		{marker, "pass", "a comment begins with its marker"},
		{"", "\npass", "a comment begins with its marker"},
		{marker, body(strings.Repeat("ä", 65_536)), "the comment has 65583 characters, and GitHub takes 65536"},
	} {
		_, changed, err := w.client.UpsertComment(t.Context(), hello, githubtest.PullRequest, tt.marker, tt.body)
		if changed || message(err) != tt.want {
			t.Errorf("got changed %t, %v; want %q", changed, err, tt.want)
		}
	}
	if log := w.Log(); len(log) > 0 {
		t.Errorf("it asked: %q", log)
	}
}

// What is interrupted says so, and is not tried again.
func TestUpsertCommentInterrupted(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.Before = func(string, string) { cancel() }
	w.fail(t, "GET", "slow")
	_, _, err := w.client.UpsertComment(ctx, hello, githubtest.PullRequest, marker, body("blocked"))
	if want := "list the comments of Codertocat/Hello-World#2: context canceled"; message(err) != want || len(w.waits) > 0 {
		t.Errorf("got %v after waits of %v, want %s", err, w.waits, want)
	}
}
