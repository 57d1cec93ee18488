package collect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// discoverRoot is a host with something of each kind, and much that is none of it.
func discoverRoot(t *testing.T) string {
	root := sharedDir(t)
	plant(t, root, map[string]string{
		"srv/app/venv/pyvenv.cfg":                                    "home = /usr/bin\n",
		"srv/app/requirements.txt":                                   "a==1\n",
		"srv/app/src/.git/HEAD":                                      "ref: refs/heads/main\n",
		"srv/app/src/.git/modules/requirements.txt":                  "",
		"srv/app/REVISION":                                           "1.4.2\n",
		"srv/cap/releases/20261120/REVISION":                         "a41c9e2\n",
		"srv/cap/releases/20261121/REVISION":                         "7be0d13\n",
		"srv/old/releases/1/REVISION":                                "no current\n",
		"srv/app/tree/.git":                                          "gitdir: /srv/app/src/.git/worktrees/tree\n",
		"srv/app/venv/lib/python3.11/site-packages/requirements.txt": "",
		"srv/web/node_modules/x/requirements.txt":                    "",
		"srv/with space/.venv/pyvenv.cfg":                            "",
		"home/me/.cache/x/pyvenv.cfg":                                "",
		"srv/1/2/3/4/5/pyvenv.cfg":                                   "too deep",
		"srv/1/2/3/4/pyvenv.cfg":                                     "just not",
		"srv/line\nbreak/pyvenv.cfg":                                 "",
		"etc/systemd/system/app.service":                             "[Service]\n",
		"etc/systemd/system/app@.service":                            "[Service]\n",
		"etc/systemd/system/app.service.d/override.conf":             "[Service]\n",
		"etc/systemd/system/multi-user.target.wants/x":               "",
		"srv/app/linked.timer":                                       "[Timer]\n",
		"etc/app/app.ini":                                            "a=b\n",
		"etc/ssh/sshd_config":                                        "",
		"etc/ssh/deeper/than":                                        "",
		"var/lib/dpkg/status":                                        "Package: a\n",
		"var/lib/dpkg/info/openssh-server.list":                      "/.\n/etc\n/etc/ssh\n/etc/ssh/sshd_config\n",
		"var/lib/dpkg/info/not-app.list":                             "/etc/app/x\n/etc/application\n",
		"etc/apt/apt.conf.d/20auto-upgrades":                         "// \nAPT::Periodic::Unattended-Upgrade \"1\";\n",
		"var/lib/dpkg/info/apt.list":                                 "/etc/apt\n",
		"var/lib/dpkg/info/systemd.list":                             "/etc/systemd\n",
	})
	for link, target := range map[string]string{
		"etc/systemd/system/sshd.service":   "/lib/systemd/system/ssh.service",
		"etc/systemd/system/masked.service": "/dev/null",
		"etc/systemd/system/linked.timer":   filepath.Join(root, "srv/app/linked.timer"),
		"etc/link":                          "app",
		"srv/cap/current":                   "releases/20261121",
	} {
		must(t, os.Symlink(target, filepath.Join(root, link)))
	}
	must(t, os.Mkdir(filepath.Join(root, "etc/empty"), 0o755))
	return root
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	root := discoverRoot(t)
	want := Discovery{
		Deb: true, Upgrades: true,
		Venvs:        []string{"/srv/1/2/3/4", "/srv/app/venv", "/srv/with space/.venv"},
		Requirements: []string{"/srv/app/requirements.txt"},
		Checkouts:    []string{"/srv/app/src", "/srv/app/tree"},
		Markers:      []string{"/srv/app/REVISION", "/srv/cap/current/REVISION"},
		Units:        []string{"app.service", "app@.service", "linked.timer"},
		Folders:      []string{"/etc/app"},
	}
	inShells(t, func(t *testing.T, shell []string) {
		got := discovered(t, ask(t, shell, Request{Word: NewWord(), Root: root, Queries: []Query{DiscoverQuery("/srv", "/home", "/nowhere")}}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestDiscoverUpgrades tells what installs updates from what only fetches or announces them.
func TestDiscoverUpgrades(t *testing.T) {
	t.Parallel()
	const timers = "etc/systemd/system/timers.target.wants/"
	tests := []struct {
		name  string
		files map[string]string
		want  bool
	}{
		{"apt is told to", map[string]string{"etc/apt/apt.conf.d/20auto-upgrades": "APT::Periodic::Unattended-Upgrade \"1\";\n"}, true},
		{"apt is told not to", map[string]string{"etc/apt/apt.conf.d/20auto-upgrades": "APT::Periodic::Unattended-Upgrade \"0\";\n"}, false},
		{"dnf installs", map[string]string{timers + "dnf-automatic-install.timer": ""}, true},
		{"dnf is told to", map[string]string{timers + "dnf-automatic.timer": "", "etc/dnf/automatic.conf": "[commands]\napply_updates = yes\n"}, true},
		{"dnf5 is told to", map[string]string{timers + "dnf5-automatic.timer": "", "etc/dnf/automatic.conf": "apply_updates=True\n"}, true},
		{"dnf is told not to", map[string]string{timers + "dnf-automatic.timer": "", "etc/dnf/automatic.conf": "apply_updates = no\n"}, false},
		{"dnf is told, and does not run", map[string]string{"etc/dnf/automatic.conf": "apply_updates = yes\n"}, false},
		{"dnf announces", map[string]string{timers + "dnf-automatic-notifyonly.timer": "", "etc/dnf/automatic.conf": "apply_updates = yes\n"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			plant(t, root, test.files)
			if got := discovered(t, askOne(t, root, DiscoverQuery("/srv"))); got.Upgrades != test.want {
				t.Errorf("got %v, want %v", got.Upgrades, test.want)
			}
		})
	}
}

// An enabled timer is a link to a file that a tree need not have.
func TestDiscoverEnabledTimer(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	wants := filepath.Join(root, "etc/systemd/system/timers.target.wants")
	must(t, os.MkdirAll(wants, 0o755))
	must(t, os.Symlink("/usr/lib/systemd/system/dnf-automatic-install.timer", filepath.Join(wants, "dnf-automatic-install.timer")))
	if got := discovered(t, askOne(t, root, DiscoverQuery("/srv"))); !got.Upgrades {
		t.Error("it is not seen")
	}
}

func TestDiscoverNothing(t *testing.T) {
	t.Parallel()
	got := discovered(t, askOne(t, t.TempDir(), DiscoverQuery("/srv")))
	if diff := cmp.Diff(Discovery{}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDiscoverPartial(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	root := discoverRoot(t)
	must(t, os.Chmod(filepath.Join(root, "srv/web"), 0o700))
	got := discovered(t, askAsNobody(t, root, DiscoverQuery("/srv", "/home")))
	if diff := cmp.Diff([]string{"/srv"}, got.Partial); diff != "" {
		t.Errorf("partial (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"/srv/app/requirements.txt"}, got.Requirements); diff != "" {
		t.Errorf("what can be seen (-want +got):\n%s", diff)
	}
}

func TestDiscoverCutOff(t *testing.T) {
	for _, data := range []string{"", "venv /srv/app", "venv /srv/app\n", "venv\nend\n", "vnev /srv\nend\n", "venv \nend\n"} {
		_, err := parseDiscover(Frame{Data: []byte(data)})
		if err == nil {
			t.Errorf("%q is taken", data)
		}
	}
	for _, host := range []drift.Host{{}, {Sections: []drift.Section{{Collector: "discover", Status: drift.Denied, Reason: "may not"}}}} {
		if d, err := Discovered(host); err == nil {
			t.Errorf("%+v of a host that was not read", d)
		}
	}
}

// No policy can ask for it.
func TestDiscoverIsNoCollector(t *testing.T) {
	if c := Named("discover"); c != nil {
		t.Error("there is a collector of its name")
	}
	if !strings.Contains(Installed(), "\nread_discover() {") {
		t.Error("an installed probe does not have it")
	}
}

func discovered(t *testing.T, sections []drift.Section) Discovery {
	t.Helper()
	host := drift.Host{Sections: sections}
	must(t, host.Sort())
	d, err := Discovered(host)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func FuzzParseDiscover(f *testing.F) {
	f.Add("venv /srv/app/venv\nunit app.service\nend\n")
	f.Fuzz(func(t *testing.T, data string) {
		sections, err := parseDiscover(Frame{Data: []byte(data)})
		if err == nil {
			discovered(t, sections)
		}
	})
}
