package host

import (
	"os"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// noise is what users' start-up files run: it prints their names, what looks like a frame, and no end of a line.
const noise = "echo \"Welcome from $1\"\necho '=gate WORD head 1 0123456789abcdef 0 0'\necho oops >&2\nprintf 'you have mail'\n"

// loudHome has the start-up files of all shells, what sshd runs for each login, and an environment that means no good.
func loudHome() map[string]string {
	files := map[string]string{
		".ssh/environment": "BASH_ENV=/srv/noise\nENV=/srv/noise\nPOSIXLY_CORRECT=1\nCDPATH=/srv/tree\nGREP_OPTIONS=-v\nLANG=de_DE.UTF-8\nIFS=/\n",
	}
	for _, name := range []string{".bashrc", ".bash_profile", ".profile", ".tcshrc", ".login", ".mkshrc", ".kshrc", ".config/fish/config.fish", ".ssh/rc"} {
		files[name] = "sh /srv/noise " + name + "\n"
	}
	return files
}

// TestLoginShells logs in as users of different shells, whose start-up files are loud. All read what sh reads by itself.
func TestLoginShells(t *testing.T) {
	noLeak(t)
	m := newMachine(t, "", "Banner /mnt/banner", "PermitUserEnvironment yes")
	m.plant("srv/noise", noise, 0o755, 0)
	m.plant("banner", strings.Repeat("Do as you are told.\n", 100), 0o644, 0)
	tree := m.tree()
	own := []collect.Query{
		{Collector: "os"},
		fileQuery("/etc/passwd", "/etc/shadow", "/srv/tree/etc/**"),
		commandQuery("pwd; umask; echo $LC_ALL; cat"),
	}
	tests := []struct{ program, name, loud string }{
		{"bash", "", ".bashrc"},
		{"dash", "", ""},
		{"busybox", "ash", ""},
		{"fish", "", ".config/fish/config.fish"},
		{"tcsh", "", ".tcshrc"},
		{"mksh", "", ""},
		{"ksh", "", ""},
	}
	for _, test := range tests {
		t.Run(test.program, func(t *testing.T) {
			shell := drifttest.Program(t, test.program)
			if test.name != "" { // the program is told by its name what to be
				if err := os.Symlink(shell, m.path("machine/srv/"+test.name)); err != nil {
					t.Fatal(err)
				}
				shell = "/srv/" + test.name
			}
			dest := m.user(test.program, shell, "", loudHome())
			said, err := output(t.Context(), m.client, dest, m.settings, "true")
			for _, name := range []string{".ssh/rc", test.loud} {
				if !strings.Contains(said, "Welcome from "+name) || err != nil {
					t.Errorf("got %q, %v from a login, want noise from %s", said, err, name)
				}
			}
			for root, queries := range map[string][]collect.Query{"/srv/tree": tree, "": own} {
				got, err := m.collect(dest, root, queries...)
				if err != nil {
					t.Errorf("root %q: %v", root, err)
				}
				wantSections(t, "root "+root, got.Sections, m.direct(root, queries...))
			}
		})
	}
	m.wantIdle()
}
