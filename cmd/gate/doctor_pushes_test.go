package main

import (
	"os/exec"
	"testing"

	"github.com/seed-313c021b/gate/gate/ledger"
	"github.com/seed-313c021b/gate/policies"
)

// The ledger is pushed to the policy's own repository by whatever name that has.
func TestPushes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, args := range [][]string{{"init", "-q"}, {"remote", "add", "web", "https://github.com/Acme/shop.git"}, {"remote", "add", "other", "https://github.com/acme/ledger"}} {
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	r, err := ledger.OpenRepository(t.Context(), dir, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for remote, want := range map[string]bool{"origin": true, "web": true, "other": false, "https://github.com/acme/Shop": true, "https://github.com/acme/ledger.git": false} {
		here, elsewhere, err := pushes(t.Context(), r, &policies.Policy{Ledger: &policies.Ledger{Remote: remote}}, "github.com/acme/shop")
		if here != want || elsewhere == want || err != nil {
			t.Errorf("%s: here %t, elsewhere %t, %v; want here %t", remote, here, elsewhere, err, want)
		}
	}
}
