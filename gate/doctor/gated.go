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
	for i, g := range guards {
		x.scriptGated(g, guards[:i])
	}
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

// scriptGated looks at what deploys in the script that runs gate itself.
func (x *examination) scriptGated(g guard, before []guard) {
	named := func(deployment string) bool {
		return slices.ContainsFunc(words.FindAllString(deployment, -1), x.isTarget)
	}
	switch {
	case g.job.workflow.onlyPullRequests():
	case slices.ContainsFunc(g.swallowed, func(e ending) bool { return e.deploys }):
		x.findings = append(x.findings, g.swallows())
	case slices.ContainsFunc(g.unreached, func(e ending) bool { return named(e.early) }):
		x.findings = append(x.findings, g.passedBy())
	case len(before) == 0 && named(g.early):
		x.find("deploy.ungated", g.job.place(g.call.line), fmt.Sprintf("The job %q deploys before gate has judged.", g.job.id), "move the deployment behind gate")
	}
}

// deploying reports whether a step behind gate is one that must not run where gate blocks: it looks like one; it stands between the
// begin of a deployment and its end; or it is an ordinary one of a job that deploys.
func (x *examination) deploying(s *step, before []guard) bool {
	ordinary := s.run.value != "" && len(s.calls) == 0 && !s.onlySays()
	begun := slices.ContainsFunc(before, func(g guard) bool { return g.command == "begin" }) && s.beforeRecord()
	return s.looksLikeDeploying() && !s.job.workflow.onlyPullRequests() || ordinary && (begun || x.deploys(s.job) && (s.condition == nil || !s.condition.asks))
}

// onlySays reports whether a step changes nothing: all that it runs prints, looks or waits.
func (s *step) onlySays() bool {
	return s.script != nil && !slices.ContainsFunc(s.commands, func(c command) bool {
		return !slices.Contains([]string{"echo", "printf", ":", "true", "false", "test", "[", "exit", "set", "cat", "ls", "date", "sleep", "jq", "grep"}, c.words[0])
	})
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
	goesOn := func(e ending) bool { return e.status == 0 && g.lets(s, "success", yes, e) }
	if slices.ContainsFunc(g.swallowed, goesOn) {
		ways = append(ways, g.swallows())
	}
	if slices.ContainsFunc(g.unreached, goesOn) {
		ways = append(ways, g.passedBy())
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
	if g.untold != "" {
		return finding("settings.unknown", g.job.place(g.call.line), "Unknown whether the step fails where gate does: "+g.untold+".", g.remedy)
	}
	what := "The exit code of gate is not that of the step."
	if slices.ContainsFunc(g.call.swallowed, func(e ending) bool { return e.deploys }) {
		what = "The script goes on where gate fails."
	}
	return finding("gate.swallowed", g.job.place(g.call.line), what, g.remedy)
}

func (g guard) passedBy() Finding {
	return finding("gate.skippable", g.job.place(g.call.line), "The script of this step can end without an error before gate has run.",
		"run gate whatever else the script does; or end with exit 1 where it does not run")
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
func (g guard) lets(s *step, outcome string, success value, ended ...ending) bool {
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
		for _, e := range ended {
			g.left(e, s.condition, w)
		}
		if w.runs(s.condition).maybe() {
			return true
		}
	}
	return false
}

// left adds to a world what a script has left for the condition of a later step.
func (g guard) left(e ending, c *condition, w world) {
	at := "steps." + strings.ToLower(g.id) + "."
	if c != nil {
		for _, p := range c.paths {
			if name, is := strings.CutPrefix(p, at+"outputs."); is && name != "verdict" && !g.leavesMore(e) {
				w.facts[p] = textValue("")
			}
		}
	}
	for name, text := range e.facts {
		if !strings.HasPrefix(name, "env.") {
			name = at + name
		}
		if w.facts[name] = textValue(text); text == "$" {
			w.facts[name] = unknown
		}
	}
}

// leavesMore reports whether a step may have outputs that its script is not seen to write: gate writes some itself.
func (g guard) leavesMore(e ending) bool { return e.vague || slices.Contains(g.places, "outputs") }

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
