package host

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"golang.org/x/crypto/ssh"
)

// TestOpenSSHJump reaches hosts through OpenSSH jump hosts, as configured for each hop.
func TestOpenSSHJump(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	hostKey := s.key("host", "ed25519", "")
	s.write("authorized", s.key("id", "ed25519", ""))
	hostPort, hosts := s.sshd("web", "HostKey "+s.path("host"))
	firstPort, firsts := s.sshd("first", "HostKey "+s.path("host"))
	secondPort, seconds := s.sshd("second", "HostKey "+s.path("host"))
	shutPort, _ := s.sshd("shut", "HostKey "+s.path("host"), "AllowTcpForwarding no")
	s.write("known_hosts", "first-bastion "+hostKey+"\nbastion "+hostKey+"\nweb "+hostKey+"\n")
	config := fmt.Sprintf(`
Host first
 Port %d
 HostKeyAlias first-bastion
Host second
 Port %d
 HostKeyAlias bastion
 ProxyJump first
Host shut
 Port %d
 HostKeyAlias bastion
Host web-*
 Port %d
 HostKeyAlias web
Host web-list
 ProxyJump first,second
Host web-own
 ProxyJump second
Host web-1 web-2 web-3 web-4
 ProxyJump first
Host web-shut
 ProxyJump shut
Host web-loop
 ProxyJump loop-1
Host loop-1
 ProxyJump loop-2
Host loop-2
 ProxyJump loop-1
`, firstPort, secondPort, shutPort, hostPort)
	settings := s.config(config)

	t.Run("one connection for all hosts behind it", func(t *testing.T) {
		var work sync.WaitGroup
		for i := range 4 {
			work.Go(func() { s.wantOK(fmt.Sprintf("web-%d", i+1), settings) })
		}
		work.Wait()
		if got := firsts.Load(); got != 1 {
			t.Errorf("got %d connections to the jump host, want 1", got)
		}
		if got := hosts.Load(); got != 4 {
			t.Errorf("got %d connections to hosts, want 4", got)
		}
	})
	t.Run("list", func(t *testing.T) {
		s.wantOK("web-list", settings)
		if got := seconds.Load(); got != 1 {
			t.Errorf("got %d connections to the second jump host, want 1", got)
		}
	})
	t.Run("a jump host's own jump host", func(t *testing.T) { s.wantOK("web-own", settings) })
	t.Run("from the policy", func(t *testing.T) {
		settings := settings
		settings.ProxyJump = "second"
		s.wantOK("web-9", settings)
		settings.ProxyJump = fmt.Sprintf("%s@first,second", me(t))
		s.wantOK("web-9", settings)
	})
	t.Run("no forwarding", func(t *testing.T) {
		_, err := output(t.Context(), s.client, "web-shut", settings, "true")
		wantError(t, err, StageConnect, "web-shut", "the jump host shut does not connect", "prohibited")
	})
	t.Run("loop", func(t *testing.T) {
		_, err := output(t.Context(), s.client, "web-loop", settings, "true")
		wantError(t, err, StageConfigure, "more than 16 jump hosts", "loop-1, then loop-2")
	})
	t.Run("nobody behind", func(t *testing.T) {
		_, err := output(t.Context(), s.client, "ssh://web-1:1", settings, "true")
		wantError(t, err, StageConnect, "the jump host first does not connect: connect failed: Connection refused")
	})
	s.client.Close()
}

// jumpSite returns a client and settings that reach web through bastion, which has the same keys.
func jumpSite(t *testing.T, bastion, web *drifttest.SSHD) (*Client, Settings) {
	t.Helper()
	c, s := reach(t, web)
	bastion.Authorize = func(string, ssh.PublicKey) error { return nil }
	dir := t.TempDir()
	known, _, err := bastion.WriteFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.KnownHosts = append(s.KnownHosts, known)
	s.ProxyJump = bastion.Addr()
	return c, s
}

