package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

var (
	deploying = strings.Repeat("d1", 20)
	deployed  = strings.Repeat("d2", 20)
	chain     = strings.Repeat("c0", 20)
)

func shown(event, state string, of ...string) Deployed {
	return Deployed{Event: event, Ledger: chain, Of: of, Environment: "pro duction/eu", Commit: headCommit, State: state, Run: "https://github.com/a/b/actions/runs/7"}
}

func shows(t *testing.T, w *world, d Deployed) {
	t.Helper()
	if err := w.client.ShowDeployment(t.Context(), hello, d); err != nil {
		t.Fatal(err)
	}
}

// all returns the deployments that are there: their events, and the states of each.
func (w *world) all() []string {
	var got []string
	for _, d := range w.Deployments() {
		m, _ := parseMirrored(d.Payload)
		line := fmt.Sprintf("%s %.2s", d.Task, m.Event)
		for _, s := range d.Statuses {
			line += " " + s.State
		}
		got = append(got, line)
	}
	return got
}

// The end of a deployment is a status of the one that has begun.
func TestShowDeployment(t *testing.T) {
	w := newWorld(t)
	w.Deploy(githubtest.Deployment{SHA: headCommit, Task: "deploy", Environment: "pro duction/eu", Payload: json.RawMessage(`{}`)}) // of the job
	shows(t, w, shown(deploying, "in_progress"))
	before := len(w.Log())
	shows(t, w, shown(deployed, "success", deploying))
	const query = "/deployments?environment=pro+duction%2Feu&page=1&per_page=100&sha=" + headCommit + "&task=gate 200"
	want := []string{"GET " + query, "GET /deployments/102/statuses?page=1&per_page=100 200", "POST /deployments/102/statuses 201"}
	if diff := cmp.Diff(want, w.Log()[before:]); diff != "" {
		t.Errorf("what was asked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"deploy ", "gate d1 in_progress success"}, w.all()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	d := w.Deployments()[1]
	const payload = `{"schema":1,"gate":"v1","event":"%[1]s","head":"%[1]s","ledger":"%[2]s","environment":"pro duction/eu"}`
	if got, want := string(d.Payload), fmt.Sprintf(payload, deploying, chain); got != want {
		t.Errorf("got the payload %s, want %s", got, want)
	}
	last := githubtest.DeploymentStatus{State: "success", Description: "gate: event d2d2d2d, ledger head " + deployed, LogURL: "https://github.com/a/b/actions/runs/7"}
	if diff := cmp.Diff(last, d.Statuses[1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	before = len(w.Log())
	shows(t, w, shown(deployed, "success", deploying))
	shows(t, w, shown(deploying, "in_progress"))
	for _, line := range w.Log()[before:] {
		if !strings.HasPrefix(line, "GET ") {
			t.Errorf("once more: %s, want only reads", line)
		}
	}
	// One of another commit, environment or ledger is another one, and leaves this one active.
	for _, change := range []func(*Deployed){
		func(d *Deployed) { d.Commit = baseCommit },
		func(d *Deployed) { d.Environment = "staging" },
		func(d *Deployed) { d.Ledger = deployed },
		func(d *Deployed) { d.Event, d.Of = chain, nil },
	} {
		other := shown(deployed, "success", deploying)
		change(&other)
		shows(t, w, other)
	}
	if got := w.all(); len(got) != 6 || got[1] != "gate d1 in_progress success" {
		t.Errorf("got %q, want four more", got)
	}
}

// A SHA-256 repository has longer ids, and a description has 140 characters.
func TestShowDeploymentSHA256(t *testing.T) {
	w := newWorld(t)
	shows(t, w, Deployed{Event: strings.Repeat("ab", 32), Ledger: strings.Repeat("cd", 32), Environment: "staging", Commit: headCommit, State: "failure"})
	found, err := w.client.Anchors(t.Context(), hello)
	want := []Anchor{{101, strings.Repeat("cd", 32), strings.Repeat("ab", 32)}, {101, strings.Repeat("cd", 32), strings.Repeat("ab", 32)}}
	if diff := cmp.Diff(want, found); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if status := w.Deployments()[0].Statuses[0]; status.LogURL != "" {
		t.Errorf("got the log %q, want none", status.LogURL)
	}
}

func TestShowDeploymentFaults(t *testing.T) {
	for _, tt := range []struct {
		method string
		faults []string
		err    string // "" where it is done at last
		want   []string
	}{
		{"GET", []string{"502"}, "", []string{"gate d1 in_progress"}},
		{"GET", []string{"null", "cut", "html"}, "", []string{"gate d1 in_progress"}},
		{"GET", []string{"403"}, "list the deployments of Codertocat/Hello-World to pro duction/eu: 403: Resource not accessible by integration", nil},
		{"GET", []string{"", "404"}, "", []string{"gate d1 in_progress"}},
		{"POST", []string{"lost"}, "", []string{"gate d1 in_progress"}},
		{"POST", []string{"", "lost"}, "", []string{"gate d1 in_progress"}},
		{"POST", []string{"lost-slow", "lost-slow"}, "", []string{"gate d1 in_progress"}},
		{"POST", []string{"202"}, "", []string{"gate d1 in_progress"}},
		{"POST", []string{"202", "202", "202", "202", "202"}, "add a deployment of Codertocat/Hello-World to pro duction/eu: 202: GitHub has merged something, and made no deployment", nil},
		{"POST", []string{"", "202"}, "", []string{"gate d1 in_progress"}},
		{"POST", []string{"409"}, "", []string{"gate d1 in_progress"}},
		{"POST", []string{"empty"}, "", []string{"gate d1 in_progress"}},
		{"POST", []string{"", "empty"}, "", []string{"gate d1 in_progress"}},
		{"POST", []string{"secondary-403", "", "secondary-429"}, "", []string{"gate d1 in_progress"}},
		{"POST", []string{"403"}, "add a deployment of Codertocat/Hello-World to pro duction/eu: 403: Resource not accessible by integration", nil},
		{"POST", []string{"422"}, "add a deployment of Codertocat/Hello-World to pro duction/eu: 422: Validation Failed", nil},
		{"POST", []string{"", "422"}, "add a status to a deployment of Codertocat/Hello-World to pro duction/eu: 422: Validation Failed", []string{"gate d1"}},
		{"POST", []string{"echo"}, "add a deployment of Codertocat/Hello-World to pro duction/eu: 403: no [31m*** may not *** do that", nil},
	} {
		t.Run(tt.method+" "+strings.Join(tt.faults, " "), func(t *testing.T) {
			w := newWorld(t)
			w.fail(t, tt.method, tt.faults...)
			err := w.client.ShowDeployment(t.Context(), hello, shown(deploying, "in_progress"))
			if got := message(err); got != tt.err {
				t.Errorf("got %q, want %q", got, tt.err)
			}
			if diff := cmp.Diff(tt.want, w.all()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A deployment that somebody removes meanwhile is made again.
func TestShowDeploymentErased(t *testing.T) {
	w := newWorld(t)
	once := sync.OnceFunc(w.Erase)
	w.Before = func(method, path string) {
		if method == http.MethodPost && strings.HasSuffix(path, "/statuses") {
			once()
		}
	}
	shows(t, w, shown(deploying, "in_progress"))
	if diff := cmp.Diff([]string{"gate d1 in_progress"}, w.all()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// It is found among many, and the oldest of several is the one.
func TestShowDeploymentPages(t *testing.T) {
	w := newWorld(t)
	shows(t, w, shown(deploying, "in_progress"))
	twin := w.Deployments()[0]
	for range 230 {
		w.Deploy(githubtest.Deployment{SHA: twin.SHA, Task: task, Environment: twin.Environment, Payload: json.RawMessage(`"not gate's"`)})
	}
	w.Deploy(githubtest.Deployment{SHA: twin.SHA, Task: task, Environment: twin.Environment, Payload: twin.Payload})
	before := len(w.all())
	shows(t, w, shown(deployed, "failure", deploying))
	if got := w.all(); len(got) != before || got[0] != "gate d1 in_progress failure" {
		t.Errorf("got %d deployments, want %d, and %q", len(got), before, got[0])
	}
}

func TestParseMirrored(t *testing.T) {
	whole := fmt.Sprintf(`{"schema":1,"gate":"v1","event":%q,"head":%q,"ledger":%q,"environment":"staging"}`, deploying, deployed, chain)
	twice, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, payload string
		ours          bool
	}{
		{"an object", whole, true},
		{"encoded twice", string(twice), true},
		{"encoded three times", fmt.Sprintf("%q", twice), false},
		{"nothing", "", false},
		{"null", "null", false},
		{"an empty text", `""`, false},
		{"an empty object", "{}", false},
		{"a list", "[" + whole + "]", false},
		{"two", whole + whole, false},
		{"another schema", strings.Replace(whole, `"schema":1`, `"schema":2`, 1), false},
		{"another program", strings.Replace(whole, `"v1"`, `"v2"`, 1), false},
		{"more", strings.Replace(whole, `{`, `{"more":1,`, 1), false},
		{"no head", strings.Replace(whole, deployed, "", 1), false},
		{"a short head", strings.Replace(whole, deployed, deployed[:39], 1), false},
		{"a head in capitals", strings.Replace(whole, deployed, strings.ToUpper(deployed), 1), false},
		{"a head with a line behind it", strings.Replace(whole, deployed, deployed+`\n`, 1), false},
	} {
		m, ours := parseMirrored(json.RawMessage(tt.payload))
		if ours != tt.ours {
			t.Errorf("%s: got %t, want %t", tt.name, ours, tt.ours)
		}
		if want := (mirrored{1, "v1", deploying, deployed, chain, "staging"}); ours && m != want {
			t.Errorf("%s: got %+v, want %+v", tt.name, m, want)
		}
	}
}

// What is no object id is not sent.
func TestShowDeploymentChecks(t *testing.T) {
	w := newWorld(t)
	for _, d := range []Deployed{shown("", "success"), shown(deployed[:7], "success"), shown(deployed, "success", "HEAD"), {Event: deployed, Ledger: chain, Commit: "main"}} {
		if err := w.client.ShowDeployment(t.Context(), hello, d); err == nil {
			t.Errorf("%+v: got no error", d)
		}
	}
	if len(w.Log()) > 0 {
		t.Errorf("GitHub was asked: %q", w.Log())
	}
}
