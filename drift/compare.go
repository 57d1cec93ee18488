package drift

import (
	"cmp"
	"maps"
	"slices"
)

// Comparer compares hosts that should be alike. The zero Comparer leaves nothing out.
type Comparer struct {
	// Vars normalises values. Nil for none.
	Vars *Vars
	// LeaveOut says that a fact is not to be compared, by returning a word for the reason, which Result counts. It is
	// asked about what a host has, never about what it lacks: a fact that is left out on one host is absent there. Where
	// hosts have the same section, it is asked about the first of them only.
	LeaveOut func(*Host, *Section, Fact) string
	// Asked reports whether a host was to be asked for a collector's scope. One that was not takes no part there; one
	// that was, and has no answer, is unknown. It is asked once for the hosts of one role of an environment. Nil: every
	// host was to be asked for everything.
	Asked func(h HostID, collector, scope string) bool
	// Elsewhere reports whether an address is judged by other means, and by no comparison.
	Elsewhere func(Address) bool
	// Promotion tells a change on its way from drift. Nil: what differs is Unexplained.
	Promotion *Promotion
}

// Class is what a difference is.
type Class string

const (
	// InFlight: the side to is where from stood before, and the candidate carries it: the change itself.
	InFlight Class = "in_flight"
	// Ahead: to is where from stood before, and something else than the candidate moved from.
	Ahead Class = "ahead"
	// Skipped: from is where it stood before, and to is not: it has what from never had.
	Skipped Class = "skipped"
	// Diverged: from has moved, and to is neither where it was nor where it is.
	Diverged Class = "diverged"
	// Unexplained: the sides differ, and there is no history that tells why.
	Unexplained Class = "unexplained"
	// Within: hosts of one side disagree.
	Within Class = "within"
	// Untold: on some host it could not be told.
	Untold Class = "unknown"
	// Foreign: the value holds a variable of another environment.
	Foreign Class = "foreign"
	// SameSecret: both sides hold the same secret.
	SameSecret Class = "same_secret"
)

// Row is one address at which hosts differ, with what each has. Groups are in the order of the hosts.
//
// With a Promotion, a host of to is in one row of an address, by its class: those of InFlight, Ahead, Skipped, Diverged and
// Unexplained hold, beside their own, the hosts that are like from, and none that could not tell, which are in an Untold
// row. A Within row may stand beside them.
type Row struct {
	Class    Class
	Address  Address
	From, To []Group
	Before   []Group  // with a Promotion: what from had before, where that has a history
	Split    bool     // the hosts of from disagree, so that none of their values was proved
	Vars     []string // of a Foreign row: the variables, as environment.name
}

// Group is a value and the hosts that have it.
type Group struct {
	Value Value
	Hosts []HostID
	// Differs says, of a row that compares to with from, that this is not what the other side has, or not its normalised
	// form; of any other row it is true.
	Differs bool
}

// Result is what a comparison found.
type Result struct {
	Rows     []Row          // sorted by class and address
	Alike    int            // facts that are the same on all hosts
	LeftOut  map[string]int // facts that were not compared, by LeaveOut's word
	OneSided []OneSided     // sorted by collector and scope
}

// OneSided is a section that the hosts of one side were to be asked for, and those of the other were not: its facts are
// compared among the hosts of that side, and count as alike nowhere.
type OneSided struct {
	Collector, Scope string
	Facts            []Address // one at least: those of which all these hosts have one value
	Hosts            []HostID  // that were to be asked, in order
}

// Compare compares the hosts of two sides, one cohort of one role. Every host of the side to is compared with what the
// hosts of from agree on. Where they do not agree, that is a Within row, with the hosts of to that are like one of them, or
// are where the change has not come yet; what else to has is Unexplained beside it, since no single value was proved.
// Without from, the hosts of to are compared with each other. What could not be told on any host is an Untold row: at the
// section's address when the section is unknown, else at the fact's.
//
// Its time follows what differs: equal sections are looked at once, however many hosts have them (see Snapshot.Share).
func (c Comparer) Compare(from, to []*Host) Result {
	contents := newContents(fewFacts)
	run := comparison{
		Comparer: c,
		from:     newSide(from, c.Vars, contents),
		to:       newSide(to, c.Vars, contents),
		contents: contents,
		pasts:    map[**Host]*side{},
		result:   &Result{LeftOut: map[string]int{}},
	}
	for _, key := range run.keys() {
		run.section(key)
	}
	for _, key := range sortedKeys(run.to.columns) {
		run.foreign(run.to.columns[key])
	}
	slices.SortStableFunc(run.result.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Address, b.Address))
	})
	return *run.result
}

