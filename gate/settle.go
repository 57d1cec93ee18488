package gate

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-313c021b/gate/drift"
)

// settling returns the rows that updates may settle by themselves, and the others.
func (d *decision) settling(rows []drift.Row) (settling, rest []drift.Row) {
	for _, row := range rows {
		if d.settles(row) {
			settling = append(settling, row)
		} else {
			rest = append(rest, row)
		}
	}
	return settling, rest
}

// settled returns a finding of rows that settle as one that stops nothing yet.
func (d *decision) settled(f Finding) Finding {
	f.Effect, f.Next = Informs, nil
	f.Detail = append(f.Detail, fmt.Sprintf("it is younger than settle, %s: it blocks when it is there longer", span(d.environment.Promotion.Settle)))
	f.Policy = position(d.environment.Promotion.Range)
	return f
}

// settles reports whether a difference is younger than the time that updates may take to reach all hosts: only facts that
// no component carries settle, and only what the ledger's observations date.
func (d *decision) settles(row drift.Row) bool {
	limit := d.environment.Promotion.Settle
	if !isDrift(row.Class) || limit == 0 || d.Record == nil || d.carriedOn(row) {
		return false
	}
	began, ok := d.since(row)
	return ok && d.Now.Sub(began) <= limit
}

// carriedOn reports whether a component carries the fact on a host of the row.
func (d *decision) carriedOn(row drift.Row) bool {
	for _, side := range [][]drift.Group{row.From, row.To} {
		for _, g := range side {
			for _, h := range g.Hosts {
				if d.carried(h.Role, row.Address) {
					return true
				}
			}
		}
	}
	return false
}

// since tells when the difference of a row began, as far as observations tell: when a host that differs last got its value,
// or when a host that it differs from last had the like, whichever was later. What the others have had in the meantime is
// nothing: one that gets another value every day does not make it young. It is not known where that is not known of some
// host, or was so in the first observation already.
func (d *decision) since(row drift.Row) (began time.Time, ok bool) {
	known := true
	note := func(g drift.Group, others []drift.Group) {
		came, ok := d.appeared(row.Address, g)
		left, told := d.parted(row.Address, g, others)
		known = known && ok && told
		if left.at.After(came.at) {
			came = left
		}
		known = known && came.seen
		if began.IsZero() || came.at.Before(began) {
			began = came.at
		}
	}
	all := slices.Concat(row.From, row.To)
	for i, g := range all {
		switch target := i >= len(row.From); {
		case row.Class == drift.Within:
			if others := d.unlike(row.Address, g, all); len(others) > 0 {
				note(g, others)
			}
		case target && g.Differs:
			note(g, row.From)
		}
	}
	return began, known && !began.IsZero()
}

// unlike returns those of groups whose values differ from that of another.
func (d *decision) unlike(a drift.Address, g drift.Group, groups []drift.Group) []drift.Group {
	return slices.DeleteFunc(slices.Clone(groups), func(other drift.Group) bool {
		return d.alike(a, g.Hosts[0], g.Value, other.Hosts[0], other.Value)
	})
}

// alike reports whether a comparison takes the values that two hosts have at an address for the same.
func (d *decision) alike(a drift.Address, one drift.HostID, v drift.Value, other drift.HostID, w drift.Value) bool {
	if v.Equal(w) || v.Kind != w.Kind || v.Kind == drift.Absent || v.Kind == drift.Unknown {
		return v.Equal(w)
	}
	host := func(id drift.HostID, v drift.Value) *drift.Host {
		h := &drift.Host{ID: id, Sections: []drift.Section{{Collector: a.Collector(), Status: drift.OK, Facts: []drift.Fact{{Address: a, Value: v}}}}}
		if at := d.snapshot(id.Environment); at != nil && a.Collector() != "os" {
			if i := slices.IndexFunc(at.Hosts, func(h drift.Host) bool { return h.ID == id }); i >= 0 {
				h.Sections = append(h.Sections, at.Hosts[i].Collector("os")...) // its own names are variables
			}
		}
		return h
	}
	x, y := []*drift.Host{host(one, v)}, []*drift.Host{host(other, w)}
	if one.Environment == other.Environment {
		x, y = nil, append(x, y...)
	}
	comparer := drift.Comparer{Vars: d.Policy.Vars(), Elsewhere: func(at drift.Address) bool { return at != a }}
	return !slices.ContainsFunc(comparer.Compare(x, y).Rows, func(row drift.Row) bool { return isDrift(row.Class) })
}

// appearance is when a value was first there, and whether it was seen to come: whether an observation before had another one.
type appearance struct {
	at   time.Time
	seen bool
}

