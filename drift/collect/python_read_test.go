package collect

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// A small environment, as files below its path.
func plantVenv(t testing.TB, venv string, files map[string]string) {
	t.Helper()
	plant(t, venv, map[string]string{
		"pyvenv.cfg": "home = /usr/bin\nversion = 3.11.2\n",
		"bin/python": "#!/bin/true\n",
	})
	if err := os.Chmod(venv+"/bin/python", 0o755); err != nil {
		t.Fatal(err)
	}
	lib := map[string]string{}
	for path, content := range files {
		lib["lib/python3.11/site-packages/"+path] = content
	}
	plant(t, venv, lib)
}

func distInfo(name, version string, headers ...string) map[string]string {
	info := name + "-" + version + ".dist-info/"
	metadata := strings.Join(append([]string{"Metadata-Version: 2.1", "Name: " + name, "Version: " + version}, headers...), "\n") + "\n"
	return map[string]string{info + "METADATA": metadata, info + "RECORD": info + "METADATA,,\n" + info + "RECORD,,\n"}
}

func union(all ...map[string]string) map[string]string {
	files := map[string]string{}
	for _, m := range all {
		for path, content := range m {
			files[path] = content
		}
	}
	return files
}

// Names and texts of a host that look like ours, or break lines, change nothing else.
func TestPythonHostileNames(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	venv := dir + "/it's \"a\" $(touch x) \\n venv"
	plantVenv(t, venv, union(distInfo("sound", "1.0"), map[string]string{
		"evil\nvenv \x1b[2J-1.0.dist-info/METADATA": "Name: evil\nVersion: 1.0\nabsent\n",
		"\xff\xfe-2.0.dist-info/METADATA":           "Name: \xff\xfe\nVersion: \x01\n",
		"a\\nb-3.0.dist-info/METADATA":              "Name: a\\nb\nVersion: 3.0\n",
		"-e-1.dist-info/METADATA":                   "Name: e\nVersion: 1\n",
		"x=y-1.dist-info/METADATA":                  "Name: x=y\nVersion: 1\n",
		"sound-1.0.dist-info/direct_url.json":       "end\n= \n.\nitem x\n",
		"sound-1.0.dist-info/INSTALLER":             "pip\nown /etc\n",
		"$(touch pwned)-1.0.dist-info/METADATA":     "Name: $(touch pwned)\nVersion: `id`\n",
	}))
	inShells(t, func(t *testing.T, shell []string) {
		facts := readVenv(t, shell, venv)
		want := map[string]string{
			`.packages["sound"].version`:              `"1.0"`,
			`.packages["sound"].installer`:            `"pip"`,
			`.packages["sound"].problems`:             `["direct_url.json is damaged"]`,
			`.packages["evil"].version`:               `"1.0"`,
			".packages[\"\uFFFDff\uFFFDfe\"].version": `"\u0001"`,
			`.packages["a\\nb"].version`:              `"3.0"`,
			`.packages["x=y"].version`:                `"1"`,
			`.packages["$(touch pwned)"].version`:     "\"`id`\"",
			`.packages["e"].version`:                  "absent",
		}
		for name, want := range want {
			if got := show(facts[name]); got != want {
				t.Errorf("%s = %s, want %s", name, got, want)
			}
		}
		if n := len(versionsIn(facts)); n != 6 {
			t.Errorf("%d packages: %q", n, versionsIn(facts))
		}
	})
}

// Found by a pattern, too, an environment may have any name.
func TestPythonFindsAnyName(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	names := []string{"plain", "two words", "line\nbreak", "back\\slash", "-n", "*", "\xff"}
	for _, name := range names {
		plantVenv(t, dir+"/"+name+"/venv", nil)
	}
	plant(t, dir, map[string]string{"no/venv/README": "", "file": ""})
	inShells(t, func(t *testing.T, shell []string) {
		sections := ask(t, shell, Request{Word: NewWord(), Queries: []Query{pythonQuery([]string{dir + "/?*/venv"}, nil)}})
		found := map[string]bool{}
		for _, s := range sections {
			if s.Status != drift.OK {
				t.Errorf("%q is %s: %s", s.Scope, s.Status, s.Reason)
			}
			found[s.Scope] = !s.Question
		}
		for _, name := range names {
			if !found[dir+"/"+name+"/venv"] {
				t.Errorf("%q was not found", name)
			}
		}
		if len(sections) != len(names)+1 || found[dir+"/no/venv"] {
			t.Errorf("%d sections: %v", len(sections), found)
		}
	})
}

