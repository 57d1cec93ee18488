package host

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// inetd runs a server for each connection to a port of 127.0.0.1, with the connection as its standard input and output.
func inetd(t *testing.T, command ...string) (port int, accepted *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted = new(atomic.Int32)
	ctx, cancel := context.WithCancel(context.Background())
	var log bytes.Buffer
	var mu sync.Mutex
	var work sync.WaitGroup
	work.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			file, err := conn.(*net.TCPConn).File()
			conn.Close()
			if err != nil {
				return
			}
			work.Go(func() {
				defer file.Close()
				var stderr bytes.Buffer
				cmd := exec.CommandContext(ctx, command[0], command[1:]...)
				cmd.Stdin, cmd.Stdout, cmd.Stderr = file, file, &stderr
				cmd.WaitDelay = time.Second
				cmd.Run()
				mu.Lock()
				defer mu.Unlock()
				log.Write(stderr.Bytes())
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		cancel()
		work.Wait()
		if t.Failed() {
			t.Logf("%s:\n%s", command[0], log.String())
		}
	})
	return listener.Addr().(*net.TCPAddr).Port, accepted
}

// site is a folder with keys, a client configuration and servers of one test.
type site struct {
	t      *testing.T
	dir    string
	client *Client
	known  string // the known_hosts file of its configurations; "known_hosts" where it is empty
}

func newSite(t *testing.T) *site {
	t.Helper()
	drifttest.Program(t, "ssh")
	s := &site{t: t, dir: t.TempDir(), client: &Client{Warn: func(line string) { t.Log("warning:", line) }}}
	t.Cleanup(func() { s.client.Close() })
	return s
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

// folder makes a folder of its own for a part of a test.
func (s *site) folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(s.dir, "part")
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Base(dir)
}

func (s *site) write(name, text string) string {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return s.path(name)
}

func (s *site) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(s.path(name))
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// run runs a program and returns its output.
func (s *site) run(program string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command(drifttest.Program(s.t, program), args...)
	cmd.Dir = s.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
	return string(out)
}

// key makes a key pair in the file name, and returns its public line without the comment.
func (s *site) key(name, kind, passphrase string) string {
	s.t.Helper()
	args := []string{"-q", "-t", kind, "-N", passphrase, "-C", name, "-f", s.path(name)}
	if kind == "rsa" {
		args = append(args, "-b", "2048")
	}
	s.run("ssh-keygen", args...)
	return strings.Join(strings.Fields(s.read(name + ".pub"))[:2], " ")
}

// sshd starts an OpenSSH server that lets in the current user by the keys in the file authorized.
func (s *site) sshd(name string, lines ...string) (port int, accepted *atomic.Int32) {
	s.t.Helper()
	program := drifttest.Program(s.t, "sshd")
	if os.Geteuid() == 0 {
		os.MkdirAll("/run/sshd", 0o755) // a started service would have made it
	}
	// bash takes a session with a shell around it for none of ssh's, and leaves out a ~/.bashrc that may take its time.
	conf := append([]string{"SetEnv SHLVL=2", "StrictModes no", "UsePAM no", "PidFile none", "LogLevel VERBOSE", "AuthorizedKeysFile " + s.path("authorized"),
		"PasswordAuthentication no", "KbdInteractiveAuthentication no"}, lines...)
	return inetd(s.t, program, "-i", "-e", "-f", s.write(name+".conf", strings.Join(conf, "\n")+"\n"))
}

// config writes the client's configuration, and returns Settings that have ssh read it.
func (s *site) config(text string) Settings {
	s.t.Helper()
	common := fmt.Sprintf("\nHost *\n HostName 127.0.0.1\n IdentityFile %s\n UserKnownHostsFile %s\n GlobalKnownHostsFile none\n StrictHostKeyChecking no\n",
		s.path("id"), s.path(cmp.Or(s.known, "known_hosts")))
	file, err := os.CreateTemp(s.dir, "config") // ssh is asked about a host and a file of this name only once
	if err != nil {
		s.t.Fatal(err)
	}
	file.Close()
	return Settings{Config: s.write(filepath.Base(file.Name()), text+common), ConnectTimeout: 30 * time.Second, Timeout: time.Minute}
}

