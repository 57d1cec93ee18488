package collect

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// booted is a host with a real systemd: this machine's own files under an overlay, with units of the test's instead of
// the machine's, booted by systemd-nspawn.
type booted struct {
	t    *testing.T
	init string // the process id of its systemd
}

const bootScript = `set -e
mount -t tmpfs tmpfs "$1"
cd "$1"
mkdir upper work host
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work host
rm -rf host/etc/systemd/system
cp -a "$2/." host/
cp /bin/sleep host/opt/app
for tree in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup/cpuacct; do
	[ ! -d "$tree" ] || { mkdir "$tree/$3" && echo $$ >"$tree/$3/cgroup.procs"; }
done
exec systemd-nspawn -D "$1/host" --boot --register=no --keep-unit --private-network --console=pipe --resolv-conf=off \
	--timezone=off --link-journal=no --machine="$3" systemd.unit=gate.target`

// boot starts the host and skips the test where it does not come up, as in a container without cgroups of its own.
func boot(t *testing.T, files map[string]string, links map[string]string) booted {
	t.Helper()
	drifttest.Slow(t)
	drifttest.Root(t)
	drifttest.Program(t, "systemd-nspawn")
	drifttest.Program(t, "/lib/systemd/systemd")
	units := t.TempDir()
	plant(t, units, files)
	must(t, os.MkdirAll(filepath.Join(units, "opt"), 0o755))
	for path, target := range links {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(units, path)), 0o755))
		must(t, os.Symlink(target, filepath.Join(units, path)))
	}
	name := fmt.Sprintf("gate-test-%d", os.Getpid())
	cmd := exec.Command("unshare", "-m", "sh", "-c", bootScript, "sh", t.TempDir(), units, name)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	must(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	host := booted{t: t}
	t.Cleanup(func() {
		if init, err := strconv.Atoi(host.init); err == nil {
			syscall.Kill(init, syscall.SIGKILL) // and with it all of its process namespace
		}
		cmd.Process.Kill()
		<-ended
		removeGroups(t, name)
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", cmd.Process.Pid))
		for _, pid := range strings.Fields(string(children)) {
			host.init = pid
			if out, _ := host.command("systemctl", "is-system-running").Output(); string(out) == "running\n" || string(out) == "degraded\n" {
				return host
			}
		}
		select {
		case err := <-ended:
			ended <- err
			t.Skipf("no systemd boots here: %v\n%s", err, log.String())
		case <-ctx.Done():
			t.Skipf("no systemd boots here in time")
		case <-tick.C:
		}
	}
}

// removeGroups removes the control groups of a host, as soon as its last process has ended.
func removeGroups(t *testing.T, name string) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 200 {
		trees, err := filepath.Glob("/sys/fs/cgroup/*/" + name)
		must(t, err)
		if len(trees) == 0 {
			return
		}
		for _, tree := range trees {
			exec.Command("find", tree, "-depth", "-type", "d", "-exec", "rmdir", "{}", "+").Run() // again while it is in use
		}
		<-tick.C
	}
	t.Errorf("the control groups of %s are still in use", name)
}

