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

// released begins a world in which the commit c1 was proved on staging and may go on.
func released(t *testing.T, promotion string) *world {
	t.Helper()
	w := newWorld(t, promotion)
	w.commit("c1", "c0")
	w.prove("c1", "stdout")
	return w
}

// miss is a way to miss a rule of evidence: what happens in a world in which the candidate c1 passes without it.
type miss struct {
	name   string
	happen func(w *world)
	want   gate.Outcome
	codes  []string
}

func misses(t *testing.T, begin func(t *testing.T) *world, list []miss) {
	t.Helper()
	begun := begin(t)
	begun.want(begun.check("c1"), gate.Pass)
	for _, m := range list {
		t.Run(m.name, func(t *testing.T) {
			w := begin(t)
			m.happen(w)
			w.want(w.check("c1"), m.want, m.codes...)
		})
	}
}

func blocked(name string, happen func(w *world), codes ...string) miss {
	return miss{name, happen, gate.Blocked, codes}
}

func passes(name string, happen func(w *world)) miss { return miss{name, happen, gate.Pass, nil} }

// of returns the first event of a kind that is about a content on staging.
func (w *world) of(kind gate.Kind, commit string) *gate.Event {
	for i := range w.history.Events {
		e := &w.history.Events[i]
		if c, ok := e.Content("app"); ok && e.Kind == kind && e.Environment == "staging" && c.ID == contents(w.policy, commit)[0].ID {
			return e
		}
	}
	w.t.Fatalf("there is no %s of %s", kind, commit)
	return nil
}

// forget takes an event away.
func (w *world) forget(e *gate.Event) {
	gone := e.ID
	w.history.Events = slices.DeleteFunc(w.history.Events, func(e gate.Event) bool { return e.ID == gone })
}

func TestEvidenceDeployed(t *testing.T) {
	begin := func(t *testing.T) *world { return released(t, "") }
	failed := func(of func(w *world) string) func(w *world) {
		return func(w *world) {
			w.event(gate.Event{Kind: gate.Failed, Environment: "staging", Of: of(w), Reason: "it was rolled back"}, "")
		}
	}
	misses(t, begin, []miss{
		blocked("never", func(w *world) { w.forget(w.of(gate.Deployed, "c1")) }, "promotion.not_deployed"),
		blocked("only begun", func(w *world) { w.of(gate.Deployed, "c1").Kind = gate.Note }, "promotion.not_deployed"),
		blocked("by an event that does not count", func(w *world) { w.of(gate.Deployed, "c1").Invalid = "it is not signed" }, "promotion.not_deployed"),
		blocked("somewhere else", func(w *world) { w.of(gate.Deployed, "c1").Environment = "production" }, "promotion.not_deployed"),
		blocked("another content", func(w *world) { w.of(gate.Deployed, "c1").Contents[0].ID = "content c2" }, "promotion.not_deployed"),
		blocked("failed later", failed(func(w *world) string { return w.of(gate.Deployed, "c1").ID }), "promotion.failed"),
		blocked("its beginning failed later", failed(func(w *world) string { return w.of(gate.Deploying, "c1").ID }), "promotion.failed"),
		blocked("once more, and failed", func(w *world) {
			begun := w.begin("staging", "c1")
			w.event(gate.Event{Kind: gate.Failed, Environment: "staging", Of: begun.ID}, "c1")
		}, "promotion.failed"),
		passes("once more, and failed, by an event that does not count", func(w *world) {
			w.event(gate.Event{Kind: gate.Failed, Environment: "staging", Invalid: "it is not signed"}, "c1")
		}),
		passes("of another content failed", func(w *world) {
			w.commit("c2", "c1")
			begun := w.begin("staging", "c2")
			w.event(gate.Event{Kind: gate.Failed, Environment: "staging", Of: begun.ID}, "c2")
		}),
		passes("failed before", func(w *world) {
			e := w.event(gate.Event{Kind: gate.Failed, Environment: "staging"}, "c1")
			w.history.Events = slices.Insert(w.history.Events[:len(w.history.Events)-1], 0, e)
		}),
		blocked("failed and mended without a proof", func(w *world) {
			w.event(gate.Event{Kind: gate.Failed, Environment: "staging"}, "c1")
			w.deploy("staging", "c1")
		}, "promotion.not_verified", "promotion.soaking"),
		passes("failed and proved again", func(w *world) {
			w.event(gate.Event{Kind: gate.Failed, Environment: "staging"}, "c1")
			w.prove("c1")
		}),
		blocked("revoked later", func(w *world) { w.event(gate.Event{Kind: gate.Revoked}, "c1") }, "promotion.revoked"),
		blocked("revoked before", func(w *world) {
			w.event(gate.Event{Kind: gate.Revoked}, "c1")
			w.prove("c1")
		}, "promotion.revoked"),
		passes("another content revoked", func(w *world) { w.event(gate.Event{Kind: gate.Revoked}, "c0") }),
		passes("revoked by an event that does not count", func(w *world) {
			w.event(gate.Event{Kind: gate.Revoked, Invalid: "it is not signed"}, "c1")
		}),
	})
	w := released(t, "")
	failed(func(w *world) string { return w.of(gate.Deployed, "c1").ID })(w)
	w.says(w.check("c1"), "promotion.failed", "23 Nov 14:00 UTC, by Ada: it was rolled back")
}

