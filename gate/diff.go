package gate

import (
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// Diff compares two sides without judging them: from and to name them for people. Where both are environments, their
// hosts are compared role by role and cohort by cohort, as in a check; else every host of one with those of the other.
// Variables and what the policy leaves out count; waivers, rules and differ blocks do not.
func Diff(p *policies.Policy, from, to []drift.Host, fromName, toName string, environments bool) []Finding {
	d := &decision{
		Input:   Input{Policy: p, Snapshots: []*drift.Snapshot{{Hosts: from}, {Hosts: to}}, Partial: true},
		verdict: &Verdict{}, dead: map[drift.HostID]bool{}, used: map[use]bool{},
	}
	comparer := drift.Comparer{Vars: p.Vars(), LeaveOut: d.leaveOut, Asked: p.Asks}
	var rows []drift.Row
	if environments {
		d.hosts()
		for _, g := range cohorts(to) {
			like := g.among(from)
			if len(like) == 0 {
				d.unpaired(fromName, from, g)
			}
			rows = append(rows, comparer.Compare(like, g.hosts).Rows...)
		}
		for _, g := range cohorts(from) {
			if len(g.among(to)) == 0 {
				d.unpaired(toName, to, g)
				rows = append(rows, comparer.Compare(g.hosts, nil).Rows...)
			}
		}
	} else {
		rows = comparer.Compare(pointers(from), pointers(to)).Rows
	}
	for _, f := range rowFindings(d.told(rows), fromName, toName) {
		d.add(f)
	}
	d.verdict.seal()
	return d.verdict.Findings
}

func pointers(hosts []drift.Host) []*drift.Host {
	list := make([]*drift.Host, len(hosts))
	for i := range hosts {
		list[i] = &hosts[i]
	}
	return list
}
