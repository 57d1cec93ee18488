package pypa_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/pypa"
)

func TestNormalizeName(t *testing.T) {
	for in, want := range map[string]string{"Django": "django", "My.Dotted_Name": "my-dotted-name", "a-_.b": "a-b", "ruamel.yaml": "ruamel-yaml"} {
		if got := pypa.NormalizeName(in); got != want {
			t.Errorf("NormalizeName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRequirementString(t *testing.T) {
	for in, want := range map[string]string{
		"requests [security,Socks_5] >= 2.8.1, == 2.8.* ; python_version < \"2.7\"": `requests[security,socks-5]==2.8.*,>=2.8.1; python_version < "2.7"`,
		"pip @ https://user:secret@example.com/pip.zip?token=secret#sha256=ab":      "pip @ https://example.com/pip.zip?(not shown)#sha256=ab",
		"name(>=1)": "name>=1",
		"a;(os.name=='x' or os_name=='y')and python_implementation!='z'": `a; (os_name == "x" or os_name == "y") and platform_python_implementation != "z"`,
	} {
		r, err := pypa.ParseRequirement(in)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := r.String(); got != want {
			t.Errorf("ParseRequirement(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRequirementErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                     `requirement "": expected a name at the end`,
		"a>=":                  `requirement "a>=": expected ";" or the end at character 2`,
		"a[b":                  `requirement "a[b": expected "," or "]" at the end`,
		"a @ x":                `requirement "a @ x": expected a URL with scheme and host at character 5`,
		`a; os_name == "\x41"`: `requirement "a; os_name == \"\\x41\"": expected a string on one line, without backslash, and its closing quote at character 16`,
		"a @ //u:secret@h/x b": `requirement "a @ //h/x b": expected a URL with scheme and host at character 5`,
	} {
		_, err := pypa.ParseRequirement(in)
		if err == nil || err.Error() != want {
			t.Errorf("ParseRequirement(%q): %v, want %s", in, err, want)
		}
	}
	if _, err := pypa.ParseRequirement("a;" + strings.Repeat("(", 1e6)); err == nil {
		t.Error("a million parentheses are read")
	}
}

// TestRequirementsLikePackaging compares 4,000 requirements with the reference, invalid ones among them.
func TestRequirementsLikePackaging(t *testing.T) {
	t.Parallel()
	g := newGenerator()
	var cases []string
	for len(cases) < 4000 {
		c := g.requirement()
		if len(cases)%3 == 0 {
			c = g.breakIt(c)
		}
		cases = append(cases, c)
	}
	type answer struct {
		Name, URL, Specifiers string
		Extras                []string
		Marker                string
	}
	var want []*answer
	// Later references take any word for a URL; ours and the older ones want one. The reference writes a double quote
	// inside of double quotes.
	askPackaging(t, `
from urllib.parse import urlparse, urlunparse
from packaging._parser import Value
Value.serialize = lambda v: ("'%s'" if '"' in v.value else '"%s"') % v.value
def valid_url(url):
    if min(url) < " ":
        return False
    parsed = urlparse(url)
    return urlunparse(parsed) == url if parsed.scheme == "file" else parsed.scheme and parsed.netloc
def answer(text):
    try:
        r = Requirement(text)
        if r.url and not valid_url(r.url):
            return None
    except (ValueError, SyntaxError):
        return None
    return {"Name": r.name, "URL": r.url or "", "Specifiers": str(r.specifier), "Extras": sorted(r.extras) or None, "Marker": str(r.marker or "")}
print(json.dumps([answer(case) for case in cases]))
`, cases, &want)
	refused := 0
	for i, c := range cases {
		r, err := pypa.ParseRequirement(c)
		var got *answer
		if err == nil {
			slices.Sort(r.Extras)
			got = &answer{Name: r.Name, URL: r.URL, Specifiers: r.Specifiers.String(), Extras: slices.Compact(r.Extras)}
			if r.Marker != nil {
				got.Marker = r.Marker.String()
			}
		} else {
			refused++
		}
		if want[i] != nil {
			want[i].URL = pypa.RedactURL(want[i].URL)
			want[i].Marker = normalMarker(t, want[i].Marker)
		}
		if diff := cmp.Diff(got, want[i]); diff != "" {
			t.Errorf("%q (-got +want):\n%s%v", c, diff, err)
		}
	}
	if refused < 500 || refused > 2000 {
		t.Errorf("%d of %d were refused: the cases do not try both", refused, len(cases))
	}
}

// normalMarker returns a marker of the reference, which keeps needless parentheses, as ours are written.
func normalMarker(t *testing.T, s string) string {
	t.Helper()
	if s == "" {
		return ""
	}
	m, err := pypa.ParseMarker(s)
	if err != nil {
		t.Errorf("the reference's marker %q: %v", s, err)
		return ""
	}
	return m.String()
}

func (g generator) name() string {
	return g.one("a", "django", "My.Dotted_Name", "A-1", "requests", "_x", "x_", "zope.interface", "3to2", "a--b")
}

func (g generator) requirement() string {
	s := g.maybe(90, " ", "\t") + g.name() + g.maybe(70, " ")
	switch g.IntN(4) {
	case 0:
		s += "[" + g.maybe(80, " ") + g.maybe(20, g.name(), g.name()+","+g.name(), g.name()+" , "+g.name()) + "]" + g.maybe(70, " ")
	}
	spaceBeforeMarker := ""
	switch g.IntN(6) {
	case 0:
		s += "@" + g.maybe(20, " ") + g.one("https://example.com/x.whl", "git+https://example.com/r.git@v1", "file:///srv/x.whl",
			"http://example.com/a;b", "ftp://example.com/x#sha256=abc", "relative/path", "file://localhost/x", "file:x", "https:///x", "git@github.com:x/y")
		spaceBeforeMarker = " "
	case 1:
		s += "(" + g.specifierSet() + ")"
	case 2:
	default:
		s += g.specifierSet()
	}
	if g.IntN(2) == 0 {
		s += spaceBeforeMarker + g.maybe(60, " ") + ";" + g.maybe(40, " ") + g.marker(2)
	}
	return s
}

func FuzzParseRequirement(f *testing.F) {
	f.Add(`requests[security]>=2.8.1,==2.8.*; python_version < "2.7" and (extra == 'x' or os_name not in "a b")`)
	f.Add("pip @ https://user:secret@example.com/pip.zip#sha256=ab ; os_name=='x'")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := pypa.ParseRequirement(s)
		if err != nil {
			return
		}
		again, err := pypa.ParseRequirement(r.String())
		// A name that ends in "_" is taken, though its normal form is no name.
		noName := func(name string) bool { return strings.HasSuffix(name, "_") }
		if strings.Contains(r.URL, "(not shown)") || noName(r.Name) || slices.ContainsFunc(r.Extras, noName) {
			return
		}
		if err != nil || again.String() != r.String() {
			t.Errorf("%q normalised to %q, read again as %q, %v", s, r, again, err)
		}
		_ = r.Marker.Evaluate(pypa.Environment{"os_name": "posix"}, "x")
	})
}
