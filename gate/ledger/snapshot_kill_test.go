package ledger

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// TestKeeper is a process of its own that keeps snapshots until it is killed, and writes their ids to its standard output.
func TestKeeper(t *testing.T) {
	dir := os.Getenv("GATE_TEST_KEEPER")
	if dir == "" {
		return
	}
	r, err := openRepository(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(t.Context(), Options{Repository: r, Policy: &policies.Policy{Ledger: &policies.Ledger{Repository: "git.example.com/app"}}})
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		id, err := l.Keep(t.Context(), snapshot("production", host("production", "a", file("/a", "k", fmt.Sprint(os.Getpid(), n)))), policyDigest)
		if err != nil {
			fmt.Println(err)
			t.Fatal(err)
		}
		fmt.Println(id)
	}
}

// Whoever is killed while keeping a snapshot leaves nothing that stops others, and all that was kept before.
func TestKeepKilled(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	ids := map[string]bool{}
	for range drifttest.Times(8, 40) {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKeeper$")
		cmd.Env = append(os.Environ(), "GATE_TEST_KEEPER="+s.dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		killed := false
		for lines.Scan() {
			if !isObjectID(lines.Text()) {
				t.Errorf("got %q, want an id", lines.Text())
			}
			ids[lines.Text()] = true
			if !killed {
				killed = true
				time.AfterFunc(rand.N(60*time.Millisecond), func() { killAll(cmd.Process.Pid) })
			}
		}
		cmd.Wait()
	}
	for id := range ids {
		if _, err := s.git.run(t.Context(), "rev-parse", "--verify", "--quiet", snapshotRef("production", id)); err != nil {
			t.Errorf("%s was kept, and is not there: %v", id, err)
		}
	}
	if got := mustRun(t, s.git, "fsck", "--strict", "--no-dangling"); got != "" {
		t.Errorf("git fsck: %s", got)
	}
	if flaws, err := s.open().VerifySnapshots(t.Context(), &gate.History{}); err != nil || len(flaws) > 0 {
		t.Errorf("verify: got %v, %v", flaws, err)
	}
	refs := mustRun(t, s.git, "for-each-ref", "--format=%(refname)")
	s.snapshotOf(s.keep(everything("production")))
	for ref := range strings.FieldsSeq(refs) {
		if _, _, ok := cutRef(ref); !ok {
			t.Errorf("it has left the ref %s", ref)
		}
	}
}
