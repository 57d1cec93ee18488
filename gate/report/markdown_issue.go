package report

import (
	"fmt"
	"net/url"

	"github.com/seed-313c021b/gate/gate"
)

// Issue returns the title and the body of the issue that tells of drift, for a verdict of a check without a candidate. The
// body begins with its [IssueMarker]; the same verdict has the same body, whenever it was made, unless it is a pass: that
// says when.
func Issue(v *gate.Verdict, o CommentOptions) (title, body string) {
	o.PullRequest = false
	m := newMarkdown(v, o)
	m.issue = true
	return m.title(), m.page(IssueMarker(v.Policy.Path, v.To)+"\n", commentBudget, commentItems)
}

// IssueMarker returns the line by which an issue is found again: there is one for each policy and environment.
func IssueMarker(policy, to string) string {
	return fmt.Sprintf("<!-- gate:v1 drift policy=%s to=%s -->", escapedPath(policy), url.PathEscape(to))
}

// title names the verdict, and the policy unless it has the usual name. It is no Markdown.
func (m *markdown) title() string {
	v := m.verdict
	is := " is "
	if v.ReportOnly() && v.Outcome != gate.Pass {
		is = " would be "
	}
	what := "gate: promotion to " + clip(printable(v.To), 100) + is + string(v.Outcome)
	if v.Outcome == gate.Pass {
		what = "gate: " + m.against("promotion to "+clip(printable(v.To), 100))
		if len(exceptions(v)) > 0 {
			what = "gate: promotion to " + clip(printable(v.To), 100) + " passes with exceptions"
		}
	}
	if v.Policy.Path == "gate.hcl" {
		return what
	}
	return what + " (" + clip(printable(v.Policy.Path), 100) + ")"
}

// kept says what becomes of the issue.
func (m *markdown) kept() string {
	if v := m.verdict; v.Outcome == gate.Pass {
		return "It passed on " + prose(v.At.UTC().Format("2 Jan 2006 15:04 MST")) + ", and this issue is closed. gate opens it again when that changes."
	}
	return "gate keeps this issue up to date, and closes it when the check passes."
}
