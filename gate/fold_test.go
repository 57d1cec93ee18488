package gate_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

// A damaged virtual environment is one finding, with the facts that tell of the damage in it. Nothing of them is lost where
// the rule does not block: then the difference does.
func TestFold(t *testing.T) {
	const venv = drift.Address(`python["/srv/venv"]`)
	collect := environments + "\ncollect \"python\" { venvs = [\"/srv/venv\", \"/srv/other\"] }\n"
	rule := func(more string) string {
		return `rule "intact" {
			for_each = host.python
			assert   = length(each.value.problems) == 0
			facts    = [python["*"].problems, python["*"].packages["*"].missing]
			message  = "damaged"
			` + more + `
		}`
	}
	problem := drift.Strings("pip: 2 of its 3 files are missing")
	missing := drift.Strings("pip/a.py", "pip/b.py")
	none, unknown := drift.Strings(), drift.UnknownValue("may not look")
	damage := func(s []*drift.Snapshot, hosts string) {
		set(s, hosts, venv.Attr("problems"), &problem)
		set(s, hosts, venv.Attr("packages").Key("pip").Attr("missing"), &missing)
	}
	tests := []struct {
		name   string
		policy string
		change func([]*drift.Snapshot)
		want   []string
	}{
		{"one of production", rule(""), func(s []*drift.Snapshot) { damage(s, "production/web/production-1") },
			[]string{"blocks rule.failed 2"}},
		{"all of production", rule(""), func(s []*drift.Snapshot) { damage(s, "production/*") },
			[]string{"blocks rule.failed 2"}},
		{"something else too", rule(""), func(s []*drift.Snapshot) {
			damage(s, "production/*")
			set(s, "production/*", venv.Attr("packages").Key("pip").Attr("version"), text("1"))
		}, []string{"blocks rule.failed 2", "blocks drift.unexplained 1"}},
		{"advisory", rule(`enforcement = "advisory"`), func(s []*drift.Snapshot) { damage(s, "production/*") },
			[]string{"blocks drift.unexplained 2", "advisory rule.failed 0"}},
		{"waived", rule("") + `
		waiver "it" {
			rules   = ["intact"]
			reason  = "OPS-412"
			owner   = "platform"
			expires = "2026-12-15"
		}`, func(s []*drift.Snapshot) { damage(s, "production/*") },
			[]string{"blocks drift.unexplained 2"}},
		{"waived on one host", rule("") + `
		waiver "it" {
			hosts   = ["production/web/production-1"]
			rules   = ["intact"]
			reason  = "OPS-412"
			owner   = "platform"
			expires = "2026-12-15"
		}`, func(s []*drift.Snapshot) { damage(s, "production/*") },
			[]string{"blocks rule.failed 0", "blocks drift.unexplained 2"}},
		{"another environment", rule(""), func(s []*drift.Snapshot) {
			damage(s, "production/web/production-1")
			set(s, "production/web/production-1", `python["/srv/other"].packages["pip"].missing`, &missing)
		}, []string{"blocks rule.failed 2", "blocks drift.unexplained 1"}},
		{"on staging", rule(""), func(s []*drift.Snapshot) { damage(s, "staging/*") },
			[]string{"blocks drift.unexplained 2"}},
		{"on one host of staging", rule(""), func(s []*drift.Snapshot) {
			damage(s, "staging/web/staging-1")
			damage(s, "production/web/production-1")
		}, []string{"blocks rule.failed 0", "blocks drift.within 2"}},
		{"unknown beside", rule(""), func(s []*drift.Snapshot) {
			damage(s, "production/web/production-1")
			set(s, "production/web/production-2", venv.Attr("packages").Key("pip").Attr("missing"), &unknown)
		}, []string{"blocks rule.failed 1", "blocks drift.unexplained 1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := load(t, collect+tt.policy)
			snapshots := read(p)
			for _, a := range []drift.Address{venv, `python["/srv/other"]`} {
				set(snapshots, "*", a.Attr("problems"), &none)
				set(snapshots, "*", a.Attr("packages").Key("pip").Attr("version"), text("23"))
			}
			tt.change(snapshots)
			v := decide(t, p, snapshots)
			var got []string
			for _, f := range v.Findings {
				got = append(got, fmt.Sprint(f.Effect, " ", f.Code, " ", len(f.Items)))
			}
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Errorf("(-got +want)\n%s\n%s", diff, brief(v))
			}
			if v.Outcome != gate.Blocked {
				t.Errorf("got %s, want blocked", v.Outcome)
			}
		})
	}
}