// revocationList writes a file in OpenSSH's binary format that revokes the key of a file.
func (s *site) revocationList(key string) string {
	s.t.Helper()
	s.run("ssh-keygen", "-q", "-k", "-f", s.path("krl"), s.path(key+".pub"))
	return s.path("krl")
}

func known(port int, key string) string { return fmt.Sprintf("[127.0.0.1]:%d %s\n", port, key) }

// wantOK runs a command on dest.
func (s *site) wantOK(dest string, settings Settings) {
	s.t.Helper()
	if got, err := output(s.t.Context(), s.client, dest, settings, "echo reached"); got != "reached\n" || err != nil {
		s.t.Errorf("%s: got %q, %v", dest, got, err)
	}
}

func TestOpenSSH(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	host := s.key("host", "ed25519", "")
	s.write("authorized", s.key("id", "ed25519", ""))
	port, _ := s.sshd("sshd", "HostKey "+s.path("host"))
	s.write("known_hosts", known(port, host))
	settings := s.config(fmt.Sprintf("Host web\n Port %d\n", port))
	s.wantOK("web", settings)
	s.wantOK(fmt.Sprintf("ssh://%s@web:%d", me(t), port), settings)

	got := ""
	err := s.client.Exec(t.Context(), "web", settings, "sh -s", []byte("printf '%s\\n' read; exit 0\n"), func(r io.Reader) error {
		all, err := io.ReadAll(r)
		got = string(all)
		return err
	})
	if got != "read\n" || err != nil {
		t.Errorf("sh -s: got %q, %v", got, err)
	}
	_, err = output(t.Context(), s.client, "web", settings, "echo no >&2; exit 4")
	wantError(t, err, StageRead, "exit status 4", `"no"`)
	_, err = output(t.Context(), s.client, "web", settings, "kill -TERM $$")
	wantError(t, err, StageRead, "signal TERM")
	settings.User = "nobody-here"
	_, err = output(t.Context(), s.client, "web", settings, "true")
	wantError(t, err, StageAuthenticate, "accepted none of our keys", s.path("id"), "the host allows publickey")
}

func me(t *testing.T) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return u.Username
}

