package main

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate/ledger"
	"github.com/seed-313c021b/gate/policies"
)

// ledgerObjects keeps a snapshot file in a ledger, and returns all that the objects of its repository hold.
func ledgerObjects(t *testing.T, path string) []byte {
	t.Helper()
	drifttest.Program(t, "git")
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	s, err := drift.DecodeSnapshot(f)
	must(t, err)
	bare := filepath.Join(t.TempDir(), "ledger.git")
	must(t, exec.Command("git", "init", "-q", "--bare", bare).Run())
	app := t.TempDir()
	must(t, exec.Command("git", "init", "-q", app).Run())
	r, err := ledger.OpenRepository(t.Context(), app, t.TempDir())
	must(t, err)
	l, err := ledger.Open(t.Context(), ledger.Options{Repository: r, Bare: bare, Cache: t.TempDir(), Policy: &policies.Policy{Ledger: &policies.Ledger{Repository: "example.com/app"}}})
	must(t, err)
	_, err = l.Keep(t.Context(), s, "")
	must(t, err)
	objects, err := exec.Command("git", "--git-dir", bare, "cat-file", "--batch-all-objects", "--batch").Output()
	must(t, err)
	if count := strings.Count(string(objects), "gate section "); count < len(canaries) {
		t.Fatalf("the ledger has %d sections, fewer than there are canaries", count)
	}
	return objects
}

// guessable returns the digests without a key by which a secret could be guessed that are in a text.
func guessable(text []byte, secret string) []string {
	var found []string
	for _, of := range []string{secret, secret + "\n", `"` + secret + `"`} {
		a, b, c := md5.Sum([]byte(of)), sha1.Sum([]byte(of)), sha256.Sum256([]byte(of))
		for name, sum := range map[string][]byte{"by its MD5": a[:], "by its SHA-1": b[:], "by its SHA-256": c[:]} {
			if strings.Contains(string(text), hex.EncodeToString(sum)) || strings.Contains(string(text), base64.RawStdEncoding.EncodeToString(sum)) {
				found = append(found, name)
			}
		}
	}
	return found
}
