package gate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

// at lets a world stand at a time.
func (w *world) at(t time.Time) { w.now = t }

// Holds of several owners coexist; each ends by its own resume, or to the second.
func TestHolds(t *testing.T) {
	w := released(t, "")
	hold := func(name, by string, until time.Time) gate.Event {
		e := w.event(gate.Event{Kind: gate.Hold, Environment: "production", Name: name, Reason: "an audit", Until: until}, "")
		w.history.Events[len(w.history.Events)-1].By = by
		return e
	}
	resume := func(e gate.Event, by string) {
		e.Kind, e.Environment = gate.Resume, "production"
		w.event(e, "")
		w.history.Events[len(w.history.Events)-1].By = by
	}
	held := func(want ...string) {
		t.Helper()
		var got []string
		v := w.check("c1")
		for _, f := range v.Findings {
			if f.Code == "promotion.held" {
				name, _, _ := strings.Cut(f.Title, " ")
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("got holds of %q, want %q", got, want)
		}
		if len(want) == 0 {
			w.want(v, gate.Pass)
		} else {
			w.want(v, gate.Blocked, "promotion.held")
		}
	}
	db := hold("db-team", "Ada", time.Time{})
	release := hold("release", "Bob", time.Time{})
	hold("", "Cleo", time.Time{})
	held("db-team", "release", "Cleo")
	resume(gate.Event{Of: db.ID}, "Bob")
	held("release", "Cleo")
	resume(gate.Event{}, "Dan") // he holds nothing
	held("release", "Cleo")
	resume(gate.Event{Name: "release"}, "Dan")
	held("Cleo")
	resume(gate.Event{}, "Cleo")
	held()
	resume(gate.Event{Of: release.ID}, "Bob")
	until := w.now.Add(time.Hour)
	hold("db-team", "Ada", until)
	hold("db-team", "Ada", until.Add(time.Hour))
	v := w.check("c1")
	for _, f := range v.Findings {
		if f.Code == "promotion.held" && !f.Ready.Equal(until) && !f.Ready.Equal(until.Add(time.Hour)) {
			t.Errorf("ready at %s", f.Ready)
		}
	}
	w.at(until.Add(-time.Second))
	held("db-team", "db-team")
	w.at(until)
	held("db-team")
	w.at(until.Add(time.Hour - time.Second))
	held("db-team")
	w.at(until.Add(time.Hour))
	held()
	w.event(gate.Event{Kind: gate.Hold, Environment: "staging", Name: "db-team"}, "")
	held()
	w.event(gate.Event{Kind: gate.Hold, Environment: "production", Name: "forged", Invalid: "it is not signed"}, "")
	held()
}

// Times are told in the zone of the policy.
func TestTimesInZone(t *testing.T) {
	w := worldOf(t, "gate {\n timezone = \"Europe/Berlin\"\n}\n"+fmt.Sprintf(promoting, ""), "c0")
	w.commit("c1", "c0")
	w.prove("c1", "stdout")
	w.at(time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC))
	w.event(gate.Event{Kind: gate.Hold, Environment: "production", Reason: "an audit", Until: w.now.Add(time.Hour)}, "")
	v := w.check("c1")
	w.says(v, "promotion.held", "since 25 Nov 00:30 CET")
	w.says(v, "promotion.held", "until 25 Nov 01:30 CET")
}

// What blocks and can be overridden says by which command.
func TestNextOverride(t *testing.T) {
	w := released(t, "freeze \"always\" {\n from = \"Mon 00:00\"\n until = \"Sun 23:59\"\n}\nmax_changes {\n files = 0\n}")
	v := w.check("c1")
	for _, code := range []string{"promotion.frozen", "promotion.too_large"} {
		w.says(v, code, "gate override --to production --revision "+gate.Short(id("c1"))+" --code "+code+" --until … --reason …")
	}
}

