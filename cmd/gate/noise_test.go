package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate/report"
)

// TestOrdinaryHosts compares three hosts that are of one base, which is this machine's, with an identity, logs, caches and
// left-overs of their own. What differs in truth is found, and nothing else is.
func TestOrdinaryHosts(t *testing.T) {
	drifttest.Root(t)
	drifttest.Program(t, "dpkg-query")
	l, gate := gateOn(t, `
collect "deb" {}
collect "os" {}
collect "file" {
  paths = ["/etc/**"]
}
`)
	for i, name := range []string{"staging-1", "production-1", "production-2"} {
		ordinaryHost(t, l.tree(name), name, i)
		start(t, l, name)
	}
	run := func(want int) string {
		t.Helper()
		cmd := gate("check", "--to", "production")
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Errorf("exit %d, want %d:\n%s", code, want, out)
		}
		return string(out)
	}
	if out := run(exitPass); strings.Count(out, "\n") > 10 {
		t.Errorf("that is much for nothing:\n%s", out)
	}

	// What differs in truth, in an old file and in new ones, a mode, a package.
	tree := l.tree("production-2")
	must(t, os.WriteFile(filepath.Join(tree, "etc/sysctl.d/90-mine.conf"), []byte("vm.swappiness = 10\n"), 0o644))
	must(t, os.Chmod(filepath.Join(tree, "etc/login.defs"), 0o666))
	must(t, os.Remove(filepath.Join(tree, "etc/debian_version")))
	status := filepath.Join(tree, "var/lib/dpkg/status")
	text, err := os.ReadFile(status)
	must(t, err)
	must(t, os.WriteFile(status, append(text, "\nPackage: gate-test-extra\nStatus: install ok installed\nArchitecture: all\nVersion: 1\nMaintainer: x\nDescription: x\n"...), 0o644))
	out := run(exitBlocked)
	for _, want := range []string{"gate-test-extra", "90-mine.conf", "login.defs", "debian_version"} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is not told:\n%s", want, out)
		}
	}
	if lines := strings.Count(out, "\n"); lines > 40 {
		t.Errorf("the report has %d lines, more than a screen:\n%s", lines, out)
	}
	var again bytes.Buffer
	cmd := gate("check", "--to", "production", "--format", "json")
	cmd.Stdout = &again
	_ = cmd.Run()
	v, err := report.ReadJSON(&again)
	must(t, err)
	for _, f := range v.Findings {
		for _, item := range f.Items {
			if !strings.Contains(item.Address, "gate-test-extra") && !strings.Contains(item.Address, "90-mine") && !strings.Contains(item.Address, "login.defs") && !strings.Contains(item.Address, "debian_version") {
				t.Errorf("it finds %s", item.Address)
			}
		}
	}
}

// ordinaryHost copies this machine's configuration and packages to a tree, and makes a host of its own of them.
func ordinaryHost(t *testing.T, tree, name string, i int) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Join(tree, "var/lib/dpkg"), 0o755))
	for _, part := range [][2]string{{"/etc", "etc"}, {"/var/lib/dpkg/status", "var/lib/dpkg/status"}} {
		if out, err := exec.Command("cp", "-a", part[0], filepath.Join(tree, part[1])).CombinedOutput(); err != nil {
			t.Fatalf("cp: %s", out)
		}
	}
	for path, text := range map[string]string{
		"etc/hostname":                     name + "\n",
		"etc/hosts":                        fmt.Sprintf("127.0.0.1 localhost\n127.0.1.1 %s.example.net %s\n", name, name),
		"etc/mailname":                     name + ".example.net\n",
		"etc/machine-id":                   strings.Repeat(fmt.Sprint(i), 32) + "\n",
		"etc/adjtime":                      fmt.Sprintf("0.0 %d 0.0\n", i),
		"etc/resolv.conf":                  fmt.Sprintf("nameserver 10.0.0.%d\n", i),
		"etc/ssh/ssh_host_ed25519_key":     "key of " + name + "\n",
		"etc/ssh/ssh_host_ed25519_key.pub": "ssh-ed25519 AAAA" + name + " root@" + name + "\n",
		"etc/ld.so.cache":                  name,
		"etc/app/app.log":                  name + "\n",
		"etc/app/app.conf~":                name + "\n",
		"etc/app/.app.conf.swp":            name + "\n",
		"etc/app/app.conf.dpkg-old":        name + "\n",
		"etc/app/__pycache__/x.pyc":        name + "\n",
		"etc/passwd-":                      name + "\n",
		"etc/fstab":                        fmt.Sprintf("# %s\nUUID=%032d / ext4 defaults 0 1\n", name, i),
		"etc/app/app.conf":                 strings.Repeat("# written on "+name+"\n", i) + "workers = 4\nlisten = " + name + ".example.net:80\n",
	} {
		path = filepath.Join(tree, path)
		_ = os.Remove(path)
		must(t, writeMissing(path, text))
	}
	must(t, os.WriteFile(filepath.Join(tree, fmt.Sprintf("etc/app/only-%d.bak", i)), nil, 0o644))
}
