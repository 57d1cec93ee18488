package policies

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
)

// patterns reads a list of addresses.
func (d *decoder) patterns(to *[]drift.Pattern) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		tuple, ok := a.Expr.(*hclsyntax.TupleConsExpr)
		if !ok {
			d.error(a.Expr.Range(), "Wrong type", "%q is a list of addresses, as in: [deb[\"openssl\"].version]", a.Name)
			return
		}
		if len(tuple.Exprs) == 0 {
			d.error(a.Expr.Range(), "Empty list", "%q is empty, so it would select nothing: name at least one.", a.Name)
		}
		patterns := []drift.Pattern{}
		for _, item := range tuple.Exprs {
			if p, ok := d.pattern(item); ok {
				patterns = append(patterns, p)
			}
		}
		*to = patterns
	}
}

// pattern reads an address, in which "*" inside brackets matches any characters (see drift.Pattern), and checks it against the schema of its
// collector.
func (d *decoder) pattern(expr hclsyntax.Expression) (drift.Pattern, bool) {
	traversal, ok := expr.(*hclsyntax.ScopeTraversalExpr)
	if !ok {
		d.error(expr.Range(), "Bad address", addressHint(expr))
		return drift.Pattern{}, false
	}
	root := traversal.Traversal.RootName()
	if root == "host" {
		d.error(expr.Range(), "Bad address", "Addresses begin with the name of a collector: leave out \"host.\".")
		return drift.Pattern{}, false
	}
	c := d.collector(root)
	if c == nil {
		d.error(traversal.Traversal[0].SourceRange(), "Unknown collector", "There is no collector %q.%s", root, suggest(root, d.collectorNames()))
		return drift.Pattern{}, false
	}
	at := shape{schema: c.Schema, path: root}
	for _, step := range traversal.Traversal[1:] {
		next, diag := at.step(step)
		if diag != nil {
			d.diags = append(d.diags, diag)
			return drift.Pattern{}, false
		}
		at = next
		if index, ok := step.(hcl.TraverseIndex); ok && index.Key.Type() != cty.String {
			d.error(index.SrcRange, "Bad address", "What stands in brackets is text: put it into quotes.")
			return drift.Pattern{}, false
		}
	}
	return drift.NewPattern(addressOf(traversal.Traversal)), true
}

// addressOf returns the address that a traversal is.
func addressOf(t hcl.Traversal) drift.Address {
	a := drift.Address(t.RootName())
	for _, step := range t[1:] {
		switch step := step.(type) {
		case hcl.TraverseAttr:
			a = a.Attr(step.Name)
		case hcl.TraverseIndex:
			a = a.Key(step.Key.AsString())
		}
	}
	return a
}

// addressHint says how to write an address that was written otherwise.
func addressHint(expr hclsyntax.Expression) string {
	const form = "An address is written like this: deb[\"openssl\"].version"
	switch expr := expr.(type) {
	case *hclsyntax.TemplateExpr:
		if expr.IsStringLiteral() {
			v, _ := expr.Value(nil)
			if a, err := drift.ParseAddress(v.AsString()); err == nil {
				return fmt.Sprintf("An address stands without quotes around it: %s", a)
			}
		}
		return "An address stands without quotes around it. " + form
	case *hclsyntax.SplatExpr:
		return "In an address \"*\" stands in quotes, as in: deb[\"*\"]. It matches any characters; \"\\\\*\" is a \"*\" itself."
	case *hclsyntax.IndexExpr:
		if key := hcl.ExprAsKeyword(expr.Key); key != "" {
			return fmt.Sprintf("What stands in brackets is text: write [%q].", key)
		}
		return "What stands in brackets is text in quotes, without ${…}. " + form
	case *hclsyntax.RelativeTraversalExpr:
		return "What stands in brackets is text in quotes, without ${…}. " + form
	}
	return "This is not an address. " + form
}

// isValue reports whether an address is that of one fact, and not of a tree of them.
func (d *decoder) isValue(a drift.Address) bool {
	steps := a.Steps()
	schema := d.collector(steps[0].Text).Schema
	for _, step := range steps[1:] {
		switch {
		case schema.Type != "":
			return true
		case step.IsKey:
			schema = schema.Elem
		default:
			schema = schema.Attrs[step.Text]
		}
	}
	return schema.Type != ""
}
