package doctor

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// targetNames returns what environments that are promoted to are called: in the policy, and on GitHub by the jobs that deploy
// to them.
func (x *examination) targetNames() []string {
	var names []string
	for _, e := range x.Policy.Environments {
		if len(e.Promotion.From) > 0 {
			names = append(names, strings.ToLower(e.Name))
		}
	}
	inPolicy := slices.Clone(names)
	for _, j := range x.jobs() {
		for _, s := range j.steps {
			for _, c := range s.calls {
				deploys := c.command == "begin" || c.command == "deploy" || c.command == "record"
				if deploys && j.environment.value != "" && slices.Contains(inPolicy, strings.ToLower(c.to)) {
					names = append(names, strings.ToLower(j.environment.value))
				}
			}
		}
	}
	return names
}

func (x *examination) isTarget(environment string) bool {
	return environment != "" && slices.Contains(x.targets, strings.ToLower(environment))
}

// deploys reports whether a job deploys to an environment that is promoted to: it has the environment, or it runs what looks like
// a deployment and names it.
func (x *examination) deploys(j *job) bool {
	return x.isTarget(j.environment.value) || slices.ContainsFunc(j.steps, func(s *step) bool { return s.looksLikeDeploying() && x.namesTarget(s) })
}

var words = regexp.MustCompile(`[\pL\pN_-]+`)

func (x *examination) namesTarget(s *step) bool {
	for _, cmd := range s.commands {
		for _, word := range cmd.words[1:] {
			for _, w := range words.FindAllString(word, -1) {
				if x.isTarget(w) {
					return true
				}
			}
		}
	}
	for _, values := range []map[string]text{s.with, s.env, s.job.env} {
		for _, v := range values {
			if x.isTarget(v.value) {
				return true
			}
		}
	}
	return false
}

var (
	deployWord   = regexp.MustCompile(`(?i)(^|[-_./:])(deploy|promote|rollout)([-_./:]|$)`)
	interpreters = []string{"bash", "sh", "zsh", "python", "python3", "ruby", "node", "make", "just", "task", "rake", "npm", "yarn", "pnpm", "cap", "fab",
		"eb", "serverless", "sls", "firebase", "flyctl", "fly", "bundle", "poetry", "uv", "dotnet"}
	tools = map[string][]string{
		"kubectl": {"apply", "rollout", "set", "replace", "patch", "create"}, "helm": {"upgrade", "install"}, "terraform": {"apply"}, "tofu": {"apply"},
		"ansible-playbook": nil, "docker": {"stack"}, "nomad": {"run"},
	}
)

// looksLikeDeploying reports whether a step plainly deploys: it runs a program, or uses an action, of that name, or a tool
// that does nothing else. gate's own steps do not.
func (s *step) looksLikeDeploying() bool {
	if len(s.calls) > 0 {
		return false
	}
	repository, _, _ := strings.Cut(s.uses.value, "@")
	return deployWord.MatchString(repository) || slices.ContainsFunc(s.commands, func(c command) bool { return deploying(c.words) })
}

// deploying reports whether a command plainly deploys.
func deploying(words []string) bool {
	name := words[0][strings.LastIndexByte(words[0], '/')+1:]
	does, isTool := tools[name]
	switch {
	case isTool:
		return does == nil || slices.ContainsFunc(words[1:], func(w string) bool { return slices.Contains(does, w) })
	case slices.Contains(interpreters, name):
		return slices.ContainsFunc(words[1:], deployWord.MatchString)
	}
	return deployWord.MatchString(words[0])
}

// jobGated looks at a job that deploys and has no gate in it: a gate must be in a job that it needs, and whatever becomes of that
// one, other than a success, must keep it from running.
func (x *examination) jobGated(j *job) {
	found := x.pastGates(j)
	switch {
	case len(found) == 0:
	case found[0].Code != "deploy.ungated":
		x.findings = append(x.findings, found[0])
	case j.workflow.onlyCalled():
		for _, caller := range x.callers(j.workflow) {
			if past := x.pastGates(caller); len(past) > 0 {
				x.findings = append(x.findings, past[0])
			}
		}
	default:
		x.findings = append(x.findings, found[0])
	}
}

// pastGates returns how a job can run although gate blocks, none where it cannot.
func (x *examination) pastGates(j *job) []Finding {
	var found []Finding
	for _, g := range x.gateJobs(j) {
		past := x.pastGate(g, j)
		if past == nil {
			return nil
		}
		found = append(found, *past)
	}
	if len(found) > 0 {
		return found
	}
	if unseen := x.unseen(j); unseen != "" {
		return []Finding{finding("settings.unknown", j.place(j.line), fmt.Sprintf("Whether gate is before the job %q: what %s does was not looked at.", j.id, unseen), "put gate's step into the job itself")}
	}
	const mend = "put gate's step (begin, or check) into the job, before what deploys; or let the job need the one that has it; what scripts call is not looked at"
	if len(j.steps) > 0 && !slices.ContainsFunc(j.steps, (*step).looksLikeDeploying) {
		return []Finding{finding("deploy.beside", j.place(j.line), fmt.Sprintf("The job %q has the environment %q, and gate is not before it.", j.id, j.environment.value), mend)}
	}
	return []Finding{finding("deploy.ungated", j.place(j.line), fmt.Sprintf("The job %q deploys, and gate is not before it.", j.id), mend)}
}

// unseen returns a workflow of another repository, or an action of this one, in which gate may be before a job's end; nothing
// where there is none.
func (x *examination) unseen(j *job) string {
	for _, a := range append(slices.Clone(ancestors(j)), j) {
		if a.uses.value != "" && x.callee(a) == nil {
			return a.uses.value
		}
		for _, s := range a.steps {
			if strings.HasPrefix(s.uses.value, "./") {
				return s.uses.value
			}
		}
	}
	return ""
}

// gateJobs returns the jobs with gate in them that a job needs, itself or through others, but for those in which gate judges for
// another environment.
func (x *examination) gateJobs(j *job) []*job {
	var list []*job
	for _, a := range ancestors(j) {
		other := len(a.guards()) > 0 && !slices.ContainsFunc(a.guards(), func(g guard) bool { return x.fits(g, j) })
		if x.hasGate(a, 0) && !other {
			list = append(list, a)
		}
	}
	return list
}

// hasGate reports whether gate judges in a job, or in a workflow of the repository that it calls.
func (x *examination) hasGate(j *job, depth int) bool {
	if len(j.guards()) > 0 {
		return true
	}
	callee := x.callee(j)
	return callee != nil && depth < 10 && slices.ContainsFunc(callee.jobs, func(inner *job) bool { return x.hasGate(inner, depth+1) })
}

// callee returns the workflow of the repository that a job calls, nil for none.
func (x *examination) callee(j *job) *Workflow {
	for _, w := range x.Workflows {
		if j.uses.value != "" && j.uses.value == "./"+w.file {
			return w
		}
	}
	return nil
}

// callers returns the jobs of the repository that call a workflow.
func (x *examination) callers(w *Workflow) []*job {
	var list []*job
	for _, other := range x.Workflows {
		for _, j := range other.jobs {
			if x.callee(j) == w {
				list = append(list, j)
			}
		}
	}
	return list
}

// onlyCalled reports whether a workflow runs only where another one calls it.
func (w *Workflow) onlyCalled() bool {
	return len(w.triggers) == 1 && w.triggers[0].event == "workflow_call"
}
