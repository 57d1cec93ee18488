package policies

import (
	"slices"

	"github.com/bmatcuk/doublestar/v4"
)

// Whole is the component of a policy that has none: everything in the repository.
const Whole = "all"

// Promoted returns the components that are promoted: those of the policy, or, where it has none, one over everything.
func (p *Policy) Promoted() []Component {
	if len(p.Components) > 0 {
		return p.Components
	}
	return []Component{{Name: Whole, Paths: []string{"**"}, Carries: carriedByDefault}}
}

// Owned reports whether a path of the repository belongs to a component.
func (p *Policy) Owned(path string) bool {
	return slices.ContainsFunc(p.Promoted(), func(c Component) bool { return c.Owns(path) })
}

// Owns reports whether a path of the repository belongs to the component.
func (c *Component) Owns(path string) bool {
	return slices.ContainsFunc(c.Paths, func(glob string) bool { return doublestar.MatchUnvalidated(glob, path) })
}
