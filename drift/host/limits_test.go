package host

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// TestLoginLimits has accounts that may have few processes, open files, or little memory or time: programs cannot be started
// or break off anywhere. What is read is right or unknown, never something else.
func TestLoginLimits(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "")
	shell := drifttest.Program(t, "bash")
	tree := m.tree()
	whole := drift.Host{Sections: m.direct("/srv/tree", tree...)}
	var limits []string
	for n := range 14 {
		limits = append(limits, fmt.Sprintf("ulimit -u %d", n+2))
	}
	for _, n := range []int{3, 4, 5, 6, 7, 8, 10, 11, 12} {
		limits = append(limits, fmt.Sprintf("ulimit -n %d", n))
	}
	for _, n := range []int{2000, 2500, 3000, 4000, 5000, 6000, 7000, 8000, 10000} {
		limits = append(limits, fmt.Sprintf("ulimit -v %d", n))
	}
	limits = append(limits, "ulimit -f 0", "ulimit -s 64", "ulimit -d 100", "ulimit -t 0")
	var dests []string
	for i, limit := range limits {
		dests = append(dests, m.user(fmt.Sprintf("u%d", i), shell, "", map[string]string{".bashrc": limit + "\n"}))
	}
	var right, unknown atomic.Int64
	t.Run("limits", func(t *testing.T) {
		for i, limit := range limits {
			t.Run(limit, func(t *testing.T) {
				t.Parallel()
				got, err := m.collect(dests[i], "/srv/tree", tree...)
				r, u := compare(t, &got, &whole)
				t.Logf("%d right, %d unknown; %v", r, u, err)
				right.Add(int64(r))
				unknown.Add(int64(u))
			})
		}
	})
	if right.Load() == 0 || unknown.Load() == 0 {
		t.Errorf("got %d values that are right and %d unknown, want both", right.Load(), unknown.Load())
	}
	m.wantIdle()
}

// compare looks everything up that either host has, and counts what is right and what is unknown.
func compare(t *testing.T, got, want *drift.Host) (right, unknown int) {
	t.Helper()
	for _, sections := range [][]drift.Section{got.Sections, want.Sections} {
		for _, s := range sections {
			for _, f := range append(slices.Clone(s.Facts), drift.Fact{Address: s.Address().Attr("type")}) {
				value, wanted := got.Lookup(f.Address), want.Lookup(f.Address)
				switch {
				case f.Address == "os.clock_offset":
				case value.Kind == drift.Unknown:
					unknown++
				case value != wanted:
					t.Errorf("%s: got %v, want %v or unknown", f.Address, value, wanted)
				default:
					right++
				}
			}
		}
	}
	return right, unknown
}
