package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// wanted is what a run of a workflow has to come to.
type wanted struct {
	exits      []int // of the steps that are run, in their order; any but 0 fails the job
	judges     int   // the step that the next three are of
	outputs    map[string]string
	summary    string   // a part of it
	annotated  string   // a part of what is shown beside lines
	asked      []string // of GitHub
	production string   // the revision that it has afterwards
}

func (w wanted) check(t *testing.T, p *project, run *played, asked []string) {
	t.Helper()
	var exits []int
	for _, step := range run.steps {
		exits = append(exits, step.exit)
	}
	if diff := cmp.Diff(w.exits, exits); diff != "" {
		t.Errorf("exit codes of the steps (-want +got)\n%s", diff)
	}
	if failed := slices.ContainsFunc(exits, func(code int) bool { return code != 0 }); run.ok == failed {
		t.Errorf("the job succeeded: %t, with %v", run.ok, exits)
	}
	step := run.step(w.judges)
	for name, want := range w.outputs {
		if got, ok := step.outputs[name]; got != want || !ok {
			t.Errorf("output %s: got %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(step.summary, w.summary) || w.summary == "" {
		t.Errorf("the summary has no %q", w.summary)
	}
	if got := strings.Join(step.annotations, "\n"); !strings.Contains(got, w.annotated) || w.annotated == "" && got != "" {
		t.Errorf("annotations: got %q, want %q", got, w.annotated)
	}
	if diff := cmp.Diff(w.asked, asked); diff != "" {
		t.Errorf("asked of GitHub (-want +got)\n%s", diff)
	}
	if got := strings.TrimSpace(p.read(filepath.Join(p.lab.tree("production-1"), "srv/app/REVISION"))); got != w.production {
		t.Errorf("production has %s, want %s", got, w.production)
	}
	if t.Failed() {
		t.Log(run)
	}
}

// TestExamples plays the examples one after the other, as act runs them on this machine: a revision goes to staging and to
// production, the nightly check records, pull requests are judged by that; and what must be refused is.
func TestExamples(t *testing.T) {
	drifttest.Program(t, "act")
	p := newProject(t)
	first := p.run(p.repo, "git", "rev-parse", "HEAD")
	p.write(filepath.Join(p.repo, "src/app.txt"), "two\n", 0o644)
	second := p.commit("log to stdout")
	pull := p.branch("changes", "src/app.txt", "three\n")
	p.github.Change("src/app.txt")
	built := p.dispatched(second)
	built.source = true
	issues := "GET /issues?direction=asc&labels=gate&page=1&per_page=100&sort=created&state=all 200"
	list := "GET /issues/2/comments?page=1&per_page=100 200"
	files := "GET /pulls/2/files?page=1&per_page=100 200"
	for _, c := range []struct {
		name, workflow string
		occasion       occasion
		prepare        func()
		want           wanted
	}{
		{"straight to production", "promote.yml", built, nil, wanted{
			exits: []int{0, 1, 0}, judges: 1, outputs: map[string]string{"verdict": "blocked", "reason-code": "promotion.not_deployed", "blocker-count": "1"},
			summary: "was never deployed to staging", annotated: "::error ", production: first,
		}},
		{"to staging", "staging.yml", p.pushed(second), nil, wanted{
			exits: []int{0, 0, 0, 0, 0}, judges: 4, outputs: map[string]string{"verdict": ""}, summary: "recorded: verified smoke app", production: first,
		}},
		{"to production", "promote.yml", p.dispatched(second), nil, wanted{
			exits: []int{0, 0, 0, 0}, judges: 1, outputs: map[string]string{"verdict": "pass", "reason-code": "", "blocker-count": "0", "drift-count": "0"},
			summary: "**Pass**", production: second,
		}},
		{"every night", "nightly.yml", p.night(), nil, wanted{
			exits: []int{0, 0}, judges: 1, outputs: map[string]string{"verdict": "pass", "drift-count": "0", "comment-url": ""}, summary: "**Pass**", production: second,
			asked: []string{issues},
		}},
		{"a pull request of a branch", "pull-request.yml", p.opened("pull_request", pull), nil, wanted{
			exits: []int{0, 0}, judges: 1, outputs: map[string]string{"verdict": "pass"},
			summary: "no host was contacted", production: second, asked: []string{files, list, "POST /issues/2/comments 201", list},
		}},
		{"a pull request of a fork", "pull-request.yml", p.opened("pull_request_fork", pull), func() { p.github.Remove(p.github.Comments()[0].ID) }, wanted{
			exits: []int{0, 0}, judges: 1, outputs: map[string]string{"verdict": "pass", "comment-url": ""},
			summary: "The comment on the pull request could not be written", production: second, asked: []string{files, list, "POST /issues/2/comments 403"},
		}},
		{"a night with drift", "nightly.yml", p.night(), func() {
			p.check(writeDeb(filepath.Join(p.lab.tree("production-1"), "var/lib/dpkg/status"), []string{"openssl=3.0.15-1"}))
		}, wanted{
			exits: []int{0, 1}, judges: 1, outputs: map[string]string{"verdict": "blocked", "drift-count": "1"}, summary: "openssl", annotated: "::error ", production: second,
			asked: []string{issues, "POST /issues 201", issues},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer p.within(t)()
			if c.prepare != nil {
				c.prepare()
			}
			before := len(p.github.Log())
			run := p.play(c.workflow, c.occasion)
			c.want.check(t, p, run, p.github.Log()[before:])
		})
	}
}
