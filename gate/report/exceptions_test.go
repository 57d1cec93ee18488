package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate"
)

// What a verdict lets through is said in its first lines, in place of that nothing stands against it and that the proof is good.
func TestExceptions(t *testing.T) {
	t.Parallel()
	finding := func(code, overridden string, effect gate.Effect) gate.Finding {
		return gate.Finding{Code: code, Effect: effect, Title: "it is so", Overridden: overridden}
	}
	let := finding("promotion.not_verified", "0a1b2c3", gate.Informs)
	active := finding("override.active", "", gate.Informs)
	for _, c := range []struct {
		name     string
		outcome  gate.Outcome
		findings []gate.Finding
		covers   []int
		want     string
	}{
		{"an override", gate.Pass, []gate.Finding{let, active}, nil, "1 finding is overridden"},
		{"several", gate.Pass, []gate.Finding{let, let, active}, nil, "2 findings are overridden"},
		{"after an overridden deployment", gate.Pass, []gate.Finding{finding("override.deployed", "", gate.Informs)}, nil, "1 component is there by an override"},
		{"a host set aside", gate.Pass, []gate.Finding{finding("set_aside.active", "", gate.Informs)}, nil, "1 host is set aside"},
		{"waivers", gate.Pass, nil, []int{1200, 1, 0}, "2 waivers cover 1,201 differences or failed rules"},
		{"all of them", gate.Pass, []gate.Finding{let, active}, []int{1}, "1 finding is overridden, 1 waiver covers 1 difference or failed rule"},
		{"a waiver that is not in use", gate.Pass, nil, []int{0}, ""},
		{"blocked, and its proof overridden", gate.Blocked, []gate.Finding{finding("drift.skipped", "", gate.Blocks), let, active}, nil, "1 finding is overridden"},
		{"blocked, and proved", gate.Blocked, []gate.Finding{finding("drift.skipped", "", gate.Blocks)}, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := verdict(c.outcome, 1, c.findings...)
			v.Candidate = &gate.Proposal{Commit: strings.Repeat("a41c9e2", 6)[:40], Subject: "a change", Components: []string{"app"}}
			for _, n := range c.covers {
				v.Waivers = append(v.Waivers, gate.Waiver{Name: "openssl", Owner: "platform", Reason: "OPS-412", Expires: at, Covers: n})
			}
			if diff := cmp.Diff(strings.Join(exceptions(v), ", "), c.want); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
			var text, markdown bytes.Buffer
			if err := Text(&text, v, Options{}); err != nil {
				t.Fatal(err)
			}
			if err := Markdown(&markdown, v, Options{}); err != nil {
				t.Fatal(err)
			}
			title, issue := Issue(v, CommentOptions{})
			for _, report := range []string{text.String(), markdown.String(), title + "\n" + issue, Comment(v, CommentOptions{PullRequest: true})} {
				report = strings.Join(strings.Fields(report), " ")
				claims := []string{"othing stands against", "othing else stands against"}
				if overridden(v, "promotion.") {
					claims = append(claims, "proof on staging is good", "is proved on staging already")
				}
				for _, claim := range claims {
					if c.want != "" && strings.Contains(report, claim) {
						t.Errorf("it says %q:\n%s", claim, report)
					}
				}
				if c.outcome == gate.Pass && c.want != "" && !strings.Contains(report, "xceptions") {
					t.Errorf("it speaks of no exceptions:\n%s", report)
				}
				if c.name == "blocked, and proved" && !strings.Contains(report, "proof on staging is good") && !strings.Contains(report, "is proved on staging already") && !strings.HasPrefix(report, "gate: ") {
					t.Errorf("it does not say that the proof is good:\n%s", report)
				}
			}
		})
	}
}

// A waiver in use is in the text report, with all that there is to know of it; what others wrote is escaped.
func TestWaiversInText(t *testing.T) {
	t.Parallel()
	v := verdict(gate.Pass, 1)
	v.Waivers = []gate.Waiver{
		{Name: "openssl\x1b[2J", Owner: "platform", Reason: "OPS-412", Expires: at, Covers: 2},
		{Name: "unused", Owner: "platform", Reason: "OPS-413", Expires: at},
	}
	var out bytes.Buffer
	if err := Text(&out, v, Options{}); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{"IN THE OPEN waiver", "of platform covers 2 differences or failed rules until 20 Nov 2026 14:30 UTC: OPS-412"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if strings.Contains(got, "unused") || strings.Contains(got, "\x1b") {
		t.Errorf("got\n%s", out.String())
	}
}
