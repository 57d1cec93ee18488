package policies

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

const day = 24 * time.Hour

// durationUnits are the units of a duration, the largest first, as they must stand in it.
var durationUnits = []struct {
	name string
	long time.Duration
}{{"w", 7 * day}, {"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

// longest is more than anybody means, and far from an overflow.
const longest = 100 * 366 * day

// ParseDuration reads a duration as policies and flags have it: "36h", "14d", "1d12h", "30m", "90s", "2w". A day has 24
// hours.
func ParseDuration(s string) (time.Duration, error) {
	if strings.HasPrefix(s, "-") {
		return 0, fmt.Errorf("%q is negative", s)
	}
	var total time.Duration
	rest, units := s, durationUnits
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.ParseInt(rest[:digits], 10, 32)
		if err != nil || digits == len(rest) {
			return 0, fmt.Errorf("%q is not a duration: write whole numbers with units, as in \"36h\", \"14d\" or \"1d12h\"", s)
		}
		rest = rest[digits:]
		for len(units) > 0 && units[0].name != rest[:1] {
			units = units[1:]
		}
		if len(units) == 0 {
			return 0, fmt.Errorf("%q is not a duration: the units are w, d, h, m and s, the largest first, as in \"1d12h\"", s)
		}
		if n > int64(longest/units[0].long) {
			return 0, fmt.Errorf("%q is longer than a hundred years", s)
		}
		total += time.Duration(n) * units[0].long
		rest, units = rest[1:], units[1:]
	}
	if s == "" {
		return 0, fmt.Errorf("the duration is empty")
	}
	return total, nil
}

// duration reads a duration; with positive, zero is a mistake.
func (d *decoder) duration(to *time.Duration, positive bool) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		w, ok := d.word(a)
		if !ok {
			return
		}
		long, err := ParseDuration(w.text)
		switch {
		case err != nil:
			d.error(w.at, "Bad duration", sentence(err))
		case positive && long == 0:
			d.error(w.at, "Bad duration", "%q of zero would let nothing through: give it a length, or leave it out.", a.Name)
		default:
			*to = long
		}
	}
}

// sentence words an error as the detail of a diagnostic.
func sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
