package gate

import (
	"maps"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// cause is a row of what could not be told, with one reason, and the key of the finding that it belongs to.
type cause struct {
	row drift.Row
	key string
}

// causesOf divides the rows of what could not be told by reason: one finding for each reason and collector, whatever it
// hides and on whichever hosts. What a host that broke off in the middle leaves untold is one finding too, over all
// collectors. The facts of a virtual environment stay together, since each of its packages has reasons of its own.
func causesOf(rows []drift.Row) []cause {
	type group struct{ collector, reason string }
	var list []cause
	var groups []group // of each in the list
	hosts := map[group]map[string]bool{}
	for _, row := range rows {
		if row.Class != drift.Untold {
			continue
		}
		if subject, _ := split(row.Address); strings.HasPrefix(subject, "python[") && codeOf(row) == "unknown.fact" {
			list, groups = append(list, cause{row, subject}), append(groups, group{})
			continue
		}
		for _, reason := range reasonsOf(row) {
			g := group{row.Address.Collector(), reason}
			if hosts[g] == nil {
				hosts[g] = map[string]bool{}
			}
			part := because(row, reason)
			for _, h := range untoldOn(part) {
				hosts[g][h] = true
			}
			list, groups = append(list, cause{row: part}), append(groups, g)
		}
	}
	for i, g := range groups {
		if list[i].key == "" {
			list[i].key = g.reason + "\x00" + strings.Join(slices.Sorted(maps.Keys(hosts[g])), "\x00")
		}
	}
	return list
}

// reasonsOf returns why a row could not be told, each reason once.
func reasonsOf(row drift.Row) []string {
	var reasons []string
	for _, g := range slices.Concat(row.From, row.To) {
		if g.Value.Kind == drift.Unknown && !slices.Contains(reasons, g.Value.Text) {
			reasons = append(reasons, g.Value.Text)
		}
	}
	return reasons
}

// because returns a row less what could not be told for another reason.
func because(row drift.Row, reason string) drift.Row {
	other := func(g drift.Group) bool { return g.Value.Kind == drift.Unknown && g.Value.Text != reason }
	row.From = slices.DeleteFunc(slices.Clone(row.From), other)
	row.To = slices.DeleteFunc(slices.Clone(row.To), other)
	return row
}

// untoldOn returns the hosts on which a row could not be told.
func untoldOn(row drift.Row) []string {
	var hosts []string
	for _, g := range slices.Concat(row.From, row.To) {
		if g.Value.Kind == drift.Unknown {
			hosts = append(hosts, ids(g.Hosts)...)
		}
	}
	return hosts
}
