package drift

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// someHost makes a host of some sections, with values by a generator.
func someHost(r *rand.Rand, id HostID) *Host {
	h := &Host{ID: id}
	value := func() Value {
		switch r.IntN(16) {
		case 0:
			return UnknownValue("denied")
		case 1:
			return Value{Kind: Sealed, Raw: fmt.Sprint(r.IntN(2)), Normal: fmt.Sprint(r.IntN(2))}
		case 2:
			return String(id.Name)
		case 3:
			return String("production-1")
		}
		return Int(int64(r.IntN(2)))
	}
	deb := Section{Collector: "deb", Status: OK}
	for _, name := range []string{"a", "b", "c"} {
		if r.IntN(4) > 0 {
			at := Address("deb").Key(name)
			deb.Facts = append(deb.Facts, Fact{Address: at.Attr("held"), Value: value()}, Fact{Address: at.Attr("version"), Value: value()})
		}
	}
	h.Sections = append(h.Sections, deb, Section{Collector: "file", Scope: "/etc/*", Question: true, Status: statusOf(r)})
	for _, name := range []string{"/etc/x", "/etc/y"} {
		s := Section{Collector: "file", Scope: name, Status: statusOf(r)}
		if s.Status == OK {
			at := s.Address()
			s.Facts = []Fact{{Address: at.Attr("entries").Key("password"), Value: value()}, {Address: at.Attr("mode"), Value: value()}}
		}
		if r.IntN(5) > 0 {
			h.Sections = append(h.Sections, s)
		}
	}
	if err := h.Sort(); err != nil {
		panic(err)
	}
	return h
}

func statusOf(r *rand.Rand) Status {
	return []Status{OK, OK, OK, OK, OK, Gone, Denied, Failed, Truncated}[r.IntN(9)]
}

func someHosts(r *rand.Rand, environment string, n int) []*Host {
	var hosts []*Host
	for i := range n {
		hosts = append(hosts, someHost(r, HostID{environment, "web", fmt.Sprintf("%s-%d", environment, i+1)}))
	}
	return hosts
}

// as returns a copy of a host with another id.
func as(h *Host, id HostID) *Host {
	c := *h
	c.ID = id
	return &c
}

// forEach runs a property on many random cases, which it names by their seed.
func forEach(t *testing.T, property func(*testing.T, *rand.Rand)) {
	t.Helper()
	for seed := range uint64(500) {
		if property(t, rand.New(rand.NewPCG(seed, 1))); t.Failed() {
			t.Fatalf("with the seed %d", seed)
		}
	}
}

// someComparer makes a comparer, with a Promotion as often as not.
func someComparer(r *rand.Rand) Comparer {
	c := Comparer{}
	if r.IntN(2) > 0 {
		c.Vars = NewVars(map[string]map[string]string{"staging": {"n": "zero"}, "production": {"n": "once"}})
	}
	if r.IntN(3) == 0 {
		return c
	}
	carries := NewPattern([]Address{"deb", `file["/etc/x"]`, "file"}[r.IntN(3)])
	before := [][]*Host{nil, someHosts(r, "staging", 1), someHosts(r, "staging", 2)}
	one, other := before[r.IntN(3)], before[r.IntN(3)]
	c.Promotion = &Promotion{Unfinished: r.IntN(2) > 0, At: func(a Address) ([]*Host, bool) {
		if carries.Covers(a) {
			return one, true
		}
		return other, false
	}}
	return c
}

func TestEqualSidesAreAlike(t *testing.T) {
	forEach(t, func(t *testing.T, r *rand.Rand) {
		h := someHost(r, HostID{"staging", "web", "s"})
		result := someComparer(r).Compare([]*Host{h}, []*Host{as(h, HostID{"production", "web", "p1"}), as(h, HostID{"production", "web", "p2"})})
		for _, row := range result.Rows {
			if row.Class != Untold && row.Class != SameSecret {
				t.Errorf("%s at %s between hosts that are the same", row.Class, row.Address)
			}
		}
	})
}

