package version_test

import (
	"os"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/version"
)

// TestMatchesSemverAsNpm compares with what npm's own semver says, in testdata/semver.tsv.
func TestMatchesSemverAsNpm(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("testdata/semver.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(table), "\n"), "\n")
	versions := strings.Fields(lines[1])
	for _, line := range lines[2:] {
		constraint, want, _ := strings.Cut(line, "\t")
		got := "invalid"
		if version.CheckSemverRange(constraint) == nil {
			got = ""
			for _, v := range versions {
				ok, err := version.MatchesSemver(v, constraint)
				if err != nil {
					t.Errorf("MatchesSemver(%s, %q): %v", v, constraint, err)
				}
				got += map[bool]string{true: "1", false: "0"}[ok]
			}
		}
		if got != want {
			t.Errorf("%q:\n got  %s\n want %s", constraint, got, want)
		}
	}
	if len(lines) < 400 || len(versions) < 30 {
		t.Errorf("the table has %d lines and %d versions", len(lines), len(versions))
	}
}

// TestMatchesSemverOfItsOwn has what npm takes otherwise: commas, and what would take any version by mistake.
func TestMatchesSemverOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version, constraint string
		want                bool
		err                 string
	}{
		{"1.4.2", ">= 1.4, < 2", true, ""},
		{"2.0.0", ">= 1.4, < 2", false, ""},
		{"3.0.0", ">= 1.4, < 2 || 3.x", true, ""},
		{"1.0.0", "", false, `a range is empty, and would take any version: write "*"`},
		{"1.0.0", ">=2 ||", false, "a range is empty"},
		{"1.0.0", "!=1.2.3", false, `npm's ranges have no "!="`},
		{"1.0.0", ">= 2, != 3.0.0", false, `npm's ranges have no "!="`},
		{"1.0.0", "~=1.2", false, `constraint "~=1.2": "=1.2" is no version as 1.2.3, 1.2 or 1.x`},
		{"1.0.0", "about 1", false, `"about" is no version as 1.2.3`},
		{"1.0.0", "1.2-rc.1", false, "only a whole version"},
		{"1.0.0", "1.2.3.4", false, "more than major, minor and patch"},
		{"1.0.0", "9007199254740992", false, "no number may be above 9007199254740991"},
		{"1.0", ">= 1", false, `version "1.0": `},
		{"v1.0.0", ">= 1", false, `version "v1.0.0": `},
	} {
		got, err := version.MatchesSemver(c.version, c.constraint)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("MatchesSemver(%s, %q) = %t, %v, want %t, %s", c.version, c.constraint, got, err, c.want, c.err)
		}
	}
}
