package host

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// TestHostKeyOfPort has keys known of a host with its port and without, and does as ssh does with the same files.
func TestHostKeyOfPort(t *testing.T) {
	t.Parallel()
	drifttest.Slow(t)
	ssh := drifttest.Program(t, "ssh")
	s := newSite(t)
	s.write("authorized", s.key("id", "ed25519", ""))
	for _, name := range []string{"host", "bare", "ca", "otherca"} {
		s.key(name, "ed25519", "")
	}
	s.key("rsa", "rsa", "")
	s.key("other", "ed25519", "")
	s.run("ssh-keygen", "-q", "-s", s.path("ca"), "-I", "host", "-h", "-n", "127.0.0.1,alias", s.path("host.pub"))
	plain, _ := s.sshd("plain", "HostKey "+s.path("bare"))
	several, _ := s.sshd("several", "HostKey "+s.path("bare"), "HostKey "+s.path("rsa"))
	certified, _ := s.sshd("certified", "HostKey "+s.path("host"), "HostCertificate "+s.path("host-cert.pub"))
	public := func(name string) string { return strings.Join(strings.Fields(s.read(name + ".pub"))[:2], " ") }

	tests := []struct {
		name   string
		port   int
		user   string // known_hosts; PORT stands for [127.0.0.1]:port, KEY:name for a key
		global string
		config string
		want   bool
		strict bool // ssh is content, and gate is not
		asks   bool // gate asks for the known key, and ssh for another one
	}{
		{name: "the port", port: plain, user: "PORT KEY:bare", want: true},
		{name: "the name", port: plain, user: "127.0.0.1 KEY:bare", want: true},
		{name: "another key of the same type of the port", port: plain, user: "PORT KEY:other\n127.0.0.1 KEY:bare"},
		{name: "a key of another type of the port", port: plain, user: "PORT KEY:rsa\n127.0.0.1 KEY:bare"},
		{name: "the other way round", port: plain, user: "PORT KEY:bare\n127.0.0.1 KEY:rsa", want: true},
		{name: "of the port in the other file", port: plain, user: "127.0.0.1 KEY:bare", global: "PORT KEY:rsa"},
		{name: "of the name in the other file", port: plain, user: "PORT KEY:rsa", global: "127.0.0.1 KEY:bare"},
		{name: "name in the other file alone", port: plain, user: "somewhere KEY:rsa", global: "127.0.0.1 KEY:bare", want: true},
		{name: "pattern of the port", port: plain, user: "[127.0.0.*]:* KEY:rsa\n127.0.0.1 KEY:bare"},
		{name: "pattern of both", port: plain, user: "* KEY:rsa\n127.0.0.1 KEY:bare"},
		{name: "another port", port: plain, user: "[127.0.0.1]:1 KEY:rsa\n127.0.0.1 KEY:bare", want: true},
		{name: "revoked of the port", port: plain, user: "@revoked PORT KEY:bare\n127.0.0.1 KEY:bare"},
		{name: "another revoked of the port", port: plain, user: "@revoked PORT KEY:rsa\n127.0.0.1 KEY:bare", want: true},
		{name: "revoked of the name", port: plain, user: "PORT KEY:bare\n@revoked 127.0.0.1 KEY:bare", strict: true},
		{name: "authority of the port", port: plain, user: "@cert-authority PORT KEY:ca\n127.0.0.1 KEY:bare", want: true},
		{name: "malformed of the port", port: plain, user: "PORT ssh-rsa AAAA\n127.0.0.1 KEY:bare", want: true},
		{name: "alias", port: plain, config: "HostKeyAlias alias", user: "PORT KEY:rsa\n127.0.0.1 KEY:rsa\nalias KEY:bare", want: true},
		{name: "alias has no port", port: plain, config: "HostKeyAlias alias", user: "[alias]:PORTNUMBER KEY:bare\nPORT KEY:bare"},
		{name: "the known of several, of the port", port: several, user: "PORT KEY:rsa\n127.0.0.1 KEY:bare", want: true},
		{name: "the known of several, of the name", port: several, user: "127.0.0.1 KEY:rsa", want: true, asks: true},

		{name: "certificate, of the port", port: certified, user: "@cert-authority PORT KEY:ca", want: true},
		{name: "certificate, of the name", port: certified, user: "@cert-authority 127.0.0.1 KEY:ca", want: true},
		{name: "certificate, another authority of the port", port: certified, user: "@cert-authority PORT KEY:otherca\n@cert-authority 127.0.0.1 KEY:ca", want: true},
		{name: "certificate, another authority of the port, key of the name", port: certified, user: "@cert-authority PORT KEY:otherca\n127.0.0.1 KEY:host", want: true},
		{name: "certificate, a key of the port, authority of the name", port: certified, user: "PORT KEY:rsa\n@cert-authority 127.0.0.1 KEY:ca", want: true},
		{name: "certificate, a key of the port, key of the name", port: certified, user: "PORT KEY:rsa\n127.0.0.1 KEY:host", strict: true},
		{name: "certificate, authority revoked of the port", port: certified, user: "@revoked PORT KEY:ca\n@cert-authority 127.0.0.1 KEY:ca"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			part := s.folder(t) + "/"
			s := &site{t: t, dir: s.dir, client: &Client{Warn: func(string) {}}}
			defer s.client.Close()
			text := func(lines string) string {
				for _, name := range []string{"bare", "host", "otherca", "other", "rsa", "ca"} {
					lines = strings.ReplaceAll(lines, "KEY:"+name, public(name))
				}
				return strings.NewReplacer("PORTNUMBER", fmt.Sprint(test.port), "PORT", fmt.Sprintf("[127.0.0.1]:%d", test.port)).Replace(lines) + "\n"
			}
			config := s.write(part+"config", fmt.Sprintf("Host *\n HostName 127.0.0.1\n Port %d\n IdentityFile %s\n UserKnownHostsFile %s\n GlobalKnownHostsFile %s\n StrictHostKeyChecking yes\n %s\n",
				test.port, s.path("id"), s.write(part+"user", text(test.user)), s.write(part+"global", text(test.global)), test.config))
			if drifttest.Thorough() { // the table says what OpenSSH does
				out, err := exec.Command(ssh, "-F", config, "-o", "BatchMode=yes", "web", "true").CombinedOutput()
				if allowed := err == nil; allowed != (test.want && !test.asks || test.strict) {
					t.Errorf("ssh: got %v, %s", err, out)
				}
			}
			_, err := output(t.Context(), s.client, "web", Settings{Config: config}, "true")
			if test.want && err != nil {
				t.Error(err)
			}
			if !test.want {
				wantError(t, err, StageHostKey)
			}
		})
	}
}
