package doctor

import (
	"path"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// words returns the words of a command, a "$" in the place of what is not known, and whether the arguments of the function stand
// there that are the call of gate which is asked about.
func (r *run) words(args []*syntax.Word) (words []string, forwarded bool) {
	for _, arg := range args {
		if isArguments(arg) {
			words = append(words, r.arguments...)
			forwarded = forwarded || r.forwards
			continue
		}
		text, _ := r.text(arg)
		words = append(words, text)
	}
	r.lost = r.lost || len(words) > maxWords
	if len(words) == 0 || r.lost {
		words = []string{":"}
	}
	return words, forwarded
}

// isArguments reports whether a word is "$@" or "$*".
func isArguments(word *syntax.Word) bool {
	parts := word.Parts
	if q, is := parts[0].(*syntax.DblQuoted); is && len(parts) == 1 {
		parts = q.Parts
	}
	if len(parts) != 1 {
		return false
	}
	p, is := parts[0].(*syntax.ParamExp)
	return is && p.Param != nil && (p.Param.Value == "@" || p.Param.Value == "*") && p.Exp == nil && p.Slice == nil
}

// text returns what a word comes to, and whether all of it is known; commands that are in it are run.
func (r *run) text(word *syntax.Word) (string, bool) {
	if word == nil {
		return "", true
	}
	var b strings.Builder
	known := true
	for _, part := range word.Parts {
		known = r.part(&b, part) && known
	}
	return b.String(), known
}

func (r *run) part(b *strings.Builder, part syntax.WordPart) bool {
	if b.Len() > maxText {
		b.WriteString("$")
		return false
	}
	switch p := part.(type) {
	case *syntax.Lit:
		b.WriteString(p.Value)
		return true
	case *syntax.SglQuoted:
		b.WriteString(p.Value)
		return true
	case *syntax.DblQuoted:
		known := true
		for _, inner := range p.Parts {
			known = r.part(b, inner) && known
		}
		return known
	case *syntax.ParamExp:
		if text, known := r.parameter(p); known && len(text) <= maxText {
			b.WriteString(text)
			return true
		}
		b.WriteString("$")
	case *syntax.CmdSubst:
		text, known := r.substitute(p.Stmts)
		b.WriteString(text)
		return known
	case *syntax.ProcSubst:
		r.apart(func() (int, control) { return r.list(p.Stmts, false) })
		b.WriteString("$")
	default:
		b.WriteString("$")
	}
	return false
}

// substitute runs commands for what they print. What that is is known of gate's verdict alone.
func (r *run) substitute(stmts []*syntax.Stmt) (string, bool) {
	r.substatus = r.apart(func() (int, control) {
		r.errexit = r.errexit && (r.posix || r.inherits)
		return r.list(stmts, false)
	})
	r.status = r.substatus
	if !r.failed {
		return "$", false
	}
	of := false
	for _, stmt := range stmts {
		syntax.Walk(stmt, func(n syntax.Node) bool {
			if w, is := n.(*syntax.Word); is {
				text := strings.Join(plain([]*syntax.Word{w}), "")
				of = of || text == ".outcome" || strings.HasSuffix(text, ".verdict.outcome")
			}
			return true
		})
	}
	if of {
		return r.verdict, true
	}
	return "$", false
}

// parameter returns the value of a variable, if it is known.
func (r *run) parameter(p *syntax.ParamExp) (string, bool) {
	if p.Param == nil || p.Excl || p.Length || p.Slice != nil || p.Repl != nil || p.Names != 0 {
		return "", false
	}
	name := p.Param.Value
	text, known := r.vars[name]
	switch {
	case name == "?":
		text, known = strconv.Itoa(r.status), true
	case name == "PIPESTATUS":
		n := 0
		if w, is := p.Index.(*syntax.Word); is {
			n, _ = strconv.Atoi(w.Lit())
		}
		if n < len(r.statuses) {
			text, known = strconv.Itoa(r.statuses[n]), true
		}
	case p.Index != nil:
		return "", false
	case len(name) == 1 && name[0] >= '1' && name[0] <= '9':
		if n := int(name[0] - '1'); n < len(r.arguments) {
			text = r.arguments[n]
			known = !strings.Contains(text, "$")
		}
	}
	if p.Exp == nil || !known {
		return text, known
	}
	switch p.Exp.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull, syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		if text != "" {
			return text, true
		}
	}
	return "", false
}

