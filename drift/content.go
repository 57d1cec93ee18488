package drift

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// content is a section as one or more hosts have it.
type content struct {
	id      identity
	section *Section
	host    *Host              // one that has it
	facts   facts              // those that are compared; nil until they were looked at
	left    map[Address]string // those that are not, with LeaveOut's word
	digest  Value              // see whole
}

// contents finds the sections that are equal.
type contents struct {
	byIdentity map[identity]*content
	byHash     map[uint64][]*content
	seed       maphash.Seed
}

func newContents() *contents {
	return &contents{byIdentity: map[identity]*content{}, byHash: map[uint64][]*content{}, seed: maphash.MakeSeed()}
}

// identity tells of two sections that they are equal without reading their facts: because these are the same in memory.
type identity struct {
	key      sectionKey
	question bool
	status   Status
	reason   string
	facts    *Fact
	count    int
}

func (s *Section) identity() identity {
	id := identity{key: sectionKey{s.Collector, s.Scope}, question: s.Question, status: s.Status, reason: s.Reason, count: len(s.Facts)}
	if id.count > 0 {
		id.facts = &s.Facts[0]
	}
	return id
}

// of returns the content of a host's section.
func (c *contents) of(h *Host, s *Section) *content {
	id := s.identity()
	if known := c.byIdentity[id]; known != nil {
		return known
	}
	hash := c.hash(s)
	for _, known := range c.byHash[hash] {
		if known.section.equal(s) {
			c.byIdentity[id] = known
			return known
		}
	}
	known := &content{id: id, section: s, host: h}
	c.byHash[hash] = append(c.byHash[hash], known)
	c.byIdentity[id] = known
	return known
}

// hash is the same for equal sections.
func (c *contents) hash(s *Section) uint64 {
	var h maphash.Hash
	h.SetSeed(c.seed)
	h.WriteString(s.Collector)
	h.WriteString(s.Scope)
	for _, f := range s.Facts {
		h.WriteString(string(f.Address))
		h.WriteString(f.Value.Text)
		h.WriteString(f.Value.Raw)
	}
	return h.Sum64()
}

// equal reports whether two sections say the same.
func (s *Section) equal(other *Section) bool {
	return s.Collector == other.Collector && s.Scope == other.Scope && s.Question == other.Question &&
		s.Status == other.Status && s.Reason == other.Reason &&
		slices.EqualFunc(s.Facts, other.Facts, func(f, g Fact) bool { return f.Address == g.Address && f.Value == g.Value })
}

// is reports whether a section is this content, as far as that can be told without reading it.
func (c *content) is(s *Section) bool { return c.id == s.identity() }

// presence returns "present" for a section that is there, Absent for one that is not or of which nothing is compared, and
// Unknown for one that could not be read.
func (c *content) presence() Value {
	switch {
	case !c.section.Known():
		return UnknownValue(string(c.section.Status) + reasonSuffix(c.section.Reason))
	case c.section.Status == OK && (len(c.facts) > 0 || len(c.section.Facts) == 0):
		return String("present")
	}
	return Value{}
}

// whole returns the Value "present" that stands for all facts as one.
func (c *content) whole() Value {
	if c.digest.Kind == Known {
		return c.digest
	}
	s := Section{}
	keyed := false
	for a, v := range c.facts {
		s.Facts = append(s.Facts, Fact{Address: a, Value: v})
		keyed = keyed || v.Kind == Sealed
	}
	slices.SortFunc(s.Facts, func(a, b Fact) int { return cmp.Compare(a.Address, b.Address) })
	c.digest = Present(s.Digest()[:contentDigits])
	if keyed {
		c.digest.Normal = c.digest.Raw
	}
	return c.digest
}

// contentDigits is how much of the digest of a section's content is told: enough that no other content has it.
const contentDigits = 16
