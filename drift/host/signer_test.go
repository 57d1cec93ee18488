package host

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// TestAgentKeyThatRefuses has agents that list keys which the host takes, and do not sign with them. The next key is tried,
// as ssh does.
func TestAgentKeyThatRefuses(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	host := s.key("host", "ed25519", "")
	s.write("authorized", s.key("held", "ed25519", "")+"\n"+s.key("held2", "rsa", "")+"\n"+s.key("id", "ed25519", "")+"\n"+s.key("willing", "ecdsa", ""))
	s.key("stranger", "ed25519", "")
	port, _ := s.sshd("sshd", "HostKey "+s.path("host"))
	both, _ := s.sshd("both", "HostKey "+s.path("host"), "AuthenticationMethods publickey,publickey")
	s.write("known_hosts", known(port, host)+known(both, host))
	reluctant := func(options ...string) string { // an agent that asks before it signs, and nobody is there to answer
		socket := s.agent()
		for _, file := range []string{"held", "held2"} {
			s.add(socket, append(options, s.path(file))...)
		}
		return socket
	}
	confirm := reluctant("-c")
	elsewhere := s.agent()
	s.write("elsewhere", "elsewhere "+host+"\n")
	s.add(elsewhere, "-H", s.path("elsewhere"), "-h", "elsewhere", s.path("held"))
	mixed := reluctant("-c")
	s.add(mixed, s.path("willing"))
	stranger := s.agent("stranger")
	s.add(stranger, "-c", s.path("held"))

	dest, twice := fmt.Sprintf("web:%d", port), fmt.Sprintf("web:%d", both)
	config := func(agent string) Settings { return s.config("IdentityAgent " + agent) }
	t.Run("confirm", func(t *testing.T) { s.wantOK(dest, config(confirm)) })
	t.Run("elsewhere", func(t *testing.T) { s.wantOK(dest, config(elsewhere)) })
	t.Run("the third of the agent", func(t *testing.T) { s.wantOK(dest, s.config("IdentityFile none\nIdentityAgent "+mixed)) })
	t.Run("behind one that is refused", func(t *testing.T) { s.wantOK(dest, config(stranger)) })
	t.Run("two keys are wanted", func(t *testing.T) { s.wantOK(twice, config(mixed)) })
	t.Run("dies", func(t *testing.T) {
		socket, asked := s.forgetful("held", true)
		s.wantOK(dest, config(socket))
		if asked.Load() != 1 {
			t.Errorf("asked %d times to sign, want once", asked.Load())
		}
	})
	t.Run("hangs", func(t *testing.T) {
		socket, _ := s.forgetful("held", false)
		settings := config(socket)
		settings.ConnectTimeout = 2 * time.Second
		s.wantOK(dest, settings)
	})
	t.Run("none is left", func(t *testing.T) {
		settings := config(confirm)
		settings.IdentityFiles = []string{s.path("held"), s.path("held2")}
		_, err := output(t.Context(), s.client, dest, settings, "true")
		wantError(t, err, StageAuthenticate, "the host accepts "+s.fingerprint("held"), s.fingerprint("held2"), "did not sign", "ssh-add -c")
	})
	t.Run("none of two", func(t *testing.T) {
		settings := config(confirm)
		_, err := output(t.Context(), s.client, twice, settings, "true")
		wantError(t, err, StageAuthenticate, "did not sign", s.fingerprint("held"))
	})
}

// add adds keys to an agent.
func (s *site) add(socket string, args ...string) {
	s.t.Helper()
	cmd := exec.Command(drifttest.Program(s.t, "ssh-add"), append([]string{"-q"}, args...)...)
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket, "SSH_ASKPASS=/bin/false", "DISPLAY=")
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("ssh-add %q: %v\n%s", args, err, out)
	}
}

// fingerprint returns the type and the fingerprint of a key, as messages have them.
func (s *site) fingerprint(file string) string {
	s.t.Helper()
	key, err := readPublic(s.t.Context(), s.path(file+".pub"))
	if err != nil {
		s.t.Fatal(err)
	}
	return describe(key)
}

// forgetful serves an agent that lists the key of a file. When it is to sign, it closes the connection, or says no more.
func (s *site) forgetful(file string, dies bool) (socket string, asked *atomic.Int32) {
	s.t.Helper()
	private, err := ssh.ParseRawPrivateKey([]byte(s.read(file) + "\n"))
	if err != nil {
		s.t.Fatal(err)
	}
	keyring := agent.NewKeyring()
	if err := keyring.Add(agent.AddedKey{PrivateKey: private}); err != nil {
		s.t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "agent")
	if err != nil {
		s.t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		s.t.Fatal(err)
	}
	asked = new(atomic.Int32)
	ended := make(chan struct{})
	s.t.Cleanup(func() {
		close(ended)
		listener.Close()
		os.RemoveAll(dir)
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go agent.ServeAgent(&reluctantAgent{Agent: keyring, sign: func() {
				if asked.Add(1); dies {
					conn.Close()
				} else {
					<-ended
				}
			}}, conn)
		}
	}()
	return listener.Addr().String(), asked
}

type reluctantAgent struct {
	agent.Agent
	sign func()
}

func (a *reluctantAgent) Sign(ssh.PublicKey, []byte) (*ssh.Signature, error) {
	a.sign()
	return nil, errors.New("no")
}

// plainSigner signs in one way only.
type plainSigner struct{ ssh.Signer }

func TestSignerThatSignsInOneWay(t *testing.T) {
	t.Parallel()
	key, _, err := drifttest.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	s := &signer{Signer: plainSigner{key}, algorithms: signing(key.PublicKey(), []string{ssh.KeyAlgoED25519})}
	signature, err := s.SignWithAlgorithm(rand.Reader, []byte("data"), ssh.KeyAlgoED25519)
	if err != nil || key.PublicKey().Verify([]byte("data"), signature) != nil || s.refusal != nil {
		t.Errorf("got %v, %v, %v", signature, err, s.refusal)
	}
}
