package ledger

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// sshKey makes a key with the real ssh-keygen, and returns the file of its private half.
func sshKey(t *testing.T, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	args = append(args, "-q", "-N", "", "-C", "test", "-f", file)
	if out, err := exec.Command(drifttest.Program(t, "ssh-keygen"), args...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
	return file
}

// signer returns the signer of the policy that has a key.
func signer(t *testing.T, name, file string, may ...string) policies.Signer {
	t.Helper()
	data, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(data)
	if err != nil {
		t.Fatal(err)
	}
	return policies.Signer{Name: name, Key: key, May: may}
}

// signWith lets the user's git sign with a key; with none it does not sign.
func (s *site) signWith(file string) {
	s.Helper()
	mustRun(s, s.git, "config", "gpg.format", "ssh")
	mustRun(s, s.git, "config", "user.signingkey", file)
}

// keyInEnvironment lets gate sign with a key from the environment.
func (s *site) keyInEnvironment(file string) {
	s.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		s.Fatal(err)
	}
	s.env["GATE_LEDGER_KEY"] = strings.TrimSpace(string(data))
}

var keyTypes = map[string][]string{
	"ed25519": {"-t", "ed25519"},
	"rsa":     {"-t", "rsa", "-b", "3072"},
	"ecdsa":   {"-t", "ecdsa", "-b", "384"},
}

// Events are signed by git, or by gate with a key from the environment, and count as signed; git verifies them too.
func TestSign(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for name, args := range keyTypes {
		for _, format := range []string{"sha1", "sha256"} {
			t.Run(name+" "+format, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, "--object-format="+format)
				file := sshKey(t, args...)
				s.policy.Signers = []policies.Signer{signer(t, "ci", file, "note")}
				s.signWith(file + ".pub")
				mustRun(t, s.git, "config", "user.signingkey", file)
				byGit := s.append(note("by git"))
				mustRun(t, s.git, "config", "--unset", "user.signingkey")
				s.keyInEnvironment(file)
				byGate := s.append(note("by gate"))
				for _, e := range s.sound().Events {
					if e.Signer != "ci" || e.Invalid != "" {
						t.Errorf("%s: got signer %q, invalid %q", e.String(), e.Signer, e.Invalid)
					}
				}
				allowed := filepath.Join(t.TempDir(), "allowed")
				public, err := os.ReadFile(file + ".pub")
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(allowed, append([]byte("ci "), public...), 0o600); err != nil {
					t.Fatal(err)
				}
				for _, e := range []gate.Event{byGit, byGate} {
					mustRun(t, s.git, "-c", "gpg.ssh.allowedSignersFile="+allowed, "verify-commit", e.ID)
				}
				if got := mustRun(t, s.git, "fsck", "--strict", "--no-dangling"); got != "" {
					t.Errorf("git fsck: %s", got)
				}
			})
		}
	}
}

// The key in the environment stays there: no file has it, and no program that git runs.
func TestSignLeavesNothingBehind(t *testing.T) {
	s := newSite(t)
	file := sshKey(t, keyTypes["ed25519"]...)
	s.keyInEnvironment(file)
	t.Setenv("GATE_LEDGER_KEY", s.env["GATE_LEDGER_KEY"])
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	s.append(note("one"))
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("got %v, %v, want an empty folder", left, err)
	}
	out, err := unsynced(s.dir).run(t.Context(), "-c", "alias.show-env=!env", "show-env")
	if err != nil || strings.Contains(out, "GATE_LEDGER_KEY") {
		t.Errorf("git has the key in its environment, %v", err)
	}
}

