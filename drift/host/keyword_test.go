package host

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// everyKeyword sets what ssh -G prints only when it is set.
const everyKeyword = `
AddKeysToAgent no
BindAddress 127.0.0.1
BindInterface lo
CanonicalDomains example.com
CanonicalizePermittedCNAMEs *.a.example.com:*.b.example.com
CertificateFile ~/.ssh/c
ControlMaster auto
ControlPath ~/.ssh/control-%C
ControlPersist 10
DynamicForward 1081
EscapeChar none
ForwardAgent yes
HostKeyAlias alias
IdentityAgent ~/agent
IgnoreUnknown nothing
KbdInteractiveDevices pam
KnownHostsCommand /bin/true %H
LocalCommand true
LocalForward 1082 localhost:1
LogVerbose kex.c:*:1000
PKCS11Provider /lib/none.so
PermitLocalCommand yes
PermitRemoteOpen localhost:1
PreferredAuthentications publickey
ProxyCommand nc %h %p
RekeyLimit 1G 1h
RemoteCommand true
RemoteForward 1083 localhost:1
RevokedHostKeys ~/revoked
SendEnv A
SetEnv B=c
Tunnel yes
TunnelDevice 1:1
`

// TestKeywords asks the real ssh for all that it prints, and looks each keyword up.
func TestKeywords(t *testing.T) {
	t.Parallel()
	ssh := drifttest.Program(t, "ssh")
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte(everyKeyword), 0o600); err != nil {
		t.Fatal(err)
	}
	printed := 0
	for _, args := range [][]string{{"-F", "none"}, {"-F", config}, {"-F", "none", "-J", "b"}} {
		out, err := exec.Command(ssh, append(args, "-T", "-G", "host")...).Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			printed++
			if keywords[strings.ToLower(name)].treatment == unknown {
				t.Errorf("ssh -G prints %s, which is not in the table", name)
			}
		}
	}
	if printed < 150 {
		t.Errorf("got %d lines from ssh -G, want all keywords", printed)
	}
}

func TestKeywordTable(t *testing.T) {
	t.Parallel()
	for name, k := range keywords {
		switch {
		case name != strings.ToLower(name):
			t.Errorf("%s is not in lower case", name)
		case (k.why == "") != (k.treatment == honoured):
			t.Errorf("%s: a keyword has a reason unless it is honoured; got %q", name, k.why)
		case (k.accept != nil) != (k.treatment == refused):
			t.Errorf("%s: refused keywords, and only they, say which values ask for nothing", name)
		}
	}
}

func TestRefusedKeywords(t *testing.T) {
	t.Parallel()
	drifttest.Program(t, "ssh")
	tests := []struct{ config, want string }{
		{"ProxyCommand nc --proxy-auth u:p %h %p", `proxycommand "nc …": gate does not`},
		{"ProxyCommand none", ""},
		{"PKCS11Provider /lib/x.so", `pkcs11provider "/lib/x.so"`},
		{"KnownHostsCommand /bin/true %H", `knownhostscommand "/bin/true …": gate does not`},
		{"BindInterface lo", `bindinterface "lo"`},
		{"PubkeyAuthentication no", `pubkeyauthentication`},
		{"PreferredAuthentications password,keyboard-interactive", `preferredauthentications "password,keyboard-interactive"`},
		{"PreferredAuthentications publickey,password", ""},
		{"SecurityKeyProvider /lib/sk.so", ""},
		{"KexAlgorithms sntrup761x25519-sha512@openssh.com", "kexalgorithms sntrup761x25519-sha512@openssh.com, and gate can do none"},
		{"Nonsense yes", "ssh -G: "},
	}
	for _, test := range tests {
		t.Run(test.config, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(config, []byte(test.config+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var c Client
			defer c.Close()
			_, err := c.configured(t, "host", Settings{Config: config})
			if test.want == "" {
				if err != nil {
					t.Errorf("got %v, want no error", err)
				}
				return
			}
			wantError(t, err, StageConfigure, test.want)
		})
	}
}

func TestUnknownKeywordIsTold(t *testing.T) {
	t.Parallel()
	var warnings []string
	c := Client{Warn: func(line string) { warnings = append(warnings, line) }}
	_, leave, err := c.enter(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	for range 2 {
		if _, err := c.parseAnswers("hostname h\nuser u\nport 22\nteleport yes\n"); err != nil {
			t.Fatal(err)
		}
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "teleport") {
		t.Errorf("got warnings %q, want one about teleport", warnings)
	}
	if _, err := c.parseAnswers("usage: ssh\n"); err == nil {
		t.Error("got no error from output that has no hostname")
	}
}