// appeared tells when the first of hosts got the value that all of them have, false where that is not known of one.
func (d *decision) appeared(a drift.Address, g drift.Group) (appearance, bool) {
	if g.Value.Kind == drift.Unknown {
		return appearance{}, false
	}
	return d.earliest(a, g.Hosts, func(drift.HostID) func(drift.Value) bool { return g.Value.Equal })
}

// parted tells when the first of other hosts came to differ from what a group has, for the last time; false where that is not
// known of one.
func (d *decision) parted(a drift.Address, g drift.Group, others []drift.Group) (appearance, bool) {
	var hosts []drift.HostID
	for _, other := range others {
		if other.Value.Kind == drift.Unknown {
			return appearance{}, false
		}
		hosts = append(hosts, other.Hosts...)
	}
	return d.earliest(a, hosts, func(h drift.HostID) func(drift.Value) bool {
		known := map[drift.Value]bool{} // most observations have the same
		return func(v drift.Value) bool {
			differs, ok := known[v]
			if !ok {
				differs = !d.alike(a, g.Hosts[0], g.Value, h, v)
				known[v] = differs
			}
			return differs
		}
	})
}

// earliest tells when something first came to hold of the values that hosts have, false where that is not known of one.
func (d *decision) earliest(a drift.Address, hosts []drift.HostID, holds func(drift.HostID) func(drift.Value) bool) (appearance, bool) {
	var earliest appearance
	for _, h := range hosts {
		first, before := d.Record.Since(h, a, holds(h))
		if first.IsZero() && before.IsZero() {
			return appearance{}, false
		}
		if first.IsZero() {
			first = d.Now // it came after the last observation
		}
		if earliest.at.IsZero() || first.Before(earliest.at) || first.Equal(earliest.at) && before.IsZero() {
			earliest = appearance{first, !before.IsZero()}
		}
	}
	return earliest, !earliest.at.IsZero()
}

// datedCodes are the findings that say since when.
var datedCodes = []string{"drift.ahead", "drift.skipped", "drift.diverged", "drift.unexplained"}

// mostDates is how many different times a finding tells.
const mostDates = 3

// date says in findings of rows since when their values are there, as far as the ledger's observations tell.
func (d *decision) date(findings []Finding, rows []drift.Row) {
	if d.Record == nil {
		return
	}
	for i := range findings {
		f := &findings[i]
		if !slices.Contains(datedCodes, f.Code) {
			continue
		}
		var lines []string
		for _, row := range rows {
			if codeOf(row) != f.Code || !slices.ContainsFunc(f.Items, func(item Item) bool { return item.Address == string(row.Address) }) {
				continue
			}
			if line := d.seenSince(row); line != "" && !slices.Contains(lines, line) && len(lines) < mostDates {
				lines = append(lines, line)
			}
		}
		f.Detail = append(f.Detail, lines...)
	}
}

// seenSince says since when the hosts that moved have what they have.
func (d *decision) seenSince(row drift.Row) string {
	moved := row.To
	if row.Class == drift.Ahead {
		moved = row.From
	}
	for _, g := range moved {
		if row.Class != drift.Ahead && !g.Differs {
			continue
		}
		first, before := d.Record.Since(g.Hosts[0], row.Address, g.Value.Equal)
		zone := d.Policy.Gate.Timezone
		if first.IsZero() && !before.IsZero() {
			return fmt.Sprintf("not there yet in the check of %s", before.In(zone).Format("2 Jan 15:04"))
		}
		if first.IsZero() {
			continue
		}
		at := first.In(zone).Format("2 Jan 15:04")
		if p, ok := d.lastPromotion(); ok && row.Class != drift.Ahead && !first.After(p.At) {
			return fmt.Sprintf("already so at the last promotion, of %s", p.At.In(zone).Format("2 Jan 15:04"))
		}
		if before.IsZero() {
			return fmt.Sprintf("there since the first observation, of %s", at)
		}
		return fmt.Sprintf("first seen in the check of %s, not in that of %s; %s", at, before.In(zone).Format("2 Jan 15:04"), d.between(g.Hosts[0].Environment, before, first))
	}
	return ""
}

func (d *decision) lastPromotion() (Event, bool) {
	for _, e := range slices.Backward(d.History.In(d.To)) {
		if e.Kind == Deployed {
			return e, true
		}
	}
	return Event{}, false
}

// between says what was deployed between two observations.
func (d *decision) between(environment string, before, first time.Time) string {
	for _, e := range d.History.In(environment) {
		if e.Kind == Deployed && e.At.After(before) && !e.At.After(first) {
			return named(e.Contents) + " was deployed between them"
		}
	}
	return "no deployment between them"
}
