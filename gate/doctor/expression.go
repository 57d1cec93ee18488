package doctor

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Expressions of GitHub are decided as far as a world tells what is in them: the result is a value that is known, or not.
// What cannot be parsed is not known. See https://docs.github.com/actions/reference/workflows-and-actions/expressions.

// value is what an expression comes to.
type value struct {
	known  bool
	text   string
	truthy bool
	kind   kind
}

type kind int

const (
	aText kind = iota
	aNumber
	aBoolean
	aNull
)

var (
	unknown = value{}
	yes     = value{true, "true", true, aBoolean}
	no      = value{true, "false", false, aBoolean}
)

func textValue(s string) value { return value{known: true, text: s, truthy: s != ""} }

func truth(b bool) value {
	if b {
		return yes
	}
	return no
}

// maybe reports whether a value is true, or may be.
func (v value) maybe() bool { return !v.known || v.truthy }

// surely reports whether a value is true, and known to be.
func (v value) surely() bool { return v.known && v.truthy }

func (v value) not() value {
	if !v.known {
		return unknown
	}
	return truth(!v.truthy)
}

// world is what is known when an expression is decided.
type world struct {
	facts                       map[string]value // by path, as "needs.gate.result"
	success, failure, cancelled value
	results                     []value // needs.*.result
}

// runs decides an "if" of a job or a step, nil for none: without a function that asks for the status, success() is part of it.
func (w world) runs(c *condition) value {
	switch {
	case c == nil:
		return w.success
	case c.asks:
		return c.decide(w)
	}
	return w.success.and(c.decide(w))
}

func (v value) and(u value) value {
	switch {
	case v.known && !v.truthy:
		return v
	case v.known:
		return u
	case u.known && !u.truthy:
		return u
	}
	return unknown
}

func (v value) or(u value) value {
	switch {
	case v.known && v.truthy:
		return v
	case v.known:
		return u
	case u.known && u.truthy:
		return u
	}
	return unknown
}

// expression is a condition that can be decided.
type expression struct {
	decide func(world) value
	asks   bool     // it has success(), always(), failure() or cancelled()
	paths  []string // of contexts that it names, in small letters
}

// parseCondition reads an "if", whose "${{ }}" may be left out. Text around them makes a string of it, which is true.
func parseCondition(s string) expression {
	s = strings.TrimSpace(s)
	inner, ok := strings.CutPrefix(s, "${{")
	if !ok && !strings.Contains(s, "${{") {
		return parseExpression(s)
	}
	if end := strings.Index(inner, "}}"); ok && end >= 0 && strings.TrimSpace(inner[end+2:]) == "" {
		return parseExpression(inner[:end])
	}
	e := expression{decide: func(world) value { return textValue(s) }}
	for _, part := range expressionsIn(s) {
		p := parseExpression(part)
		e.asks, e.paths = e.asks || p.asks, append(e.paths, p.paths...)
	}
	return e
}

// expressionsIn returns what stands in "${{ }}" in a text.
func expressionsIn(s string) []string {
	var parts []string
	for {
		_, after, found := strings.Cut(s, "${{")
		if !found {
			return parts
		}
		part, rest, closed := strings.Cut(after, "}}")
		if !closed {
			return parts
		}
		parts, s = append(parts, part), rest
	}
}

func parseExpression(s string) expression {
	p := &parser{tokens: scan(s)}
	decide := p.or()
	if p.bad || p.at < len(p.tokens) {
		decide = func(world) value { return unknown }
	}
	return expression{decide, p.asks, p.paths}
}

// token is one of an expression.
type token struct {
	kind rune // 'n' for a name or number, 's' for a string, 'x' for what is none, or the operator: '&', '|', '!', '=', '≠', '<', and ()[],.*
	text string
}

func scan(s string) []token {
	var tokens []token
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeft(s, " \t\r\n") {
		t, n := next(s)
		tokens, s = append(tokens, t), s[n:]
	}
	return tokens
}

var operators = []struct {
	text string
	kind rune
}{{"&&", '&'}, {"||", '|'}, {"==", '='}, {"!=", '≠'}, {"<=", '<'}, {">=", '<'}, {"<", '<'}, {">", '<'}, {"!", '!'},
	{"(", '('}, {")", ')'}, {"[", '['}, {"]", ']'}, {",", ','}, {".", '.'}, {"*", '*'}}

