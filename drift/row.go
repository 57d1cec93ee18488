package drift

import (
	"maps"
	"slices"
	"sort"
	"strings"
)

// facts are what one host has in a section, sorted by address.
type facts []Fact

// find returns the value at an address, and whether there is one.
func (facts facts) find(a Address) (Value, bool) {
	if i, ok := sort.Find(len(facts), func(i int) int { return strings.Compare(string(a), string(facts[i].Address)) }); ok {
		return facts[i].Value, true
	}
	return Value{}, false
}

// lookup returns a host's value; what stands below an unknown fact is unknown.
func (facts facts) lookup(a Address) Value {
	for at, ok := a, true; ok; at, ok = at.Parent() {
		if v, found := facts.find(at); found && (at == a || v.Kind == Unknown) {
			return v
		}
	}
	return Value{}
}

// have reports whether any of a run of addresses is there.
func (facts facts) have(run []Address) bool {
	return slices.ContainsFunc(run, func(a Address) bool { _, ok := facts.find(a); return ok })
}

func (facts facts) equal(other facts) bool {
	if len(facts) != len(other) || len(facts) > 0 && &facts[0] == &other[0] {
		return len(facts) == len(other)
	}
	for i := range facts {
		if f, g := &facts[i], &other[i]; f.Address != g.Address || f.Value != g.Value {
			return false
		}
	}
	return true
}

// elements returns the addresses of all contents, sorted, in runs of those that describe one element: deb["x"].held,
// deb["x"].version.
func elements(contents []*content) [][]Address {
	var runs [][]Address
	for _, a := range addresses(contents) {
		if n := len(runs); n > 0 && element(runs[n-1][0]) == element(a) {
			runs[n-1] = append(runs[n-1], a)
		} else {
			runs = append(runs, []Address{a})
		}
	}
	return runs
}

// addresses returns the addresses of all contents, sorted.
func addresses(contents []*content) []Address {
	all := map[Address]bool{}
	seen := map[*content]bool{}
	for _, content := range contents {
		if seen[content] {
			continue
		}
		seen[content] = true
		for i := range content.facts {
			all[content.facts[i].Address] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// element returns the element that a fact describes: its address up to the last key, when an attribute follows that.
func element(a Address) Address {
	if parent, ok := a.Parent(); ok && strings.HasSuffix(string(parent), `"]`) && !strings.HasSuffix(string(a), `"]`) {
		return parent
	}
	return a
}

// leads are the attributes that stand for a whole element, first match first.
var leads = []string{"version", "commit", "type", "active"}

func leadOf(run []Address) Address {
	for _, name := range leads {
		for _, a := range run {
			if strings.HasSuffix(string(a), "]."+name) {
				return a
			}
		}
	}
	return run[0]
}

// StandsFor returns the element whose absence is told at an address: deb["x"] for deb["x"].version; false where that is told
// elsewhere.
func (a Address) StandsFor() (Address, bool) {
	parent, ok := a.Parent()
	return parent, ok && slices.ContainsFunc(leads, func(name string) bool { return a == parent.Attr(name) })
}

// entry is what hosts of a side have in a row, by their index.
type entry struct {
	value   Value
	hosts   []int
	differs bool
}

// add notes a difference of a class. Of to, those hosts are in it that have the class, and those that no difference tells
// apart.
func (c *comparison) add(p place, class Class, to []point, before *past) {
	differs := class.differs()
	var from, target []entry
	for _, s := range p.from {
		if s.untold() && differs && c.Promotion != nil {
			continue
		}
		from = append(from, entry{c.shown(p, s.content, s.shown()), s.hosts, !differs})
	}
	for _, s := range p.to {
		if s.out || s.untold() && !(differs && c.Promotion != nil) {
			target = append(target, entry{s.shown(), s.hosts, !differs})
		}
	}
	for _, x := range to {
		if x.class == class || !x.class.differs() || !differs && x.class.waits() {
			target = append(target, entry{c.shown(p, x.content, x.value), x.hosts, !differs || x.class == class})
		}
	}
	row := Row{Class: class, Address: p.address, Split: p.split, From: c.from.groups(from), To: c.to.groups(target)}
	if before != nil && before.side != nil {
		var had []entry
		for _, s := range before.shares {
			had = append(had, entry{c.shown(p, s.content, s.value), s.hosts, false})
		}
		row.Before = before.side.groups(had)
	}
	c.result.Rows = append(c.result.Rows, row)
}

// differs reports whether a class says how to differs from from.
func (class Class) differs() bool {
	switch class {
	case InFlight, Ahead, Skipped, Diverged, Unexplained:
		return true
	}
	return false
}

// waits reports whether hosts of a class are where from was before.
func (class Class) waits() bool { return class == InFlight || class == Ahead }

// shown returns a value as a row has it: of a whole section, with a digest of what is in it.
func (c *comparison) shown(p place, s *content, v Value) Value {
	if p.whole && v.Kind == Known {
		return s.whole()
	}
	return v
}

// untold notes what could not be told. An unknown value without a reason is told elsewhere: its whole section is unknown.
func (c *comparison) untold(p place) {
	all := func(shares []share) (entries []entry, reasoned bool) {
		for _, s := range shares {
			entries = append(entries, entry{s.shown(), s.hosts, true})
			reasoned = reasoned || s.untold() && s.value.Text != ""
		}
		return entries, reasoned
	}
	from, some := all(p.from)
	to, others := all(p.to)
	if some || others {
		c.result.Rows = append(c.result.Rows, Row{Class: Untold, Address: p.address, From: c.from.groups(from), To: c.to.groups(to)})
	}
}

// groups collects the hosts that have the same value.
func (s *side) groups(entries []entry) []Group {
	type group struct {
		value   Value
		differs bool
	}
	hosts := map[group][]int{}
	for _, e := range entries {
		g := group{e.value, e.differs}
		hosts[g] = append(hosts[g], e.hosts...)
	}
	for _, list := range hosts {
		slices.Sort(list)
	}
	var groups []Group
	for _, g := range slices.SortedFunc(maps.Keys(hosts), func(a, b group) int { return hosts[a][0] - hosts[b][0] }) {
		ids := make([]HostID, len(hosts[g]))
		for k, i := range hosts[g] {
			ids[k] = s.hosts[i].ID
		}
		groups = append(groups, Group{Value: g.value, Hosts: ids, Differs: g.differs})
	}
	return groups
}
