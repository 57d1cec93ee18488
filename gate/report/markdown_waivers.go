package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// endSoon returns the waivers that cover something and end within two weeks of the verdict.
func endSoon(v *gate.Verdict) []gate.Waiver {
	var list []gate.Waiver
	for _, w := range v.Waivers {
		if left := w.Expires.Sub(v.At); w.Covers > 0 && left > 0 && left < 14*24*time.Hour {
			list = append(list, w)
		}
	}
	return list
}

// daysLeft returns how many whole days a waiver still has.
func daysLeft(v *gate.Verdict, w gate.Waiver) int { return int(w.Expires.Sub(v.At).Hours() / 24) }

// ending writes which waivers end soon.
func (m *markdown) ending() string {
	waivers := endSoon(m.verdict)
	if len(waivers) == 0 {
		return ""
	}
	ends := plural(len(waivers), "waiver") + " end"
	if len(waivers) == 1 {
		ends += "s"
	}
	var b strings.Builder
	for _, w := range waivers {
		fmt.Fprintf(&b, "- %s\n", m.waiver(w))
	}
	if m.issue {
		return fold(ends+" soon", b.String())
	}
	first, last := daysLeft(m.verdict, waivers[0]), daysLeft(m.verdict, waivers[0])
	for _, w := range waivers {
		first, last = min(first, daysLeft(m.verdict, w)), max(last, daysLeft(m.verdict, w))
	}
	days := inDays(last)
	if first < last {
		days = fmt.Sprintf("%d to %s", first, days)
	}
	return fold(ends+" in "+days, b.String())
}

func inDays(n int) string {
	if n == 0 {
		return "less than a day"
	}
	return plural(n, "day")
}

// waiver writes when a waiver ends, and what it is for. An issue has no days: they would be others each night.
func (m *markdown) waiver(w gate.Waiver) string {
	in := ""
	if !m.issue {
		in = ", in " + inDays(daysLeft(m.verdict, w))
	}
	return fmt.Sprintf("Waiver %s ends on %s%s. It covers %s. Owner %s: %s", code(clip(printable(w.Name), 100)), prose(w.Expires.UTC().Format("2 Jan 2006 15:04 MST")), in,
		plural(w.Covers, "difference"), brief(w.Owner, 100), brief(w.Reason, 200))
}