// Whatever could not be told on any host is told of: by a row that says so, at it or above it, or by one that blocks there.
func TestUnknownIsNeverAlike(t *testing.T) {
	forEach(t, func(t *testing.T, r *rand.Rand) {
		from, to := someHosts(r, "staging", 2), someHosts(r, "production", 2)
		c := someComparer(r)
		result := c.Compare(from, to)
		told := func(a Address, id HostID) bool {
			return slices.ContainsFunc(result.Rows, func(row Row) bool {
				if row.Class == SameSecret || !a.Below(row.Address) {
					return false
				}
				if row.Class != Untold {
					return c.Promotion == nil
				}
				return slices.ContainsFunc(slices.Concat(row.From, row.To), func(g Group) bool {
					return g.Value.Kind == Unknown && slices.Contains(g.Hosts, id)
				})
			})
		}
		for _, h := range slices.Concat(from, to) {
			for _, s := range h.Sections {
				if !s.Known() && !told(s.Address(), h.ID) {
					t.Errorf("%s is %s on %s, and no row says so:\n%s", s.Address(), s.Status, h.ID, describe(result))
				}
				for _, f := range s.Facts {
					if f.Value.Kind == Unknown && !told(f.Address, h.ID) {
						t.Errorf("%s could not be told on %s, and no row says so:\n%s", f.Address, h.ID, describe(result))
					}
				}
			}
		}
	})
}

// A host of to that has another known value than all of from is in a row.
func TestDifferencesAreFound(t *testing.T) {
	forEach(t, func(t *testing.T, r *rand.Rand) {
		from, to := someHosts(r, "staging", 1), someHosts(r, "production", 2)
		result := Comparer{}.Compare(from, to)
		for _, h := range to {
			for _, s := range h.Sections {
				for _, f := range s.Facts {
					other := from[0].Lookup(f.Address)
					if f.Value.Kind == Unknown || other.Kind == Unknown || f.Value.Equal(other) || NamesSecret(f.Address) && f.Value.Kind == other.Kind ||
						f.Value.Kind == Sealed && other.Kind == Sealed && f.Value.Normal == other.Normal {
						continue
					}
					// An element that is missing altogether is one row, at one of its facts.
					at := element(f.Address)
					if !slices.ContainsFunc(result.Rows, func(row Row) bool {
						return row.Class != SameSecret && (row.Address.Below(at) || f.Address.Below(row.Address))
					}) {
						t.Errorf("%s is %v on %s and %v on staging, and there is no row:\n%s", f.Address, f.Value, h.ID, other, describe(result))
					}
				}
			}
		}
	})
}

func TestOrderOfHostsDoesNotMatter(t *testing.T) {
	forEach(t, func(t *testing.T, r *rand.Rand) {
		from, to := someHosts(r, "staging", 3), someHosts(r, "production", 3)
		c := someComparer(r)
		first := c.Compare(from, to)
		r.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
		r.Shuffle(len(to), func(i, j int) { to[i], to[j] = to[j], to[i] })
		second := c.Compare(from, to)
		if diff := cmp.Diff(sorted(second), sorted(first)); diff != "" {
			t.Errorf("(-shuffled +first)\n%s", diff)
		}
	})
}

// sorted returns what a result says, without the order of hosts.
func sorted(result Result) map[string]bool {
	said := map[string]bool{fmt.Sprint("alike ", result.Alike): true}
	for _, row := range result.Rows {
		said[fmt.Sprint(row.Class, " ", row.Address)] = true
		for _, g := range slices.Concat(row.From, row.To, row.Before) {
			for _, h := range g.Hosts {
				said[fmt.Sprintf("%s %s %s has %v, differs %t", row.Class, row.Address, h, g.Value, g.Differs)] = true
			}
		}
	}
	return said
}

