package drift

import (
	"strings"
)

// Pattern is an address in which "*" inside brackets matches any characters, "/" included, and nothing else is special.
// It covers what it matches and everything below that.
type Pattern struct {
	address Address
	steps   []Step
	prefix  string // of what it matches: its own text up to the first "*"
	literal bool   // no "*": covering is a comparison of prefixes
}

// NewPattern returns the pattern that an address in canonical form is.
func NewPattern(a Address) Pattern {
	steps := a.Steps()
	literal := true
	for _, step := range steps {
		literal = literal && !(step.IsKey && strings.Contains(step.Text, "*"))
	}
	prefix := string(a)
	if !literal {
		prefix, _, _ = strings.Cut(prefix, "*")
	}
	return Pattern{address: a, steps: steps, prefix: prefix, literal: literal}
}

// Address returns the pattern as an address.
func (p Pattern) Address() Address { return p.address }

// Covers reports whether a is matched by the pattern or stands below what is.
func (p Pattern) Covers(a Address) bool {
	var steps []Step
	return p.covers(a, &steps)
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
	if p.literal {
		return a.Below(p.address)
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
		have := (*steps)[i]
		if have.IsKey != want.IsKey || !(have.Text == want.Text || want.IsKey && Match(want.Text, have.Text)) {
			return false
		}
	}
	return true
}

// Below reports whether a is b or stands below it.
func (a Address) Below(b Address) bool {
	return strings.HasPrefix(string(a), string(b)) && (len(a) == len(b) || a[len(b)] == '.' || a[len(b)] == '[')
}

// Match reports whether s has the form of pattern, in which "*" stands for any characters, none included.
func Match(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
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
