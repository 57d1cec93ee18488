package host

import (
	"os"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift"
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
	t.Parallel()
	m := newMachine(t, "", "Banner /mnt/banner", "PermitUserEnvironment yes")
	m.plant("srv/noise", noise, 0o755, 0)
	m.plant("srv/secret", "", 0o600, 0)
	m.plant("banner", strings.Repeat("Do as you are told.\n", 100), 0o644, 0)
	tree := m.tree()
	own := []collect.Query{
		{Collector: "os"},
		fileQuery("/etc/os-release", "/srv/secret", "/srv/tree/etc/**"),
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
	wantTree, wantOwn := m.direct("/srv/tree", tree...), m.direct("", own...)
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
			m.wantCollected(dest, "/srv/tree", tree, wantTree)
			m.wantCollected(dest, "", own, wantOwn)
		})
	}
	m.wantIdle()
}

// TestLoginRefusesCommands has accounts that may log in and run nothing.
func TestLoginRefusesCommands(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "", "Match User files", "ForceCommand internal-sftp", "Match User closed", "ForceCommand echo This host is closed; exit 3")
	tests := []struct {
		name, shell string
		want        []string
	}{
		{"nologin", drifttest.Program(t, "nologin"), []string{"the probe did not start", "This account is currently not available", "exit status 1"}},
		{"false", drifttest.Program(t, "false"), []string{"the probe did not start", "exit status 1"}},
		{"true", drifttest.Program(t, "true"), []string{"the probe did not start"}},
		{"closed", drifttest.Program(t, "dash"), []string{"the probe did not start", "This host is closed", "exit status 3"}},
		{"files", drifttest.Program(t, "dash"), []string{"the probe did not start"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := m.collect(m.user(test.name, test.shell, "", nil), "", collect.Query{Collector: "os"})
			wantError(t, err, StageRead, test.want...)
			for _, s := range got.Sections {
				if s.Status != drift.Failed || !strings.Contains(s.Reason, "the probe did not start") {
					t.Errorf("%s: %s: %s", s.Address(), s.Status, s.Reason)
				}
			}
		})
	}
	m.wantIdle()
}

// TestLoginExportsFunctions has bash for sh, as most hosts have outside of Debian, and an account that exports functions.
func TestLoginExportsFunctions(t *testing.T) {
	t.Parallel()
	bash, dash := drifttest.Program(t, "bash"), drifttest.Program(t, "dash")
	m := newMachine(t, "; mount --bind "+bash+" "+dash)
	tree := m.tree()
	var home strings.Builder
	for _, name := range []string{"awk", "cat", "date", "find", "id", "ls", "sed", "sha256sum", "stat", "which", "read", "printf", "cd", "command", "unset", "unalias", "my-own"} {
		home.WriteString(name + "() { echo mine; }; export -f " + name + "\n")
	}
	dest := m.user("proud", bash, "", map[string]string{".bashrc": home.String()})
	m.wantCollected(dest, "/srv/tree", tree, m.direct("/srv/tree", tree...))
}