func TestPythonPatterns(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	for _, path := range []string{"a/venv", "b/c/venv", "b/c/other", "venv"} {
		plantVenv(t, dir+"/"+path, nil)
	}
	tests := []struct {
		pattern string
		want    []string
	}{
		{"/*/venv", []string{"a/venv"}},
		{"/**/venv", []string{"a/venv", "b/c/venv", "venv"}},
		{"/b/**", []string{"b/c/other", "b/c/venv"}},
		{"/?/[a-c]/o*r", []string{"b/c/other"}},
		{"/none/*", nil},
		{"/none/**", nil},
	}
	var queries []Query
	for _, test := range tests {
		queries = append(queries, pythonQuery([]string{dir + test.pattern}, nil))
	}
	inShells(t, func(t *testing.T, shell []string) {
		for i, sections := range askEach(t, shell, "", queries) {
			var got []string
			for _, s := range sections {
				switch {
				case s.Question && s.Status != drift.OK:
					t.Errorf("%s: %s: %s", tests[i].pattern, s.Status, s.Reason)
				case !s.Question:
					got = append(got, strings.TrimPrefix(s.Scope, dir+"/"))
				}
			}
			if diff := cmp.Diff(slices.Sorted(slices.Values(got)), tests[i].want); diff != "" {
				t.Errorf("%s (-got +want):\n%s", tests[i].pattern, diff)
			}
		}
	})
}

