package gate_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
)

// What a promotion rests on cannot be told: whatever it is, it does not pass.
func TestUnknownNeverPasses(t *testing.T) {
	t.Parallel()
	w := released(t, "max_changes {\n commits = 5\n}")
	w.want(w.check("c1"), gate.Pass)
	whole := clone(w.hosts)
	unknown := drift.UnknownValue("may not read it")
	for _, s := range whole {
		for _, h := range s.Hosts {
			for _, section := range h.Sections {
				for how, harm := range harms {
					w.hosts = clone(whole)
					harmHosts(w.hosts, h.ID.String(), func(h *drift.Host) { harm(h, section) })
					if v := w.check("c1"); v.Outcome == gate.Pass {
						t.Errorf("%s of %s %s: it passes", section.Address(), h.ID, how)
					}
				}
				for _, f := range section.Facts {
					if leftOut(h.ID, f.Address) {
						continue
					}
					w.hosts = clone(whole)
					w.set(h.ID.String(), f.Address, &unknown)
					if v := w.check("c1"); v.Outcome == gate.Pass {
						t.Errorf("%s on %s could not be told: it passes", f.Address, h.ID)
					}
				}
			}
		}
	}
	w.hosts = whole
	for commit := range w.commits.parent {
		parent := w.commits.parent[commit]
		delete(w.commits.parent, commit)
		if v := w.check("c1"); v.Outcome == gate.Pass {
			t.Errorf("the repository lacks %s: it passes", commit)
		}
		w.commits.parent[commit] = parent
	}
	for name, harm := range map[string]func(*gate.Input){
		"no history":   func(in *gate.Input) { in.History, in.Record = nil, nil },
		"no ledger":    func(in *gate.Input) { in.History = &gate.History{} },
		"no commits":   func(in *gate.Input) { in.Commits = nil },
		"partial":      func(in *gate.Input) { in.Partial = true },
		"no hosts":     func(in *gate.Input) { in.Snapshots = nil },
		"no candidate": func(in *gate.Input) { in.Candidate = nil },
	} {
		if v := w.check("c1", harm); v.Outcome == gate.Pass {
			t.Errorf("%s: it passes", name)
		}
	}
}

// leftOut reports whether a fact is not compared by the built-in defaults, and nothing else rests on it: when something
// started only matters where it is to be proved.
func leftOut(h drift.HostID, a drift.Address) bool {
	steps := a.Steps()
	switch steps[len(steps)-1].Text {
	case "sha256", "size", "hostname":
		return true
	case "changed", "started":
		return h.Environment == "production"
	}
	return false
}

// A promotion that passes rests on its evidence: without any one event of it, it does not pass. Whatever event is taken away,
// what was blocked for want of evidence stays blocked.
func TestEveryEventOfEvidenceCounts(t *testing.T) {
	w := released(t, "")
	w.want(w.check("c1"), gate.Pass)
	events := w.history.Events
	without := func(i int) { w.history.Events = slices.Delete(slices.Clone(events), i, i+1) }
	for i, e := range events {
		if c, ok := e.Content("app"); ok && c.ID == "content c1" && (e.Kind == gate.Deployed || e.Kind == gate.Verified) {
			without(i)
			if v := w.check("c1"); v.Outcome != gate.Blocked {
				t.Errorf("without %s it is %s", e.String(), v.Outcome)
			}
		}
	}
	for name, begin := range map[string]func(w *world){
		"never deployed": func(w *world) {},
		"not verified":   func(w *world) { w.deploy("staging", "c1", "stdout") },
		"not soaked":     func(w *world) { w.deploy("staging", "c1", "stdout"); w.verify("c1"); w.wait(time.Minute) },
		"too old":        func(w *world) { w.prove("c1", "stdout"); w.wait(20 * 24 * time.Hour) },
	} {
		w := newWorld(t, `evidence_max_age = "14d"`)
		w.commit("c1", "c0")
		begin(w)
		events := w.history.Events
		for i := range events {
			w.history.Events = slices.Delete(slices.Clone(events), i, i+1)
			if v := w.check("c1"); v.Outcome == gate.Pass {
				t.Errorf("%s: without %s it passes", name, events[i].String())
			}
		}
	}
}

