package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
)

// mkfifo makes a named pipe in a lab.
func (l *lab) mkfifo(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(l.folder, name)
	must(t, syscall.Mkfifo(path, 0o600))
	return path
}

// awaitReader waits until a process opens a named pipe to read it, and holds that open until the test ends.
func awaitReader(t *testing.T, fifo string) {
	t.Helper()
	drifttest.Until(t, "somebody reads "+fifo, func() bool {
		f, err := os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return false
		}
		t.Cleanup(func() { f.Close() })
		return true
	})
}

// silence listens, takes connections, sends them what it is to say, and no more.
func silence(t *testing.T, says string) (port int, taken chan struct{}) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	taken = make(chan struct{}, 100)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, says)
			taken <- struct{}{}
			t.Cleanup(func() { conn.Close() })
		}
	}()
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().(*net.TCPAddr).Port, taken
}

// TestInterruptAnywhere presses Ctrl-C where a command waits for something that does not come, and that it reads itself.
func TestInterruptAnywhere(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	check := []string{"check", "--to", "production"}
	tests := []struct {
		name string
		args []string
		// set prepares the lab, whose hosts are up, and returns what waits until the command is there.
		set func(t *testing.T, l *lab) (there func())
	}{
		{"ssh -G", check, func(t *testing.T, l *lab) func() {
			fifo := l.mkfifo(t, "fifo")
			l.prepend(t, fmt.Sprintf("Match exec \"cat %s\"\n", fifo))
			return func() { awaitReader(t, fifo) }
		}},
		{"greeting", check, func(t *testing.T, l *lab) func() {
			port, taken := silence(t, "")
			l.prepend(t, fmt.Sprintf("Host production-1\n\tPort %d\n", port))
			return func() { <-taken }
		}},
		{"key exchange", check, func(t *testing.T, l *lab) func() {
			port, taken := silence(t, "SSH-2.0-silence\r\n")
			l.prepend(t, fmt.Sprintf("Host production-1\n\tPort %d\n", port))
			return func() { <-taken }
		}},
		{"agent", check, func(t *testing.T, l *lab) func() {
			socket := filepath.Join(l.folder, "agent")
			listener, err := net.Listen("unix", socket)
			must(t, err)
			t.Cleanup(func() { listener.Close() })
			l.prepend(t, "Host *\n\tIdentityAgent "+socket+"\n")
			return func() {
				conn, err := listener.Accept()
				must(t, err)
				t.Cleanup(func() { conn.Close() })
			}
		}},
		{"known_hosts", check, func(t *testing.T, l *lab) func() {
			fifo := l.mkfifo(t, "fifo")
			l.prepend(t, "Host *\n\tUserKnownHostsFile "+fifo+"\n")
			return func() { awaitReader(t, fifo) }
		}},
		{"command on the host", check, func(t *testing.T, l *lab) func() {
			must(t, l.start("production-1", "hang"))
			return func() {
				drifttest.Until(t, "the session is there", func() bool { return l.servers["production-1"].Sessions() > 0 })
			}
		}},
		{"policy", append(check, "--policy", "fifo"), func(t *testing.T, l *lab) func() {
			fifo := l.mkfifo(t, "fifo")
			return func() { awaitReader(t, fifo) }
		}},
		{"validate", []string{"validate", "--policy", "fifo"}, func(t *testing.T, l *lab) func() {
			fifo := l.mkfifo(t, "fifo")
			return func() { awaitReader(t, fifo) }
		}},
		{"snapshot", append(check, "--snapshots", "fifo"), func(t *testing.T, l *lab) func() {
			fifo := l.mkfifo(t, "fifo")
			return func() { awaitReader(t, fifo) }
		}},
		{"result", []string{"check", "--from", "fifo"}, func(t *testing.T, l *lab) func() {
			fifo := l.mkfifo(t, "fifo")
			return func() { awaitReader(t, fifo) }
		}},
		{"report", append(check, "--output", "fifo"), func(t *testing.T, l *lab) func() {
			fifo := l.mkfifo(t, "fifo") // nobody reads it
			return func() {
				drifttest.Until(t, "the result is kept, and then reported", func() bool {
					return len(keptResults(filepath.Join(l.folder, "cache/gate"))) > 0 && fifo != ""
				})
			}
		}},
		{"inventory", []string{"init", "staging=ansible:fifo", "production=ansible:fifo"}, func(t *testing.T, l *lab) func() {
			fifo := l.mkfifo(t, "fifo")
			return func() { awaitReader(t, fifo) }
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l, gate := gateOn(t, `collect "deb" {}`)
			patient := strings.ReplaceAll(scriptEnvironments, "  ssh {\n", "  ssh {\n    timeout         = \"30m\"\n    connect_timeout = \"30m\"\n")
			must(t, os.WriteFile(filepath.Join(l.folder, "policy/environments.hcl"), []byte(patient), 0o644))
			start(t, l, "staging-1", "production-1", "production-2")
			there := test.set(t, l)
			cmd := gate(test.args...)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			must(t, cmd.Start())
			there()
			must(t, cmd.Process.Signal(os.Interrupt))
			began := time.Now()
			waitOrKill(t, cmd)
			t.Logf("it took %s", time.Since(began).Round(time.Millisecond))
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || !strings.Contains(errs.String(), "gate: interrupted; nothing was decided") || out.Len() > 0 {
				t.Errorf("got exit %d, %q and %q", code, out.String(), errs.String())
			}
			drifttest.Until(t, "nothing of it is left running", func() bool { return !runs(l.folder) })
		})
	}
}

