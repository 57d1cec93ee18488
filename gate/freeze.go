package gate

import (
	"fmt"
	"time"

	"github.com/seed-313c021b/gate/policies"
)

const week = 7 * 24 * time.Hour

// frozen reports whether a freeze holds at a time, and when it ends. It goes by the clock on the wall of now's zone: where
// that is put forward or back within the freeze, the freeze is an hour shorter or longer.
func frozen(f policies.Freeze, now time.Time) (until time.Time, yes bool) {
	clock := sinceSunday(policies.WeekTime{Day: now.Weekday(), Minute: now.Hour()*60 + now.Minute()}) + time.Duration(now.Second())*time.Second
	length := (sinceSunday(f.Until) - sinceSunday(f.From) + week) % week
	passed := (clock - sinceSunday(f.From) + week) % week
	if passed >= length {
		return time.Time{}, false
	}
	days := (int(f.Until.Day) - int(now.Weekday()) + 7) % 7
	if end := sinceSunday(f.Until) % (24 * time.Hour); days == 0 && end <= clock%(24*time.Hour) {
		days = 7
	}
	y, m, d := now.Date()
	return time.Date(y, m, d+days, f.Until.Minute/60, f.Until.Minute%60, 0, 0, now.Location()), true
}

// sinceSunday is a time of the week as what the clock has gone since Sunday 00:00.
func sinceSunday(w policies.WeekTime) time.Duration {
	return time.Duration(w.Day)*24*time.Hour + time.Duration(w.Minute)*time.Minute
}

// freezes finds the freezes that hold now. None stops the way back.
func (d *decision) freezes() {
	if d.Candidate.Rollback {
		return
	}
	now := d.Now.In(d.Policy.Gate.Timezone)
	for _, f := range d.environment.Promotion.Freezes {
		if until, yes := frozen(f, now); yes {
			d.add(Finding{Code: "promotion.frozen", Effect: Blocks, Policy: position(f.Range), Ready: until.UTC(),
				Title: fmt.Sprintf("The freeze %q holds until %s", f.Name, until.Format("Mon 2 Jan 15:04 MST")),
				Next:  []string{fmt.Sprintf("wait until %s, or gate override promotion.frozen with a reason", until.Format("Mon 2 Jan 15:04 MST"))}})
		}
	}
}