// An event that does not count is as one that is not there.
func TestInvalidIsAbsent(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		w := random(t, seed)
		for i := range w.history.Events {
			events := slices.Clone(w.history.Events)
			with, without := *w.history, *w.history
			with.Events, without.Events = events, slices.Delete(slices.Clone(events), i, i+1)
			events[i].Invalid = "it is not signed"
			use := func(h *gate.History) func(*gate.Input) { return func(in *gate.Input) { in.History = h } }
			if diff := cmp.Diff(details(w.check("c2", use(&with))), details(w.check("c2", use(&without)))); diff != "" {
				t.Fatalf("seed %d, %s: (-invalid +absent)\n%s", seed, events[i].String(), diff)
			}
		}
	}
}

// A verdict does not depend on the order in which hosts were read.
func TestOrderOfHosts(t *testing.T) {
	for seed := range uint64(40) {
		w := random(t, seed)
		want := codes(w.check("c2"))
		r := rand.New(rand.NewPCG(seed, 2))
		for range 3 {
			for _, s := range slices.Concat(w.hosts, w.recorded()) {
				r.Shuffle(len(s.Hosts), func(i, j int) { s.Hosts[i], s.Hosts[j] = s.Hosts[j], s.Hosts[i] })
			}
			v := w.check("c2")
			if diff := cmp.Diff(codes(v), want); diff != "" {
				t.Fatalf("seed %d: (-got +want)\n%s", seed, diff)
			}
		}
	}
}

// A candidate that passes, and then production takes what it was proved to become, leaves nothing to find.
func TestPassedIsAligned(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	passed := 0
	for seed := range uint64(200) {
		w := random(t, seed)
		if w.check("c2").Outcome != gate.Pass {
			continue
		}
		passed++
		value := w.hosts[0].Hosts[0].Lookup(log)
		for _, f := range w.check("c2").Findings {
			if f.Code == "change.in_flight" {
				value.Text = f.Items[0].From[0].JSON
			}
		}
		begun := w.begin("production", "c2")
		w.mark("production/*", "c2")
		w.set("production/*", log, &value)
		if got := w.deviations(begun); len(got) > 0 {
			t.Errorf("seed %d: %s", seed, details(&gate.Verdict{Findings: got}))
		}
	}
	if passed < 5 {
		t.Errorf("only %d of the worlds pass", passed)
	}
}

func (w *world) recorded() []*drift.Snapshot {
	var list []*drift.Snapshot
	for _, s := range w.kept {
		list = append(list, s)
	}
	return list
}

// random begins a world in which a few things have happened, of those that happen; the candidate is c2.
func random(t *testing.T, seed uint64) *world {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(t, `settle = "36h"`)
	w.commit("c1", "c0")
	w.commit("c2", "c1")
	w.commit("c3", "c2")
	value := map[string]string{"c0": "file", "c1": "stdout", "c2": "journal", "c3": "syslog"}
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	for range 2 + r.IntN(6) {
		commit := pick("c1", "c2", "c2", "c2", "c3")
		switch r.IntN(8) {
		case 0, 1, 2:
			w.prove(commit, value[commit])
		case 3:
			w.deploy("staging", commit, value[commit])
		case 4:
			w.deploy("production", "c1", value["c1"])
		case 5:
			w.set(pick("*", "*", "staging/*", "production/web/production-1"), openssl, text(pick("4", "5")))
		case 6:
			w.verify(commit)
		case 7:
			w.observe(pick("staging", "production"))
		}
		w.wait(time.Duration(r.IntN(20)) * time.Hour)
	}
	return w
}
