package gate

import (
	"fmt"
	"slices"

	"github.com/seed-313c021b/gate/drift"
)

// moved finds what the candidate carries and is not any more, on an environment where it still is, as it was when it was
// verified there.
func (d *decision) moved(proofs []proof) {
	if d.Candidate.Rollback {
		return
	}
	for _, p := range proofs {
		if p.stay == nil || !p.still {
			continue
		}
		recorded, err := d.recorded(p.event(), p.environment)
		if err != nil {
			d.add(Finding{Code: "promotion.unresolved", Effect: Opens, Detail: []string{err.Error()},
				Title: fmt.Sprintf("Whether %s is still as it was verified on %s could not be told", d.name(p.content), p.environment),
				Next:  []string{fmt.Sprintf("verify %s on %s again", d.name(p.content), p.environment)}})
			continue
		}
		moved, untold := d.sinceVerified(p, recorded)
		for _, f := range rowFindings(moved, p.environment+" as verified", p.environment) {
			f.Code = "promotion.moved"
			f.Title = fmt.Sprintf("%s is not as it was when %s was verified there, in %s", capital(p.environment), d.name(p.content), f.what())
			f.Next = []string{fmt.Sprintf("find out who changed %s on %s, and verify %s again (finding NUMBER)", f.what(), p.environment, d.name(p.content))}
			d.add(f)
		}
		for _, f := range rowFindings(untold, p.environment+" as verified", p.environment) {
			f.Code = "promotion.unresolved"
			f.Title = fmt.Sprintf("Whether %s on %s is still as it was when %s was verified there could not be told", f.what(), p.environment, d.name(p.content))
			f.Next = []string{fmt.Sprintf("verify %s on %s again", d.name(p.content), p.environment)}
			d.add(f)
		}
	}
}

// sinceVerified compares each host of an environment with itself as it was recorded, in what the content's component
// carries. It returns what differs, and what the record cannot tell; what the host cannot tell now is found without that.
func (d *decision) sinceVerified(p proof, recorded []drift.Host) (moved, untold []drift.Row) {
	comparer := drift.Comparer{Vars: d.Policy.Vars(), LeaveOut: d.leaveOut, Asked: d.Policy.Asks()}
	isUnknown := func(g drift.Group) bool { return g.Value.Kind == drift.Unknown }
	for _, pair := range both(recorded, d.snapshot(p.environment).Hosts) {
		role := pair[0].ID.Role
		comparer.Elsewhere = func(a drift.Address) bool { return d.elsewhere(a) || !d.carriedBy(p.content.Component, role, a) }
		for _, row := range comparer.Compare(pair[:1], pair[1:]).Rows {
			switch {
			case row.Class == drift.Unexplained:
				moved = joined(moved, row)
			case row.Class == drift.Untold && slices.ContainsFunc(row.From, isUnknown):
				untold = joined(untold, row)
			}
		}
	}
	moved, _ = d.unmarked(moved)
	return moved, untold
}

// joined returns rows with another one added, to the row of its address if there is one.
func joined(rows []drift.Row, row drift.Row) []drift.Row {
	i := slices.IndexFunc(rows, func(other drift.Row) bool { return other.Address == row.Address })
	if i < 0 {
		return append(rows, row)
	}
	rows[i].From, rows[i].To = join(rows[i].From, row.From), join(rows[i].To, row.To)
	return rows
}

// join returns groups with those of other hosts added: hosts that have the same value are one group.
func join(groups, more []drift.Group) []drift.Group {
	for _, g := range more {
		i := slices.IndexFunc(groups, func(other drift.Group) bool { return other.Value == g.Value && other.Differs == g.Differs })
		if i < 0 {
			groups = append(groups, g)
		} else {
			groups[i].Hosts = append(groups[i].Hosts, g.Hosts...)
		}
	}
	return groups
}
