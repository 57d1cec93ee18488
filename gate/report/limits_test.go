package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/gate"
)

// TestLimits says in the first lines of each report what was not compared, and not that everything was.
func TestLimits(t *testing.T) {
	limit := gate.Finding{Code: "collect.one_side", Effect: gate.Informs, Title: `Not compared: file["/etc/a"], 2 facts read on production alone`, Policy: &gate.Position{File: "gate.hcl", Line: 12}}
	idle := gate.Finding{Code: "rule.idle", Effect: gate.Informs, Title: `Rule "x" judged nothing on 4 hosts: its "when" is false`}
	for _, tt := range []struct {
		name    string
		verdict *gate.Verdict
		text    string // after the line of the verdict
		page    string
	}{
		{"none", verdict(gate.Pass, 1), "Everything that was asked could be told, and nothing stands against it.\n", "> ### **Pass**: nothing stands against"},
		{"one", verdict(gate.Pass, 1, limit), "Nothing stands against it in what was compared and judged.\n" +
			"          Not compared: file[\"/etc/a\"], 2 facts read on production alone (gate.hcl:12)\n", "> ### **Pass**: nothing that was compared and judged stands against"},
		{"one, and something blocks", verdict(gate.Blocked, 1, gate.Finding{Code: "drift.within", Effect: gate.Blocks, Title: "x"}, limit),
			"1 blocker, 0 unknown, 1 to know.\n          Not compared: file", "Not compared: "},
		{"many", verdict(gate.Pass, 1, limit, limit, limit, idle, idle), "Nothing stands against it in what was compared and judged.\n" +
			strings.Repeat("          Not compared: file[\"/etc/a\"], 2 facts read on production alone (gate.hcl:12)\n", 3) +
			"          + 2 more, not compared or not judged: see below\n", "2 more, not compared or not judged"},
	} {
		var out bytes.Buffer
		if err := Text(&out, tt.verdict, Options{}); err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(out.String(), "\n")
		if !strings.HasPrefix(strings.TrimLeft(rest, " "), tt.text) {
			t.Errorf("%s: got %s", tt.name, out.String())
		}
		head, _, _ := strings.Cut(Comment(tt.verdict, CommentOptions{}), "\n\n")
		if !strings.Contains(head, tt.page) || (len(tt.verdict.Limits()) > 0) != strings.Contains(head, "Not compared: ") {
			t.Errorf("%s: got %s", tt.name, head)
		}
		checkMarkdown(t, Comment(tt.verdict, CommentOptions{}))
	}
}

// TestReportModeUnread does not say that a result stops nothing where no host of a role was read.
func TestReportModeUnread(t *testing.T) {
	v := verdict(gate.Undecided, 1, gate.Finding{Code: "unknown.host", Effect: gate.Opens, Title: "Could not read production-1"})
	v.Policy.Mode, v.Policy.Until = "report", "2026-12-24"
	for _, unread := range [][]string{nil, {"production/web"}} {
		v.Unread = unread
		var out bytes.Buffer
		if err := Text(&out, v, Options{}); err != nil {
			t.Fatal(err)
		}
		for _, got := range []string{out.String(), strings.ReplaceAll(Comment(v, CommentOptions{}), "`", "")} {
			if strings.Contains(got, "this result stops nothing") != (unread == nil) || strings.Contains(got, "no host of production/web could be read") != (unread != nil) {
				t.Errorf("%v: got %s", unread, got)
			}
		}
	}
}
