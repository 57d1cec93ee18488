package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// debianHost is a host of its own: a copy of the tree that drifttest.Debian tells of, which is the root of what runs on it,
// in namespaces with the host's name and address.
type debianHost struct {
	t                   *testing.T
	name, address, tree string
}

// newDebianHost makes a host, beside drifttest.Debian. The files in its /usr are links to those there: they may be
// replaced, as dpkg does, and not changed.
func newDebianHost(t *testing.T, name, address string) *debianHost {
	t.Helper()
	base := drifttest.Debian(t)
	drifttest.Program(t, "unshare")
	tree, err := os.MkdirTemp(filepath.Dir(base), name+"-")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(tree)) })
	must(t, os.Chmod(tree, 0o755))
	if out, err := exec.Command("sh", "-ec", `cd "$0"
for place in *; do
  link=; [ "$place" != usr ] || link=l
  cp "-a$link" "$place" "$1"
done`, base, tree).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v: %s", err, out)
	}
	h := &debianHost{t: t, name: name, address: address, tree: tree}
	if out, err := h.command(t.Context(), "true").CombinedOutput(); err != nil {
		drifttest.Skip(t, "needs namespaces: %v: %s", err, out)
	}
	return h
}

// command returns a command that sh runs on the host as root; $0 is the host's name.
func (h *debianHost) command(ctx context.Context, script string, args ...string) *exec.Cmd {
	h.t.Helper()
	network := fmt.Sprintf("hostname %s && ip link set lo up && ip address add %s/24 dev lo && ", h.name, h.address)
	cmd := exec.CommandContext(ctx, "unshare", append([]string{
		"--mount", "--uts", "--net", "--pid", "--fork", "--kill-child", "--root=" + h.tree, "--mount-proc",
		"sh", "-c", network + script, h.name,
	}, args...)...)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive"}
	return cmd
}

// run runs a script on the host as root, and fails the test with it.
func (h *debianHost) run(script string, args ...string) {
	h.t.Helper()
	if out, err := h.command(h.t.Context(), "set -e; "+script, args...).CombinedOutput(); err != nil {
		h.t.Fatalf("%s: %v\n%s", h.name, err, out)
	}
}

// serve runs the host's own sshd for each connection to a port of 127.0.0.1, as inetd(8) does, and returns what
// ssh_config needs to log in as the account.
func (h *debianHost) serve(account string) string {
	h.t.Helper()
	files := h.t.TempDir()
	key, pem, err := drifttest.GenerateKey()
	must(h.t, err)
	must(h.t, os.WriteFile(filepath.Join(files, "id"), pem, 0o600))
	h.run(`home=$(getent passwd "$1" | cut -d: -f6); install -d -o "$1" "$home/.ssh"; echo "$2" >"$home/.ssh/authorized_keys"`,
		account, string(ssh.MarshalAuthorizedKey(key.PublicKey())))
	port := h.listen(`mkdir -p /run/sshd && exec /usr/sbin/sshd -i -e`)
	hostKey, err := os.ReadFile(filepath.Join(h.tree, "etc/ssh/ssh_host_ed25519_key.pub"))
	must(h.t, err)
	known := fmt.Appendf(nil, "[127.0.0.1]:%d %s", port, hostKey)
	must(h.t, os.WriteFile(filepath.Join(files, "known_hosts"), known, 0o600))
	return fmt.Sprintf("Host %s\n\tHostName 127.0.0.1\n\tPort %d\n\tUser %s\n\tIdentityFile %q\n\tIdentitiesOnly yes\n"+
		"\tUserKnownHostsFile %q\n\tGlobalKnownHostsFile none\n", h.name, port, account, files+"/id", files+"/known_hosts")
}

// listen runs a script on the host for each connection to a port, which it returns.
func (h *debianHost) listen(script string) (port int) {
	h.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(h.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var (
		work sync.WaitGroup
		mu   sync.Mutex
		log  bytes.Buffer
	)
	connection := func(conn net.Conn) {
		file, err := conn.(*net.TCPConn).File()
		conn.Close()
		if err != nil {
			return
		}
		defer file.Close()
		var stderr bytes.Buffer
		cmd := h.command(ctx, script)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = file, file, &stderr
		cmd.WaitDelay = time.Second
		err = cmd.Run()
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(&log, "%s: %v\n", stderr.Bytes(), err)
	}
	work.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			work.Go(func() { connection(conn) })
		}
	})
	h.t.Cleanup(func() {
		listener.Close()
		cancel()
		work.Wait()
		if h.t.Failed() {
			h.t.Logf("sshd of %s:\n%s", h.name, &log)
		}
	})
	return listener.Addr().(*net.TCPAddr).Port
}
