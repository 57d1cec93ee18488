package github

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

func TestAnchors(t *testing.T) {
	w := newWorld(t)
	if got, err := w.client.Anchors(t.Context(), hello); got != nil || err != nil {
		t.Errorf("got %v, %v; want none", got, err)
	}
	shows(t, w, shown(deploying, "in_progress"))
	shows(t, w, shown(deployed, "success", deploying))
	payload := fmt.Sprintf(`{"schema":1,"gate":"v1","event":%q,"head":%[1]q,"ledger":%q,"environment":"staging"}`, strings.Repeat("ee", 20), chain)
	twice, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	w.Deploy(githubtest.Deployment{SHA: headCommit, Task: task, Environment: "staging", Payload: twice, Statuses: []githubtest.DeploymentStatus{
		{State: "inactive"},
		{State: "success", Description: "ledger head " + deployed},
		{State: "success", Description: "gate: event d2d2d2d, ledger head " + deployed + "0"},
	}})
	w.Deploy(githubtest.Deployment{SHA: headCommit, Task: "deploy", Environment: "staging", Payload: json.RawMessage(payload)})
	w.Deploy(githubtest.Deployment{SHA: headCommit, Task: task, Environment: "staging", Payload: json.RawMessage(`{"event": 7}`)})
	want := []Anchor{{102, chain, strings.Repeat("ee", 20)}, {101, chain, deployed}, {101, chain, deploying}, {101, chain, deploying}}
	got, err := w.client.Anchors(t.Context(), hello)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Of many only the latest are looked at.
func TestAnchorsAreBounded(t *testing.T) {
	w := newWorld(t)
	for i := range 250 {
		w.Deploy(githubtest.Deployment{SHA: headCommit, Task: task, Environment: "staging",
			Payload: json.RawMessage(fmt.Sprintf(`{"schema":1,"gate":"v1","event":"%040x","head":"%040[1]x","ledger":%q,"environment":"staging"}`, i, chain))})
	}
	got, err := w.client.Anchors(t.Context(), hello)
	if err != nil || len(got) != anchorDeployments || got[0].Head != fmt.Sprintf("%040x", 249) {
		t.Errorf("got %d, %v; want %d, the last one first", len(got), err, anchorDeployments)
	}
	if asked := len(w.Log()); asked != 1+anchorStatuses {
		t.Errorf("GitHub was asked %d times", asked)
	}
}

// What could not be read is an error, and never that there is none.
func TestAnchorsFaults(t *testing.T) {
	for _, tt := range []struct {
		faults []string
		err    string
	}{
		{[]string{"403"}, "list the deployments of Codertocat/Hello-World: 403: Resource not accessible by integration"},
		{[]string{"404"}, "list the deployments of Codertocat/Hello-World: 404: Not Found"},
		{[]string{"null"}, ""},
		{[]string{"", "403"}, "list the statuses of the deployment 101 of Codertocat/Hello-World: 403: Resource not accessible by integration"},
		{[]string{"", "404"}, ""},
		{[]string{"", "null"}, ""},
		{[]string{"502", "cut", "reset", "primary-403"}, ""},
		{[]string{"502", "502", "502", "502", "502"}, "list the deployments of Codertocat/Hello-World: 502: bad gateway"},
	} {
		w := newWorld(t)
		shows(t, w, shown(deploying, "in_progress"))
		w.fail(t, "GET", tt.faults...)
		got, err := w.client.Anchors(t.Context(), hello)
		if message(err) != tt.err || (len(got) == 2) != (tt.err == "") {
			t.Errorf("%q: got %v, %v; want %q", tt.faults, got, err, tt.err)
		}
	}
}
