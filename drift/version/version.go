// Package version orders versions by the rules of the ecosystem that they are from, or refuses to: a text that is no
// version there has no order, so comparing it is an error and never a guess.
package version

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/seed-313c021b/gate/drift/pypa"
)

// scheme is the order of versions of one ecosystem.
type scheme struct {
	name    string
	compare func(a, b string) (int, error)
}

// schemes are sorted by name.
var schemes = []scheme{
	{"deb", compareWith(parseDeb, debVersion.compare)},
	{"python", compareWith(pypa.ParseVersion, pypa.Version.Compare)},
	{"semver", compareWith(semver.StrictNewVersion, (*semver.Version).Compare)},
}

func compareWith[V any](parse func(string) (V, error), compare func(a, b V) int) func(a, b string) (int, error) {
	return func(a, b string) (int, error) {
		v, err := parse(a)
		if err != nil {
			return 0, fmt.Errorf("version %q: %w", a, err)
		}
		w, err := parse(b)
		if err != nil {
			return 0, fmt.Errorf("version %q: %w", b, err)
		}
		return cmp.Compare(compare(v, w), 0), nil
	}
}

// Schemes returns the names that Compare takes, sorted: "deb" (deb-version(7)), "python" (PEP 440), "semver"
// (Semantic Versioning 2.0.0, without a leading "v").
func Schemes() []string {
	names := make([]string, len(schemes))
	for i, s := range schemes {
		names[i] = s.name
	}
	return names
}

// Compare returns the order of two versions of a scheme: -1, 0 or 1. A text that is no version of the scheme and an
// unknown scheme are errors.
func Compare(scheme, a, b string) (int, error) {
	for _, s := range schemes {
		if s.name == scheme {
			return s.compare(a, b)
		}
	}
	return 0, fmt.Errorf("no version scheme %q: have %s", scheme, strings.Join(Schemes(), ", "))
}

// AtLeast reports whether the version have is want or a later one.
func AtLeast(scheme, have, want string) (bool, error) {
	order, err := Compare(scheme, have, want)
	return err == nil && order >= 0, err
}