// A freeze begins and ends to the second, by the clock on the wall.
func TestFreezes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, zone, from, until, begins, ends string }{
		{"over the end of the week", "UTC", "Fri 16:00", "Mon 08:00", "2026-11-27T16:00:00Z", "2026-11-30T08:00:00Z"},
		{"within a day", "UTC", "Wed 09:00", "Wed 17:30", "2026-11-25T09:00:00Z", "2026-11-25T17:30:00Z"},
		{"to the end of a day", "UTC", "Sat 00:00", "Sun 24:00", "2026-11-28T00:00:00Z", "2026-11-30T00:00:00Z"},
		{"all but a minute", "UTC", "Mon 08:00", "Mon 07:59", "2026-11-23T08:00:00Z", "2026-11-30T07:59:00Z"},
		{"in winter", "Europe/Berlin", "Fri 16:00", "Mon 08:00", "2026-11-27T15:00:00Z", "2026-11-30T07:00:00Z"},
		{"in summer", "Europe/Berlin", "Fri 16:00", "Mon 08:00", "2026-07-03T14:00:00Z", "2026-07-06T06:00:00Z"},

		{"put back within it", "Europe/Berlin", "Fri 16:00", "Mon 08:00", "2026-10-23T14:00:00Z", "2026-10-26T07:00:00Z"},
		{"put forward within it", "Europe/Berlin", "Fri 16:00", "Mon 08:00", "2026-03-27T15:00:00Z", "2026-03-30T06:00:00Z"},
		{"put back over its beginning", "Europe/Berlin", "Sun 02:30", "Sun 12:00", "2026-10-25T00:30:00Z", "2026-10-25T11:00:00Z"},
		{"put back over its end", "Europe/Berlin", "Sat 12:00", "Sun 02:30", "2026-10-24T10:00:00Z", "2026-10-25T01:30:00Z"},
		{"put forward over its beginning", "Europe/Berlin", "Sun 02:30", "Sun 12:00", "2026-03-29T01:00:00Z", "2026-03-29T10:00:00Z"},
		{"put forward over its end", "Europe/Berlin", "Sat 12:00", "Sun 02:30", "2026-03-28T11:00:00Z", "2026-03-29T01:00:00Z"},

		{"put back within it", "America/New_York", "Fri 16:00", "Mon 08:00", "2026-10-30T20:00:00Z", "2026-11-02T13:00:00Z"},
		{"put forward within it", "America/New_York", "Fri 16:00", "Mon 08:00", "2026-03-06T21:00:00Z", "2026-03-09T12:00:00Z"},
		{"put back over its end", "America/New_York", "Sat 12:00", "Sun 01:30", "2026-10-31T16:00:00Z", "2026-11-01T06:30:00Z"},
		{"put forward over its end", "America/New_York", "Sat 12:00", "Sun 02:30", "2026-03-07T17:00:00Z", "2026-03-08T07:00:00Z"},

		{"put back by half an hour within it", "Australia/Lord_Howe", "Fri 16:00", "Mon 08:00", "2026-04-03T05:00:00Z", "2026-04-05T21:30:00Z"},
		{"put forward by half an hour within it", "Australia/Lord_Howe", "Fri 16:00", "Mon 08:00", "2026-10-02T05:30:00Z", "2026-10-04T21:00:00Z"},
		{"put back by half an hour over its end", "Australia/Lord_Howe", "Sat 12:00", "Sun 01:45", "2026-04-04T01:00:00Z", "2026-04-04T15:15:00Z"},
		{"put back by half an hour over its beginning", "Australia/Lord_Howe", "Sun 01:45", "Sun 12:00", "2026-04-04T14:45:00Z", "2026-04-05T01:30:00Z"},
		{"put forward by half an hour over its end", "Australia/Lord_Howe", "Sat 12:00", "Sun 02:15", "2026-10-03T01:30:00Z", "2026-10-03T15:30:00Z"},
	} {
		t.Run(tt.name+" in "+tt.zone, func(t *testing.T) {
			policy := fmt.Sprintf("gate {\n timezone = %q\n}\n", tt.zone) + fmt.Sprintf(promoting, fmt.Sprintf("freeze \"it\" {\n from = %q\n until = %q\n}", tt.from, tt.until))
			w := worldOf(t, policy, "c0")
			w.commit("c1", "c0")
			w.history.Events, w.now = nil, instant(t, tt.begins).Add(-30*24*time.Hour)
			for _, environment := range []string{"staging", "production"} {
				w.event(gate.Event{Kind: gate.Deployed, Environment: environment, Adopted: true}, "c0")
			}
			w.prove("c1", "stdout")
			begins, ends := instant(t, tt.begins), instant(t, tt.ends)
			for at, frozen := range map[time.Time]bool{begins.Add(-time.Second): false, begins: true, begins.Add(ends.Sub(begins) / 2): true, ends.Add(-time.Second): true, ends: false} {
				w.at(at)
				v := w.check("c1")
				if !frozen {
					w.want(v, gate.Pass)
					continue
				}
				w.want(v, gate.Blocked, "promotion.frozen")
				for _, f := range v.Findings {
					if f.Code == "promotion.frozen" && !f.Ready.Equal(ends) {
						t.Errorf("at %s it ends at %s, want %s", at, f.Ready, ends)
					}
				}
			}
			for at := begins; at.Before(ends); at = at.Add(19 * time.Minute) { // it does not let go in between
				w.at(at)
				if v := w.check("c1"); v.Outcome != gate.Blocked {
					t.Fatalf("it lets go at %s", at)
				}
				if at.Sub(begins) > 3*time.Hour && ends.Sub(at) > 3*time.Hour {
					at = ends.Add(-3 * time.Hour)
				}
			}
		})
	}
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// An override lets the named findings of one content through, to the second; never a hard one, and never what could not be
// told.
func TestOverrides(t *testing.T) {
	begin := func(t *testing.T) *world {
		w := newWorld(t, "")
		w.commit("c1", "c0")
		w.commit("c2", "c1")
		w.deploy("staging", "c1", "stdout")
		w.verify("c1")
		return w
	}
	override := func(w *world, commit string, until time.Duration, codes ...string) {
		w.event(gate.Event{Kind: gate.Override, Environment: "production", Codes: codes, Until: w.now.Add(until), Reason: "an emergency"}, commit)
	}
	w := begin(t)
	override(w, "c1", 20*time.Minute, "promotion.soaking")
	v := w.check("c1")
	w.want(v, gate.Pass)
	w.tells(v, "override.active", "Ada overrides promotion.soaking until")
	w.tells(v, "promotion.soaking", "")
	w.wait(20*time.Minute - time.Second)
	w.want(w.check("c1"), gate.Pass)
	w.wait(time.Second)
	w.want(w.check("c1"), gate.Blocked, "promotion.soaking")

	w = begin(t)
	override(w, "c1", time.Hour, "promotion.not_verified")
	w.want(w.check("c1"), gate.Blocked, "promotion.soaking")
	w = begin(t)
	override(w, "c2", time.Hour, "promotion.soaking")
	w.want(w.check("c1"), gate.Blocked, "promotion.soaking")
	w = begin(t)
	w.event(gate.Event{Kind: gate.Override, Environment: "production", Codes: []string{"promotion.soaking"}}, "c1") // without an end
	w.want(w.check("c1"), gate.Blocked, "promotion.soaking")
	w = begin(t)
	w.event(gate.Event{Kind: gate.Override, Environment: "staging", Codes: []string{"promotion.soaking"}, Until: w.now.Add(time.Hour)}, "c1")
	w.want(w.check("c1"), gate.Blocked, "promotion.soaking")
	w = begin(t)
	w.event(gate.Event{Kind: gate.Override, Environment: "production", Codes: []string{"promotion.soaking"}, Until: w.now.Add(time.Hour), Invalid: "it is not signed"}, "c1")
	w.want(w.check("c1"), gate.Blocked, "promotion.soaking")

	w = begin(t)
	w.wait(time.Hour)
	unknown := drift.UnknownValue("may not read it")
	w.set("production/*", openssl, &unknown)
	override(w, "c1", time.Hour, "unknown.fact", "ledger.broken")
	w.want(w.check("c1"), gate.Undecided, "unknown.fact")
	w.set("production/*", openssl, text("3.0.11-1"))
	w.want(w.check("c1", func(in *gate.Input) {
		h := *in.History
		h.Flaws = []gate.Flaw{{Code: "ledger.broken", Text: "The event 0a is not one", Next: "look"}}
		in.History = &h
	}), gate.Blocked, "ledger.broken")
}

