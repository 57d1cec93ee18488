package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"

	"github.com/google/go-cmp/cmp"
)

// TestConfigure has the real ssh read a configuration.
func TestConfigure(t *testing.T) {
	drifttest.Program(t, "ssh")
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	t.Setenv("GATE_TEST_AGENT", "/agents/one")
	write("included", "Host web-*\n  Port 2222\n")
	file := write("config", `
Include `+dir+`/included
Match exec "exit 1"
  Port 9
Host web-1
  HostName %h.Example.com
  User ops
  IdentitiesOnly yes
  UserKnownHostsFile `+dir+`/known-%k "`+dir+`/with space"
  GlobalKnownHostsFile ~/global
  HostKeyAlias Alias
  IdentityAgent ${GATE_TEST_AGENT}
  CertificateFile ~/%u-%%-cert
  RevokedHostKeys none
  ConnectTimeout 7
  ServerAliveInterval 3
  ServerAliveCountMax 9
  TCPKeepAlive no
  AddressFamily inet
  BindAddress 127.0.0.9
  ConnectionAttempts 2
  Ciphers aes128-ctr,aes256-ctr
  MACs hmac-sha2-256
Match host *.Example.com user deploy
  IdentityFile `+dir+`/key-%r-%p-%h
`)
	c := &Client{}
	defer c.Close()
	got, err := c.configured(t, "deploy@web-1", Settings{Config: file})
	if err != nil {
		t.Fatal(err)
	}
	for _, slice := range []*[]string{&got.pubkeyAlgorithms, &got.hostKeyAlgorithms, &got.caAlgorithms, &got.keyExchanges} {
		if len(*slice) < 3 {
			t.Errorf("got algorithms %q, want ssh's defaults", *slice)
		}
		*slice = nil
	}
	want := &config{
		name: "deploy@web-1", user: "deploy", hostname: "web-1.example.com", port: 2222,
		network: "tcp4", bindAddress: "127.0.0.9", attempts: 2, connectTimeout: 7 * time.Second,
		aliveInterval: 3 * time.Second, aliveCountMax: 9, agent: "/agents/one",
		identities: []string{dir + "/key-deploy-2222-web-1.example.com"}, certificates: []string{home + "/" + me(t) + "-%-cert"},
		identitiesOnly: true, hostKeyAlias: "alias",
		knownHosts: []string{dir + "/known-alias", dir + "/with space", home + "/global"}, minRSABits: 1024,
		ciphers: []string{"aes128-ctr", "aes256-ctr"}, macs: []string{"hmac-sha2-256"},
	}
	if diff := cmp.Diff(got, want, cmp.AllowUnexported(config{})); diff != "" {
		t.Errorf("got, want:\n%s", diff)
	}

	got, err = c.configured(t, "web-1", Settings{Config: file, User: "other", Port: 7, Hostname: "10.0.0.1", HostKeyAlias: "Policy",
		IdentityFiles: []string{"~/mine"}, CertificateFiles: []string{"/c"}, KnownHosts: []string{"/known"}, ConnectTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	type essence struct {
		Address, User, Alias            string
		Identities, Certificates, Known []string
		Timeout                         time.Duration
	}
	if diff := cmp.Diff(essence{got.address(), got.user, got.hostKeyAlias, got.identities, got.certificates, got.knownHosts, got.connectTimeout},
		essence{"10.0.0.1:7", "other", "policy", []string{home + "/mine"}, []string{"/c", home + "/" + me(t) + "-%-cert"}, []string{"/known", home + "/global"}, time.Minute}); diff != "" {
		t.Errorf("with a policy's settings: got, want:\n%s", diff)
	}
}

func TestConfigureWithoutSSH(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("SSH_AUTH_SOCK", "/agent")
	var warnings []string
	c := &Client{Warn: func(line string) { warnings = append(warnings, line) }}
	defer c.Close()
	for range 2 {
		got, err := c.configured(t, "deploy@web-1", Settings{KnownHosts: []string{"/known"}, ProxyJump: "ops@bastion:2222"})
		if err != nil {
			t.Fatal(err)
		}
		if got.user != "deploy" || got.address() != "web-1:22" || got.agent != "/agent" || got.via == nil {
			t.Errorf("got %+v", got)
		} else if got.via.user != "ops" || got.via.address() != "bastion:2222" || got.via.knownHosts[0] != "/known" {
			t.Errorf("got jump host %+v", got.via)
		}
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "no ssh program") {
		t.Errorf("got warnings %q, want one, once", warnings)
	}
}

func TestConfigureFails(t *testing.T) {
	t.Parallel()
	hang := filepath.Join(t.TempDir(), "ssh")
	if err := os.WriteFile(hang, []byte("#!/bin/sh\necho oh no >&2; exit 255\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		program string
		s       Settings
		want    string
	}{
		{"ssh fails", hang, Settings{}, "ssh -G: oh no"},
		{"no such program", "/nonexistent/ssh", Settings{}, "no such file"},
		{"hostname is an option", "none", Settings{Hostname: "-oProxyCommand=x"}, "begins with -"},
		{"no such token", "none", Settings{IdentityFiles: []string{"~/%X"}}, "token %X is not supported"},
		{"lone percent", "none", Settings{IdentityFiles: []string{"~/100%"}}, "lone %"},
		{"no such variable", "none", Settings{IdentityFiles: []string{"${GATE_TEST_UNSET}/id"}}, "${GATE_TEST_UNSET}"},
		{"no such user", "none", Settings{KnownHosts: []string{"~nobody-here/known"}}, "nobody-here"},
		{"jump host is an option", "none", Settings{ProxyJump: "-oProxyCommand=x"}, "jump host -oProxyCommand=x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &Client{SSHProgram: test.program}
			defer c.Close()
			_, err := c.configured(t, "web-1", test.s)
			wantError(t, err, StageConfigure, test.want)
		})
	}
}

func TestSplitPaths(t *testing.T) {
	t.Parallel()
	tests := []struct {
		list string
		want []string
	}{
		{"", []string{}},
		{"none", []string{}},
		{"/dev/null", []string{}},
		{"/a /b", []string{"/a", "/b"}},
		{"/home/a b/x /home/a b/y", []string{"/home/a b/x", "/home/a b/y"}},
		{"~/a /b", []string{"~/a", "/b"}},
		{"a b", []string{"a", "b"}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(splitPaths(test.list), test.want); diff != "" {
			t.Errorf("%q:\n%s", test.list, diff)
		}
	}
}
