package policies

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift/collect"
)

// shape is what is known of an expression before a host is read: the schema of the facts that it stands for. Without a
// schema it can be anything.
type shape struct {
	schema *collect.Schema
	path   string // how the expression reads, for people: host.deb[…]
}

// step returns the shape of an attribute or element of s, or what is wrong with asking for it.
func (s shape) step(step hcl.Traverser) (shape, *hcl.Diagnostic) {
	if s.schema == nil || s.schema.Type == "any" {
		return shape{}, nil
	}
	switch step := step.(type) {
	case hcl.TraverseAttr:
		return s.attr(step.Name, step.SrcRange)
	case hcl.TraverseIndex:
		switch {
		case step.Key.Type() == cty.String:
			return s.element(step.Key.AsString(), step.SrcRange)
		case s.schema.Elem != nil:
			return shape{}, problem(step.SrcRange, "Not a name", "What stands in brackets behind %s is text: put it into quotes.", s.path)
		}
		return s.element("", step.SrcRange)
	}
	return shape{}, nil
}

func (s shape) attr(name string, at hcl.Range) (shape, *hcl.Diagnostic) {
	switch next := s.schema.Attrs[name]; {
	case next != nil:
		return shape{next, s.path + "." + name}, nil
	case s.schema.Elem != nil:
		return shape{}, problem(at, "No attributes", "What is below %s has names in brackets: write %s[%q].", s.path, s.path, name)
	case s.schema.Attrs == nil:
		return shape{}, problem(at, "No attributes", "%s is a value: nothing is below it.", s.path)
	}
	return shape{}, problem(at, "Unknown attribute", "%s has no attribute %q.%s", s.path, name, suggest(name, s.names()))
}

func (s shape) element(key string, at hcl.Range) (shape, *hcl.Diagnostic) {
	switch {
	case s.schema.Elem != nil:
		return shape{s.schema.Elem, s.path + "[…]"}, nil
	case s.schema.Type == "list":
		return shape{}, nil
	case s.schema.Attrs != nil && s.schema.Attrs[key] != nil:
		return shape{}, problem(at, "No elements", "The attributes of %s stand behind a dot: write %s.%s.", s.path, s.path, key)
	case s.schema.Attrs != nil:
		return shape{}, problem(at, "No elements", "%s has attributes, which stand behind a dot, and no elements in brackets.%s", s.path, suggest(key, s.names()))
	}
	return shape{}, problem(at, "No elements", "%s is a value: nothing is below it.", s.path)
}

func (s shape) names() []string {
	var names []string
	for name := range s.schema.Attrs {
		names = append(names, name)
	}
	return names
}

func problem(at hcl.Range, summary, detail string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(detail, args...), Subject: &at}
}

// elementOf returns the shape of the elements of s, whatever their keys.
func elementOf(s shape) shape {
	if s.schema == nil || s.schema.Elem == nil {
		return shape{}
	}
	return shape{s.schema.Elem, s.path + "[…]"}
}
