package drift

import (
	"strings"
)

// Pattern is an address in which "*" inside brackets matches any characters, "/" included, and nothing else is special but
// a backslash before a "*" or before a backslash that stands so: "\*" is a "*", "\\*" a backslash and a "*". In HCL, where a
// backslash in quotes is written twice, the file /etc/a*b is file["/etc/a\\*b"]. A pattern covers what it matches and
// everything below that.
type Pattern struct {
	address Address
	steps   []patternStep
	prefix  string  // of what it matches: its own text up to the first "*"
	exact   Address // where nothing in it matches any characters: the one address that it names; covering is a comparison then
}

// patternStep is a step of a pattern; of a key, its text between what matches any characters.
type patternStep struct {
	isKey bool
	parts []string
}

// NewPattern returns the pattern that an address in canonical form is.
func NewPattern(a Address) Pattern {
	p := Pattern{address: a}
	names, wild, begin := []Step{}, false, ""
	for _, step := range a.Steps() {
		parts := []string{step.Text}
		if step.IsKey {
			parts = splitPattern(step.Text)
		}
		p.steps = append(p.steps, patternStep{step.IsKey, parts})
		if !wild && len(parts) > 1 {
			wild, begin = true, `["`+escape(parts[0])
		}
		if !wild {
			names = append(names, Step{parts[0], step.IsKey})
		}
	}
	if p.prefix = string(joinSteps(names)) + begin; !wild {
		p.exact = Address(p.prefix)
	}
	return p
}

// Exactly returns the address as the pattern that matches it alone, whatever its keys are.
func (a Address) Exactly() Address {
	if !strings.Contains(string(a), "*") {
		return a
	}
	steps := a.Steps()
	for i := range steps {
		if steps[i].IsKey {
			steps[i].Text = escapePattern(steps[i].Text)
		}
	}
	return joinSteps(steps)
}

// Address returns the pattern as an address: as it is written.
func (p Pattern) Address() Address { return p.address }

// Exact returns the one address that a pattern names in which nothing matches any characters, false for any other.
func (p Pattern) Exact() (Address, bool) { return p.exact, p.exact != "" }

// Covers reports whether a is matched by the pattern or stands below what is.
func (p Pattern) Covers(a Address) bool {
	var steps []Step
	return p.covers(a, &steps)
}

// Matches reports whether a is matched by the pattern itself.
func (p Pattern) Matches(a Address) bool {
	return p.Covers(a) && len(a.Steps()) == len(p.steps)
}

// anyCharacters stands for a "*" of a narrower pattern: no name of a host has it.
const anyCharacters = "\x00"

// CoversAll reports whether the pattern surely covers all that another one does.
func (p Pattern) CoversAll(other Pattern) bool {
	var steps []Step
	for _, step := range other.steps {
		steps = append(steps, Step{strings.Join(step.parts, anyCharacters), step.isKey})
	}
	return p.covers(joinSteps(steps), &steps)
}

// FirstCovering returns the index of the first of patterns that covers a, -1 for none.
func FirstCovering(patterns []Pattern, a Address) int {
	var steps []Step
	for i := range patterns {
		if patterns[i].covers(a, &steps) {
			return i
		}
	}
	return -1
}

// covers is Covers; steps holds those of a between calls, which most patterns do not need.
func (p *Pattern) covers(a Address, steps *[]Step) bool {
	if p.exact != "" {
		return a.Below(p.exact)
	}
	if !strings.HasPrefix(string(a), p.prefix) {
		return false
	}
	if *steps == nil {
		*steps = a.Steps()
	}
	if len(*steps) < len(p.steps) {
		return false
	}
	for i, want := range p.steps {
		if have := (*steps)[i]; have.IsKey != want.isKey || !matchParts(want.parts, have.Text) {
			return false
		}
	}
	return true
}

// splitPattern returns the text of a key of a pattern between what matches any characters, as it stands in names.
func splitPattern(text string) []string {
	if !strings.Contains(text, `\`) {
		return strings.Split(text, "*")
	}
	var parts []string
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		slashes := 0
		for i+slashes < len(text) && text[i+slashes] == '\\' {
			slashes++
		}
		star := i+slashes < len(text) && text[i+slashes] == '*'
		switch {
		case slashes == 0 && star:
			parts = append(parts, b.String())
			b.Reset()
		case slashes == 0:
			b.WriteByte(text[i])
		case !star: // backslashes before anything else are what they are
			b.WriteString(text[i : i+slashes])
			i += slashes - 1
		default:
			b.WriteString(strings.Repeat(`\`, slashes/2))
			if i += slashes - 1; slashes%2 == 1 {
				b.WriteByte('*')
				i++
			}
		}
	}
	return append(parts, b.String())
}

// escapePattern returns the key of a pattern that matches one text alone.
func escapePattern(text string) string {
	var b strings.Builder
	slashes := 0
	for i := range len(text) {
		switch {
		case text[i] == '\\':
			slashes++
		case text[i] == '*':
			b.WriteString(strings.Repeat(`\`, slashes+1))
			slashes = 0
		default:
			slashes = 0
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// Below reports whether a is b or stands below it.
func (a Address) Below(b Address) bool {
	return strings.HasPrefix(string(a), string(b)) && (len(a) == len(b) || a[len(b)] == '.' || a[len(b)] == '[')
}

// Match reports whether s has the form of pattern, in which "*" stands for any characters, none included.
func Match(pattern, s string) bool {
	return matchParts(strings.Split(pattern, "*"), s)
}

// matchParts reports whether s is the parts of a pattern, with any characters between them.
func matchParts(parts []string, s string) bool {
	if len(parts) == 1 {
		return parts[0] == s
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, last)
}