func TestOpenSSHKeys(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	host := s.key("host", "ed25519", "")
	authorized := map[string]string{}
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		authorized[kind] = s.key("id_"+kind, kind, "")
	}
	secret := s.key("id_secret", "ed25519", "open sesame")
	pem := s.key("id_pem", "rsa", "")
	s.run("ssh-keygen", "-q", "-p", "-m", "PEM", "-N", "open sesame", "-f", s.path("id_pem"))
	s.key("id_stranger", "ed25519", "")
	s.write("authorized", strings.Join([]string{authorized["ed25519"], authorized["ecdsa"], authorized["rsa"], secret, pem}, "\n"))
	port, _ := s.sshd("sshd", "HostKey "+s.path("host"))
	s.write("known_hosts", known(port, host))
	dest := fmt.Sprintf("web:%d", port)

	tests := []struct {
		name, config, passphrase, key string
		files                         []string
		want                          []string // parts of the error
	}{
		{name: "ed25519", files: []string{"id_ed25519"}},
		{name: "ecdsa", files: []string{"id_ecdsa"}},
		{name: "rsa", files: []string{"id_rsa"}},
		{name: "rsa, SHA-1 only", files: []string{"id_rsa"}, config: "PubkeyAcceptedAlgorithms ssh-rsa", want: []string{"accepted none of our keys"}},
		{name: "not an accepted algorithm", files: []string{"id_rsa"}, config: "PubkeyAcceptedAlgorithms ssh-ed25519", want: []string{"no key was offered", "PubkeyAcceptedAlgorithms"}},
		{name: "encrypted", files: []string{"id_secret"}, passphrase: "open sesame"},
		{name: "encrypted PEM", files: []string{"id_pem"}, passphrase: "open sesame"},
		{name: "encrypted, no passphrase", files: []string{"id_secret"}, want: []string{"id_secret: it is encrypted", "GATE_SSH_PASSPHRASE", "ssh-add"}},
		{name: "encrypted, wrong passphrase", files: []string{"id_secret"}, passphrase: "open barley", want: []string{"id_secret: it cannot be decrypted", "GATE_SSH_PASSPHRASE"}},
		{name: "missing", files: []string{"id_none"}, want: []string{"id_none: there is no such file", "no key was offered"}},
		{name: "refused", files: []string{"id_stranger"}, want: []string{"accepted none of our keys", "id_stranger", strings.Fields(s.run("ssh-keygen", "-lf", s.path("id_stranger")))[1]}},
		{name: "second of two", files: []string{"id_stranger", "id_ed25519"}},
		{name: "GATE_SSH_KEY", key: "id_ed25519"},
		{name: "GATE_SSH_KEY encrypted", key: "id_secret", passphrase: "open sesame"},
		{name: "GATE_SSH_KEY, no passphrase", key: "id_secret", want: []string{"GATE_SSH_KEY: it is encrypted"}},
		{name: "GATE_SSH_KEY is nonsense", key: "known_hosts", want: []string{"GATE_SSH_KEY: "}},
		{name: "IdentityFile with tokens", config: "IdentityFile ${GATE_TEST_ROOT}" + s.dir[1:] + "/id_%n%%\nIdentitiesOnly yes", files: nil, want: []string{"/id_web%: there is no such file"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &site{t: t, dir: s.dir, client: &Client{Passphrase: test.passphrase}}
			defer s.client.Close()
			if test.key != "" {
				s.client.Key = s.read(test.key) + "\n"
			}
			settings := s.config(test.config + "\n")
			for _, file := range test.files {
				settings.IdentityFiles = append(settings.IdentityFiles, s.path(file))
			}
			if test.want == nil {
				s.wantOK(dest, settings)
				return
			}
			_, err := output(t.Context(), s.client, dest, settings, "true")
			wantError(t, err, StageAuthenticate, test.want...)
			// The names that the test gives look like secrets themselves.
			if text := strings.NewReplacer(s.dir, "/keys", "id_secret", "id_work").Replace(withHint(err).Error()); shown(text) != text {
				t.Errorf("a report shows %q of %q", shown(text), text)
			}
		})
	}
}

// shown returns what a report shows of the reason why a host could not be read.
func shown(reason string) string {
	h := drift.Host{Sections: []drift.Section{{Collector: "os", Status: drift.Failed, Reason: reason}}}
	drift.NewSealer(make([]byte, 32), drift.NewVars(nil)).Seal(&h, func(*drift.Section) drift.Reveal { return drift.RevealSafe })
	return h.Sections[0].Reason
}

// agent starts an ssh-agent and loads files into it.
func (s *site) agent(files ...string) string {
	s.t.Helper()
	dir, err := os.MkdirTemp("", "agent") // a socket's name must be short
	if err != nil {
		s.t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	cmd := exec.Command(drifttest.Program(s.t, "ssh-agent"), "-D", "-a", socket)
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		os.RemoveAll(dir)
	})
	if _, err := out.Read(make([]byte, 1)); err != nil { // it speaks when it listens
		s.t.Fatal(err)
	}
	for _, file := range files {
		add := exec.Command(drifttest.Program(s.t, "ssh-add"), "-q", s.path(file))
		add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
		if out, err := add.CombinedOutput(); err != nil {
			s.t.Fatalf("ssh-add: %v\n%s", err, out)
		}
	}
	return socket
}

