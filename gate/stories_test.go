package gate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

// A release goes the whole way.
func TestStoryRelease(t *testing.T) {
	w := newWorld(t, "")
	w.want(w.check(""), gate.Pass)
	w.commit("c1", "c0")
	w.want(w.check("c1"), gate.Blocked, "promotion.not_deployed")
	w.deploy("staging", "c1", "stdout")
	v := w.check("c1")
	w.want(v, gate.Blocked, "promotion.not_verified", "promotion.soaking")
	for _, f := range v.Findings {
		if !f.Ready.IsZero() {
			t.Errorf("%s is ready at %s, and time alone does not help", f.Code, f.Ready)
		}
	}
	w.want(w.check(""), gate.Pass)
	w.verify("c1")
	w.wait(10 * time.Minute)
	w.want(w.check("c1"), gate.Blocked, "promotion.soaking")
	w.wait(20 * time.Minute)
	v = w.check("c1")
	w.want(v, gate.Pass)
	w.tells(v, "change.in_flight", "proved: app ")
	w.deploy("production", "c1", "stdout")
	w.want(w.check("c1"), gate.Pass)
	w.want(w.check(""), gate.Pass)
}

// The same content is the same after a squash, and another commit of it needs no other proof.
func TestStorySquash(t *testing.T) {
	w := newWorld(t, "")
	w.commit("c1-1", "c0")
	w.commit("c1-2", "c0")
	w.prove("c1-1", "stdout")
	w.want(w.check("c1-2"), gate.Pass)
	w.deploy("production", "c1-2", "stdout")
	w.want(w.check(""), gate.Pass)
	w.mark("production/web/production-1", "c1-1")
	w.want(w.check(""), gate.Pass)
}

// The second release is on staging before the first is promoted: what was recorded with the first proves it still.
func TestStoryQueue(t *testing.T) {
	w := newWorld(t, "")
	w.commit("c1", "c0")
	w.commit("c2", "c1")
	w.prove("c1", "stdout")
	w.prove("c2", "journal")
	w.want(w.check("c1"), gate.Pass)
	w.want(w.check("c2"), gate.Pass)

	first, second := w.check("c1"), w.check("c2")
	if got, want := proved(first), `"stdout"`; got != want {
		t.Errorf("the first brings %s, want %s", got, want)
	}
	if got, want := proved(second), `"journal"`; got != want {
		t.Errorf("the second brings %s, want %s", got, want)
	}
	w.deploy("production", "c1", "stdout")
	w.want(w.check("c2"), gate.Pass)
	w.deploy("production", "c2", "journal")
	w.want(w.check(""), gate.Pass)
	w.want(w.check("c1"), gate.Blocked, "promotion.backward", "drift.skipped")
}

// proved returns what the change in flight is proved to become.
func proved(v *gate.Verdict) string {
	for _, f := range v.Findings {
		if f.Code == "change.in_flight" {
			return f.Items[0].From[0].Value
		}
	}
	return ""
}

