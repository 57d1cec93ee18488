package policies

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/seed-313c021b/gate/drift"
)

// Compare is the compare block: what may differ, and what must.
type Compare struct {
	Defaults bool     // leave out what gate knows to differ between any two hosts; true unless the policy says otherwise
	Ignores  []Ignore // the policy's own, then the built-in ones where Defaults
	Differs  []Differ
	Range    hcl.Range
}

// Ignore is an ignore block: facts that are not compared.
type Ignore struct {
	Facts   []drift.Pattern
	Names   []string // of built-in defaults: names of files, "*" and how they end, which [LeftOut] tells
	Reason  string
	Builtin string // the group of built-in defaults that it is; empty for the policy's own
	Range   hcl.Range
}

// Differ is a differ block: a fact that must differ between environments.
type Differ struct {
	Fact   drift.Pattern
	Values map[string]drift.Value // by environment: the only value that is right there; where one has none, any that the other side has not
	Range  hcl.Range
}

// complete adds the built-in defaults.
func (c *Compare) complete() {
	if c.Defaults {
		c.Ignores = append(c.Ignores, Defaults()...)
	}
}

func (d *decoder) compare(b *hclsyntax.Block) Compare {
	c := Compare{Defaults: true, Range: b.DefRange()}
	d.block(b,
		attr("defaults", d.flag(&c.Defaults)),
		many("ignore", func(b *hclsyntax.Block) { c.Ignores = append(c.Ignores, d.ignore(b)) }),
		many("differ", func(b *hclsyntax.Block) { c.Differs = append(c.Differs, d.differ(b, c.Differs)) }),
	)
	return c
}

func (d *decoder) ignore(b *hclsyntax.Block) Ignore {
	i := Ignore{Range: b.DefRange()}
	d.block(b,
		required("facts", d.patterns(&i.Facts)),
		required("reason", d.text(&i.Reason)),
	)
	return i
}

func (d *decoder) differ(b *hclsyntax.Block, others []Differ) Differ {
	differ := Differ{Range: b.DefRange()}
	d.block(b,
		required("fact", func(a *hclsyntax.Attribute) {
			p, ok := d.pattern(a.Expr)
			if !ok {
				return
			}
			for _, other := range others {
				if other.Fact.Address() == p.Address() {
					d.error(a.Expr.Range(), "Duplicate differ", "There is already a differ for %s, at %s.", p.Address(), place(other.Range))
					break
				}
			}
			differ.Fact = p
		}),
		attr("values", d.valuesByEnvironment(&differ.Values)),
	)
	return differ
}

// valuesByEnvironment reads a map from environments to facts.
func (d *decoder) valuesByEnvironment(to *map[string]drift.Value) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		object, ok := a.Expr.(*hclsyntax.ObjectConsExpr)
		if !ok || len(object.Items) == 0 {
			d.error(a.Expr.Range(), "Wrong type", "%q says which value is right where, as in: { staging = \"DEBUG\", production = \"INFO\" }", a.Name)
			return
		}
		if !d.checkKeys(a.Expr) {
			return
		}
		values := map[string]drift.Value{}
		for _, pair := range object.Items {
			name := word{keyOfPair(pair), pair.KeyExpr.Range()}
			if v, ok := d.fact(pair.ValueExpr); ok && d.known(name, "environment", d.environments) {
				values[name.text] = v
			}
		}
		*to = values
	}
}
