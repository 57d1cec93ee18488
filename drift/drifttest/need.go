// Package drifttest holds what tests of all packages share. Program, Root and Python say what a test needs from the machine
// that it runs on. Where it is absent the test is skipped, unless
// GATE_TEST_NO_SKIP=1 is set, as in CI: there a missing program is a failure, so that no test is lost unseen.
package drifttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Program returns the path of the first of names that is on the machine, looking in PATH and in the sbin folders, which
// are not on every user's PATH. A name with a slash is taken as it is.
func Program(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
		for _, dir := range []string{"/usr/sbin", "/sbin", "/usr/local/sbin"} {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path
			}
		}
	}
	Skip(t, "needs one of %q", names)
	return ""
}

// Root skips the test unless it runs as the superuser.
func Root(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		Skip(t, "needs root")
	}
}

// Python returns the system's Python after it has imported modules. A python3 on PATH may be another one, without the
// system's packages.
func Python(t testing.TB, modules ...string) string {
	t.Helper()
	python := Program(t, "/usr/bin/python3")
	for _, module := range modules {
		if out, err := exec.Command(python, "-c", "import "+module).CombinedOutput(); err != nil {
			Skip(t, "needs the Python module %s: %s", module, out)
		}
	}
	return python
}

// Debian returns the root tree of a Debian host, as debootstrap makes it, from the environment variable GATE_TEST_DEBIAN.
// .ci/run has one made, with the packages that its list HOST_PACKAGES names. It is for copying: tests leave it as it is.
func Debian(t testing.TB) string {
	t.Helper()
	Root(t)
	tree := os.Getenv("GATE_TEST_DEBIAN")
	if tree == "" {
		Skip(t, "needs a tree made by debootstrap in GATE_TEST_DEBIAN: see .github/CONTRIBUTING.md")
	}
	if _, err := os.Stat(filepath.Join(tree, "var/lib/dpkg/status")); err != nil {
		t.Fatalf("GATE_TEST_DEBIAN is no tree of a Debian host: %v", err)
	}
	return tree
}

// Skip skips the test, or fails it where skips are forbidden.
func Skip(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("GATE_TEST_NO_SKIP") == "1" {
		t.Fatalf("GATE_TEST_NO_SKIP forbids to skip: "+format, args...)
	}
	t.Skipf(format, args...)
}