// The hosts themselves must have shown it.
func TestEvidenceObserved(t *testing.T) {
	const folder = drift.Address(`revision["/srv/app"]`)
	const service = drift.Address(`service["app.service"]`)
	unknown := drift.UnknownValue("may not read it")
	// now changes what hosts of staging say, at the end.
	now := func(a drift.Address, v *drift.Value) func(w *world) {
		return func(w *world) { w.set("staging/web/staging-2", a, v) }
	}
	never := func(change func(w *world)) func(w *world) {
		return func(w *world) {
			for i := range w.history.Events {
				w.history.Events[i].Seen = slices.DeleteFunc(slices.Clone(w.history.Events[i].Seen), func(c gate.Content) bool { return c.ID == "content c1" })
			}
			change(w)
		}
	}
	misses(t, func(t *testing.T) *world { return released(t, "") }, []miss{
		blocked("a claim that never reached the hosts", never(func(w *world) { w.mark("staging/*", "c0") }), "promotion.not_observed", "promotion.soaking"),
		blocked("a claim that reached one host", never(func(w *world) { w.mark("staging/web/staging-1", "c0") }),
			"promotion.not_observed", "promotion.soaking"),
		blocked("not started since", never(now(service.Attr("started"), text("2026-11-20T00:00:00Z"))), "promotion.not_observed", "promotion.soaking"),
		blocked("files were edited", now(folder.Attr("dirty"), new(drift.Bool(true))), "promotion.dirty"),
		blocked("the unit does not run", now(service.Attr("active"), text("failed")), "promotion.not_observed"),
		blocked("the unit started before the change", now(service.Attr("started"), text("2026-11-20T00:00:00Z")), "promotion.not_observed"),
		{"a start that could not be told", now(service.Attr("started"), &unknown), gate.Undecided, []string{"promotion.unresolved"}},
		{"a marker that could not be read", now(folder.Attr("commit"), &unknown), gate.Undecided, []string{"promotion.unresolved"}},
		{"a marker that leads nowhere", now(folder.Attr("commit"), text(id("x9"))), gate.Undecided, []string{"promotion.unresolved"}},
		blocked("no marker", now(folder.Attr("commit"), nil), "promotion.not_observed"),
		passes("replaced without a record", func(w *world) {
			w.commit("c2", "c1")
			w.mark("staging/*", "c2")
		}),
		passes("replaced on one host without a record", func(w *world) {
			w.commit("c2", "c1")
			w.mark("staging/web/staging-2", "c2")
		}),
	})
	w := released(t, "")
	now(folder.Attr("dirty"), new(drift.Bool(true)))(w)
	w.says(w.check("c1"), "promotion.dirty", "staging-2: files of")
	w = released(t, "")
	now(folder.Attr("commit"), &unknown)(w)
	w.says(w.check("c1"), "promotion.unresolved", "whether its hosts show it could not be told")
}

