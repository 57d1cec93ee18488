package collect

import (
	"archive/zip"
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/drift/pypa"
	"github.com/zclconf/go-cty/cty"
)

// wheel is a distribution to be built.
type wheel struct {
	name, version string
	headers       []string
	script        bool
	files         []string // beside its package, each empty
}

// build writes a wheel (PEP 427) and returns its path.
func (w wheel) build(t testing.TB, dir string) string {
	t.Helper()
	file := strings.ReplaceAll(w.name, "-", "_")
	info := fmt.Sprintf("%s-%s.dist-info/", file, w.version)
	path := filepath.Join(dir, fmt.Sprintf("%s-%s-py3-none-any.whl", file, w.version))
	headers := append([]string{"Metadata-Version: 2.1", "Name: " + w.name, "Version: " + w.version}, w.headers...)
	files := [][2]string{
		{file + "/__init__.py", "VERSION = '" + w.version + "'\n"},
		{file + "/data, more.txt", "data\n"},
		{info + "METADATA", strings.Join(headers, "\n") + "\n\nRequires-Dist: body\n"},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: gate\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
	}
	if w.script {
		files = append(files, [2]string{info + "entry_points.txt", "[console_scripts]\n" + file + " = " + file + ":main\n"})
	}
	for _, name := range w.files {
		files = append(files, [2]string{name, ""})
	}
	record := ""
	for _, f := range files {
		record += fmt.Sprintf("%q,,\n", f[0])
	}
	files = append(files, [2]string{info + "RECORD", record + info + "RECORD,,\n"})
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	archive := zip.NewWriter(out)
	for _, f := range files {
		part, err := archive.Create(f[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// wheels are what the environment of the tests has.
var wheels = []wheel{
	{name: "appcore", version: "1.4.2", script: true, headers: []string{"Requires-Python: >=3.6", "Requires-Dist: yamlite (>=6)", "Requires-Dist: setuptools",
		"Requires-Dist: tomli>=1; python_version < '3'", "Provides-Extra: fast", "Requires-Dist: speedups; extra == 'fast'"}},
	{name: "yamlite", version: "6.0.1"},
	{name: "My.Dotted_Name", version: "3.0.post1", headers: []string{"Requires-Dist: YamLite!=5.*,\n <7"}},
	{name: "localver", version: "1.2.3+lab.7"},
}

// bareSetuptools has what the collector looks for, for a Python that brings no setuptools into an environment.
var bareSetuptools = wheel{name: "setuptools", version: "66.1.1", files: []string{"pkg_resources/__init__.py", "_distutils_hack/__init__.py",
	"distutils-precedence.pth", "setuptools/_distutils/__init__.py"}}

var venvModel model

// realVenv returns a real environment, sound and the same for each test.
func realVenv(t *testing.T) string {
	t.Helper()
	drifttest.Slow(t)
	venv := sharedDir(t) + "/srv/venv"
	copyVenv(t, venv)
	return venv
}

// copyVenv makes a real environment at a path. Its files are links to those of the model: plant writes new ones.
func copyVenv(t *testing.T, venv string) {
	t.Helper()
	model := venvModel.get(t, makeVenv) + "/venv"
	must(t, os.RemoveAll(venv))
	must(t, os.MkdirAll(filepath.Dir(venv), 0o755))
	run(t, exec.Command("cp", "-al", model, venv), nil)
	scripts, err := filepath.Glob(venv + "/bin/*")
	must(t, err)
	for _, name := range append(scripts, venv+"/pyvenv.cfg") {
		about, err := os.Lstat(name)
		must(t, err)
		if about.Mode().IsRegular() {
			text, err := os.ReadFile(name)
			must(t, err)
			must(t, os.Remove(name))
			must(t, os.WriteFile(name, []byte(strings.ReplaceAll(string(text), model, venv)), about.Mode()))
		}
	}
}

// makeVenv makes dir/venv by python3 -m venv, with the wheels of the tests, and with the pip and setuptools that it would
// have put there itself, which takes seconds longer since it compiles all of them.
func makeVenv(t testing.TB, dir string) {
	t.Helper()
	python := drifttest.Python(t, "venv", "ensurepip", "pip")
	venv, wheelDir := dir+"/venv", dir+"/wheels"
	run(t, exec.Command(python, "-m", "venv", "--without-pip", venv), nil)
	bundled := run(t, exec.Command(python, "-c",
		`import ensurepip, sysconfig; print(sysconfig.get_config_var("WHEEL_PKG_DIR") or ensurepip.__path__[0] + "/_bundled")`), nil)
	must(t, os.Mkdir(wheelDir, 0o755))
	args := []string{"-m", "pip", "--python", venv + "/bin/python", "install", "--quiet", "--no-compile", "--no-index", "--no-deps",
		"--disable-pip-version-check", "--find-links", strings.TrimSpace(string(bundled)), "--find-links", wheelDir, "pip", "setuptools"}
	if found, _ := filepath.Glob(strings.TrimSpace(string(bundled)) + "/setuptools-*.whl"); len(found) == 0 {
		bareSetuptools.build(t, wheelDir)
	}
	for _, w := range wheels[:3] {
		w.build(t, wheelDir)
		args = append(args, w.name)
	}
	if out, err := exec.Command(python, append(args, wheels[3].build(t, wheelDir))...).CombinedOutput(); err != nil {
		t.Fatalf("pip: %v: %s", err, out)
	}
	startPip(t, venv).says(t) // compiles what it needs
}

// site returns the environment's folder of packages.
func site(t testing.TB, venv string) string {
	t.Helper()
	found, err := filepath.Glob(venv + "/lib/python3.*/site-packages")
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	return found[0]
}

func pythonQuery(venvs []string, requirements map[string][]string) Query {
	q := Query{Collector: "python", Args: map[string]cty.Value{}}
	var list []cty.Value
	for _, v := range venvs {
		list = append(list, cty.StringVal(v))
	}
	if list != nil {
		q.Args["venvs"] = cty.ListVal(list)
	}
	lists := map[string]cty.Value{}
	for venv, files := range requirements {
		var list []cty.Value
		for _, f := range files {
			list = append(list, cty.StringVal(f))
		}
		lists[venv] = cty.ListVal(list)
	}
	if len(lists) > 0 {
		q.Args["requirements"] = cty.MapVal(lists)
	}
	return q
}

// readVenv reads one environment under a real shell and returns its facts by what stands behind its address.
func readVenv(t *testing.T, shell []string, venv string, requirements ...string) map[string]drift.Value {
	t.Helper()
	lists := map[string][]string{}
	if requirements != nil {
		lists[venv] = requirements
	}
	sections := ask(t, shell, Request{Word: NewWord(), Queries: []Query{pythonQuery([]string{venv}, lists)}})
	if len(sections) != 1 || sections[0].Status != drift.OK || sections[0].Scope != venv {
		t.Fatalf("%+v", sections)
	}
	facts := map[string]drift.Value{}
	for _, f := range sections[0].Facts {
		facts[strings.TrimPrefix(string(f.Address), string(drift.Address("python").Key(venv)))] = f.Value
	}
	return facts
}

var sh = []string{"sh", "-s"}

// pip is the own pip of an environment, started once, that answers for the environment as it is when it is asked.
type pip struct {
	questions io.Writer
	answers   *bufio.Reader
}

const pipProgram = `
import os, sys
import pip._internal.commands.check, pip._internal.commands.list
from pip._internal.cli.main import main
print(end="\0", flush=True)
for line in sys.stdin:
    if os.fork() == 0:
        main(["--disable-pip-version-check", "list", "--format=json"])
        print(flush=True)
        main(["--disable-pip-version-check", "check"])
        sys.stdout.flush()
        os._exit(0)
    os.wait()
    print(end="\0", flush=True)
`

func startPip(t testing.TB, venv string) pip {
	t.Helper()
	cmd := exec.Command(venv+"/bin/python", "-c", pipProgram)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=")
	cmd.Stderr = t.Output()
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { stdin.Close(); cmd.Wait() })
	p := pip{stdin, bufio.NewReader(stdout)}
	_, err = p.answers.ReadString(0) // it has read all that it needs of itself
	must(t, err)
	return p
}

// says returns what pip lists, normalised name to version, and finds unmet: "appcore: yamlite 5.9", "appcore: setuptools".
func (p pip) says(t testing.TB) (versions map[string]string, unmet []string) {
	t.Helper()
	_, err := io.WriteString(p.questions, "\n")
	must(t, err)
	out, err := p.answers.ReadString(0)
	listed, checked, _ := strings.Cut(strings.TrimSpace(strings.TrimSuffix(out, "\x00")), "\n")
	var list []struct{ Name, Version string }
	if err := errors.Join(err, json.Unmarshal([]byte(listed), &list)); err != nil {
		t.Fatalf("pip: %v: %s", err, out)
	}
	versions = map[string]string{}
	for _, p := range list {
		versions[pypa.NormalizeName(p.Name)] = p.Version
	}
	return versions, readCheck(t, checked)
}

// unmetLine is a line of pip check: who requires, what, and the version that is there where one is.
var unmetLine = regexp.MustCompile(`^(\S+) \S+ (?:requires ([A-Za-z0-9._-]+), which is not installed|has requirement ([A-Za-z0-9._-]+)\S*(?: \S+)*, but you have \S+ (\S+))\.$`)

// readCheck reads what pip check prints.
func readCheck(t testing.TB, out string) []string {
	t.Helper()
	out = strings.TrimSpace(out)
	if out == "No broken requirements found." {
		return nil
	}
	var unmet []string
	for line := range strings.SplitSeq(out, "\n") {
		m := unmetLine.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("pip check: %q", out)
		}
		unmet = append(unmet, strings.TrimSpace(pypa.NormalizeName(m[1])+": "+pypa.NormalizeName(m[2]+m[3])+" "+m[4]))
	}
	slices.Sort(unmet)
	return unmet
}

// likeCheck is what the facts say is unmet, in the words of pipSays.
func likeCheck(t *testing.T, facts map[string]drift.Value) []string {
	t.Helper()
	var unmet []string
	for name, v := range facts {
		name, ok := strings.CutPrefix(name, `.unmet["`)
		if !ok {
			continue
		}
		var lacks []string
		if err := json.Unmarshal([]byte(v.Text), &lacks); err != nil {
			t.Fatalf("unmet %s: %s", name, show(v))
		}
		for _, lack := range lacks {
			wanted, problem, _ := strings.Cut(lack, ": ")
			version, _, installed := strings.Cut(problem, " is installed")
			if !installed {
				version = ""
			}
			wanted = wanted[:strings.IndexAny(wanted+"<", "<>=!~[ ")]
			unmet = append(unmet, strings.TrimSpace(strings.TrimSuffix(name, `"]`)+": "+wanted+" "+version))
		}
	}
	slices.Sort(unmet)
	return unmet
}
