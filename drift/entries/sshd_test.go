package entries

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// TestLikeSSHD asks sshd what counts in generated files, for a user of one of their Match blocks.
func TestLikeSSHD(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	sshd, keygen := drifttest.Program(t, "sshd"), drifttest.Program(t, "ssh-keygen")
	key := filepath.Join(t.TempDir(), "key")
	if out, err := exec.Command(keygen, "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	keywords := map[string][]string{
		"PermitRootLogin": {"yes", "no", "forced-commands-only"}, "X11Forwarding": {"yes", "no"}, "Banner": {"/etc/issue", "/x y"},
		"ForceCommand": {"/bin/x", `/bin/x "a b" # c`}, "MaxSessions": {"1", "20"}, "AllowTcpForwarding": {"yes", "no", "local"},
	}
	for seed := range uint64(drifttest.Times(60, 150)) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 13))}
		text := g.sshd(keywords, []string{"Match User bob", "match user=alice", `MATCH User "bob,carol" Address *`, "Match All"})
		list, err := Parse("sshd", []byte(text))
		if err != nil {
			t.Fatalf("Parse: %v\n%s", err, text)
		}
		got := effective(t, list, true, func(block string) bool {
			return strings.Contains(block, "bob") || strings.HasPrefix(block, "match all")
		})
		file := filepath.Join(t.TempDir(), "sshd_config")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if os.Geteuid() == 0 {
			// Without this folder, which a booted system has, root's sshd does not even test a file.
			if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
				t.Fatal(err)
			}
		}
		out, err := exec.Command(sshd, "-T", "-f", file, "-h", key, "-C", "user=bob,host=h,addr=10.0.0.1").CombinedOutput()
		checkEffective(t, text, got, string(out), err)
	}
}

// TestLikeSSH asks ssh what counts in generated files, for one of their hosts.
func TestLikeSSH(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	ssh := drifttest.Program(t, "ssh")
	keywords := map[string][]string{
		"User": {"a", "b"}, "Port": {"22", "2222"}, "ForwardAgent": {"yes", "no"}, "ProxyCommand": {"nc h 1", `nc "%h" # c`},
		"HostName": {"x.example", "y.example"}, "PreferredAuthentications": {"publickey", "password,publickey"},
	}
	for seed := range uint64(drifttest.Times(60, 150)) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 17))}
		text := g.sshd(keywords, []string{"Host web", "host other", `HOST "web" x`, "Match all"})
		list, err := Parse("sshd", []byte(text))
		if err != nil {
			t.Fatalf("Parse: %v\n%s", err, text)
		}
		got := effective(t, list, false, func(block string) bool {
			return strings.Contains(block, "web") || strings.HasPrefix(block, "match all")
		})
		file := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(ssh, "-G", "-F", file, "web").CombinedOutput()
		checkEffective(t, text, got, string(out), err)
	}
}

// sshd writes settings above and below the first lines of blocks.
func (g *generator) sshd(keywords map[string][]string, blocks []string) string {
	names := []string{}
	for name := range keywords {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for range 3 + g.IntN(12) {
		if g.IntN(4) == 0 {
			b.WriteString(g.pick(blocks...) + g.pick("", "  ", " # comment") + "\n")
			continue
		}
		name := g.pick(names...)
		value := g.pick(keywords[name]...)
		if !restOfLine[strings.ToLower(name)] {
			switch {
			case strings.Contains(value, " "), g.IntN(4) == 0:
				value = `"` + value + `"`
			case g.IntN(4) == 0:
				value = "'" + value + "'"
			}
			value += g.pick("", "", " ", "\t# comment")
		}
		if g.IntN(3) == 0 {
			name = strings.ToUpper(name)
		}
		b.WriteString(g.pick("", "  ", "\t", "# c\n", "\n") + name + g.pick(" ", "\t ", "=", " = ", "  =") + value + "\n")
	}
	return b.String()
}

// effective returns of each keyword the value that counts: the first, where blocks come before what is set for all
// (sshd) or after it (ssh).
func effective(t *testing.T, list []Entry, blocksFirst bool, matches func(block string) bool) map[string]string {
	entries := asMap(t, list)
	var scopes []string
	for _, block := range asStrings(entries["blocks"]) {
		if matches(block) {
			scopes = append(scopes, block+".")
		}
	}
	if blocksFirst {
		scopes = append(scopes, "")
	} else {
		scopes = append([]string{""}, scopes...)
	}
	values := map[string]string{}
	for _, scope := range scopes {
		for key, v := range entries {
			keyword, ok := strings.CutPrefix(key, scope)
			if !ok || key == "blocks" || strings.Contains(keyword, ".") {
				continue
			}
			if _, set := values[keyword]; !set {
				values[keyword] = asStrings(v)[0]
			}
		}
	}
	return values
}

// asStrings returns a value that is one string or a list of them.
func asStrings(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, item := range v {
			list = append(list, item.(string))
		}
		return list
	}
	return nil
}

// checkEffective compares values with the "keyword value" lines that sshd -T and ssh -G print.
func checkEffective(t *testing.T, text string, got map[string]string, out string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("OpenSSH refuses the file: %v\n%s\n%s", err, out, text)
	}
	for keyword, value := range got {
		want := fmt.Sprintf("\n%s %s\n", keyword, strings.Trim(value, `"`))
		if !strings.Contains("\n"+out, want) {
			t.Errorf("OpenSSH does not say %q of the file:\n%s", want, text)
		}
	}
}
