package host

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"golang.org/x/crypto/ssh"
)

// TestMatch compares which lines match a name with what ssh-keygen -F finds.
func TestMatch(t *testing.T) {
	t.Parallel()
	keygen := drifttest.Program(t, "ssh-keygen")
	key, _, err := drifttest.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	line := func(hosts string) string { return hosts + " " + describeLine(key.PublicKey()) + "\n" }
	patterns := []string{"web", "web,db", "WEB", "w?b", "w*", "*", "*b", "w**b", "?", "web*", "!web,*", "*,!web", "!w*,web", "[web]:22", "[web]:2222", "[*]:2222", "*:2222", "web?", "", "a,,web",
		"web.example.com", "*.example.com", "*.example.*", "127.0.0.1", "::1", "[::1]:22"}
	file := filepath.Join(t.TempDir(), "known_hosts")
	var text string
	for _, pattern := range patterns {
		if pattern != "" {
			text += line(pattern)
		}
	}
	hashed := filepath.Join(t.TempDir(), "hashed")
	if err := os.WriteFile(hashed, []byte(line("web")+line("[web]:2222")+line("::1")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(keygen, "-q", "-H", "-f", hashed).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	hashedText, err := os.ReadFile(hashed)
	if err != nil {
		t.Fatal(err)
	}
	text += string(hashedText) + "malformed\n" + "broken ssh-ed25519 AAAA\n" + "@strange " + line("web") + "\n# web\n" + "  \t" + line("web")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var warnings []string
	c := &Client{Warn: func(l string) { warnings = append(warnings, l) }}
	ctx, leave, err := c.enter(t.Context(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	for _, name := range []string{"web", "db", "x", "webs", "[web]:2222", "[web]:22", "web.example.com", "a.b.example.com", "127.0.0.1", "::1", "[::1]:22"} {
		lines, err := c.knownLines(ctx, []string{file}, name)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, l := range lines {
			got[fmt.Sprint(l.line)] = true
		}
		out, _ := exec.Command(keygen, "-F", name, "-f", file).Output() // its status is 1 if nothing is found
		want := map[string]bool{}
		for l := range strings.Lines(string(out)) {
			if _, number, ok := strings.Cut(l, "found: line "); ok {
				want[strings.Fields(number)[0]] = true
			}
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%s: got, ssh-keygen -F:\n%s", name, diff)
		}
	}
	if len(warnings) != 3 {
		t.Errorf("got warnings %q, want 3", warnings)
	}
}

func TestKnownHostsCannotBeRead(t *testing.T) {
	t.Parallel()
	server := drifttest.Serve(t, &drifttest.SSHD{})
	c, s := reach(t, server)
	s.KnownHosts = append(s.KnownHosts, t.TempDir())
	_, err := output(t.Context(), c, server.Addr(), s, "true")
	wantError(t, err, StageHostKey, "is a directory")
}

// describeLine returns the type and base64 text of a key.
func describeLine(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}
