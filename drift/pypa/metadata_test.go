package pypa_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/pypa"
)

func TestParseMetadata(t *testing.T) {
	const text = "Metadata-Version: 2.1\r\nName: My.Dotted_Name\nVERSION: 3.0.post1\nSummary: a\n folded: line\n" +
		"Requires-Python: >=3.8,\n\t<4\nProvides-Extra: dev\nProvides-Extra: test\nRequires-Dist: yamlite (>=6)\n" +
		"Requires-Dist: retryx; extra == \"dev\"\nRequires-Dist: not a requirement\n\nRequires-Dist: body\nno header\n"
	m, err := pypa.ParseMetadata(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	got := append([]string{m.Name, m.Version, m.RequiresPython, strings.Join(m.Extras, " ")}, dependencies(m.Requires)...)
	want := []string{
		"My.Dotted_Name", "3.0.post1", ">=3.8, <4", "dev test", "10 yamlite>=6", `11 retryx; extra == "dev"`,
		`line 12: requirement "not a requirement": expected ";" or the end at character 5`,
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}

func TestParseMetadataErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                                    "no Name\nno Version",
		"Name: a\n":                           "no Version",
		"Version: 1\n\nName: a\n":             "no Name",
		"Name: a\nName: b\nVersion: 1\n":      "line 2: Name: stands there twice",
		" Name: a\n":                          "line 1: continues no header\nno Name\nno Version",
		"Name: a\nVersion: 1\nwhat is this\n": "line 3: no header",
	} {
		_, err := pypa.ParseMetadata(strings.NewReader(in))
		if err == nil || err.Error() != want {
			t.Errorf("ParseMetadata(%q): %v, want %s", in, err, want)
		}
	}
	if _, err := pypa.ParseMetadata(strings.NewReader("Name: a\nVersion: 1\nSummary: " + strings.Repeat("x", 2<<20))); err == nil {
		t.Error("a line of 2 MiB is read")
	}
	failing := iotest.ErrReader(errors.New("broken pipe"))
	if _, err := pypa.ParseMetadata(failing); err == nil || !strings.Contains(err.Error(), "broken pipe") {
		t.Errorf("a failing reader: %v", err)
	}
}

func dependencies(all []pypa.Dependency) []string {
	var texts []string
	for _, d := range all {
		if d.Err != nil {
			texts = append(texts, d.Err.Error())
			continue
		}
		texts = append(texts, strings.Join([]string{itoa(d.Line), d.Requirement.String()}, " "))
	}
	return texts
}

func FuzzParseMetadata(f *testing.F) {
	f.Add("Name: a\nVersion: 1\nRequires-Dist: b\n ; extra == 'c'\n\nbody")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := pypa.ParseMetadata(strings.NewReader(s))
		if err == nil && (m.Name == "" || m.Version == "") {
			t.Errorf("%q: no name or version, and no error", s)
		}
	})
}
