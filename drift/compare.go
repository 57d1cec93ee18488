package drift

import (
	"cmp"
	"slices"
)

// Comparer compares hosts that should be alike. The zero Comparer leaves nothing out.
type Comparer struct {
	// Vars normalises values. Nil for none.
	Vars *Vars
	// LeaveOut says that a fact is not to be compared, by returning a word for the reason, which Result counts. It is
	// asked about what a host has, never about what it lacks: a fact that is left out on one host is absent there.
	LeaveOut func(*Host, *Section, Fact) string
	// Asked reports whether a host was to be asked for a collector's scope. One that was not takes no part there; one
	// that was, and has no answer, is unknown. Nil: every host was to be asked for everything.
	Asked func(h HostID, collector, scope string) bool
	// Elsewhere reports whether an address is judged by other means, and by no comparison.
	Elsewhere func(Address) bool
}

// Class is what a difference is.
type Class string

const (
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
type Row struct {
	Class    Class
	Address  Address
	From, To []Group
	Vars     []string // of a Foreign row: the variables, as environment.name
}

// Group is a value and the hosts that have it.
type Group struct {
	Value Value
	Hosts []HostID
	// Differs says, of an Unexplained row, that this is not what the other side has, or not its normalised form; of
	// any other row it is true.
	Differs bool
}

// Result is what a comparison found.
type Result struct {
	Rows    []Row          // sorted by class and address
	Alike   int            // facts that are the same on all hosts
	LeftOut map[string]int // facts that were not compared, by LeaveOut's word
}

// Compare compares the hosts of two sides, one cohort of one role. Every host of the side to is compared with what the
// hosts of from agree on; where they do not agree, that is one Within row, and to is not compared there. Without from,
// the hosts of to are compared with each other. What could not be told on any host is an Untold row: at the section's
// address when the section is unknown, else at the fact's.
//
// Its time follows what differs: equal sections are compared by their digests.
func (c Comparer) Compare(from, to []*Host) Result {
	run := comparison{Comparer: c, from: len(from), hosts: slices.Concat(from, to), result: &Result{LeftOut: map[string]int{}}}
	for _, h := range run.hosts {
		if c.Vars != nil {
			run.normalisers = append(run.normalisers, c.Vars.For(h))
		}
	}
	for _, key := range run.keys() {
		run.among(key).section(key)
	}
	for i := run.from; i < len(run.hosts); i++ {
		run.foreign(i)
	}
	slices.SortStableFunc(run.result.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Address, b.Address))
	})
	return *run.result
}

type comparison struct {
	Comparer
	hosts       []*Host // those of from, then those of to
	from        int     // how many of them are of from
	normalisers []*Normaliser
	result      *Result
}

type sectionKey struct{ collector, scope string }

// keys returns the collectors and scopes that any host has, sorted.
func (c *comparison) keys() []sectionKey {
	seen := map[sectionKey]bool{}
	var keys []sectionKey
	for _, h := range c.hosts {
		for _, s := range h.Sections {
			key := sectionKey{s.Collector, s.Scope}
			// A question that was answered says nothing itself; one that was not is an unknown section.
			if seen[key] || s.Question && s.Known() {
				continue
			}
			seen[key] = true
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b sectionKey) int {
		return cmp.Or(cmp.Compare(a.collector, b.collector), cmp.Compare(a.scope, b.scope))
	})
	return keys
}

// among returns the comparison among the hosts that were to be asked for a section.
func (c *comparison) among(key sectionKey) *comparison {
	if c.Asked == nil {
		return c
	}
	part := &comparison{Comparer: c.Comparer, result: c.result}
	for i, h := range c.hosts {
		if !c.Asked(h.ID, key.collector, key.scope) {
			continue
		}
		part.hosts = append(part.hosts, h)
		if i < c.from {
			part.from++
		}
		if c.normalisers != nil {
			part.normalisers = append(part.normalisers, c.normalisers[i])
		}
	}
	return part
}