// What may not be read is denied or unknown, never empty.
func TestPythonDenied(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	files := union(distInfo("one", "1.0", "Requires-Dist: two>=2"), distInfo("two", "2.0"), map[string]string{"one.py": ""},
		map[string]string{"one-1.0.dist-info/RECORD": "one.py,,\none-1.0.dist-info/METADATA,,\nsub/x.py,,\n", "sub/x.py": "", "one-1.0.dist-info/INSTALLER": "pip\n",
			"one-1.0.dist-info/direct_url.json": `{"url": "file:///srv/one", "dir_info": {"editable": true}}`})
	const lib = "/lib/python3.11/site-packages"
	tests := []struct {
		name, path string
		mode       os.FileMode
		facts      map[string]string // of a section that is OK
	}{
		{name: "the environment", path: ""},
		{name: "its parent", path: "/.."},
		{name: "lib", path: "/lib", facts: map[string]string{".packages": "unknown: may not look into lib", ".unmet": "unknown: may not look into lib",
			".problems": "unknown: may not look into lib", `.imports["pip"]`: "unknown: may not look into lib"}},
		{name: "packages", path: lib, facts: map[string]string{".packages": "unknown: may not look into VENV" + lib, ".unmet": "unknown: may not look into VENV" + lib,
			`.imports["setuptools"]`: "unknown: denied"}},
		{name: "packages that may not be listed", path: lib, mode: 0o711, facts: map[string]string{".packages": "unknown: may not look into VENV" + lib,
			`.imports["setuptools"]`: "unknown: may not look into VENV" + lib}},
		{name: "a dist-info", path: lib + "/two-2.0.dist-info", facts: map[string]string{
			`.packages["two"]`: "unknown: may not look into two-2.0.dist-info", `.packages["one"].version`: `"1.0"`,
			`.unmet["two"]`: "unknown: may not look into two-2.0.dist-info",
			`.unmet["one"]`: "unknown: the version of two could not be told: may not look into two-2.0.dist-info",
			".problems":     "unknown: two: may not look into two-2.0.dist-info"}},
		{name: "direct_url.json", path: lib + "/one-1.0.dist-info/direct_url.json", facts: map[string]string{
			`.packages["one"].version`: `"1.0"`, `.packages["one"].editable`: "unknown: direct_url.json may not be read",
			`.packages["one"].direct_url`: "unknown: direct_url.json may not be read"}},
		{name: "INSTALLER", path: lib + "/one-1.0.dist-info/INSTALLER", facts: map[string]string{
			`.packages["one"].version`: `"1.0"`, `.packages["one"].installer`: "unknown: INSTALLER may not be read"}},
		{name: "METADATA", path: lib + "/two-2.0.dist-info/METADATA", facts: map[string]string{
			`.packages["two"].version`: "unknown: METADATA may not be read", `.packages["two"].problems`: "unknown: METADATA may not be read"}},
		{name: "RECORD", path: lib + "/two-2.0.dist-info/RECORD", facts: map[string]string{
			`.packages["two"].version`: `"2.0"`, `.packages["two"].problems`: "unknown: RECORD may not be read", ".problems": "unknown: two: RECORD may not be read"}},
		{name: "a folder of files", path: lib + "/sub", facts: map[string]string{
			`.packages["one"].problems`: "unknown: may not look for 1 of its files", `.packages["one"].missing`: "unknown: which files of RECORD are missing could not be told"}},
		{name: "pyvenv.cfg", path: "/pyvenv.cfg", facts: map[string]string{".pyvenv": "unknown: pyvenv.cfg may not be read", `.imports["pip"]`: "unknown: pyvenv.cfg may not be read"}},
		{name: "bin", path: "/bin", facts: map[string]string{".interpreter.state": "unknown: may not look where bin/python leads", `.imports["pip"]`: "unknown: may not look where bin/python leads"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			venv := sharedDir(t) + "/app/venv"
			plantVenv(t, venv, files)
			if err := os.Chmod(venv+test.path, test.mode); err != nil {
				t.Fatal(err)
			}
			sections := askAsNobody(t, "", pythonQuery([]string{venv}, nil))
			if len(sections) != 1 {
				t.Fatalf("%+v", sections)
			}
			if test.facts == nil {
				if sections[0].Status != drift.Denied || len(sections[0].Facts) != 0 {
					t.Errorf("%s with %d facts, want denied", sections[0].Status, len(sections[0].Facts))
				}
				return
			}
			if sections[0].Status != drift.OK {
				t.Fatalf("%s: %s", sections[0].Status, sections[0].Reason)
			}
			for name, want := range test.facts {
				f, _ := sections[0].Find(drift.Address("python").Key(venv) + drift.Address(name))
				if got := show(f.Value); got != strings.ReplaceAll(want, "VENV", venv) {
					t.Errorf("%s = %s, want %s", name, got, want)
				}
			}
		})
	}
}

func TestPythonDeniedPatterns(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	for _, closed := range []string{"", "/a", "/a/venv"} {
		for _, pattern := range []string{"/*/venv", "/**"} {
			dir := sharedDir(t)
			plantVenv(t, dir+"/a/venv", nil)
			plantVenv(t, dir+"/b/venv", nil)
			if err := os.Chmod(dir+closed, 0o700); err != nil {
				t.Fatal(err)
			}
			told, found := true, 0
			for _, s := range askAsNobody(t, "", pythonQuery([]string{dir + pattern}, nil)) {
				told = told && s.Known()
				if s.Status == drift.OK && !s.Question {
					found++
				}
			}
			if told {
				t.Errorf("%s with %q closed: all was told", pattern, closed)
			}
			if want := min(1, len(closed)); found != want {
				t.Errorf("%s with %q closed: %d environments, want %d", pattern, closed, found, want)
			}
		}
	}
}

