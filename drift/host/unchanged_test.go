package host

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// files returns what is told about each file of the machine: type, mode, owner, size, times of content and of anything,
// target. The latter time shows every change.
func (m *machine) files() map[string]string {
	m.t.Helper()
	files := map[string]string{}
	for entry := range strings.SplitSeq(m.run("find", m.path("machine"), "-printf", `%P %y %m %U %G %s %T@ %C@ %l\0`), "\x00") {
		name, about, _ := strings.Cut(entry, " ")
		files[name] += about
	}
	return files
}

// TestNothingChanges compares all files of a host, homes and folders for temporary files included, after a login that does
// nothing, and after a collection. What a shell itself writes at its first login is no matter of gate's.
func TestNothingChanges(t *testing.T) {
	t.Parallel()
	m := newSudoMachine(t, "")
	m.plant("srv/noise", noise, 0o755, 0)
	tree := m.tree()
	for _, shell := range []string{"bash", "fish", "tcsh"} {
		t.Run(shell, func(t *testing.T) {
			home := loudHome()
			home["notes.ini"] = "[a]\nb = c\n"
			dest := m.user(shell, drifttest.Program(t, shell), "", home)
			if _, err := output(t.Context(), m.client, dest, m.settings, "true"); err != nil {
				t.Fatal(err)
			}
			m.wantIdle()
			before := m.files()
			if about := before["home/"+shell+"/notes.ini"]; !strings.HasPrefix(about, "f 644 ") {
				t.Fatalf("got %q for a file of the home", about)
			}
			for root, queries := range map[string][]collect.Query{
				"/srv/tree": append(tree, asRoot(fileQuery("/etc/**"))),
				"":          {{Collector: "os"}, {Collector: "deb"}, fileQuery("/home/**", "/tmp/**"), asRoot(fileQuery("/etc/shadow", "/srv/**", "/home/**")), commandQuery("pwd")},
			} {
				if _, err := m.collect(dest, root, queries...); err != nil {
					t.Errorf("root %q: %v", root, err)
				}
			}
			m.wantIdle()
			if diff := cmp.Diff(m.files(), before); diff != "" {
				t.Errorf("the host has changed (-after +before):\n%s", diff)
			}
		})
	}
}