// An artifact is led to a content by what was built of it.
func TestEvidenceBuilt(t *testing.T) {
	policy := strings.NewReplacer("%s", "", `revision["/srv/app"].commit`, `revision["/srv/BUILD"].value`, `checkout = "/srv/app"`, `marker = "/srv/BUILD"`).Replace(promoting)
	begin := func(t *testing.T) *world {
		w := worldOf(t, policy, "c0")
		w.commit("c1", "c0")
		w.deploy("staging", "c1", "stdout")
		w.set("staging/*", `revision["/srv/BUILD"].value`, text("app@sha256:aa"))
		w.event(gate.Event{Kind: gate.Built, Artifacts: []string{"registry/app@sha256:aa"}}, "c1")
		w.verify("c1")
		w.wait(time.Hour)
		return w
	}
	built := func(w *world) *gate.Event {
		i := slices.IndexFunc(w.history.Events, func(e gate.Event) bool { return e.Kind == gate.Built })
		return &w.history.Events[i]
	}
	misses(t, begin, []miss{
		blocked("of another content", func(w *world) { built(w).Contents[0].ID = "content c0" }, "promotion.soaking"),
		blocked("by an event that does not count", func(w *world) { built(w).Invalid = "it is not signed" }, "promotion.unresolved", "promotion.soaking"),
		blocked("of two", func(w *world) {
			w.event(gate.Event{Kind: gate.Built, Artifacts: []string{"app@sha256:aa"}}, "c0")
		}, "promotion.unresolved", "promotion.soaking"),
	})
}

func TestEvidenceVerified(t *testing.T) {
	begin := func(t *testing.T) *world {
		w := worldOf(t, strings.NewReplacer("%s", "", `["smoke"]`, `["smoke", "load"]`).Replace(promoting), "c0")
		w.commit("c1", "c0")
		w.deploy("staging", "c1", "stdout")
		w.verify("c1")
		w.event(gate.Event{Kind: gate.Verified, Environment: "staging", Name: "load"}, "c1")
		w.wait(time.Hour)
		return w
	}
	verified := func(w *world, name string) *gate.Event {
		for i := range w.history.Events {
			if e := &w.history.Events[i]; e.Kind == gate.Verified && e.Name == name && e.Contents[0].ID == "content c1" {
				return e
			}
		}
		panic("it is not verified by " + name)
	}
	var list []miss
	for _, name := range []string{"smoke", "load"} {
		list = append(list,
			blocked("not by "+name, func(w *world) { w.forget(verified(w, name)) }, "promotion.not_verified"),
			blocked("by "+name+" under another name", func(w *world) { verified(w, name).Name = "lint" }, "promotion.not_verified"),
			blocked("by "+name+", which does not count", func(w *world) { verified(w, name).Invalid = "it may not" }, "promotion.not_verified"),
			blocked("by "+name+" on another environment", func(w *world) { verified(w, name).Environment = "production" }, "promotion.not_verified"),
			blocked("by "+name+" for another content", func(w *world) { verified(w, name).Contents[0].ID = "content c0" }, "promotion.not_verified"),
			blocked("by "+name+" for another deployment", func(w *world) { verified(w, name).Of = w.history.Events[0].ID }, "promotion.not_verified"),
			passes("by "+name+" for this one", func(w *world) { verified(w, name).Of = w.of(gate.Deployed, "c1").ID }),
		)
	}
	list = append(list, blocked("deployed again since", func(w *world) {
		w.deploy("staging", "c1")
		w.wait(time.Hour)
		w.observe("staging")
		w.history.Events = append(w.history.Events, gate.Event{ID: "late", Kind: gate.Verified, At: w.now, Environment: "staging", Name: "smoke", Contents: contents(w.policy, "c1"), Of: w.of(gate.Deployed, "c1").ID})
		w.forget(verified(w, "smoke"))
	}, "promotion.not_verified"))
	misses(t, begin, list)
}

