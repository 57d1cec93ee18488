package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// table writes findings, a row each, or a row for each kind.
func (m *markdown) table(title string, form form, wanted func(gate.Finding) bool) string {
	var findings []gate.Finding
	for _, f := range m.verdict.Findings {
		if wanted(f) {
			findings = append(findings, f)
		}
	}
	if len(findings) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n| | %s | Where |\n|---|---|---|\n", title)
	if form == counted {
		for _, kind := range kinds(findings) {
			fmt.Fprintf(&b, "| %s | **%s** of %s. %s | %s |\n", numbers(kind), plural(len(kind), "finding"),
				code(clip(printable(kind[0].Code), 60)), prose(explained(kind[0]).Meaning), brief(m.hosts(hostsOfAll(kind)), 120))
		}
		return b.String()
	}
	for _, f := range findings {
		b.WriteString(m.row(f, form))
	}
	return b.String()
}

func (m *markdown) row(f gate.Finding, form form) string {
	return fmt.Sprintf("| %d | %s | %s |\n", f.Number, m.sentence(f, form), brief(m.hosts(f.Hosts), 120))
}

// kinds puts findings of the same code and effect together, in the order of the first of each; what has a code that this
// version does not know is one kind.
func kinds(findings []gate.Finding) [][]gate.Finding {
	var list [][]gate.Finding
	for _, f := range findings {
		i := slices.IndexFunc(list, func(kind []gate.Finding) bool {
			return kind[0].Effect == f.Effect && explained(kind[0]) == explained(f)
		})
		if i < 0 {
			list = append(list, []gate.Finding{f})
		} else {
			list[i] = append(list[i], f)
		}
	}
	return list
}

// numbers names findings by the first and the last.
func numbers(findings []gate.Finding) string {
	if len(findings) == 1 {
		return fmt.Sprint(findings[0].Number)
	}
	return fmt.Sprintf("%d to %d", findings[0].Number, findings[len(findings)-1].Number)
}

// explained returns what is known of a finding's code, nothing where it is from another version.
func explained(f gate.Finding) gate.Code {
	code, _ := gate.Explain(f.Code)
	return code
}

// begun begins a step with a capital, unless it begins with what is typed.
func begun(step string) string {
	first, _, _ := strings.Cut(step, " ")
	if first == "gate" || !lower.MatchString(first) {
		return step
	}
	return strings.ToUpper(step[:1]) + step[1:]
}

func hostsOfAll(findings []gate.Finding) []string {
	var hosts []string
	for _, f := range findings {
		hosts = append(hosts, f.Hosts...)
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// steps writes what to do, in order.
func (m *markdown) steps(form form) string {
	var steps []string
	if form == counted {
		for _, kind := range kinds(m.standing()) {
			steps = append(steps, fmt.Sprintf("%s: %s", numbers(kind), prose(explained(kind[0]).Do)))
		}
	} else {
		length := 600
		if form == short {
			length = 200
		}
		for _, step := range m.advice() {
			steps = append(steps, brief(begun(step), length))
		}
	}
	if step := m.policyStep(); step != "" {
		steps = slices.Insert(steps, 0, step)
	}
	if m.options.PullRequest && m.verdict.Candidate != nil {
		steps = append(steps, m.afterMerge())
	}
	if len(steps) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n**Next, in order**\n\n")
	for i, step := range steps {
		fmt.Fprintf(&b, "%d. %s\n", i+1, step)
	}
	return b.String()
}
