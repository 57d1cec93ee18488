package policies

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/seed-313c021b/gate/drift"
)

// word is a string of a policy, with its place.
type word struct {
	text string
	at   hcl.Range
}

// value evaluates an expression in which nothing is known but functions, and converts the result.
func (d *decoder) value(expr hclsyntax.Expression, want cty.Type) (cty.Value, bool) {
	if used := expr.Variables(); len(used) > 0 {
		d.error(used[0].SourceRange(), "Not known here", "Only literal values and functions may be used here: host, each and vars are known in rules only. Write the value itself, or put it into quotes if it is text.")
		return cty.NilVal, false
	}
	v, diags := withMeter(expr).Value(&hcl.EvalContext{Variables: map[string]cty.Value{inContext: d.meter.value()}, Functions: d.functions})
	if tooMuch := d.meter.problem(expr.Range()); tooMuch != nil {
		diags = tooMuch
	}
	if diags.HasErrors() {
		d.diags = append(d.diags, bare(diags)...)
		return cty.NilVal, false
	}
	if want.IsListType() && v.Type() == cty.String {
		d.error(expr.Range(), "Wrong type", "This must be %s: put it into brackets.", typeName(want))
		return cty.NilVal, false
	}
	v = uniform(v, want)
	if want.IsCollectionType() && !d.meter.weighAs(v, oneOfTwo) {
		d.diags = append(d.diags, d.meter.problem(expr.Range())...)
		return cty.NilVal, false
	}
	v, err := convert.Convert(v, want)
	if err != nil {
		d.error(expr.Range(), "Wrong type", "This must be %s: %s.", typeName(want), err)
		return cty.NilVal, false
	}
	if !v.IsWhollyKnown() || containsNull(v) {
		d.error(expr.Range(), "No value", "Null is no value here: leave the attribute out, or write %s.", typeName(want))
		return cty.NilVal, false
	}
	return v, true
}

// bare returns diagnostics without the values of variables, which a printer would add to them.
func bare(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, diag := range diags {
		diag.Expression, diag.EvalContext = nil, nil
	}
	return diags
}

func containsNull(v cty.Value) bool {
	found := false
	_ = cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) {
		found = found || v.IsNull()
		return !v.IsNull(), nil
	})
	return found
}

func typeName(t cty.Type) string {
	switch {
	case t == cty.String:
		return "a string"
	case t == cty.Bool:
		return "true or false"
	case t == cty.Number:
		return "a number"
	case t.IsListType() && t.ElementType() == cty.String, t.IsSetType() && t.ElementType() == cty.String:
		return `a list of strings, as in ["a", "b"]`
	case t.IsMapType() && t.ElementType() == cty.String:
		return `a map of strings, as in { name = "value" }`
	}
	return "a " + t.FriendlyName()
}

// text reads a string that is not empty.
func (d *decoder) text(to *string) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		if w, ok := d.word(a); ok {
			*to = w.text
		}
	}
}

func (d *decoder) word(a *hclsyntax.Attribute) (word, bool) {
	v, ok := d.value(a.Expr, cty.String)
	if !ok {
		return word{}, false
	}
	if strings.TrimSpace(v.AsString()) == "" {
		d.error(a.Expr.Range(), "Empty value", "%q is empty: leave it out, or give it a value.", a.Name)
		return word{}, false
	}
	return word{v.AsString(), a.Expr.Range()}, true
}

// oneOf reads a string that is one of a few words.
func (d *decoder) oneOf(to *string, words ...string) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		w, ok := d.word(a)
		if ok && d.known(w, a.Name, words) {
			*to = w.text
		}
	}
}

// known reports a word that is none of those which there are.
func (d *decoder) known(w word, what string, words []string) bool {
	for _, candidate := range words {
		if candidate == w.text {
			return true
		}
	}
	d.error(w.at, "Unknown "+what, "There is no %s %q.%s", what, w.text, suggest(w.text, words))
	return false
}

func (d *decoder) flag(to *bool) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		if v, ok := d.value(a.Expr, cty.Bool); ok {
			*to = v.True()
		}
	}
}

// number reads a whole number that is not below a least one.
func (d *decoder) number(to *int, least int) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		v, ok := d.value(a.Expr, cty.Number)
		if !ok {
			return
		}
		n, accuracy := v.AsBigFloat().Int64()
		if accuracy != 0 || n < int64(least) || n > 1<<31-1 {
			d.error(a.Expr.Range(), "Bad number", "%q must be a whole number, and at least %d.", a.Name, least)
			return
		}
		*to = int(n)
	}
}

// strings reads a list of strings of which none is empty or there twice. An empty list is a mistake: it would select
// nothing.
func (d *decoder) strings(to *[]string) func(*hclsyntax.Attribute) {
	return d.names(to, "", nil)
}

// names reads a list of strings of which each must be one of a few; with no kind, any will do.
func (d *decoder) names(to *[]string, kind string, words []string) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		list := d.list(a.Expr)
		if list != nil && len(list) == 0 {
			d.error(a.Expr.Range(), "Empty list", "%q is empty, so it would select nothing: name at least one.", a.Name)
		}
		seen := map[string]bool{}
		for _, w := range list {
			switch {
			case strings.TrimSpace(w.text) == "":
				d.error(w.at, "Empty value", "An item of %q is empty.", a.Name)
			case seen[w.text]:
				d.error(w.at, "Duplicate value", "%q stands in %q twice.", w.text, a.Name)
			case kind == "" || d.known(w, kind, words):
				*to = append(*to, w.text)
			}
			seen[w.text] = true
		}
	}
}

