package pypa_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/pypa"
)

// sorted is in ascending order, from PEP 440 and from versions that sorted wrongly elsewhere.
var sorted = []string{
	"0", "1.dev0", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2",
	"1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7", "1.0+ubuntu.1", "1.0+5",
	"1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1", "1.9223372036854775807", "1.9223372036854775808", "20240131", "1!0.1",
}

func TestCompareSorted(t *testing.T) {
	for i, a := range sorted {
		for j, b := range sorted {
			got, want := parse(t, a).Compare(parse(t, b)), compareInt(i, j)
			if got != want {
				t.Errorf("Compare(%s, %s) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestVersionString(t *testing.T) {
	for in, want := range map[string]string{
		"v1.0-ALPHA_01": "1.0a1", "1.0c": "1.0rc0", "1.0-1": "1.0.post1", "1.0.R2": "1.0.post2", "01!1.00.DEV": "1!1.0.dev0",
		"1.0+Ubuntu_01-x": "1.0+ubuntu.1.x", " 1.0\n": "1.0", "0!1": "1",
	} {
		if got := parse(t, in).String(); got != want {
			t.Errorf("ParseVersion(%q).String() = %q, want %q", in, got, want)
		}
	}
}

func TestVersionInvalid(t *testing.T) {
	for _, in := range []string{"", " ", "1.", ".1", "1..0", "1.0+", "1.0+a..b", "1.0foo", "french toast", "1!", "1.0-", "1.0 2", "1.0.po\u017ft1", "１.0"} {
		if v, err := pypa.ParseVersion(in); err == nil {
			t.Errorf("ParseVersion(%q) = %s, want an error", in, v)
		}
	}
}

// TestVersionsLikePackaging compares 3,000 pairs of versions with the reference, invalid ones among them.
func TestVersionsLikePackaging(t *testing.T) {
	t.Parallel()
	g := newGenerator()
	var pairs [][2]string
	for len(pairs) < 3000 {
		pair := [2]string{g.version(), g.version()}
		switch {
		case len(pairs)%6 == 0:
			pair[0] = g.breakIt(pair[0])
		case len(pairs)%3 == 0:
			pair[1] = pair[0] + g.one(".0", ".1", "a1", ".post0", ".dev0", "+0", "-1")
		}
		pairs = append(pairs, pair)
	}
	type answer struct {
		Text  [2]string
		Order int
		Pre   bool
	}
	var want []*answer
	askPackaging(t, `
def answer(a, b):
    try:
        a, b = Version(a), Version(b)
    except InvalidVersion:
        return None
    return {"Text": [str(a), str(b)], "Order": (a > b) - (a < b), "Pre": a.is_prerelease}
print(json.dumps([answer(a, b) for a, b in cases]))
`, pairs, &want)
	refused := 0
	for i, pair := range pairs {
		a, errA := pypa.ParseVersion(pair[0])
		b, errB := pypa.ParseVersion(pair[1])
		var got *answer
		if errA == nil && errB == nil {
			got = &answer{Text: [2]string{a.String(), b.String()}, Order: a.Compare(b), Pre: a.IsPrerelease()}
		} else {
			refused++
		}
		if diff := cmp.Diff(got, want[i]); diff != "" {
			t.Errorf("%q and %q (-got +want):\n%s", pair[0], pair[1], diff)
		}
	}
	if refused < 300 || refused > 1500 {
		t.Errorf("%d of %d pairs were refused: the cases do not try both", refused, len(pairs))
	}
}

func FuzzParseVersion(f *testing.F) {
	for _, s := range sorted {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := pypa.ParseVersion(s)
		if err != nil {
			return
		}
		again, err := pypa.ParseVersion(v.String())
		if err != nil || again.Compare(v) != 0 || again.String() != v.String() {
			t.Errorf("%q normalised to %q, read again as %q, %v", s, v, again, err)
		}
	})
}

func parse(t testing.TB, s string) pypa.Version {
	t.Helper()
	v, err := pypa.ParseVersion(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func compareInt(a, b int) int {
	return slices.Compare([]int{a}, []int{b})
}
