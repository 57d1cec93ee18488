package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

const module = "github.com/seed-313c021b/gate/"

// layers are the packages of the module from the bottom up, each with the packages below it that it may import. A new
// arrow belongs here only when it goes down and the package cannot do its job without it.
var layers = []layer{
	{name: "drift"},
	{name: "drift/drifttest", io: true},
	{name: "drift/pypa"},
	{name: "drift/version", imports: []string{"drift/pypa"}},
	{name: "drift/entries", imports: []string{"drift", "drift/pypa"}},
	{name: "drift/collect", imports: []string{"drift", "drift/entries", "drift/pypa", "drift/version"}},
	{name: "drift/host", imports: []string{"drift", "drift/collect"}, io: true},
	{name: "policies", imports: []string{"drift", "drift/collect", "drift/version"}},
	{name: "gate", imports: []string{"drift", "drift/collect", "drift/version", "policies"}},
	{name: "gate/report", imports: []string{"drift", "gate"}},
	{name: "gate/ledger", imports: []string{"drift", "drift/collect", "gate", "policies"}, io: true},
	{name: "gate/doctor", imports: []string{"policies"}},
	{name: "gate/github", io: true},
	{name: "gate/github/githubtest", io: true},
	{name: "cmd/gate", imports: []string{"drift", "drift/collect", "drift/host", "gate", "gate/doctor", "gate/github", "gate/ledger", "gate/report", "policies"}, io: true},
}

type layer struct {
	name    string
	imports []string
	io      bool // it may reach the network, the file system and processes
}

// outside are the packages that reach the network, the file system and processes, with all that is below them.
var outside = []string{
	"io/ioutil", "log", "net/http", "net/rpc", "net/smtp", "os", "path/filepath", "plugin", "runtime/debug", "syscall",
	"golang.org/x/sys", "golang.org/x/term",
}

// Packages import only what stands below them, and only few of them reach the outside world, on every system that gate
// is built for.
func TestLayers(t *testing.T) {
	for _, system := range []string{"linux", "darwin"} {
		t.Run(system, func(t *testing.T) {
			found := listPackages(t, system)
			for _, p := range found {
				i := slices.IndexFunc(layers, func(l layer) bool { return module+l.name == p.ImportPath })
				if i < 0 {
					t.Errorf("%s is not among the layers", p.ImportPath)
					continue
				}
				for _, path := range p.Imports {
					if problem := layers[i].problem(path); problem != "" {
						t.Errorf("%s imports %s: %s", layers[i].name, path, problem)
					}
				}
			}
			if len(found) != len(layers) {
				t.Errorf("go list knows %d packages, and there are %d layers", len(found), len(layers))
			}
		})
	}
}

// The table itself goes down only.
func TestLayersGoDown(t *testing.T) {
	var below []string
	for _, l := range layers {
		for _, name := range l.imports {
			if !slices.Contains(below, name) {
				t.Errorf("%s imports %s, which is not below it", l.name, name)
			}
		}
		below = append(below, l.name)
	}
}

// What must not be is seen.
func TestLayersProblem(t *testing.T) {
	pure := layer{name: "gate", imports: []string{"drift"}}
	for _, c := range []struct {
		path string
		bad  bool
	}{
		{module + "drift", false},
		{module + "drift/host", true},
		{module + "drift/drifttest", true},
		{"strings", false},
		{"io", false},
		{"net/netip", false},
		{"net", true},
		{"net/http", true},
		{"os", true},
		{"os/exec", true},
		{"golang.org/x/sys/unix", true},
	} {
		if got := pure.problem(c.path); (got != "") != c.bad {
			t.Errorf("%s: got %q, want a problem: %t", c.path, got, c.bad)
		}
	}
	reaches := layer{name: "drift/host", io: true}
	if got := reaches.problem("os"); got != "" {
		t.Errorf("os in a package that may reach it: got %q, want no problem", got)
	}
}

// problem says what is wrong with an import of l, or nothing.
func (l layer) problem(path string) string {
	if name, ours := strings.CutPrefix(path, module); ours {
		if !slices.Contains(l.imports, name) {
			return "a new arrow; DESIGN says which packages may know which"
		}
		return ""
	}
	reaches := path == "net" || slices.ContainsFunc(outside, func(o string) bool { return path == o || strings.HasPrefix(path, o+"/") })
	if reaches && !l.io {
		return "only the packages that are there for it may reach the outside world"
	}
	return ""
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func listPackages(t *testing.T, system string) []goPackage {
	t.Helper()
	cmd := exec.Command(drifttest.Program(t, "go"), "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}
