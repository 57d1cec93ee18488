package host

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// withoutSudo takes the program away: every other program of its folder stays where it was.
const withoutSudo = `; mkdir /run/bin && mount --bind /usr/bin /run/bin && mount -t tmpfs tmpfs /usr/bin &&
	/run/bin/ln -s /run/bin/* /usr/bin && rm /usr/bin/sudo`

const sudoers = `Defaults !fqdn, !lecture
Defaults:inpty use_pty
Defaults:free !use_pty
Defaults:terminal requiretty
free, inpty, terminal, bash, fish, tcsh ALL=(ALL) NOPASSWD: ALL
asked ALL=(ALL) ALL
some ALL=(root) NOPASSWD: /usr/bin/id
probe ALL=(root) NOPASSWD: /srv/gate-probe
`

// newSudoMachine is a machine with sudo, and with a file that only root may read.
func newSudoMachine(t *testing.T, setup string) *machine {
	t.Helper()
	drifttest.Program(t, "sudo")
	m := newMachine(t, setup)
	m.plant("etc/sudoers", sudoers, 0o440, 0)
	m.plant("srv/secret", "for root\n", 0o600, 0)
	if out, err := m.in("visudo", "-c").CombinedOutput(); err != nil {
		t.Fatalf("visudo: %v: %s", err, out)
	}
	return m
}

// wantDigest checks what is known of a file's content.
func wantDigest(t *testing.T, host drift.Host, path string, want drift.Kind) {
	t.Helper()
	got := host.Lookup(drift.Address("file").Key(path).Attr("sha256"))
	if got.Kind != want {
		t.Errorf("got %v for the digest of %s, want kind %v; sections %+v", got, path, want, host.Sections)
	}
}

func TestBecome(t *testing.T) {
	t.Parallel()
	m := newSudoMachine(t, "")
	bash := drifttest.Program(t, "bash")
	for _, name := range []string{"free", "inpty"} {
		t.Run(name, func(t *testing.T) {
			dest := m.user(name, bash, "", loudHome())
			got, err := m.collect(dest, "", fileQuery("/srv/secret"), collect.Query{Collector: "os"})
			if err != nil {
				t.Fatal(err)
			}
			wantDigest(t, got, "/srv/secret", drift.Unknown)
			got, err = m.collect(dest, "", asRoot(fileQuery("/srv/secret")), collect.Query{Collector: "os"}, asRoot(commandQuery("id -un; cat")))
			if err != nil {
				t.Fatal(err)
			}
			wantDigest(t, got, "/srv/secret", drift.Known)
			if got, want := got.Lookup(`command["it"].output`), drift.String("root"); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
	m.wantIdle()
}

// TestBecomeDenied has sudo refuse. What is asked for without it is read all the same.
func TestBecomeDenied(t *testing.T) {
	t.Parallel()
	m, bare := newSudoMachine(t, ""), newSudoMachine(t, withoutSudo)
	tests := []struct {
		name string
		m    *machine
		want string
	}{
		{"asked", m, "sudo: exit status 1 a password is required"},
		{"some", m, "sudo: exit status 1 a password is required"},
		{"stranger", m, "sudo: exit status 1 a password is required"},
		{"terminal", m, "sudo: exit status 1 sorry, you must have a tty to run sudo"},
		{"free", bare, "sudo: not found"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.m.collect(test.m.user(test.name, drifttest.Program(t, "dash"), "", nil), "",
				asRoot(fileQuery("/srv/secret")), collect.Query{Collector: "os"})
			if err != nil {
				t.Error(err)
			}
			for _, s := range got.Sections {
				switch {
				case s.Collector == "os" && s.Status != drift.OK:
					t.Errorf("os: %s: %s", s.Status, s.Reason)
				case s.Collector == "file" && (s.Status != drift.Denied || !strings.Contains(s.Reason, test.want)):
					t.Errorf("got %s: %s, want it denied: %s", s.Status, s.Reason, test.want)
				}
			}
			wantDigest(t, got, "/srv/secret", drift.Unknown)
		})
	}
	m.wantIdle()
}

// TestCancelled interrupts the client while the host is at work. It is back at once, and nothing goes on there, not even
// what runs as root or defies signals.
func TestCancelled(t *testing.T) {
	t.Parallel()
	drifttest.Program(t, "sleep")
	long := commandQuery(`trap "" HUP INT TERM; echo begun >/srv/fifo; (sleep 1000; :) & sleep 1000; :`)
	flood := commandQuery(`trap "" PIPE; echo begun >/srv/fifo; while :; do yes; done`)
	tests := []struct {
		name, user, shell string
		query             collect.Query
	}{
		{"bash", "someone", "bash", long},
		{"fish", "someone", "fish", long},
		{"tcsh", "someone", "tcsh", long},
		{"flood", "someone", "dash", flood},
		{"sudo", "free", "bash", asRoot(long)},
		{"sudo from tcsh", "free", "tcsh", asRoot(long)},
		{"sudo with a terminal", "inpty", "bash", asRoot(long)},
		{"sudo, flood", "inpty", "bash", asRoot(flood)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := newSudoMachine(t, "")
			dest := m.user(test.user, drifttest.Program(t, test.shell), "", nil)
			m.wantCancelled(dest, test.query)
		})
	}
}

// TestTimedOut has the host take too long, as root: what was read before counts, and nothing goes on there.
func TestTimedOut(t *testing.T) {
	t.Parallel()
	m := newSudoMachine(t, "")
	m.settings.Timeout = 2 * time.Second
	got, err := m.collect(m.user("free", drifttest.Program(t, "bash"), "", nil), "", collect.Query{Collector: "os"}, asRoot(commandQuery("sleep 1000; :")))
	wantError(t, err, StageRead, "the whole collection took longer than 2s")
	for _, s := range got.Sections {
		if want := map[string]drift.Status{"os": drift.OK, "command": drift.Truncated}[s.Collector]; s.Status != want {
			t.Errorf("got %s %s: %s, want %s", s.Address(), s.Status, s.Reason, want)
		}
	}
	m.wantIdle()
}

// wantCancelled interrupts a collection when the query's command has written to /srv/fifo.
func (m *machine) wantCancelled(dest string, q collect.Query) {
	m.t.Helper()
	fifo := m.fifo("srv/fifo")
	ctx, cancel := context.WithCancel(m.t.Context())
	defer cancel()
	result := make(chan error, 1)
	var host drift.Host
	go func() {
		var err error
		host, err = m.client.collect(ctx, Plan{Dest: dest, Settings: m.settings, Queries: []collect.Query{{Collector: "os"}, q}})
		result <- err
	}()
	if got, err := fifo.Read(make([]byte, 10)); got != len("begun\n") || err != nil {
		cancel()
		m.t.Fatalf("the command did not begin: %v; %v %+v", err, <-result, host.Sections)
	}
	if len(m.processes()) == 0 {
		m.t.Error("the processes of the machine are not seen")
	}
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		m.t.Errorf("got %v, want it cancelled", err)
	}
	m.wantIdle()
}

// fifo makes a pipe that everybody may write to, and opens it for reading.
func (m *machine) fifo(path string) *os.File {
	m.t.Helper()
	path = m.path("machine/" + path)
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		m.t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { file.Close() })
	if err := file.SetReadDeadline(time.Now().Add(drifttest.Patience)); err != nil {
		m.t.Fatal(err)
	}
	return file
}
