package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// fakeSSH writes a program that stands for ssh. REAL in its text is the real one, DIR a folder of the test's own.
func fakeSSH(t *testing.T, text string) (program, dir string) {
	t.Helper()
	dir = t.TempDir()
	program = filepath.Join(dir, "ssh")
	text = "#!/bin/sh\n" + strings.NewReplacer("REAL", drifttest.Program(t, "ssh"), "DIR", dir).Replace(text) + "\n"
	if err := os.WriteFile(program, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, dir
}

// asked asks a program for the configuration of a host.
func asked(t *testing.T, program string) error {
	t.Helper()
	c := &Client{SSHProgram: program, retry: time.Millisecond, Warn: func(line string) { t.Log(line) }}
	defer c.Close()
	_, err := c.configured(t, "web", Settings{Config: "none"})
	return err
}

// TestLocalFailure has an ssh -G that fails for what this machine lacks. It is asked once more.
func TestLocalFailure(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, fails string }{
		{"killed", "kill -KILL $$"},
		{"no process", "echo 'fork failed: Resource temporarily unavailable' >&2; exit 255"},
		{"no memory", "echo 'xmalloc: Cannot allocate memory' >&2; exit 255"},
		{"no file", "echo 'pipe: Too many open files' >&2; exit 255"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			program, dir := fakeSSH(t, "echo >>DIR/asked; mkdir DIR/failed 2>/dev/null && { "+test.fails+"; }; exec REAL \"$@\"")
			if err := asked(t, program); err != nil {
				t.Error(err)
			}
			if count, err := os.ReadFile(filepath.Join(dir, "asked")); len(count) != 2 || err != nil {
				t.Errorf("asked %d times, want 2; %v", len(count), err)
			}
			program, dir = fakeSSH(t, "echo >>DIR/asked; "+test.fails)
			wantError(t, asked(t, program), StageConfigure, "on this machine: ssh -G")
			if count, err := os.ReadFile(filepath.Join(dir, "asked")); len(count) != 2 || err != nil {
				t.Errorf("asked %d times, want 2; %v", len(count), err)
			}
		})
	}
	t.Run("a mistake is not tried again", func(t *testing.T) {
		program, dir := fakeSSH(t, "echo >>DIR/asked; echo 'line 3: Bad configuration option' >&2; exit 255")
		wantError(t, asked(t, program), StageConfigure, "on this machine: ssh -G: line 3")
		if count, err := os.ReadFile(filepath.Join(dir, "asked")); len(count) != 1 || err != nil {
			t.Errorf("asked %d times, want once; %v", len(count), err)
		}
	})
	t.Run("cannot be started", func(t *testing.T) {
		program, _ := fakeSSH(t, "")
		writer, err := os.OpenFile(program, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer writer.Close()
		wantError(t, asked(t, program), StageConfigure, "on this machine: ssh -G", "text file busy")
	})
	t.Run("prints without end", func(t *testing.T) {
		program, _ := fakeSSH(t, fmt.Sprintf("yes | head -c %d", maxAnswer+1))
		wantError(t, asked(t, program), StageConfigure, "on this machine", "more than 1024 KiB")
	})
}

// TestNoPlaceForAnswers has no folder for what ssh -G prints.
func TestNoPlaceForAnswers(t *testing.T) {
	t.Setenv("TMPDIR", "/nonexistent")
	wantError(t, asked(t, drifttest.Program(t, "ssh")), StageConfigure, "on this machine", "/nonexistent")
}

// TestChildOfSSH has something that ssh -G leaves behind, and that holds its outputs open.
func TestChildOfSSH(t *testing.T) {
	t.Parallel()
	program, dir := fakeSSH(t, "sleep 1000 & echo $! >DIR/child; exec REAL \"$@\"")
	err := asked(t, program)
	text, _ := os.ReadFile(filepath.Join(dir, "child"))
	child, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	if child == 0 || syscall.Kill(child, syscall.SIGKILL) != nil {
		t.Errorf("got child %q", text)
	}
	if err != nil {
		t.Error(err)
	}
}

// TestSSHCancelled ends ssh -G, and what it waits for.
func TestSSHCancelled(t *testing.T) {
	t.Parallel()
	program, dir := fakeSSH(t, "cat DIR/fifo; echo went on")
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	c := &Client{SSHProgram: program}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := output(ctx, c, "web", Settings{Config: "none"}, "true")
		result <- err
	}()
	drifttest.Until(t, "something that ssh has started reads", func() bool {
		w, err := os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err == nil {
			t.Cleanup(func() { w.Close() }) // until then it goes on reading
		}
		return err == nil
	})
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	c.Close() // waits for what the client has started
	drifttest.Until(t, "nothing of it is left running", func() bool { return !running(t, dir) })
}

// running reports whether a process has text in its arguments.
func running(t *testing.T, text string) bool {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(lines, func(file string) bool {
		line, _ := os.ReadFile(file)
		return strings.Contains(string(line), text)
	})
}

