package policies

import (
	"maps"
	"slices"

	"github.com/seed-313c021b/gate/drift"
)

// compare compares what may differ, and what must.
func (p *pair) compare(base, head *Compare) {
	c := p.inner("compare")
	c.value("defaults", base.Defaults == head.Defaults, head.Defaults)
	c.ignores(base.Ignores, head.Ignores)
	c.differs(base.Differs, head.Differs)
	c.rest()
}

// ignores compares what is left out of comparisons.
func (p *pair) ignores(base, head []Ignore) {
	var left []drift.Pattern
	for _, i := range base {
		left = append(left, i.Facts...)
	}
	for i, block := range p.head.of("ignore") {
		for _, x := range head[i].Facts {
			if !coveredBy(left, x) {
				p.c.told(block, "facts")
				p.c.add(true, Difference{What: under(p.where, block) + ": " + brief(string(x.Address())) + " is not compared any more", Range: block.at})
			}
		}
	}
}

// differs compares obligations to differ. What must differ need not be alike, so that another one is weaker, too.
func (p *pair) differs(base, head []Differ) {
	p.judged["differ"] = true
	was, now := byFact(base, p.base), byFact(head, p.head)
	for _, fact := range names(was, now) {
		b, before := was[fact]
		h, after := now[fact]
		what := under(p.where, &outline{kind: "differ"}) + " " + brief(string(fact))
		switch {
		case !after:
			p.c.add(true, Difference{What: what + " is gone", Range: b.at, InBase: true})
		case !before:
			p.c.add(true, Difference{What: what + " is new: it need not be alike any more", Range: h.at})
		default:
			d := p.c.pair(what, b.outline, h.outline)
			d.judged["fact"] = true
			d.values(b.Values, h.Values)
			d.rest()
		}
	}
}

// writtenDiffer is a differ block, as it was read and as it is written.
type writtenDiffer struct {
	Differ
	*outline
}

func byFact(differs []Differ, compare *outline) map[drift.Address]writtenDiffer {
	all := map[drift.Address]writtenDiffer{}
	for i, block := range compare.of("differ") {
		all[differs[i].Fact.Address()] = writtenDiffer{differs[i], block}
	}
	return all
}

// values compares which value is right where. Without one, any other is, as long as it differs; whether another one is right,
// nobody can say.
func (p *pair) values(base, head map[string]drift.Value) {
	less := slices.ContainsFunc(slices.Collect(maps.Keys(base)), func(environment string) bool { _, still := head[environment]; return !still })
	switch {
	case maps.EqualFunc(base, head, drift.Value.Equal):
	case less:
		p.change(true, "values")
	default:
		p.uncompared("values", "%s", p.became("values"))
	}
}
