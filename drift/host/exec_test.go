package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"
)

// TestMain runs tests without an agent. They fail where any leaves goroutines behind.
func TestMain(m *testing.M) {
	os.Unsetenv("SSH_AUTH_SOCK")
	os.Setenv("GATE_TEST_ROOT", "/") // for file names with a variable
	goleak.VerifyTestMain(drifttest.InMemory(m))
}

// reach returns a client and settings that reach s without an ssh program.
func reach(t *testing.T, s *drifttest.SSHD) (*Client, Settings) {
	t.Helper()
	known, id, err := s.WriteFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{SSHProgram: "none", Warn: func(line string) { t.Log("warning:", line) }}
	t.Cleanup(func() { c.Close() })
	return c, Settings{
		User: "deploy", KnownHosts: []string{known}, IdentityFiles: []string{id},
		ConnectTimeout: 30 * time.Second, Timeout: time.Minute,
	}
}

// output runs a command and returns all that it writes.
func output(ctx context.Context, c *Client, dest string, s Settings, command string) (string, error) {
	var out []byte
	err := c.Exec(ctx, dest, s, command, nil, func(r io.Reader) (err error) {
		out, err = io.ReadAll(r)
		return err
	})
	return string(out), err
}

// wantError checks the stage of err and that its text, hint included, has each of parts.
func wantError(t *testing.T, err error, stage Stage, parts ...string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want one of stage %q", err, stage)
	}
	if e.Stage != stage {
		t.Errorf("got stage %q, want %q: %v", e.Stage, stage, err)
	}
	for _, part := range parts {
		if text := e.Error() + "\n" + e.Hint; !strings.Contains(text, part) {
			t.Errorf("got error without %q: %s", part, text)
		}
	}
	if strings.ContainsFunc(e.Error(), func(r rune) bool { return r < ' ' }) {
		t.Errorf("got control characters in %q", e.Error())
	}
}

func TestExec(t *testing.T) {
	t.Parallel()
	server := drifttest.Serve(t, &drifttest.SSHD{})
	c, s := reach(t, server)
	got, err := output(t.Context(), c, server.Addr(), s, "echo out; echo err >&2; seq 3")
	if want := "out\n1\n2\n3\n"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestExecClosesStandardInput(t *testing.T) {
	t.Parallel()
	server := drifttest.Serve(t, &drifttest.SSHD{})
	c, s := reach(t, server)
	fifo := filepath.Join(t.TempDir(), "ended")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	var line string
	err := c.Exec(t.Context(), server.Addr(), s, "read a; echo got $a; cat; echo ended >"+fifo, []byte("hello\n"), func(r io.Reader) (err error) {
		line, err = bufio.NewReader(r).ReadString('\n')
		return err
	})
	if want := "got hello\n"; line != want || err != nil {
		t.Errorf("got %q, %v, want %q", line, err, want)
	}
	// The command ends only when its standard input does; opening the pipe waits for that.
	if got, err := os.ReadFile(fifo); string(got) != "ended\n" || err != nil {
		t.Errorf("got %q, %v from the command that should have ended", got, err)
	}
}

func TestExecEnds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, command string
		stage         Stage
		parts         []string
	}{
		{"status", "echo half; echo sorry >&2; exit 3", StageRead, []string{"exit status 3", `"sorry"`}},
		{"signal", "kill -9 $$", StageRead, []string{"signal KILL"}},
		{"no command", "/nonexistent/probe", StageRead, []string{"exit status 127", "nonexistent"}},
		{"control characters", `printf '\033[31mred\007\n' >&2; exit 1`, StageRead, []string{`"[31mred"`}},
		{"flood", "yes", StageRead, []string{"more than 1024 KiB"}},
		{"flood of standard error", "yes >&2", StageRead, []string{"more than 1024 KiB"}},
		{"hang", "echo first; exec sleep 60", StageRead, []string{"the whole collection took longer than 1s", "6 bytes came"}},
		{"hang after status", "echo first; sleep 60 & exit 0", StageRead, []string{"took longer than 1s"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := drifttest.Serve(t, &drifttest.SSHD{})
			c, s := reach(t, server)
			c.MaxBytes = 1 << 20
			if strings.HasPrefix(test.name, "hang") {
				s.Timeout = time.Second
			}
			_, err := output(t.Context(), c, server.Addr(), s, test.command)
			wantError(t, err, test.stage, test.parts...)
		})
	}
}

