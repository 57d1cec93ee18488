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

// since tells when the difference of a row began: when two hosts first had the values in which they differ, as far as
// observations tell. It is not known where that is not known of some host, or was so in the first observation already.
func (d *decision) since(row drift.Row) (began time.Time, ok bool) {
	began, known := time.Time{}, true
	note := func(a, b drift.Group) {
		first, ok := d.together(row.Address, a, b)
		known = known && ok
		if ok && (began.IsZero() || first.Before(began)) {
			began = first
		}
	}
	for _, side := range [][]drift.Group{row.From, row.To} {
		for i, g := range side {
			for _, other := range side[:i] {
				if row.Class == drift.Within && !g.Value.Equal(other.Value) {
					note(g, other)
				}
			}
		}
	}
	for _, g := range row.To {
		for _, other := range row.From {
			if row.Class != drift.Within && g.Differs {
				note(g, other)
			}
		}
	}
	return began, known && !began.IsZero()
}

// together tells since when two groups of hosts have both had their values, false where that is not known, or was so before
// the first observation.
func (d *decision) together(a drift.Address, one, other drift.Group) (time.Time, bool) {
	x, ok := d.appeared(a, one)
	y, known := d.appeared(a, other)
	if y.at.After(x.at) {
		x = y
	}
	return x.at, ok && known && x.seen
}

// appearance is when a value was first there, and whether it was seen to come: whether an observation before had another one.
type appearance struct {
	at   time.Time
	seen bool
}

// appeared tells when the first of hosts got the value that all of them have, false where that is not known of one.
func (d *decision) appeared(a drift.Address, g drift.Group) (appearance, bool) {
	var earliest appearance
	for _, h := range g.Hosts {
		first, before := d.Record.Since(h, a, g.Value)
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
		first, before := d.Record.Since(g.Hosts[0], row.Address, g.Value)
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
