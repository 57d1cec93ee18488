package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// exceptions says in a few words what a verdict lets through: with such it does not say that nothing stands against it.
func exceptions(v *gate.Verdict) []string {
	n := map[string]int{}
	for _, f := range v.Findings {
		n[f.Code]++
		if f.Overridden != "" {
			n["overridden"]++
		}
	}
	waivers, covers := 0, 0
	for _, w := range v.Waivers {
		if w.Covers > 0 {
			waivers, covers = waivers+1, covers+w.Covers
		}
	}
	var list []string
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{n["overridden"], "1 finding is overridden", "%d findings are overridden"},
		{n["override.deployed"], "1 component is there by an override", "%d components are there by an override"},
		{n["set_aside.active"], "1 host is set aside", "%d hosts are set aside"},
		{waivers, "1 waiver covers " + covered(covers), "%d waivers cover " + covered(covers)},
	} {
		switch part.n {
		case 0:
		case 1:
			list = append(list, part.one)
		default:
			list = append(list, fmt.Sprintf(part.many, part.n))
		}
	}
	return list
}

// overridden reports whether a finding with a code that begins so is overridden.
func overridden(v *gate.Verdict, prefix string) bool {
	return slices.ContainsFunc(v.Findings, func(f gate.Finding) bool { return f.Overridden != "" && strings.HasPrefix(f.Code, prefix) })
}

// covered counts what waivers cover: differences, a value of a host each, and failures of rules.
func covered(n int) string {
	if n == 1 {
		return "1 difference or failed rule"
	}
	return thousands(n) + " differences or failed rules"
}

// waivers writes those that cover something.
func (t *text) waivers() {
	first := !slices.ContainsFunc(t.verdict.Findings, open)
	for _, w := range t.verdict.Waivers {
		if w.Covers == 0 {
			continue
		}
		if first {
			t.printf("\n%s\n", t.color("1", "IN THE OPEN"))
			first = false
		}
		line := fmt.Sprintf("waiver %q of %s covers %s until %s: %s", printable(w.Name), printable(w.Owner), covered(w.Covers),
			w.Expires.Format("2 Jan 2006 15:04 MST"), printable(w.Reason))
		for _, line := range Wrap(line, pageWidth-3) {
			t.printf("   %s\n", line)
		}
	}
}
