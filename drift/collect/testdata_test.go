package collect

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

var update = flag.Bool("update", false, "rewrite the wanted facts in testdata")

// Each testdata/NAME/CASE.in is what the function read_NAME printed on a real host, CASE.want the sections that gate
// makes of it, and CASE.query, where there is one, the collect block: {"label": …, "become": …, "args": {…}}. To add a case, put the
// first file there and run the test with -update.
func TestParse(t *testing.T) {
	for _, c := range All() {
		t.Run(c.Name, func(t *testing.T) {
			inputs, err := filepath.Glob(filepath.Join("testdata", c.Name, "*.in"))
			if err != nil {
				t.Fatal(err)
			}
			if len(inputs) == 0 {
				t.Fatalf("testdata/%s has no captured output", c.Name)
			}
			for _, input := range inputs {
				t.Run(strings.TrimSuffix(filepath.Base(input), ".in"), func(t *testing.T) { testParse(t, c, input) })
			}
		})
	}
}

func testParse(t *testing.T, c *Collector, input string) {
	data, err := os.ReadFile(input)
	if err != nil {
		t.Fatal(err)
	}
	base := strings.TrimSuffix(input, ".in")
	frame := Frame{Query: storedQuery(t, c, base+".query"), Head: Head{Time: noon, Offset: 3 * time.Second, UID: 1000}, Data: data}
	got := text(frame.parse())
	if *update {
		if err := os.WriteFile(base+".want", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(base + ".want")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// storedQuery reads a .query file; without one the block has no arguments.
func storedQuery(t *testing.T, c *Collector, path string) Query {
	t.Helper()
	var stored struct {
		Label  string
		Become bool
		Args   map[string]json.RawMessage
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &stored)
	}
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	q := Query{Collector: c.Name, Label: stored.Label, Become: stored.Become, Args: map[string]cty.Value{}}
	for _, arg := range c.Args {
		if raw, ok := stored.Args[arg.Name]; ok {
			if q.Args[arg.Name], err = ctyjson.Unmarshal(raw, arg.Type); err != nil {
				t.Fatal(err)
			}
		}
	}
	return q
}

// text writes sections a fact a line.
func text(sections []drift.Section) string {
	var b strings.Builder
	for _, s := range sections {
		kind := "section"
		if s.Question {
			kind = "question"
		}
		fmt.Fprintf(&b, "%s %s: %s %s\n", kind, s.Address(), s.Status, s.Reason)
		for _, f := range s.Facts {
			value := f.Value.Text
			switch {
			case f.Value.Kind == drift.Absent:
				value = "absent"
			case f.Value.Kind == drift.Unknown:
				value = "unknown: " + value
			}
			if f.Private {
				value += " (private)"
			}
			fmt.Fprintf(&b, "%s = %s\n", f.Address, value)
		}
	}
	return b.String()
}

// Every folder of testdata belongs to a collector that is in the list, and every file in it to a case.
func TestTestdataHasCollectors(t *testing.T) {
	folders, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if folder.Name() != "fuzz" && reader(folder.Name()) == nil {
			t.Errorf("testdata/%s: there is no collector of this name", folder.Name())
		}
	}
	wants, err := filepath.Glob("testdata/*/*.want")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range wants {
		if _, err := os.Stat(strings.TrimSuffix(want, ".want") + ".in"); err != nil {
			t.Errorf("%s has no input beside it", want)
		}
	}
}

// What a collector says about itself is whole, and all its facts have a place in its schema.
func TestCollectors(t *testing.T) {
	last := ""
	for _, c := range All() {
		if c.Name <= last {
			t.Errorf("%s stands behind %s in All", c.Name, last)
		}
		last = c.Name
		if c.Version < 1 || c.Doc == "" || c.Summary() == c.Doc || c.Schema == nil || c.Schema.Doc == "" || c.Parse == nil {
			t.Errorf("%s: a part of the collector is missing", c.Name)
		}
		if !strings.Contains(c.Script, "\nread_"+c.Name+"() {\n") {
			t.Errorf("%s: no function read_%s", c.Name, c.Name)
		}
		for _, arg := range c.Args {
			if arg.Doc == "" {
				t.Errorf("%s: the argument %s has no doc", c.Name, arg.Name)
			}
		}
		wants, err := filepath.Glob(filepath.Join("testdata", c.Name, "*.want"))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			testSchema(t, want)
		}
	}
}

func testSchema(t *testing.T, want string) {
	text, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "section ") || strings.HasPrefix(line, "question ") {
			continue
		}
		at, _, _ := strings.Cut(line, " = ")
		if problem, candidates := Check(drift.Address(at).Steps()); problem != "" {
			t.Errorf("%s: %s: %s %q", want, at, problem, candidates)
		}
	}
}
