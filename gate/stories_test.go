package gate_test

import (
	"testing"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// A release goes the whole way.
func TestStoryRelease(t *testing.T) {
	w := newWorld(t, "")
	w.want(w.check(""), gate.Pass)
	w.commit("c1", "c0")
	w.want(w.check("c1"), gate.Blocked, "promotion.not_deployed")
	w.deploy("staging", "c1", "stdout")
	w.want(w.check("c1"), gate.Blocked, "promotion.not_verified", "promotion.soaking")
	w.want(w.check(""), gate.Pass)
	w.verify("c1")
	w.wait(10 * time.Minute)
	w.want(w.check("c1"), gate.Blocked, "promotion.soaking")
	w.wait(20 * time.Minute)
	w.want(w.check("c1"), gate.Pass)
	w.deploy("production", "c1", "stdout")
	w.want(w.check("c1"), gate.Pass)
	w.want(w.check(""), gate.Pass)
}
