package main

import (
	"embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing/fstest"
	"text/template"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/policies"
)

//go:embed init.hcl.tmpl
var initTemplate embed.FS

// draft is the policy that gate init writes.
type draft struct {
	stages []stage
	until  time.Time
}

// role is the name of the hosts' role: that of the inventories' group where all environments have the same.
func (d *draft) role() string {
	for _, s := range d.stages {
		if s.group == "" || s.group == s.name || s.group != d.stages[0].group {
			return "web"
		}
	}
	return d.stages[0].group
}

// all returns all hosts.
func (d *draft) all() []stageHost {
	var hosts []stageHost
	for _, s := range d.stages {
		hosts = append(hosts, s.hosts...)
	}
	return hosts
}

// read returns those that could be read.
func (d *draft) read() []stageHost {
	return slices.DeleteFunc(d.all(), func(h stageHost) bool { return h.err != nil || h.id.Name == "" })
}

// thing is something that was found on hosts.
type thing struct {
	Name  string
	hosts []stageHost
	of    *draft
}

// Where is a comment for what is not on every host that was read.
func (t thing) Where() string {
	if len(t.hosts) == len(t.of.read()) {
		return ""
	}
	var names []string
	for _, h := range t.hosts {
		names = append(names, h.id.String())
	}
	if len(names) > 3 {
		names = append(names[:2], fmt.Sprintf("%d more", len(names)-2))
	}
	return " # only on " + strings.Join(names, ", ")
}

// things returns what was found, each once, sorted.
func (d *draft) things(list func(stageHost) []string) []thing {
	found := map[string][]stageHost{}
	for _, h := range d.read() {
		for _, name := range list(h) {
			found[name] = append(found[name], h)
		}
	}
	var things []thing
	for _, name := range slices.Sorted(maps.Keys(found)) {
		things = append(things, thing{Name: name, hosts: found[name], of: d})
	}
	return things
}

// shared tells what belongs to the environments from what somebody keeps at home: the latter is on hosts of every
// environment, or it is left out. So is a name that the argument of a collector does not take.
func (d *draft) shared(collector, arg string, things []thing) (shared, left []thing) {
	for _, t := range things {
		stages := map[string]bool{}
		for _, h := range t.hosts {
			stages[h.id.Environment] = true
		}
		if strings.HasPrefix(t.Name, "/home/") && len(stages) < len(d.stages) || !takes(collector, arg, t.Name) {
			left = append(left, t)
		} else {
			shared = append(shared, t)
		}
	}
	return shared, left
}

// takes reports whether a text can stand in an argument of a collector.
func takes(collector, arg, text string) bool {
	return !slices.ContainsFunc(collect.Named(collector).Args, func(a collect.Arg) bool {
		return a.Name == arg && a.Check != nil && a.Check(text) != nil
	})
}

// page is what the template is filled in with.
type page struct {
	Role, Until                                     string
	Stages                                          []pageStage
	Deb                                             bool
	Venvs, Checkouts, Units, Templates, Files, Left []thing
	Markers                                         []thing // files that say what is deployed
	Component                                       *component
	Requirements                                    []thing // virtual environments that have a requirements.txt beside them
	Unread                                          []stageHost
}

// component is the component block that is proposed: what hosts run is said at one place, so that it can be the marker.
type component struct {
	Marker drift.Address
	Units  []thing // the hosts' own services
}

type pageStage struct {
	Name, Source, From string
	Hosts              []stageHost
	Upgrades           bool
}

func (h stageHost) Dest() string { return h.dest }

// Name is what an inventory calls the host, where that does not stand in its destination.
func (h stageHost) Name() string {
	if policies.HostName(h.dest) == h.name {
		return ""
	}
	return h.name
}

func (h stageHost) ID() string { return h.id.String() }

// requirements returns the requirements file beside a virtual environment.
func requirements(venv string) string { return path.Join(path.Dir(venv), "requirements.txt") }

