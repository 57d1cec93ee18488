package gate

import (
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// Diff compares two sides without judging them: from and to name them for people. Where both are environments, their
// hosts are compared role by role and cohort by cohort, as in a check; else every host of one with those of the other.
// Variables and what the policy leaves out count; waivers, rules and differ blocks do not.
func Diff(p *policies.Policy, from, to []drift.Host, fromName, toName string, environments bool) []Finding {
	d := &decision{Input: Input{Policy: p}, used: map[use]bool{}}
	comparer := drift.Comparer{Vars: p.Vars(), LeaveOut: d.leaveOut, Asked: p.Asks}
	var rows []drift.Row
	if !environments {
		rows = comparer.Compare(pointers(from), pointers(to)).Rows
	} else {
		for _, g := range cohorts(to) {
			var like []*drift.Host
			for i := range from {
				if from[i].ID.Role == g.role && from[i].Cohort() == g.cohort {
					like = append(like, &from[i])
				}
			}
			rows = append(rows, comparer.Compare(like, g.hosts).Rows...)
		}
	}
	v := Verdict{Findings: rowFindings(rows, fromName, toName)}
	v.seal()
	return v.Findings
}

func pointers(hosts []drift.Host) []*drift.Host {
	list := make([]*drift.Host, len(hosts))
	for i := range hosts {
		list[i] = &hosts[i]
	}
	return list
}
