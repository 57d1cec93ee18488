package doctor

import (
	"strconv"
	"strings"
	"time"
)

// cron is a schedule, as POSIX crontab(5) has it, in UTC. The zero cron is one that cannot be read.
type cron struct{ minute, hour, day, month, weekday field }

// field has the numbers that fit, and whether all do.
type field struct {
	fits [60]bool
	all  bool
}

var (
	monthNames   = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

func parseCron(s string) (cron, bool) {
	words := strings.Fields(strings.ToLower(s))
	if len(words) != 5 {
		return cron{}, false
	}
	var c cron
	for i, f := range []struct {
		to          *field
		least, most int
		names       []string
	}{{&c.minute, 0, 59, nil}, {&c.hour, 0, 23, nil}, {&c.day, 1, 31, nil}, {&c.month, 1, 12, monthNames}, {&c.weekday, 0, 6, weekdayNames}} {
		if !f.to.parse(words[i], f.least, f.most, f.names) {
			return cron{}, false
		}
	}
	return c, true
}

func (f *field) parse(s string, least, most int, names []string) bool {
	f.all = s == "*"
	number := func(s string) (int, bool) {
		for i, name := range names {
			if s == name {
				return least + i, true
			}
		}
		n, err := strconv.Atoi(s)
		if n == 7 && most == 6 { // Sunday
			n = 0
		}
		return n, err == nil && n >= least && n <= most
	}
	for part := range strings.SplitSeq(s, ",") {
		span, by, stepped := strings.Cut(part, "/")
		every := 1
		if n, err := strconv.Atoi(by); stepped && (err != nil || n < 1) {
			return false
		} else if stepped {
			every = n
		}
		from, to := least, most
		if span != "*" {
			low, high, ranged := strings.Cut(span, "-")
			var ok bool
			if from, ok = number(low); !ok {
				return false
			}
			if ranged {
				if to, ok = number(high); !ok || to < from {
					return false
				}
			} else if !stepped {
				to = from
			}
		}
		for n := from; n <= to; n += every {
			f.fits[n] = true
		}
	}
	return true
}

// on reports whether a day is one of the schedule: where both the day of the month and that of the week are said, either.
func (c cron) on(t time.Time) bool {
	day, weekday := c.day.fits[t.Day()], c.weekday.fits[t.Weekday()]
	fits := day && weekday
	if !c.day.all && !c.weekday.all {
		fits = day || weekday
	}
	return fits && c.month.fits[t.Month()]
}

// before returns the last time of the schedule before another; the zero time where there is none in the four years before.
func (c cron) before(t time.Time) time.Time {
	t = t.UTC().Add(-time.Nanosecond).Truncate(time.Minute)
	for limit := t.AddDate(-4, 0, -1); t.After(limit); {
		switch midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC); {
		case !c.on(t):
			t = midnight.Add(-time.Minute)
		case !c.hour.fits[t.Hour()]:
			t = t.Truncate(time.Hour).Add(-time.Minute)
		case !c.minute.fits[t.Minute()]:
			t = t.Add(-time.Minute)
		default:
			return t
		}
	}
	return time.Time{}
}
