package policies

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift/collect"
)

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
		return c.names(node)
	case hclsyntax.ChildScope:
		c.scopes = append(c.scopes, c.locals(node))
	case *hclsyntax.FunctionCallExpr:
		if node.Name == "can" || node.Name == "try" {
			c.softly++
		}
		if _, ok := functions[node.Name]; !ok {
			return hcl.Diagnostics{problem(node.NameRange, "Unknown function", "There is no function %q.%s", node.Name, suggest(node.Name, functionNames()))}
		}
		return c.lookup(node)
	case *hclsyntax.ScopeTraversalExpr:
		return c.traversal(node)
	case *hclsyntax.RelativeTraversalExpr:
		return c.below(c.of(node.Source), node.Traversal)
	case *hclsyntax.IndexExpr:
		return c.index(node)
	case *hclsyntax.SplatExpr:
		return c.splat(node)
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

// lookup reports a call of lookup on all of a collector's facts: what was not read would be taken for absent.
func (c *checker) lookup(node *hclsyntax.FunctionCallExpr) hcl.Diagnostics {
	if node.Name != "lookup" || len(node.Args) == 0 || c.whole(c.of(node.Args[0]), node.NameRange) == nil {
		return nil
	}
	s := c.of(node.Args[0])
	return hcl.Diagnostics{problem(node.NameRange, "Not here", "lookup would take what was not read for absent: write try(%s[…], …).", s.path)}
}

// names reports a "for" that gives a name another meaning.
func (c *checker) names(node *hclsyntax.ForExpr) hcl.Diagnostics {
	for _, name := range []string{node.KeyVar, node.ValVar} {
		if slices.Contains([]string{"host", "each", "vars"}, name) {
			return hcl.Diagnostics{problem(node.OpenRange, "Name in use", "%q means something already: give what this goes over another name, as in [for name, it in … : …].", name)}
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

// splat reports a splat of what has names: HCL takes it for a list of one.
func (c *checker) splat(node *hclsyntax.SplatExpr) hcl.Diagnostics {
	s := c.of(node.Source)
	if s.schema == nil || s.schema.Elem == nil && s.schema.Attrs == nil {
		return nil
	}
	return hcl.Diagnostics{problem(node.MarkerRange, "Not a list", "%s is not a list: to look at all of it, write [for name, it in %s : …].", s.path, s.path)}
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
