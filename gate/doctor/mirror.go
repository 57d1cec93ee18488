package doctor

import (
	"fmt"
	"slices"
)

// mirror looks for others who may write deployments, where gate mirrors the ledger there.
func (x *examination) mirror() {
	if !x.mirrors() {
		return
	}
	for w, j := range x.jobs() {
		p := j.permissions
		if p == nil {
			p = w.permissions
		}
		if p == nil || !p.allow("deployments", "write") || slices.ContainsFunc(j.steps, func(s *step) bool { return len(s.calls) > 0 }) || x.callee(j) != nil {
			continue
		}
		x.find("deployments.written", w.place(p.line), fmt.Sprintf("The job %q may write deployments, and gate is not in it.", j.id), "deployments: read, or leave it out")
	}
}

// mirrors reports whether a step writes the ledger's events to the repository's deployments.
func (x *examination) mirrors() bool {
	for _, j := range x.jobs() {
		for _, s := range j.steps {
			if slices.ContainsFunc(s.calls, func(c call) bool { return slices.Contains(c.places, "deployments") }) {
				return true
			}
		}
	}
	return false
}
