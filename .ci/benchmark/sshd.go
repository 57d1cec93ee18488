package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// sshd is a real OpenSSH server on a port of 127.0.0.1 of its own.
type sshd struct {
	name    string
	address string
	port    int
	hostKey string // file of the public key
	cmd     *exec.Cmd

	mu     sync.Mutex
	log    []string  // its last lines
	opened time.Time // when the newest connection came
	closed time.Time // when it ended; zero as long as it lasts
}

// startSSHD starts a server that lets the current user in with the key dir/id.
func startSSHD(ctx context.Context, dir, name string) (*sshd, error) {
	s := &sshd{name: name, hostKey: filepath.Join(dir, name+".key.pub")}
	var err error
	if s.port, err = freePort(); err != nil {
		return nil, err
	}
	s.address = fmt.Sprintf("127.0.0.1:%d", s.port)
	key := filepath.Join(dir, name+".key")
	if err := keygen(key); err != nil {
		return nil, err
	}
	config := fmt.Sprintf(`
ListenAddress 127.0.0.1:%d
HostKey %s
AuthorizedKeysFile %s
StrictModes no
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
LogLevel VERBOSE
`, s.port, key, filepath.Join(dir, "id.pub"))
	file := filepath.Join(dir, name+".sshd")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, err
	}
	program, err := exec.LookPath("sshd")
	if err != nil {
		return nil, err
	}
	s.cmd = exec.CommandContext(ctx, program, "-D", "-e", "-f", file)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go s.follow(log)
	return s, s.wait(ctx)
}

// follow reads the server's log, which says when connections come and end.
func (s *sshd) follow(log io.Reader) {
	for lines := bufio.NewScanner(log); lines.Scan(); {
		line, now := lines.Text(), time.Now()
		s.mu.Lock()
		s.log = append(s.log[max(0, len(s.log)-9):], line)
		switch {
		case strings.HasPrefix(line, "Connection from "):
			s.opened, s.closed = now, time.Time{}
		case strings.HasPrefix(line, "Connection closed by "), strings.HasPrefix(line, "Disconnected from "),
			strings.HasPrefix(line, "Connection reset by "), strings.HasPrefix(line, "Read error from remote host "):
			s.closed = now
		}
		s.mu.Unlock()
	}
}

// lasted returns how long the newest connection lasted, when it has ended.
func (s *sshd) lasted(ctx context.Context) (time.Duration, error) {
	for limit := time.Now().Add(5 * time.Second); time.Now().Before(limit) && ctx.Err() == nil; time.Sleep(2 * time.Millisecond) {
		s.mu.Lock()
		opened, closed := s.opened, s.closed
		s.mu.Unlock()
		if !closed.IsZero() {
			return closed.Sub(opened), nil
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return 0, fmt.Errorf("%s does not say that the connection has ended; its log: %q", s.name, s.log)
}

// wait waits until the server answers.
func (s *sshd) wait(ctx context.Context) error {
	for limit := time.Now().Add(5 * time.Second); time.Now().Before(limit) && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", s.address); err == nil {
			return conn.Close()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Errorf("%s does not answer; its log: %q", s.name, s.log)
}

func (s *sshd) close() {
	syscall.Kill(-s.cmd.Process.Pid, syscall.SIGTERM)
	s.cmd.Wait()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func keygen(path string) error {
	return quietly(exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "benchmark", "-f", path))
}

// quietly runs a command, and says what it printed only when it fails.
func quietly(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, out)
	}
	return nil
}
