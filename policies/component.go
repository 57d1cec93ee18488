package policies

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/seed-313c021b/gate/drift"
)

// Component is a component block: a part of the repository that is promoted as one.
type Component struct {
	Name    string
	Paths   []string        // globs, with "**", from the repository's top
	Roles   []string        // where it runs; empty for everywhere
	Marker  drift.Address   // the fact that says what a host runs; empty for none
	Units   []string        // systemd units that must have started after the marker changed
	Carries []drift.Pattern // what deploying it changes
	Range   hcl.Range
}

// Everything is the name of the component of a policy that has no component block.
const Everything = "all"

// Promoted returns what is promoted: the components of the policy; where it has none, one over the whole repository, named
// Everything. That one's marker is what the policy collects of revisions, if it is one thing.
func (p *Policy) Promoted() []Component {
	if len(p.Components) > 0 {
		return p.Components
	}
	return []Component{{Name: Everything, Paths: []string{"**"}, Carries: carriedByDefault, Marker: p.onlyRevision()}}
}

// onlyRevision returns the fact that the one revision which the policy collects has, "" where it collects none or several.
func (p *Policy) onlyRevision() drift.Address {
	var found []drift.Address
	for _, c := range p.Collects {
		if c.Query.Collector != "revision" {
			continue
		}
		for arg, fact := range map[string]string{"checkout": "commit", "marker": "value"} {
			if path := c.Query.Text(arg); path != "" {
				found = append(found, drift.Address("revision").Key(path).Attr(fact))
			}
		}
	}
	slices.Sort(found)
	if found = slices.Compact(found); len(found) == 1 {
		return found[0]
	}
	return ""
}

// Owned reports whether a path of the repository belongs to a component, or to none on purpose.
func (p *Policy) Owned(path string) bool {
	return owns(p.Gate.Unmanaged, path) || slices.ContainsFunc(p.Promoted(), func(c Component) bool { return c.Owns(path) })
}

// Owns reports whether a path of the repository belongs to the component.
func (c *Component) Owns(path string) bool { return owns(c.Paths, path) }

func owns(globs []string, path string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool { return matches(glob, path) })
}

// matches is doublestar.Match, quick where the repository is large: most globs begin with a folder that most paths are not in.
func matches(glob, path string) bool {
	special := strings.IndexAny(glob, `*?[{\`)
	if special < 0 {
		return glob == path
	}
	if !strings.HasPrefix(path+"/", glob[:special]) {
		return false
	}
	if glob[special:] == "**" && (special == 0 || glob[special-1] == '/') {
		return true
	}
	matched, err := doublestar.Match(glob, path)
	return matched && err == nil
}

// carriedByDefault is what a component carries that does not say it.
var carriedByDefault = []drift.Pattern{
	drift.NewPattern("python"), drift.NewPattern("file"), drift.NewPattern("revision"), drift.NewPattern("service"),
}

func (d *decoder) component(b *hclsyntax.Block) Component {
	c := Component{Name: b.Labels[0], Carries: carriedByDefault, Range: b.DefRange()}
	d.block(b,
		required("paths", d.paths(&c.Paths)),
		attr("roles", d.roleNames(&c.Roles)),
		attr("marker", d.marker(&c.Marker)),
		attr("units", d.strings(&c.Units)),
		attr("carries", d.patterns(&c.Carries)),
	)
	if a := b.Body.Attributes["units"]; a != nil {
		d.checkUnits(a, b.Body.Attributes["marker"], c.Marker)
	}
	return c
}

// checkUnits reports units of which nobody could tell whether they run what the marker says: only a revision tells when it
// changed.
func (d *decoder) checkUnits(units, marker *hclsyntax.Attribute, address drift.Address) {
	for _, w := range d.quiet().list(units.Expr) {
		if strings.Contains(w.text, "*") {
			d.error(w.at, "Not one unit", "%q may be any number of units: name each one, as \"app.service\".", w.text)
		}
	}
	if marker == nil || address != "" && address.Collector() != "revision" {
		d.error(units.NameRange, "Units without a time", "Units must have started after the marker changed, and only a revision tells when it did. Write: marker = revision[\"/srv/app/src\"].commit; or leave \"units\" out.")
	}
}

// paths reads globs of paths in the repository. A folder, as "src/", is all that is in it.
func (d *decoder) paths(to *[]string) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		d.strings(to)(a)
		d.checkPaths(a)
		for i, glob := range *to {
			if strings.HasSuffix(glob, "/") {
				(*to)[i] = glob + "**"
			}
		}
	}
}

// checkPaths reports globs that match nothing in a repository.
func (d *decoder) checkPaths(a *hclsyntax.Attribute) {
	for _, w := range d.quiet().list(a.Expr) {
		err := checkChoices(w.text)
		switch {
		case w.text == "":
		case err != nil:
			d.error(w.at, "Bad path", "%q is not a path or glob: %s.", w.text, err)
		case !doublestar.ValidatePattern(w.text):
			d.error(w.at, "Bad path", "%q is not a path or glob: \"*\" matches within a folder, \"**\" across folders.", w.text)
		case path.IsAbs(w.text) || path.Clean(w.text) != strings.TrimSuffix(w.text, "/") || strings.HasPrefix(w.text, ".."):
			d.error(w.at, "Bad path", "%q is not a path from the repository's top, as \"src/**\" is.", w.text)
		}
	}
}

// marker reads the address of one fact.
func (d *decoder) marker(to *drift.Address) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		p, ok := d.pattern(a.Expr)
		if !ok {
			return
		}
		marker, ok := p.Exact()
		if !ok {
			d.error(a.Expr.Range(), "Not one fact", "The marker is one fact, so its address has no \"*\", as in: revision[\"/srv/app/src\"].commit")
			return
		}
		if !d.isValue(marker) {
			d.error(a.Expr.Range(), "Not one fact", "%s is more than one fact: name one below it, as in: revision[\"/srv/app/src\"].commit", p.Address())
			return
		}
		*to = marker
	}
}
