package doctor

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// used looks whether gate is there at all.
func (x *examination) used() {
	for _, j := range x.jobs() {
		if len(j.guards()) > 0 {
			return
		}
	}
	if len(x.targets) > 0 {
		x.find("gate.absent", nil, "No workflow runs gate begin, check or deploy.", "README.md, \"In a workflow\", has workflows to begin with")
	}
}

// required looks at pull requests: whether the job with gate in it always runs, and always for what changes the default branch.
func (x *examination) required() {
	for w, j := range x.jobs() {
		if w.on("pull_request", "pull_request_target", "merge_group") != nil && x.hasGate(j, 0) {
			x.runsForEach(w, j)
		}
	}
}

func (x *examination) runsForEach(w *Workflow, j *job) {
	for _, event := range []string{"pull_request", "pull_request_target"} {
		t := w.on(event)
		if t == nil {
			continue
		}
		if t.paths > 0 {
			x.find("gate.optional", w.place(t.paths), fmt.Sprintf("Pull requests that change no such path are not judged by the job %q.", j.id), "leave the filter out: what gate does by the ledger takes seconds")
		}
		if branch := x.defaultBranch(); branch != "" && !t.takes(branch) {
			x.find("gate.optional", w.place(t.line), fmt.Sprintf("Pull requests to the branch %q are not judged by the job %q.", branch, j.id), "branches: ["+branch+"]")
		}
		x.runsIn(w, j, event)
	}
}

// runsIn looks at what can skip a job for one event, itself or by a job that it needs.
func (x *examination) runsIn(w *Workflow, j *job, event string) {
	normal := world{success: yes, failure: no, cancelled: no, facts: map[string]value{"github.event_name": textValue(event)}}
	for _, a := range append(slices.Clone(ancestors(j)), j) {
		if a.condition == nil || normal.runs(a.condition).surely() {
			continue
		}
		if v := normal.runs(a.condition); v.known && !slices.Contains(ancestors(j), a) {
			continue // for another event
		}
		what := fmt.Sprintf("The job %q can be skipped.", j.id)
		if a != j {
			what = fmt.Sprintf("The job %q is skipped with the job %q, which it needs.", j.id, a.id)
		}
		x.find("gate.optional", w.place(a.condition.line), what, "leave the if: out; for pull requests of forks there is the input fork of the action")
	}
	for _, g := range j.guards() {
		if maybeSet(g.tolerated) && !g.readLater() || maybeSet(j.tolerated) {
			x.find("gate.tolerated", j.place(g.toleratedLine()), "gate may fail here, and the check passes.", "leave continue-on-error out")
		}
		if slices.ContainsFunc(g.swallowed, func(e ending) bool { return e.status == 0 }) && !g.readLater() {
			x.findings = append(x.findings, g.swallows())
		}
		if g.condition != nil && normal.runs(g.condition).maybe() && !normal.runs(g.condition).surely() {
			x.find("gate.optional", j.place(g.condition.line), "gate is skipped where this does not hold, and the check passes.", "leave the if: out; for pull requests of forks there is the input fork of the action")
		}
	}
}

// readLater reports whether a later step of the job asks what has become of a guard.
func (g guard) readLater() bool {
	if g.id == "" {
		return false
	}
	at := "steps." + strings.ToLower(g.id) + "."
	return slices.ContainsFunc(g.job.steps[g.index+1:], func(s *step) bool {
		texts := []string{s.run.value}
		if s.condition != nil {
			if slices.ContainsFunc(s.condition.paths, func(p string) bool { return strings.HasPrefix(p, at) }) {
				return true
			}
		}
		for _, v := range s.env {
			texts = append(texts, v.value)
		}
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), at) })
	})
}

// defaultBranch returns the name of the default branch, nothing where it is not known. That is no point of its own.
func (x *examination) defaultBranch() string {
	if x.Settings == nil {
		return ""
	}
	name, err := x.Settings.DefaultBranch()
	if err != nil {
		return ""
	}
	return name
}

// takes reports whether a filter by branches takes a branch; the last pattern that fits decides. What is no pattern that can be
// told counts as one that fits.
func (t *trigger) takes(branch string) bool {
	if t.base == nil {
		return true
	}
	taken := false
	for _, pattern := range t.base {
		pattern, not := strings.CutPrefix(pattern, "!")
		fits := strings.Contains(pattern, "**") || strings.ContainsAny(pattern, "+$")
		if !fits {
			matched, err := path.Match(pattern, branch)
			fits = matched || err != nil
		}
		if fits {
			taken = !not
		}
	}
	return taken
}
