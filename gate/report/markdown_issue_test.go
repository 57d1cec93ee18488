package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate"
)

func TestIssue(t *testing.T) {
	asReport := verdict(gate.Blocked, 1, packages(1, 1))
	asReport.Policy.Mode = "report"
	elsewhere := verdict(gate.Pass, 1)
	elsewhere.Policy.Path = "deploy/gate.hcl"
	for _, tt := range []struct {
		name, title string
		verdict     *gate.Verdict
		want        []string
	}{
		{"blocked", "gate: promotion to production is blocked", reports["37 packages"].verdict, []string{"**Blocked**: 1 thing stands against a promotion to production", "Drift check, with staging.", "closes it when the check passes"}},
		{"undecided", "gate: promotion to production is undecided", reports["undecided"].verdict, []string{"could not be told", "closes it when the check passes"}},
		{"report mode", "gate: promotion to production would be blocked", asReport, []string{"this result stops nothing"}},
		{"pass", "gate: nothing stands against promotion to production (deploy/gate.hcl)", elsewhere, []string{"It passed on 20 Nov 2026 14:30 UTC, and this issue is closed."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			title, body := Issue(tt.verdict, inPullRequest) // that it is asked in a pull request changes nothing
			if title != tt.title {
				t.Errorf("got %q, want %q", title, tt.title)
			}
			if want := IssueMarker(tt.verdict.Policy.Path, "production") + "\n> [!"; !strings.HasPrefix(body, want) {
				t.Errorf("it does not begin with %q\n%s", want, body)
			}
			checkMarkdown(t, body)
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("%q is not in\n%s", want, body)
				}
			}
			if strings.Contains(body, "pull request") || strings.Contains(body, "merge") {
				t.Errorf("it speaks of a pull request\n%s", body)
			}
		})
	}
}

// The next night's check of the same drift has the same body.
func TestIssueStays(t *testing.T) {
	tonight := func(night int) (string, string) {
		v := many(60, "")
		v.At = v.At.Add(time.Duration(night) * 24 * time.Hour)
		v.Waivers = []gate.Waiver{{Name: "openssl", Owner: "platform", Reason: "OPS-412", Expires: at.Add(9 * 24 * time.Hour), Covers: 1}}
		return Issue(v, CommentOptions{})
	}
	title, body := tonight(0)
	if len(body) > commentBudget {
		t.Errorf("it has %d bytes", len(body))
	}
	nextTitle, next := tonight(1)
	if diff := cmp.Diff([]string{nextTitle, next}, []string{title, body}); diff != "" {
		t.Errorf("the night after (-got +want)\n%s", diff)
	}
}

func TestIssueMarker(t *testing.T) {
	if got, want := IssueMarker("deploy/my gate.hcl", "-->\n@x"), "<!-- gate:v1 drift policy=deploy/my%20gate.hcl to=--%3E%0A@x -->"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
