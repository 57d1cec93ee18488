package policies

import (
	"slices"

	"github.com/seed-313c021b/gate/drift"
)

// components compares what is promoted as one. A policy without components has one over everything.
func (p *pair) components(base, head []Component) {
	if len(base) == 0 && len(head) > 0 {
		p.judged["component"] = true
		for _, h := range head {
			p.c.add(true, Difference{What: p.head.find("component", h.Name).name() + " is new, and without any the whole repository was promoted as one", Range: h.Range})
		}
		return
	}
	blocksOf(p, "component", base, head, func(c Component) string { return c.Name }, (*pair).component)
}

func (p *pair) component(base, head Component) {
	p.lost("paths", base.Paths, head.Paths, globCovers)
	p.selected("roles", base.Roles, head.Roles, p.c.roles())
	p.value("marker", base.Marker == head.Marker, true)
	p.lost("units", base.Units, head.Units, equal)
	// With more of them, more drift is the change itself; with fewer, less of what the change brings is proved.
	covered := func(these, all []drift.Pattern) bool {
		return !slices.ContainsFunc(these, func(x drift.Pattern) bool { return !coveredBy(all, x) })
	}
	p.value("carries", slices.Equal(addressesOf(base.Carries), addressesOf(head.Carries)), !covered(base.Carries, head.Carries) || !covered(head.Carries, base.Carries))
}

func addressesOf(patterns []drift.Pattern) []string {
	var all []string
	for _, x := range patterns {
		all = append(all, string(x.Address()))
	}
	return sorted(all)
}
