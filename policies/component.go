package policies

import (
	"path"
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

// carriedByDefault is what a component carries that does not say it.
var carriedByDefault = []drift.Pattern{
	drift.NewPattern("python"), drift.NewPattern("file"), drift.NewPattern("revision"), drift.NewPattern("service"),
}

func (d *decoder) component(b *hclsyntax.Block) Component {
	c := Component{Name: b.Labels[0], Carries: carriedByDefault, Range: b.DefRange()}
	d.block(b,
		required("paths", func(a *hclsyntax.Attribute) {
			d.strings(&c.Paths)(a)
			d.checkPaths(a)
		}),
		attr("roles", d.roleNames(&c.Roles)),
		attr("marker", d.marker(&c.Marker)),
		attr("units", d.strings(&c.Units)),
		attr("carries", d.patterns(&c.Carries)),
	)
	return c
}

// checkPaths reports globs that match nothing in a repository.
func (d *decoder) checkPaths(a *hclsyntax.Attribute) {
	for _, w := range d.quiet().list(a.Expr) {
		switch {
		case w.text == "":
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
		if strings.Contains(string(p.Address()), "*") {
			d.error(a.Expr.Range(), "Not one fact", "The marker is one fact, so its address has no \"*\", as in: revision[\"/srv/app/src\"].commit")
			return
		}
		if !d.isValue(p.Address()) {
			d.error(a.Expr.Range(), "Not one fact", "%s is more than one fact: name one below it, as in: revision[\"/srv/app/src\"].commit", p.Address())
			return
		}
		*to = p.Address()
	}
}
