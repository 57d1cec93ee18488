package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/policies"
)

// span is a flag that is a duration, as policies write it ("36h", "14d") or as Go does.
type span time.Duration

func (s *span) Set(text string) error {
	d, err := policies.ParseDuration(text)
	if err != nil {
		var other error
		if d, other = time.ParseDuration(text); other != nil || d < 0 {
			return err
		}
	}
	*s = span(d)
	return nil
}

func (s *span) String() string {
	text := time.Duration(*s).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (s *span) Type() string { return "duration" }

// ends reads when something ends: a time as RFC 3339 has it, a day, to its end, a time of day, today or tomorrow, or a
// duration from now. Days and times of day are those of the policy's zone.
func ends(flag, text string, now time.Time, p *policies.Policy) (time.Time, error) {
	at, err := moment(text, now, p.Gate.Timezone, +1)
	switch {
	case err != nil:
		return time.Time{}, usage("%s %s: %w", flag, text, err)
	case !at.After(now):
		return time.Time{}, usage("%s %s is over already", flag, text)
	}
	return at.Truncate(time.Second), nil
}

// since reads when something began: as ends does, with a day from its begin, and all before now.
func since(flag, text string, now time.Time, p *policies.Policy) (time.Time, error) {
	at, err := moment(text, now, p.Gate.Timezone, -1)
	if err != nil {
		return time.Time{}, usage("%s %s: %w", flag, text, err)
	}
	return at, nil
}

// moment reads a time after now (+1) or before it (-1).
func moment(text string, now time.Time, zone *time.Location, direction int) (time.Time, error) {
	now = now.In(zone)
	if d, err := policies.ParseDuration(text); err == nil {
		return now.Add(time.Duration(direction) * d), nil
	}
	if clock, err := time.Parse("15:04", text); err == nil {
		at := func(day int) time.Time {
			return time.Date(now.Year(), now.Month(), now.Day()+day, clock.Hour(), clock.Minute(), 0, 0, zone)
		}
		switch today := at(0); {
		case direction > 0 && !today.After(now), direction < 0 && today.After(now):
			return at(direction), nil
		default:
			return today, nil
		}
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil && direction < 0 {
		return day, nil
	}
	at, err := policies.ParseUntil(text, zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("write a time as 2026-12-15T17:00:00Z, a day as 2026-12-15, a time of day as 18:30, or a duration as 4h")
	}
	return at, nil
}

// sleep waits until a time, or until ctx ends. It looks at the clock now and then: a machine may have been asleep.
func (a *app) sleep(ctx context.Context, until time.Time) error {
	if a.wait != nil {
		return a.wait(ctx, until)
	}
	for {
		left := until.Sub(a.now())
		if left <= 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(min(left, 30*time.Second)):
		}
	}
}