func TestExecDoesNotWaitForBackgroundChild(t *testing.T) {
	t.Parallel()
	server := drifttest.Serve(t, &drifttest.SSHD{})
	c, s := reach(t, server)
	err := c.Exec(t.Context(), server.Addr(), s, "sleep 600 & echo end", nil, func(r io.Reader) error {
		_, err := bufio.NewReader(r).ReadString('\n')
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestExecMemory(t *testing.T) {
	t.Parallel()
	server := drifttest.Serve(t, &drifttest.SSHD{})
	c, s := reach(t, server)
	var most uint64
	err := c.Exec(t.Context(), server.Addr(), s, "yes >&2 & exec yes", nil, func(r io.Reader) error {
		buf := make([]byte, 64<<10)
		for i := 0; ; i++ {
			if _, err := r.Read(buf); err != nil {
				return err
			}
			if i%100 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
		}
	})
	wantError(t, err, StageRead, "more than 64 MiB")
	if most > 64<<20 {
		t.Errorf("got %d MiB of heap, want less than the flood", most>>20)
	}
}

func TestExecReader(t *testing.T) {
	t.Parallel()
	server := drifttest.Serve(t, &drifttest.SSHD{})
	c, s := reach(t, server)
	wrong := errors.New("frame 1: no digest")
	err := c.Exec(t.Context(), server.Addr(), s, "echo x", nil, func(r io.Reader) error {
		io.Copy(io.Discard, r)
		return wrong
	})
	wantError(t, err, StageRead, "frame 1: no digest")
	if !errors.Is(err, wrong) {
		t.Errorf("got %v, want it to wrap what the reader said", err)
	}
	var exit *ExitError
	err = c.Exec(t.Context(), server.Addr(), s, "exit 5", nil, func(r io.Reader) error {
		io.Copy(io.Discard, r)
		return wrong
	})
	if !errors.Is(err, wrong) || !errors.As(err, &exit) || exit.Status != 5 {
		t.Errorf("got %v, want what the reader said and status 5", err)
	}
}

func TestExecCancelled(t *testing.T) {
	t.Parallel()
	server := drifttest.Serve(t, &drifttest.SSHD{})
	c, s := reach(t, server)
	ctx, cancel := context.WithCancel(t.Context())
	err := c.Exec(ctx, server.Addr(), s, "echo here; cat", nil, func(r io.Reader) error {
		b := bufio.NewReader(r)
		if _, err := b.ReadString('\n'); err != nil {
			return err
		}
		cancel()
		_, err := b.ReadString('\n')
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want it cancelled", err)
	}
}

func TestClientCloseEndsExec(t *testing.T) {
	t.Parallel()
	server := drifttest.Serve(t, &drifttest.SSHD{})
	c, s := reach(t, server)
	began, result := make(chan bool), make(chan error)
	go func() {
		result <- c.Exec(t.Context(), server.Addr(), s, "echo here; cat", nil, func(r io.Reader) error {
			b := bufio.NewReader(r)
			b.ReadString('\n')
			close(began)
			_, err := b.ReadString('\n')
			return err
		})
	}()
	<-began
	go c.Close()
	wantError(t, <-result, StageRead)
	wantError(t, c.Exec(t.Context(), server.Addr(), s, "true", nil, nil), StageConfigure, "closed")
}

// serveRaw answers each connection to a port of 127.0.0.1 with serve, until the test ends.
func serveRaw(t *testing.T, serve func(net.Conn)) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan bool)
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serve(conn)
			defer conn.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-ended
	})
	return listener.Addr().String()
}

func TestConnectFaults(t *testing.T) {
	t.Parallel()
	say := func(text string, hangUp bool) func(net.Conn) {
		return func(conn net.Conn) {
			io.WriteString(conn, text)
			if hangUp {
				conn.Close()
			}
		}
	}
	tests := []struct {
		name  string
		serve func(net.Conn)
		parts []string
	}{
		{"silence", say("", false), []string{"connecting took longer than 300ms", "no SSH greeting came"}},
		{"silence after the greeting", say("SSH-2.0-Old_1\r\n", false), []string{"took longer", "SSH-2.0-Old_1"}},
		{"closed", say("", true), []string{"closed without an SSH greeting"}},
		{"closed with a reason", say("Exceeded MaxStartups\r\n", true), []string{"closed without an SSH greeting", `it says "Exceeded MaxStartups"`, "--parallel"}},
		{"closed after the greeting", say("SSH-2.0-Old_1\r\n", true), []string{"key exchange with SSH-2.0-Old_1", "closed the connection"}},
		{"version 1", say("SSH-1.5-Old\r\n", false), []string{"does not speak version 2", "SSH-1.5"}},
		{"another protocol", say("HTTP/1.1 400 Bad Request\r\n\r\n", true), []string{"without an SSH greeting", `"HTTP/1.1 400 Bad Request"`}},
		{"binary", say(strings.Repeat("\xff\x00\x1b", 3000), false), []string{"no greeting", "binary data"}},
		{"lines without end", say(strings.Repeat("hello\n", 2000), false), []string{"line after line"}},
		{"half a greeting", say("SSH-", false), []string{"took longer", "no SSH greeting"}},
		{"garbage after the greeting", say("SSH-2.0-x\r\n"+strings.Repeat("\x00\x00\x00\xff", 500), false), []string{"key exchange with SSH-2.0-x"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			addr := serveRaw(t, test.serve)
			c, s := reach(t, drifttest.Serve(t, &drifttest.SSHD{}))
			if strings.Contains(strings.Join(test.parts, " "), "took longer") {
				s.ConnectTimeout = 300 * time.Millisecond
			}
			_, err := output(t.Context(), c, addr, s, "true")
			wantError(t, err, StageHandshake, test.parts...)
		})
	}
	t.Run("refused", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener.Close()
		c, s := reach(t, drifttest.Serve(t, &drifttest.SSHD{}))
		_, err = output(t.Context(), c, listener.Addr().String(), s, "true")
		wantError(t, err, StageConnect, listener.Addr().String(), "connection refused")
	})
	t.Run("no such name", func(t *testing.T) {
		c, s := reach(t, drifttest.Serve(t, &drifttest.SSHD{}))
		s.Hostname = "127.0.0.256"
		_, err := output(t.Context(), c, "web-1", s, "true")
		wantError(t, err, StageConnect, "web-1", "127.0.0.256")
	})
}

