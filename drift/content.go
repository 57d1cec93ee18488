package drift

import (
	"hash/maphash"
	"slices"
)

// content is a section as one or more hosts have it.
type content struct {
	section *Section
	host    *Host    // one that has it
	next    *content // another one of the same hash
	kept    bool     // facts is known
	facts   facts    // those that are compared
	digest  Value    // see whole
}

// contents finds the sections that are equal.
type contents struct {
	few     int                // facts, which are not worth to be read for it
	byFacts map[*Fact]*content // by where a section holds its facts
	byHash  map[uint64]*content
	seed    maphash.Seed
}

func newContents(few int) *contents {
	return &contents{few: few, byFacts: map[*Fact]*content{}, byHash: map[uint64]*content{}, seed: maphash.MakeSeed()}
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
	if known := c.byFacts[id.facts]; known != nil && known.section.alike(s) {
		return known // they are the same in memory, or were found equal
	}
	if n := len(s.Facts); n > 0 && n <= c.few {
		known := &content{section: s, host: h}
		c.byFacts[id.facts] = known
		return known
	}
	hash := c.hash(s.Facts) ^ maphash.String(c.seed, s.Scope)
	known := c.byHash[hash]
	for known != nil && !known.section.equal(s) {
		known = known.next
	}
	if known == nil {
		known = &content{section: s, host: h, next: c.byHash[hash]}
		c.byHash[hash] = known
	}
	c.byFacts[id.facts] = known
	return known
}

// hash is the same for equal facts.
func (c *contents) hash(list facts) uint64 {
	const odd = 0x9e3779b97f4a7c15 // so that the order counts
	hash := uint64(len(list))
	for i := range list {
		f := &list[i]
		for _, part := range [...]string{string(f.Address), f.Value.Text, f.Value.Raw} {
			if hash *= odd; part != "" {
				hash += maphash.String(c.seed, part)
			}
		}
	}
	return hash
}

// equal reports whether two sections say the same.
func (s *Section) equal(other *Section) bool {
	return s.alike(other) && facts(s.Facts).equal(other.Facts)
}

// alike reports whether two sections say the same but for their facts, of which they have as many.
func (s *Section) alike(other *Section) bool {
	return s.Collector == other.Collector && s.Scope == other.Scope && s.Question == other.Question &&
		s.Status == other.Status && s.Reason == other.Reason && s.Asked == other.Asked && len(s.Facts) == len(other.Facts)
}

// presence returns "present" for a section that is there, Absent for one that is not or of which nothing is compared, and
// Unknown for one that could not be read.
func (c *content) presence() Value {
	switch {
	case !c.section.Known():
		return UnknownValue(string(c.section.Status) + reasonSuffix(c.section.Reason))
	case c.section.Status == OK && (len(c.facts) > 0 || len(c.section.Facts) == 0):
		return present
	}
	return Value{}
}

var present = String("present")

// comparesAs reports whether the same of two contents is compared.
func (c *content) comparesAs(other *content) bool {
	return c == other || c.presence() == other.presence() && c.facts.equal(other.facts)
}

// whole returns the Value "present" that stands for all facts as one.
func (c *content) whole() Value {
	if c.digest.Kind == Known {
		return c.digest
	}
	s := Section{Facts: c.facts}
	c.digest = Present(s.Digest()[:contentDigits])
	if slices.ContainsFunc(c.facts, func(f Fact) bool { return f.Value.Kind == Sealed }) {
		c.digest.Normal = c.digest.Raw
	}
	return c.digest
}

// contentDigits is how much of the digest of a section's content is told: enough that no other content has it.
const contentDigits = 16
