package policies

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// Comparison is how one policy, the head, differs from another, the base. Equal policies have an empty one, whatever
// their comments, layout and order; any other change of a policy is in it, in one of its lists.
type Comparison struct {
	// Weaker is what makes the head weaker for sure: what the base stops, or finds out, the head may let pass.
	//
	//   - less is looked at: an environment, a role, a host, a rule, a proof, or a thing that is read is gone, or may be absent;
	//   - less is demanded: for a shorter time, of fewer hosts, with a lower enforcement, with more left out;
	//   - something else is believed: another key, ledger, host key, way to a host, or fact that says what it runs.
	Weaker []Difference
	// Uncompared is what could not be compared: another assert, when or for_each of a rule, another run of a command or a
	// preview, another format or complete of one, another value of a variable or of a differ, a freeze
	// at other times. Whether two such texts mean the same is not guessed. It is here unless it is the
	// same text, comments and white space apart, or one of these, which are stricter and stand in Changed:
	//
	//   - assert = (OLD) && NEW
	//   - when = (OLD) || NEW, by which more hosts are judged
	Uncompared []Difference
	// Changed is everything else: what is stricter or new, and what says nothing of what is let pass. Waivers stand here,
	// new, wider and longer ones too, and are never Weaker: they are the way to get past a finding in the open, with a
	// reason, an owner and an end, and a report has them at its head. (What they do, a verdict by the head's policy says.)
	Changed []Difference
}

// Difference is one thing in which two policies differ.
type Difference struct {
	// What says it in a sentence without an end: environment "production", promotion: soak is "5m", and was "1h".
	// It has text of the policies in it, on one line and cut where it is long, and otherwise as it was written there.
	What string
	// Range is where it stands in the head's policy; where the head lacks it, where it stands in the base's, and then
	// InBase is true.
	Range  hcl.Range
	InBase bool
}

// Weaker compares two policies as they are written; no host is read for it. A policy that [Load] did not read has no text
// to compare.
func Weaker(base, head *Policy) Comparison {
	c := comparer{base: base, head: head, judged: map[*outline]map[string]bool{}}
	c.policy()
	for _, list := range []*[]Difference{&c.Weaker, &c.Uncompared, &c.Changed} {
		slices.SortStableFunc(*list, compareDifferences)
		*list = slices.Compact(*list)
	}
	return c.Comparison
}

// compareDifferences orders them by their places, those in the head's policy first.
func compareDifferences(a, b Difference) int {
	inBase := func(d Difference) int {
		if d.InBase {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(inBase(a), inBase(b)), compareRanges(&a.Range, &b.Range), cmp.Compare(a.What, b.What))
}

// comparer compares two policies block by block. A file weaker_*.go has each kind of block.
type comparer struct {
	Comparison
	base, head *Policy
	judged     map[*outline]map[string]bool // of blocks without a name of their own: the attributes that were judged
}

// policy compares the blocks of the top.
func (c *comparer) policy() {
	p := c.pair("", cmp.Or(c.base.outline, &outline{}), cmp.Or(c.head.outline, &outline{}))
	p.gate(&c.base.Gate, &c.head.Gate)
	p.ledger(c.base.Ledger, c.head.Ledger)
	p.signers(c.base.Signers, c.head.Signers)
	p.components(c.base.Components, c.head.Components)
	p.environments(c.base.Environments, c.head.Environments)
	p.collects(c.base.Collects, c.head.Collects)
	p.compare(&c.base.Compare, &c.head.Compare)
	p.rules(c.base.Rules, c.head.Rules)
	p.uses(c.base.Uses, c.head.Uses)
	p.rest() // waivers among them
}

func (c *comparer) add(weaker bool, d Difference) {
	if weaker {
		c.Weaker = append(c.Weaker, d)
	} else {
		c.Changed = append(c.Changed, d)
	}
}

// told notes that something was said of attributes of a block.
func (c *comparer) told(b *outline, attributes ...string) {
	if c.judged[b] == nil {
		c.judged[b] = map[string]bool{}
	}
	for _, name := range attributes {
		c.judged[b][name] = true
	}
}