// A host that is as one of its cohort is changes nothing: where it stands is only where its twin does.
func TestMoreOfTheSameChangesNothing(t *testing.T) {
	forEach(t, func(t *testing.T, r *rand.Rand) {
		from, to := someHosts(r, "staging", 2), someHosts(r, "production", 2)
		c := someComparer(r)
		first := c.Compare(from, to)
		side, twin := &from, HostID{"staging", "web", "twin"}
		if r.IntN(2) > 0 {
			side, twin = &to, HostID{"production", "web", "twin"}
		}
		// Names are values of a host's own, and no twin has the same.
		like := (*side)[r.IntN(2)]
		if c.Vars != nil && slices.ContainsFunc(like.Sections, func(s Section) bool {
			return slices.ContainsFunc(s.Facts, func(f Fact) bool { return f.Value == String(like.ID.Name) })
		}) {
			return
		}
		*side = append(*side, as(like, twin))
		second := c.Compare(from, to)
		for i := range second.Rows {
			for _, groups := range [][]Group{second.Rows[i].From, second.Rows[i].To} {
				for j := range groups {
					groups[j].Hosts = slices.DeleteFunc(groups[j].Hosts, func(id HostID) bool { return id == twin })
				}
			}
		}
		if diff := cmp.Diff(sorted(second), sorted(first)); diff != "" {
			t.Errorf("(-with a twin +first)\n%s", diff)
		}
	})
}

// At an address, a host of to has one class, and it is the one of the table.
func TestEachHostHasOneClass(t *testing.T) {
	const at = Address(`deb["x"].version`)
	forEach(t, func(t *testing.T, r *rand.Rand) {
		hosts := func(environment string, values ...Value) (hosts []*Host) {
			for i, v := range values {
				deb := Section{Collector: "deb", Status: OK, Facts: []Fact{{Address: at, Value: v}}}
				if v.Kind == Absent {
					deb.Facts = nil
				}
				hosts = append(hosts, &Host{ID: HostID{environment, "web", fmt.Sprintf("%s-%d", environment, i+1)}, Sections: []Section{deb}})
			}
			return hosts
		}
		value := func() Value {
			return []Value{{}, UnknownValue("denied"), String("v1"), String("v2"), String("v3")}[r.IntN(5)]
		}
		a, b, ps := value(), value(), []Value{value(), value(), value()}
		carried, history := r.IntN(2) > 0, hosts("staging", b, b)
		c := Comparer{Promotion: &Promotion{At: func(Address) ([]*Host, bool) { return history, carried }}}
		rows := c.Compare(hosts("staging", a, a), hosts("production", ps...)).Rows
		for i, p := range ps {
			var classes []Class
			for _, row := range rows {
				for _, g := range row.To {
					inIt := g.Differs && row.Class != Within && (row.Class != Untold || a.Kind == Unknown || g.Value.Kind == Unknown)
					if inIt && slices.ContainsFunc(g.Hosts, func(id HostID) bool { return id.Name == fmt.Sprintf("production-%d", i+1) }) {
						classes = append(classes, row.Class)
					}
				}
			}
			if want := byTheTable(a, b, p, carried); fmt.Sprint(classes) != fmt.Sprint(want) {
				t.Errorf("a %v, b %v, p %v, carried %t: got %v, want %v", a, b, p, carried, classes, want)
			}
		}
	})
}

// byTheTable returns the class of one host, none where it is as it should be.
func byTheTable(a, b, p Value, carried bool) []Class {
	switch {
	case a.Kind == Unknown || p.Kind == Unknown:
		return []Class{Untold}
	case a.Equal(p):
		return nil
	case b.Kind == Unknown:
		return []Class{Unexplained}
	case p.Equal(b) && carried:
		return []Class{InFlight}
	case p.Equal(b):
		return []Class{Ahead}
	case a.Equal(b):
		return []Class{Skipped}
	}
	return []Class{Diverged}
}
