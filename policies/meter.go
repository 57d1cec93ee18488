package policies

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A policy may come from anybody who can open a pull request, and a few nested "for" could work for years. So each part
// of an expression is metered: steps are counted, and values that are too large are errors.
const (
	stepsToLoad    = 2_000_000  // all values of a policy, when it is loaded
	stepsOfRule    = 2_000_000  // a rule on a host
	stepsOfRules   = 50_000_000 // all rules of a policy on a host
	longestText    = 1 << 20
	mostElements   = 100_000
	largestNumber  = 10_000 // bits
	textPerStep    = 16     // characters
	elementPerStep = 4
	bitsPerStep    = 128 // of a number beyond the 512 that each may have

	// A value may hold another one twice, and that one a third: it takes no memory, and for ever to walk.
	mostParts    = 500_000 // of a value, with those of its elements
	partsPerStep = 8
	// Elements of a set that are no strings, numbers or booleans are sorted by all that is in them, at each look at it.
	mostInSet   = 500
	costInSet   = 16   // times its parts
	mostDigits  = 4000 // of a number as it is written: reading one takes the square of that
	mostToUnify = 64   // pairs of elements of two choices that a step finds a common type for
)

// meter counts the steps of an evaluation.
type meter struct {
	left     int
	over     string              // why it ended; empty while it goes on
	patterns map[string]*pattern // those that were compiled, by their text
}

// spend takes steps away. It reports false when there are none left.
func (m *meter) spend(steps int) bool {
	if m.over == "" && steps > m.left {
		m.over = "It takes too many steps to work out: go over less, or over each thing once, and not over all of them for each."
	}
	m.left -= min(steps, m.left)
	return m.over == ""
}

// weigh spends what a value costs. It reports false when that is too much.
func (m *meter) weigh(v cty.Value) bool { return m.weighAs(v, asItIs) }

// weighAs spends what a value costs that stands for something.
func (m *meter) weighAs(v cty.Value, as standing) bool {
	v, _ = v.Unmark()
	if !v.IsKnown() || v.IsNull() {
		return m.spend(1)
	}
	switch t := v.Type(); {
	case t == cty.String:
		n := len(v.AsString())
		if n > longestText {
			m.refuse("a text of more than %d characters", longestText)
		}
		if n > mostDigits && strings.Trim(v.AsString(), "0123456789.eE+-") == "" {
			m.refuse("a number of more than %d digits", mostDigits)
		}
		return m.spend(1 + n/textPerStep)
	case t == cty.Number:
		if hugeNumber(v) {
			m.refuse("a number of more than %d bits", largestNumber)
		}
		return m.spend(1 + max(0, int(v.AsBigFloat().Prec())-512)/bitsPerStep)
	case v.CanIterateElements():
		n := v.LengthInt()
		if n > mostElements {
			m.refuse("a list or map of more than %d elements", mostElements)
		}
		steps := 1 + n/elementPerStep
		if as != asItIs && m.over == "" {
			steps += m.parts(v) / partsPerStep
		}
		if as == intoSet && n > mostInSet && !ofPrimitives(v) {
			m.refuse("a set of more than %d lists or objects", mostInSet)
		}
		if as >= intoList && as != made && !v.Type().IsCollectionType() {
			steps += n * n / mostToUnify
		}
		return m.spend(steps)
	}
	return m.spend(1)
}

// ofPrimitives reports whether all elements are strings, numbers or booleans.
func ofPrimitives(v cty.Value) bool {
	t := v.Type()
	switch {
	case t.IsCollectionType():
		return t.ElementType().IsPrimitiveType()
	case t.IsTupleType():
		return !slices.ContainsFunc(t.TupleElementTypes(), func(t cty.Type) bool { return !t.IsPrimitiveType() })
	}
	return false
}

// parts counts what a value and its elements are made of.
func (m *meter) parts(v cty.Value) int {
	n := 1
	v, _ = v.Unmark()
	if !v.IsKnown() || v.IsNull() || !v.CanIterateElements() {
		return n
	}
	sorted := v.Type().IsSetType() && !ofPrimitives(v)
	for it := v.ElementIterator(); m.over == "" && it.Next(); {
		_, element := it.Element()
		if n += m.parts(element); n > mostParts {
			m.refuse("a value of more than %d parts, those of its elements counted", mostParts)
		}
	}
	if sorted {
		n *= costInSet
	}
	return n
}