// prepend puts lines before those of the lab's ssh_config.
func (l *lab) prepend(t *testing.T, lines string) {
	t.Helper()
	file := filepath.Join(l.folder, "ssh_config")
	text, err := os.ReadFile(file)
	must(t, err)
	must(t, os.WriteFile(file, append([]byte(lines), text...), 0o600))
}

// runs reports whether a process other than this one has a folder's name in its arguments.
func runs(folder string) bool {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range lines {
		if line, _ := os.ReadFile(file); strings.Contains(string(line), folder) {
			return true
		}
	}
	return false
}

// stuck is a writer on which every write waits until it is told to go on.
type stuck struct {
	began func()
	told  chan struct{}
}

func (s *stuck) Write(p []byte) (int, error) {
	s.began()
	<-s.told
	return len(p), nil
}

// TestAbandon ends commands that do not look whether they are to end. Standard output that nobody takes stands for them; and
// standard error may be the same.
func TestAbandon(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, both := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		s := &stuck{began: cancel, told: make(chan struct{})}
		defer close(s.told)
		var errs bytes.Buffer
		a := &app{in: strings.NewReader(""), out: s, err: &errs, getenv: func(string) string { return "" }, now: time.Now}
		if both {
			a.err = s
		}
		if code := a.runInTime(ctx, []string{"probe"}); code != exitInterrupted {
			t.Errorf("got exit %d, want %d", code, exitInterrupted)
		}
		if !both && errs.String() != "gate: interrupted; nothing was decided\n" {
			t.Errorf("got %q", errs.String())
		}
		if _, ok := a.lifetime.finish("something"); ok {
			t.Error("something that must be finished begins after the end")
		}
	}
}

// TestLifetime has things that must be finished before a run ends.
func TestLifetime(t *testing.T) {
	t.Parallel()
	l := &lifetime{}
	outer, ok := l.finish("outer")
	inner, also := l.finish("inner")
	if !ok || !also || l.last().what != "inner" || l.close() {
		t.Fatalf("got %v, %v, %+v", ok, also, l.must)
	}
	inner()
	inner() // once more does nothing
	if l.last().what != "outer" || l.close() {
		t.Fatalf("got %+v", l.must)
	}
	l.record(gate.Event{ID: "0123456789abcdef", Kind: gate.Deploying, Environment: "production"})
	if left := l.left(); !strings.Contains(left, "on record is: ") || !strings.Contains(left, "gate record failed --to production --of 0123456") {
		t.Errorf("got %q", left)
	}
	folder, err := l.folder()
	must(t, err)
	outer()
	if l.last() != nil || !l.close() {
		t.Errorf("got %+v", l.must)
	}
	l.clean()
	if _, err := os.Stat(folder); err == nil {
		t.Error("the folder is still there")
	}
	var none *lifetime
	if done, ok := none.finish("nothing"); !ok {
		t.Error("a command without a lifetime records nothing")
	} else {
		done()
	}
}

// transcript is what a program prints, which a test waits for.
type transcript struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (o *transcript) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(p)
}

func (o *transcript) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