// What the candidate carries must be as it was verified, while the candidate is there.
func TestEvidenceMoved(t *testing.T) {
	unknown := drift.UnknownValue("sealed under another digest key")
	misses(t, func(t *testing.T) *world { return released(t, "") }, []miss{
		blocked("moved", func(w *world) { w.set("staging/*", log, text("syslog")) }, "promotion.moved"),
		blocked("moved on one host", func(w *world) { w.set("staging/web/staging-1", log, text("syslog")) }, "promotion.moved", "drift.within"),
		passes("moved and verified again", func(w *world) {
			w.set("staging/*", log, text("syslog"))
			w.verify("c1")
			w.wait(time.Hour)
		}),
		{"the record is gone", func(w *world) { clear(w.kept) }, gate.Blocked, []string{"promotion.unresolved", "drift.unexplained"}},
		{"the record cannot tell", func(w *world) {
			w.kept[w.of(gate.Verified, "c1").Snapshots["staging"]] = clone([]*drift.Snapshot{w.kept[w.of(gate.Verified, "c1").Snapshots["staging"]]})[0]
			set([]*drift.Snapshot{w.kept[w.of(gate.Verified, "c1").Snapshots["staging"]]}, "*", log, &unknown)
		}, gate.Undecided, []string{"promotion.unresolved"}},
		blocked("what it does not carry", func(w *world) { w.set("staging/*", openssl, text("4")) }, "drift.ahead"),
	})
}

// A soak is the longest time between two observations that agree, with all between them.
func TestEvidenceSoak(t *testing.T) {
	begin := func(t *testing.T) *world {
		w := newWorld(t, "")
		w.commit("c1", "c0")
		w.commit("c2", "c1")
		w.deploy("staging", "c1", "stdout")
		w.verify("c1")
		return w
	}
	for _, tt := range []struct {
		name   string
		happen func(w *world)
		want   gate.Outcome
		ready  time.Duration // from now, where time helps
	}{
		{"at once", func(w *world) {}, gate.Blocked, 30 * time.Minute},
		{"a second before", func(w *world) { w.wait(30*time.Minute - time.Second) }, gate.Blocked, time.Second},
		{"to the second", func(w *world) { w.wait(30 * time.Minute) }, gate.Pass, 0},
		{"replaced after it", func(w *world) {
			w.wait(30 * time.Minute)
			w.prove("c2", "journal")
		}, gate.Pass, 0},
		{"replaced before it", func(w *world) {
			w.wait(30*time.Minute - time.Second)
			w.prove("c2", "journal")
		}, gate.Blocked, 0},
		{"replaced, and seen last too early", func(w *world) {
			w.wait(29 * time.Minute)
			w.observe("staging")
			w.wait(time.Hour)
			w.mark("staging/*", "c2")
			w.event(gate.Event{Kind: gate.Deployed, Environment: "staging"}, "c2")
		}, gate.Blocked, 0},
		{"broken off", func(w *world) {
			w.wait(20 * time.Minute)
			w.mark("staging/web/staging-1", "c0")
			w.observe("staging")
			w.mark("staging/web/staging-1", "c1")
			w.wait(20 * time.Minute)
		}, gate.Blocked, 30 * time.Minute},
		{"broken off, and enough again", func(w *world) {
			w.wait(20 * time.Minute)
			w.mark("staging/web/staging-1", "c0")
			w.observe("staging")
			w.mark("staging/web/staging-1", "c1")
			w.observe("staging")
			w.wait(30 * time.Minute)
		}, gate.Pass, 0},
		{"broken off after it", func(w *world) {
			w.wait(30 * time.Minute)
			w.observe("staging")
			w.mark("staging/web/staging-1", "c0")
			w.observe("staging")
			w.mark("staging/web/staging-1", "c1")
		}, gate.Pass, 0},
		{"verified again", func(w *world) {
			w.wait(20 * time.Minute)
			w.verify("c1")
			w.wait(20 * time.Minute)
		}, gate.Blocked, 10 * time.Minute},
		{"an observation that does not count", func(w *world) {
			w.wait(20 * time.Minute)
			w.event(gate.Event{Kind: gate.Observed, Environment: "staging", Invalid: "it is not signed"}, "")
			w.history.Events[len(w.history.Events)-1].Seen = nil
			w.wait(10 * time.Minute)
		}, gate.Pass, 0},
		{"two stays that are enough together", func(w *world) {
			w.wait(20 * time.Minute)
			w.deploy("staging", "c0", "file")
			w.deploy("staging", "c1", "stdout")
			w.verify("c1")
			w.wait(20 * time.Minute)
		}, gate.Blocked, 10 * time.Minute},
		{"an earlier stay that was enough", func(w *world) {
			w.wait(30 * time.Minute)
			w.deploy("staging", "c0", "file")
			w.deploy("staging", "c1", "stdout")
		}, gate.Pass, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := begin(t)
			tt.happen(w)
			v := w.check("c1")
			if tt.want == gate.Pass {
				w.want(v, gate.Pass)
				return
			}
			w.want(v, gate.Blocked, "promotion.soaking")
			i := slices.IndexFunc(v.Findings, func(f gate.Finding) bool { return f.Code == "promotion.soaking" })
			want := time.Time{}
			if tt.ready > 0 {
				want = w.now.Add(tt.ready)
			}
			if got := v.Findings[i].Ready; !got.Equal(want) {
				t.Errorf("ready at %s, want %s\n%s", got, want, details(v))
			}
			if got, want := strings.Contains(details(v), "nobody looked at it before that"), tt.name == "replaced, and seen last too early"; got != want {
				t.Errorf("unseen at its end: got %v, want %v\n%s", got, want, details(v))
			}
		})
	}
}

