package version_test

import (
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/drift/version"
)

// TestCompareIsLinear compares long versions, by every scheme.
func TestCompareIsLinear(t *testing.T) {
	size := drifttest.Times(256<<10, 4<<20)
	for _, unit := range []string{"0", "1", ".0", ".1", "~", "a", "1~", "-1", "+a", "1a", ":1", "é", ".0-a", ",<1", " || 1"} {
		text := func(size int) string { return drifttest.Fill(size, "1", unit, "") }
		for _, scheme := range version.Schemes() {
			t.Run(scheme+"/"+unit, func(t *testing.T) {
				drifttest.Linear(t, text, size, 0, func(text string) any {
					order, err := version.Compare(scheme, text, text+"1")
					return []any{order, err}
				})
			})
		}
		t.Run("constraint/"+strings.ReplaceAll(unit, "/", "_"), func(t *testing.T) {
			drifttest.Linear(t, text, size, 0, func(text string) any {
				matches, err := version.MatchesSemver("1.0.0", "<"+text)
				return []any{matches, err}
			})
		})
	}
}
