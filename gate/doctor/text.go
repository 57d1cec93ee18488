package doctor

import (
	"fmt"
	"strings"
)

// Wrapping is how the lines of a report are made: Wrap breaks a text into lines of so many columns, and Line makes what others wrote
// harmless.
type Wrapping struct {
	Wrap func(text string, columns int) []string
	Line func(string) string
}

const width = 100

// Text writes findings for people: what is wrong and where, why it matters, and the mend.
func Text(list []Finding, w Wrapping) string {
	var b strings.Builder
	for i, f := range list {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s  %s\n", label(f.Severity), w.Line(f.Code))
		for _, p := range f.Places {
			fmt.Fprintf(&b, "  %s\n", w.Line(p.String()))
		}
		for _, paragraph := range []string{f.What, f.Why} {
			for _, line := range w.Wrap(w.Line(paragraph), width-4) {
				fmt.Fprintf(&b, "    %s\n", line)
			}
		}
		if f.Mend == "" {
			continue
		}
		sign := "  → "
		for line := range strings.SplitSeq(f.Mend, "\n") {
			fmt.Fprintf(&b, "%s%s\n", sign, w.Line(line))
			sign = "    "
		}
	}
	if len(list) > 0 {
		b.WriteString("\n")
	}
	b.WriteString(summary(list))
	return b.String()
}

func label(s Severity) string {
	return map[Severity]string{Open: "OPEN   ", Weak: "WEAK   ", Unknown: "UNKNOWN"}[s]
}

// summary counts findings in a line.
func summary(list []Finding) string {
	n := map[Severity]int{}
	for _, f := range list {
		n[f.Severity]++
	}
	if len(list) == 0 {
		return "gate is wired so that it can block: nothing was found.\n"
	}
	var parts []string
	for _, part := range []struct {
		n         int
		one, many string
	}{{n[Open], "way past gate", "ways past gate"}, {n[Weak], "weak point", "weak points"}, {n[Unknown], "thing that could not be told", "things that could not be told"}} {
		switch part.n {
		case 0:
		case 1:
			parts = append(parts, "1 "+part.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.many))
		}
	}
	return strings.Join(parts, ", ") + ".\n"
}
