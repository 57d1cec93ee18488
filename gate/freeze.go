package gate

import (
	"fmt"
	"time"

	"github.com/seed-313c021b/gate/policies"
)

const (
	day  = 24 * 60 // minutes
	week = 7 * day
)

// frozen reports whether a freeze holds at a time, in the zone of now, and when it ends. It goes by the clock on the wall:
// where that is put back and shows its beginning or end twice, it begins the first time and ends the second; where that is
// put forward over them, it does so at that moment.
func frozen(f policies.Freeze, now time.Time) (until time.Time, yes bool) {
	length := (minuteOf(f.Until) - minuteOf(f.From) + week) % week
	back := (int(now.Weekday()) - int(f.From.Day) + 7) % 7
	for _, days := range []int{back - 7, back, back + 7} { // what began on this day of the week before may last until now, over a change of the date too
		y, m, d := now.AddDate(0, 0, -days).Date()
		begins, _ := onWall(y, m, d, f.From.Minute, now.Location())
		_, ends := onWall(y, m, d, f.From.Minute+length, now.Location())
		if length > 0 && !now.Before(begins) && now.Before(ends) {
			return ends, true
		}
	}
	return time.Time{}, false
}

// minuteOf returns a time of the week as what the clock has gone since Sunday 00:00.
func minuteOf(w policies.WeekTime) int { return int(w.Day)*day + w.Minute }

// onWall returns the first and the last time at which the clock on the wall shows a minute, counted from the midnight that
// begins a date. Where it never does, both are the moment at which it is put forward over it.
func onWall(y int, m time.Month, d, minute int, zone *time.Location) (first, last time.Time) {
	wall := time.Date(y, m, d, 0, minute, 0, 0, time.UTC)
	for _, around := range []time.Duration{-day * time.Minute, day * time.Minute} {
		_, offset := wall.Add(around).In(zone).Zone()
		at := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if _, actual := at.Zone(); actual != offset {
			continue
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	if first.IsZero() {
		_, offset := wall.Add(-day * time.Minute).In(zone).Zone()
		first, _ = wall.Add(-time.Duration(offset) * time.Second).In(zone).ZoneBounds()
		last = first
	}
	return first, last
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
				Next:  []string{fmt.Sprintf("wait until %s, or %s", until.Format("Mon 2 Jan 15:04 MST"), d.override("promotion.frozen"))}})
		}
	}
}
