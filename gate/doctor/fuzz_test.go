package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever a workflow says, it is read or refused, and examined without harm.
func FuzzExamine(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range strings.Split(string(data), "\n# case: ")[1:] {
			f.Add(part)
		}
	}
	f.Fuzz(func(t *testing.T, workflow string) {
		w, err := Parse(".github/workflows/a.yml", []byte(workflow))
		if err != nil {
			return
		}
		in := input(t, nil)
		in.Workflows, in.Settings = []*Workflow{w}, wired()
		for _, finding := range Examine(in) {
			if finding.What == "" || finding.Why == "" || finding.Severity == "" {
				t.Errorf("%+v", finding)
			}
		}
	})
}
