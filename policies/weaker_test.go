package policies

import (
	"os"
	"testing"
	"testing/fstest"
)

func designPolicy(t *testing.T) string {
	t.Helper()
	src, err := os.ReadFile("testdata/valid/design.hcl")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

func loaded(t *testing.T, src string) *Policy {
	t.Helper()
	p, diags := Load(fstest.MapFS{"gate.hcl": {Data: []byte(src)}}, "gate.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return p
}

// Equal policies do not differ.
func TestWeakerSame(t *testing.T) {
	src := designPolicy(t)
	got := Weaker(loaded(t, src), loaded(t, "# another line\n"+src))
	if len(got.Weaker)+len(got.Changed) > 0 {
		t.Errorf("got %v", got)
	}
}
