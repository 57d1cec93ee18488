package collect

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/zclconf/go-cty/cty"
)

//go:embed discover.sh
var discoverScript string

const discoverName = "discover"

// discover is for gate init, which does not know yet what to ask for. It is not in [All]: no policy can name it.
var discover = Collector{
	Name: discoverName,
	Doc: `What may be worth a collect block: Debian packages, virtual environments, git checkouts and REVISION files a few ` +
		`levels below some folders, units of the administrator's own, and folders in /etc that belong to no package.`,
	Schema: &Schema{
		Doc: "What was found.", Key: "kind",
		Elem: &Schema{Doc: "Things of one kind.", Key: "path", Elem: &Schema{Type: "bool", Doc: "true"}},
	},
	Args:   []Arg{{Name: "folders", Type: cty.List(cty.String), Required: true, Doc: "Where to look."}},
	Script: discoverScript,
	Words:  func(q Query) []string { return q.Strings("folders") },
	Parse:  parseDiscover,
}

// DiscoverQuery returns the query whose answer [Discovered] takes. It looks below folders.
func DiscoverQuery(folders ...string) Query {
	values := make([]cty.Value, len(folders))
	for i, folder := range folders {
		values[i] = cty.StringVal(folder)
	}
	return Query{Collector: discoverName, Args: map[string]cty.Value{"folders": cty.ListVal(values)}}
}

// Discovery is what was found on a host. All lists are sorted.
type Discovery struct {
	Deb          bool     // it has dpkg's database
	Upgrades     bool     // it installs updates by itself: unattended-upgrades, dnf-automatic
	Venvs        []string // folders of virtual environments
	Requirements []string // files
	Checkouts    []string // folders of git checkouts
	Markers      []string // files that say what is deployed: REVISION
	Units        []string // the administrator's own, as "app.service"
	Folders      []string // in /etc, of no package
	Partial      []string // folders in which something could not be looked at
}

// Discovered returns the answer to [DiscoverQuery]. The error says why there is none.
func Discovered(h drift.Host) (Discovery, error) {
	var d Discovery
	section := h.Section(discoverName, "")
	if section == nil || section.Status != drift.OK {
		reason := "it was not read"
		if section != nil {
			reason = strings.TrimSuffix(string(section.Status)+": "+section.Reason, ": ")
		}
		return d, fmt.Errorf("%s", reason)
	}
	for _, f := range section.Facts {
		steps := f.Address.Steps()
		if list := d.list(steps[1].Text); list != nil {
			*list = append(*list, steps[2].Text)
		}
		d.Deb = d.Deb || steps[1].Text == "deb"
		d.Upgrades = d.Upgrades || steps[1].Text == "upgrades"
	}
	return d, nil
}

func (d *Discovery) list(kind string) *[]string {
	return map[string]*[]string{
		"venv": &d.Venvs, "requirements": &d.Requirements, "checkout": &d.Checkouts, "marker": &d.Markers, "unit": &d.Units, "folder": &d.Folders,
		"partial": &d.Partial,
	}[kind]
}

// parseDiscover reads lines of a kind and a path or name; then "end".
func parseDiscover(f Frame) ([]drift.Section, error) {
	body, err := f.Body()
	if err != nil {
		return nil, err
	}
	section := drift.Section{Collector: discoverName, Status: drift.OK}
	seen := map[drift.Address]bool{}
	for line := range strings.Lines(body) {
		kind, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		known := slices.Contains([]string{"deb", "upgrades"}, kind) || new(Discovery).list(kind) != nil
		if !ok || !known || name == "" {
			return nil, fmt.Errorf("not a kind and a name: %q", line)
		}
		at := drift.Address(discoverName).Key(kind).Key(path.Clean(name))
		if !seen[at] {
			seen[at] = true
			section.Facts = append(section.Facts, drift.Fact{Address: at, Value: drift.Bool(true)})
		}
	}
	return []drift.Section{section}, nil
}

// readers returns all that the probe can read: the collectors, and what no collect block names.
func readers() []*Collector { return append(All(), &discover, &preview) }

// reader returns the reader of a name, nil where there is none.
func reader(name string) *Collector {
	i := slices.IndexFunc(readers(), func(c *Collector) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return readers()[i]
}
