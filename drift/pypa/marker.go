package pypa

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Marker is a condition on the environment that a requirement is for (PEP 508, "Environment Markers").
type Marker struct {
	// A comparison has an operator and two operands; "and" and "or" have parts.
	operator    string
	left, right operand
	parts       []*Marker
	size        int // how many comparisons its parts have
}

// operand is a variable or a literal.
type operand struct {
	text     string
	variable bool
}

// maxMarkerDepth bounds parentheses in parentheses.
const maxMarkerDepth = 50

// maxMarker bounds the comparisons of a marker.
const maxMarker = 1000

// Size returns how many comparisons a marker has.
func (m *Marker) Size() int {
	if m == nil {
		return 0
	}
	if m.parts == nil {
		return 1
	}
	return m.size
}

// variables are the names that a marker may use, and what they are now called where they have an old name.
var variables = map[string]string{
	"python_version": "python_version", "python_full_version": "python_full_version",
	"os_name": "os_name", "os.name": "os_name",
	"sys_platform": "sys_platform", "sys.platform": "sys_platform",
	"platform_release": "platform_release", "platform_system": "platform_system",
	"platform_version": "platform_version", "platform.version": "platform_version",
	"platform_machine": "platform_machine", "platform.machine": "platform_machine",
	"platform_python_implementation": "platform_python_implementation",
	"platform.python_implementation": "platform_python_implementation",
	"python_implementation":          "platform_python_implementation",
	"implementation_name":            "implementation_name", "implementation_version": "implementation_version",
	"extra": "extra",
}

// ParseMarker reads a marker. Backslashes in its strings, which PEP 508 does not allow, are an error.
func ParseMarker(s string) (*Marker, error) {
	p := &parser{text: strings.TrimSuffix(s, "\n")}
	m, err := p.marker()
	if err == nil && p.rest() != "" {
		err = p.expected(`"and", "or" or the end`)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// marker reads "a and b or c and d".
func (p *parser) marker() (*Marker, error) {
	alternatives := &Marker{operator: "or"}
	all := &Marker{operator: "and"}
	for {
		atom, err := p.markerAtom()
		if err != nil {
			return nil, err
		}
		all.add(atom)
		switch {
		case p.word("and"):
			continue
		case p.word("or"):
			alternatives.add(all.simplify())
			all = &Marker{operator: "and"}
			continue
		}
		alternatives.add(all.simplify())
		return alternatives.simplify(), nil
	}
}

func (m *Marker) add(part *Marker) {
	m.parts = append(m.parts, part)
	m.size += part.Size()
}

func (m *Marker) simplify() *Marker {
	if len(m.parts) == 1 {
		return m.parts[0]
	}
	return m
}

func (p *parser) markerAtom() (*Marker, error) {
	p.space()
	if !p.take("(") {
		return p.comparison()
	}
	if p.depth++; p.depth > maxMarkerDepth {
		return nil, p.expected("fewer parentheses")
	}
	m, err := p.marker()
	if err != nil {
		return nil, err
	}
	if !p.take(")") {
		return nil, p.expected(`"and", "or" or ")"`)
	}
	p.depth--
	p.space()
	return m, nil
}

func (p *parser) comparison() (*Marker, error) {
	if p.comparisons++; p.comparisons > maxMarker {
		return nil, p.expected(fmt.Sprintf("no more than %d comparisons", maxMarker))
	}
	m := &Marker{}
	var err error
	if m.left, err = p.operand(); err != nil {
		return nil, err
	}
	p.space()
	if m.operator, err = p.operator(); err != nil {
		return nil, err
	}
	p.space()
	if m.right, err = p.operand(); err != nil {
		return nil, err
	}
	p.space()
	m.normalizeExtra()
	return m, nil
}

// normalizeExtra normalises a name that is compared with "extra" (PEP 685).
func (m *Marker) normalizeExtra() {
	extra := operand{text: "extra", variable: true}
	if m.left == extra && !m.right.variable {
		m.right.text = NormalizeName(m.right.text)
	}
	if m.right == extra && !m.left.variable {
		m.left.text = NormalizeName(m.left.text)
	}
}

func (p *parser) operator() (string, error) {
	for _, op := range []string{"===", "==", "~=", "!=", "<=", ">=", "<", ">"} {
		if p.take(op) {
			return op, nil
		}
	}
	if p.word("in") {
		return "in", nil
	}
	if p.word("not") && p.space() && p.word("in") {
		return "not in", nil
	}
	return "", p.expected("an operator (<=, <, !=, ==, >=, >, ~=, ===, in, not in)")
}

func (p *parser) operand() (operand, error) {
	if p.take(`"`) {
		return p.literal('"')
	}
	if p.take(`'`) {
		return p.literal('\'')
	}
	end := strings.IndexFunc(p.rest(), func(r rune) bool { return r != '.' && !isWordRune(r) })
	if end < 0 {
		end = len(p.rest())
	}
	name, known := variables[p.rest()[:end]]
	if !known {
		return operand{}, p.expected("a marker variable or a quoted string")
	}
	p.at += end
	return operand{text: name, variable: true}, nil
}

func (p *parser) literal(quote byte) (operand, error) {
	text, _, closed := strings.Cut(p.rest(), string(quote))
	if !closed || strings.ContainsFunc(text, func(r rune) bool { return r == '\\' || r != '\t' && unicode.IsControl(r) }) {
		return operand{}, p.expected("a string on one line, without backslash, and its closing quote")
	}
	p.at += len(text) + 1
	return operand{text: text}, nil
}

// word takes a word that is not part of a longer one.
func (p *parser) word(word string) bool {
	rest, ok := strings.CutPrefix(p.rest(), word)
	next, _ := utf8.DecodeRuneInString(rest)
	last, _ := utf8.DecodeLastRuneInString(p.text[:p.at])
	if !ok || rest != "" && isWordRune(next) || p.at > 0 && isWordRune(last) {
		return false
	}
	p.at += len(word)
	return true
}

func isWordRune(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// String returns the marker in normal form.
func (m *Marker) String() string {
	if m.parts == nil {
		return m.left.String() + " " + m.operator + " " + m.right.String()
	}
	texts := make([]string, len(m.parts))
	for i, part := range m.parts {
		texts[i] = part.String()
		if part.parts != nil && (part.operator == "or" || m.operator == "and") {
			texts[i] = "(" + texts[i] + ")"
		}
	}
	return strings.Join(texts, " "+m.operator+" ")
}

func (o operand) String() string {
	switch {
	case o.variable:
		return o.text
	case strings.Contains(o.text, `"`):
		return "'" + o.text + "'"
	}
	return `"` + o.text + `"`
}

func normalizeExtras(extras []string) []string {
	names := make([]string, len(extras))
	for i, extra := range extras {
		names[i] = NormalizeName(extra)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
