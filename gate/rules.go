package gate

import (
	"fmt"
	"slices"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// rules evaluates the policy's rules on the hosts of the environment.
func (d *decision) rules() {
	s := d.snapshot(d.To)
	if s == nil {
		return
	}
	for _, rule := range d.Policy.Rules {
		d.rule(rule, s)
	}
}

// rule evaluates one rule on all hosts that it selects: what fails is one finding, and what cannot be told another.
func (d *decision) rule(rule *policies.Rule, s *drift.Snapshot) {
	failed := Finding{Code: "rule.failed", Effect: effectOf(rule.Enforcement), Enforcement: string(rule.Enforcement), Policy: position(rule.Range)}
	undecided := Finding{Code: "rule.undecided", Effect: Opens, Policy: position(rule.Range)}
	var failures []failure
	selected, elements, judged := 0, 0, 0
	for i := range s.Hosts {
		h := &s.Hosts[i]
		if !rule.Selects(h.ID.Environment, h.ID.Role) {
			continue
		}
		selected++
		if d.dead[h.ID] {
			elements, judged = elements+1, judged+1 // unknown, as the finding about the host says
			continue
		}
		results := rule.Evaluate(h, d.environment.Vars, d.Now)
		for _, r := range results {
			if r.Outcome != policies.Empty {
				elements++
			}
			if r.Outcome != policies.Empty && r.Outcome != policies.Skipped {
				judged++
			}
			switch r.Outcome {
			case policies.Failed:
				if !d.waivers.coversRule(h, rule) {
					failed.note(h.ID, r.Message)
					failures = append(failures, failure{rule, len(d.verdict.Findings), h.ID, r.Key})
				}
			case policies.Undecided:
				undecided.note(h.ID, r.Message)
				undecided.Policy = position(r.Range)
			}
		}
	}
	if len(failed.Hosts) > 0 {
		failed.Title = fmt.Sprintf("Rule %q fails on %s", rule.Name, places(failed.Hosts))
		failed.Next = []string{fmt.Sprintf("mend what rule %q found on %s (finding NUMBER)", rule.Name, places(failed.Hosts))}
		d.add(failed)
		if failed.Effect == Blocks {
			d.failures = append(d.failures, failures...)
		}
	}
	if len(undecided.Hosts) > 0 {
		undecided.Title = fmt.Sprintf("Rule %q could not be evaluated on %s", rule.Name, places(undecided.Hosts))
		d.add(undecided)
	}
	d.tally.judged += judged
	switch {
	case elements > 0 && judged == 0:
		d.idle(rule, selected)
	case selected > 0 && elements == 0 && !rule.AllowEmpty:
		d.add(Finding{Code: "rule.empty", Effect: Opens, Policy: position(rule.Range),
			Title: fmt.Sprintf("Rule %q checked nothing: its for_each is empty on every host", rule.Name),
			Next:  []string{fmt.Sprintf("correct the for_each of rule %q, or set allow_empty = true", rule.Name)}})
	}
}

// idle says of a rule that its "when" was false everywhere. In a mixed fleet that is as it should be; where it names what
// the policy does not have, it is a mistake.
func (d *decision) idle(rule *policies.Rule, hosts int) {
	f := Finding{Code: "rule.idle", Effect: Informs, Policy: position(rule.Range),
		Title: fmt.Sprintf("Rule %q judged nothing on %s: its \"when\" is false", rule.Name, count(hosts, "host", "hosts"))}
	if rule.ForEach() {
		f.Title += " for each element"
	}
	for _, name := range rule.Unknown(d.Policy) {
		f.Effect = Opens
		f.Detail = append(f.Detail, fmt.Sprintf("the policy has no %s %q", name.Kind, name.Text))
		f.Next = []string{fmt.Sprintf("correct the \"when\" of rule %q", rule.Name)}
	}
	d.add(f)
}

func effectOf(e policies.Enforcement) Effect {
	if e == policies.Advisory {
		return Informs
	}
	return Blocks
}

// note adds a host and what was found there. The same message of several hosts stands once.
func (f *Finding) note(h drift.HostID, message string) {
	if id := h.String(); !slices.Contains(f.Hosts, id) {
		f.Hosts = append(f.Hosts, id)
	}
	if !slices.Contains(f.Detail, message) {
		f.Detail = append(f.Detail, message)
	}
}
