package report

import (
	"fmt"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// head writes the verdict.
func (m *markdown) head() string {
	kind, line := m.words()
	lines := []string{"[!" + kind + "]\n> ### " + line}
	if about := m.about(); about != "" {
		lines = append(lines, about)
	}
	lines = append(lines, m.limits()...)
	switch v := m.verdict; {
	case v.ReportOnly():
		lines = append(lines, "Report mode until "+brief(v.Policy.Until, 40)+": this result stops nothing.")
	case len(v.Unread) > 0 && v.Policy.Mode == "report":
		lines = append(lines, "Report mode, but "+brief(unread(v), 400)+".")
	}
	lines = append(lines, m.notes()...)
	if m.options.PullRequest && m.options.Head == nil && m.policyChanged() {
		lines = append(lines, "This pull request changes the policy "+code(clip(printable(m.verdict.Policy.Path), 200))+".")
	}
	if m.issue {
		lines = append(lines, m.kept())
	}
	return quoted(lines)
}

// limits writes what was not compared or not judged, a paragraph each.
func (m *markdown) limits() []string {
	lines := limitLines(m.verdict.Limits())
	for i, line := range lines {
		lines[i] = brief(line, 300) + "."
	}
	return lines
}

// against says what stands against something where nothing does.
func (m *markdown) against(what string) string {
	if len(m.verdict.Limits()) > 0 {
		return "nothing that was compared and judged stands against " + what
	}
	return "nothing stands against " + what
}

// notes writes what the caller wants to be known.
func (m *markdown) notes() []string {
	var notes []string
	for _, note := range m.options.Notes {
		notes = append(notes, brief(note, 400))
	}
	return notes
}

// quoted writes paragraphs as a quotation, which an alert is.
func quoted(paragraphs []string) string { return "> " + strings.Join(paragraphs, "\n>\n> ") + "\n" }

// words returns the kind of alert and the sentence of the verdict.
func (m *markdown) words() (kind, line string) {
	v := m.verdict
	if m.options.PullRequest {
		kind, line = m.pullRequestWords()
		if h := m.options.Head; h != nil && (h.isNone() || h.IsWeaker()) {
			kind = "CAUTION"
		} else if h.IsUncompared() && kind != "CAUTION" {
			kind = "WARNING"
		}
		return kind, line
	}
	would := ""
	if v.ReportOnly() {
		would = "Would be "
	}
	switch v.Outcome {
	case gate.Pass:
		if let := exceptions(v); len(let) > 0 {
			return "NOTE", "**Pass with exceptions** for " + m.promoting() + ": " + strings.Join(let, ", ")
		}
		return "TIP", "**Pass**: " + m.against(m.promoting())
	case gate.Blocked:
		return "CAUTION", "**" + capital(would+"blocked") + "**: " + things(v.Count(gate.Blocks)) + stand(v.Count(gate.Blocks)) + " against " + m.promoting()
	}
	return "WARNING", "**" + capital(would+"undecided") + "**: " + things(v.Count(gate.Opens)) + " that matter" + third(v.Count(gate.Opens)) + " for " + m.promoting() + " could not be told"
}

// promoting names what is judged.
func (m *markdown) promoting() string {
	to := m.to()
	switch {
	case m.options.PullRequest && m.verdict.Candidate != nil:
		return "promoting it to " + to
	case m.verdict.Candidate != nil && m.verdict.Candidate.Rollback:
		return "going back to " + m.named() + " on " + to
	case m.verdict.Candidate != nil:
		return "promoting " + m.named() + " to " + to
	}
	return "a promotion to " + to
}

// named names the candidate.
func (m *markdown) named() string {
	c := m.verdict.Candidate
	if len(c.Components) == 0 {
		return code(gate.Short(c.Commit))
	}
	return brief(strings.Join(c.Components, ", "), 200) + " " + code(gate.Short(c.Commit))
}

// about says what the candidate is, and how many findings there are.
func (m *markdown) about() string {
	v := m.verdict
	if m.options.PullRequest {
		return ""
	}
	var parts []string
	if c := v.Candidate; c != nil {
		line := code(clip(printable(c.Subject), 120))
		if c.Commits > 0 {
			line += fmt.Sprintf(" (%s, %s)", plural(c.Commits, "commit"), plural(c.Files, "file"))
		}
		parts = append(parts, line+".")
	} else if len(v.From) > 0 {
		parts = append(parts, "Drift check, with "+m.from()+".")
	}
	parts = append(parts, fmt.Sprintf("%s, %d unknown, %d to know.", plural(v.Count(gate.Blocks), "blocker"), v.Count(gate.Opens), v.Count(gate.Informs)))
	if proved(v) {
		parts = append(parts, "The candidate's proof on "+m.from()+" is good.")
	}
	return strings.Join(parts, " ")
}

// from and to name the environments.
func (m *markdown) from() string { return brief(strings.Join(m.verdict.From, ", "), 100) }
func (m *markdown) to() string   { return brief(m.verdict.To, 100) }

func things(n int) string { return plural(n, "thing") }

func stand(n int) string {
	if n == 1 {
		return " stands"
	}
	return " stand"
}

func third(n int) string {
	if n == 1 {
		return "s"
	}
	return ""
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
