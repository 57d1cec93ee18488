package policies

import (
	"archive/zip"
	"bytes"
	"flag"
	"io/fs"
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

// testCollectors are small ones, so that what is said of mistakes does not change with the real ones; but for python,
// whose facts the built-in rules use, and for what is wrong with a text.
func testCollectors() []*collect.Collector {
	text := &collect.Schema{Type: "string"}
	all := slices.DeleteFunc(labCollectors(), func(c *collect.Collector) bool { return c.Name == "python" })
	all = append(all, collect.Named("python"),
		&collect.Collector{Name: "revision", Scopes: func(q collect.Query) []collect.Scope { return []collect.Scope{{Name: q.Text("checkout")}} }, Args: []collect.Arg{{Name: "checkout", Type: cty.String}},
			Schema: &collect.Schema{Key: "path", Elem: &collect.Schema{Attrs: map[string]*collect.Schema{"commit": text}}}},
		&collect.Collector{Name: "command", Labelled: true, Scopes: func(q collect.Query) []collect.Scope { return []collect.Scope{{Name: q.Label}} }, Args: []collect.Arg{{Name: "run", Type: cty.String, Required: true}},
			Schema: &collect.Schema{Key: "name", Elem: &collect.Schema{Attrs: map[string]*collect.Schema{"output": text}}}})
	for _, c := range all {
		for i := range c.Args {
			for _, arg := range collect.Named(c.Name).Args {
				if arg.Name == c.Args[i].Name {
					c.Args[i].Check = arg.Check
				}
			}
		}
	}
	return all
}

func TestValidPolicies(t *testing.T) {
	names, _ := filepath.Glob("testdata/valid/*")
	if len(names) == 0 {
		t.Fatal("no testdata")
	}
	for _, name := range names {
		p, diags := Load(os.DirFS("."), name)
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

// What a commit has as a symbolic link is no file of the policy, and is not overlooked: a working tree would follow it.
func TestLoadSymlink(t *testing.T) {
	var archive bytes.Buffer
	files := zip.NewWriter(&archive)
	for name, mode := range map[string]fs.FileMode{"policy/a.hcl": 0o644, "policy/b.hcl": fs.ModeSymlink | 0o777} {
		header := &zip.FileHeader{Name: name}
		header.SetMode(mode)
		w, err := files.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if mode.IsRegular() {
			_, err = w.Write([]byte(hostilePrefix))
		} // an empty file would be a policy, too
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	fsys, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if p, diags := Load(fsys, "policy"); p != nil || !strings.Contains(diags.Error(), "policy/b.hcl: of a commit, a symbolic link is not followed") {
		t.Errorf("got %v, %v", p, diags)
	}
}