// next returns the first token, and how many bytes it has.
func next(s string) (token, int) {
	for _, o := range operators {
		if strings.HasPrefix(s, o.text) {
			return token{o.kind, o.text}, len(o.text)
		}
	}
	if s[0] == '\'' {
		var b strings.Builder
		for i := 1; i < len(s); i++ {
			switch {
			case s[i] != '\'':
				b.WriteByte(s[i])
			case i+1 < len(s) && s[i+1] == '\'':
				b.WriteByte('\'')
				i++
			default:
				return token{'s', b.String()}, i + 1
			}
		}
		return token{'x', ""}, len(s)
	}
	n := strings.IndexFunc(s, func(r rune) bool {
		return !(r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	})
	switch n {
	case -1:
		return token{'n', s}, len(s)
	case 0:
		return token{'x', ""}, len(s)
	}
	return token{'n', s[:n]}, n
}

// parser reads tokens, from the weakest operator to the strongest. A parser that has gone wrong is bad, and what it returns means
// nothing.
type parser struct {
	tokens []token
	at     int
	depth  int
	bad    bool
	asks   bool
	paths  []string
}

type decider = func(world) value

func (p *parser) take(kind rune) bool {
	if p.at < len(p.tokens) && p.tokens[p.at].kind == kind {
		p.at++
		return true
	}
	return false
}

func (p *parser) or() decider {
	if p.depth++; p.depth > maxDepth {
		p.bad = true
		return nil
	}
	defer func() { p.depth-- }()
	left := p.and()
	for p.take('|') {
		a, b := left, p.and()
		left = func(w world) value { return a(w).or(b(w)) }
		if p.bad {
			return nil
		}
	}
	return left
}

func (p *parser) and() decider {
	left := p.equal()
	for p.take('&') {
		a, b := left, p.equal()
		left = func(w world) value { return a(w).and(b(w)) }
		if p.bad {
			return nil
		}
	}
	return left
}

func (p *parser) equal() decider {
	left := p.unary()
	for !p.bad {
		a := left
		switch {
		case p.take('='):
			b := p.unary()
			left = func(w world) value { return a(w).equals(b(w)) }
		case p.take('≠'):
			b := p.unary()
			left = func(w world) value { return a(w).equals(b(w)).not() }
		case p.take('<'):
			p.unary()
			left = func(world) value { return unknown }
		default:
			return left
		}
	}
	return nil
}

// equals compares as GitHub does: texts without regard to case, and what is of different kinds as numbers, of which a text with
// anything else in it is none. So a text is never equal to true, and one that is empty is equal to 0 and to false.
func (v value) equals(u value) value {
	switch {
	case !v.known || !u.known:
		return unknown
	case v.kind == u.kind && v.kind != aNumber:
		return truth(strings.EqualFold(v.text, u.text))
	}
	return truth(v.number() == u.number()) // NaN is equal to nothing
}

func (v value) number() float64 {
	text := strings.TrimSpace(v.text)
	switch {
	case v.kind == aBoolean && v.truthy:
		return 1
	case v.kind == aBoolean, v.kind == aNull, text == "":
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return n
}

func (p *parser) unary() decider {
	negations := 0
	for p.take('!') {
		negations++
	}
	operand := p.operand()
	if negations%2 == 0 {
		return operand
	}
	return func(w world) value { return operand(w).not() }
}

func (p *parser) operand() decider {
	switch {
	case p.bad:
		return nil
	case p.take('('):
		inner := p.or()
		p.bad = p.bad || !p.take(')')
		return inner
	case p.take('s'):
		v := textValue(p.tokens[p.at-1].text)
		return func(world) value { return v }
	case !p.take('n'):
		p.bad = true
		return nil
	}
	name := strings.ToLower(p.tokens[p.at-1].text)
	switch {
	case p.take('('):
		return p.call(name)
	case name == "true", name == "false":
		return func(world) value { return truth(name == "true") }
	case name == "null":
		return func(world) value { return value{known: true, kind: aNull} }
	case name[0] >= '0' && name[0] <= '9', name[0] == '-':
		return func(world) value { return value{true, name, name != "0" && name != "-0", aNumber} }
	}
	return p.path(name)
}

// path reads the rest of a context's, as .gate.result or ['gate'].result.
func (p *parser) path(path string) decider {
	for !p.bad {
		switch {
		case p.take('.'):
			if !p.take('n') && !p.take('*') {
				p.bad = true
				return nil
			}
			path += "." + strings.ToLower(p.tokens[p.at-1].text)
		case p.take('['):
			if p.take('s') {
				path += "." + strings.ToLower(p.tokens[p.at-1].text)
			} else if p.take('*') {
				path += ".*"
			} else {
				p.or()
				path += ".?"
			}
			p.bad = p.bad || !p.take(']')
		default:
			p.paths = append(p.paths, path)
			return func(w world) value { return w.facts[path] }
		}
	}
	return nil
}

// call reads the arguments of a function.
func (p *parser) call(name string) decider {
	var arguments []decider
	var first string
	for !p.bad && !p.take(')') {
		if len(arguments) > 0 && !p.take(',') {
			p.bad = true
		}
		before := len(p.paths)
		arguments = append(arguments, p.or())
		if len(arguments) == 1 && len(p.paths) == before+1 {
			first = p.paths[before]
		}
	}
	if p.bad {
		return nil
	}
	switch name {
	case "success", "always", "failure", "cancelled":
		p.asks = true
		return func(w world) value {
			return map[string]value{"success": w.success, "always": yes, "failure": w.failure, "cancelled": w.cancelled}[name]
		}
	case "contains":
		if first == "needs.*.result" && len(arguments) == 2 {
			return func(w world) value { return w.has(arguments[1](w)) }
		}
	}
	return func(world) value { return unknown }
}

// has reports whether a job that is needed has a result.
func (w world) has(result value) value {
	equal := func(v value) bool { return v.equals(result).surely() }
	if slices.ContainsFunc(w.results, equal) {
		return yes
	}
	if !result.known || slices.ContainsFunc(w.results, func(v value) bool { return !v.known }) {
		return unknown
	}
	return no
}
