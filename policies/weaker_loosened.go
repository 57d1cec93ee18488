package policies

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// loosened says what the head shows more of, or leaves out, of what a block of the base's reads.
func (p *pair) loosened(b collecting, head collectingList, locations []location) {
	said := map[string]bool{}
	for _, scope := range b.scopes {
		same := slices.DeleteFunc(head.asking(b, scope), func(a asked) bool { return a.scope.Name != scope.Name })
		for _, where := range b.selected(locations) {
			at := slices.DeleteFunc(slices.Clone(same), func(a asked) bool { return !a.Selects(where.environment, where.role) })
			if len(at) > 0 {
				p.reveal(b, at, said)
				p.exclude(b, at, said)
			}
		}
	}
	for _, where := range b.selected(locations) {
		p.requirements(b, head, where, said)
	}
}

// reveal compares what may be shown of a scope: of several blocks the strictest counts.
func (p *pair) reveal(b collecting, head []asked, said map[string]bool) {
	h := slices.MaxFunc(head, func(a, b asked) int { return strictness[a.Reveal] - strictness[b.Reveal] })
	if strictness[h.Reveal] < strictness[b.Reveal] {
		p.loose(b, h.collecting, "reveal", "reveal shows more: it is \""+string(h.Reveal)+"\", and was \""+string(b.Reveal)+"\"", said)
	}
}

// exclude compares what a pattern leaves out: of several blocks the one that leaves out least counts.
func (p *pair) exclude(b collecting, head []asked, said map[string]bool) {
	was := b.Query.Strings("exclude")
	var more []string
	var where collecting
	for i, h := range head {
		anew := slices.DeleteFunc(h.Query.Strings("exclude"), func(item string) bool { return anyCovers(was, item, excludeCovers) })
		if i == 0 || len(anew) < len(more) {
			more, where = anew, h.collecting
		}
	}
	for _, item := range more {
		p.loose(b, where, "exclude", "exclude has "+quoted(item)+" now", said)
	}
}

func excludeCovers(wide, narrow string) bool {
	return wide == narrow || wide != "" && wide[0] == '/' && globCovers(wide, narrow)
}

// requirements compares the files of requirements that an environment of Python is compared with.
func (p *pair) requirements(b collecting, head collectingList, where location, said map[string]bool) {
	const attribute = "requirements"
	now := map[string][]string{}
	for _, h := range head {
		if h.Query.Collector == b.Query.Collector && h.Selects(where.environment, where.role) {
			for scope, files := range h.Query.Lists(attribute) {
				now[scope] = append(now[scope], files...)
			}
		}
	}
	was := b.Query.Lists(attribute)
	for _, scope := range slices.Sorted(maps.Keys(was)) {
		for _, file := range without(was[scope], now[scope]) {
			p.loose(b, collecting{}, attribute, attribute+" of "+quoted(scope)+" has no "+quoted(file)+" any more", said)
		}
	}
}

// loose says once that an attribute is looser than in a block of the base's: where a block of the head's has it, or else
// where the base does.
func (p *pair) loose(b, h collecting, attribute, what string, said map[string]bool) {
	if said[what] {
		return
	}
	said[what] = true
	d := Difference{What: under(p.where, b.block) + ": " + what, Range: b.block.rangeOf(attribute), InBase: true}
	p.c.told(b.block, attribute)
	if h.block != nil {
		d.Range, d.InBase = h.block.rangeOf(attribute), false
		p.c.told(h.block, attribute)
	}
	p.c.add(true, d)
}

// rangeOf is where an attribute stands, or else the block.
func (o *outline) rangeOf(attribute string) hcl.Range {
	if a, ok := o.attributes[attribute]; ok {
		return a.at
	}
	return o.at
}
