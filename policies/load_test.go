package policies

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift/collect"
)

var update = flag.Bool("update", false, "write the wanted output of testdata anew")

// testCollectors are the real collectors, and stand-ins for those that are not there.
func testCollectors() []*collect.Collector {
	all := collect.All()
	for _, c := range standIns() {
		if !slices.ContainsFunc(all, func(have *collect.Collector) bool { return have.Name == c.Name }) {
			all = append(all, c)
		}
	}
	return all
}

func standIns() []*collect.Collector {
	list := cty.List(cty.String)
	text := &collect.Schema{Type: "string"}
	scopes := func(collect.Query) []collect.Scope { return []collect.Scope{{Name: "x"}} }
	object := func(attrs map[string]*collect.Schema) *collect.Schema {
		return &collect.Schema{Key: "name", Elem: &collect.Schema{Attrs: attrs}}
	}
	packages := object(map[string]*collect.Schema{"version": text})
	return []*collect.Collector{
		{Name: "python", Scopes: scopes, Schema: object(map[string]*collect.Schema{"packages": packages, "interpreter": text}),
			Args: []collect.Arg{{Name: "venvs", Type: list}, {Name: "optional", Type: list}, {Name: "requirements", Type: cty.Map(list)}}},
		{Name: "file", Scopes: scopes, Schema: object(map[string]*collect.Schema{"mode": text, "entries": {Key: "key", Elem: &collect.Schema{Type: "any"}}}),
			Args: []collect.Arg{{Name: "paths", Type: list}, {Name: "exclude", Type: list}}},
		{Name: "service", Scopes: scopes, Schema: object(map[string]*collect.Schema{"active": text}), Args: []collect.Arg{{Name: "units", Type: list}}},
		{Name: "revision", Scopes: scopes, Schema: object(map[string]*collect.Schema{"commit": text}), Args: []collect.Arg{{Name: "checkout", Type: cty.String}}},
		{Name: "command", Scopes: scopes, Labelled: true, Schema: object(map[string]*collect.Schema{"output": text}), Args: []collect.Arg{{Name: "run", Type: cty.String, Required: true}}},
	}
}

func TestValidPolicies(t *testing.T) {
	names, _ := filepath.Glob("testdata/valid/*")
	if len(names) == 0 {
		t.Fatal("no testdata")
	}
	for _, name := range names {
		p, diags := load(os.DirFS("."), name, testCollectors())
		if len(diags) > 0 || p == nil {
			t.Errorf("%s: %s", name, written(t, diags))
		}
	}
}

// TestBadPolicies loads each testdata/bad/*.hcl and compares what gate says with the .want beside it.
func TestBadPolicies(t *testing.T) {
	names, _ := filepath.Glob("testdata/bad/*.hcl")
	if len(names) == 0 {
		t.Fatal("no testdata")
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			p, diags := load(os.DirFS("."), name, testCollectors())
			if p != nil || !diags.HasErrors() {
				t.Fatal("a bad policy was loaded")
			}
			got := written(t, diags)
			wantFile := strings.TrimSuffix(name, ".hcl") + ".want"
			if *update {
				if err := os.WriteFile(wantFile, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(wantFile)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, string(want)); diff != "" {
				t.Errorf("got - want +\n%s", diff)
			}
		})
	}
}

func written(t *testing.T, diags hcl.Diagnostics) string {
	t.Helper()
	var b strings.Builder
	if err := WriteDiagnostics(&b, os.DirFS("."), diags, 0, false); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
