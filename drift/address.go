package drift

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Address names a fact, as an HCL traversal in canonical form: deb["openssl"].version. The first name is the
// collector's, the first key is the scope: one file, one virtual environment, one unit. In a pattern, "*" inside
// brackets matches any characters.
type Address string

// Key returns the address of an element of a: a["key"].
func (a Address) Key(key string) Address {
	return a + `["` + Address(escape(key)) + `"]`
}

// Attr returns the address of an attribute of a: a.name.
func (a Address) Attr(name string) Address {
	return a + "." + Address(name)
}

// Step is one part of an address: a name (the collector's, or an attribute's) or a key in brackets.
type Step struct {
	Text  string
	IsKey bool
}

// Collector returns the name that the address begins with.
func (a Address) Collector() string {
	if i := strings.IndexAny(string(a), ".["); i >= 0 {
		return string(a[:i])
	}
	return string(a)
}

// Parent returns the address that a stands directly below, and false for a collector alone.
func (a Address) Parent() (Address, bool) {
	s := string(a)
	if strings.HasSuffix(s, `"]`) {
		for i := len(s) - 3; i > 0; i-- {
			// An unescaped quote after "[" opens the key: inside a key every quote has a backslash before it.
			if s[i] == '"' && s[i-1] == '[' {
				return Address(s[:i-1]), true
			}
		}
		return "", false
	}
	if i := strings.LastIndexByte(s, '.'); i > 0 {
		return Address(s[:i]), true
	}
	return "", false
}

// ParseAddress reads an address or a pattern as people write it, deb["x"] and deb[x] alike, and returns it in canonical
// form. The error says what is wrong at which character.
func ParseAddress(s string) (Address, error) {
	steps, err := parseSteps(s)
	if err != nil {
		return "", fmt.Errorf("address %q: %w", s, err)
	}
	return joinSteps(steps), nil
}

// Steps returns the parts of the address, from its collector down.
func (a Address) Steps() []Step {
	steps, err := parseSteps(string(a))
	if err != nil {
		panic(fmt.Sprintf("drift: an Address that was not made by this package: %q: %v", string(a), err))
	}
	return steps
}

func joinSteps(steps []Step) Address {
	a := Address(steps[0].Text)
	for _, step := range steps[1:] {
		if step.IsKey {
			a = a.Key(step.Text)
		} else {
			a = a.Attr(step.Text)
		}
	}
	return a
}

func parseSteps(s string) ([]Step, error) {
	name, rest := cutName(s)
	if name == "" {
		return nil, fmt.Errorf("begins with the name of a collector, as in deb[\"openssl\"].version")
	}
	steps := []Step{{Text: name}}
	for rest != "" {
		at := len(s) - len(rest)
		var step Step
		var err error
		switch rest[0] {
		case '.':
			step.Text, rest = cutName(rest[1:])
			if step.Text == "" {
				err = fmt.Errorf("no name after the dot")
			}
		case '[':
			step.IsKey = true
			step.Text, rest, err = cutKey(rest[1:])
		default:
			err = fmt.Errorf("unexpected %q", rest[:1])
		}
		if err != nil {
			return nil, fmt.Errorf("character %d: %w", at+1, err)
		}
		steps = append(steps, step)
	}
	return steps, nil
}

func cutName(s string) (name, rest string) {
	end := strings.IndexFunc(s, func(r rune) bool {
		return r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if end < 0 {
		end = len(s)
	}
	return s[:end], s[end:]
}

// cutKey reads what follows an opening bracket: "text"] or text].
func cutKey(s string) (key, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		key, rest, ok := strings.Cut(s, "]")
		if !ok || key == "" {
			return "", "", fmt.Errorf("no closing bracket")
		}
		return key, rest, nil
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			if !strings.HasPrefix(s[i+1:], "]") {
				return "", "", fmt.Errorf("no closing bracket after the quote")
			}
			key, err := unescape(s[1:i])
			return key, s[i+2:], err
		}
	}
	return "", "", fmt.Errorf("no closing quote")
}

// escape writes a key as the inside of a quoted HCL string (HCL native syntax, "Template Expressions").
func escape(key string) string {
	key = validUTF8(key)
	if !strings.ContainsFunc(key, func(r rune) bool { return r == '"' || r == '\\' || r == '$' || r == '%' || !unicode.IsPrint(r) }) {
		return key
	}
	var b strings.Builder
	for i, r := range key {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case (r == '$' || r == '%') && strings.HasPrefix(key[i+1:], "{"):
			b.WriteRune(r)
			b.WriteRune(r)
		case !unicode.IsPrint(r) && r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unescape(s string) (string, error) {
	if !strings.ContainsAny(s, `\$%`) {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case (c == '$' || c == '%') && strings.HasPrefix(s[i+1:], string(c)+"{"):
			b.WriteByte(c)
			i += 2
		case c != '\\':
			b.WriteByte(c)
			i++
		default:
			r, n, err := unescapeOne(s[i:])
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
			i += n
		}
	}
	return b.String(), nil
}

func unescapeOne(s string) (r rune, n int, err error) {
	if len(s) < 2 {
		return 0, 0, fmt.Errorf("a backslash at the end of a key")
	}
	switch s[1] {
	case 'n':
		return '\n', 2, nil
	case 'r':
		return '\r', 2, nil
	case 't':
		return '\t', 2, nil
	case '"', '\\':
		return rune(s[1]), 2, nil
	case 'u', 'U':
		n = 6
		if s[1] == 'U' {
			n = 10
		}
		if len(s) >= n {
			if _, err := fmt.Sscanf(s[2:n], "%x", &r); err == nil && utf8.ValidRune(r) {
				return r, n, nil
			}
		}
	}
	return 0, 0, fmt.Errorf("%q is no escape sequence", s[:2])
}

// validUTF8 returns s with each byte that is not UTF-8 written as U+FFFD and two hexadecimal digits, so that no two
// names of a host become one.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, "\uFFFD%02x", s[i])
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}
