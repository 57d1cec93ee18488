package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// TestFailClosedOnHosts takes files of hosts that pass away from the account that reads them, one at a time. No check may pass.
func TestFailClosedOnHosts(t *testing.T) {
	t.Parallel()
	drifttest.Slow(t)
	if os.Geteuid() == 0 {
		drifttest.Program(t, "setpriv")
	}
	l, gate := gateOn(t, `
collect "deb" {}
collect "file" {
  paths = ["/etc/app/**", "/srv/app/requirements.txt"]
}
collect "python" {
  venvs        = ["/srv/*/venv"]
  requirements = { "/srv/app/venv" = ["/srv/app/requirements.txt"] }
}
collect "revision" {
  marker = "/srv/app/REVISION"
}
`)
	names := []string{"staging-1", "production-1"}
	environments := strings.Replace(scriptEnvironments, `, "production-2"`, "", 1)
	must(t, os.WriteFile(filepath.Join(l.folder, "policy/environments.hcl"), []byte(environments), 0o644))
	for _, name := range names {
		tree := l.tree(name)
		must(t, writeDeb(filepath.Join(tree, "var/lib/dpkg/status"), []string{"openssl=3.0.11-1"}))
		must(t, writeMissing(filepath.Join(tree, "etc/app/app.ini"), "[a]\nx = 1\n"))
		must(t, writeMissing(filepath.Join(tree, "etc/app/conf.d/more.yaml"), "y: 2\n"))
		must(t, writeMissing(filepath.Join(tree, "srv/app/requirements.txt"), "requests==2.31.0\n"))
		must(t, writeMissing(filepath.Join(tree, "srv/app/REVISION"), "a41c9e2\n"))
		must(t, install(demoTree(tree), []string{"requests=2.31.0"}))
		must(t, l.start(name, "unprivileged"))
	}
	check := func() (code int, out string) {
		cmd := gate("check", "--to", "production")
		text, _ := cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), string(text)
	}
	if code, out := check(); code != exitPass {
		t.Fatalf("it does not pass as it is: exit %d\n%s", code, out)
	}
	sites := strings.TrimPrefix(demoSites, "/")
	for i, path := range []string{
		"etc/os-release", "etc", "etc/app", "etc/app/app.ini", "etc/app/conf.d", "etc/app/conf.d/more.yaml",
		"var/lib/dpkg/status", "var/lib/dpkg", "srv", "srv/app", "srv/app/requirements.txt", "srv/app/REVISION",
		"srv/app/venv", "srv/app/venv/bin", "srv/app/venv/pyvenv.cfg", sites, sites + "/requests-2.31.0.dist-info", sites + "/requests-2.31.0.dist-info/METADATA",
		sites + "/requests-2.31.0.dist-info/RECORD",
	} {
		for j, name := range names {
			if i%len(names) != j && !drifttest.Thorough() {
				continue // the other environment's turn
			}
			t.Run(path+" of "+name, func(t *testing.T) {
				deny(t, filepath.Join(l.tree(name), path))
				if code, out := check(); code != exitUndecided && code != exitBlocked {
					t.Errorf("exit %d\n%s", code, out)
				}
			})
		}
	}
}

// deny takes all permissions of a file away for a test.
func deny(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	must(t, os.Chmod(path, 0))
	t.Cleanup(func() { must(t, os.Chmod(path, info.Mode()&fs.ModePerm)) })
}
