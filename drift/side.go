package drift

import (
	"cmp"
	"maps"
	"slices"
)

type sectionKey struct{ collector, scope string }

func sortedKeys(columns map[sectionKey]*column) []sectionKey {
	return slices.SortedFunc(maps.Keys(columns), func(a, b sectionKey) int {
		return cmp.Or(cmp.Compare(a.collector, b.collector), cmp.Compare(a.scope, b.scope))
	})
}

// side is the hosts that stand on one side of a comparison.
type side struct {
	hosts    []*Host
	kinds    []HostID // one host of each role of an environment
	kind     []int    // of each host: the index of the one in kinds that is like it
	contents *contents
	columns  map[sectionKey]*column
	normals  *normals // nil without variables
}

// column is what the hosts of a side have in one section: its variants.
type column struct {
	side      *side
	variants  []*variant
	byContent map[*content]*variant
	whole     bool    // all hosts are in it
	compared  *column // see comparison.before
}

// variant is a content and the hosts that have it, by their index.
type variant struct {
	*content
	hosts []int
	last  identity // of the last of them
}

// newSide sorts the sections of hosts. It reads no fact where sections share theirs, and most hosts have their sections in
// the same order: so it looks where the host before had one.
func newSide(hosts []*Host, vars *Vars, contents *contents) *side {
	s := &side{hosts: hosts, contents: contents, columns: map[sectionKey]*column{}}
	if vars != nil {
		s.normals = newNormals(vars, hosts)
	}
	type slot struct {
		key    sectionKey
		column *column
	}
	var slots []slot
	for i, h := range hosts {
		s.addKind(h.ID)
		var os *Section
		for k := range h.Sections {
			section := &h.Sections[k]
			// A question that was answered says nothing itself; one that was not is an unknown section, the first of its
			// scope for all.
			if section.Question && (section.Known() || h.unanswered(k)) {
				continue
			}
			if key := (sectionKey{section.Collector, section.Scope}); k >= len(slots) || slots[k].key != key {
				slots = append(slots, make([]slot, max(0, k+1-len(slots)))...)
				slots[k] = slot{key, s.open(key)}
			}
			slots[k].column.add(i, h, section)
			if section.Collector == "os" && section.Scope == "" {
				os = section
			}
		}
		if s.normals != nil {
			s.normals.add(i, os)
		}
	}
	return s
}

// unanswered reports whether a section before one says already that the scope of both could not be told.
func (h *Host) unanswered(k int) bool {
	for i := k - 1; i >= 0 && h.Sections[i].sameScope(&h.Sections[k]); i-- {
		if !h.Sections[i].Known() {
			return true
		}
	}
	return false
}

func (s *side) addKind(id HostID) {
	like := func(kind HostID) bool { return kind.Environment == id.Environment && kind.Role == id.Role }
	i := slices.IndexFunc(s.kinds, like)
	if i < 0 {
		i = len(s.kinds)
		s.kinds = append(s.kinds, id)
	}
	s.kind = append(s.kind, i)
}

func (s *side) open(key sectionKey) *column {
	c := s.columns[key]
	if c == nil {
		c = &column{side: s, byContent: map[*content]*variant{}}
		s.columns[key] = c
	}
	return c
}

func (c *column) add(i int, h *Host, section *Section) {
	id := section.identity()
	if n := len(c.variants); n > 0 && c.variants[n-1].last == id {
		c.variants[n-1].hosts = append(c.variants[n-1].hosts, i)
		return
	}
	content := c.side.contents.of(h, section)
	v := c.byContent[content]
	if v == nil {
		v = &variant{content: content}
		c.byContent[content] = v
		c.variants = append(c.variants, v)
	}
	v.hosts, v.last = append(v.hosts, i), id
}

// column returns what all hosts of the side have in a section. For a host that has none, what stands for it does: absent
// where a question covers it, else unknown.
func (s *side) column(key sectionKey) *column {
	c := s.open(key)
	if c.whole {
		return c
	}
	c.whole = true
	covered := 0
	for _, v := range c.variants {
		covered += len(v.hosts)
	}
	if covered < len(s.hosts) {
		has := make([]bool, len(s.hosts))
		for _, v := range c.variants {
			for _, i := range v.hosts {
				has[i] = true
			}
		}
		for i, h := range s.hosts {
			if !has[i] {
				c.add(i, h, h.standIn(key))
			}
		}
	}
	return c
}