func TestEvidenceAge(t *testing.T) {
	for age, want := range map[time.Duration]bool{14*24*time.Hour - time.Second: true, 14 * 24 * time.Hour: false} {
		w := newWorld(t, `evidence_max_age = "14d"`)
		w.commit("c1", "c0")
		w.deploy("staging", "c1", "stdout")
		w.wait(time.Hour) // it is the age of the verification that counts
		w.verify("c1")
		w.wait(age)
		if want {
			w.want(w.check("c1"), gate.Pass)
			continue
		}
		w.want(w.check("c1"), gate.Blocked, "promotion.stale")
		w.verify("c1")
		w.wait(time.Hour)
		w.want(w.check("c1"), gate.Pass)
	}
	// Without any check to pass, it is the age of the deployment.
	w := worldOf(t, strings.NewReplacer("%s", `evidence_max_age = "14d"`, `verified_by = ["smoke"]`, "").Replace(promoting), "c0")
	w.commit("c1", "c0")
	w.deploy("staging", "c1", "stdout")
	w.wait(14*24*time.Hour - time.Second)
	w.want(w.check("c1"), gate.Pass)
	w.wait(time.Second)
	w.want(w.check("c1"), gate.Blocked, "promotion.stale")
	// The oldest of several checks counts.
	w = worldOf(t, strings.NewReplacer("%s", `evidence_max_age = "14d"`, `["smoke"]`, `["smoke", "load"]`).Replace(promoting), "c0")
	w.commit("c1", "c0")
	w.deploy("staging", "c1", "stdout")
	w.verify("c1")
	w.wait(13 * 24 * time.Hour)
	w.event(gate.Event{Kind: gate.Verified, Environment: "staging", Name: "load"}, "c1")
	w.wait(time.Hour)
	w.want(w.check("c1"), gate.Pass)
	w.wait(23 * time.Hour)
	w.want(w.check("c1"), gate.Blocked, "promotion.stale")
}

