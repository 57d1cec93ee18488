package policies

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/seed-313c021b/gate/drift"
)

// strength orders enforcements.
var strength = []Enforcement{Advisory, Soft, Hard}

func lower(base, head Enforcement) bool {
	return slices.Index(strength, head) < slices.Index(strength, base)
}

// rules compares the policy's own rules.
func (p *pair) rules(base, head []*Rule) {
	own := func(rules []*Rule) []*Rule {
		return slices.DeleteFunc(slices.Clone(rules), func(r *Rule) bool { return r.Use != "" })
	}
	blocksOf(p, "rule", own(base), own(head), func(r *Rule) string { return r.Name }, (*pair).rule)
}

func (p *pair) rule(base, head *Rule) {
	p.value("enforcement", base.Enforcement == head.Enforcement, lower(base.Enforcement, head.Enforcement))
	p.selected("roles", base.Roles, head.Roles, p.c.roles())
	p.selected("environments", base.Environments, head.Environments, p.c.environmentNames())
	p.value("allow_empty", base.AllowEmpty == head.AllowEmpty, head.AllowEmpty)
	p.text("assert", hclsyntax.OpLogicalAnd)
	p.text("when", hclsyntax.OpLogicalOr)
	p.text("for_each", nil)
	p.gained("facts", addressesOf(base.Facts), addressesOf(head.Facts), patternCovers)
}

// uses compares the sets of rules that come with gate.
func (p *pair) uses(base, head []Use) {
	blocksOf(p, "use", base, head, func(u Use) string { return u.Name }, (*pair).use)
}

func (p *pair) use(base, head Use) {
	p.value("enforcement", base.Enforcement == head.Enforcement, p.c.lowered(base.Name))
	p.selected("roles", base.Roles, head.Roles, p.c.roles())
	p.selected("environments", base.Environments, head.Environments, p.c.environmentNames())
}

// lowered reports whether the enforcement of a rule of a set is lower in the head.
func (c *comparer) lowered(set string) bool {
	return slices.ContainsFunc(c.base.Rules, func(b *Rule) bool {
		return b.Use == set && slices.ContainsFunc(c.head.Rules, func(h *Rule) bool { return h.Use == set && h.Name == b.Name && lower(b.Enforcement, h.Enforcement) })
	})
}

// coveredBy reports whether one of patterns covers all that another one does.
func coveredBy(patterns []drift.Pattern, x drift.Pattern) bool {
	return slices.ContainsFunc(patterns, func(p drift.Pattern) bool { return p.CoversAll(x) })
}

// patternCovers is drift.Pattern.CoversAll, of patterns as text.
func patternCovers(wide, narrow string) bool {
	return drift.NewPattern(drift.Address(wide)).CoversAll(drift.NewPattern(drift.Address(narrow)))
}
