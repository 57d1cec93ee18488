package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// HeadPolicy is the policy of a pull request that changes it, beside that of its base, which decides.
type HeadPolicy struct {
	Base               string // where the pull request is to be merged, as "main"
	BaseCommit, Commit string // where the two policies are from
	Files              string // as that of CommentOptions, for the pull request's
	// Mistakes are why it is none. Then nothing was judged by it.
	Mistakes []PolicyLine
	// Verdict is by it, on the same snapshots; nil where there is none, for the Reason.
	Verdict *gate.Verdict
	Reason  string
	// Gained decide by it alone. Lost and Waived decide by the base's alone: Waived are covered by its waivers.
	Gained, Lost, Waived []gate.Finding
	First                []string // what would be read first after the merge
	// Weaker, Uncompared and Changed are what it says otherwise: of Uncompared nobody can tell whether it is weaker.
	Weaker, Uncompared, Changed []PolicyLine
	Stops                       bool // it fails the job
}

// PolicyLine says something of a line of a policy.
type PolicyLine struct {
	Text string
	At   *gate.Position // nil for the whole
	Base bool           // the line is one of the base's policy
}

// String returns the line for a terminal.
func (l PolicyLine) String() string {
	switch {
	case l.At == nil:
		return printable(l.Text)
	case l.Base:
		return printable(fmt.Sprintf("%s (%s:%d of the base)", l.Text, l.At.File, l.At.Line))
	}
	return printable(fmt.Sprintf("%s:%d: %s", l.At.File, l.At.Line, l.Text))
}

// IsWeaker reports whether it may let pass what the base's stops.
func (h *HeadPolicy) IsWeaker() bool { return len(h.Weaker)+len(h.Lost) > 0 }

// IsUntold reports whether it could not be told that it lets nothing pass which the base's stops.
func (h *HeadPolicy) IsUntold() bool {
	return h != nil && h.Verdict == nil && !h.isNone() && !h.IsWeaker()
}

// IsUncompared reports whether it has what could not be compared with the base's, and nothing that is weaker for sure.
func (h *HeadPolicy) IsUncompared() bool {
	return h != nil && len(h.Uncompared) > 0 && !h.isNone() && !h.IsWeaker()
}

// isNone reports whether nothing can be judged by it.
func (h *HeadPolicy) isNone() bool { return h != nil && len(h.Mistakes) > 0 }

// policyStep returns what to do about the policy of the pull request before anything else, if that is what stops its job.
func (m *markdown) policyStep() string {
	switch h := m.options.Head; {
	case h.isNone():
		return "Correct the policy of this pull request."
	case h.IsUncompared():
		return "Read what could not be compared in the policy, as said above. Take it back; or narrow it, as `assert = (OLD) && NEW` or `when = (OLD) || NEW`; or merge it knowingly, past this check."
	case h.IsUntold():
		return "Mend why nothing could be judged by the policy of this pull request, as said above; or merge it knowingly, past this check."
	case h != nil && h.IsWeaker():
		return "Take back what makes the policy weaker, or merge it knowingly, past this check."
	}
	return ""
}

// headLines says how many lines there are at most of each list about the policy of the pull request, and how many columns each
// has.
func headLines(f form) (most, columns int) {
	switch f {
	case long:
		return 20, 400
	case short:
		return 5, 120
	}
	return 0, 0
}

// headPolicy writes what the pull request does to the policy. What stops its job is never folded.
func (m *markdown) headPolicy(form form) string {
	h := m.options.Head
	if h == nil {
		return ""
	}
	most, columns := headLines(form)
	base := brief(h.Base, 100)
	var b strings.Builder
	fmt.Fprintf(&b, "\n**The policy of this pull request**, %s at %s, is another one than that of %s, at %s, by which the rest is judged.\n\n",
		code(clip(printable(m.verdict.Policy.Path), 200)), code(gate.Short(h.Commit)), base, code(gate.Short(h.BaseCommit)))
	list := func(title string, lines []PolicyLine) {
		if len(lines) == 0 {
			return
		}
		fmt.Fprintf(&b, "- %s\n", title)
		m.policyLines(&b, "  ", lines, most, columns)
	}
	list("**It is invalid**: after the merge nothing could be judged by it.", h.Mistakes)
	list("**It is weaker** than that of "+base+":", slices.Concat(h.Weaker, h.lost()))
	list("**These could not be compared** with that of "+base+", and may be weaker:", h.Uncompared)
	switch {
	case h.Verdict != nil:
		fmt.Fprintf(&b, "- By it: %s, with %s and %d unknown.\n", h.Verdict.Outcome, plural(h.Verdict.Count(gate.Blocks), "blocker"), h.Verdict.Count(gate.Opens))
	case h.Reason != "":
		fmt.Fprintf(&b, "- Nothing was judged by it: %s.\n", brief(h.Reason, 300))
	}
	list("It stops as well:", titles(h.Gained))
	list("Its waivers cover:", titles(h.Waived))
	var first []PolicyLine
	for _, text := range h.First {
		first = append(first, PolicyLine{Text: text})
	}
	list("It would read first, after the merge:", first)
	if len(h.Weaker)+len(h.Uncompared)+len(h.Changed)+len(h.Mistakes) == 0 && h.Verdict != nil {
		b.WriteString("- It says the same.\n")
	}
	return b.String()
}

// headPolicyChanges writes what else the pull request changes in the policy.
func (m *markdown) headPolicyChanges() string {
	h := m.options.Head
	if h == nil || len(h.Changed) == 0 {
		return ""
	}
	var b strings.Builder
	m.policyLines(&b, "", h.Changed, maxDetail, 400)
	return fold("What else this pull request changes in the policy: "+plural(len(h.Changed), "thing"), b.String())
}

// policyLines writes a list of lines of a policy, with links to them, at most so many of so many columns.
func (m *markdown) policyLines(b *strings.Builder, indent string, lines []PolicyLine, most, columns int) {
	for _, l := range lines[:min(most, len(lines))] {
		text := brief(l.Text, columns)
		if l.At != nil {
			files := m.options.Head.Files
			if l.Base {
				files = m.options.Files
			}
			text = fileLink(files, l.At) + ": " + text
		}
		fmt.Fprintf(b, "%s- %s\n", indent, text)
	}
	if n := len(lines) - most; n > 0 {
		m.cut = true
		fmt.Fprintf(b, "%s- %d more\n", indent, n)
	}
}

// fileLink links to a line of a file, where it is known where that can be read.
func fileLink(files string, p *gate.Position) string {
	place := code(clip(fmt.Sprintf("%s:%d", p.File, p.Line), 200))
	if files == "" {
		return place
	}
	return href(place, fmt.Sprintf("%s/%s#L%d", files, escapedPath(p.File), p.Line))
}

// lost says what it stops no more, as what makes it weaker.
func (h *HeadPolicy) lost() []PolicyLine {
	lines := titles(h.Lost)
	for i := range lines {
		lines[i].Text = "it no longer stops: " + lines[i].Text
	}
	return lines
}

// titles are findings, by their titles.
func titles(findings []gate.Finding) []PolicyLine {
	var lines []PolicyLine
	for _, f := range findings {
		lines = append(lines, PolicyLine{Text: f.Title})
	}
	return lines
}
