package github

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

var (
	commitA = strings.Repeat("a41c9e2f", 5)
	commitB = strings.Repeat("b0", 20)
	noon    = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
)

func minute(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

// ran adds a run of a workflow for commitA, which has begun at noon, and was changed last at half past.
func (w *world) ran(r githubtest.Run) int64 {
	r.SHA, r.Path = cmp.Or(r.SHA, commitA), cmp.Or(r.Path, ".github/workflows/e2e.yml")
	r.Created, r.Updated = noon, minute(30)
	return w.AddRun(r)
}

// tested adds a check run "e2e" for commitA, from one minute past noon to eleven past.
func (w *world) tested(c githubtest.Check) int64 {
	c.SHA, c.Name = cmp.Or(c.SHA, commitA), cmp.Or(c.Name, "e2e")
	if c.Started.IsZero() {
		c.Started = minute(1)
	}
	if c.Status == "" {
		c.Completed = minute(11)
	}
	return w.AddCheck(c)
}

// brief writes runs of checks for a comparison, a line each.
func (w *world) brief(runs []CheckRun) []string {
	var list []string
	for _, r := range runs {
		ended := "-"
		if !r.Completed.IsZero() {
			ended = r.Completed.Format("15:04")
		}
		line := fmt.Sprintf("%s by %s: %s %s %s..%s", r.Name, r.App, r.Status, r.Conclusion, r.Began.Format("15:04"), ended)
		if r.Workflow != "" {
			line += fmt.Sprintf("; %s of %s on %s, %s", r.Workflow, r.Repository, r.Branch, r.Event)
		}
		list = append(list, line)
	}
	slices.Sort(list)
	return list
}

func TestCheckRuns(t *testing.T) {
	const own = "Codertocat/Hello-World"
	for _, tt := range []struct {
		name    string
		prepare func(*world)
		want    []string
		log     []string
	}{
		{
			name: "none", prepare: func(w *world) { w.ran(githubtest.Run{}) },
			log: []string{"GET /commits/" + commitA + "/check-runs?check_name=e2e&filter=all&page=1&per_page=100 200"},
		},
		{
			name: "a job", prepare: func(w *world) { w.tested(githubtest.Check{Run: w.ran(githubtest.Run{})}) },
			want: []string{"e2e by github-actions: completed success 12:01..12:11; e2e.yml of " + own + " on main, push"},
			log: []string{"GET /commits/" + commitA + "/check-runs?check_name=e2e&filter=all&page=1&per_page=100 200",
				"GET /actions/runs?head_sha=" + commitA + "&exclude_pull_requests=true&per_page=100&page=1 200", "GET /actions/jobs/102 200"},
		},
		{
			name: "earlier attempts too", prepare: func(w *world) {
				run := w.ran(githubtest.Run{})
				w.tested(githubtest.Check{Run: run, Conclusion: "failure"})
				w.tested(githubtest.Check{Run: run, Started: minute(12), Status: "in_progress"})
			},
			want: []string{"e2e by github-actions: completed failure 12:01..12:11; e2e.yml of " + own + " on main, push",
				"e2e by github-actions: in_progress  12:12..-; e2e.yml of " + own + " on main, push"},
		},
		{
			name: "of a fork, and of a pull request", prepare: func(w *world) {
				w.tested(githubtest.Check{Run: w.ran(githubtest.Run{Head: "mallory/Hello-World", Event: "pull_request_target", Branch: "feature"})})
			},
			want: []string{"e2e by github-actions: completed success 12:01..12:11; e2e.yml of mallory/Hello-World on feature, pull_request_target"},
		},
		{
			name: "written with a workflow's token", prepare: func(w *world) { w.ran(githubtest.Run{}); w.tested(githubtest.Check{}) },
			want: []string{"e2e by github-actions: completed success 12:01..12:11"},
		},
		{
			name: "another job, called so with a workflow's token", prepare: func(w *world) {
				w.tested(githubtest.Check{Run: w.ran(githubtest.Run{}), Job: "lint"})
			},
			want: []string{"e2e by github-actions: completed success 12:01..12:11"},
		},
		{
			name: "of another App", prepare: func(w *world) { w.tested(githubtest.Check{App: "octo-scanner", Conclusion: "neutral"}) },
			want: []string{"e2e by octo-scanner: completed neutral 12:01..12:11"},
			log:  []string{"GET /commits/" + commitA + "/check-runs?check_name=e2e&filter=all&page=1&per_page=100 200"},
		},
		{
			name: "of another commit, and another name", prepare: func(w *world) {
				run := w.ran(githubtest.Run{})
				w.tested(githubtest.Check{Run: run, SHA: commitB})
				w.tested(githubtest.Check{Run: run, Name: "e2e (2)"})
			},
		},
		{
			name: "more than a page", prepare: func(w *world) {
				for range 150 {
					w.tested(githubtest.Check{App: "octo-scanner", Conclusion: "failure"})
				}
				w.tested(githubtest.Check{App: "octo-scanner"})
			},
			want: append(slices.Repeat([]string{"e2e by octo-scanner: completed failure 12:01..12:11"}, 150), "e2e by octo-scanner: completed success 12:01..12:11"),
		},
		{
			name: "its workflow run on the second page", prepare: func(w *world) {
				for range 120 {
					w.ran(githubtest.Run{Path: ".github/workflows/ci.yml"})
				}
				w.tested(githubtest.Check{Run: w.ran(githubtest.Run{})})
			},
			want: []string{"e2e by github-actions: completed success 12:01..12:11; e2e.yml of " + own + " on main, push"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.prepare(w)
			runs, err := w.client.CheckRuns(t.Context(), hello, "e2e", commitA)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tt.want, w.brief(runs)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := gocmp.Diff(tt.log, w.Log()); tt.log != nil && diff != "" {
				t.Errorf("what was asked (-want +got):\n%s", diff)
			}
		})
	}
}

// Where people see it, and which run of a workflow it is of.
func TestCheckRunLinks(t *testing.T) {
	w := newWorld(t)
	run := w.ran(githubtest.Run{})
	job := w.tested(githubtest.Check{Run: run})
	runs, err := w.client.CheckRuns(t.Context(), hello, "e2e", commitA)
	if err != nil {
		t.Fatal(err)
	}
	at := fmt.Sprintf("%s/%s/actions/runs/%d", w.URL(), githubtest.Repository, run)
	if got := runs[0]; got.RunURL != at || got.URL != fmt.Sprintf("%s/job/%d", at, job) {
		t.Errorf("got %q of %q, want it below %q", got.URL, got.RunURL, at)
	}
	for text, want := range map[string]string{
		"https://ci.example.com/1?x=y": "https://ci.example.com/1?x=y", "javascript:alert(1)": "", "https://": "", "": "", "https://a b": "", "https://me:pw@ci.example.com": "",
		"https://ci.example.com/)[x](https://evil.example.com": "", "http://127.0.0.1:1/x": "http://127.0.0.1:1/x",
	} {
		if got := link(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestWorkflowRuns(t *testing.T) {
	w := newWorld(t)
	w.ran(githubtest.Run{})
	w.ran(githubtest.Run{Path: ".github/workflows/e2e.yml@refs/heads/main", Conclusion: "failure"})
	w.ran(githubtest.Run{Path: githubtest.Repository + "/.github/workflows/e2e.yml@main", Status: "queued"})
	w.ran(githubtest.Run{Path: "acme/shop/.github/workflows/e2e.yml@main"})
	w.ran(githubtest.Run{Path: ".github/workflows/e2e.yaml"})
	w.ran(githubtest.Run{Path: "dynamic/github-code-scanning/e2e.yml"})
	w.ran(githubtest.Run{SHA: commitB})
	runs, err := w.client.WorkflowRuns(t.Context(), hello, "e2e.yml", commitA)
	if err != nil {
		t.Fatal(err)
	}
	const where = "; e2e.yml of Codertocat/Hello-World on main, push"
	want := []string{"e2e.yml by github-actions: completed failure 12:00..12:30" + where, "e2e.yml by github-actions: completed success 12:00..12:30" + where,
		"e2e.yml by github-actions: queued  12:00..-" + where}
	if diff := gocmp.Diff(want, w.brief(runs)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if runs, err := w.client.WorkflowRuns(t.Context(), hello, "none.yml", commitA); err != nil || len(runs) != 0 {
		t.Errorf("of another workflow: %v, %v", runs, err)
	}
}

func TestDefaultBranch(t *testing.T) {
	w := newWorld(t)
	if got, err := w.client.DefaultBranch(t.Context(), hello); got != "main" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	w.fail(t, "GET", "empty", "null", "empty", "null", "empty")
	if got, err := w.client.DefaultBranch(t.Context(), hello); err == nil {
		t.Errorf("from empty answers: got %q", got)
	}
}

// Whatever fails, at whichever request: what is told is the whole truth, or there is an error. A job that is said not to be
// there cannot be told from one that is not.
func TestChecksEveryFault(t *testing.T) {
	drifttest.Slow(t)
	prepare := func(t *testing.T) *world {
		w := newWorld(t)
		w.tested(githubtest.Check{Run: w.ran(githubtest.Run{Conclusion: "failure"}), Conclusion: "failure"})
		return w
	}
	for _, tt := range []struct {
		name     string
		ask      func(*testing.T, *world) ([]CheckRun, error)
		requests int
	}{
		{"check runs", func(t *testing.T, w *world) ([]CheckRun, error) {
			return w.client.CheckRuns(t.Context(), hello, "e2e", commitA)
		}, 3},
		{"workflow runs", func(t *testing.T, w *world) ([]CheckRun, error) {
			return w.client.WorkflowRuns(t.Context(), hello, "e2e.yml", commitA)
		}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			well := prepare(t)
			runs, err := tt.ask(t, well)
			if err != nil {
				t.Fatal(err)
			}
			want := well.brief(runs)
			for at := range tt.requests {
				for _, fault := range githubtest.Faults() {
					what := fmt.Sprintf("%s at request %d", fault, at+1)
					w := prepare(t)
					w.fail(t, "GET", append(make([]string, at), fault)...)
					runs, err := tt.ask(t, w)
					absent := at == 2 && (fault == "404" || fault == "410")
					if diff := gocmp.Diff(want, w.brief(runs)); err == nil && diff != "" && !absent {
						t.Errorf("%s (-want +got):\n%s", what, diff)
					}
					if absent && (err != nil || len(runs) != 1 || runs[0].Workflow != "") {
						t.Errorf("%s: got %v, %v", what, runs, err)
					}
					if err != nil {
						hides(t, what, fmt.Sprintf("%v %+v %#v", err, err, err))
					}
					if !strings.Contains(strings.Join(w.Log(), "\n"), " "+fault) {
						t.Errorf("%s: it was not asked for", what)
					}
				}
			}
		})
	}
}

// A job whose workflow run is not to be found leaves it open where it comes from.
func TestCheckRunsOfNoRun(t *testing.T) {
	w := newWorld(t)
	w.tested(githubtest.Check{Run: 7})
	runs, err := w.client.CheckRuns(t.Context(), hello, "e2e", commitA)
	if message(err) != "ask for the job 101 of Codertocat/Hello-World: 200: its workflow run is not among those of the commit" {
		t.Errorf("got %v, %v", runs, err)
	}
	for _, commit := range []string{"", "main", "a41c9e2", "../" + commitA[3:]} {
		if _, err := w.client.CheckRuns(t.Context(), hello, "e2e", commit); err == nil {
			t.Errorf("%q is taken for a commit", commit)
		}
		if _, err := w.client.WorkflowRuns(t.Context(), hello, "e2e.yml", commit); err == nil {
			t.Errorf("%q is taken for a commit", commit)
		}
	}
}

// A repository is the same one whatever it is called since; and one that is not known is nobody's.
func TestWorkflowRunRepository(t *testing.T) {
	for _, tt := range []struct {
		name string
		run  workflowRun
		want string
	}{
		{"its own", workflowRun{Repository: repository{7, "octo/shop"}, Head: &repository{7, "octo/shop"}}, "octo/shop"},
		{"renamed", workflowRun{Repository: repository{7, "octo/store"}, Head: &repository{7, "octo/store"}}, "octo/shop"},
		{"a fork", workflowRun{Repository: repository{7, "octo/shop"}, Head: &repository{8, "mallory/shop"}}, "mallory/shop"},
		{"a fork that is gone", workflowRun{Repository: repository{7, "octo/shop"}}, ""},
		{"without ids", workflowRun{Head: &repository{}}, ""},
	} {
		if got := tt.run.check(Repository{"octo", "shop"}).Repository; got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// GitHub lists no more than so many, whatever it counts; what failed may be among the rest. It is no answer.
func TestChecksCutOff(t *testing.T) {
	const job = `{"id": 1, "name": "e2e", "head_sha": "%s", "status": "completed", "conclusion": "success", "app": {"slug": "octo-scanner"}}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/check-runs") {
			fmt.Fprintf(w, `{"total_count": 2, "check_runs": [`+job+`]}`, commitA)
		} else {
			fmt.Fprintf(w, `{"total_count": 2, "workflow_runs": [{"id": 1, "head_sha": "%s", "path": ".github/workflows/e2e.yml"}]}`, commitA)
		}
	}))
	defer server.Close()
	client, err := New(Config{API: server.URL, GraphQL: server.URL, Token: "x", Wait: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if runs, err := client.CheckRuns(t.Context(), hello, "e2e", commitA); err == nil || !strings.Contains(err.Error(), "only 1 of 2 are listed") {
		t.Errorf("check runs: got %v, %v", runs, err)
	}
	if runs, err := client.WorkflowRuns(t.Context(), hello, "e2e.yml", commitA); err == nil || !strings.Contains(err.Error(), "only 1 of 2 are listed") {
		t.Errorf("workflow runs: got %v, %v", runs, err)
	}
}
