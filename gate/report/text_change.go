package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// proved reports whether nothing stands against the candidate itself, overridden or not, though something does against
// promoting it.
func proved(v *gate.Verdict) bool {
	return v.Candidate != nil && len(v.From) > 0 && v.Outcome != gate.Pass && !slices.ContainsFunc(v.Findings, func(f gate.Finding) bool {
		return (f.Effect != gate.Informs || f.Overridden != "") && strings.HasPrefix(f.Code, "promotion.")
	})
}

// proposal says what is to be promoted.
func (t *text) proposal(c *gate.Proposal) string {
	what := strings.Join(c.Components, ", ") + " " + gate.Short(c.Commit)
	if len(c.Components) == 0 {
		what = gate.Short(c.Commit)
	}
	subject := printable(what) + " -> " + printable(t.verdict.To)
	if c.Rollback {
		subject += "   rollback to"
	}
	tail := ""
	if c.Commits > 0 {
		tail = fmt.Sprintf(" (%s, %s)", plural(c.Commits, "commit"), plural(c.Files, "file"))
	}
	room := pageWidth - 10 - columns(subject) - columns(tail) - len(`   ""`)
	return subject + `   "` + clip(printable(c.Subject), max(20, room)) + `"` + tail
}

// inFlight is the code of the finding that tells of the change itself.
const inFlight = "change.in_flight"

// flight writes what the target has now, and what would come to it.
func (t *text) flight(f gate.Finding, most int) {
	width := 0
	shown := f.Items[:min(most, len(f.Items))]
	for _, item := range shown {
		width = max(width, columns(printable(item.Address)))
	}
	width = min(width, pageWidth*3/5)
	for _, item := range shown {
		label := printable(item.Address)
		step := strings.Join(unique(item.To, true), ", ") + " -> " + strings.Join(unique(item.From, false), ", ")
		if columns(label) > width || 3+width+3+columns(step) > pageWidth {
			t.printf("   %s\n       %s\n", label, clip(step, pageWidth-7))
			continue
		}
		t.printf("   %s%s%s\n", label, strings.Repeat(" ", width-columns(label)+3), step)
	}
	if n := len(f.Items) - len(shown); n > 0 {
		t.printf("   + %d more: gate explain %d\n", n, f.Number)
	}
}

// unique returns the values of a side, those that differ only where that is asked for.
func unique(values []gate.Values, differing bool) []string {
	var list []string
	for _, v := range values {
		if text := printable(v.Value); (v.Differs || !differing) && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}
