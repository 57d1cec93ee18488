package gate

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// waivers are those of a policy, with what each has covered.
type waivers struct {
	list   []policies.Waiver
	now    time.Time
	covers []int
}

func newWaivers(p *policies.Policy, now time.Time) *waivers {
	return &waivers{list: p.Waivers, now: now, covers: make([]int, len(p.Waivers))}
}

// drift returns the rows that no waiver covers, and of those that one covers in part, the rest. What could not be told is
// left of every row.
func (w *waivers) drift(rows []drift.Row) []drift.Row {
	var left []drift.Row
	for _, row := range rows {
		if isDrift(row.Class) || row.Class == drift.Foreign || row.Class == drift.SameSecret {
			if row = w.uncovered(row); !differs(row) {
				if row = untold(row); row.Class != drift.Untold {
					continue
				}
			}
		}
		left = append(left, row)
	}
	return left
}

// untold returns a row of which a waiver covers all differences as one of what could not be told, if there is such.
func untold(row drift.Row) drift.Row {
	found := false
	for _, side := range [][]drift.Group{row.From, row.To} {
		for i, g := range side {
			side[i].Differs = true
			found = found || g.Value.Kind == drift.Unknown && g.Value.Text != ""
		}
	}
	if found {
		row.Class = drift.Untold
	}
	return row
}

// uncovered returns a row less the hosts that a waiver covers.
func (w *waivers) uncovered(row drift.Row) drift.Row {
	return less(row, func(h drift.HostID, v drift.Value) bool { return w.coversFact(h, row.Address, v) })
}

// less returns a row less the hosts of which the difference is settled.
func less(row drift.Row, settled func(drift.HostID, drift.Value) bool) drift.Row {
	side := func(groups []drift.Group) []drift.Group {
		var kept []drift.Group
		for _, g := range groups {
			hosts := slices.Clone(g.Hosts)
			if g.Differs && g.Value.Kind != drift.Unknown {
				hosts = slices.DeleteFunc(hosts, func(h drift.HostID) bool { return settled(h, g.Value) })
			}
			if len(hosts) > 0 {
				kept = append(kept, drift.Group{Value: g.Value, Hosts: hosts, Differs: g.Differs})
			}
		}
		return kept
	}
	row.From, row.To = side(row.From), side(row.To)
	return row
}

// differs reports whether a row still says that something differs: of hosts that disagree with each other, whether two
// values are left.
func differs(row drift.Row) bool {
	var left []drift.Value
	for _, g := range slices.Concat(row.From, row.To) {
		if g.Differs && !slices.ContainsFunc(left, g.Value.Equal) {
			left = append(left, g.Value)
		}
	}
	if row.Class == drift.Within {
		return len(left) > 1
	}
	return len(left) > 0
}

func (w *waivers) coversFact(h drift.HostID, a drift.Address, v drift.Value) bool {
	covered := false
	for i, waiver := range w.list {
		if !w.active(waiver) || !waiver.Covers(h) || !slices.ContainsFunc(waiver.Facts, func(p drift.Pattern) bool { return says(&waiver, p, a, v) }) {
			continue
		}
		if len(waiver.Values) == 0 || slices.ContainsFunc(waiver.Values, v.Is) {
			w.covers[i]++
			covered = true
		}
	}
	return covered
}

// says reports whether a waiver that names a pattern is about a value at an address. "absent" is said of what the pattern
// names: that a file may be absent says nothing of what is absent in it when it is there.
func says(w *policies.Waiver, p drift.Pattern, a drift.Address, v drift.Value) bool {
	if len(w.Values) == 0 || v.Kind != drift.Absent || p.Matches(a) {
		return p.Covers(a)
	}
	whole, ok := a.StandsFor()
	return ok && p.Matches(whole)
}

// coversRule reports whether a waiver covers that a rule fails on a host: one that is bound to values, as long as the host
// has one of them at each of its facts. None covers a hard rule.
func (w *waivers) coversRule(h *drift.Host, rule *policies.Rule) bool {
	covered := false
	for i, waiver := range w.list {
		if w.active(waiver) && waiver.Covers(h.ID) && slices.Contains(waiver.Rules, rule.Name) && rule.Enforcement != policies.Hard && isBound(&waiver, h) {
			w.covers[i]++
			covered = true
		}
	}
	return covered
}

// isBound reports whether a host has what a waiver is bound to.
func isBound(w *policies.Waiver, h *drift.Host) bool {
	has := func(v drift.Value) bool { return slices.ContainsFunc(w.Values, v.Is) }
	return len(w.Values) == 0 || !slices.ContainsFunc(w.Facts, func(p drift.Pattern) bool {
		if exact, ok := p.Exact(); ok && has(h.Presence(exact)) {
			return false
		}
		return !slices.ContainsFunc(h.Collector(p.Address().Collector()), func(s drift.Section) bool {
			return slices.ContainsFunc(s.Facts, func(f drift.Fact) bool { return p.Covers(f.Address) && has(f.Value) })
		})
	})
}

func (w *waivers) active(waiver policies.Waiver) bool { return w.now.Before(waiver.Expires) }

// reportWaivers adds what became of the waivers to the verdict. Whether one is unused is told only when everything could be
// read.
func (d *decision) reportWaivers() {
	w, v := d.waivers, d.verdict
	whole := d.whole()
	for i, waiver := range w.list {
		v.Waivers = append(v.Waivers, Waiver{Name: waiver.Name, Owner: waiver.Owner, Reason: waiver.Reason, Expires: waiver.Expires, Covers: w.covers[i]})
		switch {
		case !w.active(waiver):
			v.Findings = append(v.Findings, Finding{Code: "waiver.expired", Effect: Informs, Policy: position(waiver.Range),
				Title:  fmt.Sprintf("The waiver %q has expired on %s and covers nothing", waiver.Name, waiver.Expires.Format(time.RFC3339)),
				Detail: []string{fmt.Sprintf("owner %s: %s", waiver.Owner, waiver.Reason)}})
		case w.covers[i] == 0 && whole && d.about(waiver):
			v.Findings = append(v.Findings, Finding{Code: "waiver.unused", Effect: Informs, Policy: position(waiver.Range),
				Title: fmt.Sprintf("The waiver %q covers nothing", waiver.Name)})
		}
	}
}

// about reports whether a waiver is about a host of the environments that were read.
func (d *decision) about(waiver policies.Waiver) bool {
	for _, s := range d.Snapshots {
		if slices.ContainsFunc(s.Hosts, func(h drift.Host) bool { return waiver.Covers(h.ID) }) {
			return true
		}
	}
	return false
}