// standIn returns what stands for a section that a host does not have.
func (h *Host) standIn(key sectionKey) *Section {
	s := &Section{Collector: key.collector, Scope: key.scope}
	if s.Status, s.Reason = h.unread(key.collector, key.scope); s.Status == "" {
		s.Status = Failed
	}
	return s
}

// asked returns the column of the hosts that were to be asked for it.
func (c *column) asked(asked func(h HostID, collector, scope string) bool) column {
	if asked == nil || len(c.variants) == 0 {
		return *c
	}
	section := c.variants[0].section
	answers := make([]bool, len(c.side.kinds))
	for i, kind := range c.side.kinds {
		answers[i] = asked(kind, section.Collector, section.Scope)
	}
	part := column{side: c.side}
	switch {
	case !slices.Contains(answers, true):
		return part
	case !slices.Contains(answers, false):
		return *c
	}
	for _, v := range c.variants {
		hosts := slices.DeleteFunc(slices.Clone(v.hosts), func(i int) bool { return !answers[c.side.kind[i]] })
		if len(hosts) > 0 {
			part.variants = append(part.variants, &variant{content: v.content, hosts: hosts})
		}
	}
	return part
}

// share is a value and the hosts of a side that have it.
type share struct {
	content *content
	value   Value
	hosts   []int
	out     bool // they take no part in the comparison
}

// presence returns whether hosts have the section at all.
func (c column) presence() []share {
	shares := make([]share, len(c.variants))
	for i, v := range c.variants {
		shares[i] = share{content: v.content, value: v.presence(), hosts: v.hosts}
	}
	return shares
}

// lacks reports whether some host that has the section has no fact of a run.
func (c column) lacks(run []Address) bool {
	return slices.ContainsFunc(c.variants, func(v *variant) bool { return v.presence().Kind == Known && !v.facts.have(run) })
}

// at returns what hosts have at an address. Those that do not have the section are out, and, where the element is told of
// elsewhere, those that have no fact of it.
func (c column) at(a Address, run []Address, elsewhere bool) []share {
	shares := make([]share, len(c.variants))
	for i, v := range c.variants {
		s := share{hosts: v.hosts}
		switch v.presence().Kind {
		case Unknown:
			s.value = UnknownValue("") // told once, for the whole section
		case Absent:
			s.out = true
		default:
			s.value = v.facts.lookup(a)
			s.out = elsewhere && !v.facts.have(run)
		}
		shares[i] = s
	}
	return shares
}

// untold reports whether the hosts could not tell.
func (s share) untold() bool { return s.value.Kind == Unknown }

// shown returns the value as a row has it: hosts that take no part have none.
func (s share) shown() Value {
	if s.out {
		return Value{}
	}
	return s.value
}

// point is a known value of hosts of a side, with what it normalises to on them.
type point struct {
	side    *side
	content *content // of a whole section
	value   Value
	normal  string
	hosts   []int
	class   Class // of hosts of to: what it is, "" where it is like from
}

// points returns the values that the hosts which take part and could tell have at an address; of whole sections, a point
// for each content.
func (s *side) points(a Address, whole bool, shares []share) []point {
	type id struct {
		content *content
		value   Value
		normal  string
	}
	var points []point
	at := map[id]int{}
	add := func(share share, normal string, hosts []int) {
		key := id{value: share.value, normal: normal}
		if whole {
			key.content = share.content
		}
		i, ok := at[key]
		if !ok {
			at[key] = len(points)
			points = append(points, point{side: s, content: key.content, value: share.value, normal: normal, hosts: slices.Clip(hosts)})
			return
		}
		points[i].hosts = append(points[i].hosts, hosts...)
	}
	for _, share := range shares {
		switch {
		case share.out || share.untold():
		case s.normals == nil || share.value.Kind != Known:
			add(share, share.value.Normal, share.hosts)
		default:
			for normal, hosts := range s.normals.of(a, share.value.Text, share.hosts) {
				add(share, normal, hosts)
			}
		}
	}
	return points
}
