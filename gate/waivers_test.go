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

func waiver(fact, expires string) string {
	return `waiver "it" {
		facts   = [` + fact + `]
		reason  = "OPS-412"
		owner   = "platform"
		expires = "` + expires + `"
	}`
}

// A waiver covers a difference on one host, and not what could not be told on another.
func TestWaiverLeavesUnknown(t *testing.T) {
	p := load(t, environments+asked["deb"]+"\n"+waiver(`deb["openssl"].version`, "2026-12-15"))
	snapshots := read(p)
	unknown := drift.UnknownValue("may not")
	set(snapshots, "production/web/production-1", `deb["openssl"].version`, text("4"))
	if v := decide(t, p, snapshots); v.Outcome != gate.Pass {
		t.Errorf("the difference is not covered:\n%s", brief(v))
	}
	set(snapshots, "production/web/production-2", `deb["openssl"].version`, &unknown)
	if v := decide(t, p, snapshots); v.Outcome != gate.Undecided {
		t.Errorf("got %s, want undecided:\n%s", v.Outcome, brief(v))
	}
}

// Of hosts that disagree, to cover the one that is alone is enough; to cover one of three that all differ is not.
func TestWaiverWithin(t *testing.T) {
	p := load(t, environments+asked["deb"]+`
waiver "it" {
  hosts   = ["staging/web/staging-2"]
  facts   = [deb["openssl"].version]
  reason  = "OPS-412"
  owner   = "platform"
  expires = "2026-12-15"
}
`)
	snapshots := read(p)
	set(snapshots, "staging/web/staging-2", `deb["openssl"].version`, text("4"))
	if v := decide(t, p, snapshots); v.Outcome != gate.Pass {
		t.Errorf("got %s, want pass:\n%s", v.Outcome, brief(v))
	}
	set(snapshots, "production/web/production-1", `deb["openssl"].version`, text("5"))
	if v := decide(t, p, snapshots); v.Outcome != gate.Blocked {
		t.Errorf("got %s, want blocked:\n%s", v.Outcome, brief(v))
	}
}

// TestWaiverSeconds checks that a waiver holds to the end of its last day in the policy's zone, to the second, also where
// that day has not 24 hours.
func TestWaiverSeconds(t *testing.T) {
	tests := []struct{ zone, expires, last string }{
		{"UTC", "2026-12-15", "2026-12-15T23:59:59Z"},
		{"Europe/Berlin", "2026-12-15", "2026-12-15T22:59:59Z"},
		{"Europe/Berlin", "2026-10-25", "2026-10-25T22:59:59Z"},    // 25 hours: clocks go back on it
		{"Europe/Berlin", "2026-03-29", "2026-03-29T21:59:59Z"},    // 23 hours
		{"America/Havana", "2026-10-31", "2026-11-01T03:59:59Z"},   // the next day begins twice: clocks go back at 01:00
		{"America/Santiago", "2026-09-05", "2026-09-06T03:59:59Z"}, // the next day begins at 01:00: there is no midnight
		{"Pacific/Kiritimati", "2026-12-15", "2026-12-15T09:59:59Z"},
	}
	for _, tt := range tests {
		t.Run(tt.zone+" "+tt.expires, func(t *testing.T) {
			p := load(t, environments+asked["deb"]+"\ngate {\n timezone = \""+tt.zone+"\"\n}\n"+waiver(`deb["openssl"].version`, tt.expires))
			snapshots := read(p)
			set(snapshots, "production/*", `deb["openssl"].version`, text("4"))
			last, err := time.Parse(time.RFC3339, tt.last)
			if err != nil {
				t.Fatal(err)
			}
			at := func(when time.Time) gate.Outcome {
				return decide(t, p, snapshots, func(in *gate.Input) { in.Now = when }).Outcome
			}
			if got := at(last); got != gate.Pass {
				t.Errorf("in its last second: got %s, want pass", got)
			}
			if got := at(last.Add(time.Second)); got != gate.Blocked {
				t.Errorf("a second later: got %s, want blocked", got)
			}
		})
	}
}

// A waiver covers drift of every class, bound to the values of the hosts that differ.
func TestWaiverOfEachClass(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ code, staging, production string }{
		{"drift.skipped", "3.0.11-1", "4"}, {"drift.ahead", "4", "3.0.11-1"}, {"drift.diverged", "4", "5"},
	} {
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			drifted := func(more string) *gate.Verdict {
				w := worldOf(t, fmt.Sprintf(promoting, "")+more, "c0")
				w.set("*", openssl, text("3.0.11-1"))
				w.observe("staging")
				w.observe("production")
				w.set("staging/*", openssl, text(c.staging))
				w.set("production/*", openssl, text(c.production))
				return w.check("")
			}
			v := drifted("")
			if v.Outcome != gate.Blocked || v.Findings[0].Code != c.code {
				t.Fatalf("want blocked by %s\n%s", c.code, details(v))
			}
			var values []string // as gate accept takes them
			for _, item := range v.Findings[0].Items {
				for _, of := range slices.Concat(item.From, item.To) {
					if of.Differs {
						values = append(values, of.JSON)
					}
				}
			}
			bound := func(values string) string {
				return strings.Replace(waiver(`deb["openssl"].version`, "2026-12-15"), "reason", "values = ["+values+"]\nreason", 1)
			}
			if v := drifted(bound(strings.Join(values, ", "))); v.Outcome != gate.Pass || v.Waivers[0].Covers == 0 {
				t.Errorf("values %q: got %s\n%s", values, v.Outcome, details(v))
			}
			if v := drifted(bound(`"6"`)); v.Outcome != gate.Blocked {
				t.Errorf("another value: got %s\n%s", v.Outcome, details(v))
			}
		})
	}
}
