package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnjudged(t *testing.T) {
	const files = "https://github.example/o/r/blob/5d2e0b1"
	for _, tt := range []struct {
		name, reason string
		options      CommentOptions
		want         []string
	}{
		{"a pull request", "the ledger cannot be read", inPullRequest, []string{"> ### gate could not judge this pull request for production.", "- the ledger cannot be read\n", "[Whole report]("}},
		{"none", "the ledger cannot be read", CommentOptions{}, []string{"> ### gate could not judge anything for production.", "Policy `gate.hcl`. [What do these words mean?]("}},
		{"notes", "x", CommentOptions{Notes: []string{"It is main's policy"}}, []string{"> It is main's policy\n"}},
		{"diagnostics", "gate.hcl:12,3-8: Unsupported argument; there is no \"frm\"\n\n  gate.hcl:7,1-9,2: Missing\n", CommentOptions{Files: files}, []string{
			"- [`gate.hcl:12`](" + files + "/gate.hcl#L12): Unsupported argument; there is no \"frm\"\n",
			"- [`gate.hcl:7`](" + files + "/gate.hcl#L7): Missing\n"}},
		{"no files", "gate.hcl:12: Missing", CommentOptions{}, []string{"- `gate.hcl:12`: Missing\n"}},
		{"no line", "gate.hcl:99999999999999999999: Missing", CommentOptions{Files: files}, []string{"- `gate.hcl:99999999999999999999`: Missing\n"}},
		{"an absolute path", "/etc/gate.hcl:1: Missing", CommentOptions{Files: files}, []string{"- `/etc/gate.hcl:1`: Missing\n"}},
	} {
		got := Unjudged("gate.hcl", "production", tt.reason, tt.options)
		checkMarkdown(t, got)
		if !strings.HasPrefix(got, Marker("gate.hcl", "production")+"\n") {
			t.Errorf("%s: it does not begin with the marker: %s", tt.name, got)
		}
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in\n%s", tt.name, want, got)
			}
		}
		summary := strings.Replace(strings.TrimPrefix(got, Marker("gate.hcl", "production")+"\n"), ">\n> What was said here before does not hold any more.\n", "", 1)
		if diff := cmp.Diff(summary, UnjudgedSummary("gate.hcl", "production", tt.reason, tt.options)); diff != "" {
			t.Errorf("%s: the summary (-want +got):\n%s", tt.name, diff)
		}
	}
}

// A policy of thousands of mistakes leaves some out, and says so.
func TestUnjudgedBudget(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"gate.hcl:1: " + evil, strings.Repeat("`|", 10_000), "x"} {
		reason := strings.Repeat(strings.ReplaceAll(line, "\n", " ")+"\n", min(50_000, 4<<20/len(line)))
		got := Unjudged("gate.hcl", "production", reason, inPullRequest)
		if len(got) > commentBudget || len(got) < commentBudget*9/10 {
			t.Errorf("it has %d bytes", len(got))
		}
		checkMarkdown(t, got)
		if !strings.Contains(got, "\n- more: see the whole report\n") {
			t.Error("it does not say that something is left out")
		}
	}
}

func FuzzUnjudged(f *testing.F) {
	for _, s := range []string{evil, "gate.hcl:1: x", "a](b:1: x", "[x]:1: y", "gate.hcl:1,2-3: @octocat", "a\n> b\n", "- [ ] a", "x:1: `", "@a:7: #8"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Unjudged("p"+s, "production", s, CommentOptions{Files: "https://github.example/o/r/blob/5d2e0b1", Notes: []string{s}})
		checkMarkdown(t, got)
		if diff := cmp.Diff(strings.Count(got, "<!-- gate:v1 policy="), 1); len(s) < 20 && diff != "" {
			t.Errorf("markers (-got +want)\n%s", diff)
		}
	})
}
