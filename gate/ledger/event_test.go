package ledger

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/gate"
)

// Every field of an event comes back as it was.
func TestEventRoundTrip(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("a", 40)
	contents := []gate.Content{{Component: "app", ID: strings.Repeat("c", 64), Commit: id}}
	want := gate.Event{
		Kind: gate.Deploying, At: noon, By: "Ada <ada@example.com>", Repository: "git.example.com/app", Environment: "production",
		Key: "k", Run: "https://ci.example.com/1?a=b&c=<d>", Of: id, Contents: contents, Seen: contents,
		Snapshots: map[string]string{"staging": id, "production": id}, Name: "smoke", Reason: "\u2028 \"quoted\"\n", Until: noon,
		Codes: []string{"drift.skipped"}, Hosts: []string{"production/web/production-1"}, Artifacts: []string{"sha256:1"},
		Outcome: gate.Pass, Policy: "p", Rollback: true, Adopted: true,
	}
	data, err := encode(&want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
}

func FuzzDecode(f *testing.F) {
	data, err := encode(&gate.Event{Kind: gate.Note, At: noon, Repository: "r", Key: "k", Reason: "why"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := decode(data)
		if err != nil {
			return
		}
		if again, err := encode(&e); err != nil || string(again) != string(data) {
			t.Errorf("got %q, %v, want %q", again, err, data)
		}
	})
}

func FuzzParseCommit(f *testing.F) {
	f.Add([]byte("tree 1\nparent 2\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\ngpgsig -----BEGIN\n x\n\nmessage\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := parseCommit(data); err == nil && (len(c.parents) > 1 || len(c.payload) > len(data)) {
			t.Errorf("got %+v of %q", c, data)
		}
	})
}

func TestRunOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env      map[string]string
		run, job string
	}{
		{nil, "", ""},
		{map[string]string{"GATE_RUN": "mine", "GITHUB_RUN_ID": "7"}, "mine", ""},
		{map[string]string{"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "2", "GITHUB_JOB": "deploy"},
			"https://github.com/o/r/actions/runs/7/attempts/2", "deploy"},
		{map[string]string{"CI_JOB_URL": "https://gitlab.example.com/o/r/-/jobs/7"}, "https://gitlab.example.com/o/r/-/jobs/7", ""},
		{map[string]string{"BUILD_URL": "https://jenkins.example.com/job/a/7/"}, "https://jenkins.example.com/job/a/7/", ""},
		{map[string]string{"BUILDKITE_BUILD_URL": "https://buildkite.com/o/p/builds/7", "BUILDKITE_JOB_ID": "j"}, "https://buildkite.com/o/p/builds/7", "j"},
	} {
		run, job := runOf(func(name string) string { return c.env[name] })
		if run != c.run || job != c.job {
			t.Errorf("%v: got %q, %q, want %q, %q", c.env, run, job, c.run, c.job)
		}
	}
}
