package main

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

const (
	demoVenv  = "/srv/app/venv"
	demoSites = demoVenv + "/lib/python3.11/site-packages"
)

// demoPackage is a Python distribution as pip leaves it in a virtual environment.
type demoPackage struct {
	name, version string
	modules       string // what can be imported, with spaces
	requires      string // Requires-Dist, with semicolons
}

// demoPackages are what both hosts have at the beginning.
var demoPackages = []demoPackage{
	{"certifi", "2023.7.22", "certifi", ""},
	{"charset-normalizer", "3.2.0", "charset_normalizer", ""},
	{"gunicorn", "20.1.0", "gunicorn", "setuptools (>=3.0)"},
	{"idna", "3.4", "idna", ""},
	{"pip", "23.0.1", "pip", ""},
	{"PyYAML", "6.0.1", "yaml", ""},
	{"requests", "2.31.0", "requests", demoRequestsNeeds},
	{"setuptools", "66.1.1", "pkg_resources setuptools", ""},
	{"urllib3", "1.26.18", "urllib3", ""},
}

const demoRequestsNeeds = "charset-normalizer (<4,>=2); idna (<4,>=2.5); urllib3 (<3,>=1.21.1); certifi (>=2017.4.17)"

// demoByHand is what somebody's pip put into production.
var demoByHand = []demoPackage{
	{"certifi", "2024.8.30", "certifi", ""},
	{"charset-normalizer", "3.3.2", "charset_normalizer", ""},
	{"idna", "3.8", "idna", ""},
	{"requests", "2.32.3", "requests", demoRequestsNeeds},
	{"urllib3", "2.2.1", "urllib3", ""},
}

// makeVenv makes what a virtual environment has beside its packages.
func (t demoTree) makeVenv() error {
	config := "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n"
	return errors.Join(
		t.write(demoVenv+"/pyvenv.cfg", config),
		os.Chmod(t.path("/usr/bin/python3.11"), 0o755),
		os.Symlink("python3.11", t.path("/usr/bin/python3")),
		os.MkdirAll(t.path(demoVenv+"/bin"), 0o755),
		os.Symlink("/usr/bin/python3", t.path(demoVenv+"/bin/python3")),
		os.Symlink("python3", t.path(demoVenv+"/bin/python")),
	)
}

// install puts a package into the virtual environment, in place of the version that is there.
func (t demoTree) install(p demoPackage) error {
	if err := t.uninstall(p.name); err != nil {
		return err
	}
	info := p.info()
	metadata := fmt.Sprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\n", p.name, p.version)
	for need := range strings.SplitSeq(p.requires, "; ") {
		if need != "" {
			metadata += "Requires-Dist: " + need + "\n"
		}
	}
	files := map[string]string{
		info + "/INSTALLER": "pip\n",
		info + "/METADATA":  metadata,
		info + "/WHEEL":     "Wheel-Version: 1.0\nGenerator: bdist_wheel (0.40.0)\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
	}
	for module := range strings.FieldsSeq(p.modules) {
		files[module+"/__init__.py"] = fmt.Sprintf("# It stands for %s %s.\n", p.name, p.version)
	}
	record := info + "/RECORD,,\n"
	for name, text := range files {
		sum := sha256.Sum256([]byte(text))
		record += fmt.Sprintf("%s,sha256=%s,%d\n", name, base64.RawURLEncoding.EncodeToString(sum[:]), len(text))
		if err := t.write(path.Join(demoSites, name), text); err != nil {
			return err
		}
	}
	return t.write(path.Join(demoSites, info, "RECORD"), record)
}

// uninstall takes a package out of the virtual environment, if it is there: what its RECORD names.
func (t demoTree) uninstall(name string) error {
	records, err := filepath.Glob(t.path(path.Join(demoSites, wheelName(name)+"-*.dist-info", "RECORD")))
	if err != nil || len(records) == 0 {
		return err
	}
	record, err := os.ReadFile(records[0])
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(record)) {
		file, _, _ := strings.Cut(line, ",")
		file = t.path(path.Join(demoSites, file))
		if err := os.Remove(file); err != nil {
			return err
		}
		os.Remove(filepath.Dir(file)) // when it is empty
	}
	return nil
}

// info is the name of the package's .dist-info folder.
func (p demoPackage) info() string { return wheelName(p.name) + "-" + p.version + ".dist-info" }

func wheelName(name string) string { return strings.ReplaceAll(name, "-", "_") }