// TestSecretsStayHere looks at the environment of ssh -G and of what it runs, and has a policy that names a secret.
func TestSecretsStayHere(t *testing.T) {
	names := []string{"GATE_DIGEST_KEY", "GATE_LEDGER_KEY", "GATE_SSH_KEY", "GATE_SSH_PASSPHRASE", "GITHUB_TOKEN"}
	for _, name := range names {
		t.Setenv(name, "hunter2")
	}
	t.Setenv("GATE_TEST_OWN", "kept")
	program, dir := fakeSSH(t, "env >DIR/environment; exec REAL \"$@\"")
	config := filepath.Join(dir, "config")
	if err := os.WriteFile(config, []byte("Match exec \"env >"+dir+"/exec\"\n Port 2222\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &Client{SSHProgram: program}
	defer c.Close()
	if cfg, err := c.configured(t, "web", Settings{Config: config}); err != nil || cfg.port != 2222 {
		t.Fatalf("got %+v, %v", cfg, err)
	}
	for _, file := range []string{"environment", "exec"} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if strings.Contains(string(text), "hunter2") || !strings.Contains(string(text), "GATE_TEST_OWN=kept") || err != nil {
			t.Errorf("%s: got %v:\n%s", file, err, text)
		}
	}
	for _, name := range names {
		_, err := c.configured(t, "web", Settings{Config: "none", IdentityFiles: []string{"/keys/${" + name + "}"}})
		wantError(t, err, StageConfigure, "the environment has no ${"+name+"}")
	}
	e := expander{}
	if got := e.socket([]string{"$GITHUB_TOKEN"}); got != "" {
		t.Errorf("got the agent %q", got)
	}
}

// TestFilesOfThisMachine has files that cannot be read, are too large, or never end. The message says where they are.
func TestFilesOfThisMachine(t *testing.T) {
	t.Parallel()
	server := drifttest.Serve(t, &drifttest.SSHD{})
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	// Ends what waits for somebody to write.
	t.Cleanup(func() {
		for {
			w, err := os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0)
			if err != nil {
				return
			}
			w.Close()
		}
	})
	tests := []struct {
		name  string
		set   func(*Settings)
		stage Stage
		want  []string
	}{
		{"known_hosts is a folder", func(s *Settings) { s.KnownHosts = []string{dir} }, StageHostKey, []string{"on this machine: ", "is a directory"}},
		{"known_hosts never ends", func(s *Settings) { s.KnownHosts = []string{"/dev/zero"} }, StageHostKey, []string{"on this machine: ", "larger than 64 MiB"}},
		{"known_hosts is a pipe", func(s *Settings) { s.KnownHosts = []string{fifo} }, StageHostKey, []string{"on this machine: reading " + fifo + " did not end: ", "took longer than"}},
		{"key never ends", func(s *Settings) { s.IdentityFiles = []string{"/dev/zero"} }, StageAuthenticate, []string{"on this machine: ", "larger than 1024 KiB"}},
		{"key is a folder", func(s *Settings) { s.IdentityFiles = []string{dir} }, StageAuthenticate, []string{"on this machine: ", "is a directory"}},
		{"key is a pipe", func(s *Settings) { s.IdentityFiles = []string{fifo} }, StageAuthenticate, []string{"on this machine: reading " + fifo + " did not end: ", "took longer than"}},
		{"certificate is a folder", func(s *Settings) { s.CertificateFiles = []string{dir}; s.IdentityFiles = nil }, StageAuthenticate, []string{"on this machine: ", "is a directory"}},
		{"certificate is a pipe", func(s *Settings) { s.CertificateFiles = []string{fifo}; s.IdentityFiles = nil }, StageAuthenticate, []string{"took longer than"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, s := reach(t, server)
			if strings.Contains(test.name, "pipe") {
				s.ConnectTimeout = 300 * time.Millisecond
			}
			test.set(&s)
			_, err := output(t.Context(), c, server.Addr(), s, "true")
			wantError(t, err, test.stage, test.want...)
		})
	}
}

// TestLocalDial has a machine without free ports: the address that connections are to come from is taken, with that port.
func TestLocalDial(t *testing.T) {
	t.Parallel()
	c := &Client{retry: time.Millisecond}
	cfg := &config{network: "tcp4", hostname: "127.0.0.1", port: 9, bindAddress: "192.0.2.1", attempts: 1}
	if _, err := c.dial(t.Context(), cfg, nil); err == nil || !strings.HasPrefix(err.Error(), "on this machine: ") {
		t.Errorf("got %v", err)
	}
	refused, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.bindAddress, cfg.port = "", refused.Addr().(*net.TCPAddr).Port
	refused.Close()
	if _, err := c.dial(t.Context(), cfg, nil); err == nil || strings.Contains(err.Error(), "this machine") {
		t.Errorf("got %v of a port that is closed", err)
	}
}

func TestTwice(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"nothing", nil, 1},
		{"processes", local(&os.PathError{Err: syscall.EAGAIN}), 2},
		{"files", local(fmt.Errorf("socket: %w", &net.OpError{Err: os.NewSyscallError("socket", syscall.EMFILE)})), 2},
		{"not there", local(exec.ErrNotFound), 1},
		{"not of this machine", &os.PathError{Err: syscall.EAGAIN}, 1},
	}
	for _, test := range tests {
		count := 0
		_, err := twice(t.Context(), time.Nanosecond, func() (int, error) { count++; return 0, test.err })
		if count != test.want || err != test.err {
			t.Errorf("%s: done %d times, want %d; got %v", test.name, count, test.want, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	count := 0
	_, err := twice(ctx, time.Hour, func() (int, error) { count++; cancel(); return 0, local(syscall.EAGAIN) })
	if count != 1 || err == nil {
		t.Errorf("done %d times after the end, want once; got %v", count, err)
	}
}