func (o *transcript) await(t *testing.T, part string) {
	t.Helper()
	drifttest.Until(t, "it says "+part+", not only "+o.String(), func() bool { return strings.Contains(o.String(), part) })
}

// TestInterruptedAppend presses Ctrl-C, twice, while the remote is at work on an event: it is finished, and that is said.
func TestInterruptedAppend(t *testing.T) {
	t.Parallel()
	p := newPromotion(t)
	bare := filepath.Join(p.folder, "remote.git")
	p.git("init", "-q", "--bare", bare)
	p.git("remote", "add", "origin", bare)
	p.git("push", "-q", "origin", "main", "gate-ledger")
	must(t, os.WriteFile(p.path("policy/ledger.hcl"), fmt.Appendf(nil, "ledger {\n  remote     = \"origin\"\n  repository = \"root:%s\"\n}\n", p.git("rev-list", "--max-parents=0", "main")), 0o600))
	began, told := p.mkfifo(t, "began"), p.mkfifo(t, "told")
	must(t, os.WriteFile(filepath.Join(bare, "hooks/pre-receive"), []byte("#!/bin/sh\necho >"+began+"\ncat "+told+"\n"), 0o700))

	cmd := p.command("gate", "hold", "--to", "production", "--reason", "look first")
	errs := &transcript{}
	cmd.Stdout, cmd.Stderr = errs, errs
	must(t, cmd.Start())
	waitForPipe(t, began, errs)
	for range 2 {
		must(t, cmd.Process.Signal(os.Interrupt))
		errs.await(t, "gate: interrupted; finishing what was begun: the event ")
	}
	open(t, told)
	waitOrKill(t, cmd)
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || !strings.Contains(errs.String(), "gate: interrupted; on record is: ") {
		t.Errorf("got exit %d and %s", code, errs)
	}
	if log := p.git("-C", bare, "log", "-1", "--format=%s", "gate-ledger"); !strings.Contains(log, "look first") && !strings.Contains(log, "hold") {
		t.Errorf("the last event is %q", log)
	}
}

// open ends the wait of whoever reads a named pipe.
func open(t *testing.T, fifo string) {
	t.Helper()
	drifttest.Until(t, "somebody reads "+fifo, func() bool {
		f, err := os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return false
		}
		return f.Close() == nil
	})
}

// waitForPipe waits until somebody opens a named pipe to write into it.
func waitForPipe(t *testing.T, fifo string, said fmt.Stringer) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		_, _ = os.ReadFile(fifo)
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(drifttest.Patience):
		t.Fatalf("nobody writes into %s: %s", fifo, said)
	}
}

// TestInterruptedDeploy presses Ctrl-C, twice, while the command of a deployment runs: that gets it, and its end is recorded.
func TestInterruptedDeploy(t *testing.T) {
	t.Parallel()
	p := newPromotion(t)
	p.verify()
	p.env["GATE_TEST_LATER"] = "1h"
	began, told := p.mkfifo(t, "began"), p.mkfifo(t, "told")
	must(t, os.WriteFile(p.path("deploy"), []byte("#!"+drifttest.Program(t, "bash")+"\ntrap 'n=x$n; echo got $n' INT\necho >began\nwhile [ \"$n\" != xx ]; do sleep 0.01; done\ncat told\nexit 7\n"), 0o700))
	cmd := p.command("gate", "deploy", "--to", "production", "--revision", "HEAD", "--", "./deploy")
	errs := &transcript{}
	cmd.Stdout, cmd.Stderr = errs, errs
	must(t, cmd.Start())
	waitForPipe(t, began, errs)
	must(t, cmd.Process.Signal(os.Interrupt))
	errs.await(t, "gate: interrupted; waiting for the end of ./deploy, to record it\n")
	errs.await(t, "got x\n")
	must(t, cmd.Process.Signal(os.Interrupt))
	errs.await(t, "got xx\n")
	open(t, told)
	waitOrKill(t, cmd)
	if code := cmd.ProcessState.ExitCode(); code != 7 || !strings.Contains(errs.String(), "./deploy ended with exit code 7") {
		t.Errorf("got exit %d and %s", code, errs)
	}
	if log := p.git("log", "-1", "--format=%s", "gate-ledger"); !strings.Contains(log, "failed") {
		t.Errorf("the last event is %q", log)
	}
}
