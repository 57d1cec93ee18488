package gate_test

import (
	"slices"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// After an overridden deployment the drift check names the override and what it let through, until staging has proved the
// content, or one that contains it.
func TestOverriddenDeployment(t *testing.T) {
	t.Parallel()
	has := func(v *gate.Verdict) bool {
		return slices.ContainsFunc(v.Findings, func(f gate.Finding) bool { return f.Code == "override.deployed" })
	}
	// overridden has c1 on production, past staging.
	overridden := func(t *testing.T, codes ...string) *world {
		w := newWorld(t, "")
		w.commit("c1", "c0")
		w.event(gate.Event{Kind: gate.Override, Environment: "production", Codes: []string{"promotion.not_deployed", "promotion.soaking"}, Until: w.now.Add(time.Hour), Reason: "OPS-412"}, "c1")
		v := w.check("c1")
		w.want(v, gate.Pass)
		if got := gate.Overridden(v); !slices.Equal(got, []string{"promotion.not_deployed"}) {
			t.Errorf("overridden: %q", got)
		}
		w.wait(time.Minute)
		begun := w.begin("production", "c1")
		w.history.Events[len(w.history.Events)-1].Codes = codes
		w.finish(begun)
		w.wait(8 * 24 * time.Hour) // the override is long over
		return w
	}
	w := overridden(t, "promotion.not_deployed")
	v := w.check("")
	w.tells(v, "override.deployed", "app 6331000 is on production by an override, and not yet proved on staging")
	w.tells(v, "override.deployed", ", by Ada, let promotion.not_deployed through: OPS-412")
	if got := gate.Grounds(w.history, v, nil, "override.deployed"); len(got) != 3 || got[0].Kind != gate.Override {
		t.Errorf("it rests on %v", got)
	}
	w.arrive("staging/*", "c1")
	w.deploy("staging", "c1")
	if !has(w.check("")) {
		t.Error("deployed to staging, and not verified: it is not said any more")
	}
	w.verify("c1")
	if has(w.check("")) {
		t.Error("verified on staging, it is said still")
	}

	t.Run("a later change that contains it", func(t *testing.T) {
		t.Parallel()
		w := overridden(t, "promotion.not_deployed")
		w.commit("c2", "c1")
		w.prove("c2")
		if has(w.check("")) {
			t.Error("it is said still")
		}
	})
	t.Run("begun by a gate that did not record what was let through", func(t *testing.T) {
		t.Parallel()
		w := overridden(t)
		w.tells(w.check(""), "override.deployed", "let promotion.not_deployed, promotion.soaking through")
	})
	t.Run("something else was let through", func(t *testing.T) {
		t.Parallel()
		w := overridden(t, "drift.skipped")
		if has(w.check("")) {
			t.Error("it is said, though the override let nothing of it through")
		}
	})
	t.Run("it did not hold when the deployment began", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, "")
		w.commit("c1", "c0")
		override := gate.Event{Kind: gate.Override, Environment: "production", Codes: []string{"promotion.not_deployed"}, Until: w.now.Add(time.Hour)}
		w.event(override, "c1")
		w.wait(2 * time.Hour)
		w.deploy("production", "c1")
		w.wait(time.Minute)
		override.Until = w.now.Add(time.Hour)
		w.event(override, "c1")
		if has(w.check("")) {
			t.Error("it is said of one that was over, or came afterwards")
		}
	})
	t.Run("replaced", func(t *testing.T) {
		t.Parallel()
		w := overridden(t, "promotion.not_deployed")
		w.deploy("production", "c0")
		if has(w.check("")) {
			t.Error("it is said still")
		}
	})
}