// What one override lets through of two components, it does not for another content of one of them.
func TestOverrideOfSeveral(t *testing.T) {
	w := worldOf(t, pair, "a0.b0")
	w.commit("a1.b0", "a0.b0")
	w.commit("a2.b0", "a1.b0")
	w.event(gate.Event{Kind: gate.Override, Environment: "production", Codes: []string{"promotion.not_deployed"}, Until: w.now.Add(time.Hour)}, "a1.b0")
	w.want(w.check("a1.b0"), gate.Pass)
	w.want(w.check("a2.b0"), gate.Blocked, "promotion.not_deployed")
	w.commit("a1.b1", "a1.b0")
	w.commit("a2.b1", "a1.b1")
	w.event(gate.Event{Kind: gate.Override, Environment: "production", Codes: []string{"promotion.not_deployed"}, Until: w.now.Add(time.Hour)}, "a1.b1")
	w.want(w.check("a1.b1"), gate.Pass)
	w.want(w.check("a2.b1"), gate.Blocked, "promotion.not_deployed")
}

// A host that is set aside is not needed, for a day at most.
func TestSetAside(t *testing.T) {
	for _, host := range []string{"staging/web/staging-2", "production/web/production-2"} {
		for name, gone := range map[string]bool{"not read": true, "dead": false} {
			t.Run(host+" "+name, func(t *testing.T) {
				w := released(t, "")
				if gone {
					for _, s := range w.hosts {
						for i := range s.Hosts {
							if s.Hosts[i].ID.String() == host {
								s.Hosts = append(s.Hosts[:i:i], s.Hosts[i+1:]...)
								break
							}
						}
					}
				} else {
					harmHosts(w.hosts, host, func(h *drift.Host) {
						for i := range h.Sections {
							unread(h, h.Sections[i], drift.Failed, "connection refused")
						}
					})
				}
				if v := w.check("c1"); v.Outcome == gate.Pass {
					t.Errorf("it passes with a dead host:\n%s", details(v))
				}
				environment, _, _ := strings.Cut(host, "/")
				aside := func(until time.Duration) {
					w.event(gate.Event{Kind: gate.SetAside, Environment: environment, Hosts: []string{host}, Until: w.now.Add(until), Reason: "its disk is dead"}, "")
				}
				aside(24*time.Hour + time.Second)
				if v := w.check("c1"); v.Outcome == gate.Pass {
					t.Errorf("it is set aside for more than a day:\n%s", details(v))
				}
				aside(24 * time.Hour)
				v := w.check("c1")
				w.want(v, gate.Pass)
				w.tells(v, "set_aside.active", "its disk is dead")
				w.wait(24*time.Hour - time.Second)
				w.want(w.check("c1"), gate.Pass)
				w.wait(time.Second)
				if v := w.check("c1"); v.Outcome == gate.Pass {
					t.Errorf("it is set aside longer than it was said:\n%s", details(v))
				}
				aside(time.Hour)
				w.want(w.check("c1"), gate.Pass)
				aside(0) // back
				if v := w.check("c1"); v.Outcome == gate.Pass {
					t.Errorf("it was taken back:\n%s", details(v))
				}
			})
		}
	}
}

