package policies

import (
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
)

// Enforcement says what a finding does.
type Enforcement string

const (
	// Advisory findings are told, and stop nothing.
	Advisory Enforcement = "advisory"
	// Soft findings block, and can be overridden in the open. It is the default.
	Soft Enforcement = "soft"
	// Hard findings block, and can be neither overridden nor waived.
	Hard Enforcement = "hard"
)

var enforcements = []string{string(Advisory), string(Soft), string(Hard)}

// Rule is a rule block: something that must hold on each host that it selects. See [Rule.Evaluate].
type Rule struct {
	Name         string
	Enforcement  Enforcement
	Roles        []string // empty for all
	Environments []string // empty for all
	AllowEmpty   bool     // for_each may be over nothing on all hosts
	Use          string   // the rule set that it is from; empty for the policy's own
	// Facts are what the rule's failure says already: where it fails on a host and blocks, a difference of that host in them
	// belongs to the rule's finding, and is none of its own. Of a rule with for_each, those below the key that it fails for.
	Facts []drift.Pattern
	Range hcl.Range

	forEach, when, assert, message hclsyntax.Expression // nil where there is none; their parts are metered
	steps                          int                  // that it may take on a host

	names []Name // that its "when" compares a host with
	zone  *time.Location
	uses  []*collect.Collector // whose facts the expressions use
	whole []*collect.Collector // of these, those that are used as a whole, and not by their elements only
}

// Selects reports whether the rule is about the hosts of a role of an environment.
func (r *Rule) Selects(environment, role string) bool {
	return selects(r.Environments, environment) && selects(r.Roles, role)
}

// ForEach reports whether the rule is evaluated once for each element of something, which may be nothing.
func (r *Rule) ForEach() bool { return r.forEach != nil }

func selects(names []string, name string) bool {
	return len(names) == 0 || slices.Contains(names, name)
}

func (d *decoder) rule(b *hclsyntax.Block) *Rule {
	r := &Rule{Name: b.Labels[0], Enforcement: Soft, Range: b.DefRange(), zone: d.zone}
	expression := func(to *hclsyntax.Expression) func(*hclsyntax.Attribute) {
		return func(a *hclsyntax.Attribute) { *to = a.Expr }
	}
	d.block(b,
		attr("roles", d.roleNames(&r.Roles)),
		attr("environments", d.environmentNames(&r.Environments)),
		attr("for_each", expression(&r.forEach)),
		attr("allow_empty", d.flag(&r.AllowEmpty)),
		attr("when", expression(&r.when)),
		required("assert", expression(&r.assert)),
		required("message", expression(&r.message)),
		attr("enforcement", d.enforcement(&r.Enforcement)),
		attr("facts", d.patterns(&r.Facts)),
	)
	if a := b.Body.Attributes["allow_empty"]; a != nil && r.forEach == nil {
		d.error(a.SrcRange, "allow_empty without for_each", "Only for_each can be over nothing: leave \"allow_empty\" out.")
	}
	d.checkSelection(b.DefRange(), r.Environments, r.Roles)
	d.prepare(r)
	return r
}

func (d *decoder) enforcement(to *Enforcement) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		text := ""
		d.oneOf(&text, enforcements...)(a)
		if text != "" {
			*to = Enforcement(text)
		}
	}
}

// prepare checks a rule's expressions and makes them ready to be evaluated: first the names in them, then, where these
// are right, their types, by evaluating them on a host of which nothing is known.
func (d *decoder) prepare(r *Rule) {
	c := &checker{d: d, rule: r, scopes: []map[string]shape{{"host": d.hostShape(), "vars": {}}}}
	before := len(d.diags)
	if r.forEach != nil {
		d.check(c, r.forEach)
		value := elementOf(c.of(r.forEach))
		if value.schema == nil {
			value.schema = anything
		}
		c.scopes[0]["each"] = shape{&collect.Schema{Attrs: map[string]*collect.Schema{"key": {Type: "string"}, "value": value.schema}}, "each"}
	}
	for _, expr := range []hclsyntax.Expression{r.when, r.assert, r.message} {
		if expr != nil {
			d.check(c, expr)
		}
	}
	if len(d.diags) > before {
		return
	}
	r.names = namesIn(r.when)
	for _, expr := range []hclsyntax.Expression{r.forEach, r.when, r.assert, r.message} {
		if expr != nil {
			d.link(r, expr)
		}
	}
	r.forEach, r.when, r.assert = withMeter(r.forEach), withMeter(r.when), withMeter(r.assert)
	if r.message != nil {
		r.message = partsMetered(r.message) // its parts stand for themselves: see evaluation.message
	}
	d.checkTypes(r)
}

func (d *decoder) check(c *checker, expr hclsyntax.Expression) {
	d.diags = append(d.diags, hclsyntax.Walk(expr, c)...)
}

var anything = &collect.Schema{Type: "any"}

// hostShape is the shape of "host": its own names, and the facts of all collectors.
func (d *decoder) hostShape() shape {
	s := &collect.Schema{Attrs: map[string]*collect.Schema{
		"name": {Type: "string"}, "role": {Type: "string"}, "environment": {Type: "string"},
	}}
	for _, c := range d.collectors {
		s.Attrs[c.Name] = c.Schema
	}
	return shape{s, "host"}
}

// checkTypes evaluates the rule where nothing but types is known: what fails now fails on every host.
func (d *decoder) checkTypes(r *Rule) {
	e := evaluation{rule: r, meter: d.meter, functions: functionsOn(d.meter, functionsFor(time.Unix(0, 0), d.zone, &d.diags)), host: d.unknownHost(), vars: cty.DynamicVal}
	if r.forEach != nil {
		v := d.trial(r.forEach, &e, cty.DynamicPseudoType)
		e.each = cty.ObjectVal(map[string]cty.Value{"key": cty.UnknownVal(cty.String), "value": elementType(v)})
		if t := v.Type(); t != cty.DynamicPseudoType && !t.IsCollectionType() && !t.IsObjectType() && !t.IsTupleType() {
			d.error(r.forEach.Range(), "Wrong type", "for_each goes over a map, an object, a list or a set, and this is %s.", typeName(t))
		}
	}
	d.trial(r.when, &e, cty.Bool)
	d.trial(r.assert, &e, cty.Bool)
	d.trial(r.message, &e, cty.String)
}

// trial evaluates an expression of which nothing but types is known; nil is one that the rule does not have.
func (d *decoder) trial(expr hclsyntax.Expression, e *evaluation, want cty.Type) cty.Value {
	if expr == nil {
		return cty.DynamicVal
	}
	v, diags := e.value(expr)
	if diags.HasErrors() {
		d.diags = append(d.diags, bare(diags)...)
		return cty.DynamicVal
	}
	v, _ = v.Unmark()
	if problem := mismatch(v, want); problem != "" {
		d.error(expr.Range(), "Wrong type", "This must be %s, and is %s.", typeName(want), problem)
	}
	return v
}

// mismatch says what a value is when it cannot be of a type.
func mismatch(v cty.Value, want cty.Type) string {
	switch {
	case v.IsNull():
		return "null"
	case want == cty.DynamicPseudoType || v.Type() == cty.DynamicPseudoType || v.Type() == want:
		return ""
	case want == cty.String && v.Type().IsPrimitiveType():
		return ""
	}
	return typeName(v.Type())
}

// elementType returns an unknown value of the type of a collection's elements.
func elementType(collection cty.Value) cty.Value {
	if t := collection.Type(); t.IsCollectionType() {
		return cty.UnknownVal(t.ElementType())
	}
	return cty.DynamicVal
}
