package policies

import (
	"maps"
	"slices"
)

// gone says that the head lacks a block.
func (p *pair) gone(weaker bool, b *outline) {
	p.c.add(weaker, Difference{What: under(p.where, b) + " is gone", Range: b.at, InBase: true})
}

// new says that the base lacks a block.
func (p *pair) new(weaker bool, b *outline) {
	p.c.add(weaker, Difference{What: under(p.where, b) + " is new", Range: b.at})
}

// blocksOf compares what the blocks of a kind were read as, which have one label each, its name. It is weaker without one,
// and not with another one; both compares one that both policies have, and then what it left is compared.
func blocksOf[T any](p *pair, kind string, base, head []T, name func(T) string, both func(p *pair, base, head T)) {
	p.judged[kind] = true
	now := map[string]T{}
	for _, h := range head {
		now[name(h)] = h
	}
	was := map[string]bool{}
	for _, b := range base {
		was[name(b)] = true
		h, ok := now[name(b)]
		if !ok {
			p.gone(true, p.base.find(kind, name(b)))
			continue
		}
		inner := p.inner(kind, name(b))
		both(inner, b, h)
		inner.rest()
	}
	for _, h := range head {
		if !was[name(h)] {
			p.new(false, p.head.find(kind, name(h)))
		}
	}
}

// blocks compares the blocks of a kind as they are written. One that the other policy has, too, is the same wherever it
// stands; of what is left, the first of a name is compared with the first, the second with the second.
func (p *pair) blocks(kind string) {
	base, head := p.base.of(kind), p.head.of(kind)
	was, now := byName(base, writtenTexts(head)), byName(head, writtenTexts(base))
	for _, name := range names(was, now) {
		b, h := was[name], now[name]
		for i := range max(len(b), len(h)) {
			switch {
			case i < len(b) && i < len(h):
				both := p.c.pair(under(p.where, h[i]), b[i], h[i])
				maps.Copy(both.judged, p.c.judged[b[i]])
				maps.Copy(both.judged, p.c.judged[h[i]])
				if kind == "collect" {
					both.text("run", nil) // only that of commands there is
				}
				both.rest()
			case i < len(b) && p.c.judged[b[i]] == nil:
				p.gone(false, b[i])
			case i < len(h) && p.c.judged[h[i]] == nil:
				p.new(false, h[i])
			}
		}
	}
}

// byName returns the blocks by their names, but those of which another list has one that is written alike.
func byName(blocks []*outline, but map[string]int) map[string][]*outline {
	named := map[string][]*outline{}
	for _, b := range blocks {
		if text := b.text(); but[text] > 0 {
			but[text]--
		} else {
			named[b.name()] = append(named[b.name()], b)
		}
	}
	return named
}

// writtenTexts counts blocks that are written alike.
func writtenTexts(blocks []*outline) map[string]int {
	all := map[string]int{}
	for _, b := range blocks {
		all[b.text()]++
	}
	return all
}

// without returns the items of a that are not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
