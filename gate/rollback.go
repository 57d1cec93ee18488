package gate

import (
	"fmt"
	"slices"

	"github.com/seed-313c021b/gate/drift"
)

// A rollback goes back to what has passed into the target before. That needs no staging, no soak and no freeze: the step was
// taken already. What it must become is known all the same, and nothing else may be wrong on the target.

// back reports whether the candidate goes the way back.
func (d *decision) back() bool { return d.Candidate != nil && d.Candidate.Rollback }

// backTo judges the way back to a content: it must have passed into the target before, and neither have failed there nor been
// revoked.
func (d *decision) backTo(c Content) {
	f := Finding{Code: "promotion.rollback", Effect: Blocks,
		Title: fmt.Sprintf("No pass of %s into %s is on record, so it is nothing to go back to", d.name(c), d.To),
		Next:  []string{fmt.Sprintf("choose a revision that was on %s: gate log --to %s", d.To, d.To)}}
	passed := false
	for _, s := range staysOn(stays(d.History, d.To, c.Component), c) {
		if !d.entered(s.deployed, c) {
			continue
		}
		if e, failed := s.failed(d.History); failed {
			f.Title, f.Detail = fmt.Sprintf("%s failed on %s", d.name(c), d.To), d.saidBy(e)
		} else {
			passed = true
		}
	}
	if e, revoked := d.History.revoked(c); revoked {
		f.Title, f.Detail = fmt.Sprintf("%s was revoked", d.name(c)), d.saidBy(e)
	} else if passed {
		return
	}
	d.add(f)
}

// provedBack returns what the way back leads to: what the candidate carries as the environment recorded it when it proved it.
// Where it has no record of that, the target stands in: what it carries as the target recorded it when it had it, and all else
// as it is there. All else was long ago, and does not come back: on the environment it is as it is now.
func (d *decision) provedBack(environment string, now []drift.Host, proofs []proof) []drift.Host {
	there := now
	for _, p := range proofs {
		if p.environment != environment {
			continue
		}
		if p.stay == nil {
			return d.provedOnTarget(environment, now, proofs)
		}
		recorded, err := d.recorded(p.event(), environment)
		if err != nil {
			return d.provedOnTarget(environment, now, proofs)
		}
		there = d.carrying(there, recorded, p.content)
	}
	return there
}

// provedOnTarget returns the target itself, with what the candidate carries as it was recorded there.
func (d *decision) provedOnTarget(environment string, now []drift.Host, proofs []proof) []drift.Host {
	to := d.snapshot(d.To)
	if to == nil {
		return now
	}
	hosts := to.Hosts
	for _, p := range proofs {
		if p.environment != environment {
			continue
		}
		at, ok := ended(stays(d.History, d.To, p.content.Component), p.content, d.To, d.Now)
		if !ok {
			d.unrecorded(p, fmt.Errorf("nothing of it is on record on %s, nor on %s", environment, d.To))
			return now
		}
		recorded, err := d.recorded(at, d.To)
		if err != nil {
			d.unrecorded(p, err)
			return now
		}
		hosts = d.carrying(hosts, recorded, p.content)
	}
	return hosts
}

// homeward returns rows as they are on the way back: what the candidate carries is overwritten whatever it was before, so that
// all of it that differs is the change itself. Whether it came is read when the deployment is recorded. Where the hosts that
// proved it disagree, nobody knows what would come: that stays as it is.
func (d *decision) homeward(rows []drift.Row) []drift.Row {
	if !d.back() {
		return rows
	}
	moving := d.moving()
	var list []drift.Row
	overwritten := map[drift.Address]bool{}
	for _, row := range rows {
		if row.Split || !slices.ContainsFunc(moving, func(c Content) bool { return d.carriedBy(c.Component, roleOf(row), row.Address) }) {
			list = append(list, row)
			continue
		}
		switch row.Class {
		case drift.InFlight, drift.Ahead, drift.Skipped, drift.Diverged, drift.Unexplained:
			row.Class = drift.InFlight
			overwritten[row.Address] = true
		}
		list = append(list, row)
	}
	return slices.DeleteFunc(list, func(row drift.Row) bool { return row.Class == drift.Within && overwritten[row.Address] })
}
