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
	if !m.options.PullRequest || len(steps) == 0 {
		return steps
	}
	last := len(steps) - 1
	if asked := func(f gate.Finding) bool { return slices.Contains(f.Next, steps[last]) }; slices.ContainsFunc(v.Findings, asked) {
		return steps
	}
	return steps[:last] // the check again: the promotion does that
}

// pullRequestWords says first what a pull request needs to know: whether it is held up.
func (m *markdown) pullRequestWords() (kind, line string) {
	standing := m.standing()
	blocked := func(f gate.Finding) bool { return f.Effect == gate.Blocks }
	blocks := slices.ContainsFunc(standing, blocked)
	if blocks {
		standing = slices.DeleteFunc(standing, func(f gate.Finding) bool { return !blocked(f) })
	}
	own := 0
	for _, f := range standing {
		if caused(f) {
			own++
		}
	}
	none := ", none from this pull request"
	switch {
	case own > 0:
		none = fmt.Sprintf(", %d about this pull request", own)
		if own == len(standing) {
			none = ", about this pull request itself"
		}
	case len(m.options.Changed) == 0, m.policyChanged(): // then it could not be told, or it may be
		none = ""
	}
	first := "You can merge this. "
	if own > 0 {
		first = "Have a look before you merge this. "
	}
	switch h := m.options.Head; {
	case h.isNone():
		first = "Do not merge this: **its policy is invalid**. "
	case h != nil && h.IsWeaker():
		first = "Have a look before you merge this: **its policy is weaker** than that of " + brief(h.Base, 100) + ". "
	case h.IsUncompared():
		first = "Have a look before you merge this: **its policy could not be compared** with that of " + brief(h.Base, 100) + ". "
	case h.IsUntold():
		first = "Have a look before you merge this: whether its policy is weaker than that of " + brief(h.Base, 100) + " **could not be told**. "
	}
	let := exceptions(m.verdict)
	would := "is"
	if m.verdict.ReportOnly() {
		would = "would be"
	}
	switch {
	case blocks:
		return "CAUTION", first + capital(m.promoting()) + " " + would + " **blocked** today by " + things(len(standing)) + none + "."
	case len(standing) > 0:
		return "WARNING", first + "Whether it may come to " + m.to() + " **could not be told** today: " + things(len(standing)) + " " + are(len(standing)) + " unknown" + none + "."
	case m.verdict.Outcome != gate.Pass:
		if len(let) > 0 {
			return "NOTE", first + "Today " + m.promoting() + " lacks its proof on " + m.from() + ", which comes after the merge, and needs exceptions: " + strings.Join(let, ", ") + "."
		}
		return "NOTE", first + "Nothing else stands against " + m.promoting() + "; its proof on " + m.from() + " comes after the merge."
	case len(let) > 0:
		return "NOTE", first + capital(m.promoting()) + " passes today with exceptions: " + strings.Join(let, ", ") + "."
	}
	return "TIP", first + capital(m.against(m.promoting())) + " today."
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
	if proved(m.verdict) || m.verdict.Outcome == gate.Pass && !overridden(m.verdict, "promotion.") {
		return "Merge; it is proved on " + from + " already, and the promotion checks again."
	}
	return "Merge, deploy to " + from + ", let it be verified and soak as the policy wants; the promotion checks again, on the hosts as they are then."
}

// change says what is to be promoted, and how far its proof is.
func (m *markdown) change(form form) string {
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
			fmt.Fprintf(&b, " No deployment of it to %s counts yet: its proof comes after the merge.", m.from())
		case len(lacks) > 0:
			fmt.Fprintf(&b, " Its proof on %s is not whole yet: %s.", m.from(), strings.Join(lacks[:min(5, len(lacks))], "; "))
		}
		b.WriteString("\n")
	}
	for _, f := range v.Findings {
		if f.Code == inFlight {
			diff := ""
			if form == long {
				diff, f = m.changeDiff(f)
			}
			fmt.Fprintf(&b, "\n**This change**: %s\n", m.sentence(f, long))
			if diff != "" {
				b.WriteString("\n" + diff)
			}
		}
	}
	return b.String()
}
