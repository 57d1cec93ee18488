package doctor

import (
	"testing"
	"time"
)

func TestCron(t *testing.T) {
	for _, tt := range []struct{ cron, last, before string }{ // before Friday, 20 Nov 2026 12:00
		{"17 2 * * *", "2026-11-20 02:17", "2026-11-19 02:17"},
		{"0 12 * * *", "2026-11-19 12:00", "2026-11-18 12:00"},
		{"*/15 * * * *", "2026-11-20 11:45", "2026-11-20 11:30"},
		{"0 6 * * 1-5", "2026-11-20 06:00", "2026-11-19 06:00"},
		{"0 6 * * MON", "2026-11-16 06:00", "2026-11-09 06:00"},
		{"0 6 * * 7", "2026-11-15 06:00", "2026-11-08 06:00"},
		{"0 0 1 * *", "2026-11-01 00:00", "2026-10-01 00:00"},
		{"30 5 1,15 * *", "2026-11-15 05:30", "2026-11-01 05:30"},
		{"0 0 13 * fri", "2026-11-20 00:00", "2026-11-13 00:00"},
		{"0 0 29 feb *", "2024-02-29 00:00", "2020-02-29 00:00"},
		{"10-20/5 1/6 * * *", "2026-11-20 07:20", "2026-11-20 07:15"},
		{"0 0 31 2 *", "", ""},
	} {
		c, ok := parseCron(tt.cron)
		if !ok {
			t.Errorf("%s: it is taken for none", tt.cron)
			continue
		}
		last := c.before(now)
		for i, want := range []string{tt.last, tt.before} {
			got := ""
			if at := []time.Time{last, c.before(last)}[i]; !last.IsZero() && !at.IsZero() {
				got = at.Format("2006-01-02 15:04")
			}
			if got != want {
				t.Errorf("%s, %d before: got %q, want %q", tt.cron, i+1, got, want)
			}
		}
	}
	for _, bad := range []string{"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "a * * * *", "1-0 * * * *", "*/0 * * * *", "1,, * * * *", "-1 * * * *", "${{ x }} * * * *"} {
		if c, ok := parseCron(bad); ok {
			t.Errorf("%q: got %v, want none", bad, c)
		}
	}
}
