package gate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// differ judges what the policy says must differ, and returns how many addresses that were. With values each
// environment has its own; without, no host may have what a host of the other side has, and the hosts of a side must agree.
func (d *decision) differ(environment string, from, to []*drift.Host) int {
	judged := 0
	for _, x := range d.Policy.Compare.Differs {
		wrong := map[drift.Address]bool{}
		for _, a := range addresses(x.Fact, slices.Concat(from, to)) {
			judged++
			for _, f := range judgeDiffer(x, a, from, to) {
				wrong[a] = wrong[a] || f.Effect == Blocks
				f.Policy = position(x.Range)
				d.add(f)
			}
		}
		for _, side := range [][]*drift.Host{from, to} {
			rows := d.waivers.drift(d.disagree(x, side, wrong))
			for _, f := range rowFindings(rows, environment, d.To) {
				f.Policy = position(x.Range)
				d.add(f)
			}
		}
	}
	return judged
}

// disagree returns the rows in which hosts of one side disagree, though nothing says what each of them must have. What is
// wrong is a finding already.
func (d *decision) disagree(x policies.Differ, side []*drift.Host, wrong map[drift.Address]bool) []drift.Row {
	if len(side) == 0 {
		return nil
	}
	if _, told := x.Values[side[0].ID.Environment]; told {
		return nil
	}
	comparer := drift.Comparer{Vars: d.Policy.Vars(), LeaveOut: d.leaveOut, Asked: d.Policy.Asks(), Elsewhere: func(a drift.Address) bool { return !x.Fact.Covers(a) }}
	return slices.DeleteFunc(comparer.Compare(nil, side).Rows, func(row drift.Row) bool {
		return row.Class != drift.Within || wrong[row.Address]
	})
}

// addresses returns the facts that a pattern covers on any host; a pattern that is one address covers it even where no
// host has it.
func addresses(p drift.Pattern, hosts []*drift.Host) []drift.Address {
	seen := map[drift.Address]bool{}
	for _, h := range hosts {
		for _, s := range h.Collector(p.Address().Collector()) {
			for _, f := range s.Facts {
				if p.Covers(f.Address) {
					seen[f.Address] = true
				}
			}
		}
	}
	if exact, ok := p.Exact(); len(seen) == 0 && ok {
		seen[exact] = true
	} else if len(seen) == 0 {
		seen[p.Address()] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// judgeDiffer judges one address. A host that has not what it must have blocks, and so does one that has what the other side
// has, where the policy does not say what it must have: of two such hosts that of to. One that could not tell leaves it open.
func judgeDiffer(x policies.Differ, a drift.Address, from, to []*drift.Host) []Finding {
	item := Item{Address: string(a), Label: string(a)}
	var wrong, untold []string
	for i, h := range slices.Concat(from, to) {
		v := h.Lookup(a)
		bad, note := false, ""
		switch want, ok := x.Values[h.ID.Environment]; {
		case v.Kind == drift.Unknown:
			untold = append(untold, h.ID.String())
		case ok:
			bad = !v.Is(want)
			note = fmt.Sprintf("%s must have %s", h.ID.Environment, want.Display())
		default:
			others := from
			if i < len(from) {
				others = slices.DeleteFunc(slices.Clone(to), func(other *drift.Host) bool { _, told := x.Values[other.ID.Environment]; return !told })
			}
			bad = slices.ContainsFunc(others, func(other *drift.Host) bool { return other.Lookup(a).Equal(v) })
			note = "must differ"
		}
		if bad {
			wrong = append(wrong, h.ID.String())
			item.Note = note
		}
		side := &item.To
		if i < len(from) {
			side = &item.From
		}
		*side = appendValue(*side, a, h.ID, v, bad)
	}
	var findings []Finding
	if len(wrong) > 0 {
		findings = append(findings, Finding{Code: "drift.differ", Effect: Blocks, Hosts: wrong, Items: []Item{item},
			Title: fmt.Sprintf("%s is not what the policy wants to differ, on %s", a, places(wrong)),
			Next:  []string{fmt.Sprintf("correct %s on %s: %s", a, places(wrong), item.Note)}})
	}
	if len(untold) > 0 { // a finding of its own: what lets the other through does not let this one
		findings = append(findings, Finding{Code: "unknown.fact", Effect: Opens, Hosts: untold, Items: []Item{item},
			Title: fmt.Sprintf("Could not tell whether %s differs as the policy wants, on %s", a, places(untold)),
			Next:  []string{fmt.Sprintf("let gate read %s on %s (finding NUMBER)", a, places(untold))}})
	}
	return findings
}

// appendValue adds what a host has to a side of an item.
func appendValue(side []Values, a drift.Address, id drift.HostID, v drift.Value, differs bool) []Values {
	one := values(a, []drift.Group{{Value: v, Hosts: []drift.HostID{id}, Differs: differs}})[0]
	for i := range side {
		if side[i].Value == one.Value && side[i].Kind == one.Kind && side[i].Differs == differs {
			side[i].Hosts = append(side[i].Hosts, one.Hosts...)
			return side
		}
	}
	return append(side, one)
}
