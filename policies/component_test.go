package policies

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift"
)

// withHosts is what a policy needs beside what a test is about.
const withHosts = `
environment "staging" {
  role "web" { hosts = ["staging-1"] }
}
collect "deb" {}
`

func loadText(t *testing.T, text string) *Policy {
	t.Helper()
	p, diags := Load(fstest.MapFS{"gate.hcl": {Data: []byte(text + withHosts)}}, "gate.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return p
}

func TestOwned(t *testing.T) {
	p := loadText(t, `
gate { unmanaged = ["docs/", "*.md"] }
component "app" { paths = ["src/**", "requirements.txt", "deploy/*", "odd\\*name", "{a,b}/**", "vendor/lib/**", "**/*.sql"] }
component "db" { paths = ["db/"] }
`)
	for _, test := range []struct {
		path string
		want bool
	}{
		{"src/a.py", true}, {"src/a/b.py", true}, {"src2/a.py", false}, {"srca", false}, {"a/src/b", true}, {"c/src/b", false},
		{"requirements.txt", true}, {"requirements.txt2", false}, {"sub/requirements.txt", false},
		{"deploy/run", true}, {"deploy/a/run", false},
		{"odd*name", true}, {"odd1name", false},
		{"b/x/y", true}, {"vendor/lib", true}, {"vendor/lib2", false}, {"x.sql", true}, {"x/y.sql", true},
		{"db/schema", true}, {"db", true}, {"dbx", false},
		{"docs/a/b", true}, {"README.md", true}, {"sub/README.md", false}, {".github/x", false}, {"src\xff", false}, {"src/\xff\n", true},
	} {
		if got := p.Owned(test.path); got != test.want {
			t.Errorf("%q: got %t, want %t", test.path, got, test.want)
		}
	}
}

func TestPromoted(t *testing.T) {
	patterns := cmp.Transformer("address", func(p drift.Pattern) drift.Address { return p.Address() })
	for _, test := range []struct {
		name, text string
		marker     drift.Address
	}{
		{"no revision", "", ""},
		{"a checkout", `collect "revision" { checkout = "/srv/app" }`, `revision["/srv/app"].commit`},
		{"a marker", `collect "revision" { marker = "/srv/REVISION" }`, `revision["/srv/REVISION"].value`},
		{"the same twice", `collect "revision" { 
  checkout = "/srv/app"
  roles = ["web"]
}
collect "revision" { checkout = "/srv/app" }`, `revision["/srv/app"].commit`},
		{"two", "collect \"revision\" {\n checkout = \"/srv/app\"\n marker = \"/srv/REVISION\"\n}", ""},
	} {
		want := []Component{{Name: "all", Paths: []string{"**"}, Carries: carriedByDefault, Marker: test.marker}}
		p := loadText(t, test.text)
		if diff := cmp.Diff(p.Promoted(), want, patterns); diff != "" {
			t.Errorf("%s: got - want +\n%s", test.name, diff)
		}
		if !p.Owned(".github/workflows/x.yml") {
			t.Errorf("%s: does not own everything", test.name)
		}
	}
	p := loadText(t, `component "app" { paths = ["src/**"] }`)
	if diff := cmp.Diff(p.Promoted(), p.Components, patterns); diff != "" || len(p.Components) != 1 {
		t.Errorf("got - want +\n%s", diff)
	}
}
