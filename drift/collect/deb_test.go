package collect

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// askOne asks for one query below a root, under sh, and returns its sections.
func askOne(t testing.TB, root string, q Query) []drift.Section {
	t.Helper()
	return ask(t, []string{"sh", "-s"}, Request{Word: NewWord(), Root: root, Queries: []Query{q}})
}

// askAsNobody is askOne as the user nobody.
func askAsNobody(t testing.TB, root string, q Query) []drift.Section {
	t.Helper()
	return ask(t, []string{"sh", "-s"}, Request{Word: NewWord(), Root: root, Queries: []Query{q}}, asNobody)
}

// The awk program says of this machine's own packages what dpkg-query says.
func TestDebWithoutDpkgQuery(t *testing.T) {
	t.Parallel()
	drifttest.Program(t, "dpkg-query")
	status, err := os.ReadFile("/var/lib/dpkg/status")
	if err != nil {
		drifttest.Skip(t, "needs dpkg's database: %v", err)
	}
	root := t.TempDir()
	plant(t, root, map[string]string{"var/lib/dpkg/status.d/all": string(status)})
	got, want := askOne(t, root, Query{Collector: "deb"}), askOne(t, "", Query{Collector: "deb"})
	got[0].Asked = want[0].Asked // they differ in the root
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("not what dpkg-query says (-want +got):\n%s", diff)
	}
	if len(want[0].Facts) < 100 {
		t.Errorf("%d facts: %s", len(want[0].Facts), want[0].Reason)
	}
}

const debStanza = "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"

