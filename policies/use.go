package policies

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

//go:embed builtin
var builtin embed.FS

// Use is a use block: a set of rules that comes with gate. Its rules are in Policy.Rules.
type Use struct {
	Name         string
	Enforcement  Enforcement // of all its rules; empty for their own
	Environments []string    // of all its rules; empty for all
	Roles        []string    // of all its rules; empty for all
	Range        hcl.Range
}

// RuleSets returns the names of the rule sets that come with gate, sorted.
func RuleSets() []string {
	var names []string
	_ = fs.WalkDir(builtin, "builtin", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && path.Dir(name) != "builtin" {
			names = append(names, strings.TrimSuffix(strings.TrimPrefix(name, "builtin/"), ".hcl"))
		}
		return err
	})
	slices.Sort(names)
	return names
}

func (d *decoder) use(b *hclsyntax.Block) []Use {
	if len(b.Labels) != 1 {
		d.error(b.DefRange(), "Missing name", "A use block names one set of rules: write use \"baseline/python\" {}")
		return nil
	}
	u := Use{Name: b.Labels[0], Range: b.DefRange()}
	d.block(b,
		attr("enforcement", d.enforcement(&u.Enforcement)),
		attr("environments", d.environmentNames(&u.Environments)),
		attr("roles", d.roleNames(&u.Roles)),
	)
	d.checkSelection(b.DefRange(), u.Environments, u.Roles)
	if !slices.Contains(RuleSets(), u.Name) {
		d.error(b.LabelRanges[0], "Unknown rule set", "There is no rule set %q: rule sets come with gate, and are not read from anywhere else.%s", u.Name, suggest(u.Name, RuleSets()))
		return nil
	}
	if d.used[u.Name] {
		d.error(b.LabelRanges[0], "Duplicate use", "%q is used already.", u.Name)
		return nil
	}
	d.used[u.Name] = true
	d.useRules(b, u)
	return []Use{u}
}

// useRules adds the rules of a set to the policy's.
func (d *decoder) useRules(b *hclsyntax.Block, u Use) {
	src, diags := read(builtin, "builtin/"+u.Name+".hcl")
	d.diags = append(d.diags, diags...)
	for _, block := range src.blocksOf("rule") {
		r := d.rule(block)
		r.Use, r.Environments, r.Roles = u.Name, u.Environments, u.Roles
		if u.Enforcement != "" {
			r.Enforcement = u.Enforcement
		}
		for _, other := range d.rules {
			if other.Name == r.Name {
				d.error(other.Range, "Duplicate rule", "There is a rule %q in %q, which is used at %s: give this one another name.", r.Name, u.Name, place(b.DefRange()))
			}
		}
		if missing := d.uncollected(r); missing != "" {
			d.error(b.DefRange(), "Nothing to read", "%q looks at host.%s, and no block collects that: add a collect %q block.", u.Name, missing, missing)
			return
		}
		d.rules = append(d.rules, r)
	}
}
