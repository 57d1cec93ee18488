package policies

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// outline is a block as it is written, less comments, layout and the order of what is in it. That of a whole policy has
// no kind.
type outline struct {
	kind       string
	labels     []string
	attributes map[string]expression
	blocks     []*outline
	at         hcl.Range // the header
}

// expression is the one of an attribute.
type expression struct {
	tokens string   // equal for expressions that differ in comments and layout only
	shown  string   // for people, on one line
	items  []string // of a list that is written out, the tokens of each item, sorted
	at     hcl.Range
	// operands are, by an operator, the tokens of what stands whole at the left of it: of a && b && c, which is (a && b) && c,
	// those of a && b and of a, without the brackets around them.
	operands map[*hclsyntax.Operation][]string
}

// outlineOf returns the outline of what stands in a file.
func outlineOf(text []byte, body *hclsyntax.Body) *outline {
	o := &outline{attributes: map[string]expression{}}
	for name, a := range body.Attributes {
		o.attributes[name] = expressionOf(text, a)
	}
	for _, b := range body.Blocks {
		inner := outlineOf(text, b.Body)
		inner.kind, inner.labels, inner.at = b.Type, b.Labels, b.DefRange()
		o.blocks = append(o.blocks, inner)
	}
	return o
}

// alike reports whether two expressions say the same: in a list that is written out, the order is nothing.
func (e expression) alike(other expression) bool {
	return e.tokens == other.tokens || len(e.items) > 0 && slices.Equal(e.items, other.items)
}

func expressionOf(text []byte, a *hclsyntax.Attribute) expression {
	at := a.Expr.Range()
	at.End = a.SrcRange.End
	e := expression{at: a.SrcRange}
	e.tokens, e.shown = compact(at.SliceBytes(text), at)
	if tuple, ok := a.Expr.(*hclsyntax.TupleConsExpr); ok {
		for _, item := range tuple.Exprs {
			tokens, _ := compact(item.Range().SliceBytes(text), item.Range())
			e.items = append(e.items, tokens)
		}
		slices.Sort(e.items)
	}
	if binary, ok := unbracketed(a.Expr).(*hclsyntax.BinaryOpExpr); ok {
		e.operands = map[*hclsyntax.Operation][]string{binary.Op: operands(text, binary)}
	}
	return e
}

// unbracketed returns an expression without brackets around it.
func unbracketed(expr hclsyntax.Expression) hclsyntax.Expression {
	for {
		inside, ok := expr.(*hclsyntax.ParenthesesExpr)
		if !ok {
			return expr
		}
		expr = inside.Expression
	}
}

// operands returns the tokens of all that stands whole at the left of an operation's operator. The syntax tree says where that
// ends: in a || b && c it is a, and not a || b.
func operands(text []byte, binary *hclsyntax.BinaryOpExpr) []string {
	var all []string
	for op := binary.Op; binary != nil && binary.Op == op; {
		left := unbracketed(binary.LHS)
		for _, expr := range []hclsyntax.Expression{binary.LHS, left} { // with brackets of its own, and without
			tokens, _ := compact(expr.Range().SliceBytes(text), expr.Range())
			all = append(all, tokens)
		}
		binary, _ = left.(*hclsyntax.BinaryOpExpr)
	}
	return all
}

// name is how a block is called in a sentence: promotion, environment "production".
func (o *outline) name() string {
	name := o.kind
	for _, label := range o.labels {
		name += fmt.Sprintf(" %q", label)
	}
	return name
}

// find returns the first block of a kind and labels, an empty one where there is none.
func (o *outline) find(kind string, labels ...string) *outline {
	for _, b := range o.blocks {
		if b.kind == kind && slices.Equal(b.labels, labels) {
			return b
		}
	}
	return &outline{kind: kind, labels: labels}
}

// missing reports whether find has not found the block.
func (o *outline) missing() bool { return o.at.Filename == "" }

// empty reports whether there is a block with nothing in it.
func (o *outline) empty() bool { return !o.missing() && len(o.attributes)+len(o.blocks) == 0 }

// of returns the blocks of a kind, in order.
func (o *outline) of(kind string) []*outline {
	return slices.DeleteFunc(slices.Clone(o.blocks), func(b *outline) bool { return b.kind != kind })
}