// A host that came to staging after the first release was replaced there proves nothing of it, and is not in its way.
func TestStoryQueueWithNewHost(t *testing.T) {
	w := newWorld(t, "")
	w.commit("c1", "c0")
	w.commit("c2", "c1")
	spare := w.takeHost("staging-2")
	w.prove("c1", "stdout")
	w.prove("c2", "journal")
	w.giveHost(spare)
	w.arrive("staging/*", "c2", "journal")
	v := w.check("c1")
	w.want(v, gate.Pass)
	if got, want := proved(v), `"stdout"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Production goes back to what passed before, in a hurry.
func TestStoryRollback(t *testing.T) {
	begin := func(t *testing.T, promotion string) *world {
		w := newWorld(t, promotion)
		w.commit("c1", "c0")
		w.commit("c2", "c1")
		w.commit("c3", "c2")
		for commit, value := range map[string]string{"c1": "stdout"} {
			w.prove(commit, value)
			w.deploy("production", commit, value)
		}
		w.wait(24 * time.Hour)
		w.prove("c2", "journal")
		w.deploy("production", "c2", "journal")
		w.wait(time.Hour)
		return w
	}
	t.Run("to what passed", func(t *testing.T) {
		w := begin(t, "")
		w.want(w.check("c1"), gate.Blocked, "promotion.backward", "drift.skipped")
		v := w.check("c1", back)
		w.want(v, gate.Pass)
		if got, want := proved(v), `"stdout"`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		begun := w.begin("production", "c1")
		w.finish(begun, "stdout")
		w.want(w.check(""), gate.Pass)
	})
	t.Run("to what hosts disagreed in when it was proved", func(t *testing.T) {
		w := newWorld(t, "")
		w.commit("c1", "c0")
		w.commit("c2", "c1")
		w.deploy("staging", "c1", "stdout")
		w.set("staging/web/staging-1", log, text("by hand"))
		w.verify("c1")
		w.wait(time.Hour)
		w.observe("staging")
		w.deploy("production", "c1", "stdout")
		w.prove("c2", "journal")
		w.deploy("production", "c2", "journal")
		w.wait(time.Hour)
		w.set("production/*", log, text("else"))
		w.want(w.check("c1", back), gate.Blocked, "drift.unexplained", "drift.within")
	})
	t.Run("to what never passed", func(t *testing.T) {
		w := begin(t, "")
		w.want(w.check("c3", back), gate.Blocked, "promotion.rollback", "promotion.unresolved")
	})
	t.Run("to what was proved and never promoted", func(t *testing.T) {
		w := begin(t, "")
		w.prove("c3", "syslog")
		w.want(w.check("c3", back), gate.Blocked, "promotion.rollback")
	})
	t.Run("to what was deployed without a pass", func(t *testing.T) {
		w := begin(t, "")
		w.arrive("production/*", "c3", "syslog")
		w.event(gate.Event{Kind: gate.Deployed, Environment: "production"}, "c3")
		w.deploy("production", "c2", "journal")
		w.want(w.check("c3", back), gate.Blocked, "promotion.rollback")
	})
	t.Run("to what was revoked", func(t *testing.T) {
		w := begin(t, "")
		w.event(gate.Event{Kind: gate.Revoked, Reason: "loses orders"}, "c1")
		v := w.check("c1", back)
		w.want(v, gate.Blocked, "promotion.rollback")
		w.says(v, "promotion.rollback", "loses orders")
	})
	t.Run("to what failed there", func(t *testing.T) {
		w := newWorld(t, "")
		w.commit("c1", "c0")
		w.prove("c1", "stdout")
		e := w.deploy("production", "c1", "stdout")
		w.event(gate.Event{Kind: gate.Failed, Environment: "production", Of: e.ID}, "c1")
		w.deploy("production", "c0", "file")
		w.want(w.check("c1", back), gate.Blocked, "promotion.rollback")
	})
	t.Run("without soak, freeze, age and staging", func(t *testing.T) {
		w := begin(t, "evidence_max_age = \"1d\"\nfreeze \"always\" {\n from = \"Mon 00:00\"\n until = \"Sun 23:59\"\n}")
		w.wait(9 * 24 * time.Hour)
		w.want(w.check("c1", back), gate.Pass)
	})
	t.Run("not through a hold", func(t *testing.T) {
		w := begin(t, "")
		w.event(gate.Event{Kind: gate.Hold, Environment: "production", Reason: "audit"}, "")
		v := w.check("c1", back)
		w.want(v, gate.Blocked, "promotion.held")
		steps := v.Steps()
		if got, want := steps[len(steps)-1], "gate check --to production --revision "+gate.Short(id("c1"))+" --rollback"; got != want {
			t.Errorf("the last step: got %q, want %q", got, want)
		}
	})
	t.Run("from what failed half way", func(t *testing.T) {
		w := begin(t, "")
		w.prove("c3", "syslog")
		begun := w.begin("production", "c3")
		w.arrive("production/web/production-1", "c3", "syslog")
		w.event(gate.Event{Kind: gate.Failed, Environment: "production", Of: begun.ID}, "c3")
		w.want(w.check("c2", back), gate.Pass)
		w.want(w.check("c1", back), gate.Pass)
		w.want(w.check("c3"), gate.Pass) // the next attempt
	})
	t.Run("once more, when the way back failed", func(t *testing.T) {
		w := begin(t, "")
		begun := w.event(gate.Event{Kind: gate.Deploying, Environment: "production", Outcome: gate.Pass, Rollback: true}, "c1")
		w.arrive("production/web/production-1", "c1", "stdout")
		w.event(gate.Event{Kind: gate.Failed, Environment: "production", Of: begun.ID}, "c1")
		w.want(w.check("c1", back), gate.Pass)
	})
	t.Run("from what was revoked", func(t *testing.T) {
		w := begin(t, "")
		w.event(gate.Event{Kind: gate.Revoked}, "c2")
		w.want(w.check("c1", back), gate.Pass)
		w.prove("c3", "syslog")
		w.want(w.check("c3"), gate.Pass) // and forward
		w.want(w.check("c2"), gate.Blocked, "promotion.revoked")
	})
	t.Run("from what skipped the gate", func(t *testing.T) {
		w := begin(t, "")
		w.commit("h1", "c2")
		w.arrive("production/*", "h1", "syslog")
		w.event(gate.Event{Kind: gate.Deployed, Environment: "production"}, "h1")
		v := w.check("c2", back)
		w.want(v, gate.Pass)
		w.tells(v, "promotion.skipped", "the way back takes it away")
	})
	t.Run("with drift in the way", func(t *testing.T) {
		w := begin(t, "")
		w.set("production/*", log, text("syslog")) // it is overwritten
		v := w.check("c1", back)
		w.want(v, gate.Pass)
		w.tells(v, "change.in_flight", "1 fact")
	})
	t.Run("with a host that is there already", func(t *testing.T) {
		w := begin(t, "")
		w.set("production/web/production-1", log, text("stdout"))
		w.want(w.check("c1", back), gate.Pass)
	})
	t.Run("though updates have come to both since", func(t *testing.T) {
		w := begin(t, "")
		w.set("*", openssl, text("4"))
		w.want(w.check("c1", back), gate.Pass)
		w.set("production/*", openssl, text("5"))
		w.want(w.check("c1", back), gate.Blocked, "drift.diverged")
	})
	t.Run("that staging has no record of", func(t *testing.T) {
		w := begin(t, "")
		for _, e := range w.history.Events {
			if e.Kind != gate.Deploying || e.Environment == "staging" {
				delete(w.kept, e.Snapshots["staging"])
			}
		}
		v := w.check("c1", back)
		w.want(v, gate.Pass)
		if got, want := proved(v), `"stdout"`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// Somebody mends production by hand; what contains that is proved on staging and promoted.
func TestStoryHotfix(t *testing.T) {
	for name, record := range map[string]bool{"on record": true, "found on the hosts": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "")
			w.commit("h1", "c0")
			w.arrive("production/*", "h1", "stdout")
			if record {
				w.event(gate.Event{Kind: gate.Deployed, Environment: "production", Reason: "an emergency"}, "h1")
			}
			v := w.check("")
			w.want(v, gate.Blocked, "promotion.skipped", "drift.skipped")
			if record {
				w.says(v, "promotion.skipped", "by Ada: an emergency")
			}
			w.commit("c1", "c0") // without it
			w.prove("c1")
			w.want(w.check("c1"), gate.Blocked, "promotion.skipped", "promotion.backward", "drift.skipped")
			w.commit("c2", "h1")
			w.want(w.check("c2"), gate.Blocked, "promotion.not_deployed", "drift.skipped")
			w.prove("c2", "stdout")
			v = w.check("c2")
			w.want(v, gate.Pass)
			w.tells(v, "promotion.skipped", "the candidate contains it")
			w.tells(w.check(""), "promotion.skipped", "it was proved since")
			w.want(w.check(""), gate.Pass)
			w.deploy("production", "c2", "stdout")
			w.want(w.check(""), gate.Pass)
		})
	}
}

// What skipped the gate stays found while what contains it is on staging, and not verified there.
func TestStoryHotfixNotVerified(t *testing.T) {
	w := newWorld(t, "")
	w.commit("h1", "c0")
	w.arrive("production/*", "h1", "stdout")
	w.deploy("staging", "h1", "stdout")
	w.want(w.check(""), gate.Blocked, "promotion.skipped")
	w.event(gate.Event{Kind: gate.Verified, Environment: "staging", Name: "smoke"}, "h1")
	w.tells(w.check(""), "promotion.skipped", "it was proved since")
}

// A change went straight to production. It stays found, and asking for itself does not make it proved.
func TestStorySkippedStaging(t *testing.T) {
	w := newWorld(t, "")
	w.commit("c1", "c0")
	w.prove("c1", "stdout")
	w.deploy("production", "c1", "stdout")
	w.wait(30 * 24 * time.Hour)
	w.commit("c2", "c1")
	w.arrive("production/*", "c2")
	w.want(w.check(""), gate.Blocked, "promotion.skipped")
	w.event(gate.Event{Kind: gate.Deployed, Environment: "production"}, "c2")
	v := w.check("")
	w.want(v, gate.Blocked, "promotion.skipped")
	w.says(v, "promotion.skipped", "was deployed to production without a pass")
	w.want(w.check("c2"), gate.Blocked, "promotion.not_deployed")
	w.commit("c3", "c2")
	w.want(w.check("c3"), gate.Blocked, "promotion.not_deployed")
	w.prove("c2")
	w.want(w.check("c2"), gate.Pass)
	w.want(w.check(""), gate.Pass)

	// A deployment that began against the verdict has no pass either.
	begun := w.event(gate.Event{Kind: gate.Deploying, Environment: "production", Outcome: gate.Blocked}, "c3")
	w.finish(begun)
	w.want(w.check(""), gate.Blocked, "promotion.skipped")
}

// Hosts show a content that is on no record, one of them is enough.
func TestStoryForeignHands(t *testing.T) {
	w := newWorld(t, "")
	w.commit("c1", "c0")
	w.mark("production/web/production-2", "c1")
	v := w.check("")
	w.want(v, gate.Blocked, "promotion.skipped")
	w.says(v, "promotion.skipped", "is on production-2, and no deployment on record brought it there")
	w.says(v, "promotion.skipped", "the last deployment on record is of app 6330000")

	// What passed long ago, and was put back by hand, is not what was deployed last.
	w = newWorld(t, "")
	w.commit("c1", "c0")
	w.prove("c1", "stdout")
	w.deploy("production", "c1", "stdout")
	w.arrive("production/*", "c0", "file")
	v = w.check("")
	w.want(v, gate.Pass)
	w.tells(v, "promotion.skipped", "it has passed before")

	// Hosts of staging that show different contents prove none.
	w = newWorld(t, "")
	w.commit("c1", "c0")
	w.mark("staging/web/staging-2", "c1")
	w.want(w.check(""), gate.Blocked, "drift.within")

	// A marker that leads nowhere stays a difference.
	w = newWorld(t, "")
	w.set("production/*", `revision["/srv/app"].commit`, text(id("x9")))
	w.want(w.check(""), gate.Blocked, "drift.skipped")
}

// Unattended upgrades reach staging, production, or both, host by host.
func TestStoryUpgrades(t *testing.T) {
	const settle = `settle = "36h"`
	observe := func(w *world) {
		w.observe("staging")
		w.observe("production")
	}
	t.Run("staging only", func(t *testing.T) {
		w := newWorld(t, "")
		w.set("staging/*", openssl, text("4"))
		w.want(w.check(""), gate.Blocked, "drift.ahead")
	})
	t.Run("production only", func(t *testing.T) {
		w := newWorld(t, "")
		w.set("production/*", openssl, text("4"))
		w.want(w.check(""), gate.Blocked, "drift.skipped")
	})
	t.Run("both, to different versions", func(t *testing.T) {
		w := newWorld(t, "")
		w.set("production/*", openssl, text("4"))
		w.set("staging/*", openssl, text("5"))
		w.want(w.check(""), gate.Blocked, "drift.diverged")
	})
	t.Run("both, to the same", func(t *testing.T) {
		w := newWorld(t, "")
		w.set("*", openssl, text("4"))
		w.want(w.check(""), gate.Pass)
	})
	for _, hosts := range []string{"staging/*", "production/*", "staging/web/staging-1", "production/web/production-2"} {
		t.Run("settles on "+hosts, func(t *testing.T) {
			w := newWorld(t, settle)
			observe(w)
			w.wait(time.Hour)
			w.set(hosts, openssl, text("4"))
			v := w.check("")
			w.want(v, gate.Pass) // it came after the last observation
			w.tells(v, codeOfOpenssl(v), "younger than settle, 36h")
			observe(w)
			w.wait(36 * time.Hour)
			w.want(w.check(""), gate.Pass)
			w.wait(time.Second)
			if v := w.check(""); v.Outcome != gate.Blocked {
				t.Errorf("it does not block when it is older:\n%s", details(v))
			}
			w.set("*", openssl, text("4"))
			w.want(w.check(""), gate.Pass)
		})
	}
	t.Run("host by host", func(t *testing.T) {
		w := newWorld(t, settle)
		observe(w)
		for _, host := range []string{"staging/web/staging-1", "production/web/production-2", "staging/web/staging-2"} {
			w.wait(11 * time.Hour)
			w.set(host, openssl, text("4"))
			w.want(w.check(""), gate.Pass)
			observe(w)
		}
		w.wait(14 * time.Hour) // 36 h since the first
		w.want(w.check(""), gate.Pass)
		w.wait(time.Second)
		if v := w.check(""); v.Outcome != gate.Blocked {
			t.Errorf("the last host to get it makes it young again:\n%s", details(v))
		}
	})
	t.Run("to two versions, one after the other", func(t *testing.T) {
		w := newWorld(t, settle)
		observe(w)
		w.set("production/web/production-1", openssl, text("4"))
		observe(w)
		w.wait(20 * time.Hour)
		w.set("production/web/production-2", openssl, text("5"))
		observe(w)
		w.wait(16 * time.Hour)
		w.want(w.check(""), gate.Pass)
		w.wait(time.Second)
		w.want(w.check(""), gate.Blocked, "drift.skipped")
	})
	// What a host of staging becomes in the meantime does not make production's drift young.
	for name, become := range map[string]func(w *world, day int){
		"staging's hosts disagree since today": func(w *world, day int) {
			if day == 2 {
				w.set("staging/web/staging-1", openssl, text("7"))
			}
		},
		"one host of staging changes every day": func(w *world, day int) {
			w.set("staging/web/staging-1", openssl, text(fmt.Sprint(100+day)))
		},
		"staging changes every day": func(w *world, day int) {
			w.set("staging/*", openssl, text(fmt.Sprint(100+day)))
		},
		"one host of staging becomes like production": func(w *world, day int) {
			if day == 2 {
				w.set("staging/web/staging-1", openssl, text("50"))
			}
		},
		"one host of production changes every day": func(w *world, day int) {
			w.set("production/web/production-2", openssl, text(fmt.Sprint(100+day)))
		},
	} {
		t.Run("production's own stays as old as it is: "+name, func(t *testing.T) {
			w := newWorld(t, settle)
			observe(w)
			w.set("production/*", openssl, text("50"))
			for day := range 4 {
				become(w, day)
				if v, want := w.check(""), []gate.Outcome{gate.Pass, gate.Pass, gate.Blocked, gate.Blocked}[day]; v.Outcome != want {
					t.Errorf("day %d: got %s, want %s:\n%s", day, v.Outcome, want, details(v))
				}
				observe(w)
				w.wait(24 * time.Hour)
			}
		})
	}
	t.Run("an update that comes to one host of staging first is as young as it is", func(t *testing.T) {
		w := newWorld(t, settle)
		w.set("*", openssl, text("3"))
		observe(w)
		w.wait(30 * 24 * time.Hour)
		w.want(w.check(""), gate.Pass)
		observe(w)
		w.set("staging/web/staging-1", openssl, text("4"))
		v := w.check("")
		w.want(v, gate.Pass)
		w.tells(v, "drift.within", "younger than settle, 36h")
		observe(w)
		w.wait(24 * time.Hour)
		w.set("staging/web/staging-2", openssl, text("5")) // none of them has now what production has
		v = w.check("")
		w.want(v, gate.Pass)
		w.tells(v, "drift.unexplained", "younger than settle, 36h")
		w.wait(12*time.Hour + time.Second)
		w.want(w.check(""), gate.Blocked, "drift.within", "drift.unexplained")
	})
	t.Run("of unknown age", func(t *testing.T) {
		w := worldWith(t, settle, func(hosts []*drift.Snapshot) { set(hosts, "staging/*", openssl, text("4")) })
		w.want(w.check(""), gate.Blocked, "drift.skipped")
		w = newWorld(t, settle)
		w.set("staging/*", openssl, text("4"))
		w.want(w.check("", func(in *gate.Input) { in.Record = ageless{w} }), gate.Blocked, "drift.ahead")
	})
	t.Run("not in what is carried", func(t *testing.T) {
		w := newWorld(t, settle)
		observe(w)
		w.set("production/*", log, text("syslog"))
		w.want(w.check(""), gate.Blocked, "drift.skipped")
	})
}

// codeOfOpenssl returns the code of the finding about openssl.
func codeOfOpenssl(v *gate.Verdict) string {
	for _, f := range v.Findings {
		if slices.ContainsFunc(f.Items, func(i gate.Item) bool { return i.Address == string(openssl) }) {
			return f.Code
		}
	}
	return ""
}

// ageless is a record that cannot tell how old anything is.
type ageless struct{ *world }

func (ageless) Since(drift.HostID, drift.Address, func(drift.Value) bool) (first, before time.Time) {
	return
}

// A deployment that is half way: its hosts may be mixed. Without one on record, they may not.
func TestStoryHalfConverged(t *testing.T) {
	w := newWorld(t, "")
	w.commit("c1", "c0")
	w.prove("c1", "stdout")
	begun := w.begin("production", "c1")
	w.arrive("production/web/production-1", "c1", "stdout")
	w.want(w.check(""), gate.Pass)
	w.want(w.check("c1"), gate.Blocked, "promotion.running")
	w.event(gate.Event{Kind: gate.Failed, Environment: "production", Of: begun.ID}, "c1")
	w.want(w.check("c1"), gate.Pass) // once more

	w.set("production/web/production-2", log, text("syslog"))
	w.want(w.check("c1"), gate.Blocked, "drift.diverged")

	// It was said to have ended, and failed after all.
	w = newWorld(t, "")
	w.commit("c1", "c0")
	w.prove("c1", "stdout")
	begun = w.begin("production", "c1")
	w.arrive("production/web/production-1", "c1", "stdout")
	e := w.event(gate.Event{Kind: gate.Deployed, Environment: "production", Of: begun.ID}, "c1")
	w.want(w.check("c1"), gate.Blocked, "drift.skipped")
	w.event(gate.Event{Kind: gate.Failed, Environment: "production", Of: e.ID}, "c1")
	w.want(w.check("c1"), gate.Pass)

	w = newWorld(t, "")
	w.commit("c1", "c0")
	w.prove("c1", "stdout")
	w.set("production/web/production-1", log, text("stdout"))
	w.want(w.check("c1"), gate.Blocked, "drift.within")

	// An unfinished deployment of another content excuses nothing.
	w = newWorld(t, "")
	w.commit("c1", "c0")
	w.commit("c2", "c1")
	w.prove("c1", "stdout")
	begun = w.begin("production", "c1")
	w.event(gate.Event{Kind: gate.Failed, Environment: "production", Of: begun.ID}, "c1")
	w.prove("c2", "journal")
	w.set("production/web/production-1", log, text("journal"))
	w.want(w.check("c2"), gate.Blocked, "drift.within")
}

// Hosts come and go on both sides.
func TestStoryHosts(t *testing.T) {
	for _, host := range []string{"staging-2", "production-2"} {
		w := newWorld(t, "")
		spare := w.takeHost(host)
		w.want(w.check(""), gate.Pass)
		w.commit("c1", "c0")
		w.prove("c1", "stdout")
		w.giveHost(spare)
		w.arrive(spare.ID.String(), "c1", "stdout")
		if spare.ID.Environment == "production" {
			w.arrive(spare.ID.String(), "c0", "file")
		}
		w.want(w.check("c1"), gate.Pass)
		w.deploy("production", "c1", "stdout")
		w.want(w.check(""), gate.Pass)
		w.takeHost(host)
		w.want(w.check(""), gate.Pass)
		w.giveHost(spare)
		w.arrive(spare.ID.String(), "c1", "stdout")
		w.set(spare.ID.String(), openssl, text("2"))
		if v := w.check(""); v.Outcome != gate.Blocked {
			t.Errorf("%s came back with an older openssl:\n%s", host, details(v))
		}
	}
	w := newWorld(t, "")
	w.set("production/*", "os.version_id", text("13"))
	w.want(w.check(""), gate.Blocked, "drift.unpaired")
}

// takeHost takes a host out of the policy and its environment, until giveHost.
func (w *world) takeHost(name string) drift.Host {
	for _, s := range w.hosts {
		i := slices.IndexFunc(s.Hosts, func(h drift.Host) bool { return h.ID.Name == name })
		if i < 0 {
			continue
		}
		h := s.Hosts[i]
		s.Hosts = slices.Delete(slices.Clone(s.Hosts), i, i+1)
		role := &w.policy.Environment(s.Environment).Roles[0]
		role.Hosts = slices.DeleteFunc(slices.Clone(role.Hosts), func(address string) bool { return address == name })
		return h
	}
	panic("there is no host " + name)
}

func (w *world) giveHost(h drift.Host) {
	for _, s := range w.hosts {
		if s.Environment == h.ID.Environment {
			s.Hosts = append(s.Hosts, h)
			role := &w.policy.Environment(s.Environment).Roles[0]
			role.Hosts = append(slices.Clone(role.Hosts), h.ID.Name)
		}
	}
}

// worldWith begins a world in which hosts were changed before anything was recorded.
func worldWith(t *testing.T, promotion string, change func([]*drift.Snapshot)) *world {
	t.Helper()
	w := newWorld(t, promotion)
	change(w.hosts)
	for _, s := range w.kept {
		change([]*drift.Snapshot{s})
	}
	return w
}

// The policy asks for more than it did when staging was recorded: what was not asked for has no history.
func TestStoryCollectAdded(t *testing.T) {
	const files = `file["/etc/hosts.allow"]`
	forget := func(w *world) {
		for _, s := range w.kept {
			for i := range s.Hosts {
				s.Hosts[i].Sections = slices.DeleteFunc(slices.Clone(s.Hosts[i].Sections), func(s drift.Section) bool { return s.Scope == "/etc/hosts.allow" })
			}
		}
	}
	begin := func(t *testing.T) *world {
		return worldOf(t, strings.Replace(strings.Replace(promoting, "%s", "", 1), `paths = ["/etc/app.ini"]`, `paths = ["/etc/app.ini", "/etc/hosts.allow"]`, 1), "c0")
	}
	w := begin(t)
	forget(w)
	w.want(w.check(""), gate.Pass)
	w.set("production/*", files+".mode", text("0600"))
	w.want(w.check(""), gate.Blocked, "drift.unexplained")

	// Where the candidate is gone from staging, what that was then is not known.
	w = begin(t)
	w.commit("c1", "c0")
	w.commit("c2", "c1")
	w.prove("c1", "stdout")
	w.prove("c2", "journal")
	forget(w)
	w.want(w.check("c2"), gate.Pass)
	w.want(w.check("c1"), gate.Undecided, "unknown.section")
}

// setuptools was never on production, and went from 40 to 41 on staging: that is no change on its way.
func TestStorySetuptools(t *testing.T) {
	const setuptools = drift.Address(`python["/srv/app/venv"].packages["setuptools"].version`)
	policy := strings.NewReplacer("%s", "", `carries = [file`, `carries = [python["*"], file`).Replace(promoting) + `collect "python" { venvs = ["/srv/app/venv"] }`
	w := worldOf(t, policy, "c0")
	for _, s := range w.kept {
		set([]*drift.Snapshot{s}, "staging/*", setuptools, text("40"))
	}
	w.set("staging/*", setuptools, text("40"))
	w.want(w.check(""), gate.Blocked, "drift.skipped")
	w.commit("c1", "c0")
	begun := w.begin("staging", "c1")
	w.set("staging/*", setuptools, text("41"))
	w.finish(begun, "stdout")
	w.verify("c1")
	w.wait(time.Hour)
	v := w.check("c1")
	w.want(v, gate.Blocked, "drift.diverged")
	for _, f := range v.Findings {
		if f.Code == "change.in_flight" && strings.Contains(details(v), "in_flight: 2") {
			t.Errorf("setuptools reads as in flight:\n%s", details(v))
		}
	}
}

// A secret is another one in each environment: rotating it on one side changes nothing, removing it does.
func TestStorySecret(t *testing.T) {
	const password = drift.Address(`file["/etc/app.ini"].entries["db.password"]`)
	sealed := func(raw string) *drift.Value { return &drift.Value{Kind: drift.Sealed, Raw: raw, Normal: raw} }
	for _, hosts := range []string{"staging/*", "production/*"} {
		w := worldWith(t, "", func(s []*drift.Snapshot) {
			set(s, "staging/*", password, sealed("aa"))
			set(s, "production/*", password, sealed("bb"))
		})
		w.want(w.check(""), gate.Pass)
		w.commit("c1", "c0")
		w.prove("c1", "stdout")
		w.set(hosts, password, sealed("cc"))
		w.want(w.check(""), gate.Pass)
		w.want(w.check("c1"), gate.Pass)
		w.set(hosts, password, nil)
		if v := w.check("c1"); v.Outcome != gate.Blocked {
			t.Errorf("the secret is gone from %s:\n%s", hosts, details(v))
		}
	}
	w := worldWith(t, "", func(s []*drift.Snapshot) { set(s, "*", password, sealed("aa")) })
	w.set("production/web/production-1", password, sealed("bb"))
	w.want(w.check(""), gate.Blocked, "drift.within") // rotated on one host only
}

// The variables of the policy are other ones than when staging was recorded.
func TestStoryVars(t *testing.T) {
	const url = drift.Address(`file["/etc/app.ini"].entries["url"]`)
	w := worldWith(t, "", func(s []*drift.Snapshot) {
		set(s, "staging/*", url, text("https://staging.example.com"))
		set(s, "production/*", url, text("https://example.com"))
	})
	w.want(w.check(""), gate.Pass)
	w.commit("c1", "c0")
	w.prove("c1", "stdout")
	w.want(w.check("c1"), gate.Pass)
	w.policy = load(t, strings.NewReplacer("%s", "", `"example.com"`, `"example.org"`).Replace(promoting))
	w.commits.policy = w.policy
	w.want(w.check("c1"), gate.Blocked, "drift.skipped") // production should have moved with its variable
	w.set("production/*", url, text("https://example.org"))
	w.want(w.check("c1"), gate.Pass)

	// Values that were sealed with the old variables tell nothing of before.
	w.set("*", url, nil)
	for _, s := range w.kept {
		set([]*drift.Snapshot{s}, "*", url, new(drift.UnknownValue("sealed with other vars")))
	}
	w.set("production/*", url, text("https://example.org"))
	w.set("staging/*", url, text("https://staging.example.com/2"))
	w.want(w.check(""), gate.Blocked, "drift.unexplained")
}

// Without any history nothing can tell the change from drift.
func TestStoryNoHistory(t *testing.T) {
	w := newWorld(t, "")
	w.set("production/*", openssl, text("4"))
	w.set("production/*", log, text("stdout"))
	w.want(w.check("", func(in *gate.Input) { in.History, in.Record = nil, nil }), gate.Blocked, "drift.unexplained")
	empty := func(in *gate.Input) { in.History = &gate.History{} }
	w.want(w.check("", empty), gate.Blocked, "drift.unexplained")
	w.commit("c1", "c0")
	w.want(w.check("c1", empty), gate.Blocked, "drift.unexplained", "promotion.not_deployed")
	w.want(w.check("c1", func(in *gate.Input) { in.History, in.Record = nil, nil }), gate.Blocked, "drift.unexplained", "promotion.unresolved")
	w.want(w.check("c1", func(in *gate.Input) { in.Commits = nil }), gate.Blocked, "drift.skipped", "promotion.unresolved")
}
