package collect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
)

func show(v drift.Value) string {
	if v.Kind == drift.Unknown {
		return "unknown: " + v.Text
	}
	if v.Kind == drift.Absent {
		return "absent"
	}
	return v.Text
}

func TestPythonSound(t *testing.T) {
	t.Parallel()
	venv := realVenv(t)
	wantVersions, wantUnmet := startPip(t, venv).says(t)
	inShells(t, func(t *testing.T, shell []string) {
		facts := readVenv(t, shell, venv)
		for name, want := range map[string]string{
			".problems":                           "[]",
			".interpreter.state":                  `"ok"`,
			`.pyvenv["home"]`:                     `"/usr/bin"`,
			`.imports["pkg_resources"]`:           "true",
			`.imports["setuptools"]`:              "true",
			`.imports["pip"]`:                     "true",
			`.imports["distutils"]`:               "true",
			`.packages["appcore"].version`:        `"1.4.2"`,
			`.packages["appcore"].installer`:      `"pip"`,
			`.packages["appcore"].editable`:       "false",
			`.packages["appcore"].problems`:       "[]",
			`.packages["appcore"].direct_url`:     "absent",
			`.packages["my-dotted-name"].version`: `"3.0.post1"`,
			`.packages["localver"].version`:       `"1.2.3+lab.7"`,
			`.packages["appcore"].missing`:        "absent",
			`.packages["body"].version`:           "absent",
		} {
			if got := show(facts[name]); got != want {
				t.Errorf("%s = %s, want %s", name, got, want)
			}
		}
		if got := show(facts[`.packages["localver"].direct_url`]); !strings.Contains(got, "/wheels/localver-1.2.3%2Blab.7-py3-none-any.whl") {
			t.Errorf("direct_url = %s", got)
		}
		if diff := cmp.Diff(versionsIn(facts), wantVersions); diff != "" {
			t.Errorf("packages, not as pip lists them (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(likeCheck(t, facts), wantUnmet); diff != "" {
			t.Errorf("unmet, not as pip check says (-got +want):\n%s", diff)
		}
	})
}

func versionsIn(facts map[string]drift.Value) map[string]string {
	versions := map[string]string{}
	for name, v := range facts {
		if name, ok := strings.CutSuffix(name, `"].version`); ok {
			text, _ := v.AsString()
			versions[strings.TrimPrefix(name, `.packages["`)] = text
		}
	}
	return versions
}

func unmetIn(facts map[string]drift.Value) map[string]string {
	unmet := map[string]string{}
	for name, v := range facts {
		if name, ok := strings.CutPrefix(name, ".unmet"); ok {
			unmet[name] = show(v)
		}
	}
	return unmet
}

// Each row of the table of broken environments, told from all the others.
func TestPythonDamage(t *testing.T) {
	t.Parallel()
	venv := realVenv(t)
	pip := startPip(t, venv)
	lib := site(t, venv)
	version := strings.TrimPrefix(filepath.Base(filepath.Dir(lib)), "python")
	setuptools, err := filepath.Glob(lib + "/setuptools-*.dist-info")
	if err != nil || len(setuptools) != 1 {
		t.Fatalf("%v, %v", setuptools, err)
	}
	leftover := strings.Replace(filepath.Base(setuptools[0]), "setuptools", "~etuptools", 1)
	tests := []struct {
		name     string
		damage   func(*testing.T)
		problems []string
		facts    map[string]string
		unmet    map[string]string
		notPip   bool // pip cannot run there, or does not see it
	}{
		{
			name:     "interpreter link dangling",
			damage:   func(t *testing.T) { relink(t, venv+"/bin/python3", "/opt/bin/python"+version) },
			problems: []string{"the interpreter is a dangling link to /opt/bin/python" + version},
			facts: map[string]string{".interpreter.state": `"dangling"`, ".interpreter.target": `"/opt/bin/python` + version + `"`, ".interpreter.version": `"` + version + `"`,
				`.imports["pip"]`: "false", `.packages["appcore"].version`: `"1.4.2"`},
			notPip: true,
		},
		{
			name:     "interpreter missing",
			damage:   func(t *testing.T) { remove(t, venv+"/bin/python", venv+"/bin/python3") },
			problems: []string{"there is no interpreter: bin/python is missing"},
			facts:    map[string]string{".interpreter.state": `"missing"`, ".interpreter.target": "absent", `.imports["pip"]`: "false"},
			notPip:   true,
		},
		{
			name: "interpreter no program",
			damage: func(t *testing.T) {
				remove(t, venv+"/bin/python3")
				plant(t, venv, map[string]string{"bin/python3": "\x7fELF"})
			},
			problems: []string{"the interpreter " + venv + "/bin/python3 is no program"},
			facts:    map[string]string{".interpreter.state": `"unusable"`, `.imports["setuptools"]`: "false"},
			notPip:   true,
		},
		{
			name: "moved",
			damage: func(t *testing.T) {
				plant(t, venv, map[string]string{"bin/appcore": "#!/srv/old/venv/bin/python3\nimport appcore\n",
					"bin/pip": "#!/bin/sh\n'''exec' \"/srv/a b/venv/bin/python3\" \"$0\" \"$@\"\n' '''\n"})
			},
			problems: []string{"moved: its scripts start /srv/a b/venv/bin/python3", "moved: its scripts start /srv/old/venv/bin/python3"},
			facts:    map[string]string{".interpreter.state": `"ok"`},
		},
		{
			name:     "METADATA missing",
			damage:   func(t *testing.T) { remove(t, lib+"/yamlite-6.0.1.dist-info/METADATA") },
			problems: []string{"yamlite: METADATA is missing: pip does not see it"},
			facts:    map[string]string{`.packages["yamlite"].version`: `"6.0.1"`},
			unmet:    map[string]string{`["yamlite"]`: "unknown: METADATA is missing"},
			notPip:   true, // to pip the package is not there
		},
		{
			name:     "left-over dist-info",
			damage:   func(t *testing.T) { rename(t, setuptools[0], lib+"/"+leftover) },
			problems: []string{"left over from an installation: " + leftover},
			facts:    map[string]string{`.packages["setuptools"].version`: "absent", `.imports["pkg_resources"]`: "true"},
			unmet:    map[string]string{`["appcore"]`: `["setuptools: not installed"]`},
		},
		{
			name: "two dist-info",
			damage: func(t *testing.T) {
				plant(t, lib, map[string]string{"yamlite-5.0.dist-info/METADATA": "Name: yamlite\nVersion: 5.0\n", "yamlite-5.0.dist-info/RECORD": ""})
			},
			problems: []string{"yamlite: installed twice: yamlite-5.0.dist-info and yamlite-6.0.1.dist-info"},
			facts:    map[string]string{`.packages["yamlite"].version`: "unknown: installed twice, in different versions"},
			unmet: map[string]string{`["yamlite"]`: "unknown: installed twice",
				`["appcore"]`:        "unknown: the version of yamlite could not be told: installed twice, in different versions",
				`["my-dotted-name"]`: "unknown: the version of yamlite could not be told: installed twice, in different versions"},
			notPip: true,
		},
		{
			name: "unmet requirement",
			damage: func(t *testing.T) {
				rename(t, lib+"/yamlite-6.0.1.dist-info", lib+"/yamlite-5.9.dist-info")
				replace(t, lib+"/yamlite-5.9.dist-info/METADATA", "Version: 6.0.1", "Version: 5.9")
				replace(t, lib+"/yamlite-5.9.dist-info/RECORD", "yamlite-6.0.1", "yamlite-5.9")
			},
			problems: []string{},
			unmet: map[string]string{`["appcore"]`: `["yamlite>=6: 5.9 is installed"]`,
				`["my-dotted-name"]`: `["yamlite!=5.*,<7: 5.9 is installed"]`},
		},
		{
			name:     "package folder gone",
			damage:   func(t *testing.T) { remove(t, lib+"/yamlite") },
			problems: []string{"yamlite: none of its 2 files is there"},
			facts:    map[string]string{`.packages["yamlite"].missing`: `["yamlite/__init__.py","yamlite/data, more.txt"]`},
		},
		{
			name:     "files missing",
			damage:   func(t *testing.T) { remove(t, lib+"/yamlite/data, more.txt", venv+"/bin/appcore") },
			problems: []string{"appcore: 1 of its 3 files are missing", "yamlite: 1 of its 2 files are missing"},
			facts:    map[string]string{`.packages["yamlite"].missing`: `["yamlite/data, more.txt"]`, `.packages["appcore"].missing`: `["../../../bin/appcore"]`},
		},
		{
			name:     "packages of another Python",
			damage:   func(t *testing.T) { rename(t, venv+"/lib/python"+version, venv+"/lib/python3.2") },
			problems: []string{"packages are in lib/python3.2/site-packages, where Python " + version + " does not look"},
			facts:    map[string]string{`.packages["appcore"].version`: "absent", `.imports["pip"]`: "false", `.imports["pkg_resources"]`: "false"},
			notPip:   true,
		},
		{
			name:     "pyvenv.cfg missing",
			damage:   func(t *testing.T) { remove(t, venv+"/pyvenv.cfg") },
			problems: []string{"pyvenv.cfg is missing: the interpreter uses the packages of the system"},
			facts:    map[string]string{`.imports["pip"]`: "unknown: without pyvenv.cfg the interpreter uses the packages of the system"},
			notPip:   true,
		},
		{
			name:     "RECORD missing",
			damage:   func(t *testing.T) { remove(t, lib+"/appcore-1.4.2.dist-info/RECORD") },
			problems: []string{"appcore: RECORD is missing: pip cannot uninstall it"},
		},
		{
			name: "setuptools removed",
			damage: func(t *testing.T) {
				remove(t, lib+"/setuptools", setuptools[0], lib+"/pkg_resources", lib+"/_distutils_hack", lib+"/distutils-precedence.pth")
			},
			problems: []string{},
			facts: map[string]string{`.packages["setuptools"].version`: "absent", `.imports["pkg_resources"]`: "false", `.imports["setuptools"]`: "false",
				`.imports["pip"]`: "true"},
			unmet: map[string]string{`["appcore"]`: `["setuptools: not installed"]`},
		},
		{
			name:     "METADATA damaged",
			damage:   func(t *testing.T) { plant(t, lib, map[string]string{"yamlite-6.0.1.dist-info/METADATA": "<html>\n"}) },
			problems: []string{"yamlite: METADATA is damaged: line 1: no header, no Name, no Version"},
			facts:    map[string]string{`.packages["yamlite"].version`: `"6.0.1"`},
			unmet:    map[string]string{`["yamlite"]`: "unknown: METADATA is damaged"},
			notPip:   true,
		},
		{
			name:     "empty egg-info",
			damage:   func(t *testing.T) { mkdir(t, lib+"/ghost-1.0.egg-info") },
			problems: []string{"ghost: PKG-INFO is missing"},
			facts:    map[string]string{`.packages["ghost"].version`: `"1.0"`},
			unmet:    map[string]string{`["ghost"]`: "unknown: METADATA is missing"},
			notPip:   true,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			copyVenv(t, venv)
			test.damage(t)
			facts := readVenv(t, sh, venv)
			if got, want := show(facts[".problems"]), drift.Strings(test.problems...).Text; got != want {
				t.Errorf("problems: %s, want %s", got, want)
			}
			for name, want := range test.facts {
				if got := show(facts[name]); got != want {
					t.Errorf("%s = %s, want %s", name, got, want)
				}
			}
			if test.unmet == nil {
				test.unmet = map[string]string{}
			}
			if diff := cmp.Diff(unmetIn(facts), test.unmet); diff != "" {
				t.Errorf("unmet (-got +want):\n%s", diff)
			}
			if test.notPip {
				return
			}
			versions, unmet := pip.says(t)
			if diff := cmp.Diff(likeCheck(t, facts), unmet); diff != "" {
				t.Errorf("unmet, not as pip check says (-got +want):\n%s", diff)
			}
			if diff := cmp.Diff(versionsIn(facts), versions); diff != "" {
				t.Errorf("packages, not as pip lists them (-got +want):\n%s", diff)
			}
		})
	}
}

func remove(t testing.TB, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if _, err := os.Lstat(path); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}

func rename(t testing.TB, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func relink(t testing.TB, path, target string) {
	t.Helper()
	remove(t, path)
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t testing.TB, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func replace(t testing.TB, path, from, to string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(data), from, to)
	if text == string(data) {
		t.Fatalf("%s has no %q", path, from)
	}
	plant(t, filepath.Dir(path), map[string]string{filepath.Base(path): text})
}