func (r *run) assign(a *syntax.Assign) {
	if a.Name == nil || a.Naked {
		return
	}
	text, known := r.text(a.Value)
	if a.Array != nil {
		for _, e := range a.Array.Elems {
			r.text(e.Value)
		}
	}
	if known && !a.Append && a.Index == nil && a.Array == nil {
		r.vars[a.Name.Value] = text
	} else {
		delete(r.vars, a.Name.Value)
	}
}

// testWords decides what test, or [, is asked, as far as it is simple.
func (r *run) testWords(words []string) value {
	if n := len(words); n > 0 && words[n-1] == "]" {
		words = words[:n-1]
	}
	switch {
	case len(words) > 1 && words[0] == "!":
		return r.testWords(words[1:]).not()
	case len(words) == 2:
		return unary(words[0], words[1])
	case len(words) == 3:
		return compared(words[1], words[0], words[2], false)
	}
	return unknown
}

func unary(operator, text string) value {
	switch {
	case strings.Contains(text, "$"):
	case operator == "-n":
		return truth(text != "")
	case operator == "-z":
		return truth(text == "")
	}
	return unknown
}

// compared compares two texts, of which neither is known with a "$" in it.
func compared(operator, a, b string, patterns bool) value {
	if strings.Contains(a+b, "$") {
		return unknown
	}
	equal := a == b
	if patterns {
		equal = like(b, a)
	}
	switch operator {
	case "=", "==":
		return truth(equal)
	case "!=":
		return truth(!equal)
	}
	x, err := strconv.Atoi(a)
	y, err2 := strconv.Atoi(b)
	if err != nil || err2 != nil {
		return unknown
	}
	switch operator {
	case "-eq":
		return truth(x == y)
	case "-ne":
		return truth(x != y)
	case "-gt", ">":
		return truth(x > y)
	case "-ge", ">=":
		return truth(x >= y)
	case "-lt", "<":
		return truth(x < y)
	case "-le", "<=":
		return truth(x <= y)
	}
	return unknown
}

// like reports whether a text fits a pattern of the shell.
func like(pattern, text string) bool {
	matched, err := path.Match(pattern, text)
	return err != nil || matched
}

// test decides what stands in [[ ]].
func (r *run) test(x syntax.TestExpr) value {
	switch x := x.(type) {
	case *syntax.ParenTest:
		return r.test(x.X)
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			return r.test(x.X).not()
		}
		if w, is := x.X.(*syntax.Word); is {
			text, _ := r.text(w)
			return unary(x.Op.String(), text)
		}
	case *syntax.BinaryTest:
		switch x.Op {
		case syntax.AndTest:
			return r.test(x.X).and(r.test(x.Y))
		case syntax.OrTest:
			return r.test(x.X).or(r.test(x.Y))
		}
		a, isA := x.X.(*syntax.Word)
		b, isB := x.Y.(*syntax.Word)
		if isA && isB {
			left, _ := r.text(a)
			right, _ := r.text(b)
			return compared(x.Op.String(), left, right, true)
		}
	case *syntax.Word:
		text, _ := r.text(x)
		return unary("-n", text)
	}
	return unknown
}

// arithmetic decides what stands in (( )).
func (r *run) arithmetic(x syntax.ArithmExpr) value {
	switch x := x.(type) {
	case *syntax.ParenArithm:
		return r.arithmetic(x.X)
	case *syntax.UnaryArithm:
		if x.Op == syntax.Not {
			return r.arithmetic(x.X).not()
		}
	case *syntax.BinaryArithm:
		switch x.Op {
		case syntax.AndArit:
			return r.arithmetic(x.X).and(r.arithmetic(x.Y))
		case syntax.OrArit:
			return r.arithmetic(x.X).or(r.arithmetic(x.Y))
		}
		a, isA := x.X.(*syntax.Word)
		b, isB := x.Y.(*syntax.Word)
		if isA && isB {
			operators := map[string]string{"==": "-eq", "!=": "-ne", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
			return compared(operators[x.Op.String()], r.number(a), r.number(b), false)
		}
	case *syntax.Word:
		return compared("-ne", r.number(x), "0", false)
	}
	return unknown
}

// number returns a number, or the value of the variable that a word names, a "$" where it is not known.
func (r *run) number(w *syntax.Word) string {
	text, _ := r.text(w)
	if _, err := strconv.Atoi(text); err == nil {
		return text
	}
	if held, known := r.vars[text]; known {
		return held
	}
	return "$"
}