func (d *draft) page() page {
	p := page{Role: d.role(), Until: d.until.Format(time.DateOnly)}
	for i, s := range d.stages {
		out := pageStage{Name: s.name, Hosts: s.hosts}
		if s.source != "" {
			out.Source = literal(s.source)
		}
		if s.group != "" {
			out.Source += ", group " + literal(s.group)
		}
		for _, h := range s.hosts {
			out.Upgrades = out.Upgrades || h.found.Upgrades
			if h.err != nil {
				p.Unread = append(p.Unread, h)
			}
			p.Deb = p.Deb || h.found.Deb
		}
		if i > 0 {
			out.From = d.stages[i-1].name
			out.Upgrades = out.Upgrades || p.Stages[i-1].Upgrades
		}
		p.Stages = append(p.Stages, out)
	}
	var left []thing
	p.Venvs, p.Left = d.shared("python", "venvs", d.things(func(h stageHost) []string { return h.found.Venvs }))
	p.Checkouts, left = d.shared("revision", "checkout", d.things(func(h stageHost) []string { return h.found.Checkouts }))
	p.Left = append(p.Left, left...)
	p.Markers, left = d.shared("revision", "marker", d.things(func(h stageHost) []string { return h.found.Markers }))
	p.Left = append(p.Left, left...)
	for _, unit := range d.things(func(h stageHost) []string { return h.found.Units }) {
		if name, kind, ok := strings.Cut(unit.Name, "@."); ok {
			unit.Name = name + "@*." + kind
		}
		switch {
		case !takes("service", "units", unit.Name):
			p.Left = append(p.Left, unit)
		case strings.Contains(unit.Name, "@*."):
			p.Templates = append(p.Templates, unit)
		default:
			p.Units = append(p.Units, unit)
		}
	}
	p.Files, p.Requirements = d.files(p.Venvs)
	p.Component = p.component()
	return p
}

// component proposes a component block, nil where nothing, or more than one thing, says what hosts run.
func (p *page) component() *component {
	c := component{}
	switch {
	case len(p.Checkouts) == 1 && len(p.Markers) == 0:
		c.Marker = drift.Address("revision").Key(p.Checkouts[0].Name).Attr("commit")
	case len(p.Checkouts) == 0 && len(p.Markers) == 1:
		c.Marker = drift.Address("revision").Key(p.Markers[0].Name).Attr("value")
	default:
		return nil
	}
	for _, unit := range p.Units {
		if strings.HasSuffix(unit.Name, ".service") {
			c.Units = append(c.Units, unit)
		}
	}
	return &c
}

// files returns the configuration to read, and the virtual environments that have requirements.
func (d *draft) files(venvs []thing) (files, withRequirements []thing) {
	files = d.things(func(h stageHost) []string {
		var paths []string
		for _, folder := range h.found.Folders {
			if !systemFolder(folder) && takes("file", "paths", folder+"/**") {
				paths = append(paths, folder+"/**")
			}
		}
		for _, unit := range h.found.Units {
			paths = append(paths, "/etc/systemd/system/"+unit)
		}
		return paths
	})
	for _, file := range d.things(func(h stageHost) []string { return h.found.Requirements }) {
		at := slices.IndexFunc(venvs, func(v thing) bool { return requirements(v.Name) == file.Name })
		if at >= 0 {
			files = append(files, file)
			withRequirements = append(withRequirements, venvs[at])
		}
	}
	return files, withRequirements
}

// systemFolder reports whether a folder in /etc is made by packages though it belongs to none, or holds keys that change by
// themselves.
func systemFolder(folder string) bool {
	for _, pattern := range []string{"/etc/rc[0-9S].d", "/etc/python*", "/etc/opt", "/etc/letsencrypt", "/etc/ssl", "/etc/alternatives"} {
		if ok, _ := path.Match(pattern, folder); ok {
			return true
		}
	}
	return false
}

// policy returns the text of the policy. One that could not be loaded is an error.
func (d *draft) policy() ([]byte, error) {
	functions := template.FuncMap{"literal": literal, "requirements": requirements}
	t, err := template.New("init.hcl.tmpl").Funcs(functions).ParseFS(initTemplate, "init.hcl.tmpl")
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	if err := t.Execute(&out, d.page()); err != nil {
		return nil, err
	}
	text := policies.Format([]byte(out.String()))
	_, diags := policies.Load(fstest.MapFS{"gate.hcl": {Data: text}}, "gate.hcl")
	if diags.HasErrors() {
		return nil, diags
	}
	return text, nil
}

// validate loads the policy that would be written if nothing were found: it knows what is wrong with names and hosts.
func (d *draft) validate() error {
	if _, err := d.policy(); err != nil {
		return &exitError{code: exitUsage, err: err}
	}
	return nil
}
