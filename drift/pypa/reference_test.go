package pypa_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// askPackaging runs a Python program, which has the module "packaging" and its own JSON input as "cases", once for all
// cases and decodes the JSON that it prints into answers.
func askPackaging(t *testing.T, program string, cases, answers any) {
	t.Helper()
	python := drifttest.Python(t, "packaging")
	input, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", prelude+program)
	cmd.Stdin = bytes.NewReader(input)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python: %v\n%s", err, stderr.String())
	}
	if err := json.Unmarshal(out, answers); err != nil {
		t.Fatalf("python's answer: %v", err)
	}
}

const prelude = `
import json, sys
import packaging
from packaging.version import Version, InvalidVersion
from packaging.specifiers import Specifier, SpecifierSet, InvalidSpecifier
from packaging.requirements import Requirement, InvalidRequirement
from packaging.markers import Marker, InvalidMarker, UndefinedComparison
from packaging.utils import canonicalize_name
release = tuple(int(part) for part in packaging.__version__.split(".")[:2])
cases = json.load(sys.stdin)
`

// generator makes text from parts, the same for each run.
type generator struct{ *rand.Rand }

func newGenerator() generator { return generator{rand.New(rand.NewPCG(5, 8))} }

func (g generator) one(of ...string) string { return of[g.IntN(len(of))] }

// maybe returns one of the texts, or with the given chance in a hundred nothing.
func (g generator) maybe(emptyPercent int, of ...string) string {
	if g.IntN(100) < emptyPercent {
		return ""
	}
	return g.one(of...)
}

func (g generator) number() string {
	return g.one("0", "1", "2", "3", "9", "10", "11", "00", "01", "007", "2024", "20240131", "9223372036854775807",
		"9223372036854775808", "99999999999999999999999999")
}

// small numbers collide often.
func (g generator) small() string { return g.one("0", "1", "2", "3", "10", "01") }

func (g generator) release() string {
	parts := []string{g.small()}
	for range g.IntN(4) {
		parts = append(parts, g.small())
	}
	if g.IntN(10) == 0 {
		parts[len(parts)-1] = g.number()
	}
	return strings.Join(parts, ".")
}

func (g generator) pre() string {
	return g.one("", ".", "-", "_") + g.one("a", "b", "c", "rc", "alpha", "beta", "pre", "preview", "A", "RC", "Alpha") +
		g.one("", "", ".", "-", "_") + g.maybe(20, g.number(), g.small())
}

func (g generator) post() string {
	if g.IntN(4) == 0 {
		return "-" + g.number()
	}
	return g.one(".", "", "-", "_") + g.one("post", "rev", "r", "POST") + g.one("", "", ".", "-") + g.maybe(20, g.small())
}

func (g generator) dev() string {
	return g.one(".", "", "-", "_") + g.one("dev", "DEV") + g.maybe(30, g.small(), g.number())
}

func (g generator) local() string {
	return "+" + g.one("1", "abc", "ubuntu.1", "ubuntu_1", "deb-11", "007", "7", "1.2.3", "g0a1b2c", "ABC.01", "99999999999999999999")
}

func (g generator) public() string {
	return g.maybe(80, "1!", "0!", "2!", "99999999999999999999!") + g.release() + g.maybe(60, g.pre()) + g.maybe(75, g.post()) + g.maybe(75, g.dev())
}

func (g generator) version() string {
	return g.maybe(90, "v", "V", " ", "\t", "\n") + g.public() + g.maybe(75, g.local()) + g.maybe(95, " ", "\n", "\r\n")
}

// breakIt changes one character.
func (g generator) breakIt(s string) string {
	if s == "" {
		return s
	}
	at := g.IntN(len(s))
	bad := g.one("", "!", "+", ".", "-", "_", "*", " ", "x", "é", "\x00", "/", "(", ")", "[", "]", ";", ",", "'", `"`, "=", "<", "~", "@", "0", "a", "and", "\n", "#")
	return s[:at] + bad + s[at+g.IntN(2):]
}
