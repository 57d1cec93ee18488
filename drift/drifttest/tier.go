package drifttest

import (
	"os"
	"testing"
)

// The tests are in three tiers: "go test -short ./..." for every save, "go test ./..." for every commit, and .ci/run, which
// sets GATE_TEST_MINUTES=1, for what takes minutes.

// Slow leaves a test out of "go test -short".
func Slow(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("left out by -short")
	}
}

// Minutes leaves a test to .ci/run.
func Minutes(t testing.TB) {
	t.Helper()
	if !Thorough() {
		t.Skip("only .ci/run has the time for it: GATE_TEST_MINUTES=1")
	}
}

// Thorough reports whether there are minutes for a test, as in .ci/run.
func Thorough() bool { return os.Getenv("GATE_TEST_MINUTES") == "1" && !testing.Short() }

// Times returns how often a test tries something: few times, or many in .ci/run.
func Times(few, many int) int {
	if Thorough() {
		return many
	}
	return few
}