// fewFacts is how many facts of a section may be read once more: what hosts have of their own are small sections.
const fewFacts = 32

type comparison struct {
	Comparer
	from, to *side
	contents *contents
	pasts    map[**Host]*side // what the Promotion told of, by where it keeps the hosts
	oneSided *OneSided        // the section at hand, where only one side takes part
	result   *Result
}

// keys returns the collectors and scopes that any host has, sorted.
func (c *comparison) keys() []sectionKey {
	all := maps.Clone(c.from.columns)
	maps.Copy(all, c.to.columns)
	return sortedKeys(all)
}

// section compares one section over all hosts that were to be asked for it.
func (c *comparison) section(key sectionKey) {
	left := map[Address]string{}
	from, to := c.compared(c.from.column(key).asked(c.Asked), left), c.compared(c.to.column(key).asked(c.Asked), left)
	var both []*content
	for _, v := range slices.Concat(from.variants, to.variants) {
		both = append(both, v.content)
	}
	if len(both) == 0 {
		return
	}
	for _, word := range left {
		c.result.LeftOut[word]++
	}
	c.oneSided = c.alone(key, from, to)
	at := both[0].section.Address()
	if c.Elsewhere == nil || !c.Elsewhere(at) {
		c.judge(place{address: at, key: key, whole: true, from: from.presence(), to: to.presence()})
	}
	for _, run := range elements(both) {
		c.element(key, run, from, to)
	}
	if c.oneSided != nil && len(c.oneSided.Facts) > 0 {
		c.result.OneSided = append(c.result.OneSided, *c.oneSided)
	}
}

// alone returns what to note of a section of which only one of two sides takes part, nil where both do.
func (c *comparison) alone(key sectionKey, from, to column) *OneSided {
	asked := to
	switch {
	case len(c.from.hosts) == 0 || len(c.to.hosts) == 0 || (len(from.variants) == 0) == (len(to.variants) == 0):
		return nil
	case len(to.variants) == 0:
		asked = from
	}
	alone := &OneSided{Collector: key.collector, Scope: key.scope}
	hosts := map[HostID]bool{}
	for _, v := range asked.variants {
		for _, i := range v.hosts {
			hosts[asked.side.hosts[i].ID] = true
		}
	}
	for _, h := range asked.side.hosts {
		if hosts[h.ID] {
			alone.Hosts = append(alone.Hosts, h.ID)
		}
	}
	return alone
}

// compared returns a column with one variant for the hosts of which the same is compared, whatever is left out. It notes in
// left what is, with LeaveOut's word.
func (c *comparison) compared(of column, left map[Address]string) column {
	part := column{side: of.side}
	byHash := map[uint64]*variant{}
	for _, v := range of.variants {
		c.keep(v.content, left)
		if len(of.variants) == 1 {
			return of
		}
		hash := c.contents.hash(v.facts)
		if like := byHash[hash]; like != nil && like.comparesAs(v.content) {
			like.hosts = append(like.hosts, v.hosts...)
			continue
		}
		own := &variant{content: v.content, hosts: slices.Clip(v.hosts)}
		byHash[hash] = own
		part.variants = append(part.variants, own)
	}
	return part
}

// keep finds the facts of a section that are compared, and notes those that are not in left, with LeaveOut's word.
func (c *comparison) keep(s *content, left map[Address]string) {
	if s.kept {
		return
	}
	s.kept = true
	if s.section.Status != OK {
		return
	}
	all := s.section.Facts
	kept, whole := all[:0:0], true
	for i := range all {
		word := c.leftOut(s.host, s.section, all[i])
		if word != "" {
			if whole {
				kept, whole = slices.Clone(all[:i]), false
			}
			left[all[i].Address] = word
		} else if !whole {
			kept = append(kept, all[i])
		}
	}
	if s.facts = kept; whole {
		s.facts = all
	}
}

func (c *comparison) leftOut(h *Host, s *Section, f Fact) string {
	if c.Elsewhere != nil && c.Elsewhere(f.Address) {
		return "elsewhere"
	}
	if c.LeaveOut == nil {
		return ""
	}
	return c.LeaveOut(h, s, f)
}

