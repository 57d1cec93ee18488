package report

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// details yields what is folded, the most important first: what was only counted, what each finding is about, what is
// worth knowing, and waivers.
func (m *markdown) details(used form, items int) iter.Seq[string] {
	return func(yield func(string) bool) {
		if used == counted {
			for some := range slices.Chunk(m.standing(), foldedRows) {
				if !yield(fold("Findings "+numbers(some), m.rows(some))) {
					return
				}
			}
		}
		for _, f := range m.verdict.Findings {
			if f.Effect == gate.Informs && f.Code != inFlight || m.awaits(f) {
				continue
			}
			if f.Code == inFlight && used == long {
				_, f = m.changeDiff(f) // the diff is shown already
			}
			if block := m.detail(f, items); block != "" && !yield(block) {
				return
			}
		}
		for _, block := range []string{m.headPolicyChanges(), m.also(items), m.ending()} {
			if block != "" && !yield(block) {
				return
			}
		}
	}
}

const foldedRows = 50 // findings that are folded together

// rows writes findings by their titles.
func (m *markdown) rows(findings []gate.Finding) string {
	var b strings.Builder
	b.WriteString("| | What | Where |\n|---|---|---|\n")
	for _, f := range findings {
		b.WriteString(m.row(f, short))
	}
	return b.String()
}

// detail writes what the sentence of a finding has no room for.
func (m *markdown) detail(f gate.Finding, items int) string {
	settings, others := entries(f)
	var what []string
	var body string
	if n := len(settings); n > 0 {
		what = append(what, fmt.Sprintf("%s as a diff", entriesOf(n)))
		body += m.diff(f, settings[:min(items, n)]) + m.more(n-items, f)
	}
	if len(others) > 0 && (len(f.Items) > leadItems || !leads(f)) {
		what = append(what, plural(len(others), "item")+", by host")
		rest := f
		rest.Items = others
		body += m.itemTable(rest, items)
	}
	switch {
	case len(what) > 0:
		return fold(fmt.Sprintf("Finding %d: %s", f.Number, strings.Join(what, ", ")), body+m.detailLines(f))
	case len(f.Detail) > leadLines:
		return fold(fmt.Sprintf("Finding %d: %s", f.Number, plural(len(f.Detail), "line")), m.detailLines(f))
	}
	return ""
}

// entriesOf counts settings.
func entriesOf(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return thousands(n) + " entries"
}

// more says that n more items of a finding are left out, if they are.
func (m *markdown) more(n int, f gate.Finding) string {
	if n <= 0 {
		return ""
	}
	m.cut = true
	return fmt.Sprintf("\n%s more: `gate explain %d`\n", thousands(n), f.Number)
}

// also writes what is worth knowing.
func (m *markdown) also(most int) string {
	var b strings.Builder
	n := 0
	for _, f := range m.verdict.Findings {
		if f.Effect == gate.Informs && !open(f) && f.Code != inFlight {
			if n++; n <= most {
				fmt.Fprintf(&b, "- %s\n", m.sentence(f, long))
			}
		}
	}
	if n > most {
		m.cut = true
		fmt.Fprintf(&b, "- %d more\n", n-most)
	}
	if n == 0 {
		return ""
	}
	return fold(plural(n, "thing")+" to know", b.String())
}

// fold writes what is shown on a click. The title is ours: it is no place for text of others.
func fold(title, body string) string {
	return fmt.Sprintf("\n<details><summary>%s</summary>\n\n%s\n</details>\n", title, body)
}

// itemTable writes the items of a finding, with what each side has.
func (m *markdown) itemTable(f gate.Finding, most int) string {
	shown := f.Items[:min(most, len(f.Items))]
	from, to := m.sideName(shown, fromSide), m.sideName(shown, toSide)
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | %s | %s |\n|---|---|---|\n", code(clip(printable(f.Subject), 200)), brief(from, 120), brief(to, 120))
	for _, item := range shown {
		label := code(clip(printable(item.Label), 200))
		if item.Note != "" {
			label += ": " + brief(item.Note, 200)
		}
		if why := why(item); why != "" {
			label += ": " + brief(why, 200)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", label, cells(m.side(item.From, from)), cells(m.side(item.To, to)))
	}
	return b.String() + m.more(len(f.Items)-len(shown), f)
}

// why says why something of an item could not be told.
func why(item gate.Item) string {
	for _, v := range slices.Concat(item.From, item.To) {
		if v.Why != "" {
			return v.Why
		}
	}
	return ""
}

// cells writes the values of one side in one cell.
func cells(list []cell) string {
	var parts []string
	for _, c := range list[:min(maxLines, len(list))] {
		part := brief(c.value, 300)
		if c.hosts != "" {
			part += " (" + brief(c.hosts, 120) + ")"
		}
		parts = append(parts, part)
	}
	if n := len(list) - len(parts); n > 0 {
		parts = append(parts, fmt.Sprintf("%d more", n))
	}
	return strings.Join(parts, ", ")
}

// detailLines writes what more is known of a finding, where its sentence has no room for it.
func (m *markdown) detailLines(f gate.Finding) string {
	if len(f.Detail) <= leadLines {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n")
	for _, line := range f.Detail[:min(maxDetail, len(f.Detail))] {
		fmt.Fprintf(&b, "- %s\n", brief(line, 400))
	}
	if n := len(f.Detail) - maxDetail; n > 0 {
		fmt.Fprintf(&b, "- %d more lines: `gate explain %d`\n", n, f.Number)
	}
	return b.String()
}

const maxDetail = 100 // lines