// section compares one section over all hosts.
func (c *comparison) section(key sectionKey) {
	if len(c.hosts) == 0 {
		return
	}
	views := make([]*Section, len(c.hosts))
	digests := map[string]bool{}
	for i, h := range c.hosts {
		views[i] = h.view(key.collector, key.scope)
		digests[views[i].Digest()] = true
	}
	if len(digests) == 1 && views[0].Known() {
		c.alike(views[0])
		return
	}
	table := make(table, len(views))
	presence := make([]Value, len(views))
	left := map[Address]string{}
	for i, s := range views {
		switch {
		case !s.Known():
			presence[i] = UnknownValue(string(s.Status) + reasonSuffix(s.Reason))
		case s.Status == OK:
			table[i] = c.kept(c.hosts[i], s, left)
			if len(table[i]) > 0 || len(s.Facts) == 0 {
				presence[i] = String("present")
			}
		}
	}
	for _, word := range left {
		c.result.LeftOut[word]++
	}
	at := views[0].Address()
	if c.Elsewhere == nil || !c.Elsewhere(at) {
		class := c.classOf(at, presence, nil)
		if class == Untold {
			c.add(at, class, presence, nil)
		} else {
			c.add(at, class, withContent(presence, table), nil)
		}
	}
	for _, run := range table.elements() {
		c.element(run, table, presence)
	}
}

// withContent returns what hosts have of a section, each "present" with a digest of what is in it.
func withContent(presence []Value, table table) []Value {
	values := slices.Clone(presence)
	for i, v := range presence {
		if v.Kind == Known {
			values[i] = table[i].whole()
		}
	}
	return values
}

// view returns the section of a host, or what stands for it: absent where a question covers it, else unknown.
func (h *Host) view(collector, scope string) *Section {
	if s := h.Section(collector, scope); s != nil && !(s.Question && s.Known()) {
		return s
	}
	s := &Section{Collector: collector, Scope: scope}
	if s.Status, s.Reason = h.unread(collector, scope); s.Status == "" {
		s.Status = Failed
	}
	return s
}

func (c *comparison) alike(s *Section) {
	for _, f := range s.Facts {
		if word := c.leftOut(c.hosts[0], s, f); word != "" {
			c.result.LeftOut[word]++
			continue
		}
		if f.Value.Kind == Unknown {
			row := Row{Class: Untold, Address: f.Address}
			row.From, row.To = c.groups(func(int) Value { return f.Value })
			c.result.Rows = append(c.result.Rows, row)
			continue
		}
		c.result.Alike++
		c.sameSecret(f)
	}
}

// sameSecret notes a secret that is the same on both sides.
func (c *comparison) sameSecret(f Fact) {
	if f.Value.Kind == Sealed && c.from > 0 && c.from < len(c.hosts) && NamesSecret(f.Address) {
		row := Row{Class: SameSecret, Address: f.Address}
		row.From, row.To = c.groups(func(int) Value { return f.Value })
		c.result.Rows = append(c.result.Rows, row)
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

// kept returns the facts of a section that are compared, and notes those that are not.
func (c *comparison) kept(h *Host, s *Section, left map[Address]string) facts {
	kept := facts{}
	for _, f := range s.Facts {
		if word := c.leftOut(h, s, f); word != "" {
			left[f.Address] = word
			continue
		}
		kept[f.Address] = f.Value
	}
	return kept
}

// element compares the facts of one element, as a package. Where some hosts do not have the element at all, that is one
// row, at the fact that stands for it; its other facts are compared among the hosts that have it.
func (c *comparison) element(run []Address, table table, presence []Value) {
	present := func(i int) bool { return presence[i].Kind == Known }
	has := make([]bool, len(table))
	partial := false
	for i := range table {
		has[i] = slices.ContainsFunc(run, func(a Address) bool { _, ok := table[i][a]; return ok })
		partial = partial || present(i) && !has[i] && len(run) > 1
	}
	lead := leadOf(run)
	for _, a := range run {
		values := make([]Value, len(table))
		out := make([]bool, len(table))
		for i := range table {
			if presence[i].Kind == Unknown {
				values[i] = UnknownValue("") // told once, for the whole section
				continue
			}
			values[i] = table[i].lookup(a)
			out[i] = !present(i) || partial && a != lead && !has[i]
		}
		class := c.classOf(a, values, out)
		if class == "" {
			c.result.Alike++
		}
		c.add(a, class, values, out)
	}
}

// lookup returns a host's value; what stands below an unknown fact is unknown.
func (facts facts) lookup(a Address) Value {
	for at, ok := a, true; ok; at, ok = at.Parent() {
		if v, found := facts[at]; found && (at == a || v.Kind == Unknown) {
			return v
		}
	}
	return Value{}
}
