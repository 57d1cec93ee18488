package report

import (
	"fmt"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// mostLimits is how many of the things that were not compared a report names in its first lines.
const mostLimits = 3

// limitLines says for the first lines of a report what was not compared or not judged, in plain text.
func limitLines(limits []gate.Finding) []string {
	var lines []string
	for _, f := range limits[:min(mostLimits, len(limits))] {
		line := f.Title
		if f.Policy != nil {
			line += fmt.Sprintf(" (%s:%d)", f.Policy.File, f.Policy.Line)
		}
		lines = append(lines, line)
	}
	if n := len(limits) - mostLimits; n > 0 {
		lines = append(lines, fmt.Sprintf("+ %d more, not compared or not judged: see below", n))
	}
	return lines
}

// unread says of which roles no host was read.
func unread(v *gate.Verdict) string {
	return "no host of " + strings.Join(v.Unread, ", ") + " could be read, and so this result counts"
}

// facts says how many facts were compared, and how many were not.
func facts(c gate.Counts) string {
	text := thousands(c.Alike) + " facts alike"
	if c.Read > 0 {
		text += ", " + thousands(c.Read) + " read and compared with nothing"
	}
	if c.NotCompared > 0 {
		text += ", " + thousands(c.NotCompared) + " read on one side only"
	}
	return text + ", " + leftOut(c.LeftOut)
}
