package pypa_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/drift/pypa"
)

// parsers are all that read what a host says, by name.
var parsers = map[string]func(text string) any{
	"DirectURL": func(s string) any { d, err := pypa.ParseDirectURL(strings.NewReader(s)); return []any{d, err} },
	"EggLink":   func(s string) any { d, err := pypa.ParseEggLink(strings.NewReader(s)); return []any{d, err} },
	"Marker": func(s string) any {
		m, err := pypa.ParseMarker(s)
		if err != nil {
			return err
		}
		return []any{m.String(), m.Evaluate(pypa.Environment{"os_name": "posix", "python_version": "3.11"}, "a", "b")}
	},
	"Metadata":             func(s string) any { m, err := pypa.ParseMetadata(strings.NewReader(s)); return []any{m, err} },
	"names, normalised":    func(s string) any { return pypa.NormalizeName(s) },
	"Record":               func(s string) any { r, err := pypa.ParseRecord(strings.NewReader(s)); return []any{r, err} },
	"URLs, redacted":       func(s string) any { return pypa.RedactURL(s) },
	"RequiresTxt":          func(s string) any { d, err := pypa.ParseRequiresTxt(strings.NewReader(s)); return []any{d, err} },
	"Requirement":          func(s string) any { r, err := pypa.ParseRequirement(s); return []any{r.String(), err} },
	"RequirementsFile":     func(s string) any { e, err := pypa.ParseRequirementsFile(strings.NewReader(s)); return []any{e, err} },
	"Specifiers":           func(s string) any { p, err := pypa.ParseSpecifiers(s); return []any{p.String(), err} },
	"Version":              func(s string) any { v, err := pypa.ParseVersion(s); return []any{v.String(), v.Compare(v), err} },
	"what Specifiers hold": holds,
}

// holds asks whether a version satisfies specifiers.
func holds(s string) any {
	specs, err := pypa.ParseSpecifiers(s)
	v, _ := pypa.ParseVersion("1.0")
	return []any{specs.Contains(v, pypa.AnyPrereleases), err}
}

// TestParsersAreLinear gives hard texts to every parser: those of configuration files, and some that only these have.
func TestParsersAreLinear(t *testing.T) {
	drifttest.Slow(t)
	size := drifttest.Times(16<<10, 512<<10)
	shapes := drifttest.Shapes()
	add := func(name, head, unit, tail string) {
		shapes = append(shapes, drifttest.Shape{Name: name, Text: func(size int) string { return drifttest.Fill(size, head, unit, tail) }})
	}
	add("a marker of ands", "os_name=='x'", " and os_name=='x'", "")
	add("a marker of ors", "os_name=='x'", " or os_name=='x'", "")
	add("a marker of brackets", "", "(", "os_name=='x'")
	add("a marker of a long text", "os_name=='", "x", "'")
	add("a marker of spaces", "os_name", " ", "=='x'")
	add("a continued header", "Name: a\nVersion: 1\nSummary: a\n", " x\n", "")
	add("headers", "Name: a\nVersion: 1\n", "Requires-Dist: a%>1\n", "")
	add("names in metadata", "", "Name: a%\n", "")
	add("sections of requires.txt", "", "[a%:os_name=='x']\nb\n", "")
	add("sections that are none", "", "[a%\nb\n", "")
	add("rows", "", "a%,sha256=b,1\n", "")
	add("a quoted row", `"`, "\n", `",,`)
	add("a direct URL", `{"url": "`, "a?", `", "dir_info": {}}`)
	add("clauses", "", ">%,", "")
	add("clauses of any text", "", "===x%,", "")
	add("a version of numbers", "1", ".0", "")
	add("a version of zeros", "1.", "0", "")
	add("a local version", "1+a", ".b", "")
	add("a URL of users", "https://", "a@", "h/")
	add("a URL of slashes", "https://h", "/", "")
	add("a fragment", "https://h/#", "a=b&", "")
	for _, name := range exported(t) {
		if parsers[name] == nil {
			t.Errorf("Parse%s is not among the parsers here", name)
		}
	}
	for _, shape := range shapes {
		text := shape.Text
		for name, parse := range parsers {
			t.Run(name+"/"+strings.ReplaceAll(shape.Name, " ", "_"), func(t *testing.T) {
				drifttest.Linear(t, text, size, 0, parse)
			})
		}
	}
}

// exported returns what the exported functions of the package are called that begin with Parse, less that.
func exported(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func Parse([A-Za-z]+)\(`).FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	if len(names) == 0 {
		t.Fatal("the package has no parsers")
	}
	return names
}