func TestGreetingAfterOtherLines(t *testing.T) {
	t.Parallel()
	server := drifttest.Serve(t, &drifttest.SSHD{Accept: func(conn net.Conn) net.Conn {
		io.WriteString(conn, strings.Repeat("NOTICE: do as you are told\r\n", 100))
		return conn
	}})
	c, s := reach(t, server)
	if got, err := output(t.Context(), c, server.Addr(), s, "echo ok"); got != "ok\n" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// stalling is a connection that sends nothing more after some bytes, or ends.
type stalling struct {
	net.Conn
	left  int
	close bool
}

func (s *stalling) Write(p []byte) (int, error) {
	n := min(len(p), s.left)
	s.left -= n
	if _, err := s.Conn.Write(p[:n]); err != nil {
		return 0, err
	}
	if n < len(p) && s.close {
		s.Conn.Close()
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

// TestStalls cuts or freezes the stream after every so many bytes, so at each stage. Whatever comes out must be an error,
// and soon.
func TestStalls(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, closes := range []bool{false, true} {
		for _, bytes := range []int{0, 5, 30, 100, 500, 1000, 1200, 1500, 1700, 1900, 2000, 2100, 2200, 2300, 2400, 2500, 4000, 30000} {
			t.Run(fmt.Sprintf("%d bytes, closed %t", bytes, closes), func(t *testing.T) {
				t.Parallel()
				server := drifttest.Serve(t, &drifttest.SSHD{Accept: func(conn net.Conn) net.Conn {
					return &stalling{Conn: conn, left: bytes, close: closes}
				}})
				known, id, err := server.WriteFiles(t.TempDir())
				if err != nil {
					t.Fatal(err)
				}
				c := &Client{SSHProgram: "none"}
				defer c.Close()
				s := Settings{KnownHosts: []string{known}, IdentityFiles: []string{id}, ConnectTimeout: 300 * time.Millisecond, Timeout: time.Second}
				got, err := output(t.Context(), c, server.Addr(), s, "seq 100000; echo end")
				if err == nil {
					t.Errorf("got no error, and %d bytes", len(got))
				}
				t.Log(err)
			})
		}
	}
}

func TestAuthHang(t *testing.T) {
	t.Parallel()
	server := &drifttest.SSHD{}
	server.Authorize = func(string, ssh.PublicKey) error {
		<-server.Done()
		return errors.New("too late")
	}
	drifttest.Serve(t, server)
	c, s := reach(t, server)
	s.ConnectTimeout = 500 * time.Millisecond
	_, err := output(t.Context(), c, server.Addr(), s, "true")
	wantError(t, err, StageAuthenticate, "connecting took longer than 500ms", "the host key was right")
}

func TestSessionFaults(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	var server *drifttest.SSHD // of the case
	hang := func() { <-server.Done() }
	tests := []struct {
		name  string
		open  func(ssh.NewChannel) bool
		exec  func(ssh.Channel, *ssh.Request, string) bool
		stage Stage
		parts []string
	}{
		{"open failed", func(ch ssh.NewChannel) bool {
			ch.Reject(ssh.Prohibited, "open failed\x1b[2J")
			return true
		}, nil, StageExec, []string{"opens no session", "administratively prohibited: open failed[2J"}},
		{"open hangs", func(ssh.NewChannel) bool { hang(); return true }, nil, StageExec, []string{"took longer than 1s"}},
		{"exec refused", nil, func(_ ssh.Channel, req *ssh.Request, _ string) bool {
			req.Reply(false, nil)
			return true
		}, StageExec, []string{"refuses to run a command"}},
		{"exec hangs", nil, func(ssh.Channel, *ssh.Request, string) bool { hang(); return true }, StageExec, []string{"took longer than 1s"}},
		{"closed at exec", nil, func(ssh.Channel, *ssh.Request, string) bool { return true }, StageExec, nil},
		{"closed without status", nil, func(ch ssh.Channel, req *ssh.Request, _ string) bool {
			req.Reply(true, nil)
			io.WriteString(ch, "half")
			return true
		}, StageRead, []string{"closed before the command ended"}},
		{"end without status", nil, func(ch ssh.Channel, req *ssh.Request, _ string) bool {
			req.Reply(true, nil)
			ch.CloseWrite()
			hang()
			return true
		}, StageRead, []string{"took longer"}},
		{"dropped", nil, func(_ ssh.Channel, req *ssh.Request, _ string) bool {
			req.Reply(true, nil)
			server.Drop()
			return true
		}, StageRead, []string{"the host closed the connection"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server = &drifttest.SSHD{Open: test.open, Exec: test.exec}
			c, s := reach(t, drifttest.Serve(t, server))
			if strings.Contains(strings.Join(test.parts, " "), "took longer") {
				s.Timeout = time.Second
			}
			got, err := output(t.Context(), c, server.Addr(), s, "true")
			if err == nil {
				t.Fatalf("got %q and no error", got)
			}
			wantError(t, err, test.stage, test.parts...)
		})
	}
}

// TestReadAfterHostIsGone has the host close the connection as soon as all is sent, before it is read.
func TestReadAfterHostIsGone(t *testing.T) {
	t.Parallel()
	for _, status := range []bool{true, false} {
		t.Run(fmt.Sprintf("exit status %t", status), func(t *testing.T) {
			t.Parallel()
			want := strings.Repeat("all of it\n", 50_000)
			server := &drifttest.SSHD{}
			server.Exec = func(ch ssh.Channel, req *ssh.Request, _ string) bool {
				req.Reply(true, nil)
				io.WriteString(ch, want)
				if status {
					ch.SendRequest("exit-status", false, make([]byte, 4))
				}
				server.Drop()
				return true
			}
			c, s := reach(t, drifttest.Serve(t, server))
			var got []byte
			err := c.Exec(t.Context(), server.Addr(), s, "true", nil, func(r io.Reader) (err error) {
				<-r.(*command).conn.ctx.Done()
				got, err = io.ReadAll(r)
				return err
			})
			if !status {
				wantError(t, err, StageRead, "the host closed the connection")
			} else if string(got) != want || err != nil {
				t.Errorf("got %d bytes of %d, %v", len(got), len(want), err)
			}
		})
	}
}

func TestKeepalive(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	var frozen *freezing
	server := drifttest.Serve(t, &drifttest.SSHD{Accept: func(conn net.Conn) net.Conn {
		frozen = &freezing{Conn: conn, freeze: make(chan bool), written: make(chan bool, 1)}
		return frozen
	}})
	c, s := reach(t, server)
	cfg, err := c.configured(t, server.Addr(), s)
	if err != nil {
		t.Fatal(err)
	}
	cfg.aliveInterval, cfg.aliveCountMax = 50*time.Millisecond, 20
	conn, err := c.connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.close()
	for range 5 { // a host that answers is not given up
		select {
		case <-frozen.written:
		case <-conn.ctx.Done():
			t.Fatalf("got %v from a host that answers", context.Cause(conn.ctx))
		}
	}
	close(frozen.freeze)
	<-conn.ctx.Done()
	if got := context.Cause(conn.ctx).Error(); !strings.Contains(got, "answers no keepalive") {
		t.Errorf("got %q", got)
	}
}

// configured gives the configuration of a destination to a test that changes it.
func (c *Client) configured(t *testing.T, dest string, s Settings) (*config, error) {
	_, leave, err := c.enter(t.Context(), time.Minute)
	if err != nil {
		return nil, err
	}
	defer leave()
	return c.configure(t.Context(), dest, s)
}

// freezing is a connection that swallows what is written once freeze is closed; until then it tells of it.
type freezing struct {
	net.Conn
	freeze, written chan bool
}

func (f *freezing) Write(p []byte) (int, error) {
	select {
	case <-f.freeze:
		return len(p), nil
	default:
	}
	select {
	case f.written <- true:
	default:
	}
	return f.Conn.Write(p)
}

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"plain", "plain"},
		{"two\nlines\tand  more\r\n", "two lines and more"},
		{"\x1b[31mred\x1b[0m \u202e\x00\xff", "[31mred[0m"},
		{strings.Repeat("x", 50) + "end", "… " + strings.Repeat("x", 37) + "end"},
	}
	for _, test := range tests {
		if got := clean(test.text, 40); got != test.want {
			t.Errorf("clean(%q): got %q, want %q", test.text, got, test.want)
		}
	}
}
