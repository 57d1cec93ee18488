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
	// Weaker and Changed are what it says otherwise.
	Weaker, Changed []PolicyLine
	Stops           bool // it fails the job
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

// isNone reports whether nothing can be judged by it.
func (h *HeadPolicy) isNone() bool { return h != nil && len(h.Mistakes) > 0 }

const (
	headLines  = 20 // of a list about the policy of the pull request
	fewerLines = 3  // where there is no room
)

// headPolicy writes what the pull request does to the policy. What stops its job is never folded.
func (m *markdown) headPolicy(form form) string {
	h := m.options.Head
	if h == nil {
		return ""
	}
	most := headLines
	if form != long {
		most = fewerLines
	}
	base := brief(h.Base, 100)
	var b strings.Builder
	fmt.Fprintf(&b, "\n**The policy of this pull request**, %s at %s, is another one than that of %s, at %s, by which the rest is judged.\n\n",
		code(clip(printable(m.verdict.Policy.Path), 200)), code(gate.Short(h.Commit)), base, code(gate.Short(h.BaseCommit)))
	list := func(title string, items []string) {
		if len(items) == 0 {
			return
		}
		fmt.Fprintf(&b, "- %s\n", title)
		for _, item := range items[:min(most, len(items))] {
			fmt.Fprintf(&b, "  - %s\n", item)
		}
		if n := len(items) - most; n > 0 {
			m.cut = true
			fmt.Fprintf(&b, "  - %d more\n", n)
		}
	}
	list("**It is invalid**: after the merge nothing could be judged by it.", m.policyLines(h.Mistakes))
	list("**It is weaker** than that of "+base+":", slices.Concat(m.policyLines(h.Weaker), titles(h.Lost, "it no longer stops: ")))
	switch {
	case h.Verdict != nil:
		fmt.Fprintf(&b, "- By it: %s, with %s and %d unknown.\n", h.Verdict.Outcome, plural(h.Verdict.Count(gate.Blocks), "blocker"), h.Verdict.Count(gate.Opens))
	case h.Reason != "":
		fmt.Fprintf(&b, "- Nothing was judged by it: %s.\n", brief(h.Reason, 300))
	}
	list("It stops as well:", titles(h.Gained, ""))
	list("Its waivers cover:", titles(h.Waived, ""))
	list("It would read first, after the merge:", briefs(h.First))
	if len(h.Weaker)+len(h.Changed)+len(h.Mistakes) == 0 && h.Verdict != nil {
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
	lines := m.policyLines(h.Changed)
	for _, line := range lines[:min(maxDetail, len(lines))] {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	if n := len(lines) - maxDetail; n > 0 {
		m.cut = true
		fmt.Fprintf(&b, "- %d more\n", n)
	}
	return fold("What else this pull request changes in the policy: "+plural(len(lines), "thing"), b.String())
}

// policyLines writes lines of a policy, with links to them.
func (m *markdown) policyLines(lines []PolicyLine) []string {
	var list []string
	for _, l := range lines {
		text := brief(l.Text, 400)
		if l.At != nil {
			files := m.options.Head.Files
			if l.Base {
				files = m.options.Files
			}
			text = fileLink(files, l.At) + ": " + text
		}
		list = append(list, text)
	}
	return list
}

// fileLink links to a line of a file, where it is known where that can be read.
func fileLink(files string, p *gate.Position) string {
	place := code(clip(fmt.Sprintf("%s:%d", p.File, p.Line), 200))
	if files == "" {
		return place
	}
	return href(place, fmt.Sprintf("%s/%s#L%d", files, escapedPath(p.File), p.Line))
}

// titles writes findings by their titles.
func titles(findings []gate.Finding, before string) []string {
	var list []string
	for _, f := range findings {
		list = append(list, before+brief(f.Title, 200))
	}
	return list
}

func briefs(lines []string) []string {
	var list []string
	for _, line := range lines {
		list = append(list, brief(line, 200))
	}
	return list
}
