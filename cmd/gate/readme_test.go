package main

import (
	"flag"
	"fmt"
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

// What differs between two runs of the demo: times, days and ids, and with them the widths of lines.
var changing = regexp.MustCompile(`\d+\.\d ?s\b|\b\d{1,2} [A-Z][a-z]{2} (?:\d\d:|\d{4})|\b[0-9a-f]{7}\b`)

func TestReadmeHasTheDemo(t *testing.T) {
	leavesNothing(t)
	checkReadme(t, "demo", "```text\n"+tellsStory(t, time.Now(), false)+"```\n", func(s string) string {
		return strings.Join(strings.Fields(changing.ReplaceAllString(s, "0")), " ")
	})
}

func TestReadmePoliciesAreValid(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```hcl\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(found) != 3 {
		t.Fatalf("README.md has %d policies, want one of drift, one of promotions and a part of that", len(found))
	}
	// The second one is what is added to the first, whose other environment it goes on from. The third one stands in its
	// promotion block.
	staging, _, _ := strings.Cut(found[0][1], `environment "production"`)
	part := strings.Replace(found[1][1], "    verified_by = [\"smoke\"]\n", found[2][1], 1)
	for i, policy := range []string{found[0][1], staging + found[1][1], staging + part} {
		if _, diags := policies.Load(fstest.MapFS{"gate.hcl": {Data: []byte(policy)}}, "gate.hcl"); len(diags) > 0 {
			t.Error(diags)
		}
		if got := string(policies.Format([]byte(found[i][1]))); got != found[i][1] {
			t.Errorf("not in the canonical layout (-got +want)\n%s", cmp.Diff(found[i][1], got))
		}
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