// A waiver covers drift of every class, to the second; never the change itself.
func TestWaiversOfClasses(t *testing.T) {
	for class, change := range map[string]func(w *world){
		"drift.ahead":    func(w *world) { w.set("staging/*", openssl, text("4")) },
		"drift.skipped":  func(w *world) { w.set("production/*", openssl, text("4")) },
		"drift.diverged": func(w *world) { w.set("production/*", openssl, text("4")); w.set("staging/*", openssl, text("5")) },
		"drift.within":   func(w *world) { w.set("production/web/production-1", openssl, text("4")) },
	} {
		t.Run(class, func(t *testing.T) {
			waived := fmt.Sprintf(promoting, "") + waiver(`deb["openssl"].version`, "2026-11-24")
			w := newWorld(t, "")
			change(w)
			if got := codeOfOpenssl(w.check("")); got != class && class != "drift.within" {
				t.Fatalf("got %s", got)
			}
			w.policy = load(t, waived)
			w.want(w.check(""), gate.Pass)
			w.at(time.Date(2026, 11, 24, 23, 59, 59, 0, time.UTC))
			w.want(w.check(""), gate.Pass)
			w.wait(time.Second)
			v := w.check("")
			if v.Outcome != gate.Blocked {
				t.Errorf("it covers when it has expired:\n%s", details(v))
			}
			w.tells(v, "waiver.expired", "")
		})
	}
	w := newWorld(t, "")
	w.policy = load(t, fmt.Sprintf(promoting, "")+waiver(`file["/etc/app.ini"]`, "2026-12-24"))
	w.commit("c1", "c0")
	w.prove("c1", "stdout")
	w.want(w.check("c1"), gate.Pass)
	w.set("staging/*", log, text("syslog"))
	w.want(w.check("c1"), gate.Blocked, "promotion.moved") // it is no drift between environments
}

// One deployment at a time; that of the run that asks is its own.
func TestRunning(t *testing.T) {
	w := released(t, "")
	w.event(gate.Event{Kind: gate.Deploying, Environment: "production", Outcome: gate.Pass, Run: "https://ci/1"}, "c1")
	v := w.check("c1", func(in *gate.Input) { in.Run = "https://ci/2" })
	w.want(v, gate.Blocked, "promotion.running")
	w.says(v, "promotion.running", "by Ada")
	w.want(w.check("c1"), gate.Blocked, "promotion.running")
	w.want(w.check("c1", func(in *gate.Input) { in.Run = "https://ci/1" }), gate.Pass)
	w.commit("c2", "c1")
	w.says(w.check("c2", func(in *gate.Input) { in.Run = "https://ci/1" }), "promotion.running", "by Ada") // another job of that run
	w.history.Events[len(w.history.Events)-1].Invalid = "it is not signed"
	w.want(w.check("c1"), gate.Pass)
}

// What is wrong with the ledger blocks, hard, whatever is asked.
func TestFlaws(t *testing.T) {
	for _, code := range []string{"ledger.rewritten", "ledger.forged", "ledger.not_allowed", "ledger.foreign", "ledger.missing", "ledger.broken"} {
		w := released(t, "")
		w.history.Flaws = []gate.Flaw{{Code: code, Event: id("ee"), Text: "The event is not what it should be", Next: "find out who wrote it"}}
		for _, commit := range []string{"", "c1"} {
			v := w.check(commit)
			w.want(v, gate.Blocked, code)
			w.says(v, code, "event 6565000")
			if v.Findings[0].Enforcement != "hard" {
				t.Errorf("%s is %s", code, v.Findings[0].Enforcement)
			}
		}
	}
}