// What a link leads to that may not be looked at is unknown, and what leads to nothing is absent.
func TestPythonDeniedBehindLinks(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	for _, test := range []struct {
		target string // of the link /link
		path   string
		want   bool // it can be told
	}{
		{"shut/in", "/link/venv", false},
		{"shut/in", "/*/venv", false},
		{"shut/in", "/link/*", false},
		{"shut/in", "/link/**", false},
		{"shut/in/venv", "/*", false},
		{"none", "/link/venv", true},
		{"none", "/*/venv", true},
		{"none", "/link/**", true},
		{"links/link", "/*/venv", true},
	} {
		dir := sharedDir(t)
		plantVenv(t, dir+"/shut/in/venv", nil)
		folders := dir + "/links"
		plant(t, dir, map[string]string{"links/file": ""})
		if err := os.Symlink("../"+test.target, folders+"/link"); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir+"/shut", 0o700); err != nil {
			t.Fatal(err)
		}
		for _, s := range askAsNobody(t, "", pythonQuery([]string{folders + test.path}, nil)) {
			if s.Known() != test.want {
				t.Errorf("%s, where a link leads to %s: %s %s", test.path, test.target, s.Status, s.Reason)
			}
		}
	}
}

// Output that ends at any line, with success, is an error.
func TestPythonCutOff(t *testing.T) {
	data, err := os.ReadFile("testdata/python/debian-12.in")
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		if data[i] != '\n' || i == len(data)-1 {
			continue
		}
		for _, cut := range []string{string(data[:i]), string(data[:i+1])} {
			if sections, err := parsePython(Frame{Query: pythonQuery([]string{"/srv/app/venv"}, nil), Data: []byte(cut)}); err == nil {
				t.Fatalf("cut after %q: %d sections and no error", cut[max(0, len(cut)-40):], len(sections))
			}
		}
	}
}

func TestPythonNoEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, map[string]string{"etc/passwd": "x\n", "file": ""})
	for path, want := range map[string]drift.Status{"/none": drift.Gone, "/etc": drift.Failed, "/file": drift.Failed} {
		sections := askOne(t, dir, pythonQuery([]string{path}, nil))
		if len(sections) != 1 || sections[0].Status != want || sections[0].Scope != path {
			t.Errorf("%s: %+v, want %s", path, sections, want)
		}
	}
}

// Links of a tree that stands for "/" lead into the tree.
func TestPythonBelowRoot(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	plantVenv(t, root+"/srv/venv", distInfo("one", "1.0"))
	remove(t, root+"/srv/venv/bin/python")
	for link, target := range map[string]string{"/srv/venv/bin/python": "python3", "/srv/venv/bin/python3": "/opt/base/bin/python3", "/opt/base/bin/python3": "python3.11"} {
		mkdir(t, root+link[:strings.LastIndexByte(link, '/')])
		if err := os.Symlink(target, root+link); err != nil {
			t.Fatal(err)
		}
	}
	state := func() (state, target string) {
		s := askOne(t, root, pythonQuery([]string{"/srv/venv"}, nil))[0]
		at := drift.Address("python").Key("/srv/venv").Attr("interpreter")
		f, _ := s.Find(at.Attr("state"))
		g, _ := s.Find(at.Attr("target"))
		return show(f.Value), show(g.Value)
	}
	if got, target := state(); got != `"dangling"` || target != `"/opt/base/bin/python3.11"` {
		t.Errorf("%s %s, want dangling", got, target)
	}
	plant(t, root, map[string]string{"opt/base/bin/python3.11": "x"})
	if err := os.Chmod(root+"/opt/base/bin/python3.11", 0o755); err != nil {
		t.Fatal(err)
	}
	if got, target := state(); got != `"ok"` || target != `"/opt/base/bin/python3.11"` {
		t.Errorf("%s %s, want ok", got, target)
	}
	relink(t, root+"/srv/venv/bin/python3", "python")
	if got, _ := state(); got != `"dangling"` {
		t.Errorf("links in a circle: %s, want dangling", got)
	}
}

