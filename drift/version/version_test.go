package version_test

import (
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/version"
)

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		scheme, a, b string
		want         int
	}{
		{"deb", "3.0.9-1~deb12u1", "3.0.11-1~deb12u2", -1},
		{"deb", "1:1.0", "2.0", 1},
		{"deb", "1.0~rc1-1", "1.0-1", -1},
		{"deb", "1.0", "1.0-0", 0},
		{"python", "1.10", "1.9", 1},
		{"python", "1.0", "1.0.0", 0},
		{"python", "1.0.dev1", "1.0a1", -1},
		{"semver", "1.10.0", "1.9.0", 1},
		{"semver", "1.0.0-rc.2", "1.0.0-rc.10", -1},
		{"semver", "1.0.0-rc.1", "1.0.0", -1},
		{"semver", "1.0.0+a", "1.0.0+b", 0},
	} {
		got, err := version.Compare(c.scheme, c.a, c.b)
		if got != c.want || err != nil {
			t.Errorf("Compare(%s, %s, %s) = %d, %v, want %d", c.scheme, c.a, c.b, got, err, c.want)
		}
		least, err := version.AtLeast(c.scheme, c.a, c.b)
		if least != (c.want >= 0) || err != nil {
			t.Errorf("AtLeast(%s, %s, %s) = %t, %v", c.scheme, c.a, c.b, least, err)
		}
	}
}

func TestCompareErrors(t *testing.T) {
	for _, c := range []struct{ scheme, a, b, want string }{
		{"rpm", "1", "2", `no version scheme "rpm": have deb, python, semver`},
		{"deb", "1.0", "", `version "": does not start with a digit`},
		{"deb", "1.0_1", "1", `version "1.0_1": "_" is not allowed in a version`},
		{"deb", "2147483648:1", "1", `version "2147483648:1": the epoch "2147483648" is no number up to 2147483647`},
		{"python", "1.0", "one", `version "one": "one" is no version by PEP 440`},
		{"semver", "v1.0.0", "1.0.0", `version "v1.0.0": `},
		{"semver", "1.0", "1.0.0", `version "1.0": `},
		{"semver", "1.0.0", "01.0.0", `version "01.0.0": `},
	} {
		order, err := version.Compare(c.scheme, c.a, c.b)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || order != 0 {
			t.Errorf("Compare(%s, %s, %s) = %d, %v, want 0 and %s", c.scheme, c.a, c.b, order, err, c.want)
		}
		if least, err := version.AtLeast(c.scheme, c.a, c.b); least || err == nil {
			t.Errorf("AtLeast(%s, %s, %s) = %t, %v, want false and an error", c.scheme, c.a, c.b, least, err)
		}
	}
}
