package gate

import (
	"fmt"
	"slices"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// Deviations returns what is not as it should be after a deployment: what was in flight and is not as it was proved, what else
// has moved on a host, and what could not be told. begun is the event with which the deployment began; what it recorded says
// what was foreseen. now is what the target's hosts say; of the snapshots in nothing is read. What hosts are meant to run is
// not compared here, but seen: see Observer. It is an error where the record of the beginning cannot be read.
func Deviations(in Input, begun Event, now *drift.Snapshot) ([]Finding, error) {
	then, err := rewind(in, begun)
	if err != nil {
		return nil, err
	}
	in.Snapshots, in.Partial, in.Candidate = []*drift.Snapshot{now}, true, nil
	f := foresight{then: then, after: newDecision(in), moving: then.moving(), inFlight: map[string][]drift.Address{}}
	f.foresee()
	f.after.hosts()
	f.unread()
	f.arrived()
	f.moved()
	v := f.after.verdict
	v.Findings = slices.DeleteFunc(v.Findings, func(f Finding) bool { return f.Effect == Informs })
	v.seal()
	return v.Findings, nil
}

// rewind returns the decision about a deployment as it was when that began.
func rewind(in Input, begun Event) (*decision, error) {
	history := *in.History
	i := slices.IndexFunc(history.Events, func(e Event) bool { return e.ID == begun.ID })
	if i < 0 {
		return nil, fmt.Errorf("the event %s is not in the ledger", Short(begun.ID))
	}
	history.Events = history.Events[:i]
	in.History, in.Now, in.Snapshots, in.Partial = &history, begun.At, nil, false
	in.Candidate = &Candidate{Contents: begun.Contents, Rollback: begun.Rollback}
	if len(begun.Contents) > 0 {
		in.Candidate.Commit = begun.Contents[0].Commit
	}
	for _, environment := range append([]string{in.To}, in.Policy.Environment(in.To).Promotion.From...) {
		id := begun.Snapshots[environment]
		if id == "" {
			return nil, fmt.Errorf("what %s was is not on record with the event %s", environment, Short(begun.ID))
		}
		s, err := in.Record.Snapshot(id)
		if err != nil {
			return nil, fmt.Errorf("what %s was when the deployment began: %w", environment, err)
		}
		in.Snapshots = append(in.Snapshots, s)
	}
	return newDecision(in), nil
}

// foresight is what a deployment should do, and what became of it.
type foresight struct {
	then, after *decision
	moving      []Content
	proved      []sides                    // of each environment that proves it
	inFlight    map[string][]drift.Address // the change, by role
}

// foresee finds what was in flight when the deployment began.
func (f *foresight) foresee() {
	proofs := f.then.evidence(f.moving)
	for _, environment := range f.then.verdict.From {
		s := f.then.sidesOf(environment, proofs)
		f.proved = append(f.proved, s)
		for _, g := range cohorts(f.then.snapshot(f.then.To).Hosts) {
			f.then.cohort(s, g)
		}
	}
	for _, row := range f.then.inFlight {
		f.inFlight[roleOf(row)] = append(f.inFlight[roleOf(row)], row.Address)
	}
}

// isInFlight reports whether an address, or what it is below, was in flight on hosts of a role.
func (f *foresight) isInFlight(role string, a drift.Address) bool {
	return slices.ContainsFunc(f.inFlight[role], func(at drift.Address) bool { return a == at || a.Below(at) })
}

// carried reports whether the deployment may change an address on hosts of a role to what was proved.
func (f *foresight) carried(role string, a drift.Address) bool {
	return slices.ContainsFunc(f.moving, func(c Content) bool { return f.then.carriedBy(c.Component, role, a) })
}

// left reports whether an address is not compared: a differ block judges it, or it is the marker of what was deployed.
func (f *foresight) left(a drift.Address) bool {
	return f.after.elsewhere(a) || slices.ContainsFunc(f.after.Policy.Promoted(), func(c policies.Component) bool {
		_, moves := contentOf(f.moving, c.Name)
		return moves && c.Marker == a
	})
}

// hosts returns the hosts of the target as they are now.
func (f *foresight) hosts() []drift.Host { return f.after.snapshot(f.after.To).Hosts }

// unread finds hosts that were there before, and were not read now.
func (f *foresight) unread() {
	lost := Finding{Code: "unknown.host", Effect: Opens}
	aside := SetAsides(f.after.History, f.after.To, f.after.Now)
	for _, h := range without(f.then.snapshot(f.then.To).Hosts, f.hosts()) {
		if _, set := aside[h.ID.String()]; !set {
			lost.because(h.ID, "it was there before, and was not read now")
		}
	}
	if hosts := places(lost.Hosts); hosts != "" {
		lost.Title = "Could not read " + hosts
		lost.Next = []string{fmt.Sprintf("make %s readable for gate (finding NUMBER)", hosts)}
		f.after.add(lost)
	}
}

// compare compares hosts in what a function does not leave out.
func (f *foresight) compare(from, to []*drift.Host, leaveOut func(drift.Address) bool) []drift.Row {
	comparer := drift.Comparer{Vars: f.after.Policy.Vars(), LeaveOut: f.after.leaveOut, Asked: f.after.Policy.Asks(), Elsewhere: leaveOut}
	return f.after.told(comparer.Compare(from, to).Rows)
}

// arrived finds what was in flight and is not as it was proved.
func (f *foresight) arrived() {
	for _, s := range f.proved {
		for _, g := range cohorts(f.hosts()) {
			rows := f.compare(g.among(s.proved), g.hosts, func(a drift.Address) bool { return f.left(a) || !f.isInFlight(g.role, a) })
			f.report(rows, s.environment, func(x *Finding, what string) {
				x.Code = "deployment.incomplete"
				x.Title = fmt.Sprintf("The change did not come whole: %s, not as %s proved it", what, s.environment)
				x.Next = []string{fmt.Sprintf("look why the change did not come: %s (finding NUMBER); deploy again, or go back with --rollback", what)}
			})
		}
	}
}

// moved finds what else is not as it was before the deployment. What came to be as it was proved, of what the deployment
// changes, did not move away.
func (f *foresight) moved() {
	var rows []drift.Row
	for _, pair := range both(f.then.snapshot(f.then.To).Hosts, f.hosts()) {
		role := pair[1].ID.Role
		for _, row := range f.compare(pair[:1], pair[1:], func(a drift.Address) bool { return f.left(a) || f.isInFlight(role, a) }) {
			if !f.carried(role, row.Address) || !f.isProved(pair[1], row.Address) {
				rows = joined(rows, row)
			}
		}
	}
	f.report(rows, f.after.To+" before", func(x *Finding, what string) {
		x.Code = "deployment.moved"
		x.Title = "More than the change has moved: " + what
		x.Next = []string{fmt.Sprintf("find out what moved %s (finding NUMBER); put it back, or prove it", what)}
	})
}

// isProved reports whether a host has at an address what all environments have that prove it.
func (f *foresight) isProved(h *drift.Host, at drift.Address) bool {
	return !slices.ContainsFunc(f.proved, func(s sides) bool {
		like := group{role: h.ID.Role, cohort: h.Cohort()}.among(s.proved)
		return len(like) == 0 || len(f.compare(like, []*drift.Host{h}, func(a drift.Address) bool { return a != at && !a.Below(at) })) > 0
	})
}

// report makes findings of rows: of what differs, findings that say completes, and of what could not be told others.
func (f *foresight) report(rows []drift.Row, from string, say func(*Finding, string)) {
	told := slices.DeleteFunc(slices.Clone(rows), func(row drift.Row) bool { return row.Class != drift.Unexplained })
	for _, x := range rowFindings(told, from, f.after.To) {
		x.Effect = Blocks
		say(&x, x.what()+" on "+places(x.Hosts))
		f.after.add(x)
	}
	untold := slices.DeleteFunc(slices.Clone(rows), func(row drift.Row) bool { return row.Class != drift.Untold })
	for _, x := range rowFindings(untold, from, f.after.To) {
		f.after.add(x)
	}
}
