package ledger

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// The test binary is also a program of its own, that appends notes until it is killed or done: what processes do to each
// other is tested with processes.
func TestMain(m *testing.M) {
	if job := os.Getenv("GATE_TEST_APPENDER"); job != "" {
		if err := appendNotes(job); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code, err := runTests(drifttest.InMemory(m))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// runTests runs the tests in a home of their own. All of them need git.
func runTests(m interface{ Run() int }) (code int, err error) {
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("GATE_TEST_NO_SKIP") != "" {
			return 1, err
		}
		fmt.Println("skipped: there is no git")
		return 0, nil
	}
	home, err := os.MkdirTemp("", "ledger-test-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	if err := isolate(home); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// appender is what one such process does.
type appender struct {
	Dir, Cache, Remote, Scratch string
	Notes                       []string
}

// appendNotes writes to standard output that it is ready, and each note once it is in the ledger.
func appendNotes(job string) error {
	var a appender
	if err := json.Unmarshal([]byte(job), &a); err != nil {
		return err
	}
	r, err := OpenRepository(context.Background(), a.Dir, a.Scratch)
	if err != nil {
		return err
	}
	r.quicken()
	l, err := Open(context.Background(), Options{Repository: r, Cache: a.Cache, Policy: &policies.Policy{
		Ledger: &policies.Ledger{Repository: "git.example.com/app", Remote: a.Remote},
	}})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for _, text := range a.Notes {
		if _, err := l.Append(context.Background(), gate.Event{Kind: gate.Note, Reason: text}, nil); err != nil {
			return err
		}
		fmt.Println(text)
	}
	return nil
}

// start returns the process.
func (a appender) start(t *testing.T) *exec.Cmd {
	t.Helper()
	a.Scratch = t.TempDir()
	job, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "GATE_TEST_APPENDER="+string(job))
	return cmd
}

// Several processes at once, on clones of their own and on one that they share, lose nothing and duplicate nothing.
func TestAppendRace(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, c := range []struct {
		name           string
		remote, shared bool
	}{
		{"clones of a remote", true, false},
		{"one clone of a remote", true, true},
		{"one repository", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.now = time.Now()
			if c.remote {
				s.share()
			}
			var want []string
			var running []*exec.Cmd
			var errs []*strings.Builder
			for i := range drifttest.Times(8, 20) {
				at := s
				if !c.shared {
					at = s.clone()
				}
				text := fmt.Sprintf("note %d", i)
				want = append(want, text)
				cmd := appender{Dir: at.dir, Cache: at.cache, Remote: s.policy.Ledger.Remote, Notes: []string{text}}.start(t)
				stderr := &strings.Builder{}
				cmd.Stderr = stderr
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				running, errs = append(running, cmd), append(errs, stderr)
			}
			for i, cmd := range running {
				if err := cmd.Wait(); err != nil {
					t.Errorf("process %d: %v: %s", i, err, errs[i])
				}
			}
			s.now = time.Now()
			got := reasons(s.sound())
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("got - want +\n%s", diff)
			}
		})
	}
}

// However a process ends, the ledger verifies, holds what was acknowledged, and takes the next event.
func TestAppendKilled(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, remote := range []bool{false, true} {
		name := "local"
		if remote {
			name = "remote"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.now = time.Now()
			folders := []string{filepath.Join(s.dir, ".git")}
			if remote {
				folders = append(folders, s.share().where[1])
			}
			s.append(note("begin"))
			acknowledged := []string{"begin"}
			for i := range drifttest.Times(10, 100) {
				acknowledged = append(acknowledged, s.kill(i)...)
				age(t, folders)
				s.now = time.Now()
				s.sound()
			}
			got := reasons(s.sound())
			if n := len(got); n != len(slices.Compact(slices.Sorted(slices.Values(got)))) {
				t.Errorf("an event is there twice: %q", got)
			}
			for _, text := range acknowledged {
				if !slices.Contains(got, text) {
					t.Errorf("%q was acknowledged and is lost", text)
				}
			}
			s.append(note("end"))
			s.sound()
			mustRun(t, s.git, "fsck", "--no-dangling")
		})
	}
}

// kill runs a process that appends, lets it come to its first, second or third event, and kills it with all its children
// at a random instant of that one. It returns what the process has acknowledged.
func (s *site) kill(round int) []string {
	s.Helper()
	a := appender{Dir: s.dir, Cache: s.cache, Remote: s.policy.Ledger.Remote}
	for i := range 100 {
		a.Notes = append(a.Notes, fmt.Sprintf("round %d note %d", round, i))
	}
	cmd := a.start(s.T)
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	stderr := &strings.Builder{}
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	var got []string
	lines, begin := bufio.NewScanner(out), time.Now()
	for first := round % 3; lines.Scan(); {
		if got = append(got, lines.Text()); len(got) == first+1 { // the first line is that it is ready
			each := time.Since(begin) / time.Duration(len(got))
			stop := time.AfterFunc(rand.N(2*each), func() { killAll(cmd.Process.Pid) })
			defer stop.Stop()
		}
	}
	if err := cmd.Wait(); err != nil && stderr.Len() > 0 {
		s.Errorf("round %d: %v: %s", round, err, stderr)
	}
	return got[1:]
}

// killAll kills a process with all that it has started, in whichever session that is.
func killAll(pid int) {
	_ = syscall.Kill(pid, syscall.SIGSTOP) // it starts nothing more
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for child := range strings.FieldsSeq(string(text)) {
			if id, err := strconv.Atoi(child); err == nil {
				killAll(id)
			}
		}
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

// age makes what a killed git has left look old, so that nothing has to wait until it is. On the remote, whose git is
// killed here as that of no real one is, it goes.
func age(t *testing.T, folders []string) {
	t.Helper()
	long := time.Now().Add(-time.Hour)
	for i, folder := range folders {
		for _, ref := range []string{branch, tracking} {
			file := filepath.Join(folder, ref+".lock")
			err := os.Chtimes(file, long, long)
			if i > 0 {
				err = os.Remove(file)
			}
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
	}
}
