package report

import (
	"fmt"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

const (
	leadItems = 3 // items of a finding that its sentence names
	leadLines = 2 // lines about it that follow it
)

// sentence writes a finding for a cell: its title, and in the long form its first items, details and policy line.
func (m *markdown) sentence(f gate.Finding, form form) string {
	if form == short {
		return "**" + brief(f.Title, 120) + "**"
	}
	s := "**" + brief(f.Title, 300) + "**"
	if items := m.lead(f); items != "" {
		s += ": " + items
	}
	for _, line := range f.Detail[:min(leadLines, len(f.Detail))] {
		s += "<br>" + brief(line, 200)
	}
	if n := len(f.Detail) - leadLines; n > 0 {
		s += fmt.Sprintf("<br>%d more: `gate explain %d`", n, f.Number)
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

// leads reports whether a finding's items say what it is about, and not its title or its details alone.
func leads(f gate.Finding) bool {
	return f.Code != "rule.failed" && !strings.HasPrefix(f.Code, "unknown.")
}

// lead names the first items of a finding.
func (m *markdown) lead(f gate.Finding) string {
	if !leads(f) {
		return ""
	}
	var parts []string
	for _, item := range f.Items[:min(leadItems, len(f.Items))] {
		from, to := values(item.From), values(item.To)
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
	return m.from()
}

// values writes what a side has, the first two of the values that differ; all are alike where none does.
func values(side []gate.Values) string {
	list := unique(side, true)
	if len(list) == 0 {
		list = unique(side, false)
	}
	var parts []string
	for _, value := range list[:min(2, len(list))] {
		parts = append(parts, brief(value, 60))
	}
	if n := len(list) - len(parts); n > 0 {
		parts = append(parts, fmt.Sprintf("%d more", n))
	}
	return strings.Join(parts, " or ")
}