func TestDebTrees(t *testing.T) {
	t.Parallel()
	const a = "deb[\"a\"].architecture = \"amd64\"\ndeb[\"a\"].held = false\ndeb[\"a\"].source = \"a\"\ndeb[\"a\"].status = \"installed\"\ndeb[\"a\"].version = \"1\"\n"
	const b = "deb[\"b\"].architecture = \"amd64\"\ndeb[\"b\"].held = false\ndeb[\"b\"].source = \"src\"\ndeb[\"b\"].status = \"installed\"\ndeb[\"b\"].version = \"2\"\n"
	const dir = "var/lib/dpkg/"
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"no dpkg", map[string]string{"etc/hostname": "x\n"}, "section deb: absent \n"},
		{"no status", map[string]string{dir + "available": ""}, "section deb: absent \n"},
		{"an empty status", map[string]string{dir + "status": ""}, "section deb: failed dpkg knows no package at all\n"},
		{"an empty status.d", map[string]string{dir + "status.d/x.md5sums": "Package: x\n"}, "section deb: failed dpkg knows no package at all\n"},
		{"status", map[string]string{dir + "status": debStanza}, "section deb: ok \n" + a},
		{"distroless", map[string]string{
			dir + "status.d/a":         "Package: a\nArchitecture: amd64\nVersion: 1\nDescription: x\n Package: not\n",
			dir + "status.d/b":         "Package: b\nSource: src (1)\nArchitecture: amd64\nVersion: 2\n",
			dir + "status.d/a.md5sums": "0123  usr/bin/a\n",
		}, "section deb: ok \n" + a + b},
		{"distroless with an empty status", map[string]string{
			dir + "status": "", dir + "status.d/a": "Package: a\nArchitecture: amd64\nVersion: 1\n",
		}, "section deb: ok \n" + a},
		{"distroless, interrupted", map[string]string{dir + "status.d/a": debStanza, dir + "updates/0001": debStanza}, "section deb: failed exit status 75 dpkg is at work, or was interrupted\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			plant(t, root, test.files)
			if diff := cmp.Diff(test.want, text(askOne(t, root, Query{Collector: "deb"}))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestDebCorrupt(t *testing.T) {
	t.Parallel()
	drifttest.Program(t, "dpkg-query")
	root := t.TempDir()
	plant(t, root, map[string]string{"var/lib/dpkg/status": debStanza + "Package: b\nStatus: what\nVersion\n"})
	got := askOne(t, root, Query{Collector: "deb"})[0]
	if got.Status != drift.Failed || !strings.Contains(got.Reason, "dpkg-query: error:") {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
}

func TestDebDenied(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	for _, closed := range []string{"var/lib/dpkg/status", "var/lib/dpkg", "var", "."} {
		root := sharedDir(t)
		plant(t, root, map[string]string{"var/lib/dpkg/status": debStanza})
		if err := os.Chmod(filepath.Join(root, closed), 0); err != nil {
			t.Fatal(err)
		}
		if got := askAsNobody(t, root, Query{Collector: "deb"})[0]; got.Status != drift.Denied || got.Reason == "" {
			t.Errorf("%s closed: %s: %s", closed, got.Status, got.Reason)
		}
	}
	root := sharedDir(t)
	plant(t, root, map[string]string{"var/lib/dpkg/status.d/a": debStanza, "var/lib/dpkg/status.d/b": debStanza})
	if err := os.Chmod(filepath.Join(root, "var/lib/dpkg/status.d/b"), 0); err != nil {
		t.Fatal(err)
	}
	if got := askAsNobody(t, root, Query{Collector: "deb"})[0]; got.Status != drift.Denied {
		t.Errorf("one file of status.d closed: %s: %s", got.Status, got.Reason)
	}
	root = sharedDir(t)
	plant(t, root, map[string]string{"var/lib/dpkg/status": debStanza, "var/lib/dpkg/status.d/b": debStanza})
	if err := os.Chmod(filepath.Join(root, "var/lib/dpkg/status.d"), 0o744); err != nil {
		t.Fatal(err)
	}
	if got := askAsNobody(t, root, Query{Collector: "deb"})[0]; got.Status != drift.Denied {
		t.Errorf("status.d listed but not searched: %s: %s", got.Status, got.Reason)
	}
}

// dpkgRoot is an empty system that a real dpkg installs tiny packages into.
type dpkgRoot struct {
	t   *testing.T
	dir string
}

func (d dpkgRoot) dpkg(stdin string, args ...string) error {
	d.t.Helper()
	cmd := exec.Command("dpkg", append([]string{"--root=" + d.dir, "--force-not-root", "--force-script-chrootless", "--force-bad-path", "--force-unsafe-io"}, args...)...)
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	d.t.Logf("dpkg %q: %v\n%s", args, err, out)
	return err
}

// must stops the test when a step failed.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// build makes a package and returns its file.
func (d dpkgRoot) build(control, postinst, conffile string) string {
	d.t.Helper()
	dir := d.t.TempDir()
	must(d.t, os.Chmod(dir, 0o755))
	plant(d.t, dir, map[string]string{"DEBIAN/control": control + "Maintainer: x <x@example.com>\nDescription: x\n"})
	if postinst != "" {
		plant(d.t, dir, map[string]string{"DEBIAN/postinst": "#!/bin/sh\n" + postinst})
		must(d.t, os.Chmod(filepath.Join(dir, "DEBIAN/postinst"), 0o755))
	}
	if conffile != "" {
		plant(d.t, dir, map[string]string{conffile: "x\n", "DEBIAN/conffiles": "/" + conffile + "\n"})
	}
	file := filepath.Join(d.t.TempDir(), "x.deb")
	if out, err := exec.Command("dpkg-deb", "--build", "--root-owner-group", dir, file).CombinedOutput(); err != nil {
		d.t.Fatalf("%v: %s", err, out)
	}
	return file
}

func TestDebStates(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	drifttest.Program(t, "dpkg-deb")
	drifttest.Program(t, "dpkg")
	d := dpkgRoot{t, t.TempDir()}
	plant(t, d.dir, map[string]string{"var/lib/dpkg/status": "", "var/lib/dpkg/updates/.keep": "", "var/lib/dpkg/info/.keep": ""})
	must(t, os.Remove(filepath.Join(d.dir, "var/lib/dpkg/updates/.keep")))
	native, err := exec.Command("dpkg", "--print-architecture").Output()
	must(t, err)
	arch := strings.TrimSpace(string(native))
	foreign := map[bool]string{true: "arm64", false: "amd64"}[arch == "amd64"]
	must(t, d.dpkg("", "--add-architecture", foreign))
	library := "Package: liba\nSource: a-src (9)\nVersion: 1:2.0~rc1-1+b1\nMulti-Arch: same\nArchitecture: "
	must(t, d.dpkg("", "-i",
		d.build("Package: dpkg\nVersion: 1.21.22\nArchitecture: "+arch+"\n", "", ""),
		d.build(library+arch+"\n", "", ""),
		d.build(library+foreign+"\n", "", ""),
		d.build("Package: data\nVersion: 0\nArchitecture: all\n", "", ""),
		d.build("Package: gone\nVersion: 3-1\nArchitecture: all\n", "", "etc/gone.conf"),
		d.build("Package: kept\nVersion: 4\nArchitecture: "+arch+"\n", "", ""),
		d.build("Package: purged\nVersion: 5\nArchitecture: all\n", "", "")))
	must(t, d.dpkg("kept hold\n", "--set-selections"))
	must(t, d.dpkg("", "--remove", "gone"))
	must(t, d.dpkg("", "--purge", "purged"))
	if d.dpkg("", "-i", d.build("Package: half\nVersion: 6\nArchitecture: all\n", "exit 1\n", "")) == nil {
		t.Fatal("dpkg configured a package whose script fails")
	}
	must(t, d.dpkg("", "--unpack", d.build("Package: unpacked\nVersion: 7\nArchitecture: all\n", "exit 1\n", "")))
	want := "section deb: ok \n"
	for _, p := range []struct{ name, arch, held, source, status, version string }{
		{"data", "all", "false", "data", "installed", "0"},
		{"dpkg", arch, "false", "dpkg", "installed", "1.21.22"},
		{"gone", "all", "false", "gone", "config-files", "3-1"},
		{"half", "all", "false", "half", "half-configured", "6"},
		{"kept", arch, "true", "kept", "installed", "4"},
		{"liba", arch, "false", "a-src", "installed", "1:2.0~rc1-1+b1"},
		{"liba:" + foreign, foreign, "false", "a-src", "installed", "1:2.0~rc1-1+b1"},
		{"unpacked", "all", "false", "unpacked", "unpacked", "7"},
	} {
		at := `deb["` + p.name + `"]`
		want += at + `.architecture = "` + p.arch + "\"\n" + at + ".held = " + p.held + "\n" + at + `.source = "` + p.source + "\"\n" +
			at + `.status = "` + p.status + "\"\n" + at + `.version = "` + p.version + "\"\n"
	}
	if diff := cmp.Diff(want, text(askOne(t, d.dir, Query{Collector: "deb"}))); diff != "" {
		t.Errorf("by dpkg-query (-want +got)\n%s", diff)
	}
	dpkg := filepath.Join(d.dir, "var/lib/dpkg")
	must(t, os.Mkdir(filepath.Join(dpkg, "status.d"), 0o755))
	must(t, os.Rename(filepath.Join(dpkg, "status"), filepath.Join(dpkg, "status.d/all")))
	if diff := cmp.Diff(want, text(askOne(t, d.dir, Query{Collector: "deb"}))); diff != "" {
		t.Errorf("without dpkg-query (-want +got)\n%s", diff)
	}
}

func FuzzParseDeb(f *testing.F) {
	f.Add("a\tamd64\t1\tinstall ok installed\ta\nend\n")
	f.Add("a\tamd64\t1\thold reinstreq half-installed\t\nb\ti386\t1\tdeinstall ok config-files\tb\nend\n")
	f.Fuzz(func(t *testing.T, data string) { fuzzParse(t, Query{Collector: "deb"}, data) })
}

// fuzzParse checks what holds for whatever a host prints: a known section is in order, and one is there for each scope.
func fuzzParse(t *testing.T, q Query, data string) {
	sections := Frame{Query: q, Head: Head{Time: noon}, Data: []byte(data)}.parse()
	if len(sections) == 0 {
		t.Fatal("no section")
	}
	for _, s := range sections {
		if s.Collector != q.Collector {
			t.Errorf("a section of %q", s.Collector)
		}
		if err := s.Sort(); err != nil {
			t.Error(err)
		}
		if !s.Known() && len(s.Facts) > 0 {
			t.Errorf("%s has facts", s.Status)
		}
		for _, f := range s.Facts {
			if problem, _ := Check(f.Address.Steps()); problem != "" || !f.Address.Below(s.Address()) {
				t.Errorf("%s: %s", f.Address, problem)
			}
		}
	}
}
