package policies

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// What a regular expression of a rule may be at most. A few characters of one may stand for very much: a repeat for a
// thousand copies, a class for all the ranges of Unicode; and while it is matched, each of its instructions holds the
// place of each group. With these, one takes 16 MiB at most.
const (
	longestPattern   = 4096 // bytes
	mostInstructions = 5000 // of what it is compiled to, with its repeats written out
	mostGroups       = 100
	mostFound        = 1_000_000 // texts that regexall finds, each group of each match being one
)

// pattern is a regular expression that has been compiled.
type pattern struct {
	*regexp.Regexp
	each   int      // steps that a character takes, times textPerStep
	result cty.Type // of a match: a string; a tuple or an object of the groups where there are any
}

// pattern compiles a regular expression, once in an evaluation. One that is too large is refused.
func (m *meter) pattern(text string) (*pattern, error) {
	if p := m.patterns[text]; p != nil {
		return p, nil
	}
	if len(text) > longestPattern {
		m.refuse("a regular expression of more than %d characters", longestPattern)
	}
	if !m.spend(costOfParsing(text)) {
		return nil, errors.New(m.over)
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, function.NewArgError(0, wrongPattern(err))
	}
	groups, instructions := tree.MaxCap(), instructionsOf(tree)
	switch {
	case groups > mostGroups:
		m.refuse("a regular expression of more than %d groups", mostGroups)
	case instructions > mostInstructions:
		m.refuse("a regular expression of more than %d instructions, with its repeats written out", mostInstructions)
	}
	if !m.spend(instructions) {
		return nil, errors.New(m.over)
	}
	compiled, err := regexp.Compile(text)
	if err != nil {
		return nil, function.NewArgError(0, wrongPattern(err))
	}
	p := &pattern{Regexp: compiled, each: 1 + instructions*(8+groups)/32}
	if p.result, err = typeOfMatch(compiled); err != nil {
		return nil, function.NewArgError(0, err)
	}
	if m.patterns == nil {
		m.patterns = map[string]*pattern{}
	}
	m.patterns[text] = p
	return p, nil
}

func wrongPattern(err error) error {
	if wrong, ok := errors.AsType[*syntax.Error](err); ok {
		return fmt.Errorf("invalid regexp pattern: %s in %s", wrong.Code, wrong.Expr)
	}
	return err
}

var (
	anyCase   = regexp.MustCompile(`\(\?[a-zA-Z]*i`)
	wideRange = regexp.MustCompile(`-[^\x00-\x5b\x5d-\x7f]`) // up to an escape, or beyond ASCII
)

// costOfParsing is in steps. A class of Unicode is a table to copy; without regard to case, each character of a range is
// looked up, and there may be a hundred thousand.
func costOfParsing(text string) int {
	cost := 1 + len(text)/textPerStep + 100*(strings.Count(text, `\p`)+strings.Count(text, `\P`))
	if anyCase.MatchString(text) {
		cost += 10_000 * len(wideRange.FindAllString(text, -1))
	}
	return cost
}

// instructionsOf is about how many instructions a regular expression is compiled to, and not fewer. The parser has seen
// to it that it is not deep, and that its repeats multiply to 1000 at most.
func instructionsOf(re *syntax.Regexp) int {
	n := 0
	for _, sub := range re.Sub {
		n += 1 + instructionsOf(sub)
	}
	switch re.Op {
	case syntax.OpLiteral:
		n = len(re.Rune)
	case syntax.OpRepeat:
		n *= max(1, re.Min, re.Max)
	}
	return 2 + n
}

// typeOfMatch is the type of what [regexp.Regexp] finds: all of it as a string where there are no groups, a tuple of the
// groups, or an object of them where they have names.
func typeOfMatch(re *regexp.Regexp) (cty.Type, error) {
	names := re.SubexpNames()[1:]
	attributes, elements := map[string]cty.Type{}, []cty.Type(nil)
	for _, name := range names {
		if name == "" {
			elements = append(elements, cty.String)
		} else {
			attributes[name] = cty.String
		}
	}
	switch {
	case len(names) == 0:
		return cty.String, nil
	case len(elements) == 0:
		return cty.Object(attributes), nil
	case len(attributes) == 0:
		return cty.Tuple(elements), nil
	}
	return cty.NilType, errors.New("invalid regexp pattern: cannot mix both named and unnamed capture groups")
}

// match returns what was found at places of a text: a pair for the whole, then one for each group.
func (p *pattern) match(text string, places []int) cty.Value {
	var found []cty.Value
	for pair := range slices.Chunk(places, 2) {
		if pair[0] < 0 {
			found = append(found, cty.NullVal(cty.String))
		} else {
			found = append(found, cty.StringVal(text[pair[0]:pair[1]]))
		}
	}
	switch {
	case len(found) == 1:
		return found[0]
	case p.result.IsTupleType():
		return cty.TupleVal(found[1:])
	}
	attributes := map[string]cty.Value{}
	for i, name := range p.SubexpNames()[1:] {
		attributes[name] = found[1+i]
	}
	return cty.ObjectVal(attributes)
}

// regexFunction is regex(pattern, string), as in HCL's standard library; with all, it is regexall.
func regexFunction(m *meter, all bool) function.Function {
	return function.New(&function.Spec{
		Params:       parameters("pattern", "string"),
		RefineResult: func(b *cty.RefinementBuilder) *cty.RefinementBuilder { return b.NotNull() },
		Type: func(args []cty.Value) (cty.Type, error) {
			t := cty.DynamicPseudoType
			if args[0].IsKnown() {
				p, err := m.pattern(args[0].AsString())
				if err != nil {
					return cty.NilType, err
				}
				t = p.result
			}
			if all {
				t = cty.List(t)
			}
			return t, nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			p, err := m.pattern(args[0].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			text := args[1].AsString()
			if !m.spend(1 + len(text)*p.each/textPerStep) {
				return cty.NilVal, errors.New(m.over)
			}
			if all {
				return p.all(m, text)
			}
			places := p.FindStringSubmatchIndex(text)
			if places == nil {
				return cty.NilVal, errors.New("pattern did not match any part of the given string")
			}
			return p.match(text, places), nil
		},
	})
}

// all returns all matches in a text that do not overlap.
func (p *pattern) all(m *meter, text string) (cty.Value, error) {
	most := min(mostElements, mostFound/(1+p.NumSubexp()))
	found := p.FindAllStringSubmatchIndex(text, most+1)
	if len(found) == 0 {
		return cty.ListValEmpty(p.result), nil
	}
	if len(found) > most {
		m.refuse("a list of more than %d matches", most)
		return cty.NilVal, errors.New(m.over)
	}
	elements := make([]cty.Value, len(found))
	for i, places := range found {
		elements[i] = p.match(text, places)
	}
	return cty.ListVal(elements), nil
}
