package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// awaited reports whether a finding says only that the candidate is not proved yet, as nothing is before its merge.
func awaited(f gate.Finding) bool {
	return slices.Contains([]string{"promotion.not_deployed", "promotion.not_verified", "promotion.soaking", "promotion.stale"}, f.Code)
}

// caused reports whether a finding is about the candidate itself, wherever it is.
func caused(f gate.Finding) bool {
	return slices.Contains([]string{"promotion.unowned", "promotion.too_large", "promotion.backward", "promotion.revoked", "promotion.failed",
		"promotion.rollback", "promotion.unresolved"}, f.Code)
}

func (m *markdown) awaits(f gate.Finding) bool { return m.options.PullRequest && awaited(f) }

// standing returns the findings that decide, but for those that the merge is awaited for.
func (m *markdown) standing() []gate.Finding {
	var list []gate.Finding
	for _, f := range m.verdict.Findings {
		if f.Effect != gate.Informs && !m.awaits(f) {
			list = append(list, f)
		}
	}
	return list
}

// advice returns the next steps of what stands.
func (m *markdown) advice() []string {
	v := *m.verdict
	v.Findings = m.standing()
	steps := v.Steps()
	if n := len(steps); n > 0 && m.options.PullRequest {
		steps = steps[:n-1] // the check again: the promotion does that
	}
	return steps
}

// head writes the verdict.
func (m *markdown) head() string {
	kind, line := m.words()
	lines := []string{"[!" + kind + "]\n> ### " + line}
	if about := m.about(); about != "" {
		lines = append(lines, about)
	}
	if v := m.verdict; v.ReportOnly() {
		lines = append(lines, "Report mode until "+brief(v.Policy.Until, 40)+": this result stops nothing.")
	}
	for _, note := range m.options.Notes {
		lines = append(lines, brief(note, 400))
	}
	if m.options.PullRequest && m.policyChanged() {
		lines = append(lines, "This pull request changes the policy "+code(clip(printable(m.verdict.Policy.Path), 200))+".")
	}
	return "> " + strings.Join(lines, "\n>\n> ") + "\n"
}

// words returns the kind of alert and the sentence of the verdict.
func (m *markdown) words() (kind, line string) {
	v := m.verdict
	if m.options.PullRequest {
		return m.pullRequestWords()
	}
	would := ""
	if v.ReportOnly() {
		would = "Would be "
	}
	switch v.Outcome {
	case gate.Pass:
		return "TIP", "**Pass**: nothing stands against " + m.promoting()
	case gate.Blocked:
		return "CAUTION", "**" + capital(would+"blocked") + "**: " + things(v.Count(gate.Blocks)) + stand(v.Count(gate.Blocks)) + " against " + m.promoting()
	}
	return "WARNING", "**" + capital(would+"undecided") + "**: " + things(v.Count(gate.Opens)) + " that matter" + third(v.Count(gate.Opens)) + " for " + m.promoting() + " could not be told"
}

// pullRequestWords says first what a pull request needs to know: whether it is held up.
func (m *markdown) pullRequestWords() (kind, line string) {
	standing := m.standing()
	own, blockers := 0, 0
	for _, f := range standing {
		if caused(f) {
			own++
		}
		if f.Effect == gate.Blocks {
			blockers++
		}
	}
	none := ", none from this pull request"
	switch {
	case own > 0:
		none = fmt.Sprintf(", %d about this pull request", own)
		if own == len(standing) {
			none = ", about this pull request itself"
		}
	case m.policyChanged():
		none = ""
	}
	first := "You can merge this. "
	if own > 0 {
		first = "Have a look before you merge this. "
	}
	would := "is"
	if m.verdict.ReportOnly() {
		would = "would be"
	}
	switch {
	case blockers > 0:
		return "CAUTION", first + capital(m.promoting()) + " " + would + " **blocked** today by " + things(blockers) + none + "."
	case len(standing) > 0:
		return "WARNING", first + "Whether it may come to " + m.to() + " **could not be told** today: " + things(len(standing)) + " " + are(len(standing)) + " unknown" + none + "."
	case m.verdict.Outcome != gate.Pass:
		return "NOTE", first + "Nothing else stands against " + m.promoting() + "; its proof on " + m.from() + " comes after the merge."
	}
	return "TIP", first + "Nothing stands against " + m.promoting() + " today."
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

// policyChanged reports whether the pull request changes the policy by which it was judged.
func (m *markdown) policyChanged() bool {
	return slices.ContainsFunc(m.options.Changed, func(file string) bool { return ofPolicy(m.verdict, file) })
}

// afterMerge is the last step of a pull request.
func (m *markdown) afterMerge() string {
	from := m.from()
	if from == "" {
		return "Merge; the promotion checks again, on the hosts as they are then."
	}
	if proved(m.verdict) || m.verdict.Outcome == gate.Pass {
		return "Merge; it is proved on " + from + " already, and the promotion checks again."
	}
	return "Merge, deploy to " + from + ", let it be verified and soak as the policy wants; the promotion checks again, on the hosts as they are then."
}

// change says what is to be promoted, and how far its proof is.
func (m *markdown) change() string {
	v := m.verdict
	var b strings.Builder
	if c := v.Candidate; c != nil && m.options.PullRequest {
		fmt.Fprintf(&b, "\n**This pull request**: %s", m.named())
		if c.Commits > 0 {
			fmt.Fprintf(&b, ", %s and %s beyond what %s has", plural(c.Commits, "commit"), plural(c.Files, "file"), m.to())
		}
		b.WriteString(".")
		var lacks []string
		absent := false
		for _, f := range v.Findings {
			if f.Effect != gate.Informs && awaited(f) {
				lacks = append(lacks, brief(f.Title, 200))
				absent = absent || f.Code == "promotion.not_deployed"
			}
		}
		switch {
		case absent:
			fmt.Fprintf(&b, " It is not on %s yet: its proof comes after the merge.", m.from())
		case len(lacks) > 0:
			fmt.Fprintf(&b, " Its proof on %s is not whole yet: %s.", m.from(), strings.Join(lacks[:min(5, len(lacks))], "; "))
		}
		b.WriteString("\n")
	}
	for _, f := range v.Findings {
		if f.Code == inFlight {
			fmt.Fprintf(&b, "\n**This change**: %s\n", m.sentence(f, long))
		}
	}
	return b.String()
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

func capital(s string) string { return strings.ToUpper(s[:1]) + strings.ToLower(s[1:2]) + s[2:] }
