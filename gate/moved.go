package gate

import (
	"fmt"

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
		rows := d.sinceVerified(p, recorded)
		if len(rows) == 0 {
			continue
		}
		for _, f := range rowFindings(rows, p.environment+" as verified", p.environment) {
			f.Code = "promotion.moved"
			f.Title = fmt.Sprintf("%s is not as it was when %s was verified there, in %s", capital(p.environment), d.name(p.content), f.what())
			f.Next = []string{fmt.Sprintf("find out who changed %s on %s, and verify %s again (finding NUMBER)", f.what(), p.environment, d.name(p.content))}
			d.add(f)
		}
	}
}

// sinceVerified compares each host of an environment with itself as it was recorded, in what the content's component
// carries.
func (d *decision) sinceVerified(p proof, recorded []drift.Host) []drift.Row {
	comparer := drift.Comparer{Vars: d.Policy.Vars(), LeaveOut: d.leaveOut, Asked: d.Policy.Asks()}
	var rows []drift.Row
	for _, pair := range both(recorded, d.snapshot(p.environment).Hosts) {
		role := pair[0].ID.Role
		comparer.Elsewhere = func(a drift.Address) bool { return d.elsewhere(a) || !d.carriedBy(p.content.Component, role, a) }
		for _, row := range comparer.Compare(pair[:1], pair[1:]).Rows {
			if row.Class == drift.Unexplained {
				rows = append(rows, row)
			}
		}
	}
	rows, _ = d.unmarked(rows)
	return rows
}
