package host

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// atHome has a server see a home folder of the site in place of the current user's, for servers that look for
// authorized_keys nowhere else. It reports false where that takes privileges that the test does not have.
func (s *site) atHome(authorized string, command ...string) ([]string, bool) {
	s.t.Helper()
	u, err := user.Current()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.MkdirAll(s.path("home/.ssh"), 0o700); err != nil {
		s.t.Fatal(err)
	}
	s.write("home/.ssh/authorized_keys", authorized+"\n")
	wrap := []string{"unshare", "-m", "sh", "-c", `mount --bind "$0" "$1" && shift && exec "$@"`, s.path("home"), u.HomeDir}
	if err := exec.Command(wrap[0], append(wrap[1:], "true")...).Run(); err != nil {
		s.t.Logf("the server cannot be given a home of its own (%v): only asking to be let in is tested", err)
		return command, false
	}
	return append(wrap, command...), true
}

// wantPeer runs a command on a server where it lets us in, and else sees that it took our key and refused it.
func (s *site) wantPeer(letIn bool, port int, settings Settings) {
	s.t.Helper()
	dest := fmt.Sprintf("web:%d", port)
	if !letIn {
		_, err := output(s.t.Context(), s.client, dest, settings, "true")
		wantError(s.t, err, StageAuthenticate, "accepted none of our keys", "the host allows publickey")
		return
	}
	s.wantOK(dest, settings)
	_, err := output(s.t.Context(), s.client, dest, settings, "echo no >&2; exit 4")
	wantError(s.t, err, StageRead, "exit status 4", `"no"`)
}

func TestDropbear(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	program, keygen := drifttest.Program(t, "dropbear"), drifttest.Program(t, "dropbearkey")
	for _, kind := range []string{"ed25519", "rsa", "ecdsa"} {
		t.Run(kind, func(t *testing.T) {
			s := newSite(t)
			var hostKey string
			for line := range strings.Lines(s.run(keygen, "-t", kind, "-f", s.path("host"))) {
				if strings.Contains(line, "AAAA") {
					hostKey = strings.Join(strings.Fields(line)[:2], " ")
				}
			}
			command, letIn := s.atHome(s.key("id", kind, ""), program, "-i", "-r", s.path("host"))
			port, _ := inetd(t, command...)
			s.write("known_hosts", known(port, hostKey))
			s.wantPeer(letIn, port, s.config(""))
		})
	}
}

// TestTinySSH reaches a server that has Ed25519, Curve25519 and ChaCha20 only.
func TestTinySSH(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	program := drifttest.Program(t, "tinysshd")
	s.run("tinysshd-makekey", s.path("keys"))
	hostKey := strings.Join(strings.Fields(s.run("tinysshd-printkey", s.path("keys")))[:2], " ")
	command, letIn := s.atHome(s.key("id", "ed25519", ""), program, "-v", s.path("keys"))
	port, _ := inetd(t, command...)
	s.write("known_hosts", known(port, hostKey))
	s.wantPeer(letIn, port, s.config(""))
}
