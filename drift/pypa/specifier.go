package pypa

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Specifier is one clause of a version specifier: an operator and a version (PEP 440, "Version specifiers").
type Specifier struct {
	Operator string // ~= == != <= >= < > ===
	Text     string // the version as written, a wildcard's ".*" included
	version  Version
	wildcard bool
}

// String returns the clause as written, without spaces.
func (s Specifier) String() string { return s.Operator + s.Text }

// Specifiers are clauses that must all hold. None at all hold for each version.
type Specifiers []Specifier

// Prereleases says whether a pre-release can satisfy specifiers that do not name one.
type Prereleases bool

const (
	// NamedPrereleases takes pre-releases only where a clause names one: the choice of what to install.
	NamedPrereleases Prereleases = false
	// AnyPrereleases takes each: the judgement of what is installed already, as "pip check" makes it.
	AnyPrereleases Prereleases = true
)

const suffixPattern = prePattern + postPattern + devPattern

// specifierPatterns match one clause at the start of a text, by its operator. "===" takes anything.
var specifierPatterns = func() []operatorPattern {
	ordered := `(` + epochPattern + releasePattern + suffixPattern + `)`
	exact := `(` + epochPattern + releasePattern + `(?:\.\*|` + suffixPattern + localPattern + `))`
	compatible := `(` + epochPattern + `([0-9]+(?:\.[0-9]+)+)` + suffixPattern + `)`
	var patterns []operatorPattern
	for _, p := range [][2]string{
		{"===", `([^\s\v\x1c-\x1f;)]*)`}, {"==", exact}, {"!=", exact}, {"~=", compatible},
		{"<=", ordered}, {">=", ordered}, {"<", ordered}, {">", ordered},
	} {
		patterns = append(patterns, operatorPattern{p[0], regexp.MustCompile(`(?i)^` + p[0] + spacePattern + p[1])})
	}
	return patterns
}()

type operatorPattern struct {
	operator string
	pattern  *regexp.Regexp
}

// maxClause bounds a clause, in bytes.
const maxClause = 2 * maxVersion

// cutSpecifier reads one clause at the start of s. ok is false where there is none.
func cutSpecifier(s string) (spec Specifier, rest string, ok bool) {
	for _, p := range specifierPatterns {
		if !strings.HasPrefix(s, p.operator) {
			continue
		}
		window := s[:min(len(s), maxClause)]
		m := p.pattern.FindStringSubmatch(window)
		if m == nil || len(m[0]) == maxClause {
			return Specifier{}, s, false
		}
		return Specifier{Operator: p.operator, Text: m[1]}, s[len(m[0]):], true
	}
	return Specifier{}, s, false
}

// ParseSpecifiers reads clauses separated by commas. Empty ones are left out.
func ParseSpecifiers(s string) (Specifiers, error) {
	var specs Specifiers
	for clause := range strings.SplitSeq(s, ",") {
		clause = strings.TrimFunc(clause, isSpace)
		if clause == "" {
			continue
		}
		spec, err := parseSpecifier(clause)
		if err != nil {
			return nil, err
		}
		specs = append(specs, spec)
	}
	return specs, nil
}

func parseSpecifier(clause string) (Specifier, error) {
	spec, rest, ok := cutSpecifier(clause)
	if !ok || rest != "" {
		return Specifier{}, fmt.Errorf("%q is no version specifier by PEP 440", clause)
	}
	text := spec.Text
	if spec.Operator == "===" {
		// What is no version is compared as text alone.
		spec.version, _ = ParseVersion(text)
		return spec, nil
	}
	text, spec.wildcard = strings.CutSuffix(text, ".*")
	var err error
	spec.version, err = ParseVersion(text)
	return spec, err
}

// String returns the clauses sorted and joined by commas: equal text is the same demand.
func (s Specifiers) String() string {
	texts := make([]string, len(s))
	for i, spec := range s {
		texts[i] = spec.String()
	}
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), ",")
}

// Contains reports whether v satisfies all clauses.
func (s Specifiers) Contains(v Version, prereleases Prereleases) bool {
	if prereleases == NamedPrereleases && v.IsPrerelease() && !slices.ContainsFunc(s, Specifier.namesPrerelease) {
		return false
	}
	return !slices.ContainsFunc(s, func(spec Specifier) bool { return !spec.holds(v) })
}

func (s Specifier) namesPrerelease() bool {
	switch s.Operator {
	case "==", ">=", "<=", "~=", "===":
		return s.version.IsPrerelease()
	}
	return false
}

func (s Specifier) holds(v Version) bool {
	switch s.Operator {
	case "===":
		return strings.EqualFold(v.String(), s.Text)
	case "==":
		return s.equals(v)
	case "!=":
		return !s.equals(v)
	case "<=":
		return v.public().Compare(s.version) <= 0
	case ">=":
		return v.public().Compare(s.version) >= 0
	case "<":
		return s.isAfter(v)
	case ">":
		return s.isBefore(v)
	}
	// ~=: at least that, and alike but for the last number of the release.
	release := s.version.release
	return v.public().Compare(s.version) >= 0 && hasPrefix(v, s.version.epoch, release[:len(release)-1])
}

func (s Specifier) equals(v Version) bool {
	if s.wildcard {
		return hasPrefix(v, s.version.epoch, s.version.release)
	}
	if s.version.local == nil {
		v = v.public()
	}
	return v.Compare(s.version) == 0
}

// isAfter reports v < s, where "<3.1" excludes 3.1's own pre-releases.
func (s Specifier) isAfter(v Version) bool {
	if v.Compare(s.version) >= 0 {
		return false
	}
	return s.version.IsPrerelease() || !v.IsPrerelease() || v.base().Compare(s.version.base()) != 0
}

// isBefore reports v > s, where ">3.1" excludes 3.1's own post-releases and local versions.
func (s Specifier) isBefore(v Version) bool {
	if v.Compare(s.version) <= 0 {
		return false
	}
	if v.base().Compare(s.version.base()) != 0 {
		return true
	}
	return (s.version.post != "" || v.post == "") && v.local == nil
}

func hasPrefix(v Version, epoch number, release []number) bool {
	if v.epoch != epoch {
		return false
	}
	for i, n := range release {
		if i < len(v.release) && v.release[i] != n || i >= len(v.release) && n != "0" {
			return false
		}
	}
	return true
}

// isSpace is Python's str.isspace for one character.
func isSpace(r rune) bool {
	return r >= 0x1C && r <= 0x1F || strings.ContainsRune(" \t\n\v\f\r\u0085\u00A0\u1680\u2028\u2029\u202F\u205F\u3000", r) ||
		r >= 0x2000 && r <= 0x200A
}