// command runs a command on the host, as root.
func (b booted) command(args ...string) *exec.Cmd {
	cmd := exec.Command("nsenter", append([]string{"-t", b.init, "-a"}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	return cmd
}

func (b booted) sh(script string) {
	b.t.Helper()
	if out, err := b.command("sh", "-c", script).CombinedOutput(); err != nil {
		b.t.Fatalf("%s: %v: %s", script, err, out)
	}
}

// ask reads units of the host with a shell that runs there.
func (b booted) ask(q Query, shell ...string) []drift.Section {
	b.t.Helper()
	r := Request{Word: NewWord(), Queries: []Query{q}}
	stdin, err := r.Stdin()
	must(b.t, err)
	sections, err := r.Read(context.Background(), bytes.NewReader(run(b.t, b.command(shell...), stdin)), time.Now)
	must(b.t, err)
	return sections
}

func TestServiceOnABootedHost(t *testing.T) {
	drifttest.Minutes(t)
	t.Parallel()
	const units = "etc/systemd/system/"
	b := boot(t, map[string]string{
		units + "gate.target":                "[Unit]\nRequires=basic.target\n",
		units + "app.service":                "[Service]\nExecStart=/opt/app 1000000\n[Install]\nWantedBy=gate.target\n",
		units + "app.service.d/10-nice.conf": "[Service]\nNice=1\n",
		units + "app@.service":               "[Service]\nExecStart=/bin/sleep 1000000\n",
		units + "app-idle.service":           "[Service]\nExecStart=/bin/true\n",
		units + "app-tick.timer":             "[Timer]\nOnActiveSec=1h\nUnit=app-idle.service\n",
		units + "app-listen.socket":          "[Socket]\nListenStream=/run/app.sock\nService=app-idle.service\n",
		units + "broken.service":             "[Service]\nType=oneshot\nExecStart=/bin/false\n",
		units + "bad.service":                "[Service]\nDescription=without a program\n",
		units + `odd\x2dname.service`:        "[Service]\nExecStart=/bin/sleep 1000000\nEnvironment=\"X=a\\nActiveState=failed\"\n",
	}, map[string]string{
		units + "gate.target.wants/app.service": "../app.service",
		units + "masked.service":                "/dev/null",
	})
	b.sh(`systemctl start app@1.service app-tick.timer app-listen.socket 'odd\x2dname.service' && ! systemctl start broken.service 2>/dev/null &&
		systemd-run --quiet --unit=transient --description="a
Id=nothing.service" /bin/sleep 1000000`)
	all := unitQuery("app", "app@1.service", "app@2.service", "broken.service", "masked.service", "bad.service", `odd\x2dname.service`,
		"transient.service", "nothing.service", "app*", `odd\x2d*`, "nothing*")
	var short strings.Builder
	for _, s := range b.ask(all, "sh", "-s") {
		fmt.Fprintf(&short, "%s %s", s.Scope, s.Status)
		for _, name := range []string{"load", "active", "sub", "enabled", "needs_reload", "needs_restart"} {
			f, _ := s.Find(s.Address().Attr(name))
			fmt.Fprintf(&short, " %s", strings.Trim(f.Value.Text, `"`))
		}
		active, _ := s.Find(s.Address().Attr("active"))
		started, ok := s.Find(s.Address().Attr("started"))
		if ok != active.Value.Equal(drift.String("active")) {
			t.Errorf("%s is %s, and its start is %s", s.Scope, active.Value.Text, started.Value.Text)
		}
		if ok {
			changedTime(t, started.Value)
		}
		short.WriteString("\n")
	}
	want := `app.service ok loaded active running enabled false false
app@1.service ok loaded active running static false false
app@2.service ok loaded inactive dead static false false
broken.service ok loaded failed failed static false false
masked.service ok masked inactive dead masked false false
bad.service ok bad-setting inactive dead static false false
odd\x2dname.service ok loaded active running static false false
transient.service ok loaded active running transient false false
nothing.service absent      ` + `
app-idle.service ok loaded inactive dead static false false
app-listen.socket ok loaded active listening static false false
app-tick.timer ok loaded active waiting static false false
app* ok      ` + `
odd\x2d* ok      ` + `
nothing* ok      ` + `
`
	if diff := cmp.Diff(want, short.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	t.Run("all shells", func(t *testing.T) {
		want := text(b.ask(all, "sh", "-s"))
		inShells(t, func(t *testing.T, shell []string) {
			if diff := cmp.Diff(want, text(b.ask(all, shell...))); diff != "" {
				t.Errorf("not what sh reads (-sh +got)\n%s", diff)
			}
		})
	})
	testReplaced(t, b)
	// Where there is no message bus only root reaches systemd. That is no reason to say that a unit is not there.
	nobody := b.ask(unitQuery("app"), "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-s")[0]
	_, told := nobody.Find(nobody.Address().Attr("runs_replaced"))
	if !(nobody.Status == drift.Failed && strings.Contains(nobody.Reason, "bus")) && told {
		t.Errorf("as nobody: %s: %s: what other users' processes run is told", nobody.Status, nobody.Reason)
	}
}

// testReplaced changes what a unit runs and what it is made of, and reads that this is due to be taken up.
func testReplaced(t *testing.T, b booted) {
	fact := func(unit, name string) string {
		s := b.ask(unitQuery(unit), "sh", "-s")[0]
		f, _ := s.Find(s.Address().Attr(name))
		return f.Value.Text
	}
	b.sh("cp /bin/sleep /opt/new && mv /opt/new /opt/app")
	if got := fact("app", "runs_replaced"); got != "true" {
		t.Errorf("a replaced program: runs_replaced is %s", got)
	}
	b.sh("systemctl restart app")
	if got := fact("app", "runs_replaced"); got != "false" {
		t.Errorf("after a restart: runs_replaced is %s", got)
	}
	b.sh("touch -d '+1 hour' /etc/systemd/system/app@.service")
	if got := fact("app@1.service", "needs_restart") + " " + fact("app@1.service", "needs_reload"); got != "true true" {
		t.Errorf("a newer unit file: needs_restart, needs_reload are %s", got)
	}
	b.sh("systemctl daemon-reload")
	if got := fact("app@1.service", "needs_restart") + " " + fact("app@1.service", "needs_reload"); got != "true false" {
		t.Errorf("a newer unit file, read: needs_restart, needs_reload are %s", got)
	}
	s := b.ask(unitQuery("app"), "sh", "-s")[0]
	want := drift.Strings("/etc/systemd/system/app.service.d/10-nice.conf")
	if f, _ := s.Find(s.Address().Attr("drop_ins")); f.Value != want {
		t.Errorf("drop_ins is %s, want %s", f.Value.Text, want.Text)
	}
	if got := fact("app-listen.socket", "runs_replaced"); got != "false" {
		t.Errorf("a socket without a process: runs_replaced is %s", got)
	}
	b.sh("mount -t tmpfs tmpfs /sys/fs/cgroup")
	for _, unit := range []string{"app", "app-listen.socket"} {
		if got, want := fact(unit, "runs_replaced"), "the processes of the unit cannot be listed"; got != want {
			t.Errorf("%s, whose control group cannot be seen: runs_replaced is %s, want %s", unit, got, want)
		}
	}
}
