package drifttest

import (
	"testing"
	"time"
)

// Patience is how long to wait for what should come at once: so long that no busy machine exceeds it.
const Patience = 2 * time.Minute

// Until waits for a condition, and fails the test where it does not come about at all. It says nothing of how long that takes.
func Until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for began := time.Now(); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > Patience {
			t.Fatalf("after %s: not yet: %s", Patience, what)
		}
	}
}
