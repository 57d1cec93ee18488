package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// entered reports whether an event let a content into its environment: a deployment whose check has passed, or the start of
// the ledger.
func (d *decision) entered(e Event, c Content) bool {
	if e.Adopted {
		return holds(e.Contents, c)
	}
	if e.Kind == Deployed {
		begun, ok := d.History.Event(e.Of)
		if !ok || begun.Environment != e.Environment {
			return false
		}
		e = begun
	}
	return e.Kind == Deploying && e.Outcome == Pass && holds(e.Contents, c)
}

// skipped finds what is on the environment and has not passed the gate: a deployment without a pass on record, and hosts that
// show what neither the last deployment brought nor one that is unfinished. What the candidate contains is told, and stops
// nothing: what proves the candidate proves it too.
func (d *decision) skipped() {
	if len(d.verdict.From) == 0 || d.History == nil || d.History.ID == "" {
		return
	}
	for _, component := range d.Policy.Promoted() {
		list := stays(d.History, d.To, component.Name)
		var now stay
		if n := len(list); n > 0 {
			now = list[n-1]
			if !d.entered(now.deployed, now.content) {
				d.skip(now.content, Finding{Detail: d.saidBy(now.deployed),
					Title: fmt.Sprintf("%s was deployed to %s without a pass", named([]Content{now.content}), d.To)})
			}
		}
		for _, s := range d.shown(d.To, component.Name) {
			if s.content.ID == now.content.ID || d.underWay(s.content) {
				continue
			}
			f := Finding{Hosts: ids(s.hosts), Title: fmt.Sprintf("%s is on %s, and no deployment on record brought it there", named([]Content{s.content}), d.place(s.hosts))}
			if now.content.ID != "" {
				f.Detail = []string{fmt.Sprintf("the last deployment on record is of %s, %s", named([]Content{now.content}), d.saidBy(now.deployed)[0])}
			}
			if e, found, missing := d.otherwise(d.To, s.content); found {
				f.Title = fmt.Sprintf("%s is on %s, deployed there as recorded under other component paths than the policy has now", named([]Content{s.content}), d.place(s.hosts))
				f.Detail = append(d.saidBy(e), fmt.Sprintf("event %s says %s", Short(e.ID), named(e.Contents)))
			} else if missing != nil {
				what, mend := missing.Lacks()
				f.Title = fmt.Sprintf("%s is on %s, and no deployment on record is known to have brought it there", named([]Content{s.content}), d.place(s.hosts))
				f.Detail = append(f.Detail, fmt.Sprintf("the policy has changed since, and %s; this gets it: %s", what, mend))
			}
			d.skip(s.content, f)
		}
	}
}

// place names hosts, or the target where all of them are meant.
func (d *decision) place(hosts []drift.HostID) string {
	if len(hosts) == 0 {
		return d.To
	}
	return places(ids(hosts))
}

// underWay reports whether an unfinished deployment that has passed brings a content; or brought the hosts away from it, when
// it failed after all.
func (d *decision) underWay(c Content) bool {
	open, found := d.unfinished()
	if !found {
		return false
	}
	if d.entered(open, c) {
		return true
	}
	was, ok := last(d.History, d.To, c.Component)
	return ok && was.ID == c.ID
}

// skip adds what is known of a content that skipped the gate.
func (d *decision) skip(c Content, f Finding) {
	f.Code, f.Effect = "promotion.skipped", Blocks
	f.Next = []string{fmt.Sprintf("prove %s on %s, and promote it from there; or go back to what has passed: --rollback", named([]Content{c}), strings.Join(d.verdict.From, ", "))}
	switch {
	case d.back():
		f.inform("the way back takes it away")
	case d.Candidate != nil && d.contains(c):
		f.inform("the candidate contains it, so what proves the candidate proves it as well")
	case d.passed(c):
		f.inform("it has passed before")
	case d.Candidate == nil:
		proved, untold := d.provedSince(c)
		if proved {
			f.inform("it was proved since")
		}
		f.Detail = append(f.Detail, untold...)
	}
	d.add(f)
}

// inform makes a finding one that stops nothing, and says why.
func (f *Finding) inform(why string) {
	f.Effect, f.Next = Informs, nil
	f.Detail = append(f.Detail, why)
}

// passed reports whether a content entered the target with a pass, at some time.
func (d *decision) passed(c Content) bool {
	return slices.ContainsFunc(staysOn(stays(d.History, d.To, c.Component), c), func(s stay) bool { return d.entered(s.deployed, c) })
}

// contains reports whether the candidate descends from a content.
func (d *decision) contains(c Content) bool {
	if holds(d.Candidate.Contents, c) {
		return true
	}
	yes, err := d.descends(c, d.Candidate.Commit)
	return err == nil && yes
}

// provedSince reports whether a content, or one that descends from it, was seen and verified on all that the environment is
// promoted from. Where that could not be told, it says why.
func (d *decision) provedSince(c Content) (proved bool, untold []string) {
	for _, environment := range d.verdict.From {
		untold = nil
		i := slices.IndexFunc(stays(d.History, environment, c.Component), func(s stay) bool {
			_, void := s.void(d.History)
			if void || !slices.ContainsFunc(s.sights(), func(s sight) bool { return s.shows }) {
				return false
			}
			if yes, err := d.descends(c, s.content.Commit); s.content.ID != c.ID && (err != nil || !yes) {
				return false
			}
			lacks := d.lacking(s)
			for _, f := range lacks {
				if f.Effect == Opens {
					untold = append(untold, append([]string{f.Title}, f.Detail...)...)
				}
			}
			return len(lacks) == 0
		})
		if i < 0 {
			return false, untold
		}
	}
	return true, nil
}

// lacking returns what a stay lacks to be verified.
func (d *decision) lacking(s stay) []Finding {
	p := proof{environment: s.deployed.Environment, content: s.content, stay: &s}
	var lacks []Finding
	for _, name := range d.environment.Promotion.VerifiedBy {
		if _, lack := d.verify(&p, name, []Content{s.content}); lack != nil {
			lacks = append(lacks, *lack)
		}
	}
	return lacks
}
