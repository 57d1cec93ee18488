package policies

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/seed-313c021b/gate/drift"
)

// FuzzLoad: no text makes the loader panic, and what it loads can be evaluated.
func FuzzLoad(f *testing.F) {
	names, _ := filepath.Glob("testdata/*/*.hcl")
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	f.Add(labPolicy)
	collectors := testCollectors()
	f.Fuzz(func(t *testing.T, src string) {
		p, diags := load(fstest.MapFS{"gate.hcl": {Data: []byte(src)}}, "gate.hcl", collectors)
		if (p == nil) != diags.HasErrors() {
			t.Fatalf("policy %v, diagnostics %v", p, diags)
		}
		if p == nil {
			return
		}
		for _, h := range []*drift.Host{labHost(t), {}} {
			for _, r := range p.Rules {
				if len(r.Evaluate(h, nil, labTime)) == 0 {
					t.Errorf("rule %q has no result", r.Name)
				}
			}
		}
	})
}

// FuzzCondition: whatever a condition is, less that is known of the host never decides it otherwise. (One that names what
// is absent is undecided, and may be decided where that is unknown: true || UNKNOWN is true.)
func FuzzCondition(f *testing.F) {
	for _, c := range conditions {
		f.Add(c.assert)
	}
	collectors := labCollectors()
	f.Fuzz(func(t *testing.T, assert string) {
		src := labPolicy + "rule \"it\" {\n  message = \"it fails\"\n  assert = " + assert + "\n}\n"
		p, diags := load(fstest.MapFS{"gate.hcl": {Data: []byte(src)}}, "gate.hcl", collectors)
		if diags.HasErrors() || len(p.Rules) != 1 || p.Rules[0].ForEach() {
			return
		}
		outcome := func(h *drift.Host) Outcome {
			return p.Rules[0].Evaluate(h, map[string]string{"domain": "example.com"}, labTime)[0].Outcome
		}
		want := outcome(labHost(t))
		for i := range labHost(t).Sections {
			h := labHost(t)
			h.Sections[i].Status, h.Sections[i].Facts = drift.Failed, nil
			if got := outcome(h); got != want && got != Undecided && want != Undecided {
				t.Errorf("without %s it is %s, and was %s", h.Sections[i].Address(), got, want)
			}
		}
	})
}
