package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

const leadItems = 3 // items of a finding that its sentence names

// sentence writes a finding for a cell: its title, and in the long form its first items, details and policy line.
func (m *markdown) sentence(f gate.Finding, form form) string {
	length := map[bool]int{true: 300, false: 120}[form == long]
	s := "**" + prose(clip(printable(f.Title), length)) + "**"
	if form != long {
		return s
	}
	if items := m.lead(f); items != "" {
		s += ": " + items
	}
	for _, line := range f.Detail[:min(2, len(f.Detail))] {
		s += ". " + prose(clip(printable(line), 200))
	}
	if n := len(f.Detail) - 2; n > 0 {
		s += fmt.Sprintf(", and %s", plural(n, "more line"))
	}
	if f.Policy != nil && ofPolicy(m.verdict, f.Policy.File) {
		place := code(fmt.Sprintf("%s:%d", f.Policy.File, f.Policy.Line))
		s += " (" + m.link(place, f.Policy) + ")"
	}
	return s
}

// link links to a line of the policy, where the caller knows where that can be read.
func (m *markdown) link(text string, p *gate.Position) string {
	if m.options.Files == "" {
		return text
	}
	return href(text, fmt.Sprintf("%s/%s#L%d", m.options.Files, escapedPath(p.File), p.Line))
}

// lead names the first items of a finding, unless its title or its details say what they do.
func (m *markdown) lead(f gate.Finding) string {
	if f.Code == "rule.failed" || strings.HasPrefix(f.Code, "unknown.") {
		return ""
	}
	var parts []string
	for _, item := range f.Items[:min(leadItems, len(f.Items))] {
		from, to := brief(item.From, f.Code == inFlight), brief(item.To, f.Code == inFlight)
		part := code(clip(printable(item.Label), 80)) + " "
		switch {
		case f.Code == inFlight:
			part += to + " → " + from
		case from == "":
			part += to
		default:
			part += fmt.Sprintf("%s (%s: %s)", to, m.fromName(), from)
		}
		parts = append(parts, strings.TrimSpace(part))
	}
	if n := len(f.Items) - len(parts); n > 0 {
		parts = append(parts, fmt.Sprintf("%s more", thousands(n)))
	}
	return strings.Join(parts, ", ")
}

// fromName names the side that the target is compared with.
func (m *markdown) fromName() string {
	if len(m.verdict.From) == 0 {
		return "the others"
	}
	return prose(strings.Join(m.verdict.From, ", "))
}

// brief writes what a side has: of values that differ the first two.
func brief(values []gate.Values, all bool) string {
	list := unique(values, !all)
	if len(list) == 0 {
		list = unique(values, false)
	}
	var parts []string
	for _, value := range list[:min(2, len(list))] {
		parts = append(parts, prose(clip(value, 60)))
	}
	if n := len(list) - len(parts); n > 0 {
		parts = append(parts, fmt.Sprintf("%d more", n))
	}
	return strings.Join(parts, " or ")
}

// details returns what is folded, the most important first: what each finding is about, what is worth knowing, waivers.
func (m *markdown) details(items int) []string {
	var blocks []string
	for _, f := range m.verdict.Findings {
		if f.Effect == gate.Informs && f.Code != inFlight || m.awaits(f) {
			continue
		}
		if len(f.Items) > leadItems || len(f.Items) > 0 && m.lead(f) == "" {
			title := fmt.Sprintf("Finding %d: %s, by host", f.Number, plural(len(f.Items), "item"))
			blocks = append(blocks, fold(title, m.itemTable(f, items)+m.detailLines(f)))
		} else if len(f.Detail) > 2 {
			blocks = append(blocks, fold(fmt.Sprintf("Finding %d: %s", f.Number, plural(len(f.Detail), "line")), m.detailLines(f)))
		}
	}
	var also strings.Builder
	n := 0
	for _, f := range m.verdict.Findings {
		if f.Effect == gate.Informs && !open(f) && f.Code != inFlight {
			n++
			fmt.Fprintf(&also, "- %s\n", m.sentence(f, long))
		}
	}
	if n > 0 {
		blocks = append(blocks, fold(plural(n, "thing")+" to know", also.String()))
	}
	if waivers := m.waivers(); len(waivers) > 0 {
		var b strings.Builder
		for _, w := range waivers {
			fmt.Fprintf(&b, "- %s\n", prose(w))
		}
		blocks = append(blocks, fold(plural(len(waivers), "waiver")+" that ends soon", b.String()))
	}
	return blocks
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
	fmt.Fprintf(&b, "| %s | %s | %s |\n|---|---|---|\n", code(clip(f.Subject, 200)), prose(from), prose(to))
	for _, item := range shown {
		label := code(clip(printable(item.Label), 200))
		if item.Note != "" {
			label += ": " + prose(clip(printable(item.Note), 200))
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", label, cells(m.side(item.From, from)), cells(m.side(item.To, to)))
	}
	if n := len(f.Items) - len(shown); n > 0 {
		fmt.Fprintf(&b, "\n%s more: `gate explain %d`\n", thousands(n), f.Number)
	}
	return b.String()
}

// cells writes the values of one side in one cell.
func cells(list []cell) string {
	var parts []string
	for _, c := range list[:min(maxLines, len(list))] {
		part := prose(clip(c.value, 300))
		if c.hosts != "" {
			part += " (" + prose(c.hosts) + ")"
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
	if len(f.Detail) <= 2 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n")
	for _, line := range f.Detail[:min(maxDetail, len(f.Detail))] {
		fmt.Fprintf(&b, "- %s\n", prose(clip(printable(line), 400)))
	}
	if n := len(f.Detail) - maxDetail; n > 0 {
		fmt.Fprintf(&b, "- %d more lines: `gate explain %d`\n", n, f.Number)
	}
	return b.String()
}

const maxDetail = 100 // lines

// foot says what the report rests on, and what is not in it.
func (m *markdown) foot(cut bool) string {
	v := m.verdict
	read := 0
	for _, h := range v.Hosts {
		if h.Read {
			read++
		}
	}
	parts := []string{fmt.Sprintf("%d of %s read whole", read, plural(len(v.Hosts), "host"))}
	if m.options.Origin != "" {
		parts = append(parts, prose(clip(printable(m.options.Origin), 400)))
	}
	parts = append(parts, thousands(v.Counts.Alike)+" facts alike, "+leftOut(v.Counts.LeftOut))
	if len(v.NotEvaluated) > 0 {
		parts = append(parts, "Not evaluated by this version: "+prose(clip(printable(strings.Join(v.NotEvaluated, ", ")), 400)))
	}
	policy := &gate.Position{File: v.Policy.Path, Line: 1}
	parts = append(parts, "Policy "+m.link(code(v.Policy.Path), policy)+" "+code(v.Policy.Digest[:min(7, len(v.Policy.Digest))]))
	if len(v.Findings) > 0 {
		parts = append(parts, "Every value: `gate explain NUMBER`")
	}
	if whole := href("Whole report", m.options.Whole); whole != "Whole report" {
		parts = append(parts, whole)
	}
	if cut {
		parts = slices.Insert(parts, 0, "Some details are left out here")
	}
	return "\n<sub>" + strings.Join(parts, ". ") + ".</sub>\n"
}
