package policies

import (
	"maps"
	"slices"
)

// loosened says what is shown, left out or not compared of what a block of the base's and others of the head's read.
func (p *pair) loosened(b reader, head []reader, roles []roleOf) {
	said := map[string]bool{}
	for _, scope := range b.scopes {
		same, _ := b.asking(scope, head)
		for _, r := range b.selected(roles) {
			exact := slices.DeleteFunc(slices.Clone(same), func(x asked) bool { return !x.Selects(r.environment, r.role) })
			if len(exact) > 0 {
				p.reveal(b, exact, said)
				p.exclude(b, exact, said)
			}
		}
	}
	for _, r := range b.selected(roles) {
		p.requirements(b, head, r, said)
	}
}

// reveal compares what may be shown of a scope: of several blocks the strictest counts.
func (p *pair) reveal(b reader, head []asked, said map[string]bool) {
	strictest := slices.MaxFunc(head, func(a, b asked) int { return strictness[a.Reveal] - strictness[b.Reveal] })
	if strictness[strictest.Reveal] < strictness[b.Reveal] {
		p.loose(b, strictest.reader, "reveal", "reveal shows more now: "+string(strictest.Reveal)+", and was "+string(b.Reveal), said)
	}
}

// exclude compares what a pattern leaves out: of several blocks the one that leaves out least counts.
func (p *pair) exclude(b reader, head []asked, said map[string]bool) {
	var more []string
	var where reader
	for i, h := range head {
		anew := slices.DeleteFunc(h.Query.Strings("exclude"), func(item string) bool {
			return anyCovers(b.Query.Strings("exclude"), item, excludeCovers)
		})
		if i == 0 || len(anew) < len(more) {
			more, where = anew, h.reader
		}
	}
	for _, item := range more {
		p.loose(b, where, "exclude", "exclude has "+quoted(item)+" now", said)
	}
}

func excludeCovers(wide, narrow string) bool {
	return wide == narrow || wide != "" && wide[0] == '/' && globCovers(wide, narrow)
}

// requirements compares the lists of an argument that has some for each scope.
func (p *pair) requirements(b reader, head []reader, r roleOf, said map[string]bool) {
	const attribute = "requirements"
	now := map[string][]string{}
	for _, h := range head {
		if h.Query.Collector == b.Query.Collector && h.Selects(r.environment, r.role) {
			for scope, files := range h.Query.Lists(attribute) {
				now[scope] = append(now[scope], files...)
			}
		}
	}
	was := b.Query.Lists(attribute)
	for _, scope := range slices.Sorted(maps.Keys(was)) {
		for _, file := range without(was[scope], now[scope]) {
			p.loose(b, reader{}, attribute, attribute+" of "+quoted(scope)+" has no "+quoted(file)+" any more", said)
		}
	}
}

// loose says once that an attribute of a block is looser, where the head has it, or else where the base does.
func (p *pair) loose(b, h reader, attribute, what string, said map[string]bool) {
	if said[what] {
		return
	}
	said[what] = true
	d := Difference{What: under(p.where, b.block) + ": " + what, Range: b.block.at, InBase: true}
	if a, ok := b.block.attributes[attribute]; ok {
		d.Range = a.at
	}
	if h.block != nil {
		d.Range, d.InBase = h.block.at, false
		if a, ok := h.block.attributes[attribute]; ok {
			d.Range = a.at
		}
	}
	p.c.add(true, d)
}
