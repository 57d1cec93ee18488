package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate/report"
)

func TestMain(m *testing.M) { os.Exit(drifttest.InMemory(withGate{m}).Run()) }

// withGate is tests that find gate on PATH. That is a program of its own, and not this one under another name, which is to
// begin with what only tests need: each run would take half as long again.
type withGate struct{ m *testing.M }

func (tests withGate) Run() int {
	folder, err := os.MkdirTemp("", "gate-bin-")
	if err == nil {
		defer os.RemoveAll(folder)
		err = os.Setenv("PATH", folder+string(filepath.ListSeparator)+os.Getenv("PATH"))
	}
	if err == nil {
		build := exec.Command("go", "build", "-buildvcs=false", "-tags=gatetested", "-ldflags=-w", "-o", folder, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // it starts faster
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		err = build.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gate, which the tests run, could not be built:", err)
		return 1
	}
	// Most tests wait for hosts and programs, so that more than one a core find their time. -parallel says otherwise.
	_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0)))
	return tests.m.Run()
}

// TestScript runs the command as a user does, on hosts that are trees below hosts/NAME in a script's folder. Each has an SSH
// server of its own, and is read by the real probe under this machine's sh.
//
// The policy is the folder "policy"; where a script does not write policy/environments.hcl, it has staging-1, production-1 and
// production-2, all of the role "web".
//
//	host NAME...               start hosts; what is not in their trees is filled in, as the operating system
//	fault KIND NAME            start a host with a fault: see faults
//	down NAME                  stop a host
//	deb NAME PACKAGE=VERSION.. write a host's dpkg database
//	venv NAME PACKAGE=VERSION..     install into a host's virtual environment /srv/app/venv, which is made first
//	uninstall NAME PACKAGE..        the reverse
//	story, hosts, later, release, prove     see storyCommands
//	exit CODE PROGRAM ARG...   run a program, which must exit with this code; what gate check says must fit the schema
func TestScript(t *testing.T) {
	ssh := drifttest.Program(t, "ssh")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			l := newLab(env.WorkDir)
			env.Values["lab"] = l
			env.Defer(l.close)
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			env.Setenv("GATE_POLICY", "policy")
			env.Setenv("GOGC", "400") // each run is short
			env.Setenv("PATH", env.Getenv("PATH")+":"+filepath.Dir(ssh))
			return writeMissing(filepath.Join(env.WorkDir, "policy/environments.hcl"), scriptEnvironments)
		},
		Condition: scriptCondition,
		Cmds: withStories(map[string]func(*testscript.TestScript, bool, []string){
			"host": func(ts *testscript.TestScript, _ bool, args []string) {
				for _, name := range args {
					ts.Check(labOf(ts).start(name, ""))
				}
			},
			"fault": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(labOf(ts).start(args[1], args[0]))
			},
			"down": func(ts *testscript.TestScript, _ bool, args []string) {
				labOf(ts).stop(args[0])
			},
			"deb": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(writeDeb(filepath.Join(labOf(ts).tree(args[0]), "var/lib/dpkg/status"), args[1:]))
			},
			"venv": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(install(demoTree(labOf(ts).tree(args[0])), args[1:]))
			},
			"uninstall": func(ts *testscript.TestScript, _ bool, args []string) {
				for _, name := range args[1:] {
					ts.Check(demoTree(labOf(ts).tree(args[0])).uninstall(name))
				}
			},
			"exit": scriptExit,
		}),
	})
}

// scriptCondition is what lines of scripts depend on: [root], and [minutes], without which a script is left to .ci/run.
func scriptCondition(name string) (bool, error) {
	switch name {
	case "root":
		return os.Geteuid() == 0, nil
	case "minutes":
		return drifttest.Thorough(), nil
	}
	return false, fmt.Errorf("there is no condition %q", name)
}

func labOf(ts *testscript.TestScript) *lab { return ts.Value("lab").(*lab) }

func scriptExit(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("%q exits with %d, want %d", args[1:], got, want)
	}
	for _, path := range keptResults(filepath.Join(ts.Getenv("XDG_CACHE_HOME"), "gate")) {
		result, err := os.ReadFile(path)
		ts.Check(err)
		ts.Check(fitsSchema(result))
	}
	if out := ts.ReadFile("stdout"); strings.HasPrefix(out, "{") && strings.Contains(out, `"outcome"`) {
		ts.Check(fitsSchema([]byte(out)))
	}
	if len(args) < 3 || args[2] != "probe" && args[2] != "completion" && args[2] != "__complete" {
		ts.Check(printableOnly(ts.ReadFile("stdout") + ts.ReadFile("stderr")))
	}
}

// keptResults returns the files of the last checks in a cache.
func keptResults(cache string) []string {
	paths, err := filepath.Glob(filepath.Join(cache, "checks", "*", "result.json"))
	if err != nil {
		panic(err)
	}
	return paths
}

// keptResult returns the file of the only one.
func keptResult(t *testing.T, cache string) string {
	t.Helper()
	paths := keptResults(cache)
	if len(paths) != 1 {
		t.Fatalf("the results of %d checks are kept, want 1", len(paths))
	}
	return paths[0]
}

var verdictSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.Schema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("verdict.schema.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("verdict.schema.json")
})

// fitsSchema checks a result against the schema that is published for it.
func fitsSchema(result []byte) error {
	schema, err := verdictSchema()
	if err != nil {
		return err
	}
	var doc any
	if err := json.Unmarshal(result, &doc); err != nil {
		return err
	}
	return schema.Validate(doc)
}

// printableOnly checks that nothing a host said could act on a terminal.
func printableOnly(out string) error {
	for _, r := range out {
		if r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069) {
			return fmt.Errorf("the output has the character %U", r)
		}
	}
	return nil
}

// scriptEnvironments are those of a script that has none of its own. Hosts are found by ssh_config, and their trees are open under
// the descriptor 9 of each of their logins.
const scriptEnvironments = `environment "staging" {
  vars = { domain = "staging.example.com", db_host = "db.staging.internal" }
  ssh {
    config = "../ssh_config"
    root   = "/proc/self/fd/9"
  }
  role "web" {
    hosts = ["staging-1"]
  }
}

environment "production" {
  vars = { domain = "example.com", db_host = "db.internal" }
  ssh {
    config = "../ssh_config"
    root   = "/proc/self/fd/9"
  }
  role "web" {
    hosts = ["production-1", "production-2"]
  }
  promotion {
    from = ["staging"]
  }
}
`

// lab is the hosts of one test: trees, servers, and the files by which ssh finds them.
type lab struct {
	folder  string
	servers map[string]*drifttest.SSHD
	up      map[string]bool
}

func newLab(folder string) *lab {
	return &lab{folder: folder, servers: map[string]*drifttest.SSHD{}, up: map[string]bool{}}
}

func (l *lab) tree(name string) string { return filepath.Join(l.folder, "hosts", name) }

// start starts a host, with a fault unless that is "".
func (l *lab) start(name, fault string) error {
	tree := l.tree(name)
	for path, text := range map[string]string{
		"etc/os-release": "ID=debian\nVERSION_ID=\"12\"\n",
		"etc/hostname":   name + "\n",
		"etc/hosts":      "127.0.0.1 localhost\n127.0.1.1 " + name + ".example.net " + name + "\n",
	} {
		if err := writeMissing(filepath.Join(tree, path), text); err != nil {
			return err
		}
	}
	s := &drifttest.SSHD{
		Shell: []string{"sh", "-c", `exec 9<"$GATE_TEST_TREE" && exec $0`},
		Env:   append(os.Environ(), "GATE_TEST_TREE="+tree),
	}
	if fault != "" {
		set, ok := faults[fault]
		if !ok {
			return fmt.Errorf("there is no fault %q", fault)
		}
		set(s)
	}
	l.stop(name)
	if err := s.Start(); err != nil {
		return err
	}
	l.servers[name], l.up[name] = s, true
	return l.configure()
}

// configure writes ssh_config, by which ssh finds the hosts.
func (l *lab) configure() error {
	var config strings.Builder
	for _, name := range slices.Sorted(maps.Keys(l.servers)) {
		files := filepath.Join(l.folder, "ssh", name)
		if err := os.MkdirAll(files, 0o700); err != nil {
			return err
		}
		s := l.servers[name]
		known, identity, err := s.WriteFiles(files)
		if err != nil {
			return err
		}
		fmt.Fprintf(&config, "Host %s\n\tHostName 127.0.0.1\n\tPort %d\n\tUser deploy\n\tIdentityFile %q\n\tIdentitiesOnly yes\n"+
			"\tUserKnownHostsFile %q\n\tGlobalKnownHostsFile none\n", name, s.Port(), identity, known)
	}
	return os.WriteFile(filepath.Join(l.folder, "ssh_config"), []byte(config.String()), 0o600)
}

func (l *lab) stop(name string) {
	if l.up[name] {
		l.servers[name].Close()
	}
	l.up[name] = false
}

func (l *lab) close() {
	for name := range l.servers {
		l.stop(name)
	}
}

func writeMissing(path, text string) error {
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// install puts packages NAME=VERSION into the virtual environment of a tree, and makes that first if there is none.
func install(tree demoTree, packages []string) error {
	if _, err := os.Stat(tree.path(demoVenv)); err != nil {
		if err := errors.Join(tree.write("/usr/bin/python3.11", "\x7fELF"), tree.makeVenv()); err != nil {
			return err
		}
	}
	for _, p := range packages {
		name, version, _ := strings.Cut(p, "=")
		modules := name
		if name == "setuptools" {
			modules = "setuptools pkg_resources"
		}
		if err := tree.install(demoPackage{name: name, version: version, modules: modules}); err != nil {
			return err
		}
	}
	return nil
}

// writeDeb writes a dpkg database of packages NAME=VERSION.
func writeDeb(path string, packages []string) error {
	var b strings.Builder
	for _, p := range packages {
		name, version, _ := strings.Cut(p, "=")
		fmt.Fprintf(&b, "Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\nMaintainer: nobody\nDescription: a package\n\n", name, version)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}
