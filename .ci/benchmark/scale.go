package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// scale is how long something takes at a size, and at a larger one.
type scale struct {
	name         string
	small, large int
	smalls       []time.Duration
	larges       []time.Duration
	aim          float64 // how many times as long the larger size may take; 0 for no aim
}

// alternate measures both sizes in turn, so that what else the machine does hits both alike. The first time does not count.
func (s *scale) alternate(ctx context.Context, rounds int, run func(size int) (time.Duration, error)) error {
	for round := range rounds + 1 {
		for _, size := range []int{s.small, s.large} {
			if err := ctx.Err(); err != nil {
				return err
			}
			took, err := run(size)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			switch {
			case round == 0:
			case size == s.small:
				s.smalls = append(s.smalls, took)
			default:
				s.larges = append(s.larges, took)
			}
		}
	}
	slices.Sort(s.smalls)
	slices.Sort(s.larges)
	return nil
}

// compareScale compares staging before and after a release with production, which still is before it.
func compareScale(ctx context.Context, rounds int) (*scale, error) {
	s := &scale{name: "compare, three-way, 800 facts a host", small: 100, large: 1000, aim: 2}
	sides := map[int][3][]*drift.Host{}
	for _, n := range []int{s.small, s.large} {
		var three [3][]*drift.Host
		for i, side := range []struct {
			environment string
			release     int
		}{{"staging", 1}, {"staging", 2}, {"production", 1}} {
			snapshot, err := fleet(side.environment, n, side.release, time.Now())
			if err != nil {
				return nil, err
			}
			for k := range snapshot.Hosts {
				three[i] = append(three[i], &snapshot.Hosts[k])
			}
		}
		sides[n] = three
	}
	comparer := drift.Comparer{LeaveOut: leaveOut(), Vars: drift.NewVars(map[string]map[string]string{
		"staging": {"domain": "staging.example.com"}, "production": {"domain": "production.example.com"},
	})}
	return s, s.alternate(ctx, rounds, func(n int) (time.Duration, error) {
		before, proved, target := sides[n][0], sides[n][1], sides[n][2]
		comparer.Promotion = &drift.Promotion{At: func(drift.Address) ([]*drift.Host, bool) { return before, true }}
		began := time.Now()
		rows := comparer.Compare(proved, target).Rows
		took := time.Since(began)
		if len(rows) != 8 || rows[0].Class != drift.InFlight {
			return 0, fmt.Errorf("%d rows, want the eight that are in flight", len(rows))
		}
		return took, nil
	})
}

// leaveOut leaves out what gate does without a word of the policy.
func leaveOut() func(*drift.Host, *drift.Section, drift.Fact) string {
	groups := policies.Defaults()
	return func(h *drift.Host, s *drift.Section, f drift.Fact) string {
		if word := policies.LeftOut(h, s, f); word != "" {
			return word
		}
		for _, group := range groups {
			if drift.FirstCovering(group.Facts, f.Address) >= 0 {
				return group.Builtin
			}
		}
		return ""
	}
}
