package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/report"
)

// brief is a report in a few lines: its head, what each finding that counts is about, what to do, and what was recorded.
// Findings that an earlier report had, by their titles in told, are only counted, and told gets the others.
func brief(run demoRun, told map[string]bool) string {
	var b strings.Builder
	lines := strings.Split(run.out, "\n")
	fmt.Fprintln(&b, strings.Join(lines[:min(2, len(lines))], "\n"))
	above := 0
	for _, f := range run.verdict.Findings {
		switch {
		case f.Effect == gate.Informs && (f.Code != "change.in_flight" || above > 0):
		case f.Effect != gate.Informs && told[f.Title]:
			above++
		default:
			told[f.Title] = true
			if f.Code == "change.in_flight" {
				fmt.Fprintf(&b, "THIS CHANGE   %s\n", f.Title)
			} else {
				fmt.Fprintf(&b, "%2d %s\n", f.Number, f.Title)
			}
			for _, line := range gist(f) {
				fmt.Fprintf(&b, "   %s\n", line)
			}
		}
	}
	if above > 0 {
		fmt.Fprintf(&b, "   and the %d above\n", above)
	} else if i := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "DO NEXT") }); i >= 0 {
		steps := lines[i:]
		fmt.Fprintln(&b, strings.Join(steps[:slices.Index(steps, "")], "\n"))
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "recorded: ") {
			fmt.Fprintln(&b, line)
		}
	}
	return b.String()
}

// gist is what a finding is about: the most telling of its items, and the first of what more is known.
func gist(f gate.Finding) []string {
	var lines []string
	if len(f.Items) > 0 && f.Code != "rule.failed" {
		item := f.Items[max(0, slices.IndexFunc(f.Items, telling))]
		label := item.Label
		if f.Code == "change.in_flight" {
			label = item.Address
		}
		line := label + "   " + demoStep(f.Code, item)
		if n := len(f.Items) - 1; n > 0 {
			line += fmt.Sprintf("   (+ %d more)", n)
		}
		lines = append(lines, line)
	}
	if len(f.Detail) > 0 {
		lines = append(lines, report.Wrap(f.Detail[0], demoWidth-3)...)
	}
	return lines
}

// telling reports whether an item is about something that is gone, or about a package that would be another.
func telling(item gate.Item) bool {
	return slices.ContainsFunc(item.To, func(v gate.Values) bool {
		return v.Kind == "absent" || len(item.From) == 0 && strings.Contains(v.Value, " -> ")
	})
}

// demoStep says what an item is on the two sides, or what would become of it.
func demoStep(code string, item gate.Item) string {
	from, to := demoShown(item.From), demoShown(item.To)
	switch {
	case from == "":
		return to
	case code == "change.in_flight":
		return to + " -> " + from
	}
	return from + " | " + to
}

func demoShown(values []gate.Values) string {
	var texts []string
	for _, v := range values {
		texts = append(texts, v.Value)
	}
	return strings.Join(texts, ", ")
}
