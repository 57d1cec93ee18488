package policies

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
)

// Collect is a collect block: something to read from hosts.
type Collect struct {
	Query        collect.Query
	Roles        []string // empty for all
	Environments []string // empty for all
	Reveal       drift.Reveal
	Range        hcl.Range
}

// Selects reports whether the block is about the hosts of a role of an environment.
func (c *Collect) Selects(environment, role string) bool {
	return selects(c.Environments, environment) && selects(c.Roles, role)
}

var reveals = []string{string(drift.RevealNone), string(drift.RevealSafe), string(drift.RevealAll)}

// CollectArgs returns the attributes that every collect block may have, whatever its collector.
func CollectArgs() []collect.Arg {
	return []collect.Arg{
		{Name: "become", Type: cty.Bool, Doc: "Read as root, by sudo -n sh: the account needs sudo without a password."},
		{Name: "reveal", Type: cty.String, OneOf: reveals, Doc: `Which values may be shown: "safe" (what is plainly no secret; the default), "none" or "all".`},
		{Name: "roles", Type: cty.List(cty.String), Doc: "Only hosts of these roles."},
		{Name: "environments", Type: cty.List(cty.String), Doc: "Only hosts of these environments."},
	}
}

// collect reads a block for a collector: what that takes, and what all take. It returns nothing for a collector that
// there is not.
func (d *decoder) collect(b *hclsyntax.Block) []Collect {
	if len(b.Labels) == 0 {
		d.error(b.DefRange(), "Missing name", "A collect block names a collector: write collect \"deb\" { … }.%s", suggest("", d.collectorNames()))
		return nil
	}
	collector := d.collector(b.Labels[0])
	if collector == nil {
		d.error(b.LabelRanges[0], "Unknown collector", "There is no collector %q.%s", b.Labels[0], suggest(b.Labels[0], d.collectorNames()))
		return nil
	}
	c := Collect{Reveal: drift.RevealSafe, Range: b.DefRange()}
	c.Query = collect.Query{Collector: collector.Name, Args: map[string]cty.Value{}}
	named := d.secondLabel(b, collector, &c.Query)
	reveal := ""
	items := []item{
		attr("roles", d.roleNames(&c.Roles)),
		attr("environments", d.environmentNames(&c.Environments)),
		attr("become", d.flag(&c.Query.Become)),
		attr("reveal", d.oneOf(&reveal, reveals...)),
	}
	for _, arg := range collector.Args {
		items = append(items, item{name: arg.Name, required: arg.Required, attribute: d.argument(arg, c.Query.Args)})
	}
	before := len(d.diags)
	d.block(b, items...)
	d.checkSelection(b.DefRange(), c.Environments, c.Roles)
	if reveal != "" {
		c.Reveal = drift.Reveal(reveal)
	}
	if len(d.diags) == before && collector.Scopes != nil && len(collector.Scopes(c.Query)) == 0 {
		d.error(b.DefRange(), "Nothing to read", "The block does not say what to read: it takes %s.", argumentNames(collector))
	}
	if !named {
		return nil
	}
	return []Collect{c}
}

func argumentNames(c *collect.Collector) string {
	var names []string
	for _, arg := range c.Args {
		names = append(names, arg.Name)
	}
	return strings.Join(names, ", ")
}

// secondLabel reads the label after the collector's name, where the collector takes one.
func (d *decoder) secondLabel(b *hclsyntax.Block, c *collect.Collector, q *collect.Query) bool {
	switch {
	case !c.Labelled && len(b.Labels) > 1:
		d.error(b.LabelRanges[1], "Unexpected name", "collect %q takes no second name.", c.Name)
	case c.Labelled && len(b.Labels) < 2:
		d.error(b.DefRange(), "Missing name", "What is collected has a name: write collect %q \"NAME\" { … }", c.Name)
	case len(b.Labels) > 2:
		d.error(b.LabelRanges[2], "Unexpected name", "collect %q takes one more name.", c.Name)
	case c.Labelled && !validName(b.Labels[1]):
		d.error(b.LabelRanges[1], "Bad name", badName, b.Labels[1])
	case c.Labelled:
		q.Label = b.Labels[1]
		return true
	default:
		return true
	}
	return false
}

