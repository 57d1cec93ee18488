package gate_test

import (
	"testing"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// A host may be set aside, and not all of a role.
func TestTooManySetAside(t *testing.T) {
	w := newWorld(t, "")
	for i, host := range []string{"production/web/production-1", "production/web/production-2"} {
		w.event(gate.Event{Kind: gate.SetAside, Environment: "production", Hosts: []string{host}, Until: w.now.Add(time.Hour), Reason: "dead"}, "")
		if i == 0 {
			w.want(w.check(""), gate.Pass)
		}
	}
	w.want(w.check(""), gate.Undecided, "check.empty")
	w.wait(time.Hour)
	w.want(w.check(""), gate.Pass)
}
