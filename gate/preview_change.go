package gate

import (
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/policies"
)

// change is what is in flight on a host, for asking whether an item of a preview is in it.
type change struct {
	preview    *policies.Preview
	host       *drift.Host
	rows       []drift.Row
	components []policies.Component
}

// has reports whether all that a preview says of an item is the change in flight: what staging proved, on this host. What
// cannot be told is not.
func (c change) has(item string, v drift.Value) bool {
	changes := collect.Changes(v)
	if len(changes) == 0 {
		return false
	}
	inside := func(x collect.Change) bool { return false }
	switch kind, title, _ := strings.Cut(strings.TrimSuffix(item, "]"), "["); {
	case c.preview.Format == "apt":
		inside = func(x collect.Change) bool { return c.debian(item, x) }
	case c.preview.Format == "pip":
		inside = func(x collect.Change) bool { return c.python(item, x) }
	case c.preview.Format != "puppet" || !strings.HasSuffix(item, "]"):
	case kind == "Package":
		inside = func(x collect.Change) bool { return c.debian(title, x) }
	case kind == "File":
		inside = func(x collect.Change) bool { return c.file(title, x) }
	case kind == "Service":
		inside = func(x collect.Change) bool { return c.service(title, x) }
	}
	return !slices.ContainsFunc(changes, func(x collect.Change) bool { return !inside(x) })
}

// proved returns the values that a fact in flight on the host has where it was proved; none where it is not in flight.
func (c change) proved(a drift.Address) []drift.Value {
	var values []drift.Value
	for _, row := range c.rows {
		if row.Address == a && c.moves(row) {
			for _, g := range row.From {
				values = append(values, g.Value)
			}
		}
	}
	return values
}

// moves reports whether a row is about the host.
func (c change) moves(row drift.Row) bool {
	return slices.ContainsFunc(row.To, func(g drift.Group) bool { return g.Differs && slices.Contains(g.Hosts, c.host.ID) })
}

// becomes reports whether a fact in flight on the host becomes what a preview says, "absent" for nothing.
func (c change) becomes(a drift.Address, to string) bool {
	want := drift.String(to)
	if to == "absent" {
		want = drift.Value{}
	}
	return slices.ContainsFunc(c.proved(a), want.Equal)
}

// debian reports whether a version of a Debian package is in flight. Puppet installs a new package without a version as
// "present": then the package must be new on this host.
func (c change) debian(name string, x collect.Change) bool {
	at := drift.Address("deb").Key(name).Attr("version")
	if x.Property != "" || x.To == "" {
		return false
	}
	if c.preview.Format == "puppet" && (x.To == "present" || x.To == "installed") && x.From == "absent" {
		return slices.ContainsFunc(c.proved(at), func(v drift.Value) bool { return v.Kind == drift.Known })
	}
	return c.becomes(at, x.To)
}

// python reports whether a version of a Python package is in flight, in a virtual environment that the command names, or in
// any where it names none.
func (c change) python(name string, x collect.Change) bool {
	if x.Property != "" || x.To == "" {
		return false
	}
	var venvs []string
	for _, section := range c.host.Collector("python") {
		if !section.Question && strings.HasPrefix(section.Scope, "/") {
			venvs = append(venvs, section.Scope)
		}
	}
	named := slices.DeleteFunc(slices.Clone(venvs), func(venv string) bool { return !strings.Contains(c.preview.Run, venv+"/") })
	if len(named) > 0 {
		venvs = named
	}
	return slices.ContainsFunc(venvs, func(venv string) bool {
		return c.becomes(drift.Address("python").Key(venv).Attr("packages").Key(name).Attr("version"), x.To)
	})
}

// file reports whether a change of a file is in flight. Of its content only that can be told: tools show a digest of it, and
// what staging has may be worded with other variables. When the deployment is recorded, its content is compared.
func (c change) file(path string, x collect.Change) bool {
	at := drift.Address("file").Key(path)
	switch {
	case x.Property == "content":
		return slices.ContainsFunc(c.rows, func(row drift.Row) bool { return row.Address.Below(at) && isContent(row.Address, at) && c.moves(row) })
	case x.To == "":
		return false
	case x.Property != "":
		return c.becomes(at.Attr(x.Property), x.To)
	case x.To == "absent":
		return c.becomes(at, "absent")
	}
	kind := x.To
	if kind == "present" {
		kind = "file"
	}
	isThere := func(v drift.Value) bool { return v.Kind == drift.Known }
	return c.becomes(at.Attr("type"), kind) || x.From == "absent" && slices.ContainsFunc(c.proved(at), isThere)
}

// isContent reports whether a fact below a file says what is in it.
func isContent(a, file drift.Address) bool {
	switch a {
	case file, file.Attr("mode"), file.Attr("owner"), file.Attr("group"), file.Attr("type"), file.Attr("target"):
		return false
	}
	return true
}

// service reports whether a change of a unit is in flight, or a restart of one that belongs to a component that is.
func (c change) service(name string, x collect.Change) bool {
	unit := name
	if !strings.Contains(name, ".") {
		unit += ".service"
	}
	at := drift.Address("service").Key(unit)
	switch {
	case x == collect.Change{Property: "refresh"}:
		return slices.ContainsFunc(c.components, func(component policies.Component) bool { return c.deploys(component, unit) })
	case x.To == "running":
		return c.becomes(at.Attr("active"), "active")
	case x.To == "stopped":
		return c.becomes(at.Attr("active"), "inactive")
	case x.Property == "enable" && x.To == "true":
		return c.becomes(at.Attr("enabled"), "enabled")
	case x.Property == "enable" && x.To == "false":
		return c.becomes(at.Attr("enabled"), "disabled")
	}
	return false
}

// deploys reports whether a unit is of a component of which something is in flight on the host.
func (c change) deploys(component policies.Component, unit string) bool {
	isUnit := func(name string) bool { return name == unit || name+".service" == unit }
	if !slices.ContainsFunc(component.Units, isUnit) || len(component.Roles) > 0 && !slices.Contains(component.Roles, c.host.ID.Role) {
		return false
	}
	return slices.ContainsFunc(c.rows, func(row drift.Row) bool {
		return c.moves(row) && drift.FirstCovering(component.Carries, row.Address) >= 0
	})
}
