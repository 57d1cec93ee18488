package drift

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Fact is one thing that a host says: an address and its value.
type Fact struct {
	Address Address
	Value   Value
	// Private says that the value is from a place which others on the host may not read. The Sealer looks at it;
	// behind the Sealer it has no meaning.
	Private bool `json:"-"`
}

// Status says whether a section could be read.
type Status string

const (
	// OK: the facts are all there is.
	OK Status = "ok"
	// Gone: the scope was named and is not on the host. That is known: its facts are Absent.
	Gone Status = "absent"
	// Denied: the account may not read it.
	Denied Status = "denied"
	// Failed: reading or parsing it went wrong.
	Failed Status = "failed"
	// Truncated: the host stopped in the middle, or a limit was reached.
	Truncated Status = "truncated"
	// NotCollected: what was kept of it answers another question than is asked now. No host says that.
	NotCollected Status = "not collected"
)

// valid reports whether there is such a status.
func (s Status) valid() bool {
	return slices.Contains([]Status{OK, Gone, Denied, Failed, Truncated, NotCollected}, s)
}

// Section is what one collector returned for one scope of one host.
//
// A Question is a section whose scope names many: a path glob (with "**", as in bash's globstar) where it begins with a
// slash, else a pattern with "*". It has no facts. When it is OK, everything that matches has a section of its own, and
// what has none is absent; when it is not, what matches and has no section is unknown. Several may have one scope, and leave
// out other things: then each has its own answer.
type Section struct {
	Collector string
	Scope     string // empty for a collector that reads one thing, as "deb"
	Question  bool
	Status    Status
	Reason    string // of a status that is not OK: why, in words, with text of the host in it
	// Asked is what the section answers, beside its scope: all settings that bear on the answer, as a JSON object, or as a list
	// of objects where it was asked for more than once and otherwise. It is empty where that was not recorded. An answer to one
	// question is none to another.
	Asked string
	Facts []Fact // sorted by address, no address twice
}

// Known reports whether the section tells what is there.
func (s *Section) Known() bool { return s.Status == OK || s.Status == Gone }

// Address returns the address, or the pattern, that the section's facts stand below.
func (s *Section) Address() Address {
	if s.Scope == "" {
		return Address(s.Collector)
	}
	return Address(s.Collector).Key(s.Scope)
}

// Sort puts the facts into the order of their addresses. Two facts at one address are an error: one of them would be
// lost.
func (s *Section) Sort() error {
	slices.SortFunc(s.Facts, func(a, b Fact) int { return cmp.Compare(a.Address, b.Address) })
	for i := 1; i < len(s.Facts); i++ {
		if s.Facts[i].Address == s.Facts[i-1].Address {
			return fmt.Errorf("%s: two facts at %s", s.Collector, s.Facts[i].Address)
		}
	}
	return nil
}

// Find returns the fact at an address.
func (s *Section) Find(a Address) (Fact, bool) {
	i, ok := slices.BinarySearchFunc(s.Facts, a, func(f Fact, a Address) int { return cmp.Compare(f.Address, a) })
	if !ok {
		return Fact{}, false
	}
	return s.Facts[i], true
}

// Digest returns the SHA-256 of the section's canonical text, hexadecimal: equal digests are equal sections.
func (s *Section) Digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%t\x00%s\x00%s\n%s", s.Collector, s.Scope, s.Question, s.Status, s.Reason, s.Asked)
	for _, f := range s.Facts {
		v := f.Value
		h.Write([]byte(strings.Join([]string{string(f.Address), string('0' + rune(v.Kind)), v.Text, v.Raw, v.Normal, v.Foreign}, "\x00")))
		h.Write([]byte("\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Share makes the equal sections of a snapshot's hosts hold the same facts in memory, so that a thousand like hosts take the
// room of one and comparing them finds them equal without reading them. From then on nothing may change facts in place.
func (s *Snapshot) Share() {
	contents := newContents(0)
	for i := range s.Hosts {
		h := &s.Hosts[i]
		for k := range h.Sections {
			h.Sections[k] = *contents.of(h, &h.Sections[k]).section // with its names, which need not be read either
		}
	}
}

// HostID names a host of an environment.
type HostID struct {
	Environment, Role, Name string
}

// String returns the id as people write it: production/web/production-1.
func (id HostID) String() string { return id.Environment + "/" + id.Role + "/" + id.Name }

// Compare orders ids by environment, role and name.
func (id HostID) Compare(other HostID) int {
	return cmp.Or(cmp.Compare(id.Environment, other.Environment), cmp.Compare(id.Role, other.Role), cmp.Compare(id.Name, other.Name))
}

// Cohort is what hosts must have in common to be compared: os-release(5) ID and VERSION_ID, and the machine's
// architecture as uname(1) -m says it. A host whose cohort could not be told has the zero Cohort.
type Cohort struct {
	OS, Version, Arch string
}

func (c Cohort) String() string {
	if c == (Cohort{}) {
		return "unknown"
	}
	return strings.TrimSpace(c.OS+" "+c.Version) + " " + c.Arch
}

// Host is everything that was read from one host.
type Host struct {
	ID       HostID
	Address  string // as the policy has it: deploy@production-1
	Taken    time.Time
	Machine  Machine
	Sections []Section // sorted by collector and scope
}
