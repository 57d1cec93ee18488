package gate

import (
	"slices"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// failure is a rule that fails on a host and blocks. Of one with for_each, key is what it fails for.
type failure struct {
	rule    *policies.Rule
	finding int // its index in the verdict
	host    drift.HostID
	key     string
}

// tells reports whether a difference of a host at an address says no more than the failure does.
func (f failure) tells(h drift.HostID, a drift.Address) bool {
	return f.host == h &&
		slices.ContainsFunc(f.rule.Facts, func(p drift.Pattern) bool { return p.Covers(a) }) &&
		(!f.rule.ForEach() || slices.Contains(a.Steps(), drift.Step{Text: f.key, IsKey: true}))
}

// fold puts the rows that say what a failed rule says already into that rule's finding, and returns the others. A damaged
// virtual environment is one finding so, and not one more for each fact that tells of the damage. What is folded blocks
// still, since the rule does; where the rule does not fail, is advisory, waived or overridden, the row stays: that lets the
// rule through, and no drift.
func (d *decision) fold(rows []drift.Row) []drift.Row {
	var left []drift.Row
	for _, row := range rows {
		i, ok := d.toldBy(row)
		if !ok {
			left = append(left, row)
			continue
		}
		f := &d.verdict.Findings[i]
		f.Items = append(f.Items, Item{Address: string(row.Address), Label: string(row.Address), From: values(row.Address, row.From), To: values(row.Address, row.To)})
	}
	return left
}

// toldBy returns the finding of the rule that says all that a row does.
func (d *decision) toldBy(row drift.Row) (finding int, ok bool) {
	if !isDrift(row.Class) || hasUnknown(row) {
		return 0, false
	}
	overridden := len(d.failures) > 0 && d.overridden("rule.failed")
	for _, f := range d.failures {
		if overridden && f.rule.Enforcement != policies.Hard {
			continue
		}
		rest := less(row, func(h drift.HostID, _ drift.Value) bool {
			return slices.ContainsFunc(d.failures, func(g failure) bool { return g.finding == f.finding && g.tells(h, row.Address) })
		})
		if !differs(rest) {
			return f.finding, true
		}
	}
	return 0, false
}

func hasUnknown(row drift.Row) bool {
	return slices.ContainsFunc(slices.Concat(row.From, row.To), func(g drift.Group) bool { return g.Value.Kind == drift.Unknown })
}

// isDrift reports whether a class is a difference that should not be.
func isDrift(c drift.Class) bool {
	switch c {
	case drift.Ahead, drift.Skipped, drift.Diverged, drift.Unexplained, drift.Within:
		return true
	}
	return false
}
