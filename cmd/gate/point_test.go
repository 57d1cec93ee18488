package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// TestPoint finds observations: of 18 Nov 02:17, 19 Nov 02:17, and 20 Nov 02:17 and 12:00, all Berlin's time, and now is 14:30.
// Each check has two events that name what it read.
func TestPoint(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, 11, day, hour, minute, 0, 0, berlin).UTC()
	}
	seen := func(id string, at time.Time, snapshot string) gate.Event {
		return gate.Event{ID: id, At: at, Kind: gate.Observed, Snapshots: map[string]string{"production": snapshot}}
	}
	forged := seen("eeee000", at(20, 13, 0), "forged")
	forged.Invalid = "forged"
	h := &gate.History{ID: "0000000", Events: []gate.Event{
		{ID: "0000000", Kind: gate.Opened, At: at(17, 9, 0)},
		seen("a1a1a1a", at(18, 2, 17), "one"), seen("a2a2a2a", at(18, 2, 17), "one"),
		seen("b1b1b1b", at(19, 2, 17), "two"), seen("1440dab", at(19, 2, 18), "two"),
		{ID: "abcdef0", Kind: gate.Hold, At: at(19, 9, 0)},
		seen("c1c1c1c", at(20, 2, 17), "three"), seen("d1d1d1d", at(20, 12, 0), "four"), forged,
	}}
	p := &past{app: &app{now: func() time.Time { return at(20, 14, 30) }},
		policy: &policies.Policy{Gate: policies.Gate{Timezone: berlin}, Environments: []*policies.Environment{{Name: "production"}}}}
	tests := []struct {
		name, want string
		code       int
	}{
		{name: "production@-0", want: "four"},
		{name: "production@-1", want: "three"},
		{name: "production@-3", want: "one"},
		{name: "production@-4", code: exitUndecided},
		{name: "production@-99999999999999", code: exitUsage},
		{name: "production@--1", code: exitUsage},
		{name: "production@2026-11-17", code: exitUndecided},
		{name: "production@2026-11-18", want: "one"},
		{name: "production@2026-11-19", want: "two"},
		{name: "production@2026-11-20", want: "four"}, // today, as it is now
		{name: "production@2026-11-21", code: exitUsage},
		{name: "production@2026-11-20T02:16", want: "two"},
		{name: "production@2026-11-20T02:17", want: "three"},
		{name: "production@2026-11-20T02:17:01", want: "three"},
		{name: "production@2026-11-20T01:17:00Z", want: "three"},
		{name: "production@2026-11-20T15:00", code: exitUsage},
		{name: "production@12:00", want: "four"},
		{name: "production@02:30", want: "three"},
		{name: "production@14:31", want: "two"}, // of yesterday,
		{name: "production@4h", want: "three"},
		{name: "production@1d", want: "two"},
		{name: "production@a1a1", want: "one"},
		{name: "production@1440d", want: "two"}, // an event before a duration
		{name: "production@abcdef0", want: "two"},
		{name: "production@0000000", code: exitUndecided},
		{name: "production@eeee000", code: exitUsage},
		{name: "production@eeee", code: exitUsage},
		{name: "production@a1", code: exitUsage},
		{name: "production@", code: exitUsage},
		{name: "production@yesterday", code: exitUsage},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := p.point(h, test.name)
			code := 0
			if exit, ok := err.(*exitError); ok {
				code = exit.code
			}
			snapshot := ""
			if got != nil {
				snapshot = got.snapshot()
			}
			if diff := cmp.Diff([]any{test.want, test.code}, []any{snapshot, code}); diff != "" {
				t.Errorf("(-want +got):\n%s%v", diff, err)
			}
		})
	}
}

// A year is told where it is another one.
func TestDated(t *testing.T) {
	now := time.Date(2027, 1, 1, 0, 30, 0, 0, time.UTC)
	west := time.FixedZone("", -3600)
	for _, test := range []struct {
		zone *time.Location
		want string
	}{{time.UTC, "31 Dec 2026 23:50 UTC"}, {west, "31 Dec 22:50 -0100"}} {
		if got := dated(now.Add(-40*time.Minute), test.zone, now); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
