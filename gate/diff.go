package gate

import (
	"slices"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// Diff compares two sides without judging them: from and to name them for people. Where both are environments, a host that
// is on both sides is compared with itself, and the others role by role and cohort by cohort, as in a check; else every
// host of one side is compared with those of the other. Variables and what the policy leaves out count; waivers, rules and
// differ blocks do not.
func Diff(p *policies.Policy, from, to []drift.Host, fromName, toName string, environments bool) []Finding {
	d := &decision{
		Input:   Input{Policy: p, Snapshots: []*drift.Snapshot{{Hosts: from}, {Hosts: to}}, Partial: true},
		verdict: &Verdict{}, dead: map[drift.HostID]bool{}, used: map[use]bool{}, ignored: map[drift.Address]string{},
	}
	if len(both(from, to)) == 0 { // else they are one environment at two times, and its hosts may have got other names
		for _, f := range d.sameMachines() {
			if f.Effect == Blocks {
				f.Effect = Opens // it is no difference, but hides what may be one
			}
			d.add(f)
		}
	}
	comparer := drift.Comparer{Vars: p.Vars(), LeaveOut: d.leaveOut, Asked: p.Asks()}
	var rows []drift.Row
	compare := func(from, to []*drift.Host) {
		result := comparer.Compare(from, to)
		rows = append(rows, result.Rows...)
		d.tally.oneSided = append(d.tally.oneSided, result.OneSided...)
	}
	if environments {
		d.hosts()
		for _, pair := range both(from, to) {
			compare(pair[:1], pair[1:])
		}
		from, to = without(from, to), without(to, from)
		for _, g := range cohorts(to) {
			if len(g.among(from)) == 0 {
				d.unpaired(fromName, from, g)
			}
			compare(g.among(from), g.hosts)
		}
		for _, g := range cohorts(from) {
			if len(g.among(to)) == 0 {
				d.unpaired(toName, to, g)
				compare(g.hosts, nil)
			}
		}
	} else {
		compare(pointers(from), pointers(to))
	}
	for _, f := range rowFindings(d.told(rows), fromName, toName) {
		if f.Code != "drift.same_secret" { // that is no difference
			d.add(f)
		}
	}
	for i, c := range p.Collects {
		if f, _ := d.oneSide(i, c); f != nil {
			d.add(*f)
		}
	}
	d.verdict.seal()
	return d.verdict.Findings
}

// both returns the hosts that are on both sides, each as it is on the one and the other.
func both(from, to []drift.Host) [][]*drift.Host {
	others := make(map[drift.HostID]*drift.Host, len(to))
	for i := range to {
		others[to[i].ID] = &to[i]
	}
	var pairs [][]*drift.Host
	for i := range from {
		if other := others[from[i].ID]; other != nil {
			pairs = append(pairs, []*drift.Host{&from[i], other})
		}
	}
	return pairs
}

// without returns the hosts that are not among others.
func without(hosts, others []drift.Host) []drift.Host {
	there := make(map[drift.HostID]bool, len(others))
	for i := range others {
		there[others[i].ID] = true
	}
	return slices.DeleteFunc(slices.Clone(hosts), func(h drift.Host) bool { return there[h.ID] })
}

func pointers(hosts []drift.Host) []*drift.Host {
	list := make([]*drift.Host, len(hosts))
	for i := range hosts {
		list[i] = &hosts[i]
	}
	return list
}
