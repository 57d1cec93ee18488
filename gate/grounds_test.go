package gate_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate"
)

// TestGrounds finds what a finding rests on in a ledger in which one content was deployed to staging, failed, was deployed
// again, verified, and replaced by another.
func TestGrounds(t *testing.T) {
	one, two := gate.Content{Component: "app", ID: "1"}, gate.Content{Component: "app", ID: "2"}
	start := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	minutes := 0
	said := func(id string, kind gate.Kind, environment string, c gate.Content, of string) gate.Event {
		minutes++
		e := gate.Event{ID: id, Kind: kind, Environment: environment, Of: of, At: start.Add(time.Duration(minutes) * time.Minute), By: id}
		if c.ID != "" {
			e.Contents = []gate.Content{c}
		}
		return e
	}
	again := said("again", gate.Deployed, "staging", one, "begun")
	again.Seen = []gate.Content{one}
	forged := said("forged", gate.Verified, "staging", one, "again")
	forged.Invalid = "forged"
	h := &gate.History{ID: "opened", Events: []gate.Event{
		{ID: "opened", Kind: gate.Opened, At: start},
		said("there", gate.Deployed, "production", two, ""),
		said("first", gate.Deployed, "staging", one, ""),
		said("failed", gate.Failed, "staging", gate.Content{}, "first"),
		said("begun", gate.Deploying, "staging", one, ""),
		again, forged,
		said("smoke", gate.Verified, "staging", one, "again"),
		said("note", gate.Note, "staging", gate.Content{}, ""),
		said("hold", gate.Hold, "production", gate.Content{}, ""),
		said("next", gate.Deployed, "staging", two, ""),
		said("running", gate.Deploying, "production", two, ""),
	}}
	v := &gate.Verdict{To: "production", From: []string{"staging"}, At: start.Add(time.Hour)}
	never := gate.Content{Component: "app", ID: "3"}
	tests := []struct {
		code     string
		contents []gate.Content
		want     []string
	}{
		{"promotion.soaking", []gate.Content{one}, []string{"there", "first", "failed", "begun", "again", "smoke", "next"}},
		{"promotion.not_verified", []gate.Content{two}, []string{"there", "next"}},
		{"promotion.not_deployed", []gate.Content{never}, []string{"there", "next"}},
		{"promotion.skipped", nil, []string{"there"}},
		{"promotion.held", []gate.Content{one}, []string{"hold"}},
		{"promotion.running", nil, []string{"running"}},
		{"set_aside.active", nil, nil},
		{"drift.skipped", []gate.Content{one}, nil},
	}
	for _, test := range tests {
		t.Run(test.code, func(t *testing.T) {
			var got []string
			for _, e := range gate.Grounds(h, v, test.contents, test.code) {
				got = append(got, e.ID)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}

	stays := gate.Stays(h, "staging", one)
	if len(stays) != 2 {
		t.Fatalf("%d stays, want 2", len(stays))
	}
	first, second := stays[0], stays[1]
	if !first.Shown.IsZero() || first.Ended == nil || first.Ended.ID != "again" || first.Void == nil || first.Void.ID != "failed" {
		t.Errorf("the first stay: %+v", first)
	}
	if !second.Shown.Equal(again.At) || second.Ended == nil || second.Ended.ID != "next" || second.Void != nil {
		t.Errorf("the second stay: %+v", second)
	}
}