// With the system's packages, the environment's pip sees those too.
func TestPythonSharesSystem(t *testing.T) {
	t.Parallel()
	venv := realVenv(t)
	replace(t, venv+"/pyvenv.cfg", "include-system-site-packages = false", "include-system-site-packages = true")
	facts := readVenv(t, sh, venv)
	want, _ := startPip(t, venv).says(t)
	got := versionsIn(facts)
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("packages, not as pip lists them (-got +want):\n%s", diff)
	}
	if got := show(facts[`.packages["pip"].location"`]); strings.HasPrefix(got, `"/`) {
		t.Errorf("pip is in %s, want the environment's own", got)
	}
}

// An installation of Python itself has no pyvenv.cfg, and is not damaged for that.
func TestPythonInstallation(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	plantVenv(t, dir+"/base", distInfo("pip", "23.0.1"))
	remove(t, dir+"/base/pyvenv.cfg")
	rename(t, dir+"/base/bin/python", dir+"/base/bin/python3.11")
	if err := os.Symlink("python3.11", dir+"/base/bin/python"); err != nil {
		t.Fatal(err)
	}
	plant(t, dir, map[string]string{"base/lib/python3.11/os.py": "", "base/lib/python3.11/distutils/__init__.py": ""})
	facts := readVenv(t, sh, dir+"/base")
	for name, want := range map[string]string{".problems": "[]", `.imports["distutils"]`: "true", `.imports["pip"]`: "false", ".interpreter.version": `"3.11"`} {
		if got := show(facts[name]); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
}

func TestPythonEggs(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	venv := dir + "/venv"
	plantVenv(t, venv, map[string]string{
		"old-1.0-py3.11.egg-info/PKG-INFO":        "Metadata-Version: 1.0\nName: old\nVersion: 1.0\n",
		"old-1.0-py3.11.egg-info/requires.txt":    "none>=1\n[:python_version < '3']\nlegacy\n",
		"single-2.0.egg-info":                     "Metadata-Version: 1.0\nName: single\nVersion: 2.0\n",
		"zipped-3.0-py3.11.egg/EGG-INFO/PKG-INFO": "Metadata-Version: 1.0\nName: zipped\nVersion: 3.0\n",
		"My-Project.egg-link":                     dir + "/src\n.\n",
		"lost.egg-link":                           dir + "/gone\n.\n",
	})
	plant(t, dir, map[string]string{"src/My_Project.egg-info/PKG-INFO": "Metadata-Version: 1.0\nName: My-Project\nVersion: 0.1\n"})
	inShells(t, func(t *testing.T, shell []string) {
		facts := readVenv(t, shell, venv)
		for name, want := range map[string]string{
			`.packages["old"].version`:           `"1.0"`,
			`.packages["single"].version`:        `"2.0"`,
			`.packages["zipped"].version`:        `"3.0"`,
			`.packages["my-project"].version`:    `"0.1"`,
			`.packages["my-project"].editable`:   "true",
			`.packages["my-project"].direct_url`: `"file://` + dir + `/src"`,
			`.packages["lost"].version`:          "unknown: METADATA is missing",
			`.packages["lost"].problems`:         `["its egg-link leads to no egg-info"]`,
			`.unmet["old"]`:                      `["none>=1: not installed"]`,
		} {
			if got := show(facts[name]); got != want {
				t.Errorf("%s = %s, want %s", name, got, want)
			}
		}
	})
}

func FuzzReadPython(f *testing.F) {
	for _, name := range []string{"debian-12", "debian-13"} {
		data, err := os.ReadFile("testdata/python/" + name + ".in")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	q := pythonQuery([]string{"/srv/**"}, map[string][]string{"/srv/app/venv": {"/srv/app/requirements.txt"}})
	f.Fuzz(func(t *testing.T, data []byte) {
		frame := Frame{Query: q, Data: data}
		for _, s := range frame.parse() {
			for _, fact := range s.Facts {
				if problem, _ := Check(fact.Address.Steps()); problem != "" {
					t.Errorf("%s: %s", fact.Address, problem)
				}
			}
		}
	})
}
