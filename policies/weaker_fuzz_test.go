package policies

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// FuzzWeaker: two policies that are written alike do not differ, two that are not do, there and back.
func FuzzWeaker(f *testing.F) {
	full := fullPolicy(f)
	names, _ := filepath.Glob("testdata/valid/*.hcl")
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(full, string(src))
	}
	f.Add(full, full)
	f.Add(labPolicy, labPolicy+"compare {\n  ignore {\n    facts  = [deb[\"x\"]]\n    reason = \"r\"\n  }\n}\n")
	collectors := testCollectors()
	f.Fuzz(func(t *testing.T, a, b string) {
		base, _ := load(fstest.MapFS{"gate.hcl": {Data: []byte(a)}}, "gate.hcl", collectors)
		head, _ := load(fstest.MapFS{"gate.hcl": {Data: []byte(b)}}, "gate.hcl", collectors)
		if base == nil || head == nil {
			return
		}
		if got := said(Weaker(base, base)); got != "" {
			t.Errorf("a policy differs from itself: %s", got)
		}
		for _, got := range []string{said(Weaker(base, head)), said(Weaker(head, base))} {
			if got == "" && base.outline.text() != head.outline.text() {
				t.Errorf("%s\nand\n%s\nare silent", base.outline.text(), head.outline.text())
			}
		}
	})
}
