package gate

import (
	"fmt"
	"slices"
)

// promotion judges whether the candidate may enter the environment, from what the ledger tells and what the hosts show, and
// returns what proves it. It is nil in a drift check.
func (d *decision) promotion() []proof {
	d.flaws()
	d.skipped()
	d.asides()
	d.running()
	if d.Candidate == nil {
		return nil
	}
	d.holds()
	d.freezes()
	together := d.moving()
	proofs := d.evidence(together)
	d.moved(proofs)
	d.direction(together)
	d.unowned(together)
	return proofs
}

// flaws makes a finding of each thing that is wrong with the ledger.
func (d *decision) flaws() {
	if d.History == nil {
		return
	}
	for _, flaw := range d.History.Flaws {
		f := Finding{Code: flaw.Code, Effect: Blocks, Enforcement: "hard", Title: flaw.Text}
		if flaw.Next != "" {
			f.Next = []string{flaw.Next}
		}
		if flaw.Event != "" {
			f.Detail = []string{"event " + Short(flaw.Event)}
		}
		d.add(f)
	}
}

// asides tells of the hosts that are set aside.
func (d *decision) asides() {
	for _, environment := range append(slices.Clone(d.verdict.From), d.To) {
		aside := SetAsides(d.History, environment, d.Now)
		for _, host := range sortedKeys(aside) {
			e := aside[host]
			d.add(Finding{Code: "set_aside.active", Effect: Informs, Hosts: []string{host},
				Title:  fmt.Sprintf("%s is set aside until %s: %s", host, d.moment(e.Until), e.Reason),
				Detail: []string{"by " + e.By}})
		}
	}
}