// argument reads an attribute that a collector takes.
func (d *decoder) argument(arg collect.Arg, args map[string]cty.Value) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		v, ok := d.value(a.Expr, arg.Type)
		if !ok || !d.checkKeys(a.Expr) {
			return
		}
		if len(arg.OneOf) > 0 && !d.known(word{v.AsString(), a.Expr.Range()}, arg.Name, arg.OneOf) {
			return
		}
		if t := v.Type(); t.IsCollectionType() && v.LengthInt() == 0 {
			d.error(a.Expr.Range(), "Empty list", "%q is empty, so it would select nothing: name at least one.", a.Name)
			return
		}
		before := len(d.diags)
		d.eachText(a.Expr, v, func(w word) { d.argumentText(arg, w) })
		if len(d.diags) == before {
			args[arg.Name] = v
		}
	}
}

// eachText calls read with the texts in the value of an expression, the keys of maps among them. Each has its own place
// where it is written out, and else that of the expression.
func (d *decoder) eachText(expr hclsyntax.Expression, v cty.Value, read func(word)) {
	switch t := v.Type(); {
	case t == cty.String:
		read(word{v.AsString(), expr.Range()})
	case t.IsListType():
		for i, item := range v.AsValueSlice() {
			at := expr
			if tuple, ok := expr.(*hclsyntax.TupleConsExpr); ok {
				at = tuple.Exprs[i]
			}
			d.eachText(at, item, read)
		}
	case t.IsMapType():
		for key, item := range v.Elements() {
			read(word{key.AsString(), keyRange(expr, key.AsString())})
			d.eachText(valueBehind(expr, key.AsString()), item, read)
		}
	}
}

// valueBehind returns the expression behind a key in a map, or the whole map where it is not written out.
func valueBehind(expr hclsyntax.Expression, key string) hclsyntax.Expression {
	if object, ok := expr.(*hclsyntax.ObjectConsExpr); ok {
		for _, pair := range object.Items {
			if keyOfPair(pair) == key {
				return pair.ValueExpr
			}
		}
	}
	return expr
}

func (d *decoder) argumentText(arg collect.Arg, w word) {
	if strings.TrimSpace(w.text) == "" {
		d.error(w.at, "Empty value", "There is an empty text in %q.", arg.Name)
		return
	}
	if !d.oneLine(w) || arg.Check == nil {
		return
	}
	err := checkChoices(w.text)
	if err == nil {
		err = arg.Check(w.text)
	}
	if err != nil {
		d.error(w.at, "Bad value", "%q cannot stand in %q: %s.", w.text, arg.Name, err)
	}
}

// checkCollects reports two blocks that read the same thing from the same hosts, and rules that need what none reads.
func (d *decoder) checkCollects(collects []Collect) {
	for i, c := range collects {
		for _, other := range collects[:i] {
			if c.Query.Collector == other.Query.Collector && c.Query.Label == other.Query.Label && d.readsOne(c) && overlap(c.Roles, other.Roles) && overlap(c.Environments, other.Environments) {
				d.error(c.Range, "Duplicate collect", "This is collected already, at %s. Put both into one, or give them other roles or environments.", place(other.Range))
				break
			}
		}
	}
	for _, r := range d.rules {
		if missing := d.uncollected(r); missing != "" && r.Use == "" {
			d.error(r.Range, "Nothing to read", "The rule %q looks at host.%s, and no block collects that: add a collect %q block.", r.Name, missing, missing)
		}
	}
}

// uncollected returns the name of a collector whose facts a rule uses and that no block asks for. Every host is asked
// for its operating system, since only like is compared with like.
func (d *decoder) uncollected(r *Rule) string {
	for _, c := range r.uses {
		if c.Name != "os" && len(d.source.collectBlocks(c.Name)) == 0 {
			return c.Name
		}
	}
	return ""
}

// readsOne reports whether a block asks for one thing that has a name: then two of them cannot be told apart.
func (d *decoder) readsOne(c Collect) bool {
	collector := d.collector(c.Query.Collector)
	return collector.Labelled || collector.Scopes == nil
}

func overlap(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
