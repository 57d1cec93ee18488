package gate

import (
	"slices"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// unmarked returns rows without those that only say that markers name different commits, where all of these lead to
// contents: which content is where is judged by the ledger (see promotion), which knows that two commits have the same one,
// and that a candidate contains a hotfix. Hosts of one side that show different contents stay a row. The marks of what is
// promoted are returned too, as what they are: a part of the change.
func (d *decision) unmarked(rows []drift.Row) (rest, marks []drift.Row) {
	if d.History == nil || d.History.ID == "" || d.Commits == nil {
		return rows, nil
	}
	for _, row := range rows {
		i := slices.IndexFunc(d.Policy.Promoted(), func(c policies.Component) bool { return c.Marker == row.Address && d.resolves(c, row) })
		switch {
		case i < 0:
			rest = append(rest, row)
		case row.Class != drift.Within && d.Candidate != nil && d.moves(d.Policy.Promoted()[i].Name):
			row.Class = drift.InFlight
			marks = append(marks, row)
		}
	}
	return rest, marks
}

// moves reports whether the candidate brings another content of a component.
func (d *decision) moves(component string) bool {
	_, ok := contentOf(d.moving(), component)
	return ok
}

// resolves reports whether all values of a row lead to contents of a component: of hosts that should agree with each other,
// to the same one.
func (d *decision) resolves(component policies.Component, row drift.Row) bool {
	observer := Observer{Policy: d.Policy, Commits: d.Commits, History: d.History}
	var contents []Content
	for _, g := range slices.Concat(row.From, row.To) {
		text, ok := g.Value.AsString()
		if !ok || !runsOn(component, g.Hosts) {
			return false
		}
		c, ok := observer.resolve(component, text)
		if !ok {
			return false
		}
		contents = append(contents, c)
	}
	switch row.Class {
	case drift.InFlight, drift.Ahead, drift.Skipped, drift.Diverged, drift.Unexplained:
		return true
	case drift.Within:
		return !slices.ContainsFunc(contents, func(c Content) bool { return c.ID != contents[0].ID })
	}
	return false
}

func runsOn(c policies.Component, hosts []drift.HostID) bool {
	return len(c.Roles) == 0 || !slices.ContainsFunc(hosts, func(h drift.HostID) bool { return !slices.Contains(c.Roles, h.Role) })
}

// resolve returns the content of a component that a marker's value leads to, false where it leads to none.
func (o Observer) resolve(component policies.Component, value string) (Content, bool) {
	r := (&look{Observer: o, component: component}).resolve(value)
	return r.content, r.why == ""
}
