package policies

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// pair is a block that both policies have. Its methods say what differs in an attribute; rest says that something does of
// any of which nothing was said, so that nothing is forgotten.
type pair struct {
	c          *comparer
	where      string // environment "production", promotion
	base, head *outline
	judged     map[string]bool // attributes of which something was said, and kinds of blocks that were compared
}

func (c *comparer) pair(where string, base, head *outline) *pair {
	return &pair{c, where, base, head, map[string]bool{}}
}

// inner returns the pair of a block that stands below. Where a policy lacks it, it has no attributes there.
func (p *pair) inner(kind string, labels ...string) *pair {
	p.judged[kind] = true
	base, head := p.base.find(kind, labels...), p.head.find(kind, labels...)
	switch {
	case head.missing() && base.empty():
		p.gone(false, base)
	case base.missing() && head.empty():
		p.new(false, head)
	}
	return p.c.pair(under(p.where, head), base, head)
}

// under names a block below another.
func under(where string, b *outline) string {
	if where == "" {
		return b.name()
	}
	return where + ", " + b.name()
}

// add says something about an attribute, at its place.
func (p *pair) add(weaker bool, attribute, format string, args ...any) {
	p.c.add(weaker, p.difference(attribute, format, args...))
}

// difference is what is said about an attribute, at its place.
func (p *pair) difference(attribute, format string, args ...any) Difference {
	p.judged[attribute] = true
	d := Difference{What: fmt.Sprintf(format, args...), Range: p.head.at}
	if p.where != "" {
		d.What = p.where + ": " + d.What
	}
	if head, ok := p.head.attributes[attribute]; ok {
		d.Range = head.at
	} else if base, ok := p.base.attributes[attribute]; ok {
		d.Range, d.InBase = base.at, true
	}
	return d
}

// value compares an attribute that means the same, or is weaker, or neither.
func (p *pair) value(attribute string, same, weaker bool) {
	if !same {
		p.change(weaker, attribute)
	}
}

// text compares an attribute of which nobody can say by its text what it means: it could not be compared, unless it is the
// same text, or the head's begins with the base's whole and an operator that narrows it. Of no operator nothing narrows.
func (p *pair) text(attribute string, narrowing *hclsyntax.Operation) {
	base, before := p.base.attributes[attribute]
	head, now := p.head.attributes[attribute]
	switch {
	case before == now && base.tokens == head.tokens:
	case before && now && narrowing != nil && slices.Contains(head.operands[narrowing], base.tokens):
		p.change(false, attribute)
	default:
		p.uncompared(attribute, "%s", p.became(attribute))
	}
	p.judged[attribute] = true
}

// uncompared says about an attribute, at its place, that it could not be compared.
func (p *pair) uncompared(attribute, format string, args ...any) {
	p.c.Uncompared = append(p.c.Uncompared, p.difference(attribute, format, args...))
}

// change says what became of an attribute.
func (p *pair) change(weaker bool, attribute string) {
	p.add(weaker, attribute, "%s", p.became(attribute))
}

// became returns what became of an attribute.
func (p *pair) became(attribute string) string {
	base, before := p.base.attributes[attribute]
	head, now := p.head.attributes[attribute]
	switch {
	case !now && !before:
		return fmt.Sprintf("%s means something else now", attribute)
	case !now:
		return fmt.Sprintf("%s is gone, and was %s", attribute, brief(base.shown))
	case !before:
		return fmt.Sprintf("%s = %s is new", attribute, brief(head.shown))
	case base.tokens == head.tokens:
		return fmt.Sprintf("%s is %s still, and means something else now", attribute, brief(head.shown))
	}
	return fmt.Sprintf("%s is %s, and was %s", attribute, brief(head.shown), brief(base.shown))
}

// covering reports whether one item of a list stands for all that another does.
type covering func(wide, narrow string) bool

func equal(a, b string) bool { return a == b }

// lost compares a list in which each item demands something: it is weaker without one.
func (p *pair) lost(attribute string, base, head []string, covers covering) {
	p.list(attribute, base, head, func(item string) bool { return !anyCovers(head, item, covers) }, nothing)
}

// gained compares a list in which each item lets something pass: it is weaker with another.
func (p *pair) gained(attribute string, base, head []string, covers covering) {
	p.list(attribute, base, head, nothing, func(item string) bool { return !anyCovers(base, item, covers) })
}

// list says what a list has lost and gained. Two functions say of such an item whether it is weaker for that.
func (p *pair) list(attribute string, base, head []string, lost, gained func(item string) bool) {
	for _, item := range without(base, head) {
		p.add(lost(item), attribute, "%s has no %s any more", attribute, quoted(item))
	}
	for _, item := range without(head, base) {
		p.add(gained(item), attribute, "%s has %s now", attribute, quoted(item))
	}
}

func nothing(string) bool { return false }

func anyCovers(list []string, item string, covers covering) bool {
	return slices.ContainsFunc(list, func(wide string) bool { return covers(wide, item) })
}

// selected compares a list of names that says what a block is about, of all that there are in the head's policy, or
// everything where it is empty. It is weaker for less.
func (p *pair) selected(attribute string, base, head, all []string) {
	less := slices.ContainsFunc(all, func(name string) bool { return selects(base, name) && !selects(head, name) })
	p.value(attribute, slices.Equal(sorted(base), sorted(head)), less)
}

// rest adds what is written in another way, and nothing was said about.
func (p *pair) rest() {
	for _, name := range names(p.base.attributes, p.head.attributes) {
		if !p.judged[name] && !p.base.attributes[name].alike(p.head.attributes[name]) {
			p.change(false, name)
		}
	}
	kinds := map[string]bool{}
	for _, b := range slices.Concat(p.base.blocks, p.head.blocks) {
		kinds[b.kind] = kinds[b.kind] || !p.judged[b.kind]
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if kinds[kind] {
			p.blocks(kind)
		}
	}
}

// names returns the keys of two maps, sorted, each once.
func names[K ~string, V any](a, b map[K]V) []K {
	return slices.Compact(slices.Sorted(func(yield func(K) bool) {
		for _, m := range []map[K]V{a, b} {
			for k := range m {
				if !yield(k) {
					return
				}
			}
		}
	}))
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
