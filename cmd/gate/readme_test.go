package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/policies"
)

var updateReadme = flag.Bool("update-readme", false, "write what gate prints into README.md")

// readmePart returns what stands in README.md between two marks, and a function that replaces it.
func readmePart(t *testing.T, name string) (part string, replace func(string)) {
	t.Helper()
	const path = "../../README.md"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	i, j := strings.Index(text, begin), strings.Index(text, end)
	if i < 0 || j < i {
		t.Fatalf("README.md has no part %q", name)
	}
	i += len(begin)
	return text[i:j], func(s string) {
		if err := os.WriteFile(path, []byte(text[:i]+s+text[j:]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadmeHasTheCollectors(t *testing.T) {
	var want strings.Builder
	for _, c := range collect.All() {
		fmt.Fprintf(&want, "| `%s` | %s |\n", c.Name, strings.TrimSuffix(c.Summary(), "."))
	}
	checkReadme(t, "collectors", want.String(), func(s string) string { return s })
}

// folders and times differ between two runs of the demo.
var (
	folders = regexp.MustCompile(`\S*/gate-demo-\d+/`)
	times   = regexp.MustCompile(`\d+\.\d ?s\b`)
)

func TestReadmeHasTheDemo(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	var out bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, err: io.Discard, getenv: func(string) string { return "" }, now: time.Now}
	if code := a.run(t.Context(), []string{"demo"}); code != exitPass {
		t.Fatalf("gate demo: exit %d\n%s", code, out.String())
	}
	want := "```text\n" + folders.ReplaceAllString(out.String(), "gate-demo/") + "```\n"
	checkReadme(t, "demo", want, func(s string) string { return times.ReplaceAllString(s, "0.0s") })
}

func TestReadmePolicyIsValid(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```hcl\n")
	policy, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("README.md has no policy")
	}
	_, diags := policies.Load(fstest.MapFS{"gate.hcl": {Data: []byte(policy)}}, "gate.hcl")
	if len(diags) > 0 {
		t.Error(diags)
	}
	if got := string(policies.Format([]byte(policy))); got != policy {
		t.Errorf("not in the canonical layout (-got +want)\n%s", cmp.Diff(policy, got))
	}
}

// checkReadme compares a part of README.md with what it should be, after both were normalised.
func checkReadme(t *testing.T, name, want string, normalise func(string) string) {
	t.Helper()
	got, replace := readmePart(t, name)
	if normalise(got) == normalise(want) {
		return
	}
	if *updateReadme {
		replace(want)
		return
	}
	t.Errorf("README.md, part %q (-got +want; go test ./cmd/gate -run Readme -update-readme writes it)\n%s", name, cmp.Diff(normalise(got), normalise(want)))
}
