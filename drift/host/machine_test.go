package host

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/zclconf/go-cty/cty"
)

// machine is a host with accounts of its own, made of this one: each login has a mount namespace in which the folders and
// files of the site's folder "machine" are in the places of the real ones. Nothing outside the site's folder is changed.
type machine struct {
	*site
	settings Settings
	port     int
	setup    string // what is done in each login's namespace before anything else
	uid      int    // the last one given away
}

// enterMachine is run by sh in a new mount namespace, with the folder "machine" as $0, a line of the test's as $1, and then
// a command.
const enterMachine = `
mount --bind "$0" /mnt && mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && cd /mnt || exit
for place in home tmp srv etc/*; do mount --bind "$place" "/$place" || exit; done
cd / && eval "$1" && shift && exec "$@"`

// newMachine starts a server; setup is run by sh before it.
func newMachine(t *testing.T, setup string, lines ...string) *machine {
	t.Helper()
	drifttest.Slow(t)
	drifttest.Root(t)
	m := &machine{site: newSite(t), uid: 61000}
	for place, mode := range map[string]os.FileMode{"home": 0o755, "tmp": 0o777 | os.ModeSticky, "srv": 0o755, "etc": 0o755} {
		if err := os.MkdirAll(m.path("machine/"+place), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(m.path("machine/"+place), mode); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{"passwd": 0o644, "group": 0o644, "shadow": 0o600} {
		text, err := os.ReadFile("/etc/" + name)
		if err != nil {
			t.Fatal(err)
		}
		m.plant("etc/"+name, string(text), mode, 0)
	}
	hostKey := m.key("machine/host", "ed25519", "")
	m.key("id", "ed25519", "")
	m.plant("sshd.conf", strings.Join(append([]string{"HostKey /mnt/host", "StrictModes no", "UsePAM no", "PidFile none", "LogLevel VERBOSE",
		"Subsystem sftp internal-sftp", "PasswordAuthentication no", "KbdInteractiveAuthentication no"}, lines...), "\n")+"\n", 0o600, 0)
	m.setup = ":" + setup
	if out, err := m.in("true").CombinedOutput(); err != nil {
		drifttest.Skip(t, "needs to mount: %v: %s", err, out)
	}
	m.port, _ = inetd(t, m.in(drifttest.Program(t, "sshd"), "-i", "-e", "-f", "/mnt/sshd.conf").Args...)
	m.write("known_hosts", known(m.port, hostKey))
	m.settings = m.config("")
	return m
}

// in returns a command that runs on the machine as root, without a login.
func (m *machine) in(command ...string) *exec.Cmd {
	m.t.Helper()
	unshare := drifttest.Program(m.t, "unshare")
	return exec.Command(unshare, append([]string{"-m", "sh", "-c", enterMachine, m.path("machine"), m.setup}, command...)...)
}

// plant writes a file of the machine, and the folders above it as the same owner's.
func (m *machine) plant(path, text string, mode os.FileMode, owner int) {
	m.t.Helper()
	base := m.path("machine")
	var made []string
	for dir := filepath.Dir(filepath.Join(base, path)); dir != base; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); err != nil {
			made = append(made, dir)
		}
	}
	for _, dir := range slices.Backward(made) {
		if err := os.Mkdir(dir, 0o755); err != nil {
			m.t.Fatal(err)
		}
	}
	file := filepath.Join(base, path)
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		m.t.Fatal(err)
	}
	for _, path := range append(made, file) {
		if err := os.Lchown(path, owner, owner); err != nil {
			m.t.Fatal(err)
		}
	}
}

// user makes an account with a home, which the site's key opens as options before it in authorized_keys(5) say, and returns
// how to reach it.
func (m *machine) user(name, shell, options string, home map[string]string) (dest string) {
	m.t.Helper()
	m.uid++
	for file, line := range map[string]string{
		"passwd": fmt.Sprintf("%s:x:%d:%d::/home/%s:%s\n", name, m.uid, m.uid, name, shell),
		"group":  fmt.Sprintf("%s:x:%d:\n", name, m.uid),
		"shadow": name + ":*:19000::::::\n",
	} {
		path := "machine/etc/" + file
		info, err := os.Stat(m.path(path))
		if err != nil {
			m.t.Fatal(err)
		}
		m.plant("etc/"+file, m.read(path)+"\n"+line, info.Mode(), 0)
	}
	m.plant("home/"+name+"/.ssh/authorized_keys", strings.TrimSpace(options+" "+m.read("id.pub"))+"\n", 0o600, m.uid)
	for path, text := range home {
		m.plant("home/"+name+"/"+path, text, 0o644, m.uid)
	}
	return fmt.Sprintf("%s@machine:%d", name, m.port)
}

// collect reads the machine as one of its users.
func (m *machine) collect(dest, root string, queries ...collect.Query) (drift.Host, error) {
	m.t.Helper()
	return m.client.collect(m.t.Context(), Plan{ID: drift.HostID{Name: dest}, Dest: dest, Settings: m.settings, Root: root, Queries: queries})
}