func TestDirection(t *testing.T) {
	w := newWorld(t, "")
	w.commit("c1", "c0")
	w.commit("d1", "c0")
	w.prove("c1")
	w.deploy("production", "c1")
	w.prove("d1")
	v := w.check("d1")
	w.want(v, gate.Blocked, "promotion.backward")
	w.says(v, "promotion.backward", "merge "+id("c1")[:7])
	w.commit("m1", "d1")
	w.commits.parent["m1"] = "c1" // a merge, as far as this graph goes
	w.prove("m1")
	w.want(w.check("m1"), gate.Pass)

	// What was deployed and then squashed is in its place: another commit with the same content is below the candidate.
	w = newWorld(t, "")
	w.commit("c1-branch", "c0")
	w.commit("c1-squashed", "c0")
	w.commit("c2", "c1-squashed")
	w.prove("c1-branch")
	w.deploy("production", "c1-branch")
	w.prove("c2")
	w.want(w.check("c2"), gate.Pass)

	// Of what a failed deployment left on one host, nothing may be taken away either.
	w = newWorld(t, "")
	w.commit("c1", "c0")
	w.commit("d1", "c0")
	w.prove("c1")
	begun := w.begin("production", "c1")
	w.arrive("production/web/production-2", "c1")
	w.event(gate.Event{Kind: gate.Failed, Environment: "production", Of: begun.ID}, "c1")
	w.prove("d1")
	v = w.check("d1")
	w.want(v, gate.Blocked, "promotion.backward")

	// A shallow clone lacks what tells.
	w = newWorld(t, "")
	w.commit("c1", "c0")
	w.prove("c1", "stdout")
	delete(w.commits.parent, "c0")
	w.commits.parent["c1"] = ""
	v = w.check("c1")
	w.says(v, "promotion.unresolved", "descends from")
	if v.Outcome == gate.Pass {
		t.Errorf("it passes:\n%s", details(v))
	}
}

func TestMaxChanges(t *testing.T) {
	begin := func(limits string) *world {
		w := worldOf(t, strings.NewReplacer("%s", "max_changes {\n"+limits+"\n}", `carries = [file`, `carries = [deb["*"], file`).Replace(promoting), "c0")
		w.commit("c1", "c0")
		w.commit("c2", "c1")
		begun := w.begin("staging", "c2")
		w.set("staging/*", openssl, text("4"))
		w.set("staging/*", `deb["curl"].version`, text("4"))
		w.set("staging/*", `deb["curl"].held`, new(drift.Bool(true)))
		w.set("staging/*", `file["/etc/app.ini"].mode`, text("0600"))
		w.finish(begun, "stdout")
		w.verify("c2")
		w.wait(time.Hour)
		return w
	}
	for limits, want := range map[string]string{
		"packages = 2": "", "packages = 1": "2 packages, and max_changes allows 1",
		"files = 1": "", "files = 0": "1 file, and max_changes allows 0",
		"commits = 2": "", "commits = 1": "2 commits, and max_changes allows 1",
	} {
		w := begin(limits)
		v := w.check("c2")
		if want == "" {
			w.want(v, gate.Pass)
			continue
		}
		w.want(v, gate.Blocked, "promotion.too_large")
		w.says(v, "promotion.too_large", want)
	}
}

func TestUnowned(t *testing.T) {
	policy := "gate {\n unmanaged = [\"docs/**\"]\n}\n" + fmt.Sprintf(promoting, "")
	for files, want := range map[string]string{"src/app.py": "", "docs/a.md": "", "Makefile": "Makefile", "src/app.py Makefile": "Makefile"} {
		w := worldOf(t, policy, "c0")
		w.commit("c1", "c0", strings.Fields(files)...)
		w.prove("c1", "stdout")
		if want == "" {
			w.want(w.check("c1"), gate.Pass)
			continue
		}
		v := w.check("c1")
		w.want(v, gate.Blocked, "promotion.unowned")
		w.says(v, "promotion.unowned", want)
	}
}