func hugeNumber(v cty.Value) bool {
	exponent := v.AsBigFloat().MantExp(nil)
	return max(exponent, -exponent) > largestNumber
}

func (m *meter) refuse(format string, args ...any) {
	if m.over == "" {
		m.over = fmt.Sprintf("It makes "+format+".", args...)
	}
}

// problem is the diagnostic of a meter that has run out, nil for any other.
func (m *meter) problem(at hcl.Range) hcl.Diagnostics {
	if m.over == "" {
		return nil
	}
	return hcl.Diagnostics{problem(at, "Too much to work out", "%s", m.over)}
}

// inContext is the hidden variable that holds the meter: no expression can name it.
const inContext = "\x00meter"

var meterType = cty.Capsule("meter", reflect.TypeFor[meter]())

func (m *meter) value() cty.Value { return cty.CapsuleVal(meterType, m) }

func meterOf(ctx *hcl.EvalContext) *meter {
	for ; ctx != nil; ctx = ctx.Parent() {
		if v, ok := ctx.Variables[inContext]; ok {
			return v.EncapsulatedValue().(*meter)
		}
	}
	return nil
}

// standing is where in an expression a value stands: what is done with all of it costs more than a look.
type standing int

const (
	asItIs   standing = iota
	taken             // by a function: it looks at all parts
	intoList          // by a function of lists
	intoMap           // by a function of maps
	intoSet           // by a function of sets
	oneOfTwo          // behind "?": HCL looks for a type for both
	made              // of others
)

// metered is a part of an expression. Its value is weighed.
type metered struct {
	hclsyntax.Expression
	as standing
}

// Value evaluates the expression in a context that has a meter.
func (e metered) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	m := meterOf(ctx)
	if m == nil {
		return e.Expression.Value(ctx)
	}
	if !m.spend(1) {
		return cty.DynamicVal, m.problem(e.Range())
	}
	v, diags := e.Expression.Value(ctx)
	if m.over == "" && !diags.HasErrors() {
		switch e.as {
		case intoList, intoSet:
			v = uniform(v, cty.List(cty.DynamicPseudoType))
		case intoMap:
			v = uniform(v, cty.Map(cty.DynamicPseudoType))
		}
		m.weighAs(v, e.as)
	}
	if m.over != "" {
		return cty.DynamicVal, m.problem(e.Range())
	}
	return v, diags
}

// withMeter returns a copy of an expression of which every part is metered.
func withMeter(expr hclsyntax.Expression) hclsyntax.Expression {
	switch expr.(type) {
	case nil:
		return nil
	case metered, elementOnly:
		return expr
	}
	as := asItIs
	switch expr.(type) {
	case *hclsyntax.TupleConsExpr, *hclsyntax.ObjectConsExpr, *hclsyntax.ForExpr, *hclsyntax.SplatExpr, *hclsyntax.FunctionCallExpr:
		as = made
	}
	return metered{partsMetered(expr), as}
}

// argumentOf says what an argument of a function is made into.
func argumentOf(name string, i int) standing {
	switch name {
	case "tolist":
		return intoList
	case "toset":
		return intoSet
	case "tomap":
		return intoMap
	}
	f, ok := pure[name]
	if !ok {
		return taken
	}
	param := f.VarParam()
	if params := f.Params(); i < len(params) {
		param = &params[i]
	}
	switch {
	case param == nil:
	case param.Type.IsListType():
		return intoList
	case param.Type.IsSetType():
		return intoSet
	case param.Type.IsMapType():
		return intoMap
	}
	return taken
}

// uniform returns a tuple or an object whose elements are of one primitive type as the list or the map that it is to be:
// HCL, which looks for a type for them, compares each with each.
func uniform(v cty.Value, want cty.Type) cty.Value {
	plain, marks := v.Unmark()
	t := plain.Type()
	isTuple := t.IsTupleType() && (want.IsListType() || want.IsSetType())
	if isObject := t.IsObjectType() && want.IsMapType(); !isTuple && !isObject || !plain.IsKnown() || plain.IsNull() || plain.LengthInt() == 0 || !ofOne(plain) {
		return v
	}
	if isTuple {
		return cty.ListVal(plain.AsValueSlice()).WithMarks(marks)
	}
	return cty.MapVal(plain.AsValueMap()).WithMarks(marks)
}

