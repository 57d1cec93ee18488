package policies

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
)

// collecting is a collect block: what it asks for, and how it is written.
type collecting struct {
	*Collect
	block  *outline
	inBase bool
	scopes []collect.Scope
}

// location is a role of an environment.
type location struct{ environment, role string }

// collects compares what is read of the roles that both policies have, whichever of their blocks asks for it.
func (p *pair) collects(base, head []Collect) {
	was, is := collectings(base, p.base, true), collectings(head, p.head, false)
	both := p.c.locations()
	for _, b := range was {
		for _, scope := range b.scopes {
			p.unread(b, scope, is.asking(b, scope), both)
		}
		p.loosened(b, is, both)
	}
	for _, h := range is {
		for _, scope := range h.scopes {
			p.readAnew(h, scope, was.asking(h, scope), both)
		}
	}
}

type collectingList []collecting

func collectings(collects []Collect, policy *outline, inBase bool) collectingList {
	var all collectingList
	for i, block := range policy.of("collect") {
		all = append(all, collecting{&collects[i], block, inBase, collects[i].Query.Asked()})
	}
	return all
}

// locations returns the roles of environments that both policies have.
func (c *comparer) locations() []location {
	var both []location
	for _, e := range c.base.Environments {
		for _, r := range e.Roles {
			if other := c.head.Environment(e.Name); other != nil && other.Role(r.Name) != nil {
				both = append(both, location{e.Name, r.Name})
			}
		}
	}
	return both
}

// asked is a block that asks for a scope, or for a pattern that matches all that it is.
type asked struct {
	collecting
	scope collect.Scope
}

// asking returns the blocks that ask for a scope of another block's.
func (l collectingList) asking(c collecting, scope collect.Scope) []asked {
	var all []asked
	for _, other := range l {
		if other.Query.Collector != c.Query.Collector {
			continue
		}
		for _, s := range other.scopes {
			if s.Name == scope.Name || s.Question && scopeCovers(s.Name, scope.Name) {
				all = append(all, asked{other, s})
			}
		}
	}
	return all
}

// scopeCovers reports whether a pattern surely matches all that another scope is.
func scopeCovers(wide, narrow string) bool {
	if strings.HasPrefix(wide, "/") {
		return globCovers(wide, narrow)
	}
	return drift.Match(wide, narrow)
}

// asks is how a scope is asked for in a place: not at all, by a pattern that covers it, where it is there, or as what
// must be there.
type asks int

const (
	notAsked asks = iota
	covered
	optional
	mandatory
)

func askedAt(all []asked, scope collect.Scope, at location) asks {
	best := notAsked
	for _, a := range all {
		switch {
		case !a.Selects(at.environment, at.role):
		case a.scope.Name != scope.Name:
			best = max(best, covered)
		case a.scope.Optional:
			best = max(best, optional)
		default:
			best = mandatory
		}
	}
	return best
}

// unread says where the head does not read what a block of the base's does, or only if it is there.
func (p *pair) unread(b collecting, scope collect.Scope, head []asked, locations []location) {
	at := map[asks][]location{}
	for _, where := range b.selected(locations) {
		now := askedAt(head, scope, where)
		at[now] = append(at[now], where)
	}
	p.say(true, b, scope, "is not read any more", at[notAsked], locations)
	p.say(false, b, scope, "is read only as a part of more", at[covered], locations)
	if !scope.Optional {
		p.say(true, b, scope, "may be absent now", at[optional], locations)
	}
}

// readAnew says where the base does not read what a block of the head's does, or only if it is there.
func (p *pair) readAnew(h collecting, scope collect.Scope, base []asked, locations []location) {
	at := map[asks][]location{}
	for _, where := range h.selected(locations) {
		was := askedAt(base, scope, where)
		at[was] = append(at[was], where)
	}
	p.say(false, h, scope, "is read now", slices.Concat(at[notAsked], at[covered]), locations)
	if !scope.Optional {
		p.say(false, h, scope, "must be there now", at[optional], locations)
	}
}

// selected returns those of locations that a block is about.
func (c collecting) selected(locations []location) []location {
	return slices.DeleteFunc(slices.Clone(locations), func(at location) bool { return !c.Selects(at.environment, at.role) })
}

// say says something of a scope that a block asks for, in some locations.
func (p *pair) say(weaker bool, c collecting, scope collect.Scope, what string, at, of []location) {
	if len(at) == 0 {
		return
	}
	subject := "it"
	if scope.Name != "" && scope.Name != c.Query.Label {
		subject = quoted(scope.Name)
	}
	p.c.told(c.block, c.scopeArguments()...)
	where := ""
	if len(at) < len(of) {
		p.c.told(c.block, "environments", "roles")
		var names []string
		for _, l := range at {
			names = append(names, l.environment+"/"+l.role)
		}
		where = " in " + brief(strings.Join(names, ", "))
	}
	p.c.add(weaker, Difference{What: under(p.where, c.block) + ": " + subject + " " + what + where, Range: c.block.at, InBase: c.inBase})
}

// scopeArguments are the attributes that say what is read: their texts are the names of scopes.
func (c collecting) scopeArguments() []string {
	isScope := func(text string) bool {
		return slices.ContainsFunc(c.scopes, func(s collect.Scope) bool { return s.Name == text })
	}
	var names []string
	for name, v := range c.Query.Args {
		if texts := textsOf(v); len(texts) > 0 && isScope(texts[0]) {
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
	case t.Equals(cty.List(cty.String)):
		var all []string
		for _, item := range v.AsValueSlice() {
			all = append(all, item.AsString())
		}
		return all
	}
	return nil
}
