package policies

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/seed-313c021b/gate/drift"
)

// Outcome is what a rule says of a host.
type Outcome string

const (
	// Passed: the rule holds.
	Passed Outcome = "passed"
	// Failed: it does not.
	Failed Outcome = "failed"
	// Undecided: it could not be told.
	Undecided Outcome = "undecided"
	// Skipped: its "when" is false.
	Skipped Outcome = "skipped"
	// Empty: its for_each is over nothing. When that is so on all hosts, nothing was checked.
	Empty Outcome = "empty"
)

// Result is what a rule says of a host, or of one element of its for_each.
type Result struct {
	Key     string // of the element: each.key; empty without for_each
	Outcome Outcome
	Message string    // of a failed rule its message, of an undecided one why
	Range   hcl.Range // the expression that decided, or could not
}

// Evaluate evaluates the rule on a host, and returns one result, or with for_each one for each element, in order. vars
// are those of the host's environment.
func (r *Rule) Evaluate(h *drift.Host, vars map[string]string, now time.Time) []Result {
	return r.evaluate(&meter{left: r.steps}, h, vars, now)
}

func (r *Rule) evaluate(m *meter, h *drift.Host, vars map[string]string, now time.Time) []Result {
	e := evaluation{rule: r, meter: m, functions: functionsOn(m, functionsFor(now, r.zone, nil)), host: r.hostValue(h), vars: varsValue(vars)}
	if r.forEach == nil {
		return []Result{e.result()}
	}
	elements, undecided := e.elements()
	switch {
	case undecided != nil:
		return []Result{*undecided}
	case len(elements) == 0:
		return []Result{{Outcome: Empty, Message: "for_each is over nothing", Range: r.forEach.Range()}}
	}
	var results []Result
	for _, element := range elements {
		if tooMuch := m.problem(r.forEach.Range()); tooMuch != nil {
			return append(results, *failure(r.forEach, tooMuch)) // once for all the others
		}
		e.each = cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(element.key), "value": element.value})
		result := e.result()
		result.Key = element.key
		results = append(results, result)
	}
	return results
}

// evaluation is one rule on one host, with what its expressions see.
type evaluation struct {
	rule             *Rule
	meter            *meter
	functions        map[string]function.Function
	host, vars, each cty.Value // each has no value without for_each
}

func (e *evaluation) context() *hcl.EvalContext {
	variables := map[string]cty.Value{"host": e.host, "vars": e.vars, inContext: e.meter.value()}
	if e.each != cty.NilVal {
		variables["each"] = e.each
	}
	return &hcl.EvalContext{Variables: variables, Functions: e.functions}
}

func (r *Rule) hostValue(h *drift.Host) cty.Value {
	from := &reading{h}
	attributes := map[string]cty.Value{
		itself:        cty.CapsuleVal(readingType, from),
		"name":        cty.StringVal(h.ID.Name),
		"role":        cty.StringVal(h.ID.Role),
		"environment": cty.StringVal(h.ID.Environment),
	}
	for _, c := range r.whole {
		attributes[c.Name] = from.all(c)
	}
	return cty.ObjectVal(attributes)
}

// unknownHost is a host of which nothing but the types of its facts is known.
func (d *decoder) unknownHost() cty.Value {
	from := &reading{}
	attributes := map[string]cty.Value{itself: cty.CapsuleVal(readingType, from)}
	for _, name := range []string{"name", "role", "environment"} {
		attributes[name] = cty.UnknownVal(cty.String)
	}
	for _, c := range d.collectors {
		attributes[c.Name] = from.all(c)
	}
	return cty.ObjectVal(attributes)
}

func varsValue(vars map[string]string) cty.Value {
	attributes := map[string]cty.Value{}
	for name, value := range vars {
		attributes[name] = cty.StringVal(value)
	}
	return cty.ObjectVal(attributes)
}

// result evaluates "when" and "assert".
func (e *evaluation) result() Result {
	if e.rule.when != nil {
		holds, undecided := e.decide(e.rule.when)
		if undecided != nil {
			return *undecided
		}
		if !holds {
			return Result{Outcome: Skipped, Range: e.rule.when.Range()}
		}
	}
	holds, undecided := e.decide(e.rule.assert)
	switch {
	case undecided != nil:
		return *undecided
	case holds:
		return Result{Outcome: Passed, Range: e.rule.assert.Range()}
	}
	return Result{Outcome: Failed, Message: e.message(), Range: e.rule.assert.Range()}
}

// value evaluates an expression. What took too much has no value, whatever can and try would make of that.
func (e *evaluation) value(expr hclsyntax.Expression) (cty.Value, hcl.Diagnostics) {
	v, diags := expr.Value(e.context())
	if tooMuch := e.meter.problem(expr.Range()); tooMuch != nil {
		return cty.DynamicVal, tooMuch
	}
	return v, diags
}

