package policies

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
)

// reader is a collect block: what it asks for, and how it is written.
type reader struct {
	*Collect
	block  *outline
	scopes []collect.Scope
}

func readers(collects []Collect, blocks []*outline) []reader {
	var all []reader
	for i := range collects {
		all = append(all, reader{&collects[i], blocks[i], collects[i].Query.Asked()})
	}
	return all
}

// roleOf is a role of an environment.
type roleOf struct{ environment, role string }

// collects compares what is read from the roles that both policies have, whichever block asks for it.
func (p *pair) collects(base, head []Collect) {
	was, is := readers(base, p.base.of("collect")), readers(head, p.head.of("collect"))
	both := p.c.rolesOfBoth()
	for _, b := range was {
		p.unread(b, is, both)
		p.loosened(b, is, both)
	}
	for _, h := range is {
		p.readAnew(h, was, both)
	}
}

// rolesOfBoth returns the roles of environments that both policies have.
func (c *comparer) rolesOfBoth() []roleOf {
	var both []roleOf
	for _, e := range c.base.Environments {
		for _, r := range e.Roles {
			if other := c.head.Environment(e.Name); other != nil && other.Role(r.Name) != nil {
				both = append(both, roleOf{e.Name, r.Name})
			}
		}
	}
	return both
}

// unread says what a block of the base's reads, and the head's do not, or only where it is there.
func (p *pair) unread(b reader, head []reader, roles []roleOf) {
	for _, scope := range b.scopes {
		same, covers := b.asking(scope, head)
		var lost, wider, optional []roleOf
		for _, r := range b.selected(roles) {
			exact := slices.DeleteFunc(slices.Clone(same), func(x asked) bool { return !x.Selects(r.environment, r.role) })
			switch {
			case len(exact) == 0 && !slices.ContainsFunc(covers, func(x asked) bool { return x.Selects(r.environment, r.role) }):
				lost = append(lost, r)
			case len(exact) == 0:
				wider = append(wider, r)
			case !scope.Optional && !slices.ContainsFunc(exact, func(x asked) bool { return !x.optional }):
				optional = append(optional, r)
			}
		}
		p.say(true, b, scope, "is not read any more", lost, roles)
		p.say(true, b, scope, "may be absent now", optional, roles)
		p.say(false, b, scope, "is read only with what another pattern matches", wider, roles)
	}
	p.c.judged(b.block, b.scopeArguments()...)
}

// readAnew says what a block of the head's reads, and the base's do not, or only where it is there.
func (p *pair) readAnew(h reader, base []reader, roles []roleOf) {
	for _, scope := range h.scopes {
		same, _ := h.asking(scope, base)
		var fresh, required []roleOf
		for _, r := range h.selected(roles) {
			exact := slices.DeleteFunc(slices.Clone(same), func(x asked) bool { return !x.Selects(r.environment, r.role) })
			switch {
			case len(exact) == 0:
				fresh = append(fresh, r)
			case !scope.Optional && !slices.ContainsFunc(exact, func(x asked) bool { return !x.optional }):
				required = append(required, r)
			}
		}
		p.say(false, h, scope, "is read now", fresh, roles)
		p.say(false, h, scope, "must be there now", required, roles)
	}
	p.c.judged(h.block, h.scopeArguments()...)
}

// asked is a block that asks for a scope.
type asked struct {
	reader
	optional bool
}

// asking returns those of other blocks that ask for the same scope, and those that ask for more.
func (r reader) asking(scope collect.Scope, others []reader) (same, covers []asked) {
	for _, other := range others {
		if other.Query.Collector != r.Query.Collector {
			continue
		}
		for _, s := range other.scopes {
			if s.Name == scope.Name {
				same = append(same, asked{other, s.Optional})
			} else if s.Question && scopeCovers(s.Name, scope.Name) {
				covers = append(covers, asked{other, s.Optional})
			}
		}
	}
	return same, covers
}

// scopeCovers reports whether a pattern surely matches all that another scope is.
func scopeCovers(wide, narrow string) bool {
	if strings.HasPrefix(wide, "/") {
		return globCovers(wide, narrow)
	}
	return drift.Match(wide, narrow)
}

// selected returns those of roles that a block is about.
func (r reader) selected(roles []roleOf) []roleOf {
	return slices.DeleteFunc(slices.Clone(roles), func(at roleOf) bool { return !r.Selects(at.environment, at.role) })
}

// scopeArguments are the attributes that say what is read: their texts are the names of scopes.
func (r reader) scopeArguments() []string {
	var names []string
	for name, v := range r.Query.Args {
		if texts := textsOf(v); len(texts) > 0 && !slices.ContainsFunc(texts, func(text string) bool {
			return !slices.ContainsFunc(r.scopes, func(s collect.Scope) bool { return s.Name == text })
		}) {
			names = append(names, name)
		}
	}
	return names
}

// textsOf returns a string, or the strings of a list.
func textsOf(v cty.Value) []string {
	switch t := v.Type(); {
	case t == cty.String:
		return []string{v.AsString()}
	case t.IsListType() && t.ElementType() == cty.String:
		var all []string
		for _, item := range v.AsValueSlice() {
			all = append(all, item.AsString())
		}
		return all
	}
	return nil
}

// say says something of a scope that a block asks for, for some of the roles.
func (p *pair) say(weaker bool, r reader, scope collect.Scope, what string, at, of []roleOf) {
	if len(at) == 0 {
		return
	}
	text := under(p.where, r.block) + ": "
	if scope.Name == "" || scope.Name == r.Query.Label {
		text += "it "
	} else {
		text += quoted(scope.Name) + " "
	}
	text += what
	if len(at) < len(r.selected(of)) {
		var names []string
		for _, role := range at {
			names = append(names, role.environment+"/"+role.role)
		}
		text += " (" + brief(strings.Join(names, ", ")) + ")"
	}
	inBase := slices.Contains(p.base.blocks, r.block)
	p.c.add(weaker, Difference{What: text, Range: r.block.at, InBase: inBase})
}
