package policies

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
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
		if step.Key.Type() == cty.String {
			return s.element(step.Key.AsString(), step.SrcRange)
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

// checker walks an expression and reports names that no host can have, wherever they stand: can and try would turn them
// into false, silently.
type checker struct {
	d      *decoder
	rule   *Rule
	scopes []map[string]shape // the innermost last
	fors   []*hclsyntax.ForExpr
	softly int // how many calls of can and try are around
}

// Enter is called for each node before its children.
func (c *checker) Enter(node hclsyntax.Node) hcl.Diagnostics {
	switch node := node.(type) {
	case *hclsyntax.ForExpr:
		c.fors = append(c.fors, node)
	case hclsyntax.ChildScope:
		c.scopes = append(c.scopes, c.locals(node))
	case *hclsyntax.FunctionCallExpr:
		if node.Name == "can" || node.Name == "try" {
			c.softly++
		}
		if _, ok := functions[node.Name]; !ok {
			return hcl.Diagnostics{problem(node.NameRange, "Unknown function", "There is no function %q.%s", node.Name, suggest(node.Name, functionNames()))}
		}
	case *hclsyntax.ScopeTraversalExpr:
		return c.traversal(node)
	case *hclsyntax.RelativeTraversalExpr:
		return c.below(c.of(node.Source), node.Traversal)
	case *hclsyntax.IndexExpr:
		return c.index(node)
	}
	return nil
}

// Exit is called for each node after its children.
func (c *checker) Exit(node hclsyntax.Node) hcl.Diagnostics {
	switch node := node.(type) {
	case *hclsyntax.ForExpr:
		c.fors = c.fors[:len(c.fors)-1]
	case hclsyntax.ChildScope:
		c.scopes = c.scopes[:len(c.scopes)-1]
	case *hclsyntax.FunctionCallExpr:
		if node.Name == "can" || node.Name == "try" {
			c.softly--
		}
	}
	return nil
}

// locals returns the shapes of the names that a scope adds: those of the "for" around it.
func (c *checker) locals(scope hclsyntax.ChildScope) map[string]shape {
	locals := map[string]shape{}
	for name := range scope.LocalNames {
		locals[name] = shape{}
	}
	if len(c.fors) > 0 {
		loop := c.fors[len(c.fors)-1]
		if _, ok := locals[loop.ValVar]; ok {
			locals[loop.ValVar] = elementOf(c.of(loop.CollExpr))
		}
	}
	return locals
}

func elementOf(s shape) shape {
	if s.schema == nil || s.schema.Elem == nil {
		return shape{}
	}
	return shape{s.schema.Elem, s.path + "[…]"}
}

// find returns the shape of a name, and whether there is such a name.
func (c *checker) find(name string) (shape, bool) {
	for _, scope := range slices.Backward(c.scopes) {
		if s, ok := scope[name]; ok {
			return s, true
		}
	}
	return shape{}, false
}

func (c *checker) local(name string) bool {
	for _, scope := range c.scopes[1:] {
		if _, ok := scope[name]; ok {
			return true
		}
	}
	return false
}

func (c *checker) traversal(node *hclsyntax.ScopeTraversalExpr) hcl.Diagnostics {
	name := node.Traversal.RootName()
	root, ok := c.find(name)
	if !ok {
		return hcl.Diagnostics{c.unknownName(name, node.Traversal[0].SourceRange())}
	}
	if c.local(name) {
		return c.below(root, node.Traversal[1:])
	}
	if diag := c.global(node.Traversal); diag != nil {
		return hcl.Diagnostics{diag}
	}
	_, diags := c.steps(root, node.Traversal[1:])
	return diags
}

// below checks the steps behind an expression that is not a global name.
func (c *checker) below(s shape, steps hcl.Traversal) hcl.Diagnostics {
	if len(steps) > 0 {
		if diag := c.whole(s, steps[0].SourceRange()); diag != nil {
			return hcl.Diagnostics{diag}
		}
	}
	_, diags := c.steps(s, steps)
	return diags
}

func (c *checker) unknownName(name string, at hcl.Range) *hcl.Diagnostic {
	if c.d.collector(name) != nil {
		return problem(at, "Unknown name", "In an expression facts stand behind host: write host.%s.", name)
	}
	if name == "each" {
		return problem(at, "Unknown name", "There is no \"each\" without for_each.")
	}
	var names []string
	for _, scope := range c.scopes {
		for name := range scope {
			names = append(names, name)
		}
	}
	return problem(at, "Unknown name", "There is no %q here.%s If it is text, put it into quotes.", name, suggest(name, names))
}

// global checks how host, each and vars are used: with a name behind them.
func (c *checker) global(t hcl.Traversal) *hcl.Diagnostic {
	name := t.RootName()
	if len(t) < 2 {
		return problem(t.SourceRange(), "Not a value", "%q stands with a name behind it, as in %s.", name, map[string]string{"host": "host.name", "each": "each.value", "vars": "vars.domain"}[name])
	}
	step, ok := t[1].(hcl.TraverseAttr)
	if !ok {
		return problem(t[1].SourceRange(), "Not a name", "Write the name behind a dot, as in %s.name.", name)
	}
	switch {
	case name == "vars":
		return c.variable(step)
	case name != "host" || len(t) < 3 || c.d.collector(step.Name) == nil:
		return nil
	}
	return c.key(t)
}

// key checks the element of a collector that a traversal asks for: the schema does not know these.
func (c *checker) key(t hcl.Traversal) *hcl.Diagnostic {
	index, ok := t[2].(hcl.TraverseIndex)
	if ok && index.Key.Type() == cty.String && slices.Contains([]rune(index.Key.AsString()), '*') {
		return problem(index.SrcRange, "Not a pattern", "In a rule, brackets hold one name, in which \"*\" is an ordinary character. To look at many, write: for_each = { for name, it in host.%s : name => it if glob(%q, name) }", t[1].(hcl.TraverseAttr).Name, index.Key.AsString())
	}
	return nil
}

// variable reports a variable that some environment of the rule does not have; inside can and try, one that none has.
func (c *checker) variable(step hcl.TraverseAttr) *hcl.Diagnostic {
	have := c.d.vars[step.Name]
	if len(have) == 0 {
		var names []string
		for name := range c.d.vars {
			names = append(names, name)
		}
		return problem(step.SrcRange, "Unknown variable", "No environment has %q in its vars.%s", step.Name, suggest(step.Name, names))
	}
	if c.softly > 0 {
		return nil
	}
	where := c.rule.Environments
	if len(where) == 0 {
		where = c.d.environments
	}
	for _, environment := range where {
		if !slices.Contains(have, environment) {
			return problem(step.SrcRange, "Unknown variable", "The environment %q has no %q in its vars, and this rule is evaluated there: add it, or write try(vars.%s, …).", environment, step.Name, step.Name)
		}
	}
	return nil
}

// steps follows a traversal to its end.
func (c *checker) steps(s shape, steps hcl.Traversal) (shape, hcl.Diagnostics) {
	for _, step := range steps {
		next, diag := s.step(step)
		if diag != nil {
			return shape{}, hcl.Diagnostics{diag}
		}
		s = next
	}
	return s, nil
}

// index checks brackets that hold more than a literal.
func (c *checker) index(node *hclsyntax.IndexExpr) hcl.Diagnostics {
	s := c.of(node.Collection)
	if diag := c.whole(s, node.BracketRange); diag != nil && collectorOf(node.Collection) == "" {
		return hcl.Diagnostics{diag}
	}
	if s.schema == nil || s.schema.Type == "any" {
		return nil
	}
	if _, diag := s.element("", node.BracketRange); diag != nil {
		return hcl.Diagnostics{diag}
	}
	return nil
}

// of returns the shape of an expression, without reporting anything.
func (c *checker) of(expr hclsyntax.Expression) shape {
	switch expr := expr.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		root, _ := c.find(expr.Traversal.RootName())
		s, _ := c.steps(root, expr.Traversal[1:])
		return s
	case *hclsyntax.RelativeTraversalExpr:
		s, _ := c.steps(c.of(expr.Source), expr.Traversal)
		return s
	case *hclsyntax.IndexExpr:
		return elementOf(c.of(expr.Collection))
	case *hclsyntax.ParenthesesExpr:
		return c.of(expr.Expression)
	case *hclsyntax.ConditionalExpr:
		return c.of(expr.TrueResult)
	case *hclsyntax.FunctionCallExpr:
		if expr.Name == "try" && len(expr.Args) > 0 {
			return c.of(expr.Args[0])
		}
	case *hclsyntax.ForExpr:
		return c.ofFor(expr)
	}
	return shape{}
}

// ofFor returns the shape of what a "for" makes: its elements are its values.
func (c *checker) ofFor(expr *hclsyntax.ForExpr) shape {
	c.scopes = append(c.scopes, map[string]shape{expr.KeyVar: {}, expr.ValVar: elementOf(c.of(expr.CollExpr))})
	value := c.of(expr.ValExpr)
	c.scopes = c.scopes[:len(c.scopes)-1]
	if value.schema == nil || expr.Group {
		return shape{}
	}
	return shape{&collect.Schema{Elem: value.schema}, "(for …)"}
}

// whole reports that brackets stand behind all of a collector's facts where these come from a name or parentheses: only
// behind host.NAME itself can it be told whether an element is absent or was not read.
func (c *checker) whole(s shape, at hcl.Range) *hcl.Diagnostic {
	for _, collector := range c.d.collectors {
		if s.schema == collector.Schema && s.schema.Elem != nil {
			return problem(at, "Not here", "Brackets stand directly behind host.%s, as in host.%s[…].", collector.Name, collector.Name)
		}
	}
	return nil
}
