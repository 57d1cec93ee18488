package version

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// MatchesSemver reports whether a semantic version is in a range of versions as npm's semver defines them
// (https://github.com/npm/node-semver#ranges): ">=1.2 <2", "~1.4 || ^2.0", "1.2 - 1.4", "1.x". A comma between two
// comparators means what a space does. A pre-release is in a range only where a comparator names a pre-release of the same
// major, minor and patch. An error says why a text is no version or no range.
func MatchesSemver(version, constraint string) (bool, error) {
	v, err := semver.StrictNewVersion(version)
	if err != nil {
		return false, fmt.Errorf("version %q: %w", version, err)
	}
	alternatives, err := parseRange(constraint)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(alternatives, func(all comparators) bool { return all.hold(v) }), nil
}

// CheckSemverRange returns an error that says why a text is no range for MatchesSemver.
func CheckSemverRange(constraint string) error {
	_, err := parseRange(constraint)
	return err
}

// comparator is one bound: an operator (<, <=, >, >= or =) and a version.
type comparator struct {
	operator string
	version  *semver.Version
}

// comparators are bounds that hold together; none is any version.
type comparators []comparator

func (all comparators) hold(v *semver.Version) bool {
	named := v.Prerelease() == ""
	for _, c := range all {
		order := v.Compare(c.version)
		holds := map[string]bool{"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0, "=": order == 0}
		if !holds[c.operator] {
			return false
		}
		named = named || c.version.Prerelease() != "" &&
			c.version.Major() == v.Major() && c.version.Minor() == v.Minor() && c.version.Patch() == v.Patch()
	}
	return named
}

// parseRange reads a range as npm does: what "||" separates are alternatives, of which any version as one hides the others.
func parseRange(text string) ([]comparators, error) {
	var alternatives []comparators
	for _, alternative := range strings.Split(text, "||") {
		var all comparators
		for _, part := range strings.Split(alternative, ",") {
			more, err := parseComparators(strings.Fields(part))
			if err != nil {
				return nil, fmt.Errorf("constraint %q: %w", text, err)
			}
			all = append(all, more...)
		}
		alternatives = append(alternatives, all)
	}
	if i := slices.IndexFunc(alternatives, func(all comparators) bool { return len(all) == 0 }); i >= 0 {
		return alternatives[i : i+1], nil
	}
	return alternatives, nil
}

// operators are those of npm's ranges, a longer one before its beginning.
var operators = []string{"~>", "~", "^", ">=", "<=", ">", "<", "="}

// parseComparators reads what stands between commas: a hyphen range, or operators, each with a version.
func parseComparators(words []string) (comparators, error) {
	if len(words) == 0 {
		return nil, errors.New(`a range is empty, and would take any version: write "*" if that is meant`)
	}
	if len(words) == 3 && words[1] == "-" {
		return parseHyphen(words[0], words[2])
	}
	var all comparators
	for i := 0; i < len(words); i++ {
		operator := ""
		if at := slices.IndexFunc(operators, func(o string) bool { return strings.HasPrefix(words[i], o) }); at >= 0 {
			operator = operators[at]
		}
		rest := words[i][len(operator):]
		if operator != "" && rest == "" && i+1 < len(words) { // a space may stand between
			i++
			rest = words[i]
		}
		p, err := parsePartial(rest)
		if err != nil {
			return nil, err
		}
		all = append(all, p.bounds(operator)...)
	}
	return all, nil
}

func parseHyphen(from, to string) (comparators, error) {
	least, err := parsePartial(from)
	if err != nil {
		return nil, err
	}
	most, err := parsePartial(to)
	if err != nil {
		return nil, err
	}
	return slices.Concat(least.bounds(">="), most.bounds("<=")), nil
}

// partial is a version of which the last numbers may be left open: "1.2", "1.x", "*".
type partial struct {
	numbers [3]uint64
	given   int // how many of the numbers are, 0 to 3
	pre     string
}

func parsePartial(text string) (partial, error) {
	var p partial
	core, _, _ := strings.Cut(text, "+")
	core, pre, isPre := strings.Cut(strings.TrimPrefix(core, "v"), "-")
	parts := strings.SplitN(core, ".", 4)
	if strings.HasPrefix(text, "!=") {
		return p, errors.New(`npm's ranges have no "!=": write !semver_matches(…) && …`)
	}
	if len(parts) > 3 {
		return p, fmt.Errorf("%q has more than major, minor and patch", text)
	}
	open := false
	for i, part := range parts {
		if part == "x" || part == "X" || part == "*" {
			open = true
			continue
		}
		n, err := strconv.ParseUint(part, 10, 64)
		switch {
		case err != nil && !errors.Is(err, strconv.ErrRange) || len(part) > 1 && part[0] == '0':
			return p, fmt.Errorf("%q is no version as 1.2.3, 1.2 or 1.x", text)
		case err != nil || n > largest:
			return p, fmt.Errorf("%q: no number may be above %d", text, uint64(largest))
		}
		if !open { // as npm does: behind an x nothing counts
			p.numbers[i] = n
			p.given++
		}
	}
	switch {
	case (isPre || strings.Contains(text, "+")) && p.given < 3:
		return p, fmt.Errorf("%q: only a whole version, as 1.2.3, can have a pre-release or a build", text)
	case p.given == 3:
		if _, err := semver.StrictNewVersion(strings.TrimPrefix(text, "v")); err != nil {
			return p, fmt.Errorf("%q is no version: %w", text, err)
		}
	}
	p.pre = pre
	return p, nil
}

// largest is the largest number in a version for npm, JavaScript's Number.MAX_SAFE_INTEGER.
const largest = 1<<53 - 1

// bounds returns the comparators that an operator makes of a version. Where its last numbers are open, upper bounds are
// below the lowest pre-release of the next version: "<1.2" is <1.2.0-0.
func (p partial) bounds(operator string) comparators {
	if p.given == 0 {
		if operator == "<" || operator == ">" {
			return comparators{{"<", semver.New(0, 0, 0, "0", "")}} // nothing
		}
		return nil
	}
	switch whole := p.given == 3; {
	case operator == "~" || operator == "~>":
		return append(p.least(), p.below(min(p.given, 2)))
	case operator == "^":
		return append(p.least(), p.below(p.compatible()))
	case whole && operator == ">=":
		return p.least()
	case whole:
		if operator == "" {
			operator = "="
		}
		return comparators{{operator, p.version()}}
	case operator == ">":
		return comparators{{">=", p.next(p.given, "")}}
	case operator == ">=":
		return p.least()
	case operator == "<":
		return comparators{{"<", semver.New(p.numbers[0], p.numbers[1], p.numbers[2], "0", "")}}
	case operator == "<=":
		return comparators{p.below(p.given)}
	}
	return append(p.least(), p.below(p.given))
}

// compatible returns how many of the numbers "^" keeps: up to the first that is not 0, of those that are given.
func (p partial) compatible() int {
	for i, n := range p.numbers[:p.given] {
		if n > 0 {
			return i + 1
		}
	}
	return p.given
}

func (p partial) version() *semver.Version {
	return semver.New(p.numbers[0], p.numbers[1], p.numbers[2], p.pre, "")
}

// least returns the lower bound. As for npm, >=0.0.0 is none.
func (p partial) least() comparators {
	if p.numbers == [3]uint64{} && p.pre == "" {
		return nil
	}
	return comparators{{">=", p.version()}}
}

// below returns the upper bound of the versions that share the first numbers.
func (p partial) below(shared int) comparator { return comparator{"<", p.next(shared, "0")} }

// next returns the first version that does not share the first numbers.
func (p partial) next(shared int, pre string) *semver.Version {
	numbers := [3]uint64{}
	copy(numbers[:], p.numbers[:shared])
	numbers[shared-1]++
	return semver.New(numbers[0], numbers[1], numbers[2], pre, "")
}