// decide evaluates a condition. What is neither true nor false is undecided.
func (e *evaluation) decide(expr hclsyntax.Expression) (holds bool, undecided *Result) {
	v, diags := e.value(expr)
	if diags.HasErrors() {
		return false, failure(expr, diags)
	}
	v, marks := v.Unmark()
	if v.IsKnown() && !v.IsNull() && v.Type() == cty.Bool {
		return v.True(), nil
	}
	switch {
	case !v.IsKnown():
		return false, &Result{Outcome: Undecided, Message: e.reasons(expr, marks), Range: expr.Range()}
	case v.IsNull():
		return false, &Result{Outcome: Undecided, Message: "the condition is null, neither true nor false", Range: expr.Range()}
	}
	return false, &Result{Outcome: Undecided, Message: "the condition must be true or false, and is " + typeName(v.Type()), Range: expr.Range()}
}

// failure is the result of an expression that cannot be evaluated, at the place in it where it went wrong.
func failure(expr hclsyntax.Expression, diags hcl.Diagnostics) *Result {
	for _, diag := range diags {
		if diag.Severity != hcl.DiagError {
			continue
		}
		at := expr.Range()
		if diag.Subject != nil {
			at = *diag.Subject
		}
		return &Result{Outcome: Undecided, Message: diag.Summary + ": " + diag.Detail, Range: at}
	}
	return &Result{Outcome: Undecided, Message: "the expression cannot be evaluated", Range: expr.Range()}
}

// reasons says in one line what could not be told. The marks of the value know; where HCL lost them on the way, the
// parts of the expression do.
func (e *evaluation) reasons(expr hclsyntax.Expression, marks cty.ValueMarks) string {
	if len(marks) == 0 {
		marks = cty.ValueMarks{}
		_ = hclsyntax.VisitAll(expr, func(node hclsyntax.Node) hcl.Diagnostics {
			if part, ok := node.(hclsyntax.Expression); ok {
				v, _ := part.Value(e.context())
				if v, more := v.Unmark(); !v.IsKnown() {
					maps.Copy(marks, more)
				}
			}
			return nil
		})
	}
	var lines []string
	for mark := range marks {
		if w, ok := mark.(why); ok {
			lines = append(lines, fmt.Sprintf("%s: %s", w.address, w.reason))
		}
	}
	if len(lines) == 0 {
		return "it depends on what could not be told"
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

// element is one element of a for_each.
type element struct {
	key   string
	value cty.Value
}

func (e *evaluation) elements() ([]element, *Result) {
	expr := e.rule.forEach
	v, diags := e.value(expr)
	if diags.HasErrors() {
		return nil, failure(expr, diags)
	}
	v, marks := v.Unmark()
	switch {
	case !v.IsKnown():
		return nil, &Result{Outcome: Undecided, Message: e.reasons(expr, marks), Range: expr.Range()}
	case v.IsNull() || !v.CanIterateElements():
		return nil, &Result{Outcome: Undecided, Message: "for_each goes over a map, an object, a list or a set, and this is " + kindOf(v), Range: expr.Range()}
	}
	var elements []element
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		elements = append(elements, element{keyOf(key, value), value})
	}
	return elements, nil
}

func kindOf(v cty.Value) string {
	if v.IsNull() {
		return "null"
	}
	return typeName(v.Type())
}

// keyOf is each.key: the key in a map or an object, the string in a list or a set of strings, else the number of the
// element.
func keyOf(key, value cty.Value) string {
	text, _ := value.UnmarkDeep()
	if key.Type() != cty.Number && key.Type() != cty.String || key.Type() == cty.Number && text.Type() == cty.String && text.IsKnown() && !text.IsNull() {
		key = text
	}
	if s, err := convert.Convert(key, cty.String); err == nil && s.IsKnown() && !s.IsNull() {
		return s.AsString()
	}
	return "?"
}

// message evaluates the message of a rule that failed. What is not known of it is named so: it must not hide the failure.
func (e *evaluation) message() string {
	parts := []hclsyntax.Expression{e.rule.message}
	if template, ok := e.rule.message.(*hclsyntax.TemplateExpr); ok {
		parts = template.Parts
	}
	var b strings.Builder
	for _, part := range parts {
		b.WriteString(e.part(part))
	}
	return strings.TrimSpace(b.String())
}

func (e *evaluation) part(expr hclsyntax.Expression) string {
	context := e.context()
	context.Functions = maps.Clone(e.functions)
	context.Functions["join"] = joinKnown
	v, diags := expr.Value(context)
	if diags.HasErrors() {
		return "(absent)"
	}
	v, marks := v.UnmarkDeep()
	s, err := convert.Convert(v, cty.String)
	switch {
	case !v.IsWhollyKnown():
		return untold(marks)
	case err != nil || s.IsNull():
		return "(no text)"
	}
	return s.AsString()
}

// untold is what a message says for a value that is not known.
func untold(marks cty.ValueMarks) string {
	if isSealed(marks) {
		return "(sealed)"
	}
	return "(unknown)"
}

// isSealed reports whether a value is unknown only because it may not be looked at.
func isSealed(marks cty.ValueMarks) bool {
	for mark := range marks {
		if w, ok := mark.(why); ok && !w.sealed {
			return false
		}
	}
	return len(marks) > 0
}