// list evaluates a list of strings, each with its own place where the list is written out. Nil means that it could not.
func (d *decoder) list(expr hclsyntax.Expression) []word {
	words := []word{}
	if tuple, ok := expr.(*hclsyntax.TupleConsExpr); ok {
		for _, item := range tuple.Exprs {
			v, ok := d.value(item, cty.String)
			if !ok {
				return nil
			}
			words = append(words, word{v.AsString(), item.Range()})
		}
		return words
	}
	v, ok := d.value(expr, cty.List(cty.String))
	if !ok {
		return nil
	}
	for _, item := range v.AsValueSlice() {
		words = append(words, word{item.AsString(), expr.Range()})
	}
	return words
}

// texts reads a map of strings.
func (d *decoder) texts(a *hclsyntax.Attribute) map[string]string {
	v, ok := d.value(a.Expr, cty.Map(cty.String))
	if !ok || !d.checkKeys(a.Expr) {
		return nil
	}
	texts := map[string]string{}
	for key, item := range v.AsValueMap() {
		texts[key] = item.AsString()
	}
	return texts
}

// checkKeys reports a key that stands twice in a map that is written out, of which HCL would drop one in silence.
func (d *decoder) checkKeys(expr hclsyntax.Expression) bool {
	object, ok := expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return true
	}
	seen := map[string]bool{}
	good := true
	for _, pair := range object.Items {
		key := keyOfPair(pair)
		if seen[key] && key != "" {
			d.error(pair.KeyExpr.Range(), "Duplicate key", "%q stands here twice.", key)
			good = false
		}
		seen[key] = true
	}
	return good
}

// keyOfPair returns the key of a pair in a map that is written out, "" for none that is a string, or that is worked out.
func keyOfPair(pair hclsyntax.ObjectConsItem) string {
	if worksOut(pair.KeyExpr) {
		return ""
	}
	key, diags := pair.KeyExpr.Value(nil)
	if diags.HasErrors() || key.IsNull() || !key.IsKnown() || key.Type() != cty.String {
		return ""
	}
	return key.AsString()
}

// worksOut reports whether an expression calls a function or goes over something.
func worksOut(expr hclsyntax.Expression) bool {
	found := false
	_ = hclsyntax.VisitAll(expr, func(node hclsyntax.Node) hcl.Diagnostics {
		switch node.(type) {
		case *hclsyntax.FunctionCallExpr, *hclsyntax.ForExpr, *hclsyntax.SplatExpr:
			found = true
		}
		return nil
	})
	return found
}

// keyRange returns the place of a key in a map, or that of the whole map where it is not written out.
func keyRange(expr hclsyntax.Expression, key string) hcl.Range {
	if object, ok := expr.(*hclsyntax.ObjectConsExpr); ok {
		for _, pair := range object.Items {
			if keyOfPair(pair) == key {
				return pair.KeyExpr.Range()
			}
		}
	}
	return expr.Range()
}

// fact reads a value as hosts have it: a string, a number, a boolean, null, a list of these, absent, sealed("…") with the
// digest that a report shows for a value that it does not, or present("…") with that of all that is in a section.
func (d *decoder) fact(expr hclsyntax.Expression) (drift.Value, bool) {
	if hcl.ExprAsKeyword(expr) == "absent" {
		return drift.Value{}, true
	}
	if literal, ok := expr.(*hclsyntax.LiteralValueExpr); ok && literal.Val.IsNull() {
		return drift.Null(), true
	}
	if call, ok := expr.(*hclsyntax.FunctionCallExpr); ok && (call.Name == "sealed" || call.Name == "present") {
		digest, ok := d.digest(call)
		if call.Name == "present" {
			return drift.Present(digest), ok
		}
		return drift.Value{Kind: drift.Sealed, Raw: digest}, ok
	}
	v, ok := d.value(expr, cty.DynamicPseudoType)
	if !ok {
		return drift.Value{}, false
	}
	value, ok := factOf(v)
	if !ok {
		d.error(expr.Range(), "Wrong type", "A fact is a string, a number, true or false, or a list of these; absent stands for one that is not there.")
	}
	return value, ok
}

// digest reads what is between the brackets of sealed("…") and present("…").
func (d *decoder) digest(call *hclsyntax.FunctionCallExpr) (string, bool) {
	if len(call.Args) != 1 {
		d.error(call.Range(), "Bad digest", "%s takes one digest, as a report shows it: %s(\"1f3a…\").", call.Name, call.Name)
		return "", false
	}
	v, ok := d.value(call.Args[0], cty.String)
	if !ok {
		return "", false
	}
	if len(v.AsString()) < 8 || strings.Trim(v.AsString(), "0123456789abcdef") != "" {
		d.error(call.Args[0].Range(), "Bad digest", "A digest has eight or more of the characters 0-9 and a-f: copy it from a report.")
		return "", false
	}
	return v.AsString(), true
}

func factOf(v cty.Value) (drift.Value, bool) {
	t := v.Type()
	switch {
	case t == cty.String:
		return drift.String(v.AsString()), true
	case t == cty.Bool:
		return drift.Bool(v.True()), true
	case t == cty.Number:
		return drift.Number(v.AsBigFloat().Text('f', -1)), true
	case t.Equals(cty.EmptyObject):
		return drift.Value{Kind: drift.Known, Text: "{}"}, true
	case !t.IsTupleType() && !t.IsListType():
		return drift.Value{}, false
	}
	var items []drift.Value
	for _, item := range v.AsValueSlice() {
		f, ok := factOf(item)
		if !ok {
			return drift.Value{}, false
		}
		items = append(items, f)
	}
	return drift.List(items...), true
}
