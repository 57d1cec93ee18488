package policies

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// pair is a block that both policies have. For each of its attributes one of its methods is called, which adds what is
// to be said; rest adds what differs in any other.
type pair struct {
	c          *comparer
	where      string // environment "production", promotion
	base, head *outline
	judged     map[string]bool // attributes, and kinds of blocks
}

func (c *comparer) pair(where string, base, head *outline) *pair {
	return &pair{c, where, base, head, map[string]bool{}}
}

// inner returns a block below.
func (p *pair) inner(kind string, labels ...string) *pair {
	base, head := p.base.find(kind, labels...), p.head.find(kind, labels...)
	return p.c.pair(join(p.where, head.name()), base, head)
}

// join names a block below another.
func join(where, name string) string {
	if where == "" {
		return name
	}
	return where + ", " + name
}

// add adds something about an attribute, at its place.
func (p *pair) add(weaker bool, attribute, what string) {
	d := Difference{What: said(p.where, "%s", what), Range: p.head.at}
	switch head, base := p.head.attributes[attribute], p.base.attributes[attribute]; {
	case head.tokens != "":
		d.Range = head.at
	case base.tokens != "":
		d.Range, d.InBase = base.at, true
	}
	p.c.add(weaker, d)
}

// value compares an attribute whose meaning is the same, or weaker, or else.
func (p *pair) value(attribute string, same, weaker bool) {
	p.judged[attribute] = true
	if !same {
		p.add(weaker, attribute, p.change(attribute))
	}
}

// change says what became of an attribute.
func (p *pair) change(attribute string) string {
	base, head := p.base.attributes[attribute], p.head.attributes[attribute]
	switch {
	case head.tokens == "":
		return fmt.Sprintf("%s is gone, and was %s", attribute, brief(base.shown))
	case base.tokens == "":
		return fmt.Sprintf("%s = %s is new", attribute, brief(head.shown))
	case base.tokens == head.tokens:
		return fmt.Sprintf("%s is %s, and means something else now", attribute, brief(head.shown))
	}
	return fmt.Sprintf("%s is %s, and was %s", attribute, brief(head.shown), brief(base.shown))
}

// lost compares a list in which each item demands something: it is weaker without one.
func (p *pair) lost(attribute string, base, head []string) {
	p.list(attribute, without(base, head), without(head, base), true, false)
}

// gained compares a list in which each item lets something pass: it is weaker with another.
func (p *pair) gained(attribute string, base, head []string) {
	p.list(attribute, without(base, head), without(head, base), false, true)
}

// list says what a list has lost and gained, and which of these is weaker.
func (p *pair) list(attribute string, lost, gained []string, weakerLost, weakerGained bool) {
	p.judged[attribute] = true
	for _, item := range lost {
		p.add(weakerLost, attribute, fmt.Sprintf("%s has %s no more", attribute, quoted(item)))
	}
	for _, item := range gained {
		p.add(weakerGained, attribute, fmt.Sprintf("%s has %s anew", attribute, quoted(item)))
	}
}

// selected compares a list of names that says to what a block applies, of all that the head's policy has, everything
// where it is empty: weaker for fewer.
func (p *pair) selected(attribute string, base, head, all []string) {
	fewer := slices.ContainsFunc(all, func(name string) bool { return selects(base, name) && !selects(head, name) })
	p.value(attribute, fmt.Sprint(sorted(base)) == fmt.Sprint(sorted(head)), fewer)
}

// rest adds what differs in attributes and blocks that nothing was said about.
func (p *pair) rest() {
	for _, name := range names(p.base.attributes, p.head.attributes) {
		if !p.judged[name] {
			p.value(name, p.base.attributes[name].tokens == p.head.attributes[name].tokens, false)
		}
	}
	p.blocks(func(o *outline) bool { return !p.judged[o.kind] })
}

// blocks adds what differs in some of the blocks, of which nothing is known: one that the other policy has, too, is the
// same, wherever it stands.
func (p *pair) blocks(these func(*outline) bool) {
	key := func(o *outline) string { return fmt.Sprintf("%q", append([]string{o.kind}, o.labels...)) }
	base, head := byText(p.base.blocks, these), byText(p.head.blocks, these)
	left := map[string]int{}
	for _, text := range slices.Sorted(maps.Keys(base)) {
		if b := base[text]; head[text] == nil {
			left[key(b)]++
		}
	}
	for _, text := range slices.Sorted(maps.Keys(head)) {
		b := head[text]
		switch {
		case base[text] != nil:
		case left[key(b)] > 0:
			left[key(b)]--
			p.c.add(false, Difference{What: join(p.where, b.name()) + " is another", Range: b.at})
		default:
			p.c.new(false, join(p.where, b.name()), b)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(base)) {
		if b := base[text]; head[text] == nil && left[key(b)] > 0 {
			left[key(b)]--
			p.c.gone(false, join(p.where, b.name()), b)
		}
	}
}

func byText(blocks []*outline, these func(*outline) bool) map[string]*outline {
	found := map[string]*outline{}
	for _, b := range blocks {
		if these(b) {
			found[b.text()] = b
		}
	}
	return found
}

// without returns the items of a that are not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// names returns the keys of two maps, sorted, each once.
func names[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// shownLength is how many characters of an expression are shown.
const shownLength = 120

// brief cuts a text that is long.
func brief(text string) string {
	if utf8.RuneCountInString(text) <= shownLength {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:shownLength])) + "…"
}

func quoted(text string) string { return brief(fmt.Sprintf("%q", text)) }
