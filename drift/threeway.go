package drift

import "slices"

// Promotion is a step that from has taken, and that to is to repeat: from where from stood before the candidate came, to where
// it stands. What from proved of the step holds for to only where to stands as from did before.
type Promotion struct {
	// At returns, for an address, the hosts of from's cohort as they were before, none where that is not known; and whether
	// the candidate carries the address: whether it is what deploying it changes. Components may have come at different
	// times: what one carries is judged by its own before. It returns the same hosts as the same slice: they are prepared
	// once for each.
	At func(Address) (before []*Host, carried bool)
	// Unfinished says that a deployment of the candidate to the side to has begun and not ended: its hosts may be mixed,
	// some as from is, some as it was.
	Unfinished bool
}

// relation says how a host of the side to (p) stands to what from has (a) and had before (b).
type relation struct {
	told     bool // a and p are known
	alike    bool // a = p
	history  bool // b is known
	asBefore bool // p = b
	stayed   bool // a = b
	carried  bool // the candidate carries the address
}

// class returns the class of a relation, "" where both sides are alike. The first case that holds decides.
func (r relation) class() Class {
	switch {
	case !r.told:
		return Untold
	case r.alike:
		return ""
	case !r.history:
		return Unexplained
	case r.asBefore && r.carried:
		return InFlight
	case r.asBefore:
		return Ahead
	case r.stayed:
		return Skipped
	}
	return Diverged
}

// past is what the hosts of from had at a place before.
type past struct {
	side    *side
	shares  []share
	points  []point
	known   bool // all of them could tell, and agreed
	carried bool
}

// past returns what from had at a place before.
func (c *comparison) past(p place) *past {
	hosts, carried := c.Promotion.At(p.address)
	before := &past{carried: carried}
	if len(hosts) == 0 {
		return before
	}
	side := c.pasts[&hosts[0]]
	if side == nil {
		side = newSide(hosts, c.Vars, c.contents)
		c.pasts[&hosts[0]] = side
	}
	before.side, before.known = side, true
	for _, v := range c.before(side, p.key).variants {
		value := v.presence()
		if value.Kind == Known && !p.whole {
			value = v.facts.lookup(p.address)
		}
		before.known = before.known && value.Kind != Unknown
		before.shares = append(before.shares, share{content: v.content, value: value, hosts: v.hosts})
	}
	before.points = side.points(p.address, p.whole, before.shares)
	before.known = before.known && c.agree(before.points) && c.alike(p, before.points, before.points, c.same)
	return before
}

// before returns what is compared of a section of hosts as they were.
func (c *comparison) before(s *side, key sectionKey) column {
	of := s.column(key)
	if of.compared == nil {
		part := c.compared(*of, map[Address]string{})
		of.compared = &part
	}
	return *of.compared
}

// classify tells each value of to how it stands to those of from, which agree. It returns what from had before, nil where
// that does not matter.
func (c *comparison) classify(p place, from, to []point) *past {
	told := len(from) > 0
	if !told && !slices.ContainsFunc(p.from, share.untold) || told && c.agree(slices.Concat(from, to)) {
		return nil
	}
	var before *past
	stayed := false
	for i := range to {
		r := relation{told: told, alike: c.every(p.address, from, to[i:i+1], c.across)}
		if told && !r.alike && c.Promotion != nil {
			if before == nil {
				before = c.past(p)
				stayed = before.known && c.alike(p, from, before.points, c.same)
			}
			r.history, r.carried, r.stayed = before.known, before.carried, stayed
			r.asBefore = before.known && c.alike(p, to[i:i+1], before.points, c.across)
		}
		to[i].class = r.class()
	}
	return before
}

// strange gives the class Unexplained to the values of to that none of from is alike, and reports whether there are any. What
// from had before and the candidate carries is none of them: it is where the change has not come yet.
func (c *comparison) strange(p place, from, to []point) bool {
	type form struct {
		kind Kind
		text string
	}
	as := func(v Value) form {
		if v.Kind == Sealed {
			return form{v.Kind, v.Raw}
		}
		return form{v.Kind, v.Text}
	}
	raw, normal := map[form]bool{}, map[form]bool{} // sets, since each host may have a value of its own
	for _, x := range from {
		raw[as(x.value)] = true
		normal[form{x.value.Kind, x.normal}] = c.Vars != nil && x.value.Kind != Absent
		raw[form{kind: Sealed}] = raw[form{kind: Sealed}] || x.value.Kind == Sealed && NamesSecret(p.address)
	}
	before := &past{}
	if c.Promotion != nil {
		before = c.past(p)
	}
	found := false
	for i, x := range to {
		if before.carried && before.known && c.alike(p, to[i:i+1], before.points, c.across) {
			continue
		}
		if raw[as(x.value)] || normal[form{x.value.Kind, x.normal}] || x.value.Kind == Sealed && raw[form{kind: Sealed}] {
			continue
		}
		to[i].class, found = Unexplained, true
	}
	return found
}

// equality says whether two values at an address are taken for the same: see same and across.
type equality func(a Address, x, y point) bool

// every reports whether each value is the same as each of others.
func (c *comparison) every(a Address, values, others []point, same equality) bool {
	if c.agree(slices.Concat(values, others)) {
		return true
	}
	for _, x := range values {
		for _, y := range others {
			if !same(a, x, y) {
				return false
			}
		}
	}
	return true
}

// alike is every, of what is at a place: sections that are there are the same when all that is in them is.
func (c *comparison) alike(p place, values, others []point, same equality) bool {
	if !c.every(p.address, values, others, same) {
		return false
	}
	if !p.whole || values[0].value.Kind == Absent {
		return true
	}
	for _, a := range addresses(slices.Concat(contentsOf(values), contentsOf(others))) {
		left, known := inside(a, values)
		right, all := inside(a, others)
		if !known || !all || !c.every(a, left, right, same) {
			return false
		}
	}
	return true
}

// inside returns the values at an address inside whole sections, and whether all of them are known.
func inside(a Address, sections []point) (values []point, known bool) {
	for _, x := range sections {
		value := x.content.facts.lookup(a)
		if value.Kind == Unknown {
			return nil, false
		}
		values = append(values, x.side.points(a, false, []share{{value: value, hosts: x.hosts}})...)
	}
	return values, true
}

func contentsOf(sections []point) []*content {
	list := make([]*content, len(sections))
	for i, x := range sections {
		list[i] = x.content
	}
	return list
}
