package github

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

const (
	baseCommit = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"
	headCommit = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"
)

func payloadOf(t *testing.T, name string) []byte {
	t.Helper()
	data, err := githubtest.Payload(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestParseEvent(t *testing.T) {
	branch := &PullRequest{Number: 2, Base: baseCommit, Head: headCommit, BaseRef: "master"}
	fork := &PullRequest{Number: 2, Base: baseCommit, Head: headCommit, BaseRef: "master", Fork: true}
	codertocat := Repository{"Codertocat", "Hello-World"}
	tests := []struct {
		name, payload string
		want          Event
	}{
		{"pull_request", "pull_request", Event{Repository: codertocat, PullRequest: branch}},
		{"pull_request_target", "pull_request", Event{Repository: codertocat, PullRequest: branch}},
		{"pull_request", "pull_request_fork", Event{Repository: codertocat, PullRequest: fork}},
		{"push", "push", Event{Repository: codertocat}},
		{"workflow_dispatch", "workflow_dispatch", Event{Repository: Repository{"octo-org", "octo-repo"}}},
	}
	for _, tt := range tests {
		got, err := ParseEvent(tt.name, payloadOf(t, tt.payload))
		if err != nil {
			t.Errorf("%s: %v", tt.payload, err)
			continue
		}
		tt.want.Name = tt.name
		if diff := cmp.Diff(&tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.payload, diff)
		}
	}
	if got, err := ParseEvent("merge_group", payloadOf(t, "merge_group")); err != nil || got.PullRequest != nil {
		t.Errorf("merge_group: got %+v, %v", got, err)
	}
	if got, err := ParseEvent("schedule", []byte(`{"schedule": "17 2 * * *"}`)); err != nil || *got != (Event{Name: "schedule"}) {
		t.Errorf("schedule: got %+v, %v", got, err)
	}
}

// A payload in which something is missing, or is not what it must be, is an error; never a pull request of this repository.
func TestParseEventHostile(t *testing.T) {
	type object = map[string]any
	at := func(o object, path string) (object, string) {
		steps := strings.Split(path, ".")
		for _, step := range steps[:len(steps)-1] {
			o = o[step].(object)
		}
		return o, steps[len(steps)-1]
	}
	tests := []struct {
		path  string
		value any // nil: it is taken away
		want  string
	}{
		{"repository", nil, "it names no repository"},
		{"repository.full_name", "acme/shop/../../x", `"acme/shop/../../x" is no repository's owner/name`},
		{"repository.full_name", nil, `"" is no repository's owner/name`},
		{"repository.id", nil, "it names no repository"},
		{"pull_request", nil, "it names no pull request"},
		{"pull_request.number", 0, "it names no pull request"},
		{"pull_request.number", -2, "it names no pull request"},
		{"pull_request.base.sha", "main", "it does not name the commits of the pull request"},
		{"pull_request.head.sha", headCommit + "\n", "it does not name the commits of the pull request"},
		{"pull_request.head", nil, "it does not name the commits of the pull request"},
		{"pull_request.base.repo.id", 7, "the pull request is not one to its repository"},
		{"pull_request.base.repo", nil, "the pull request is not one to its repository"},
	}
	for _, tt := range tests {
		var o object
		if err := json.Unmarshal(payloadOf(t, "pull_request"), &o); err != nil {
			t.Fatal(err)
		}
		parent, key := at(o, tt.path)
		parent[key] = tt.value
		if tt.value == nil {
			delete(parent, key)
		}
		data, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		e, err := ParseEvent("pull_request", data)
		if want := `the payload of the event "pull_request": ` + tt.want; message(err) != want {
			t.Errorf("%s = %v: got %+v, %v; want %s", tt.path, tt.value, e, err, want)
		}
	}
	for _, text := range []string{"", "{", "[]", "null", `{"repository": 7}`, `{"pull_request": {"number": "2"}}`} {
		if e, err := ParseEvent("pull_request", []byte(text)); err == nil {
			t.Errorf("%q: got %+v, want an error", text, e)
		}
	}
	// The repository of the head is gone: it cannot be told to be this one.
	var o object
	if err := json.Unmarshal(payloadOf(t, "pull_request"), &o); err != nil {
		t.Fatal(err)
	}
	head, key := at(o, "pull_request.head.repo")
	head[key] = nil
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := ParseEvent("pull_request", data); err != nil || !e.PullRequest.Fork {
		t.Errorf("a head without a repository: got %+v, %v; want a fork", e, err)
	}
}

func FuzzParseEvent(f *testing.F) {
	for _, name := range []string{"pull_request", "pull_request_fork", "push", "workflow_dispatch", "merge_group"} {
		data, err := githubtest.Payload(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseEvent("pull_request", data)
		if err != nil {
			return
		}
		if e.PullRequest == nil || e.PullRequest.Number <= 0 || !objectID.MatchString(e.PullRequest.Head) {
			t.Errorf("got %+v", e)
		}
		if _, err := ParseRepository(e.Repository.String()); err != nil {
			t.Error(err)
		}
	})
}