func TestOpenSSHAgent(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	host := s.key("host", "ed25519", "")
	s.key("ca", "ed25519", "")
	s.key("certified", "ed25519", "")
	s.run("ssh-keygen", "-q", "-s", s.path("ca"), "-I", "in agent", "-n", me(t), s.path("certified.pub"))
	s.write("authorized", s.key("held", "rsa", "")+"\ncert-authority "+strings.Join(strings.Fields(s.read("ca.pub"))[:2], " ")+"\n")
	s.key("other", "ed25519", "")
	port, _ := s.sshd("sshd", "HostKey "+s.path("host"))
	s.write("known_hosts", known(port, host))
	dest := fmt.Sprintf("web:%d", port)
	held, certified, other := s.agent("other", "held"), s.agent("certified"), s.agent("other")
	for _, file := range []string{"held", "certified", "certified-cert.pub"} {
		if err := os.Rename(s.path(file), s.path(file+".away")); err != nil {
			t.Fatal(err)
		}
	}
	silent := filepath.Join(filepath.Dir(held), "silent")
	listener, err := net.Listen("unix", silent)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()

	t.Run("IdentityAgent", func(t *testing.T) { s.wantOK(dest, s.config("IdentityAgent "+held)) })
	t.Run("certificate", func(t *testing.T) { s.wantOK(dest, s.config("IdentityAgent "+certified)) })
	t.Run("public file names the key", func(t *testing.T) {
		s.wantOK(dest, s.config("IdentityAgent "+held+"\nIdentitiesOnly yes\nIdentityFile "+s.path("held")))
	})
	t.Run("IdentitiesOnly", func(t *testing.T) {
		_, err := output(t.Context(), s.client, dest, s.config("IdentityAgent "+held+"\nIdentitiesOnly yes"), "true")
		wantError(t, err, StageAuthenticate, "no key was offered", "ssh-add")
	})
	t.Run("other key", func(t *testing.T) {
		_, err := output(t.Context(), s.client, dest, s.config("IdentityAgent "+other), "true")
		wantError(t, err, StageAuthenticate, "from the agent other", "accepted none")
	})
	t.Run("unreachable", func(t *testing.T) {
		_, err := output(t.Context(), s.client, dest, s.config("IdentityAgent "+s.path("nobody")), "true")
		wantError(t, err, StageAuthenticate, "the agent cannot be reached", "nobody")
	})
	t.Run("silent", func(t *testing.T) {
		settings := s.config("IdentityAgent " + silent)
		settings.ConnectTimeout = time.Second
		_, err := output(t.Context(), s.client, dest, settings, "true")
		wantError(t, err, StageAuthenticate, "does not list its keys", silent)
	})
	t.Run("silent, cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			conn, err := listener.Accept()
			if err == nil {
				defer conn.Close()
			}
			cancel()
			<-ctx.Done()
		}()
		_, err := output(ctx, s.client, dest, s.config("IdentityAgent "+silent), "true")
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// TestOpenSSHAgentOfEnvironment has the agent of SSH_AUTH_SOCK.
func TestOpenSSHAgentOfEnvironment(t *testing.T) {
	s := newSite(t)
	host := s.key("host", "ed25519", "")
	s.write("authorized", s.key("held", "ed25519", "")+"\n")
	port, _ := s.sshd("sshd", "HostKey "+s.path("host"))
	s.write("known_hosts", known(port, host))
	dest := fmt.Sprintf("web:%d", port)
	t.Setenv("SSH_AUTH_SOCK", s.agent("held"))
	s.wantOK(dest, s.config(""))
	_, err := output(t.Context(), s.client, dest, s.config("IdentityAgent none"), "true")
	wantError(t, err, StageAuthenticate, "no key was offered")
}

func TestOpenSSHUserCertificates(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	host := s.key("host", "ed25519", "")
	s.key("ca", "ed25519", "")
	for _, kind := range []string{"ed25519", "rsa"} {
		s.key("id_"+kind, kind, "")
		s.run("ssh-keygen", "-q", "-s", s.path("ca"), "-I", "beside", "-n", me(t), s.path("id_"+kind+".pub"))
	}
	s.key("id_expired", "ed25519", "")
	s.run("ssh-keygen", "-q", "-s", s.path("ca"), "-I", "old", "-n", me(t), "-V", "20200101:20200102", s.path("id_expired.pub"))
	s.key("id_elsewhere", "ed25519", "")
	s.run("ssh-keygen", "-q", "-s", s.path("ca"), "-I", "elsewhere", "-n", me(t), s.path("id_elsewhere.pub"))
	if err := os.Rename(s.path("id_elsewhere-cert.pub"), s.path("elsewhere.pub")); err != nil {
		t.Fatal(err)
	}
	s.write("authorized", "")
	port, _ := s.sshd("sshd", "HostKey "+s.path("host"), "TrustedUserCAKeys "+s.path("ca.pub"))
	s.write("known_hosts", known(port, host))
	dest := fmt.Sprintf("web:%d", port)
	for _, kind := range []string{"ed25519", "rsa"} {
		settings := s.config("")
		settings.IdentityFiles = []string{s.path("id_" + kind)}
		s.wantOK(dest, settings)
	}
	s.wantOK(dest, s.config("IdentityFile "+s.path("id_elsewhere")+"\nCertificateFile "+s.path("elsewhere.pub")))
	settings := s.config("")
	settings.IdentityFiles, settings.CertificateFiles = []string{s.path("id_elsewhere")}, []string{s.path("elsewhere.pub")}
	s.wantOK(dest, settings)
	s.client.Key = s.read("id_elsewhere") + "\n"
	settings.IdentityFiles = nil
	s.wantOK(dest, settings)

	c := &Client{}
	defer c.Close()
	settings = s.config("")
	settings.IdentityFiles = []string{s.path("id_expired")}
	_, err := output(t.Context(), c, dest, settings, "true")
	wantError(t, err, StageAuthenticate, "ssh-ed25519-cert-v01@openssh.com", "accepted none")
}

func TestOpenSSHHostKeys(t *testing.T) {
	t.Parallel()
	drifttest.Slow(t)
	s := newSite(t)
	ed, rsa, ecdsa := s.key("host_ed", "ed25519", ""), s.key("host_rsa", "rsa", ""), s.key("host_ecdsa", "ecdsa", "")
	ca, other := s.key("ca", "ed25519", ""), s.key("other", "ed25519", "")
	s.write("authorized", s.key("id", "ed25519", ""))
	keys := []string{"HostKey " + s.path("host_ed"), "HostKey " + s.path("host_rsa"), "HostKey " + s.path("host_ecdsa")}
	port, _ := s.sshd("many", keys...)

	// Certificates are over copies of one key, since a certificate's file is named for its key.
	certified := func(name string, args ...string) int {
		s.key(name, "ed25519", "")
		s.run("ssh-keygen", append(append([]string{"-q", "-s", s.path("ca"), "-I", name, "-h"}, args...), s.path(name+".pub"))...)
		port, _ := s.sshd(name, "HostKey "+s.path(name), "HostCertificate "+s.path(name+"-cert.pub"))
		return port
	}
	good := certified("good", "-n", "127.0.0.1,web.example.com")
	expired := certified("expired", "-n", "127.0.0.1", "-V", "20200101:20200102")
	wrongName := certified("wrong", "-n", "db.example.com")
	upper := certified("upper", "-n", "WEB.example.com")
	hashed := func(port int, key string) string {
		s.write("hashed", known(port, key))
		s.run("ssh-keygen", "-q", "-H", "-f", s.path("hashed"))
		return s.read("hashed") + "\n"
	}
	tests := []struct {
		name, known, config string
		port                int
		want                []string
	}{
		{"one of three, ed25519", known(port, ed), "", port, nil},
		{"one of three, rsa", known(port, rsa), "", port, nil},
		{"one of three, ecdsa", known(port, ecdsa), "", port, nil},
		{"hashed", hashed(port, rsa), "", port, nil},
		{"without the port", "127.0.0.1 " + ed + "\n", "", port, nil},
		{"pattern", "127.0.*,!127.0.0.2 " + ed + "\n", "", port, nil},
		{"alias", "WEB.example.com " + ed + "\n", "HostKeyAlias web.Example.com", port, nil},
		{"malformed line", "this is no key\n" + known(port, ed), "", port, nil},
		{"empty", "", "", port, []string{"the key is unknown", "ssh-ed25519 SHA256:", s.dir, "/known_hosts", "compare the fingerprint"}},
		{"/dev/null", "", "UserKnownHostsFile /dev/null", port, []string{"the key is unknown"}},
		{"no file", "", "UserKnownHostsFile " + s.path("nowhere"), port, []string{"the key is unknown", "nowhere (does not exist)"}},
		{"negated", "127.*,!127.0.0.1 " + ed + "\n", "", port, []string{"the key is unknown"}},
		{"another port", known(1, ed), "", port, []string{"the key is unknown"}},
		{"changed", known(port, other), "", port, []string{"not the known one", "known_hosts:1", strings.Fields(s.run("ssh-keygen", "-lf", s.path("host_ed")))[1]}},
		{"changed, without the port right", known(port, other) + "127.0.0.1 " + ed, "", port, []string{"not the known one"}},
		{"a type that the host does not have", known(good, rsa), "", good, []string{"known only by keys of other types", "ssh-rsa"}},
		{"revoked", known(port, ed) + "@revoked * " + ed + "\n", "", port, []string{"is revoked at", "known_hosts:2"}},
		{"RevokedHostKeys", known(port, ed), "RevokedHostKeys " + s.write("revoked", "# stolen\n"+ed+"\n"), port, []string{"is revoked in"}},
		{"RevokedHostKeys in binary", known(port, ed), "RevokedHostKeys " + s.revocationList("host_ed"), port, []string{"key revocation list"}},
		{"RevokedHostKeys missing", known(port, ed), "RevokedHostKeys " + s.path("nowhere"), port, []string{"RevokedHostKeys", "nowhere"}},
		{"RequiredRSASize", known(port, rsa), "RequiredRSASize 3072", port, []string{"2048 bits", "3072"}},
		{"HostKeyAlgorithms", known(port, ed) + known(port, rsa), "HostKeyAlgorithms rsa-sha2-256", port, nil},
		{"HostKeyAlgorithms, not known", known(port, ed), "HostKeyAlgorithms rsa-sha2-256", port, []string{"known only by keys of other types"}},
		{"CA as a plain key", "127.0.0.1 " + ca + "\n", "", good, []string{"not the known one"}},
		{"certificate", "@cert-authority 127.0.0.1 " + ca + "\n", "", good, nil},
		{"certificate, pattern", "@cert-authority * " + ca + "\n", "", good, nil},
		{"certificate, alias", "@cert-authority *.example.com " + ca + "\n", "HostKeyAlias web.example.com", good, nil},
		{"certificate, CA for other hosts", "@cert-authority *.example.com " + ca + "\n", "", good, []string{"the key is unknown"}},
		{"certificate, another CA", "@cert-authority * " + other + "\n", "", good, []string{"the key is unknown"}},
		{"certificate, only its plain key known", known(good, strings.Join(strings.Fields(s.read("good.pub"))[:2], " ")), "", good, nil},
		{"certificate revoked CA", "@cert-authority * " + ca + "\n@revoked * " + ca + "\n", "", good, []string{"is revoked at"}},
		{"certificate expired", "@cert-authority * " + ca + "\n", "", expired, []string{"does not hold", "expired"}},
		{"certificate for another name", "@cert-authority * " + ca + "\n", "", wrongName, []string{"does not hold", "db.example.com"}},
		{"certificate in capitals", "@cert-authority * " + ca + "\n", "HostKeyAlias web.example.com", upper, []string{"does not hold", "WEB.example.com"}},
		{"certificate, CASignatureAlgorithms", "@cert-authority * " + ca + "\n", "CASignatureAlgorithms rsa-sha2-512", good, []string{"CASignatureAlgorithms"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &site{t: t, dir: s.dir, client: &Client{}, known: s.folder(t) + "/known_hosts"}
			defer s.client.Close()
			s.write(s.known, test.known)
			settings := s.config(test.config + "\n")
			dest := fmt.Sprintf("127.0.0.1:%d", test.port)
			_, err := output(t.Context(), s.client, dest, settings, "true")
			if drifttest.Thorough() { // the table says what OpenSSH does; it must agree
				cmd := exec.Command("ssh", "-F", settings.Config, "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "-p", fmt.Sprint(test.port), "127.0.0.1", "true")
				if out, sshErr := cmd.CombinedOutput(); (err == nil) != (sshErr == nil) {
					t.Errorf("got %v; ssh says %v: %s", err, sshErr, out)
				}
			}
			if test.want != nil {
				wantError(t, err, StageHostKey, test.want...)
			} else if err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}
