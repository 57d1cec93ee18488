package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// guard is a call of gate that ends its step with an error where a change may not pass.
type guard struct {
	*step
	call
}

func (j *job) guards() []guard {
	var list []guard
	for _, s := range j.steps {
		for _, c := range s.calls {
			if c.judges() {
				list = append(list, guard{s, c})
			}
		}
	}
	return list
}

// fits reports whether a guard judges for the environment that a job deploys to, as far as that is told.
func (x *examination) fits(g guard, j *job) bool {
	e := j.environment.value
	return g.to == "" || strings.EqualFold(e, g.to) || !slices.ContainsFunc(x.environmentNames(), func(name string) bool { return strings.EqualFold(name, e) })
}

func (x *examination) environmentNames() []string {
	var names []string
	for _, e := range x.Policy.Environments {
		names = append(names, e.Name)
	}
	return names
}

// gated looks for what deploys although gate does not let it: steps behind gate in the same job, and jobs.
func (x *examination) gated() {
	for _, j := range x.jobs() {
		x.stepsGated(j)
		if x.deploys(j) && !slices.ContainsFunc(j.guards(), func(g guard) bool { return x.fits(g, j) }) {
			x.jobGated(j)
		}
	}
}

// stepsGated looks at the steps of a job that has gate in it.
func (x *examination) stepsGated(j *job) {
	guards := j.guards()
	for _, s := range j.steps {
		var before []guard
		for _, g := range guards {
			if g.index < s.index {
				before = append(before, g)
			}
		}
		switch {
		case len(guards) > 0 && len(before) == 0 && s.looksLikeDeploying() && x.deploys(j):
			x.find("deploy.ungated", j.place(s.line), fmt.Sprintf("The job %q deploys before gate has judged.", j.id), "move the step behind gate's")
		case len(before) == 0 || !x.deploying(s, before):
		case slices.ContainsFunc(before, func(g guard) bool { return len(x.waysPast(g, s)) == 0 }):
		default:
			x.findings = append(x.findings, x.waysPast(before[len(before)-1], s)[0])
		}
	}
}

// deploying reports whether a step behind gate is one that must not run where gate blocks: it looks like one; it stands between the
// begin of a deployment and its end; or it is an ordinary one of a job that deploys.
func (x *examination) deploying(s *step, before []guard) bool {
	ordinary := s.run.value != "" && len(s.calls) == 0
	begun := slices.ContainsFunc(before, func(g guard) bool { return g.command == "begin" }) && s.beforeRecord()
	return s.looksLikeDeploying() && !s.job.workflow.onlyPullRequests() || ordinary && (begun || x.deploys(s.job) && (s.condition == nil || !s.condition.asks))
}

// onlyPullRequests reports whether a workflow runs for pull requests only: what is deployed there is a preview.
func (w *Workflow) onlyPullRequests() bool {
	return !slices.ContainsFunc(w.triggers, func(t trigger) bool {
		return t.event != "pull_request" && t.event != "pull_request_target" && t.event != "merge_group"
	})
}

// beforeRecord reports whether the end of the deployment is recorded behind a step.
func (s *step) beforeRecord() bool {
	return slices.ContainsFunc(s.job.steps[s.index+1:], func(later *step) bool {
		return slices.ContainsFunc(later.calls, func(c call) bool { return c.command == "record" })
	})
}

// waysPast returns how a step can run although gate, before it in the same job, blocks or is undecided; none where it cannot.
func (x *examination) waysPast(g guard, s *step) []Finding {
	var ways []Finding
	if g.lets(s, "failure", no) {
		ways = append(ways, finding("deploy.despite", s.job.place(s.condition.line), fmt.Sprintf("This step of the job %q runs although gate, on line %d, does not let the change in.", s.job.id, g.call.line),
			"if: success()", "or, for what must run after a deployment that was let in: if: always() && steps."+g.name()+".outcome == 'success'"+g.naming()))
	}
	if maybeSet(g.tolerated) && g.lets(s, "tolerated", yes) { // what the job says is for other jobs
		ways = append(ways, finding("gate.tolerated", s.job.place(g.toleratedLine()), "gate may fail here, and what deploys runs all the same.", "leave continue-on-error out"))
	}
	if g.swallowed && g.lets(s, "success", yes) {
		ways = append(ways, g.swallows())
	}
	if g.condition != nil && !x.always(g.job.workflow, g.condition) && !sameCondition(s, g) && g.lets(s, "skipped", yes) {
		ways = append(ways, finding("gate.skippable", s.job.place(g.condition.line), "gate does not run each time that what stands behind it does.", "leave its if: out, or put it on the job"))
	}
	return ways
}

// toleratedLine is where it says that gate may fail.
func (g guard) toleratedLine() int {
	if maybeSet(g.tolerated) {
		return g.tolerated.line
	}
	return g.job.tolerated.line
}

func (g guard) swallows() Finding {
	return finding("gate.swallowed", g.job.place(g.call.line), "The exit code of gate is not that of the step.", "run gate by itself, as a step of its own; with shell: bash, a pipe fails where a part of it does")
}

// name is how other steps refer to a guard, and naming says that it has no id yet.
func (g guard) name() string {
	if g.id == "" {
		return "gate"
	}
	return g.id
}

func (g guard) naming() string {
	if g.id == "" {
		return ", and id: gate at gate's step"
	}
	return ""
}

// lets reports whether a later step of the job may run when gate does not let a change in, and its step ends with an
// outcome. A failure that is tolerated is a success to those that ask for the status.
func (g guard) lets(s *step, outcome string, success value) bool {
	conclusion := outcome
	if outcome == "tolerated" {
		outcome, conclusion = "failure", "success"
	}
	verdicts := []string{"blocked", "undecided", ""}
	if outcome == "skipped" {
		verdicts = []string{""}
	}
	for _, verdict := range verdicts {
		w := world{facts: map[string]value{}, success: success, failure: success.not(), cancelled: no}
		if g.id != "" {
			at := "steps." + strings.ToLower(g.id)
			w.facts[at+".outcome"], w.facts[at+".conclusion"], w.facts[at+".outputs.verdict"] = textValue(outcome), textValue(conclusion), textValue(verdict)
		}
		if w.runs(s.condition).maybe() {
			return true
		}
	}
	return false
}

// always reports whether a condition holds each time that nothing has failed, whatever the workflow runs for.
func (x *examination) always(w *Workflow, c *condition) bool {
	for _, t := range w.triggers {
		normal := world{success: yes, failure: no, cancelled: no, facts: map[string]value{"github.event_name": textValue(t.event)}}
		if t.event == "workflow_call" { // it has the name of the caller's
			normal.facts = nil
		}
		if !normal.runs(c).surely() {
			return false
		}
	}
	return true
}

// maybeSet reports whether continue-on-error is true, or may be.
func maybeSet(c *condition) bool {
	return c != nil && c.decide(world{}).maybe()
}

// sameCondition reports whether a step runs only where gate's does, since it asks for all that gate's asks for.
func sameCondition(s *step, g guard) bool {
	if s.condition == nil || strings.Contains(s.condition.value+g.condition.value, "||") {
		return s.condition != nil && plainCondition(s.condition.value) == plainCondition(g.condition.value)
	}
	asked := strings.Split(plainCondition(s.condition.value), "&&")
	return !slices.ContainsFunc(strings.Split(plainCondition(g.condition.value), "&&"), func(part string) bool { return !slices.Contains(asked, part) })
}

func plainCondition(s string) string {
	s = strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(s, "${{"); ok {
		s = strings.TrimSuffix(inner, "}}")
	}
	return strings.Join(strings.Fields(s), "")
}
