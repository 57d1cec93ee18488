package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate/report"
)

// ordinary makes a host out of the tree: root runs it there, with the host's address and a number as $1 and $2.
//
//go:embed testdata/ordinary.sh
var ordinary string

// TestOrdinaryHosts compares three Debian hosts of one base, with an identity, logs, caches and left-overs of their own,
// through their own sshd and sudo. Nothing is found; what then differs in truth is found, and nothing else is.
func TestOrdinaryHosts(t *testing.T) {
	drifttest.Minutes(t)
	t.Parallel()
	l, gate := gateOn(t, `
collect "deb" {}
collect "os" {}
collect "file" {
  become = true
  paths  = ["/etc/**", "/root/**", "/usr/local/**", "/var/spool/cron/**"]
}
`)
	environments := strings.ReplaceAll(scriptEnvironments, `root   = "/proc/self/fd/9"`, "")
	must(t, os.WriteFile(filepath.Join(l.folder, "policy/environments.hcl"), []byte(environments), 0o600))
	hosts := map[string]*debianHost{}
	var config string
	for i, name := range []string{"staging-1", "production-1", "production-2"} {
		h := newDebianHost(t, name, fmt.Sprintf("10.0.1.%d", i+1))
		h.run(ordinary, h.address, fmt.Sprint(i+1))
		config += h.serve("deploy")
		hosts[name] = h
	}
	must(t, os.WriteFile(filepath.Join(l.folder, "ssh_config"), []byte(config), 0o600))
	check := func(want int) (string, []string) {
		t.Helper()
		cmd := gate("check", "--to", "production")
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Errorf("exit %d, want %d:\n%s", code, want, out)
		}
		return string(out), found(t, l)
	}

	out, addresses := check(exitPass)
	if lines := strings.Count(out, "\n"); lines > 8 || len(addresses) > 0 {
		t.Errorf("that is much for nothing: %q\n%s", addresses, out)
	}

	hosts["production-1"].run(`dpkg --purge logrotate; echo 'PermitRootLogin yes' >>/etc/ssh/sshd_config`)
	hosts["production-2"].run(`echo 'vm.swappiness = 10' >/etc/sysctl.d/90-mine.conf; chmod 666 /etc/login.defs; rm /etc/debian_version; passwd -d games`)
	out, got := check(exitBlocked)
	want := []string{
		`deb["logrotate"].version`,
		`file["/etc/cron.daily/logrotate"]`,
		`file["/etc/debian_version"]`,
		`file["/etc/login.defs"].mode`,
		`file["/etc/logrotate.conf"]`,
		`file["/etc/logrotate.d/btmp"]`,
		`file["/etc/logrotate.d/wtmp"]`,
		`file["/etc/shadow"].entries["games"]`,
		`file["/etc/ssh/sshd_config"].entries["permitrootlogin"]`,
		`file["/etc/sysctl.d/90-mine.conf"]`,
		`file["/etc/systemd/system/timers.target.wants/logrotate.timer"]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("found (-want +got):\n%s\n%s", diff, out)
	}
	if lines := strings.Count(out, "\n"); lines > 40 {
		t.Errorf("the report has %d lines, more than a screen:\n%s", lines, out)
	}
}

// found returns what the findings of the last check are about.
func found(t *testing.T, l *lab) []string {
	t.Helper()
	file, err := os.Open(keptResult(t, filepath.Join(l.folder, "cache/gate")))
	must(t, err)
	defer file.Close()
	v, err := report.ReadJSON(file)
	must(t, err)
	var addresses []string
	for _, f := range v.Findings {
		for _, item := range f.Items {
			addresses = append(addresses, item.Address)
		}
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}