// text is equal for blocks that are written alike.
func (o *outline) text() string {
	var b strings.Builder
	b.WriteString(o.name())
	for _, name := range slices.Sorted(maps.Keys(o.attributes)) {
		if e := o.attributes[name]; len(e.items) > 0 {
			fmt.Fprintf(&b, "\n%s=%q", name, e.items)
		} else {
			fmt.Fprintf(&b, "\n%s=%q", name, e.tokens)
		}
	}
	var inner []string
	for _, block := range o.blocks {
		inner = append(inner, block.text())
	}
	slices.Sort(inner)
	fmt.Fprintf(&b, "\n%q", inner)
	return b.String()
}

// compact returns the tokens of an expression, in which comments and layout are lost, and the same for people.
func compact(src []byte, at hcl.Range) (tokens, shown string) {
	lexed, _ := hclsyntax.LexExpression(src, at.Filename, at.Start)
	var canonical, line strings.Builder
	var w layout
	for i, token := range lexed {
		kind, text := w.next(lexed[i:])
		if kind == hclsyntax.TokenEOF {
			break
		}
		if text == nil {
			continue
		}
		fmt.Fprintf(&canonical, "%c%q", rune(kind), text)
		if end := line.Len(); end > 0 && i > 0 && lexed[i-1].Range.End.Byte != token.Range.Start.Byte {
			line.WriteByte(' ')
		}
		line.Write(text)
	}
	return canonical.String(), strings.Join(strings.Fields(line.String()), " ")
}

// shownLength is how many characters of what a policy says are shown.
const shownLength = 120

// brief cuts a text that is long.
func brief(text string) string {
	characters := []rune(text)
	if len(characters) <= shownLength {
		return text
	}
	return strings.TrimSpace(string(characters[:shownLength])) + "…"
}

func quoted(text string) string { return brief(fmt.Sprintf("%q", text)) }

// layout tells what of an expression's tokens is layout. A line break separates the items of an object, as a comma does;
// anywhere else it is nothing. A comma before a closing bracket is nothing, too.
type layout struct {
	objects   []bool // for each open bracket, whether it is an object's
	separated bool   // nothing since the last separator, or since the bracket that opened
}

// next returns the kind and the text of the first token, nil where it is layout.
func (l *layout) next(tokens hclsyntax.Tokens) (hclsyntax.TokenType, []byte) {
	t := tokens[0]
	kind := t.Type
	if kind == hclsyntax.TokenComment && strings.HasSuffix(string(t.Bytes), "\n") {
		kind = hclsyntax.TokenNewline
	}
	switch kind {
	case hclsyntax.TokenComment:
		return kind, nil
	case hclsyntax.TokenNewline, hclsyntax.TokenComma:
		inObject := len(l.objects) > 0 && l.objects[len(l.objects)-1]
		if kind == hclsyntax.TokenNewline && !inObject || l.separated || closes(tokens[1:]) {
			return kind, nil
		}
		l.separated = true
		return hclsyntax.TokenComma, []byte(",")
	case hclsyntax.TokenOBrace:
		l.objects, l.separated = append(l.objects, !isFor(tokens[1:])), true
		return kind, t.Bytes
	case hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		l.objects = append(l.objects, false)
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
		l.objects = l.objects[:max(0, len(l.objects)-1)]
	}
	l.separated = false
	return kind, t.Bytes
}

// closes reports whether a bracket closes next.
func closes(tokens hclsyntax.Tokens) bool {
	t, ok := first(tokens, hclsyntax.TokenNewline, hclsyntax.TokenComment, hclsyntax.TokenComma)
	return ok && slices.Contains([]hclsyntax.TokenType{hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen}, t.Type)
}

// isFor reports whether what stands in braces is a "for".
func isFor(tokens hclsyntax.Tokens) bool {
	t, ok := first(tokens, hclsyntax.TokenNewline, hclsyntax.TokenComment)
	return ok && t.Type == hclsyntax.TokenIdent && string(t.Bytes) == "for"
}

// first returns the first token that is of none of some kinds.
func first(tokens hclsyntax.Tokens, but ...hclsyntax.TokenType) (hclsyntax.Token, bool) {
	for _, t := range tokens {
		if !slices.Contains(but, t.Type) {
			return t, true
		}
	}
	return hclsyntax.Token{}, false
}
