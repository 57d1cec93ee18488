package gate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

// An exception lets through exactly what it says: each case is one, and beside it what is next to that.

// A waiver names its facts and values: what it says of a file as a whole says nothing of what is in it, and with values a
// rule is covered only as long as they are there.
func TestWaiverSaysNoMore(t *testing.T) {
	t.Parallel()
	bound := func(attributes string) string {
		return "waiver \"it\" {\n" + attributes + "\n  reason  = \"OPS-412\"\n  owner   = \"platform\"\n  expires = \"2026-12-15\"\n}\n"
	}
	const rule = "rule \"patched\" {\n  assert  = host.deb[\"openssl\"].version == \"3\"\n  message = \"it is old\"\n}\n"
	const (
		star  = drift.Address(`file["/etc/a*.ini"].entries["k"]`)
		other = drift.Address(`file["/etc/ab.ini"].entries["k"]`)
		level = drift.Address(`file["/etc/ab.ini"].entries["level"]`)
	)
	const files = "collect \"file\" {\n  paths = [\"/etc/**\"]\n}\n"
	for _, tt := range []struct {
		name, policy string
		production   map[drift.Address]string // "" takes it away
		want         []string
	}{
		{"an address with \"*\" covers both", files + bound(`facts = [file["/etc/a*.ini"].entries["k"]]`), map[drift.Address]string{star: "4", other: "4"}, []string{}},
		{"one that is exact covers its own", files + bound(`facts = [file["/etc/a\\*.ini"].entries["k"]]`), map[drift.Address]string{star: "4"}, []string{}},
		{"and not the other", files + bound(`facts = [file["/etc/a\\*.ini"].entries["k"]]`), map[drift.Address]string{star: "4", other: "4"}, []string{"drift.unexplained"}},
		{"an entry that is absent", files + bound("facts = [file[\"/etc/ab.ini\"].entries[\"level\"]]\nvalues = [absent]"), map[drift.Address]string{level: ""}, []string{}},
		{"a file that may be absent, and lacks an entry", files + bound("facts = [file[\"/etc/ab.ini\"]]\nvalues = [absent]"), map[drift.Address]string{level: ""}, []string{"drift.unexplained"}},
		{"a package that may be absent", asked["deb"] + "\n" + bound("facts = [deb[\"openssl\"]]\nvalues = [absent]"), map[drift.Address]string{openssl: ""}, []string{}},
		{"a rule", asked["deb"] + "\n" + rule + bound("facts = [deb[\"openssl\"].version]\nrules = [\"patched\"]"), map[drift.Address]string{openssl: "1"}, []string{}},
		{"a rule, and its value", asked["deb"] + "\n" + rule + bound("facts = [deb[\"openssl\"].version]\nvalues = [\"2\"]\nrules = [\"patched\"]"), map[drift.Address]string{openssl: "2"}, []string{}},
		{"a rule, and another value", asked["deb"] + "\n" + rule + bound("facts = [deb[\"openssl\"].version]\nvalues = [\"2\"]\nrules = [\"patched\"]"), map[drift.Address]string{openssl: "1"},
			[]string{"rule.failed", "drift.unexplained"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := load(t, environments+tt.policy)
			snapshots := read(p)
			for _, a := range []drift.Address{star, other, level} {
				if strings.Contains(tt.policy, files) {
					set(snapshots, "*", a, text("3"))
				}
			}
			set(snapshots, "*", openssl, text("3"))
			for a, value := range tt.production {
				v := text(value)
				if value == "" {
					v = nil
				}
				set(snapshots, "production/*", a, v)
			}
			v := decide(t, p, snapshots)
			var got []string
			for _, f := range v.Findings {
				if f.Effect != gate.Informs {
					got = append(got, f.Code)
				}
			}
			if diff := cmp.Diff(fmt.Sprint(got), fmt.Sprint(tt.want)); diff != "" {
				t.Errorf("(-got +want)\n%s\n%s", diff, brief(v))
			}
		})
	}
}

