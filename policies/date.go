package policies

import (
	"fmt"
	"regexp"
	"time"

	_ "time/tzdata" // so that a policy means the same on a machine without a time zone database

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

var (
	isDay  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	isTime = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}`)
)

// ParseUntil reads the end of something: a time as RFC 3339 has it, or a day as YYYY-MM-DD, to whose end in a time zone
// it lasts. The result is the first instant at which it is over.
func ParseUntil(s string, zone *time.Location) (time.Time, error) {
	if isDay.MatchString(s) {
		t, err := time.ParseInLocation(time.DateOnly, s, zone)
		if err != nil {
			return time.Time{}, fmt.Errorf("there is no day %s", s)
		}
		next := t.AddDate(0, 0, 1)
		if next.Day() == t.Day() { // clocks go forward at midnight, so that the next day begins later
			_, next = next.ZoneBounds()
		}
		return next, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	switch {
	case err == nil:
		return t, nil
	case isTime.MatchString(s):
		return time.Time{}, fmt.Errorf("%q is not a time of RFC 3339: write it with its offset, as in \"2026-12-15T18:00:00+01:00\" or \"2026-12-15T17:00:00Z\"", s)
	}
	return time.Time{}, fmt.Errorf("%q is not a date: write the day as \"2026-12-15\" (year, month, day; to the end of that day), or a time as \"2026-12-15T17:00:00Z\"", s)
}

// until reads the end of something, in the policy's time zone.
func (d *decoder) until(to *time.Time) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		w, ok := d.word(a)
		if !ok {
			return
		}
		t, err := ParseUntil(w.text, d.zone)
		if err != nil {
			d.error(w.at, "Bad date", sentence(err))
			return
		}
		*to = t
	}
}
