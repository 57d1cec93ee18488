package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

// entry is a setting in a configuration file, with what it was and what it is.
type entry struct {
	file, key string
	old, new  []gate.Values
}

// entries divides the items of a finding into settings of files, of which a diff can be made, and the others. What a change
// brings is new on its target; else what the target has is, as seen from the other side.
func entries(f gate.Finding) (list []entry, others []gate.Item) {
	for _, item := range f.Items {
		file, key, is := setting(item)
		switch {
		case !is, strings.HasPrefix(f.Code, "unknown."):
			others = append(others, item)
		case f.Code == inFlight:
			list = append(list, entry{file, key, item.To, item.From})
		default:
			list = append(list, entry{file, key, item.From, item.To})
		}
	}
	return list, others
}

// setting returns which setting of which file an item is about, false where it is about none.
func setting(item gate.Item) (file, key string, ok bool) {
	address, err := drift.ParseAddress(item.Address)
	if err != nil {
		return "", "", false // a result from a file may say anything
	}
	steps := address.Steps()
	if len(steps) != 4 || address.Collector() != "file" || !steps[1].IsKey || steps[2].Text != "entries" || !steps[3].IsKey {
		return "", "", false
	}
	return steps[1].Text, steps[3].Text, true
}

// diff writes settings as a diff, file by file. Each line of it begins with a sign of ours, so that nothing in it can end
// it; what is longer than a line is cut.
func (m *markdown) diff(f gate.Finding, list []entry) string {
	var before, after []gate.Item
	for _, e := range list {
		before, after = append(before, gate.Item{From: e.old}), append(after, gate.Item{To: e.new})
	}
	old, now := m.sideName(before, fromSide), m.sideName(after, toSide)
	lines := []string{"--- " + clip(old, 120), "+++ " + clip(now, 120)}
	if f.Code == inFlight {
		to := clip(printable(m.verdict.To), 100)
		lines = []string{"--- " + to + " now", "+++ " + to + " after this change"}
	}
	file := ""
	for i, e := range list {
		if i == 0 || e.file != file {
			file = e.file
			lines = append(lines, "@@ "+clip(printable(file), 200)+" @@")
		}
		lines = append(lines, m.diffEntry(e, old, now)...)
	}
	return "```diff\n" + strings.Join(lines, "\n") + "\n```\n"
}

// diffEntry writes what a setting was and is. Of a file that is kept as lines, those that differ.
func (m *markdown) diffEntry(e entry, old, now string) []string {
	if e.key == "lines" && len(e.old) == 1 && len(e.new) == 1 {
		before, isText := textLines(e.old[0])
		after, isTextToo := textLines(e.new[0])
		gone, come := without(before, after), without(after, before)
		if isText && isTextToo && len(gone)+len(come) > 0 {
			return slices.Concat(signed("-", gone), signed("+", come))
		}
	}
	lines := slices.Concat(m.diffValues("-", e.key, e.old, old), m.diffValues("+", e.key, e.new, now))
	if len(lines) == 0 {
		return []string{"# " + clip(printable(e.key), 120)}
	}
	return lines
}

// diffValues writes what one side has: where only some of its hosts differ, what these have. What is absent has no line,
// unless only some of the hosts lack it.
func (m *markdown) diffValues(sign, key string, values []gate.Values, column string) []string {
	key = clip(printable(key), 120)
	some := slices.ContainsFunc(values, func(v gate.Values) bool { return v.Differs })
	var lines []string
	for _, v := range values {
		hosts := m.hosts(v.Hosts)
		switch where := clip(hosts, 120); {
		case some && !v.Differs:
		case v.Kind == "unknown":
			lines = append(lines, "# "+key+" could not be told on "+where+": "+clip(printable(v.Why), 200))
		case v.Kind == "absent" && hosts != column:
			lines = append(lines, "# "+key+" is absent on "+where)
		case v.Kind == "absent":
		case hosts != column && column != "":
			lines = append(lines, sign+key+" = "+clip(printable(v.Value), 200)+"   # "+where)
		default:
			lines = append(lines, sign+key+" = "+clip(printable(v.Value), 200))
		}
	}
	if n := len(lines) - maxLines; n > 0 {
		lines = append(lines[:maxLines], fmt.Sprintf("# %d more values", n))
	}
	return lines
}

// textLines returns the lines of a file that is kept as lines.
func textLines(v gate.Values) (lines []string, ok bool) {
	err := json.Unmarshal([]byte(v.JSON), &lines)
	return lines, err == nil && v.Kind == "known"
}

// without returns the lines that are not among others.
func without(lines, others []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return slices.Contains(others, line) })
}

const diffLines = 20 // of one side of a file that is kept as lines

// signed writes the first lines with a sign before each.
func signed(sign string, lines []string) []string {
	var list []string
	for _, line := range lines[:min(diffLines, len(lines))] {
		list = append(list, sign+clip(printable(line), 200))
	}
	if n := len(lines) - diffLines; n > 0 {
		list = append(list, fmt.Sprintf("# %s more", thousands(n)))
	}
	return list
}

const (
	shownEntries = 10    // of a change, that are not folded
	shownDiff    = 2_000 // bytes
)

// changeDiff writes the settings that a change brings, if they are few, and the finding without them.
func (m *markdown) changeDiff(f gate.Finding) (diff string, rest gate.Finding) {
	list, others := entries(f)
	if len(list) == 0 || len(list) > shownEntries {
		return "", f
	}
	if diff = m.diff(f, list); len(diff) > shownDiff {
		return "", f
	}
	f.Items = others
	return diff, f
}
