package ledger

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// allObjects returns what all objects of a repository hold, with their names.
func allObjects(t *testing.T, g *git) []byte {
	t.Helper()
	return []byte(mustRun(t, g, "cat-file", "--batch-all-objects", "--batch"))
}

// forms returns how a secret, or what it can be guessed by, may stand in a text: as it is, encoded, and as a digest without
// a key, of the value, of its JSON and of a file of one line.
func forms(secret string) []string {
	list := []string{secret, hex.EncodeToString([]byte(secret)), base64.RawStdEncoding.EncodeToString([]byte(secret))}
	for _, text := range []string{secret, secret + "\n", fmt.Sprintf("%q", secret)} {
		a, b, c := md5.Sum([]byte(text)), sha1.Sum([]byte(text)), sha256.Sum256([]byte(text))
		for _, sum := range [][]byte{a[:], b[:], c[:]} {
			list = append(list, hex.EncodeToString(sum), base64.RawStdEncoding.EncodeToString(sum))
		}
	}
	return list
}

// guess returns the four digits of which any form stands in a text.
func guess(text []byte) []string {
	var found []string
	for n := range 10000 {
		pin := fmt.Sprintf("%04d", n)
		for _, form := range forms(pin)[3:] { // four digits stand in many a number
			if bytes.Contains(text, []byte(form)) {
				found = append(found, pin)
			}
		}
	}
	return found
}

// Short secrets cannot be told from what is kept: every digest of one is keyed, that of the file in which it stands too.
func TestShortSecrets(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	at := func(scope string) drift.Address { return drift.Address("file").Key(scope) }
	digest := func(text string) drift.Value {
		sum := sha256.Sum256([]byte(text))
		return drift.String(hex.EncodeToString(sum[:]))
	}
	const pin = "4711"
	h := host("production", "a",
		drift.Section{Collector: "file", Scope: "/etc/app.ini", Status: drift.OK, Facts: []drift.Fact{
			{Address: at("/etc/app.ini").Attr("entries").Key("db.pin"), Value: drift.String(pin)},
			{Address: at("/etc/app.ini").Attr("sha256"), Value: digest("[db]\npin = " + pin + "\n")},
		}},
		drift.Section{Collector: "file", Scope: "/etc/pin", Status: drift.OK, Facts: []drift.Fact{
			{Address: at("/etc/pin").Attr("sha256"), Value: digest(pin + "\n")},
		}},
		drift.Section{Collector: "file", Scope: "/etc/private", Status: drift.OK, Facts: []drift.Fact{
			{Address: at("/etc/private").Attr("entries").Key("x"), Value: drift.String(pin), Private: true},
			{Address: at("/etc/private").Attr("sha256"), Value: digest(pin), Private: true},
		}},
	)
	for _, reveal := range []drift.Reveal{drift.RevealSafe, drift.RevealNone, drift.RevealAll} {
		s := newSite(t)
		copied := h
		copied.Sections = nil
		for _, section := range h.Sections {
			section.Facts = append([]drift.Fact(nil), section.Facts...)
			copied.Sections = append(copied.Sections, section)
		}
		vars := drift.NewVars(nil)
		sealer := drift.NewSealer([]byte(strings.Repeat("k", 32)), vars)
		sealer.Seal(&copied, func(*drift.Section) drift.Reveal { return reveal })
		kept := snapshot("production", copied)
		kept.KeyID = sealer.KeyID()
		s.keep(kept)
		text := allObjects(t, s.git)
		if found := guess(text); len(found) > 0 {
			t.Errorf("reveal %s: guessed %q", reveal, found)
		}
		if reveal != drift.RevealAll && bytes.Contains(text, []byte(`"`+pin+`"`)) {
			t.Errorf("reveal %s: it stands there", reveal)
		}
	}
	// The guesser guesses what is not keyed.
	s := newSite(t)
	s.write("blob", digest(pin+"\n").Text)
	if found := guess(allObjects(t, s.git)); len(found) != 1 || found[0] != pin {
		t.Errorf("the guesser guesses %q, want %s", found, pin)
	}
}
