package policies

import (
	"reflect"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
)

// itself is the hidden attribute of "host" that holds the host: no expression can name it.
const itself = "\x00"

var readingType = cty.Capsule("host", reflect.TypeFor[reading]())

func readingOf(host cty.Value) *reading {
	return host.GetAttr(itself).EncapsulatedValue().(*reading)
}

// elementStep stands in a traversal for two steps, .deb["openssl"]. An object that HCL could index has either an
// attribute or it has not; a host may also not be able to tell, which this step looks up.
type elementStep struct {
	hcl.TraverseIndex
	collector *collect.Collector
}

// TraversalStep returns the element of a host.
func (s elementStep) TraversalStep(host cty.Value) (cty.Value, hcl.Diagnostics) {
	return pick(host, s.collector, s.Key.AsString(), s.SrcRange)
}

// pick returns one element of a host, or says that there is none.
func pick(host cty.Value, c *collect.Collector, key string, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	if v, ok := readingOf(host).element(c, key); ok {
		return v, nil
	}
	a := drift.Address(c.Name).Key(key)
	return cty.DynamicVal, hcl.Diagnostics{problem(at, "Absent", "The host has no %s. Where that may be, ask can(…) first, or give try(…) another value.", a)}
}

// elementOnly is the collection in an index expression, host.service[each.key]: it holds the one element that is asked for.
type elementOnly struct {
	hclsyntax.Expression // host.NAME
	key                  hclsyntax.Expression
	collector            *collect.Collector
}

// Value returns an object that has the element.
func (e elementOnly) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	key, diags := e.key.Value(ctx)
	if key, _ := key.Unmark(); diags.HasErrors() || key.Type() != cty.String || key.IsNull() || !key.IsKnown() {
		return cty.DynamicVal, nil // the index expression evaluates the key too, and reports it
	}
	key, marks := key.Unmark()
	host, diags := hcl.Traversal{hcl.TraverseRoot{Name: "host"}}.TraverseAbs(ctx)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	v, diags := pick(host, e.collector, key.AsString(), e.key.Range())
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	return cty.ObjectVal(map[string]cty.Value{key.AsString(): v}).WithMarks(marks), nil
}

// collectorOf returns NAME when an expression is host.NAME, else "".
func collectorOf(expr hclsyntax.Expression) string {
	t, ok := expr.(*hclsyntax.ScopeTraversalExpr)
	if !ok || len(t.Traversal) != 2 || t.Traversal.RootName() != "host" {
		return ""
	}
	if step, ok := t.Traversal[1].(hcl.TraverseAttr); ok {
		return step.Name
	}
	return ""
}

// link makes the expressions of a rule ask the host for elements, and notes whose facts they use.
func (d *decoder) link(r *Rule, expr hclsyntax.Expression) {
	_ = hclsyntax.VisitAll(expr, func(node hclsyntax.Node) hcl.Diagnostics {
		switch node := node.(type) {
		case *hclsyntax.IndexExpr:
			if c := d.collector(collectorOf(node.Collection)); c != nil && c.Schema.Elem != nil {
				r.uses = include(r.uses, c)
				node.Collection = elementOnly{node.Collection, node.Key, c}
			}
		case *hclsyntax.ScopeTraversalExpr:
			d.linkTraversal(r, node)
		}
		return nil
	})
}

func (d *decoder) linkTraversal(r *Rule, node *hclsyntax.ScopeTraversalExpr) {
	t := node.Traversal
	if len(t) < 2 || t.RootName() != "host" {
		return
	}
	step, ok := t[1].(hcl.TraverseAttr)
	c := d.collector(step.Name)
	if !ok || c == nil {
		return
	}
	r.uses = include(r.uses, c)
	if len(t) > 2 && c.Schema.Elem != nil {
		if index, ok := t[2].(hcl.TraverseIndex); ok {
			node.Traversal = slices.Concat(t[:1], hcl.Traversal{elementStep{index, c}}, t[3:])
			return
		}
	}
	r.whole = include(r.whole, c)
}

func include(list []*collect.Collector, c *collect.Collector) []*collect.Collector {
	if slices.Contains(list, c) {
		return list
	}
	return append(list, c)
}
