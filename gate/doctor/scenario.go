package doctor

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// scenario is something that can become of a job with gate in it when the change may not pass. What becomes of the jobs that need it
// follows from that, as far as it is known.
type scenario struct {
	gate            *job
	result, verdict string
	leak            *leak // why the job succeeds nevertheless; nil where it does not
	ran             map[*job]bool
}

// pastGate returns how a job can run although gate, in a job that it needs, does not let the change in; nil where it cannot.
func (x *examination) pastGate(g, j *job) *Finding {
	if x.scenarios[g] == nil {
		x.scenarios[g] = x.scenariosOf(g)
	}
	for _, s := range x.scenarios[g] {
		switch {
		case !s.mayRun(j):
		case s.leak != nil:
			return &s.leak.Finding
		default:
			at := j.line
			if j.condition != nil {
				at = j.condition.line
			}
			f := finding("deploy.despite", j.place(at), fmt.Sprintf("The job %q runs although gate, in the job %q, does not let the change in, or is skipped.", j.id, g.id),
				fmt.Sprintf("if: needs.%s.result == 'success'", g.id))
			return &f
		}
	}
	return nil
}

// scenariosOf returns all scenarios of a job: those in which it does not succeed first.
func (x *examination) scenariosOf(g *job) []*scenario {
	var list []*scenario
	add := func(result string, leak *leak) {
		for _, verdict := range []string{"blocked", "undecided", ""} {
			list = append(list, &scenario{g, result, verdict, leak, map[*job]bool{}})
		}
	}
	add("failure", nil)
	add("cancelled", nil)
	if g.condition != nil || len(g.needs) > 0 {
		add("skipped", nil)
	}
	for _, leak := range x.leaks(g, 0) {
		add("success", &leak)
	}
	return list
}

// leak is a way in which a job succeeds although gate, in a step of it, does not let the change in.
type leak struct {
	Finding
	guard
	ended *ending // of its script; nil where it is not by that
}

// leaks returns why a job with gate in it, or in a workflow that it calls, ends with success although the change may not pass; none
// where a gate in it holds.
func (x *examination) leaks(j *job, depth int) []leak {
	var all []leak
	if callee := x.callee(j); callee != nil && depth < 10 {
		for _, inner := range callee.jobs {
			if !x.hasGate(inner, 0) {
				continue
			}
			found := x.leaks(inner, depth+1)
			if inner.condition != nil && !x.always(callee, inner.condition) {
				found = append(found, leak{Finding: finding("gate.skippable", inner.place(inner.condition.line), fmt.Sprintf("The job %q, with gate in it, can be skipped, and the workflow succeeds then.", inner.id),
					"leave its if: out, or put it on the job that calls the workflow")})
			}
			if len(found) == 0 {
				return nil
			}
			all = append(all, found...)
		}
	}
	for _, g := range j.guards() {
		var found []leak
		add := func(f Finding, e *ending) { found = append(found, leak{f, g, e}) }
		if maybeSet(g.tolerated) || maybeSet(j.tolerated) {
			add(finding("gate.tolerated", j.place(g.toleratedLine()), "gate may fail here, and the job counts as one that succeeded.", "leave continue-on-error out"), nil)
		}
		for _, e := range slices.Concat(g.swallowed, g.unreached) {
			switch {
			case e.status != 0:
			case e.judged:
				add(g.swallows(), &e)
			default:
				add(g.passedBy(), &e)
			}
		}
		if g.condition != nil && !x.always(j.workflow, g.condition) {
			add(finding("gate.skippable", j.place(g.condition.line), "gate does not run each time that its job does, which succeeds then.",
				"put the if: on the job: a job that is skipped holds those back that need it"), nil)
		}
		if len(found) == 0 {
			return nil
		}
		all = append(all, found...)
	}
	return all
}

// mayRun reports whether a job may run in a scenario. Jobs that need each other do not.
func (s *scenario) mayRun(j *job) bool {
	if ran, known := s.ran[j]; known {
		return ran
	}
	s.ran[j] = false
	s.ran[j] = s.world(j).runs(j.condition).maybe()
	return s.ran[j]
}

// resultOf returns what becomes of a job.
func (s *scenario) resultOf(j *job) value {
	switch {
	case j == s.gate:
		return textValue(s.result)
	case !s.mayRun(j):
		return textValue("skipped")
	}
	return unknown
}

// world is what a job's condition is decided by. A job that did not succeed is felt by all that need it, even through others.
func (s *scenario) world(j *job) world {
	w := world{facts: map[string]value{}, success: yes, failure: no, cancelled: truth(s.result == "cancelled")}
	for _, a := range ancestors(j) {
		r := s.resultOf(a)
		w.success = w.success.and(r.equals(textValue("success")))
		w.failure = w.failure.or(r.equals(textValue("failure")))
	}
	for _, id := range j.needs {
		a := j.workflow.named(id)
		if a == nil {
			continue
		}
		at := "needs." + strings.ToLower(id)
		w.facts[at+".result"] = s.resultOf(a)
		w.results = append(w.results, s.resultOf(a))
		if a == s.gate {
			for name, output := range a.outputs {
				w.facts[at+".outputs."+strings.ToLower(name)] = s.output(output)
			}
		}
	}
	return w
}

var stepOutput = regexp.MustCompile(`(?i)^\s*\$\{\{\s*steps\.([\w-]+)\.outputs\.([\w-]+)\s*\}\}\s*$`)

// output returns what an output of the job with gate in it comes to, which is written as an expression.
func (s *scenario) output(written string) value {
	m := stepOutput.FindStringSubmatch(written)
	if m == nil {
		return unknown
	}
	if l := s.leak; l != nil && l.ended != nil && strings.EqualFold(l.id, m[1]) {
		text, is := l.ended.facts["outputs."+strings.ToLower(m[2])]
		switch {
		case text == "$":
			return unknown
		case is, !strings.EqualFold(m[2], "verdict") && !l.leavesMore(*l.ended):
			return textValue(text)
		}
	}
	if strings.EqualFold(m[2], "verdict") {
		return textValue(s.verdict)
	}
	return unknown
}

// ancestors returns the jobs that a job needs, itself or through others, each once.
func ancestors(j *job) []*job {
	if j.before != nil {
		return j.before
	}
	list := []*job{}
	var walk func(*job)
	walk = func(j *job) {
		for _, id := range j.needs {
			if a := j.workflow.named(id); a != nil && !slices.Contains(list, a) {
				list = append(list, a)
				walk(a)
			}
		}
	}
	walk(j)
	j.before = list
	return list
}
