package host

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"golang.org/x/crypto/ssh"
)

// TestAlgorithmNames connects to a server that speaks one set of algorithms, with configurations that name them in every
// way that ssh takes, where ssh connects too.
func TestAlgorithmNames(t *testing.T) {
	t.Parallel()
	drifttest.Slow(t)
	program := drifttest.Program(t, "ssh")
	s := newSite(t)
	host := s.key("host", "ed25519", "")
	s.write("authorized", s.key("id", "ed25519", ""))
	tests := []struct{ server, config, want string }{
		{"", "KexAlgorithms curve25519-sha256@libssh.org", ""},
		{"", "KexAlgorithms curve25519-sha256@libssh.org,sntrup761x25519-sha512@openssh.com", ""},
		{"", "KexAlgorithms ^curve25519-sha256@libssh.org", ""},
		{"", "KexAlgorithms -curve25519-sha256,ecdh*,diffie*,sntrup*,mlkem*", ""},
		{"KexAlgorithms curve25519-sha256@libssh.org", "", ""},
		{"KexAlgorithms curve25519-sha256@libssh.org", "KexAlgorithms +diffie-hellman-group14-sha1", ""},
		{"", "KexAlgorithms diffie-hellman-group18-sha512", "can do none of these"},
		{"", "MACs umac-128-etm@openssh.com", ""}, // with a cipher that needs none
		{"", "MACs umac-128-etm@openssh.com\n Ciphers aes128-ctr,aes256-gcm@openssh.com", ""},
		{"", "MACs umac-128-etm@openssh.com\n Ciphers aes128-ctr", "can do none of these"},
		{"Ciphers aes128-ctr", "MACs umac-128-etm@openssh.com,hmac-sha2-256", ""},
	}
	for _, test := range tests {
		t.Run(test.server+" "+test.config, func(t *testing.T) {
			t.Parallel()
			part := s.folder(t)
			s := &site{t: t, dir: s.dir, client: &Client{}, known: part + "/known_hosts"}
			defer s.client.Close()
			port, _ := s.sshd(part+"/sshd", "HostKey "+s.path("host"), test.server)
			s.write(s.known, known(port, host))
			settings := s.config(fmt.Sprintf("Host *\n Port %d\n %s\n", port, test.config))
			if !drifttest.Thorough() {
				// that ssh connects is known
			} else if out, err := exec.Command(program, "-F", settings.Config, "-o", "BatchMode=yes", "web", "true").CombinedOutput(); err != nil {
				t.Fatalf("ssh does not connect either: %v, %s", err, out)
			}
			if test.want == "" {
				s.wantOK("web", settings)
				return
			}
			_, err := output(t.Context(), s.client, "web", settings, "true")
			wantError(t, err, StageConfigure, test.want)
		})
	}
}

func TestPickAlgorithms(t *testing.T) {
	t.Parallel()
	got, err := pickAlgorithms("ciphers", "aes128-ctr,chacha20-poly1305,chacha20-poly1305@openssh.com,aes192-cbc", ssh.SupportedAlgorithms().Ciphers, nil)
	if diff := cmp.Diff(got, []string{"aes128-ctr", "chacha20-poly1305@openssh.com"}); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	for _, algorithms := range []ssh.Algorithms{ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()} {
		for _, list := range [][]string{algorithms.Ciphers, algorithms.MACs, algorithms.KeyExchanges, algorithms.HostKeys, algorithms.PublicKeyAuths} {
			for _, name := range list {
				if sameAs[name] != "" {
					t.Errorf("x/crypto knows %s by this name", name)
				}
			}
		}
	}
	for name, same := range sameAs {
		if !strings.Contains(fmt.Sprint(ssh.SupportedAlgorithms()), same) {
			t.Errorf("x/crypto does not know %s, for %s", same, name)
		}
	}
}
