package report

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// Waivers that cover something and end within two weeks are named, with their days; an issue has the dates only.
func TestWaivers(t *testing.T) {
	waiver := func(name string, left time.Duration, covers int) gate.Waiver {
		return gate.Waiver{Name: name, Owner: "platform", Reason: "OPS-412 @octocat", Expires: at.Add(left).In(time.FixedZone("CET", 3600)), Covers: covers}
	}
	const day = 24 * time.Hour
	for _, tt := range []struct {
		name    string
		waivers []gate.Waiver
		title   string
		want    []string
	}{
		{"none", nil, "", nil},
		{"none that matters", []gate.Waiver{waiver("over", -day, 1), waiver("later", 14*day, 1), waiver("unused", day, 0)}, "", nil},
		{"one", []gate.Waiver{waiver("openssl", 9*day+time.Hour, 2)}, "1 waiver ends in 9 days",
			[]string{"- Waiver `openssl` ends on 29 Nov 2026 15:30 UTC, in 9 days. It covers 2 differences. Owner platform: OPS-412 `@octocat`\n"}},
		{"today", []gate.Waiver{waiver("a", time.Hour, 1)}, "1 waiver ends in less than a day", []string{"15:30 UTC, in less than a day. It covers 1 difference."}},
		{"some", []gate.Waiver{waiver("a", 9*day, 1), waiver("b", 2*day, 1), waiver("`|", 3*day, 1)}, "3 waivers end in 2 to 9 days", []string{"`a`", "`b`", "<code>&#96;&#124;</code>"}},
	} {
		v := verdict(gate.Pass, 1)
		v.Waivers = tt.waivers
		got := Comment(v, CommentOptions{})
		checkMarkdown(t, got)
		if tt.title == "" && strings.Contains(got, "<summary>") || tt.title != "" && !strings.Contains(got, "<summary>"+tt.title+"</summary>") {
			t.Errorf("%s: %q is not the title of\n%s", tt.name, tt.title, got)
		}
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in\n%s", tt.name, want, got)
			}
		}
		if _, issue := Issue(v, CommentOptions{}); strings.Contains(issue, " day") {
			t.Errorf("%s: the issue has days\n%s", tt.name, issue)
		}
	}
}
