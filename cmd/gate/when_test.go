package main

import (
	"testing"
	"time"

	"github.com/seed-313c021b/gate/policies"
)

// Times are read as people write them, in the policy's zone, over the days on which clocks change too.
func TestMoment(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 10, 24, 20, 30, 0, 0, time.UTC) // 22:30 in Berlin, the evening before clocks go back
	for _, c := range []struct {
		text      string
		direction int
		want      string // in UTC; empty for a mistake
	}{
		{"4h", +1, "2026-10-25T00:30:00Z"},
		{"1d", +1, "2026-10-25T20:30:00Z"},
		{"23:00", +1, "2026-10-24T21:00:00Z"},
		{"22:00", +1, "2026-10-25T21:00:00Z"}, // tomorrow, an hour later than today
		{"22:30", +1, "2026-10-25T21:30:00Z"}, // now is over
		{"2026-10-25", +1, "2026-10-25T23:00:00Z"},
		{"2026-10-24", +1, "2026-10-24T22:00:00Z"},
		{"2026-12-15T17:00:00+01:00", +1, "2026-12-15T16:00:00Z"},
		{"tomorrow", +1, ""},
		{"25:00", +1, ""},
		{"-4h", +1, ""},
		{"", +1, ""},
		{"2026-02-30", +1, ""},
		{"4h", -1, "2026-10-24T16:30:00Z"},
		{"22:00", -1, "2026-10-24T20:00:00Z"},
		{"23:00", -1, "2026-10-23T21:00:00Z"}, // yesterday
		{"2026-10-20", -1, "2026-10-19T22:00:00Z"},
		{"2026-02-30", -1, ""},
	} {
		got, err := moment(c.text, now, berlin, c.direction)
		text := ""
		if err == nil {
			text = got.UTC().Format(time.RFC3339)
		}
		if text != c.want {
			t.Errorf("%q, %+d: got %q, want %q", c.text, c.direction, text, c.want)
		}
	}
}

// What ends is in the future, by whole seconds.
func TestEndsAt(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 900, time.UTC)
	p := &policies.Policy{Gate: policies.Gate{Timezone: time.UTC}}
	if got, err := ends("--until", "1h", now, p); err != nil || !got.Equal(time.Date(2026, 11, 20, 13, 0, 0, 0, time.UTC)) {
		t.Errorf("got %s, %v", got, err)
	}
	for _, text := range []string{"2026-11-20T12:00:00Z", "2026-11-19", "0s"} {
		if got, err := ends("--until", text, now, p); err == nil {
			t.Errorf("%s: got %s, want that it is over", text, got)
		}
	}
}

// A flag that is a duration takes what policies take, and what Go does.
func TestSpan(t *testing.T) {
	for text, want := range map[string]string{"14d": "336h", "26h": "26h", "1m30s": "1m30s", "45m": "45m", "1ns": "1ns", "1.5h": "1h30m", "0s": "0s", "soon": "", "-1h": "", "-1.5h": ""} {
		var s span
		got := ""
		if err := s.Set(text); err == nil {
			got = s.String()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
