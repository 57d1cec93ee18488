package report

import (
	"fmt"
	"strings"
)

func (t *text) footer() {
	v := t.verdict
	read := 0
	for _, h := range v.Hosts {
		if h.Read {
			read++
		}
	}
	parts := []string{fmt.Sprintf("%d of %s read whole", read, plural(len(v.Hosts), "host"))}
	if t.options.Elapsed > 0 {
		parts[0] += fmt.Sprintf(" in %.1f s", t.options.Elapsed.Seconds())
	}
	if t.options.Origin != "" {
		parts = append(parts, printable(t.options.Origin))
	}
	parts = append(parts, facts(v.Counts))
	parts = append(parts, t.ending()...)
	if len(v.NotEvaluated) > 0 {
		parts = append(parts, "Not evaluated by this version: "+printable(strings.Join(v.NotEvaluated, ", ")))
	}
	parts = append(parts, "Policy "+printable(v.Policy.Path)+"@"+printable(v.Policy.Digest[:min(7, len(v.Policy.Digest))]))
	if len(v.Findings) > 0 {
		parts = append(parts, "Every value: gate explain NUMBER")
	}
	parts = append(parts, fmt.Sprintf("Exit %d", t.options.Exit))
	t.printf("\n%s\n", strings.Join(Wrap(strings.Join(parts, ". "), pageWidth), "\n"))
}

func (t *text) ending() []string {
	var parts []string
	for _, w := range endSoon(t.verdict) {
		parts = append(parts, fmt.Sprintf("Waiver %q ends in %s", printable(w.Name), inDays(daysLeft(t.verdict, w))))
	}
	return parts
}

func leftOut(counts map[string]int) string {
	total := 0
	var parts []string
	for _, who := range []string{"built in", "by policy"} {
		if n := counts[who]; n > 0 {
			total += n
			parts = append(parts, thousands(n)+" "+who)
		}
	}
	if total == 0 {
		return "none left out"
	}
	return thousands(total) + " left out (" + strings.Join(parts, ", ") + ")"
}