func TestJumpFailsOnce(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	dialed := 0
	addr := serveRaw(t, func(conn net.Conn) {
		mu.Lock()
		dialed++
		mu.Unlock()
		conn.Close()
	})
	c, s := reach(t, drifttest.Serve(t, &drifttest.SSHD{}))
	s.ProxyJump = addr
	var work sync.WaitGroup
	for i := range 8 {
		work.Go(func() {
			_, err := output(t.Context(), c, fmt.Sprintf("web-%d", i), s, "true")
			wantError(t, err, StageConnect, fmt.Sprintf("web-%d: connect: jump host %s: handshake: ", i, addr), "without an SSH greeting")
		})
	}
	work.Wait()
	mu.Lock()
	defer mu.Unlock()
	if dialed != 1 {
		t.Errorf("got %d connections to the jump host, want 1", dialed)
	}
}

func TestJumpHostKeyIsChecked(t *testing.T) {
	t.Parallel()
	web := drifttest.Serve(t, &drifttest.SSHD{})
	bastion := drifttest.Serve(t, &drifttest.SSHD{Forward: true})
	c, s := jumpSite(t, bastion, web)
	s.KnownHosts = s.KnownHosts[:1]
	_, err := output(t.Context(), c, web.Addr(), s, "true")
	wantError(t, err, StageConnect, "jump host "+bastion.Addr()+": host key: the key is unknown")
}

func TestJumpDropped(t *testing.T) {
	t.Parallel()
	web := drifttest.Serve(t, &drifttest.SSHD{})
	bastion := drifttest.Serve(t, &drifttest.SSHD{Forward: true})
	c, s := jumpSite(t, bastion, web)
	err := c.Exec(t.Context(), web.Addr(), s, "echo here; cat", nil, func(r io.Reader) error {
		r.Read(make([]byte, 10))
		bastion.Drop()
		_, err := r.Read(make([]byte, 10))
		return err
	})
	wantError(t, err, StageRead, "closed")
	got, err := output(t.Context(), c, web.Addr(), s, "echo again")
	if got != "again\n" || err != nil {
		t.Errorf("got %q, %v over a new connection to the jump host", got, err)
	}
	c.Close()
}

func TestJumpOpenHangs(t *testing.T) {
	t.Parallel()
	web := drifttest.Serve(t, &drifttest.SSHD{})
	bastion := &drifttest.SSHD{Forward: true}
	bastion.Open = func(ssh.NewChannel) bool { <-bastion.Done(); return true }
	drifttest.Serve(t, bastion)
	c, s := jumpSite(t, bastion, web)
	s.ConnectTimeout = 500 * time.Millisecond
	_, err := output(t.Context(), c, web.Addr(), s, "true")
	wantError(t, err, StageConnect, "connecting took longer than 500ms")
	c.Close()
}

// TestJumpHostBehindHangs has the jump host connect to a host that says nothing: the channel has no deadline of its own.
func TestJumpHostBehindHangs(t *testing.T) {
	t.Parallel()
	bastion := drifttest.Serve(t, &drifttest.SSHD{Forward: true})
	c, s := jumpSite(t, bastion, drifttest.Serve(t, &drifttest.SSHD{}))
	s.ConnectTimeout = 500 * time.Millisecond
	addr := serveRaw(t, func(net.Conn) {})
	_, err := output(t.Context(), c, addr, s, "true")
	wantError(t, err, StageHandshake, "connecting took longer than 500ms", "no SSH greeting came")
	c.Close()
}

func TestJumpFreezes(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	frozen := make(chan *freezing, 1)
	bastion := drifttest.Serve(t, &drifttest.SSHD{Forward: true, Accept: func(conn net.Conn) net.Conn {
		f := &freezing{Conn: conn, freeze: make(chan bool)}
		frozen <- f
		return f
	}})
	web := drifttest.Serve(t, &drifttest.SSHD{})
	c, s := jumpSite(t, bastion, web)
	s.Timeout = 2 * time.Second
	err := c.Exec(t.Context(), web.Addr(), s, "echo here; sleep 0.1; echo lost; cat", nil, func(r io.Reader) error {
		r.Read(make([]byte, 10))
		close((<-frozen).freeze)
		_, err := io.ReadAll(r)
		return err
	})
	wantError(t, err, StageRead, "took longer than 2s")
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) {
		t.Errorf("got %v, want a timeout", err)
	}
	c.Close()
}
