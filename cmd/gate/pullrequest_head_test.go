package main

import (
	"testing"
	"time"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/github"
	"github.com/seed-313c021b/gate/gate/report"
	"github.com/seed-313c021b/gate/policies"
)

// What is weaker decides before what could not be compared, and that before what says nothing. Where a base only reports,
// neither stops.
func TestPullRequestStops(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	line := []report.PolicyLine{{Text: "it"}}
	for _, tt := range []struct {
		name            string
		head            report.HeadPolicy
		code, reporting int
	}{
		{"the same", report.HeadPolicy{Verdict: &gate.Verdict{}}, exitPass, exitPass},
		{"stricter", report.HeadPolicy{Verdict: &gate.Verdict{}, Changed: line}, exitPass, exitPass},
		{"not compared", report.HeadPolicy{Verdict: &gate.Verdict{}, Uncompared: line, Changed: line}, exitUndecided, exitPass},
		{"not compared, nor judged", report.HeadPolicy{Uncompared: line}, exitUndecided, exitUndecided},
		{"not judged", report.HeadPolicy{Changed: line}, exitUndecided, exitUndecided},
		{"weaker", report.HeadPolicy{Verdict: &gate.Verdict{}, Weaker: line, Uncompared: line}, exitBlocked, exitPass},
		{"weaker by what it does", report.HeadPolicy{Verdict: &gate.Verdict{}, Lost: []gate.Finding{{}}, Uncompared: line}, exitBlocked, exitPass},
		{"invalid", report.HeadPolicy{Mistakes: line, Uncompared: line}, exitUsage, exitUsage},
	} {
		for _, mode := range []policies.Mode{policies.Enforce, policies.Report} {
			base := &policies.Policy{}
			base.Gate.Mode, base.Gate.Until = mode, now.Add(time.Hour)
			p := &pullRequest{app: &app{now: func() time.Time { return now }}, event: &github.PullRequest{}, base: base, head: &tt.head}
			want := tt.code
			if mode == policies.Report {
				want = tt.reporting
			}
			if got, _ := p.exit(); got != want {
				t.Errorf("%s, %s: got %d, want %d", tt.name, mode, got, want)
			}
		}
	}
}