// element compares the facts of one element, as a package. Where some hosts do not have the element at all, that is one
// row, at the fact that stands for it; its other facts are compared among the hosts that have it.
func (c *comparison) element(key sectionKey, run []Address, from, to column) {
	partial := len(run) > 1 && (from.lacks(run) || to.lacks(run))
	lead := leadOf(run)
	for _, a := range run {
		without := partial && a != lead
		switch alike := c.judge(place{address: a, key: key, from: from.at(a, run, without), to: to.at(a, run, without)}); {
		case alike && c.oneSided != nil:
			c.oneSided.Facts = append(c.oneSided.Facts, a)
		case alike:
			c.result.Alike++
		}
	}
}

// place is an address at which sides are compared: a fact's, or that of a whole section.
type place struct {
	address  Address
	key      sectionKey
	whole    bool
	split    bool // see Row.Split
	from, to []share
}

// judge compares the sides at one place, notes what differs, and reports whether nothing does.
func (c *comparison) judge(p place) bool {
	if p.equal() {
		return true
	}
	from, to := c.from.points(p.address, p.whole, p.from), c.to.points(p.address, p.whole, p.to)
	if !c.agree(from) {
		p.split = true
		if c.strange(p, from, to) {
			c.add(p, Unexplained, to, nil)
		}
		c.add(p, Within, to, nil)
		if c.Promotion != nil {
			c.untold(p)
		}
		return false
	}
	past := c.classify(p, from, to)
	alike := true
	for _, class := range []Class{InFlight, Ahead, Skipped, Diverged, Unexplained} {
		if slices.ContainsFunc(to, func(x point) bool { return x.class == class }) {
			c.add(p, class, to, past)
			alike = false
		}
	}
	if c.disagree(to) {
		c.add(p, Within, to, past)
		alike = false
	}
	if p.unknown() {
		if alike || c.Promotion != nil {
			c.untold(p)
		}
		return false
	}
	if alike && NamesSecret(p.address) && shareSecret(from, to) {
		c.add(p, SameSecret, to, nil)
	}
	return alike
}

// equal reports whether all hosts that take part have one value, known and no secret, so that there is nothing to judge.
func (p place) equal() bool {
	var first *Value
	for _, side := range [][]share{p.from, p.to} {
		for i := range side {
			s := &side[i]
			switch {
			case s.out:
			case s.value.Kind == Unknown || s.value.Kind == Sealed && NamesSecret(p.address):
				return false
			case first == nil:
				first = &s.value
			case *first != s.value:
				return false
			}
		}
	}
	return true
}

// unknown reports whether some host could not tell.
func (p place) unknown() bool {
	return slices.ContainsFunc(p.from, share.untold) || slices.ContainsFunc(p.to, share.untold)
}

// disagree reports whether hosts of to disagree with each other that no difference to from tells apart. While a deployment
// is unfinished, those that it has reached need not agree with those that it has not.
func (c *comparison) disagree(to []point) bool {
	var reached, waiting []point
	for _, x := range to {
		switch {
		case x.class.waits():
			waiting = append(waiting, x)
		case !x.class.differs():
			reached = append(reached, x)
		case c.Promotion == nil:
			return false
		}
	}
	if c.Promotion != nil && c.Promotion.Unfinished {
		return !c.agree(reached) || !c.agree(waiting)
	}
	return !c.agree(slices.Concat(reached, waiting))
}

// across reports whether values of different environments agree: of secrets, whether both have one.
func (c *comparison) across(a Address, x, y point) bool {
	return x.value.Kind == Sealed && y.value.Kind == Sealed && NamesSecret(a) || c.same(a, x, y)
}

// same reports whether two values agree, as they are or normalised.
func (c *comparison) same(_ Address, x, y point) bool {
	if x.value.Equal(y.value) {
		return true
	}
	return c.Vars != nil && x.value.Kind == y.value.Kind && x.value.Kind != Absent && x.normal == y.normal
}

// agree reports whether all values are the same as they are, or all of them normalised: with fewer words, whether any two
// of them are the same.
func (c *comparison) agree(points []point) bool {
	raw, normal := true, c.Vars != nil
	for _, x := range points[min(1, len(points)):] {
		first := points[0]
		raw = raw && x.value.Equal(first.value)
		normal = normal && x.value.Kind == first.value.Kind && x.normal == first.normal
	}
	return raw || normal
}

// shareSecret reports whether a host of each side holds the same secret.
func shareSecret(from, to []point) bool {
	held := map[string]bool{}
	for _, x := range from {
		held[x.value.Raw] = x.value.Kind == Sealed
	}
	return slices.ContainsFunc(to, func(x point) bool { return x.value.Kind == Sealed && held[x.value.Raw] })
}
