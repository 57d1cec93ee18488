package pypa_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/pypa"
)

var linux = pypa.Environment{
	"implementation_name": "cpython", "implementation_version": "3.11.2", "os_name": "posix", "platform_machine": "x86_64",
	"platform_release": "6.1.0-13-amd64", "platform_system": "Linux", "platform_version": "#1 SMP Debian 6.1.55-1",
	"platform_python_implementation": "CPython", "python_version": "3.11", "python_full_version": "3.11.2", "sys_platform": "linux",
}

func TestMarkerEvaluate(t *testing.T) {
	only := pypa.Environment{"sys_platform": "linux"} // nothing else could be told
	for _, c := range []struct {
		marker string
		env    pypa.Environment
		extras []string
		want   pypa.Truth
	}{
		{`python_version >= "3.9"`, linux, nil, pypa.True}, // as versions: "3.11" < "3.9" as text
		{`"3.9" > python_version`, linux, nil, pypa.False},
		{`python_version >= "3.9"`, only, nil, pypa.Unknown},
		{`python_version >= "3.9" or sys_platform == "linux"`, only, nil, pypa.True},
		{`python_version >= "3.9" or sys_platform == "win32"`, only, nil, pypa.Unknown},
		{`python_version >= "3.9" and sys_platform == "win32"`, only, nil, pypa.False},
		{`python_version >= "3.9" and sys_platform == "linux"`, only, nil, pypa.Unknown},
		{`sys_platform == "linux" or sys_platform == "x" and sys_platform == "y"`, linux, nil, pypa.True}, // "and" binds first
		{`(sys_platform == "linux" or sys_platform == "x") and sys_platform == "y"`, linux, nil, pypa.False},
		{`platform_release >= "6"`, linux, nil, pypa.True}, // no version: compared as text
		{`sys_platform == "1"`, linux, nil, pypa.False},
		{`sys_platform ~= "linux"`, linux, nil, pypa.Unknown},
		{`"linux" == "linux"`, linux, nil, pypa.Unknown},
		{`sys_platform == os_name`, linux, nil, pypa.Unknown},
		{`extra == "Dev_Tools"`, linux, nil, pypa.False},
		{`extra == "Dev_Tools"`, linux, []string{"test", "dev.tools"}, pypa.True},
		{`extra != "test"`, linux, []string{"test"}, pypa.False},
		{`"win" in sys_platform`, linux, nil, pypa.False},
		{`platform_machine in "x86_64 aarch64"`, linux, nil, pypa.True},
		{`platform_machine not in "x86_64 aarch64"`, linux, nil, pypa.False},
	} {
		m, err := pypa.ParseMarker(c.marker)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := m.Evaluate(c.env, c.extras...); got != c.want {
			t.Errorf("%s with extras %q: %s, want %s", c.marker, c.extras, got, c.want)
		}
	}
	var none *pypa.Marker
	if got := none.Evaluate(nil); got != pypa.True {
		t.Errorf("no marker: %s, want true", got)
	}
}

