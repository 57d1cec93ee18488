package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wanted is what a run of a workflow has to come to.
type wanted struct {
	exits       []int // of the steps that are run, in their order; any but 0 fails the job
	judges      int   // the step that the next three are of
	outputs     map[string]string
	summary     string   // a part of it
	annotated   string   // a part of what is shown beside lines
	asked       []string // of GitHub
	comment     string   // a part of the one on the pull request; nothing where there is none
	issues      []string // whether they are open
	deployments []string // GitHub's, with the environment and the last status of each
	production  string   // the revision that it has afterwards
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
	if diff := cmp.Diff(slices.Compact(w.asked), asked); diff != "" {
		t.Errorf("asked of GitHub (-want +got)\n%s", diff)
	}
	w.checkGitHub(t, p)
	if got := strings.TrimSpace(p.read(filepath.Join(p.lab.tree("production-1"), "srv/app/REVISION"))); got != w.production {
		t.Errorf("production has %s, want %s", got, w.production)
	}
	if t.Failed() {
		t.Log(run)
	}
}

// checkGitHub looks at what there is on GitHub after a run.
func (w wanted) checkGitHub(t *testing.T, p *project) {
	t.Helper()
	var comments, issues, deployments []string
	for _, c := range p.github.Comments() {
		comments = append(comments, c.Author+": "+c.Body)
	}
	if text := strings.Join(comments, "\n"); len(comments) > 1 || w.comment == "" && text != "" || !strings.Contains(text, w.comment) {
		t.Errorf("comments: got %q, want %q in one", text, w.comment)
	}
	for _, i := range p.github.Issues() {
		state := "open"
		if i.Closed {
			state = i.Reason
		}
		issues = append(issues, state)
	}
	if diff := cmp.Diff(w.issues, issues); diff != "" {
		t.Errorf("issues (-want +got)\n%s", diff)
	}
	for _, d := range p.github.Deployments() {
		state := "none"
		if len(d.Statuses) > 0 {
			state = d.Statuses[len(d.Statuses)-1].State
		}
		deployments = append(deployments, d.Environment+" "+state)
	}
	if diff := cmp.Diff(w.deployments, deployments); diff != "" {
		t.Errorf("deployments (-want +got)\n%s", diff)
	}
}

// What differs between runs in what GitHub is asked, and what other tests look at.
var (
	asQuery = regexp.MustCompile(`\?\S*`)
	asID    = regexp.MustCompile(`/(?:[0-9]{3}|[0-9a-f]{40})\b`)
)

// since returns what GitHub was asked since a time when it was asked so much.
func (p *project) since(before int) []string {
	var asked []string
	for _, line := range p.github.Log()[before:] {
		asked = append(asked, asID.ReplaceAllString(asQuery.ReplaceAllString(line, ""), "/ID"))
	}
	return slices.Compact(asked) // one that comes again at once is for another page, or another deployment
}
