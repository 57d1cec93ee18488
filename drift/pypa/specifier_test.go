package pypa_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/drift/pypa"
)

func TestSpecifiersContain(t *testing.T) {
	for _, c := range []struct {
		specifiers, version string
		want                bool
	}{
		{"", "1.0", true},
		{"~=2.2", "2.3", true},
		{"~=2.2", "3.0", false},
		{"~=2.2.post3", "2.9", true},
		{"~=1.2.c1", "1.3", true},     // any spelling of a suffix is left out of the prefix
		{"==1!2.0.*", "1!2", true},    // zeros are added behind an epoch too
		{"==1!2.0.*", "2.0.1", false}, // the epoch counts
		{"==1.*", "1.0.post2", true},
		{"==1.1", "1.1+lab.7", true},
		{"==1.1+lab.7", "1.1", false},
		{"<=1.1", "1.1+lab.7", true},
		{">1.1", "1.1.post1", false},
		{">1.1", "1.1+lab.7", false},
		{"<1.1", "1.1rc1", false},
		{"===1.0", "1.0", true},
		{"===1.0", "1.0.0", false},
		{"===Foo", "1.0", false},
		{">=1,!=1.5,<2", "1.5", false},
	} {
		specs, err := pypa.ParseSpecifiers(c.specifiers)
		if err != nil {
			t.Fatal(err)
		}
		if got := specs.Contains(parse(t, c.version), pypa.AnyPrereleases); got != c.want {
			t.Errorf("%q contains %s: %t, want %t", c.specifiers, c.version, got, c.want)
		}
	}
}

// TestSpecifiersLikePackaging compares 5,000 cases with the reference, invalid ones among them.
func TestSpecifiersLikePackaging(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	g := newGenerator()
	var cases [][2]string
	for len(cases) < 5000 {
		c := [2]string{g.specifierSet(), strings.TrimSpace(g.version())}
		if len(cases)%5 == 0 {
			c[0] = g.breakIt(c[0])
		}
		if strings.ContainsAny(c[0], "*~") {
			c[1] = c[1][strings.IndexByte(c[1], '!')+1:]
		}
		cases = append(cases, c)
	}
	type answer struct {
		Text       string
		Any, Named bool
	}
	var want []*answer
	askPackaging(t, `
def answer(specifiers, version):
    try:
        s = SpecifierSet(specifiers)
    except InvalidSpecifier:
        return None
    try:
        named = s.contains(version)
    except InvalidVersion: # "===" with what is no version
        named = s.contains(version, prereleases=Version(version).is_prerelease and any(
            c.prereleases for c in s if c.operator != "==="))
    return {"Text": str(s), "Any": s.contains(version, prereleases=True), "Named": named}
print(json.dumps([answer(*case) for case in cases]))
`, cases, &want)
	held, refused := 0, 0
	for i, c := range cases {
		specs, err := pypa.ParseSpecifiers(c[0])
		var got *answer
		if err == nil {
			v := parse(t, c[1])
			got = &answer{specs.String(), specs.Contains(v, pypa.AnyPrereleases), specs.Contains(v, pypa.NamedPrereleases)}
			if got.Any {
				held++
			}
		} else {
			refused++
		}
		if diff := cmp.Diff(got, want[i]); diff != "" {
			t.Errorf("%q and %q (-got +want):\n%s", c[0], c[1], diff)
		}
	}
	if held < 1000 || refused < 300 {
		t.Errorf("%d held and %d were refused of %d: the cases do not try both", held, refused, len(cases))
	}
}

func (g generator) specifierSet() string {
	var clauses []string
	for range 1 + g.IntN(2) {
		clauses = append(clauses, g.maybe(90, " ")+g.specifier()+g.maybe(90, " "))
	}
	return strings.Join(clauses, g.one(",", ", ", " ,")) + g.maybe(95, ",")
}

// specifier leaves out what older references judge wrongly: epochs in a prefix, and "~=" with a suffix that is not in
// normal form. TestSpecifiersContain has these.
func (g generator) specifier() string {
	switch op := g.one("~=", "==", "==.*", "!=", "!=.*", "<=", ">=", "<", ">", "==="); op {
	case "~=":
		return op + g.maybe(80, " ") + g.small() + "." + g.release() + g.maybe(70, "a1", "rc2", ".post1", ".dev3", "b1.dev2")
	case "==.*", "!=.*":
		return op[:2] + g.maybe(80, " ") + g.release() + ".*"
	case "===":
		return op + g.maybe(80, " ") + g.one(g.public(), "1.0", "1", "foo", "1.0+abc", "")
	case "==", "!=":
		return op + g.maybe(80, " ") + g.public() + g.maybe(80, g.local())
	default:
		return op + g.maybe(80, " ", "  ") + g.maybe(90, "v") + g.public()
	}
}

func FuzzParseSpecifiers(f *testing.F) {
	f.Add(">=1.0,!=1.5.*,<2", "1.4")
	f.Add("~=1.4.5a4", "1.4.5")
	f.Add("===anything at all", "0")
	f.Fuzz(func(t *testing.T, text, version string) {
		specs, err := pypa.ParseSpecifiers(text)
		if err != nil {
			return
		}
		again, err := pypa.ParseSpecifiers(specs.String())
		if err != nil || again.String() != specs.String() {
			t.Errorf("%q normalised to %q, read again as %q, %v", text, specs, again, err)
		}
		if v, err := pypa.ParseVersion(version); err == nil && specs.Contains(v, pypa.NamedPrereleases) && !specs.Contains(v, pypa.AnyPrereleases) {
			t.Errorf("%q contains %s only without pre-releases", text, version)
		}
	})
}
