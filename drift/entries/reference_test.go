package entries

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// references are the formats that Python reads, with the modules that it needs for that.
var references = []struct {
	format, module string
	generate       func(*generator) string
	// refusals says where the reference may refuse what we take; any other disagreement fails the test.
	refusals func(text string) bool
}{
	{"ini", "configparser", (*generator).ini, func(string) bool { return true }},
	{"json", "json", (*generator).json, func(string) bool { return false }},
	// tomllib reads TOML 1.0, where a time has seconds.
	{"toml", "tomllib", (*generator).toml, func(text string) bool { return strings.Contains(text, "07:32#") }},
	// encoding/xml does without white space between attributes, and reads prefixes that are not declared: nothing of
	// that loses a thing.
	{"xml", "xml.etree.ElementTree", (*generator).xml, func(string) bool { return true }},
	// PyYAML does not take tabs between tokens, which YAML allows, and safe_load no tags of one's own.
	{"yaml", "yaml", (*generator).yaml, func(text string) bool { return strings.ContainsAny(text, "\t!") }},
}

// TestLikeReference reads generated files, and the same with single bytes changed, with our reader and with Python's.
func TestLikeReference(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, ref := range references {
		t.Run(ref.format, func(t *testing.T) {
			python := drifttest.Python(t, ref.module)
			texts := handMade(t, ref.format)
			for seed := range uint64(400) {
				g := &generator{Rand: rand.New(rand.NewPCG(seed, 7))}
				text := ref.generate(g)
				texts = append(texts, text, g.damage(text))
			}
			wants := reference(t, python, ref.format, texts)
			both := 0
			for i, text := range texts {
				got, err := Parse(ref.format, []byte(text))
				want := wants[i]
				switch {
				case err == nil && want == nil && ref.refusals(text):
				case err == nil && want == nil:
					t.Errorf("Parse takes what the reference refuses:\n%s", text)
				case err != nil && want != nil:
					t.Errorf("Parse refuses what the reference takes: %v\n%s", err, text)
				case err == nil:
					both++
					if diff := cmp.Diff(comparable(t, asMap(t, got)), comparable(t, want)); diff != "" {
						t.Errorf("got -, reference +:\n%s\nof:\n%s", diff, text)
					}
				}
			}
			if both < 400 {
				t.Errorf("only %d of %d files were read by both", both, len(texts))
			}
		})
	}
}

// reference returns what Python reads in each text, nil where it refuses it.
func reference(t *testing.T, python, format string, texts []string) []map[string]any {
	t.Helper()
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(python, filepath.Join("testdata", "reference.py"), format)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("reference.py: %v\n%s", err, stderr.Bytes())
	}
	var wants []map[string]any
	decoder := json.NewDecoder(&stdout)
	decoder.UseNumber()
	if err := decoder.Decode(&wants); err != nil || len(wants) != len(texts) {
		t.Fatalf("reference.py answers %d of %d texts: %v", len(wants), len(texts), err)
	}
	return wants
}

// asMap returns entries as JSON values by their keys.
func asMap(t testing.TB, list []Entry) map[string]any {
	t.Helper()
	m := map[string]any{}
	for _, e := range list {
		if _, ok := m[e.Key]; ok {
			t.Fatalf("two entries %q", e.Key)
		}
		decoder := json.NewDecoder(strings.NewReader(e.Value.Text))
		decoder.UseNumber()
		var v any
		if err := decoder.Decode(&v); err != nil {
			t.Fatalf("entry %q: %v", e.Key, err)
		}
		m[e.Key] = v
	}
	return m
}

// comparable makes numbers of equal value equal: the reference does not keep how they are written.
func comparable(t testing.TB, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, item := range v {
			out[key] = comparable(t, item)
		}
		return out
	case []any:
		out := []any{}
		for _, item := range v {
			out = append(out, comparable(t, item))
		}
		return out
	case json.Number:
		if f, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), ".eE") {
			return fmt.Sprintf("number %v", f)
		}
		if strings.HasPrefix(v.String(), "-0") {
			return "number 0"
		}
		return "number " + v.String()
	}
	return v
}

// handMade returns the inputs in the format's folder.
func handMade(t *testing.T, format string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", format, "*.in"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, strings.ToValidUTF8(string(data), "?"))
	}
	return texts
}
