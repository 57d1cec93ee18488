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
