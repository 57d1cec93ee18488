package drift

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// facts are what one host has in a section. A table has those of every host.
type (
	facts map[Address]Value
	table []facts
)

// whole returns the Value "present" that stands for all facts as one.
func (facts facts) whole() Value {
	s := Section{}
	keyed := false
	for a, v := range facts {
		s.Facts = append(s.Facts, Fact{Address: a, Value: v})
		keyed = keyed || v.Kind == Sealed
	}
	slices.SortFunc(s.Facts, func(a, b Fact) int { return cmp.Compare(a.Address, b.Address) })
	v := Present(s.Digest()[:contentDigits])
	if keyed {
		v.Normal = v.Raw
	}
	return v
}

// contentDigits is how much of the digest of a section's content is told: enough that no other content has it.
const contentDigits = 16

// elements returns the addresses of all hosts, sorted, in runs of those that describe one element: deb["x"].held,
// deb["x"].version.
func (t table) elements() [][]Address {
	all := map[Address]bool{}
	for _, facts := range t {
		for a := range facts {
			all[a] = true
		}
	}
	var runs [][]Address
	for _, a := range slices.Sorted(maps.Keys(all)) {
		if n := len(runs); n > 0 && element(runs[n-1][0]) == element(a) {
			runs[n-1] = append(runs[n-1], a)
		} else {
			runs = append(runs, []Address{a})
		}
	}
	return runs
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

// add notes a difference. An unknown value without a reason is told elsewhere: its whole section is unknown.
func (c *comparison) add(a Address, class Class, values []Value, out []bool) {
	reasoned := func(v Value) bool { return v.Kind == Unknown && v.Text != "" }
	if class == "" || class == Untold && !slices.ContainsFunc(values, reasoned) {
		return
	}
	row := Row{Class: class, Address: a}
	row.From, row.To = c.groups(func(i int) Value {
		if out != nil && out[i] {
			return Value{}
		}
		return values[i]
	})
	if class == Unexplained {
		c.markAlike(&row, a, values, out)
	}
	c.result.Rows = append(c.result.Rows, row)
}

// markAlike clears Differs where a group of an Unexplained row is like the other side, or takes no part.
func (c *comparison) markAlike(row *Row, a Address, values []Value, out []bool) {
	takes := func(i int) bool { return (out == nil || !out[i]) && values[i].Kind != Unknown }
	reference := 0
	for reference < c.from && !takes(reference) {
		reference++
	}
	for i := range row.From {
		row.From[i].Differs = false
	}
	for i := range row.To {
		row.To[i].Differs = false
	}
	for i := c.from; i < len(values); i++ {
		if takes(i) && !c.across(a, reference, i, values) {
			at := slices.IndexFunc(row.To, func(g Group) bool { return g.Value == values[i] })
			row.To[at].Differs = true
		}
	}
}

// classOf judges one address from the value of each host and returns its class, "" where all agree. Hosts that are out
// do not take part; out may be nil.
func (c *comparison) classOf(a Address, values []Value, out []bool) Class {
	takes := func(i int) bool { return (out == nil || !out[i]) && values[i].Kind != Unknown }
	reference := -1 // a host of from that the others of from agree with
	for i := range c.from {
		if !takes(i) {
			continue
		}
		if reference >= 0 && !c.same(reference, i, values) {
			return Within
		}
		reference = i
	}
	class := c.classTo(a, values, takes, reference)
	if (class == "" || class == SameSecret) && slices.ContainsFunc(values, func(v Value) bool { return v.Kind == Unknown }) {
		return Untold
	}
	return class
}

// classTo compares the hosts of to, each with the reference, or with each other where there is none.
func (c *comparison) classTo(a Address, values []Value, takes func(int) bool, reference int) Class {
	first := -1
	class := Class("")
	for i := c.from; i < len(values); i++ {
		if !takes(i) {
			continue
		}
		if reference >= 0 && !c.across(a, reference, i, values) {
			return Unexplained
		}
		if reference >= 0 && class == "" && NamesSecret(a) && values[i].Kind == Sealed && values[i].Equal(values[reference]) {
			class = SameSecret
		}
		if first >= 0 && !c.same(first, i, values) {
			class = Within
		}
		if first < 0 {
			first = i
		}
	}
	return class
}

// across reports whether two hosts of different sides agree: of secrets, whether both have one.
func (c *comparison) across(a Address, i, j int, values []Value) bool {
	if values[i].Kind == Sealed && values[j].Kind == Sealed && NamesSecret(a) {
		return true
	}
	return c.same(i, j, values)
}

// same reports whether two hosts have the same value, as it is or normalised.
func (c *comparison) same(i, j int, values []Value) bool {
	v, w := values[i], values[j]
	if v.Equal(w) {
		return true
	}
	if v.Kind != w.Kind || c.normalisers == nil {
		return false
	}
	switch v.Kind {
	case Sealed:
		return v.Normal == w.Normal
	case Known:
		left, _ := c.normalisers[i].Apply(v.Text)
		right, _ := c.normalisers[j].Apply(w.Text)
		return left == right
	}
	return false
}

// groups collects the hosts that have the same value, for each side.
func (c *comparison) groups(value func(int) Value) (from, to []Group) {
	for i, h := range c.hosts {
		side := &to
		if i < c.from {
			side = &from
		}
		v := value(i)
		at := slices.IndexFunc(*side, func(g Group) bool { return g.Value == v })
		if at < 0 {
			at = len(*side)
			*side = append(*side, Group{Value: v, Differs: true})
		}
		(*side)[at].Hosts = append((*side)[at].Hosts, h.ID)
	}
	return from, to
}

// foreign finds the values of a host that hold variables of other environments.
func (c *comparison) foreign(i int) {
	if c.Vars == nil {
		return
	}
	h := c.hosts[i]
	for _, s := range h.Sections {
		if s.Collector != "file" && s.Collector != "command" && s.Collector != "service" {
			continue
		}
		for _, f := range s.Facts {
			if names := c.foreignIn(i, f.Value); len(names) > 0 && c.leftOut(h, &s, f) == "" {
				c.addForeign(h.ID, f, names)
			}
		}
	}
}

func (c *comparison) foreignIn(i int, v Value) []string {
	switch v.Kind {
	case Sealed:
		return strings.Fields(v.Foreign)
	case Known:
		_, names := c.normalisers[i].Apply(v.Text)
		return names
	}
	return nil
}

func (c *comparison) addForeign(id HostID, f Fact, names []string) {
	for i := range c.result.Rows {
		row := &c.result.Rows[i]
		if row.Class == Foreign && row.Address == f.Address && slices.Equal(row.Vars, names) {
			for j := range row.To {
				if row.To[j].Value == f.Value {
					row.To[j].Hosts = append(row.To[j].Hosts, id)
					return
				}
			}
			row.To = append(row.To, Group{Value: f.Value, Hosts: []HostID{id}, Differs: true})
			return
		}
	}
	c.result.Rows = append(c.result.Rows, Row{Class: Foreign, Address: f.Address, Vars: names, To: []Group{{Value: f.Value, Hosts: []HostID{id}, Differs: true}}})
}
