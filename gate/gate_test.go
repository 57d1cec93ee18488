package gate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

// A verdict that was read from a file must be one that its findings make.
func TestVerdictCheck(t *testing.T) {
	finding := func(number int, effect gate.Effect) gate.Finding { return gate.Finding{Number: number, Effect: effect} }
	tests := []struct {
		name    string
		verdict gate.Verdict
		want    string
	}{
		{"nothing", gate.Verdict{Outcome: gate.Pass}, ""},
		{"to know", gate.Verdict{Outcome: gate.Pass, Findings: []gate.Finding{finding(1, gate.Informs)}}, ""},
		{"open", gate.Verdict{Outcome: gate.Undecided, Findings: []gate.Finding{finding(1, gate.Opens), finding(2, gate.Informs)}}, ""},
		{"both", gate.Verdict{Outcome: gate.Blocked, Findings: []gate.Finding{finding(1, gate.Opens), finding(2, gate.Blocks), finding(3, gate.Opens)}}, ""},
		{"a pass that is none", gate.Verdict{Outcome: gate.Pass, Findings: []gate.Finding{finding(1, gate.Opens)}}, `the outcome is "pass", and the findings make it "undecided"`},
		{"a block that is none", gate.Verdict{Outcome: gate.Blocked}, `the findings make it "pass"`},
		{"no outcome", gate.Verdict{}, `the outcome is ""`},
		{"a number", gate.Verdict{Outcome: gate.Pass, Findings: []gate.Finding{finding(2, gate.Informs)}}, "finding 1 has the number 2"},
		{"an effect", gate.Verdict{Outcome: gate.Pass, Findings: []gate.Finding{finding(1, "none")}}, `has the effect "none"`},
	}
	for _, tt := range tests {
		err := tt.verdict.Check()
		if got := errorText(err); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestSteps(t *testing.T) {
	v := gate.Verdict{To: "production", Findings: []gate.Finding{
		{Number: 1, Effect: gate.Blocks, Next: []string{"mend it (finding NUMBER)", "pause Puppet"}},
		{Number: 2, Effect: gate.Opens, Next: []string{"pause Puppet", "look (finding NUMBER)"}},
		{Number: 3, Effect: gate.Informs, Next: []string{"not this"}},
	}}
	want := []string{"mend it (gate explain 1)", "pause Puppet", "look (gate explain 2)", "gate check --to production"}
	if diff := cmp.Diff(v.Steps(), want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
	if steps := (&gate.Verdict{To: "production"}).Steps(); len(steps) > 0 {
		t.Errorf("got %q for nothing", steps)
	}
}

// Blockers come first, then what could not be told, then the rest; numbers follow.
func TestOrderOfFindings(t *testing.T) {
	p := load(t, environments+asked["deb"]+"\n"+waiver(`deb["nothing"].version`, "2026-01-01"))
	snapshots := read(p)
	set(snapshots, "production/web/production-1", `deb["openssl"].version`, text("4"))
	unread(&snapshots[1].Hosts[1], drift.Section{Collector: "deb"}, drift.Denied, "may not")
	v := decide(t, p, snapshots)
	if diff := cmp.Diff(codes(v), []string{"drift.unexplained", "unknown.section", "waiver.expired"}); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
	for i, f := range v.Findings {
		if f.Number != i+1 {
			t.Errorf("finding %d has the number %d", i+1, f.Number)
		}
	}
	if v.Outcome != gate.Blocked {
		t.Errorf("got %s, want blocked", v.Outcome)
	}
}

// With several environments before it, each of them must be alike: the worst counts.
func TestSeveralFrom(t *testing.T) {
	p := load(t, strings.Replace(environments, `from = ["staging"]`, `from = ["dev", "staging"]`, 1)+`
environment "dev" {
  role "web" {
    hosts = ["dev-1"]
  }
}
`+asked["deb"])
	snapshots := read(p)
	if v := decide(t, p, snapshots); v.Outcome != gate.Pass {
		t.Fatalf("it does not pass as it is:\n%s", brief(v))
	}
	for _, environment := range []string{"dev", "staging"} {
		other := clone(snapshots)
		set(other, environment+"/*", `deb["openssl"].version`, text("2"))
		v := decide(t, p, other)
		if v.Outcome != gate.Blocked || !strings.Contains(brief(v), "differs from "+environment) {
			t.Errorf("%s differs:\n%s", environment, brief(v))
		}
		gone := clone(snapshots)
		for _, s := range gone {
			if s.Environment == environment {
				s.Hosts = nil
			}
		}
		if v := decide(t, p, gone); v.Outcome == gate.Pass {
			t.Errorf("%s is not there, and it passes:\n%s", environment, brief(v))
		}
	}
}

// The verdict does not depend on the order in which hosts were read, and on nothing else than its input.
func TestDecideIsPure(t *testing.T) {
	p := load(t, everything(t))
	snapshots := read(p)
	set(snapshots, "production/web/production-1", `deb["openssl"].version`, text("4"))
	set(snapshots, "staging/web/staging-2", `file["/etc/app.ini"].mode`, text("0600"))
	before := toJSON(t, snapshots)
	first := toJSON(t, decide(t, p, snapshots))
	for range 10 {
		if diff := cmp.Diff(toJSON(t, decide(t, p, snapshots)), first); diff != "" {
			t.Fatalf("(-again +first)\n%s", diff)
		}
	}
	if diff := cmp.Diff(toJSON(t, snapshots), before); diff != "" {
		t.Errorf("it changed its input\n%s", diff)
	}
}

// To give an account access helps where it was denied, and not where the host stopped in the middle.
func TestAdviceFollowsCause(t *testing.T) {
	p := load(t, environments+asked["deb"])
	for status, want := range map[drift.Status]string{drift.Denied: "become = true", drift.Truncated: "mend what keeps gate from reading deb", drift.Failed: "mend what keeps gate from reading deb"} {
		snapshots := read(p)
		unread(&snapshots[1].Hosts[0], drift.Section{Collector: "deb"}, status, "a reason")
		if steps := strings.Join(decide(t, p, snapshots).Steps(), "\n"); !strings.Contains(steps, want) {
			t.Errorf("%s: got %s, want %q", status, steps, want)
		}
	}
}

// What was kept under other settings is unknown, and says what to do.
func TestNotCollected(t *testing.T) {
	p := load(t, environments+asked["deb"])
	snapshots := read(p)
	unread(&snapshots[1].Hosts[1], drift.Section{Collector: "deb"}, drift.NotCollected, "asked otherwise")
	v := decide(t, p, snapshots)
	if diff := cmp.Diff(codes(v), []string{"unknown.section"}); diff != "" || v.Outcome != gate.Undecided {
		t.Fatalf("%s (-got +want)\n%s", v.Outcome, diff)
	}
	f := v.Findings[0]
	if !strings.Contains(f.Title, "not collected as this policy asks") || !slices.Contains(f.Detail, "not collected: asked otherwise") || !strings.Contains(f.Next[0], "anew") {
		t.Errorf("got %q, %q, %q", f.Title, f.Detail, f.Next)
	}
}
