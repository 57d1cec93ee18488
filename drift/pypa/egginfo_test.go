package pypa_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/pypa"
)

func TestParseRequiresTxt(t *testing.T) {
	const text = "yamlite>=6\n# comment\n\n[Dev_Tools]\npytest\nmock ; python_version < \"3\"\n[:sys_platform == \"win32\"]\ncolorama\n" +
		"[test:os_name == 'a' or os_name == 'b']\nx\n[broken:nonsense]\ny\n[]\nz!\n"
	all, err := pypa.ParseRequiresTxt(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1 yamlite>=6", `5 pytest; extra == "dev-tools"`, `6 mock; python_version < "3" and extra == "dev-tools"`,
		`8 colorama; sys_platform == "win32"`, `10 x; (os_name == "a" or os_name == "b") and extra == "test"`,
		`line 11: section "[broken:nonsense]": expected a marker variable or a quoted string at character 1`,
		`line 11: section "[broken:nonsense]": expected a marker variable or a quoted string at character 1`,
		`line 14: requirement "z!": expected ";" or the end at character 2`,
	}
	if diff := cmp.Diff(dependencies(all), want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}

func TestParseEggLink(t *testing.T) {
	got, err := pypa.ParseEggLink(strings.NewReader("/srv/app/src\n.\n"))
	if got != "/srv/app/src" || err != nil {
		t.Errorf("%q, %v, want /srv/app/src", got, err)
	}
	if got, err := pypa.ParseEggLink(strings.NewReader("\n")); err == nil {
		t.Errorf("an empty file is %q, want an error", got)
	}
}

func FuzzParseRequiresTxt(f *testing.F) {
	f.Add("a\n[x:os_name=='y']\nb>1\n")
	f.Fuzz(func(t *testing.T, s string) {
		all, _ := pypa.ParseRequiresTxt(strings.NewReader(s))
		for _, d := range all {
			if d.Err == nil && d.Requirement.Name == "" {
				t.Errorf("%q: a dependency without a name or an error", s)
			}
		}
	})
}

func FuzzParseEggLink(f *testing.F) {
	f.Add("/srv/app\n.")
	f.Fuzz(func(t *testing.T, s string) {
		if dir, err := pypa.ParseEggLink(strings.NewReader(s)); err == nil && dir == "" {
			t.Errorf("%q: no folder and no error", s)
		}
	})
}

func itoa(n int) string { return strconv.Itoa(n) }
