package policies

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFormat(t *testing.T) {
	got := Format([]byte("role \"web\"   {\n hosts=[ \"a\" ] # why\n  min_hosts = 1\n}\n"))
	want := "role \"web\" {\n  hosts     = [\"a\"] # why\n  min_hosts = 1\n}\n"
	if diff := cmp.Diff(string(got), want); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
}

// TestOwnPoliciesAreFormatted: what gate brings, and what its tests show, is in canonical form.
func TestOwnPoliciesAreFormatted(t *testing.T) {
	for _, pattern := range []string{"testdata/valid/*.hcl", "testdata/valid/*/*.hcl", "builtin/*.hcl", "builtin/*/*.hcl"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(Format(src)), string(src)); diff != "" {
				t.Errorf("%s: got - want +\n%s", name, diff)
			}
		}
	}
}