// What lets one finding through lets none through that stands beside it or was told in it.
func TestOverrideSaysNoMore(t *testing.T) {
	t.Parallel()
	over := func(w *world, codes ...string) {
		w.event(gate.Event{Kind: gate.Override, Environment: "production", Codes: codes, Until: w.now.Add(time.Hour), Reason: "INC-7"}, "c1")
	}
	const rule = "rule \"patched\" {\n  assert      = host.deb[\"openssl\"].version == \"3\"\n  message     = \"it is old\"\n  facts       = [deb[\"openssl\"]]\n  enforcement = %q\n}\n"
	begin := func(t *testing.T, more string) *world {
		w := worldOf(t, fmt.Sprintf(promoting, "")+more, "c0")
		w.commit("c1", "c0")
		w.prove("c1", "stdout")
		return w
	}
	t.Run("a rule, and the drift that its finding tells", func(t *testing.T) {
		w := begin(t, fmt.Sprintf(rule, "soft"))
		w.set("*", openssl, text("3"))
		w.set("production/*", openssl, text("1"))
		w.want(w.check("c1"), gate.Blocked, "rule.failed")
		over(w, "rule.failed")
		if v := w.check("c1"); v.Outcome != gate.Blocked || codeOfOpenssl(v) == "rule.failed" {
			t.Errorf("the drift went with the rule:\n%s", details(v))
		}
		over(w, "drift.skipped", "drift.ahead", "drift.diverged", "drift.unexplained")
		w.want(w.check("c1"), gate.Pass)
	})
	t.Run("what is hard", func(t *testing.T) {
		w := begin(t, fmt.Sprintf(rule, "hard"))
		w.set("*", openssl, text("3"))
		w.set("production/*", openssl, text("1"))
		over(w, "rule.failed")
		w.want(w.check("c1"), gate.Blocked, "rule.failed")
	})
	t.Run("what differs wrongly, and what could not be told of it", func(t *testing.T) {
		w := begin(t, "compare {\n  differ {\n    fact   = deb[\"openssl\"].version\n    values = { staging = \"1\", production = \"2\" }\n  }\n}\n")
		w.set("staging/*", openssl, text("1"))
		w.set("production/web/production-1", openssl, text("3"))
		unknown := drift.UnknownValue("may not")
		w.set("production/web/production-2", openssl, &unknown)
		over(w, "drift.differ")
		w.want(w.check("c1"), gate.Undecided, "unknown.fact")
	})
	t.Run("for longer than a week", func(t *testing.T) {
		w := begin(t, "")
		w.set("production/*", openssl, text("1"))
		e := w.event(gate.Event{Kind: gate.Override, Environment: "production", Codes: []string{"drift.skipped"}, Until: w.now.Add(8 * 24 * time.Hour), Reason: "INC-7"}, "c1")
		w.want(w.check("c1"), gate.Blocked, "drift.skipped")
		e.Until = w.now.Add(7 * 24 * time.Hour)
		w.event(e, "c1")
		w.want(w.check("c1"), gate.Pass)
	})
}

// An environment that differ has no value for must have another one than the other side still.
func TestDifferLeftOut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		values, staging, production string
		want                        []string
	}{
		{"staging", "4", "5", []string{}},
		{"staging", "4", "4", []string{"drift.differ"}},
		{"staging", "5", "4", []string{"drift.differ"}},
		{"production", "5", "4", []string{}},
		{"production", "4", "4", []string{"drift.differ"}},
	} {
		p := load(t, environments+asked["deb"]+fmt.Sprintf("\ncompare {\n  differ {\n    fact   = deb[\"openssl\"].version\n    values = { %s = \"4\" }\n  }\n}\n", tt.values))
		snapshots := read(p)
		set(snapshots, "staging/*", openssl, text(tt.staging))
		set(snapshots, "production/*", openssl, text(tt.production))
		if v := decide(t, p, snapshots); cmp.Diff(codes(v), tt.want) != "" {
			t.Errorf("%v: got %v:\n%s", tt, codes(v), brief(v))
		}
	}
}

// Each package and file of a change counts, those of a virtual environment that is new among them.
func TestMaxChangesCountsAll(t *testing.T) {
	t.Parallel()
	venv := func(name string) drift.Address { return drift.Address("python").Key(name).Attr("packages") }
	for allowed, want := range map[int]gate.Outcome{4: gate.Pass, 3: gate.Blocked} {
		policy := strings.NewReplacer("%s", fmt.Sprintf("max_changes {\n packages = %d\n}", allowed), `carries = [file`, `carries = [deb["*"], python["*"], file`).Replace(promoting) +
			"collect \"python\" {\n  optional = [\"/srv/*\"]\n}\n"
		w := worldOf(t, policy, "c0")
		w.set("*", venv("/srv/old").Key("x").Attr("version"), text("1"))
		w.commit("c1", "c0")
		begun := w.begin("staging", "c1")
		w.set("staging/*", `deb["x"].version`, text("4"))
		w.set("staging/*", venv("/srv/new").Key("x").Attr("version"), text("4"))
		w.set("staging/*", venv("/srv/new").Key("y").Attr("version"), text("4"))
		w.set("staging/*", venv("/srv/old").Key("y").Attr("version"), text("4"))
		w.finish(begun, "stdout")
		w.verify("c1")
		w.wait(time.Hour)
		v := w.check("c1")
		if v.Outcome != want {
			t.Errorf("%d allowed: got %s, want %s:\n%s", allowed, v.Outcome, want, details(v))
		}
		if want == gate.Blocked {
			w.says(v, "promotion.too_large", "4 packages")
		}
	}
}
