package collect

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

const aptHead = "Reading package lists...\nBuilding dependency tree...\nReading state information...\n"

func TestParseApt(t *testing.T) {
	tests := []struct {
		name string
		run  dryRun
		want map[string]string
		err  string
	}{
		{"upgrade", dryRun{output: aptHead + `Calculating upgrade...
The following packages have been kept back:
  held
The following packages will be upgraded:
  libssl3 libssl3:i386
2 upgraded, 0 newly installed, 0 to remove and 1 not upgraded.
Inst libssl3 [3.0.11-1] (3.0.15-1 Debian:12.8/stable, Debian-Security:12/stable-security [amd64]) [libssl3:amd64 on libssl3:i386]
Inst libssl3:i386 [3.0.11-1] (3.0.15-1 Debian:12.8/stable [i386])
Conf libssl3 (3.0.15-1 Debian:12.8/stable [amd64])
Conf libssl3:i386 (3.0.15-1 Debian:12.8/stable [i386])
`}, map[string]string{"libssl3": "3.0.11-1 -> 3.0.15-1", "libssl3:i386": "3.0.11-1 -> 3.0.15-1"}, ""},
		{"all kinds", dryRun{output: aptHead + `1 upgraded, 1 newly installed, 1 reinstalled, 1 downgraded, 2 to remove and 0 not upgraded.
1 not fully installed or removed.
Remv old [1:1.0]
Purg older [0.9] [old:amd64 ]
Remv back [1]
Inst back [1] (2 x [all])
Inst new (1 x [amd64])
Inst same [3] (3 x [amd64])
Inst down [3] (2 x [amd64])
`}, map[string]string{"old": "1:1.0 -> absent", "older": "0.9 -> absent", "back": "1 -> 2", "new": "absent -> 1", "same": "3 -> 3", "down": "3 -> 2"}, ""},
		{"nothing", dryRun{output: aptHead + "0 upgraded, 0 newly installed, 0 to remove and 7 not upgraded.\n"}, map[string]string{}, ""},
		{"empty", dryRun{}, nil, "there is no line that counts the packages: it is not whole, or not the output of apt-get -s"},
		{"cut off", dryRun{output: "2 upgraded, 0 newly installed, 0 to remove and 1 not upgraded.\nInst a [1] (2 x [all])\n"},
			nil, "apt-get counts 2 packages to install and 0 to remove, and lists 1 and 0: it is not whole"},
		{"a removal less", dryRun{output: "0 upgraded, 0 newly installed, 1 to remove and 1 not upgraded.\n"},
			nil, "apt-get counts 0 packages to install and 1 to remove, and lists 0 and 0: it is not whole"},
		{"two runs", dryRun{output: "0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n"},
			nil, "it is the output of more than one apt-get"},
		{"a line that is none", dryRun{output: "Inst a [1]\n"}, nil, `not a line of apt-get -s: "Inst a [1]"`},
		{"failed", dryRun{status: 100, messages: "W: x\nE: Unable to locate package nothing"}, nil, "exit status 100: E: Unable to locate package nothing"},
		{"busy", dryRun{status: 100, messages: "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt)\nE: Unable to acquire the dpkg frontend lock"},
			nil, "already running: E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			items, err := tt.run.items("apt")
			wantResult(t, items, err, tt.want, tt.err)
		})
	}
}

// TestApt asks the real apt-get for what it would do to a system of the test's own, and to this machine, whose own lists of
// packages .ci/run alone has the time to read.
func TestApt(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	drifttest.Program(t, "apt-get")
	ask := func(run string) drift.Section {
		t.Helper()
		got := askOne(t, "", Preview{Name: "apt", Format: "apt", Run: run}.Query())
		if len(got) != 1 {
			t.Fatalf("%s: got %+v, want a section", run, got)
		}
		return got[0]
	}
	own := aptSystem(t)
	wantItems(t, []drift.Section{ask(own + "dist-upgrade")}, map[string]string{"gate-a": "1.0 -> 2.0"})
	wantItems(t, []drift.Section{ask(own + "install gate-a gate-c")}, map[string]string{"gate-a": "1.0 -> 2.0", "gate-c": "absent -> 3-1"})
	wantItems(t, []drift.Section{ask(own + "purge gate-b")}, map[string]string{"gate-b": "1.0 -> absent"})
	wantItems(t, []drift.Section{ask(own + "install gate-b")}, map[string]string{})
	if got := ask(own + "install gate-no-such-package"); got.Status != drift.Failed {
		t.Errorf("no package: got %+v, want it failed", got)
	}
	machine := "apt-get -s "
	if !drifttest.Thorough() {
		machine += "-o Dir::State::Lists=/nowhere -o Dir::Cache=" + t.TempDir() + " "
	}
	if got := ask(machine + "dist-upgrade"); got.Status != drift.OK {
		t.Errorf("dist-upgrade: got %+v, want it known", got)
	}
	got := ask(machine + "purge tzdata")
	if len(got.Facts) == 0 {
		t.Fatalf("purge: got %+v, want packages", got)
	}
	changes := Changes(got.Facts[len(got.Facts)-1].Value)
	if len(changes) != 1 || changes[0].To != "absent" || changes[0].From == "" {
		t.Errorf("purge: got %+v, want it to be absent", changes)
	}
}

// aptSystem returns how apt-get is called for a system that has the packages gate-a and gate-b, and can get a newer gate-a, and
// gate-c.
func aptSystem(t *testing.T) string {
	dir := sharedDir(t)
	installed := func(name string) string {
		return "Package: " + name + "\nStatus: install ok installed\nVersion: 1.0\nArchitecture: all\nDescription: x\n\n"
	}
	available := func(name, version string) string {
		return "Package: " + name + "\nVersion: " + version + "\nArchitecture: all\nFilename: ./x.deb\nSize: 1\nSHA256: " +
			strings.Repeat("0", 64) + "\nDescription: x\n\n"
	}
	plant(t, dir, map[string]string{
		"status":         installed("gate-a") + installed("gate-b"),
		"repo/Packages":  available("gate-a", "2.0") + available("gate-c", "3-1"),
		"sources.list":   "deb [trusted=yes] file:" + dir + "/repo ./\n",
		"lists/x":        "",
		"cache/archives": "",
	})
	options := " -o Dir::State::Lists=" + dir + "/lists -o Dir::Etc::SourceList=" + dir + "/sources.list -o Dir::Etc::SourceParts=/dev/null" +
		" -o Dir::Cache=" + dir + "/cache -o Dir::State::status=" + dir + "/status -o APT::Sandbox::User=root "
	if out, err := exec.Command("sh", "-c", "apt-get"+options+"update").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return "apt-get -s" + options
}

func FuzzParseApt(f *testing.F) {
	f.Add("1 upgraded, 0 newly installed, 0 to remove and 1 not upgraded.\nInst a [1] (2 x [all])\n")
	f.Add("0 upgraded, 0 newly installed, 1 to remove and 1 not upgraded.\nPurg a [1]\n")
	fuzzPreview(f, "apt", output)
}
