package gate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

// deviations returns what is not as a deployment should have left production.
func (w *world) deviations(begun gate.Event) []gate.Finding {
	w.t.Helper()
	findings, err := gate.Deviations(gate.Input{Policy: w.policy, To: "production", History: w.history, Record: w, Commits: w.commits, Now: w.now}, begun, w.hosts[1])
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range findings {
		checkFinding(w.t, f)
		meet(f.Code)
	}
	return findings
}

// After a deployment production is what was proved, and nothing else has moved.
func TestDeviations(t *testing.T) {
	unknown := drift.UnknownValue("may not read it")
	const folder = drift.Address(`file["/etc/app.ini"]`)
	for _, tt := range []struct {
		name   string
		before func(w *world) // the deployment begins
		after  func(w *world)
		want   []string
	}{
		{"as proved", nil, nil, nil},
		{"the change did not come to one host", nil, func(w *world) { w.set("production/web/production-2", log, text("file")) }, []string{"deployment.incomplete"}},
		{"the change is another one there", nil, func(w *world) { w.set("production/*", log, text("journal")) }, []string{"deployment.incomplete"}},
		{"something else moved", nil, func(w *world) { w.set("production/web/production-1", openssl, text("4")) }, []string{"deployment.moved"}},
		{"both", nil, func(w *world) {
			w.set("production/*", log, text("file"))
			w.set("production/*", openssl, text("4"))
		}, []string{"deployment.incomplete", "deployment.moved"}},
		{"something that is carried, and was no part of it", nil, func(w *world) { w.set("production/*", folder.Attr("mode"), text("0600")) }, []string{"deployment.moved"}},
		{"something new", nil, func(w *world) { w.set("production/*", `deb["curl"].version`, text("8")) }, []string{"deployment.moved"}},
		{"something is gone", nil, func(w *world) { w.set("production/*", openssl, nil) }, []string{"deployment.moved"}},
		{"a unit has died of it", nil, func(w *world) { w.set("production/*", `service["app.service"].active`, text("failed")) }, []string{"deployment.moved"}},
		{"what only moves", nil, func(w *world) { w.set("production/*", `service["app.service"].started`, text("2026-12-01T00:00:00Z")) }, nil},
		{"the change could not be told", nil, func(w *world) { w.set("production/*", log, &unknown) }, []string{"unknown.fact"}},
		{"something else could not be told", nil, func(w *world) { w.set("production/*", openssl, &unknown) }, []string{"unknown.fact"}},
		{"a section could not be read", nil, func(w *world) {
			unread(&w.hosts[1].Hosts[0], drift.Section{Collector: "deb"}, drift.Denied, "may not read it")
		}, []string{"unknown.section"}},
		{"a host is dead", nil, func(w *world) {
			for i := range w.hosts[1].Hosts[0].Sections {
				unread(&w.hosts[1].Hosts[0], w.hosts[1].Hosts[0].Sections[i], drift.Failed, "connection refused")
			}
		}, []string{"unknown.host"}},
		{"a host was not read", nil, func(w *world) { w.hosts[1].Hosts = w.hosts[1].Hosts[:1] }, []string{"unknown.host"}},
		{"drift that was there, and stays", func(w *world) { w.set("production/*", openssl, text("4")) }, nil, nil},
		{"carried drift that was there, and is overwritten", func(w *world) { w.set("production/*", folder.Attr("mode"), text("0600")) },
			func(w *world) { w.set("production/*", folder.Attr("mode"), text("3.0.11-1")) }, nil},
		{"carried drift that was there, and is something else now", func(w *world) { w.set("production/*", folder.Attr("mode"), text("0600")) },
			func(w *world) { w.set("production/*", folder.Attr("mode"), text("0644")) }, []string{"deployment.moved"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := released(t, "")
			if tt.before != nil {
				tt.before(w)
			}
			begun := w.begin("production", "c1")
			w.wait(time.Minute)
			w.arrive("production/*", "c1", "stdout")
			w.hosts = clone(w.hosts)
			if tt.after != nil {
				tt.after(w)
			}
			var got []string
			findings := w.deviations(begun)
			for _, f := range findings {
				if !slices.Contains(got, f.Code) {
					got = append(got, f.Code)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Errorf("(-got +want)\n%s%s", diff, details(&gate.Verdict{Findings: findings}))
			}
		})
	}
}

// The way back must arrive as well; and what staging was since the deployment began does not matter.
func TestDeviationsOfRollback(t *testing.T) {
	w := newWorld(t, "")
	w.commit("c1", "c0")
	w.prove("c1", "stdout")
	w.deploy("production", "c1", "stdout")
	begun := w.event(gate.Event{Kind: gate.Deploying, Environment: "production", Outcome: gate.Pass, Rollback: true}, "c0")
	if got := w.deviations(begun); len(got) != 1 || got[0].Code != "deployment.incomplete" || !strings.Contains(got[0].Title, "not as staging proved it") {
		t.Errorf("nothing came, and it says\n%s", details(&gate.Verdict{Findings: got}))
	}
	w.arrive("production/*", "c0", "file")
	w.set("staging/*", openssl, text("4"))
	if got := w.deviations(begun); len(got) > 0 {
		t.Errorf("it came, and it says\n%s", details(&gate.Verdict{Findings: got}))
	}
}

// What staging proves since does not change what was foreseen.
func TestDeviationsAreOfThen(t *testing.T) {
	w := released(t, "")
	w.commit("c2", "c1")
	w.prove("c2", "journal")
	begun := w.begin("production", "c1")
	w.prove("c1", "syslog")
	w.arrive("production/*", "c1", "stdout")
	if got := w.deviations(begun); len(got) > 0 {
		t.Errorf("got\n%s", details(&gate.Verdict{Findings: got}))
	}
}

// Where the record of the beginning is gone, nothing was foreseen.
func TestDeviationsWithoutRecord(t *testing.T) {
	for name, harm := range map[string]func(w *world, begun *gate.Event){
		"pruned":     func(w *world, _ *gate.Event) { clear(w.kept) },
		"not read":   func(_ *world, begun *gate.Event) { delete(begun.Snapshots, "staging") },
		"not begun":  func(_ *world, begun *gate.Event) { begun.ID = "another" },
		"not at all": func(_ *world, begun *gate.Event) { begun.Snapshots = nil },
	} {
		w := released(t, "")
		begun := w.begin("production", "c1")
		harm(w, &begun)
		if _, err := gate.Deviations(gate.Input{Policy: w.policy, To: "production", History: w.history, Record: w, Commits: w.commits, Now: w.now}, begun, w.hosts[1]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