// TestMarkersLikePackaging compares 4,000 markers with the reference, invalid ones among them.
func TestMarkersLikePackaging(t *testing.T) {
	t.Parallel()
	type markerCase struct {
		Marker      string
		Environment pypa.Environment
		Extra       string
	}
	g := newGenerator()
	var cases []markerCase
	for len(cases) < 4000 {
		c := markerCase{Marker: g.marker(3), Environment: linux, Extra: g.maybe(50, "test", "dev", "A_b", "2")}
		if len(cases)%4 == 0 {
			c.Marker = g.breakIt(c.Marker)
		}
		cases = append(cases, c)
	}
	// Where the reference says that a comparison has no meaning, so do we, but for text that it takes for a version
	// because of the other side: PEP 508 compares these as text.
	var want []string
	askPackaging(t, `
def answer(case):
    try:
        m = Requirement("x;" + case["Marker"]).marker # older references do not read a Marker to its end
    except (ValueError, SyntaxError):
        return "refused"
    try:
        return "true" if m.evaluate(dict(case["Environment"], extra=case["Extra"])) else "false"
    except UndefinedComparison:
        return "unknown"
    except InvalidVersion:
        return "not judged"
    except KeyError: # two literals
        return "not judged"
print(json.dumps([answer(case) for case in cases]))
`, cases, &want)
	count := map[string]int{}
	for i, c := range cases {
		count[want[i]]++
		got := "refused"
		if m, err := pypa.ParseMarker(c.Marker); err == nil {
			got = m.Evaluate(linux, c.Extra).String()
		}
		// The reference stops at the first comparison without a meaning; for us the others may still decide.
		if got != want[i] && want[i] != "not judged" && !(want[i] == "unknown" && got != "refused") {
			t.Errorf("%s with extra %q: %s, want %s", c.Marker, c.Extra, got, want[i])
		}
	}
	for _, answer := range []string{"refused", "true", "false", "unknown"} {
		if count[answer] < 50 {
			t.Errorf("only %d of the answers are %s: %v", count[answer], answer, count)
		}
	}
	if count["not judged"] > len(cases)/4 {
		t.Errorf("the reference judged too few: %v", count)
	}
}

// marker returns a marker with up to depth levels of parentheses.
func (g generator) marker(depth int) string {
	switch {
	case depth == 0 || g.IntN(3) == 0:
		return g.comparison()
	case g.IntN(3) == 0:
		return "(" + g.maybe(80, " ") + g.marker(depth-1) + g.maybe(80, " ") + ")"
	}
	return g.marker(depth-1) + g.one(" and ", " or ", "  and\t") + g.marker(depth-1)
}

func (g generator) comparison() string {
	quote := g.one("'", `"`)
	space := g.one(" ", "", "  ")
	literal := func(of ...string) string { return quote + g.one(of...) + quote }
	compare := func(variable, op, literal string) string {
		if strings.Trim(op, "<>=!~") != "" {
			space = " "
		}
		if g.IntN(4) == 0 {
			variable, literal = literal, variable
		}
		return variable + space + op + space + literal
	}
	switch g.IntN(6) {
	case 0, 1:
		return compare(g.one("python_version", "python_full_version", "implementation_version"), g.one("<", "<=", "==", "!=", ">=", ">", "~="),
			literal("3", "3.11", "3.9", "3.11.2", "3.11.*", "4.0", "2.7", "3.12.0a1"))
	case 2:
		return compare("extra", g.one("==", "!="), literal("test", "dev", "a-B", "Test"))
	case 3:
		return compare(g.one("python_version", "sys_platform", "os.name"), g.one("in", "not in", "not  in"),
			literal("3.10 3.11", "linux darwin", "posix", "x"))
	case 4:
		return compare(g.one("os_name", "os.name", "sys.platform", "platform.python_implementation", "python_implementation",
			"platform_system", "platform_machine", "platform.machine", "platform_version", "platform_release"),
			g.one("==", "!=", "<", ">", "<=", ">=", "~="), literal("posix", "linux", "Linux", "CPython", "x86_64", "nt", "", "é", "6.x"))
	}
	return fmt.Sprintf("sys_platform%s==%s%s", space, space, literal("linux", "win32"))
}

func FuzzParseMarker(f *testing.F) {
	f.Add(`python_version >= "3.9" and (os_name == 'posix' or extra not in "a b")`)
	f.Fuzz(func(t *testing.T, s string) {
		m, err := pypa.ParseMarker(s)
		if err != nil {
			return
		}
		again, err := pypa.ParseMarker(m.String())
		if err != nil || again.String() != m.String() || again.Evaluate(linux) != m.Evaluate(linux) {
			t.Errorf("%q normalised to %q, read again as %v, %v", s, m, again, err)
		}
	})
}
