package gate

import (
	"slices"

	"github.com/seed-313c021b/gate/drift"
)

// causes tells which rows could not be told for the same cause. A host that broke off in the middle, or a folder that may
// not be read, leaves many rows untold, some of them for a second cause on another host too: all of them are one finding,
// or a report of four causes would have twenty. The map leads from each cause to one that it stands with, as in a
// union-find, and from the last one to itself.
type causes map[string]string

func causesOf(rows []drift.Row) causes {
	c := causes{}
	for _, row := range rows {
		list := whyUntold(row)
		for _, cause := range list {
			if c[cause] == "" {
				c[cause] = cause
			}
			c[c.of(cause)] = c.of(list[0])
		}
	}
	return c
}

// of returns the one cause that stands for all that a cause stands with.
func (c causes) of(cause string) string {
	for c[cause] != cause {
		cause = c[cause]
	}
	return cause
}

// key returns the same text for all rows of one cause.
func (c causes) key(row drift.Row) string { return c.of(whyUntold(row)[0]) }

// whyUntold returns why a row could not be told: a reason on a host each.
func whyUntold(row drift.Row) []string {
	var list []string
	if row.Class != drift.Untold {
		return nil
	}
	for _, g := range slices.Concat(row.From, row.To) {
		if g.Value.Kind != drift.Unknown {
			continue
		}
		for _, h := range g.Hosts {
			list = append(list, g.Value.Text+"\x00"+h.String())
		}
	}
	return list
}