// ofOne reports whether all elements of a tuple or an object are of one primitive type.
func ofOne(v cty.Value) bool {
	var one cty.Type
	for it := v.ElementIterator(); it.Next(); {
		_, element := it.Element()
		switch t := element.Type(); {
		case !t.IsPrimitiveType(), one != cty.NilType && t != one:
			return false
		default:
			one = t
		}
	}
	return true
}

// meteredAs is withMeter for what stands for something.
func meteredAs(as standing, expr hclsyntax.Expression) hclsyntax.Expression {
	e, ok := withMeter(expr).(metered)
	if !ok {
		return expr
	}
	e.as = as
	return e
}

// partsMetered returns a copy of an expression of which every part but the whole is metered.
func partsMetered(expr hclsyntax.Expression) hclsyntax.Expression {
	switch expr := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		e := *expr
		e.Expression = withMeter(e.Expression)
		return &e
	case *hclsyntax.RelativeTraversalExpr:
		e := *expr
		e.Source = withMeter(e.Source)
		return &e
	case *hclsyntax.FunctionCallExpr:
		e := *expr
		e.Args = make([]hclsyntax.Expression, len(expr.Args))
		for i, arg := range expr.Args {
			e.Args[i] = meteredAs(argumentOf(expr.Name, i), arg)
		}
		return &e
	case *hclsyntax.ConditionalExpr:
		e := *expr
		e.Condition, e.TrueResult, e.FalseResult = withMeter(e.Condition), meteredAs(oneOfTwo, e.TrueResult), meteredAs(oneOfTwo, e.FalseResult)
		return &e
	case *hclsyntax.IndexExpr:
		e := *expr
		e.Collection, e.Key = withMeter(e.Collection), withMeter(e.Key)
		if only, ok := e.Collection.(elementOnly); ok { // which evaluates the key too
			only.key = e.Key
			e.Collection = only
		}
		return &e
	case *hclsyntax.TupleConsExpr:
		e := *expr
		e.Exprs = allMetered(e.Exprs)
		return &e
	case *hclsyntax.ObjectConsExpr:
		e := *expr
		e.Items = make([]hclsyntax.ObjectConsItem, len(expr.Items))
		for i, item := range expr.Items {
			e.Items[i] = hclsyntax.ObjectConsItem{KeyExpr: keyMetered(item.KeyExpr), ValueExpr: withMeter(item.ValueExpr)}
		}
		return &e
	case *hclsyntax.ForExpr:
		e := *expr
		e.CollExpr, e.KeyExpr, e.ValExpr, e.CondExpr = withMeter(e.CollExpr), withMeter(e.KeyExpr), withMeter(e.ValExpr), withMeter(e.CondExpr)
		return &e
	case *hclsyntax.SplatExpr:
		e := *expr
		e.Source, e.Each = withMeter(e.Source), withMeter(e.Each)
		return &e
	case *hclsyntax.TemplateExpr:
		e := *expr
		e.Parts = allMetered(e.Parts)
		return &e
	case *hclsyntax.TemplateWrapExpr:
		e := *expr
		e.Wrapped = withMeter(e.Wrapped)
		return &e
	case *hclsyntax.TemplateJoinExpr:
		e := *expr
		e.Tuple = withMeter(e.Tuple)
		return &e
	case *hclsyntax.BinaryOpExpr:
		e := *expr
		e.LHS, e.RHS = withMeter(e.LHS), withMeter(e.RHS)
		return &e
	case *hclsyntax.UnaryOpExpr:
		e := *expr
		e.Val = withMeter(e.Val)
		return &e
	}
	return expr
}

func allMetered(exprs []hclsyntax.Expression) []hclsyntax.Expression {
	all := make([]hclsyntax.Expression, len(exprs))
	for i, expr := range exprs {
		all[i] = withMeter(expr)
	}
	return all
}

// keyMetered leaves a key as it is that is a word, and none of an expression.
func keyMetered(expr hclsyntax.Expression) hclsyntax.Expression {
	key, ok := expr.(*hclsyntax.ObjectConsKeyExpr)
	if !ok || !key.ForceNonLiteral {
		if _, isWord := key.Wrapped.(*hclsyntax.ScopeTraversalExpr); isWord || !ok {
			return expr
		}
	}
	e := *key
	e.Wrapped = withMeter(e.Wrapped)
	return &e
}
