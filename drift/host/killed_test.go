package host

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// childPlan is in the environment of a process of this test that reads one host, and nothing else.
const childPlan = "GATE_TEST_CHILD"

// child is what such a process is to do.
type child struct {
	Dest, Line string
	Settings   Settings
	Become     bool
	Preview    bool
}

// TestKilledChild is such a process. It does not end by itself.
func TestKilledChild(t *testing.T) {
	text, is := os.LookupEnv(childPlan)
	if !is {
		return
	}
	var c child
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	client := &Client{}
	if c.Preview {
		run := lines("p", c.Line)
		run.Become = c.Become
		_, err := client.Preview(t.Context(), []PreviewPlan{{Plan: Plan{Dest: c.Dest, Settings: c.Settings}, Runs: []DryRun{run}}}, nothing{})
		t.Fatal(err)
	}
	q := commandQuery(c.Line)
	q.Become = c.Become
	_, err := client.Collect(t.Context(), []Plan{{Dest: c.Dest, Settings: c.Settings, Queries: []collect.Query{q}}}, 1, nothing{})
	t.Fatal(err)
}

// TestKilled kills gate, so that it closes nothing itself: what it runs on hosts ends all the same, as root too. So it does
// where a signal ends gate in the middle of a computation.
func TestKilled(t *testing.T) {
	t.Parallel()
	drifttest.Program(t, "sleep")
	for _, test := range []struct {
		name            string
		become, preview bool
	}{{"read", false, false}, {"read as root", true, false}, {"preview", false, true}, {"preview as root", true, true}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := newSudoMachine(t, "")
			fifo := m.fifo("srv/fifo")
			plan, err := json.Marshal(child{
				Dest: m.user("free", drifttest.Program(t, "bash"), "", nil), Settings: m.settings, Become: test.become, Preview: test.preview,
				Line: `trap "" HUP INT TERM; echo begun >/srv/fifo; (sleep 1000; :) & sleep 1000; :`,
			})
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(os.Args[0], "-test.run=^TestKilledChild$")
			cmd.Env = append(os.Environ(), childPlan+"="+string(plan))
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			n, err := fifo.Read(make([]byte, 10))
			if n != len("begun\n") || err != nil || len(m.processes()) == 0 {
				t.Errorf("the command did not begin: %v", err)
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
			cmd.Wait()
			m.wantIdle()
		})
	}
}
