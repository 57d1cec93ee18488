package drift

import (
	"slices"
	"strings"
)

// foreign notes the values of a section on the hosts of to that hold variables of other environments.
func (c *comparison) foreign(of *column) {
	if c.Vars == nil {
		return
	}
	type holder struct {
		host int
		fact Fact
	}
	var holders []holder
	for _, v := range of.variants {
		for _, f := range c.suspects(v) {
			for _, i := range v.hosts {
				holders = append(holders, holder{i, f})
			}
		}
	}
	slices.SortStableFunc(holders, func(a, b holder) int { return a.host - b.host })
	rows := map[string]int{}
	for _, x := range holders {
		if names := c.foreignIn(x.host, x.fact); len(names) > 0 {
			c.addForeign(rows, c.to.hosts[x.host].ID, x.fact, names)
		}
	}
}

// suspects returns the facts of a section that may hold a variable of another environment, on whatever host.
func (c *comparison) suspects(v *variant) []Fact {
	if name := v.section.Collector; name != "file" && name != "command" {
		return nil
	}
	var suspects []Fact
	for _, f := range v.section.Facts {
		if c.to.normals.suspect(f.Value) && (isSetting(f.Address) || leadsTo(f.Address)) && c.leftOut(v.host, v.section, f) == "" {
			suspects = append(suspects, f)
		}
	}
	return suspects
}

func (c *comparison) foreignIn(i int, f Fact) []string {
	if f.Value.Kind == Sealed {
		return strings.Fields(f.Value.Foreign)
	}
	_, names := c.to.normals.For(i).Apply(f.Address, f.Value.Text)
	return names
}

// addForeign notes a fact of a host in the row of the same address and variables, of which rows tells where it is.
func (c *comparison) addForeign(rows map[string]int, id HostID, f Fact, names []string) {
	key := string(f.Address) + "\x00" + strings.Join(names, "\x00")
	at, ok := rows[key]
	if !ok {
		at = len(c.result.Rows)
		rows[key] = at
		c.result.Rows = append(c.result.Rows, Row{Class: Foreign, Address: f.Address, Vars: names})
	}
	row := &c.result.Rows[at]
	i := slices.IndexFunc(row.To, func(g Group) bool { return g.Value == f.Value })
	if i < 0 {
		i = len(row.To)
		row.To = append(row.To, Group{Value: f.Value, Differs: true})
	}
	row.To[i].Hosts = append(row.To[i].Hosts, id)
}
