package policies

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// can(expression) says whether an expression can be evaluated: whether what it names is there. A value that is sealed is
// there; whether one that could not be read is there is unknown.
var can = lazy(cty.Bool, func(args []closure) (cty.Value, error) {
	v, diags := args[0].Value()
	if diags.HasErrors() {
		return cty.False, nil
	}
	if args[0].exists(v) {
		return cty.True, nil
	}
	_, marks := v.UnmarkDeep()
	return cty.UnknownVal(cty.Bool).WithMarks(marks), nil
})

// try(expression, …) is the first of several expressions that can be evaluated.
var try = lazy(cty.DynamicPseudoType, func(args []closure) (cty.Value, error) {
	var failures []string
	for _, arg := range args {
		v, diags := arg.Value()
		if diags.HasErrors() {
			failures = append(failures, diags.Errs()[0].Error())
			continue
		}
		if arg.exists(v) {
			return v, nil
		}
		_, marks := v.UnmarkDeep()
		return cty.DynamicVal.WithMarks(marks), nil
	}
	return cty.NilVal, fmt.Errorf("none of its expressions can be evaluated: %s", strings.Join(failures, "; "))
})

// checkCan stands for can while only types are known: what fails then always fails, so can would always be false.
func checkCan(found *hcl.Diagnostics) function.Function {
	return lazy(cty.Bool, func(args []closure) (cty.Value, error) {
		for _, arg := range args {
			_, diags := arg.Value()
			*found = append(*found, bare(diags)...)
		}
		return cty.UnknownVal(cty.Bool), nil
	})
}

// checkTry stands for try while only types are known.
func checkTry(found *hcl.Diagnostics) function.Function {
	return lazy(cty.DynamicPseudoType, func(args []closure) (cty.Value, error) {
		for _, arg := range args {
			_, diags := arg.Value()
			*found = append(*found, bare(diags)...)
		}
		return cty.DynamicVal, nil
	})
}

// closure is an argument that is not evaluated before the function is called.
type closure struct {
	*customdecode.ExpressionClosure
}

// lazy is a function of expressions: of one when its result is a boolean, else of one or more.
func lazy(result cty.Type, f func([]closure) (cty.Value, error)) function.Function {
	expression := function.Parameter{Name: "expression", Type: customdecode.ExpressionClosureType}
	call := func(args []cty.Value) (cty.Value, error) {
		if len(args) == 0 {
			return cty.NilVal, errors.New("needs at least one expression")
		}
		closures := make([]closure, len(args))
		for i, arg := range args {
			closures[i] = closure{customdecode.ExpressionClosureFromVal(arg)}
		}
		return f(closures)
	}
	spec := &function.Spec{
		Type: function.StaticReturnType(result),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return call(args) },
	}
	if result == cty.Bool {
		spec.Params = []function.Parameter{expression}
		return function.New(spec)
	}
	spec.VarParam = &expression
	spec.Type = func(args []cty.Value) (cty.Type, error) {
		v, err := call(args)
		if err != nil {
			return cty.NilType, err
		}
		return v.Type(), nil
	}
	return function.New(spec)
}

// exists reports whether the expression is certain to be evaluated, whatever its value, v, turns out to be. One that
// only names a fact is, where that is known or sealed; parts below it may be unknown. Any other is when v is known.
func (c closure) exists(v cty.Value) bool {
	if v.IsWhollyKnown() {
		return true
	}
	if !c.reference(c.Expression) {
		return false
	}
	v, marks := v.Unmark()
	return v.IsKnown() || isSealed(marks)
}

// reference reports whether an expression names a fact, all but the last step of which is known.
func (c closure) reference(expr hcl.Expression) bool {
	known := func(v cty.Value, diags hcl.Diagnostics) bool {
		v, _ = v.Unmark()
		return !diags.HasErrors() && v.IsKnown()
	}
	switch expr := expr.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		last := len(expr.Traversal) - 1
		return last > 0 && known(expr.Traversal[:last].TraverseAbs(c.EvalContext))
	case *hclsyntax.RelativeTraversalExpr:
		last := len(expr.Traversal) - 1
		v, diags := expr.Source.Value(c.EvalContext)
		return !diags.HasErrors() && known(expr.Traversal[:last].TraverseRel(v))
	case *hclsyntax.IndexExpr:
		return known(expr.Collection.Value(c.EvalContext)) && known(expr.Key.Value(c.EvalContext))
	case *hclsyntax.ParenthesesExpr:
		return c.reference(expr.Expression)
	case metered:
		return c.reference(expr.Expression)
	}
	return false
}
