package policies

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
)

// why is the mark of an unknown value: what could not be told, and the reason. HCL carries marks through everything that
// is computed from a value, so that an undecided result knows where it comes from.
type why struct {
	address drift.Address
	reason  string
	sealed  bool // it is there, but may not be looked at
}

func unknown(w why) cty.Value { return cty.DynamicVal.Mark(w) }

// reading is where the facts of an expression come from.
type reading struct {
	host *drift.Host // nil before hosts are read: then all values are unknown, of the schema's types
}

// element returns what the host has below a collector's key; ok is false when it is known to have nothing there.
func (r *reading) element(c *collect.Collector, key string) (v cty.Value, ok bool) {
	if r.host == nil {
		return cty.UnknownVal(typeOf(c.Schema.Elem)), true
	}
	a := drift.Address(c.Name).Key(key)
	if v := r.host.Lookup(a); v.Kind == drift.Unknown {
		return unknown(why{address: a, reason: v.Text}), true
	}
	section := r.host.Section(c.Name, key)
	own := section != nil && !section.Question
	if !own {
		section = r.host.Section(c.Name, "")
	}
	if section == nil || section.Status == drift.Gone {
		return cty.NilVal, false
	}
	facts := below(section, a)
	if len(facts) == 0 && !own {
		return cty.NilVal, false
	}
	return treeOf(facts, a).value(c.Schema.Elem), true
}

// all returns everything that the host has of a collector. It is unknown when there may be more.
func (r *reading) all(c *collect.Collector) cty.Value {
	if r.host == nil {
		return cty.UnknownVal(typeOf(c.Schema))
	}
	root := drift.Address(c.Name)
	sections := r.host.Collector(c.Name)
	if len(sections) == 0 {
		return unknown(why{address: root, reason: "not collected"})
	}
	elements := map[string]cty.Value{}
	for i := range sections {
		s := &sections[i]
		switch {
		case !s.Known() && (s.Question || s.Scope == ""):
			return unknown(why{address: s.Address(), reason: strings.TrimSuffix(string(s.Status)+": "+s.Reason, ": ")})
		case s.Status == drift.Gone || s.Question:
		case !s.Known():
			elements[s.Scope] = unknown(why{address: s.Address(), reason: r.host.Lookup(s.Address()).Text})
		case s.Scope == "":
			return treeOf(s.Facts, root).value(c.Schema)
		default:
			a := s.Address()
			elements[s.Scope] = treeOf(below(s, a), a).value(c.Schema.Elem)
		}
	}
	return cty.ObjectVal(elements)
}

// below returns the facts of a section at an address and below it.
func below(s *drift.Section, a drift.Address) []drift.Fact {
	start, _ := slices.BinarySearchFunc(s.Facts, a, func(f drift.Fact, a drift.Address) int { return strings.Compare(string(f.Address), string(a)) })
	end := start
	for end < len(s.Facts) && s.Facts[end].Address.Below(a) {
		end++
	}
	return s.Facts[start:end]
}

// tree holds facts by the steps of their addresses.
type tree struct {
	address  drift.Address
	fact     *drift.Value // nil where there is none
	children map[string]*tree
}

// treeOf returns the tree of facts below an address.
func treeOf(facts []drift.Fact, root drift.Address) *tree {
	top := &tree{address: root, children: map[string]*tree{}}
	skip := len(root.Steps())
	for i := range facts {
		at := top
		for _, step := range facts[i].Address.Steps()[skip:] {
			at = at.child(step)
		}
		at.fact = &facts[i].Value
	}
	return top
}

func (t *tree) child(step drift.Step) *tree {
	if c := t.children[step.Text]; c != nil {
		return c
	}
	address := t.address.Attr(step.Text)
	if step.IsKey {
		address = t.address.Key(step.Text)
	}
	c := &tree{address: address, children: map[string]*tree{}}
	t.children[step.Text] = c
	return c
}

// value returns a tree as an expression sees it. What the schema calls a collection is one also where it is empty.
func (t *tree) value(schema *collect.Schema) cty.Value {
	if t.fact != nil && (t.fact.Kind == drift.Unknown || len(t.children) == 0) {
		return valueOf(*t.fact, t.address)
	}
	attributes := map[string]cty.Value{}
	for name, s := range schema.Attrs {
		if s.Elem != nil {
			attributes[name] = cty.EmptyObjectVal
		}
	}
	for name, child := range t.children {
		if child.fact == nil || child.fact.Kind != drift.Absent || len(child.children) > 0 {
			attributes[name] = child.value(schemaBelow(schema, name))
		}
	}
	return cty.ObjectVal(attributes)
}

func schemaBelow(schema *collect.Schema, name string) *collect.Schema {
	if schema.Elem != nil {
		return schema.Elem
	}
	if s := schema.Attrs[name]; s != nil {
		return s
	}
	return anything
}

// valueOf returns a fact as an expression sees it.
func valueOf(v drift.Value, a drift.Address) cty.Value {
	switch v.Kind {
	case drift.Absent:
		return cty.NullVal(cty.DynamicPseudoType)
	case drift.Sealed:
		return unknown(why{address: a, reason: "its value is sealed: it is there, but may not be looked at", sealed: true})
	case drift.Unknown:
		return unknown(why{address: a, reason: v.Text})
	}
	decoder := json.NewDecoder(strings.NewReader(v.Text))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return unknown(why{address: a, reason: "the value is not JSON: " + err.Error()})
	}
	return ctyOf(decoded)
}

func ctyOf(v any) cty.Value {
	switch v := v.(type) {
	case string:
		return cty.StringVal(v)
	case bool:
		return cty.BoolVal(v)
	case json.Number:
		n, err := cty.ParseNumberVal(v.String())
		if err != nil || hugeNumber(n) {
			return cty.StringVal(v.String())
		}
		return n
	case []any:
		items := make([]cty.Value, len(v))
		for i := range v {
			items[i] = ctyOf(v[i])
		}
		return cty.TupleVal(items)
	case map[string]any:
		return cty.EmptyObjectVal
	}
	return cty.NullVal(cty.DynamicPseudoType)
}

// typeOf returns the type of what a schema describes.
func typeOf(s *collect.Schema) cty.Type {
	switch {
	case s.Elem != nil:
		return cty.Map(typeOf(s.Elem))
	case s.Attrs != nil:
		types := map[string]cty.Type{}
		for name, attr := range s.Attrs {
			types[name] = typeOf(attr)
		}
		return cty.Object(types)
	case s.Type == "string":
		return cty.String
	case s.Type == "bool":
		return cty.Bool
	case s.Type == "number":
		return cty.Number
	}
	return cty.DynamicPseudoType
}
