package doctor

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/policies"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const policy = `
ledger {
  remote = "origin"
}
environment "staging" {
  role "web" { hosts = ["deploy@staging-1"] }
}
environment "production" {
  role "web" { hosts = ["deploy@production-1"] }
  promotion { from = ["staging"] }
}
collect "deb" {}
`

func load(t *testing.T, text string) *policies.Policy {
	t.Helper()
	p, diags := policies.Load(fstest.MapFS{"gate.hcl": &fstest.MapFile{Data: []byte(text)}}, "gate.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return p
}

// input is a repository with workflows, of which only findings about them are wanted.
func input(t *testing.T, files map[string]string) Input {
	t.Helper()
	in := Input{Policy: load(t, policy), Pushes: true, Now: now, Unasked: "it is a test"}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := Parse(".github/workflows/"+name, []byte(files[name]))
		if err != nil {
			t.Fatal(err)
		}
		in.Workflows = append(in.Workflows, w)
	}
	return in
}

// absent are findings that a repository with one small workflow has.
var absent = []string{"settings.unknown", "schedule.none", "gate.absent"}

// said returns findings as "code file:line", without those that each small workflow has.
func said(list []Finding) []string {
	got := []string{}
	for _, f := range list {
		if slices.Contains(absent, f.Code) && (f.Code != "settings.unknown" || len(f.Places) == 0) {
			continue
		}
		line := f.Code
		for _, p := range f.Places {
			line += " " + strings.TrimPrefix(p.String(), ".github/workflows/")
		}
		got = append(got, line)
	}
	return got
}

// TestPoints reads testdata/*.yml: below each "# case: NAME" a workflow with "# want: CODE" on the lines that findings are about,
// or several, each below a "# file: NAME".
func TestPoints(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.yml")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, part := range strings.Split(string(data), "\n# case: ")[1:] {
			name, text, _ := strings.Cut(part, "\n")
			t.Run(strings.TrimSuffix(filepath.Base(path), ".yml")+"/"+name, func(t *testing.T) {
				files, want := cutFiles(text)
				got := said(Examine(input(t, files)))
				slices.Sort(got)
				slices.Sort(want)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("case %d (-want +got)\n%s", i, diff)
				}
			})
		}
	}
}

var wanted = regexp.MustCompile(`# want: ([a-z., -]+)$`)

// cutFiles returns the workflows of a case, and what is wanted of them.
func cutFiles(text string) (map[string]string, []string) {
	files, want := map[string]string{}, []string{}
	name, line := "a.yml", 0
	for row := range strings.SplitSeq(text, "\n") {
		if next, ok := strings.CutPrefix(row, "# file: "); ok {
			name, line = next, 0
			continue
		}
		line++
		if m := wanted.FindStringSubmatch(row); m != nil {
			for code := range strings.SplitSeq(m[1], ", ") {
				want = append(want, code+" "+Place{name, line}.String())
			}
		}
		files[name] += row + "\n"
	}
	return files, want
}