func TestSignWithoutKey(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signWith(filepath.Join(t.TempDir(), "gone.pub"))
	mustRun(t, s.git, "config", "commit.gpgsign", "true")
	if _, err := s.open().Append(t.Context(), note("one"), nil); err == nil || !strings.Contains(err.Error(), "git commit-tree: ") || !strings.Contains(err.Error(), "gone.pub") {
		t.Errorf("a key that is gone: got %v", err)
	}
	mustRun(t, s.git, "config", "--remove-section", "gpg")
	s.policy.Signers = []policies.Signer{signer(t, "ci", sshKey(t, keyTypes["ed25519"]...), "note")}
	_, err := s.open().Append(t.Context(), note("one"), nil)
	if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Hint, "GATE_LEDGER_KEY") {
		t.Errorf("no key: got %v", err)
	}
	for name, key := range map[string]string{
		"nonsense": "secret nonsense",
		"public":   "ssh-ed25519 AAAA",
	} {
		s.env["GATE_LEDGER_KEY"] = key
		_, err = s.open().Append(t.Context(), note("one"), nil)
		if e, ok := errors.AsType[*Error](err); !ok || e.Hint == "" || strings.Contains(err.Error(), key) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What would not count is not recorded in the first place.
func TestSignRefused(t *testing.T) {
	t.Parallel()
	known, other := sshKey(t, keyTypes["ed25519"]...), sshKey(t, keyTypes["ed25519"]...)
	for _, c := range []struct {
		name string
		key  string
		set  func(*policies.Signer)
		want string
	}{
		{"unknown key", other, func(*policies.Signer) {}, "which no signer of the policy has"},
		{"may not", known, func(p *policies.Signer) { p.May = []string{"note"} }, "may not say verified:smoke of staging"},
		{"another verification", known, func(p *policies.Signer) { p.May = []string{"verified:load"} }, "may not say verified:smoke of staging"},
		{"another environment", known, func(p *policies.Signer) { p.Environments = []string{"production"} }, "may not say verified:smoke of staging"},
		{"expired", known, func(p *policies.Signer) { p.Expires = noon }, "whose key expired on 2026-11-20T12:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			p := signer(t, "ci", known, "verified:smoke")
			c.set(&p)
			s.policy.Signers = []policies.Signer{p}
			s.keyInEnvironment(c.key)
			_, err := s.open().Append(t.Context(), gate.Event{Kind: gate.Verified, Name: "smoke", Environment: "staging"}, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if h := s.sound(); h.Head != "" {
				t.Errorf("got a ledger: %+v", h)
			}
		})
	}
}

// To the second: until it expires, what a key signs counts, and goes on counting.
func TestSignExpires(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	file := sshKey(t, keyTypes["ed25519"]...)
	p := signer(t, "ci", file, "note")
	p.Expires = noon
	s.policy.Signers = []policies.Signer{p}
	s.keyInEnvironment(file)
	s.now = noon.Add(-time.Second)
	s.append(note("in time"))
	s.now = noon.Add(24 * time.Hour)
	s.sound()
}

// Signatures that another program has made for other things, and garbage, are none.
func TestVerify(t *testing.T) {
	t.Parallel()
	file := sshKey(t, keyTypes["ed25519"]...)
	payload := []byte("payload")
	made := func(namespace string) string {
		cmd := exec.Command("ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", file)
		cmd.Stdin = strings.NewReader(string(payload))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	good := made("git")
	key, err := verify(good, payload)
	if p := signer(t, "", file); err != nil || string(key) != string(p.Key.Marshal()) {
		t.Errorf("got %x, %v, want the key", key, err)
	}
	for name, c := range map[string]struct{ signature, payload, want string }{
		"none":              {"", "payload", "it is not signed"},
		"another payload":   {good, "payloads", "not one of what it says"},
		"another namespace": {made("file"), "payload", "something else than git"},
		"cut off":           {"-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAA\n-----END SSH SIGNATURE-----\n", "payload", "cannot be read"},
		"OpenPGP":           {"-----BEGIN PGP SIGNATURE-----\n\niHUE\n-----END PGP SIGNATURE-----\n", "payload", "not signed with an SSH key"},
		"more than one":     {good + good, "payload", "not signed with an SSH key"},
	} {
		if _, err := verify(c.signature, []byte(c.payload)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// An RSA signature over SHA-1 is refused, though its key is known and it is right.
func TestVerifySHA1(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	data, err := os.ReadFile(sshKey(t, keyTypes["rsa"]...))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParsePrivateKey(data)
	if err != nil {
		t.Fatal(err)
	}
	weak := onlySHA1{key.(ssh.AlgorithmSigner)}
	signature, err := sign(weak, []byte("payload"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify(signature, []byte("payload")); err == nil || !strings.Contains(err.Error(), "SHA-1") {
		t.Errorf("got %v, want that SHA-1 is broken", err)
	}
}

type onlySHA1 struct{ ssh.AlgorithmSigner }

func (s onlySHA1) SignWithAlgorithm(rand io.Reader, data []byte, _ string) (*ssh.Signature, error) {
	return s.AlgorithmSigner.SignWithAlgorithm(rand, data, ssh.KeyAlgoRSA)
}

func FuzzVerify(f *testing.F) {
	f.Add("-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n", []byte("payload"))
	f.Fuzz(func(t *testing.T, signature string, payload []byte) {
		if key, err := verify(signature, payload); err == nil {
			if _, err := ssh.ParsePublicKey(key); err != nil {
				t.Errorf("a signature is good, and its key is none: %v", err)
			}
		}
	})
}