// direct returns what sh reads on the machine, without a login.
func (m *machine) direct(root string, queries ...collect.Query) []drift.Section {
	m.t.Helper()
	request := collect.Request{Word: collect.NewWord(), Root: root, Queries: queries}
	stdin, err := request.Stdin()
	if err != nil {
		m.t.Fatal(err)
	}
	cmd := m.in("setpriv", "--reuid=60999", "--regid=60999", "--clear-groups", "sh", "-s")
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		m.t.Fatal(err)
	}
	sections, err := request.Read(m.t.Context(), bytes.NewReader(out), time.Now)
	if err != nil {
		m.t.Fatalf("%v: %s", err, out)
	}
	host := drift.Host{Sections: sections}
	if err := host.Sort(); err != nil {
		m.t.Fatal(err)
	}
	return host.Sections
}

// tree plants a root tree in /srv/tree and returns what to ask of it.
func (m *machine) tree() []collect.Query {
	for path, text := range map[string]string{
		"etc/os-release":                 "ID=debian\nVERSION_ID=\"12\"\n",
		"etc/hostname":                   "web-1\n",
		"etc/app/app.ini":                "[a]\nb = c\n",
		"etc/app/it's here/x.yaml":       "a: [1, 2]\n",
		"var/lib/dpkg/status":            "Package: a\nStatus: hold ok installed\nArchitecture: amd64\nVersion: 1:2-3\nSource: b (2)\n\n",
		"venv/pyvenv.cfg":                "home = /usr/bin\nversion = 3.11.2\n",
		"venv/lib/python3.11/os.py":      "",
		"venv/requirements.txt":          "a==1\nnot-there\n",
		"venv/lib/python3.11/unused.txt": "",
		"venv/lib/python3.11/site-packages/a-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: a\nVersion: 1\n",
		"venv/lib/python3.11/site-packages/a-1.dist-info/RECORD":   "a.py,,\n",
	} {
		m.plant("srv/tree/"+path, text, 0o644, 0)
	}
	return []collect.Query{
		{Collector: "deb"},
		{Collector: "os"},
		fileQuery("/etc/**", "/venv/pyvenv.cfg", "/nothing"),
		{Collector: "python", Args: map[string]cty.Value{
			"venvs":        stringList("/venv", "/opt/*/venv"),
			"requirements": cty.MapVal(map[string]cty.Value{"/venv": stringList("/venv/requirements.txt")}),
		}},
	}
}

func stringList(list ...string) cty.Value {
	var values []cty.Value
	for _, text := range list {
		values = append(values, cty.StringVal(text))
	}
	return cty.ListVal(values)
}

func fileQuery(paths ...string) collect.Query {
	return collect.Query{Collector: "file", Args: map[string]cty.Value{"paths": stringList(paths...)}}
}

func commandQuery(line string) collect.Query {
	return collect.Query{Collector: "command", Label: "it", Args: map[string]cty.Value{"run": cty.StringVal(line)}}
}

// asRoot returns a query that is read as root.
func asRoot(q collect.Query) collect.Query {
	q.Become = true
	return q
}

// wantCollected reads the machine as one of its users, and compares all of it, also what is unknown. The clock is never the
// same.
func (m *machine) wantCollected(dest, root string, queries []collect.Query, want []drift.Section) {
	m.t.Helper()
	got, err := m.collect(dest, root, queries...)
	diff := cmp.Diff(got.Sections, want,
		cmpopts.IgnoreSliceElements(func(f drift.Fact) bool { return f.Address == "os.clock_offset" }),
		cmp.Comparer(func(a, b drift.Value) bool { return a == b }))
	if diff != "" || err != nil {
		m.t.Errorf("%s, root %q: %v (-got +want):\n%s", dest, root, err, diff)
	}
}

// processes returns the command lines of what runs on the machine, of whatever sees its mounts, by process.
func (m *machine) processes() map[int]string {
	m.t.Helper()
	infos, err := filepath.Glob("/proc/[0-9]*/mountinfo")
	if err != nil {
		m.t.Fatal(err)
	}
	// The end of the folder's path alone: what is above may be a mount.
	mark := filepath.Join(filepath.Base(filepath.Dir(m.dir)), filepath.Base(m.dir), "machine") + " /mnt "
	running := map[int]string{}
	for _, info := range infos {
		mounts, err := os.ReadFile(info)
		if err != nil || !strings.Contains(string(mounts), mark) {
			continue // ended meanwhile, or elsewhere
		}
		line, err := os.ReadFile(filepath.Join(filepath.Dir(info), "cmdline"))
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(info)))
		if err == nil && pid > 0 {
			running[pid] = strings.ReplaceAll(string(line), "\x00", " ")
		}
	}
	return running
}

// wantIdle waits until nothing runs on the machine. It ends what goes on.
func (m *machine) wantIdle() {
	m.t.Helper()
	m.t.Cleanup(func() {
		if !m.t.Failed() {
			return
		}
		for pid, line := range m.processes() {
			m.t.Logf("still running on the host: %d %s", pid, line)
			syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	drifttest.Until(m.t, "nothing runs on the host", func() bool { return len(m.processes()) == 0 })
}
