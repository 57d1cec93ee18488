package host

import (
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// forcedOptions has bounds that need quotes. Paths below a root are bounded too, as if there were none.
const forcedOptions = `restrict,command="/srv/gate-probe /srv/tree '/srv/with space' /etc /venv /opt /nothing --run 'uname -s'"`

// newForcedMachine is a machine with the probe installed, and files inside and outside of what its users may read.
func newForcedMachine(t *testing.T, lines ...string) *machine {
	t.Helper()
	m := newMachine(t, "", lines...)
	m.plant("srv/gate-probe", collect.Installed(), 0o755, 0)
	m.plant("srv/with space/it's.ini", "a = 1\n", 0o644, 0)
	m.plant("srv/outside", "not for gate\n", 0o644, 0)
	return m
}

// TestForced reads a host by the installed probe, under every login shell.
func TestForced(t *testing.T) {
	t.Parallel()
	m := newForcedMachine(t)
	tree := m.tree()
	m.plant("srv/noise", noise, 0o755, 0)
	queries := []collect.Query{
		fileQuery("/srv/tree/etc/app/app.ini", "/srv/with space/**", "/srv/tree/none"),
		{Collector: "os"},
		commandQuery("uname -s"),
	}
	denied := []collect.Query{fileQuery("/srv/tree/etc/app/app.ini", "/srv/outside"), {Collector: "os"}, commandQuery("uname -s; id")}
	wantTree, want := m.direct("/srv/tree", tree...), m.direct("", queries...)
	for _, shell := range []string{"bash", "dash", "fish", "tcsh"} {
		t.Run(shell, func(t *testing.T) {
			dest := m.user(shell, drifttest.Program(t, shell), forcedOptions, loudHome())
			m.wantCollected(dest, "/srv/tree", tree, wantTree)
			m.wantCollected(dest, "", queries, want)
			got, err := m.collect(dest, "", denied...)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range got.Sections {
				want, status := "the installed gate-probe does not allow", drift.Denied
				if s.Collector == "os" {
					want, status = "", drift.OK
				}
				if s.Status != status || !strings.Contains(s.Reason, want) || s.Status != drift.OK && len(s.Facts) > 0 {
					t.Errorf("got %s: %s: %s, want %s: %s", s.Address(), s.Status, s.Reason, status, want)
				}
			}
			if got, err = m.collect(dest, "/srv", tree...); err != nil {
				t.Fatal(err)
			}
			wantDenied(t, got, "file", "python")
		})
	}
	m.wantIdle()
}

// wantDenied checks that nothing was read by some collectors.
func wantDenied(t *testing.T, host drift.Host, collectors ...string) {
	t.Helper()
	seen := map[string]bool{}
	for _, s := range host.Sections {
		seen[s.Collector] = true
		for _, name := range collectors {
			if s.Collector == name && s.Status != drift.Denied {
				t.Errorf("got %s %s: %s, want it denied", s.Address(), s.Status, s.Reason)
			}
		}
	}
	for _, name := range collectors {
		if !seen[name] {
			t.Errorf("got no section of %s", name)
		}
	}
}

// TestForcedAllowsNothingElse uses the key that CI holds for everything that ssh can do.
func TestForcedAllowsNothingElse(t *testing.T) {
	t.Parallel()
	m := newForcedMachine(t, "AcceptEnv *")
	m.user("ci", drifttest.Program(t, "bash"), forcedOptions, nil)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, "forwarded\n")
			conn.Close()
		}
	}()
	secret := m.path("fetched")
	ssh := []string{"-F", m.settings.Config, "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"}
	at := []string{"-p", fmt.Sprint(m.port), "ci@machine"}
	tests := []struct {
		name    string
		program string
		args    []string
		stdin   string
		want    string
	}{
		{"a command", "ssh", append(at, "id"), "", "this is no request of gate"},
		{"a command like the probe's", "ssh", append(at, "sh", "-s"), "id; cat /srv/outside\n", "this is no request of gate"},
		{"a shell", "ssh", at, "id\ncat /srv/outside\n", "this is no request of gate"},
		{"a terminal", "ssh", append([]string{"-tt"}, at...), "id\ncat /srv/outside\n\x04", "PTY allocation request failed"},
		{"sftp", "sftp", []string{"-P", fmt.Sprint(m.port), "ci@machine:/srv/outside", secret}, "", "Connection closed"},
		{"scp", "scp", []string{"-P", fmt.Sprint(m.port), "ci@machine:/srv/outside", secret}, "", "Connection closed"},
		{"scp of old", "scp", []string{"-O", "-P", fmt.Sprint(m.port), "ci@machine:/srv/outside", secret}, "", "this is no request of gate"},
		{"a forwarded port", "ssh", append([]string{"-W", listener.Addr().String()}, at...), "", "stdio forwarding failed"},
		{"a port of the host", "ssh", append([]string{"-o", "ExitOnForwardFailure=yes", "-R", "0:" + listener.Addr().String()}, at...), "", "remote port forwarding failed"},
		{"an environment", "ssh", append([]string{"-o", "SetEnv=ENV=/srv/outside"}, append(at, "id")...), "", "this is no request of gate"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, drifttest.Program(t, test.program), append(append([]string{}, ssh...), test.args...)...)
			cmd.Stdin = strings.NewReader(test.stdin)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			all := string(out) + stderr.String()
			if err == nil || !strings.Contains(all, test.want) {
				t.Errorf("got %v: %q, want it to fail with %q", err, all, test.want)
			}
			for _, bad := range []string{"uid=", "not for gate", "forwarded\n"} {
				if strings.Contains(all, bad) {
					t.Errorf("got %q from %s", all, test.name)
				}
			}
			if got, err := exec.Command("cat", secret).Output(); err == nil {
				t.Errorf("got the file %q", got)
			}
		})
	}
	m.wantIdle()
}

// TestForcedVersions has another version of the probe installed, or none.
func TestForcedVersions(t *testing.T) {
	t.Parallel()
	m := newForcedMachine(t)
	digest := regexp.MustCompile(`(?m)^gate_digest=.*$`)
	m.plant("srv/old-probe", digest.ReplaceAllString(collect.Installed(), "gate_digest=0123456789abcdef"), 0o755, 0)
	m.plant("srv/other-probe", strings.ReplaceAll(collect.Installed(), " head 1 ", " head 2 "), 0o755, 0)
	m.plant("srv/shut-probe", collect.Installed(), 0o600, 0)
	tests := []struct {
		name string
		want []string
	}{
		{"old", []string{"the probe installed on the host is 0123456789abcdef, this gate's is ", "install it anew (gate probe)"}},
		{"other", []string{"the probe's first line is not one of this version of gate"}},
		{"shut", []string{"the probe did not start", "Permission denied"}},
		{"no", []string{"the probe did not start", "no-probe"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dest := m.user(test.name, drifttest.Program(t, "bash"), `restrict,command="/srv/`+test.name+`-probe /srv"`, nil)
			got, err := m.collect(dest, "", collect.Query{Collector: "os"}, fileQuery("/srv/outside"))
			wantError(t, err, StageRead, test.want...)
			if len(got.Sections) != 2 {
				t.Errorf("got %d sections", len(got.Sections))
			}
			for _, s := range got.Sections {
				if s.Known() || !strings.Contains(s.Reason, test.want[0]) {
					t.Errorf("got %s %s: %s", s.Address(), s.Status, s.Reason)
				}
			}
		})
	}
	m.wantIdle()
}

// TestForcedBecome reads as root by the installed probe, which sudoers names, and nothing but it.
func TestForcedBecome(t *testing.T) {
	t.Parallel()
	m := newSudoMachine(t, "")
	m.plant("srv/gate-probe", collect.Installed(), 0o755, 0)
	long := `echo begun >/srv/fifo; trap "" HUP INT TERM; sleep 1000; :`
	dest := m.user("probe", drifttest.Program(t, "bash"), `restrict,command="/srv/gate-probe /srv/secret --run '`+strings.ReplaceAll(long, `"`, `\"`)+`'"`, nil)
	got, err := m.collect(dest, "", asRoot(fileQuery("/srv/secret")), collect.Query{Collector: "os"})
	if err != nil {
		t.Fatal(err)
	}
	wantDigest(t, got, "/srv/secret", drift.Known)
	if got, err = m.collect(dest, "", asRoot(fileQuery("/etc/shadow")), asRoot(commandQuery("id"))); err != nil {
		t.Fatal(err)
	}
	wantDenied(t, got, "file", "command")
	m.wantCancelled(dest, asRoot(commandQuery(long)))
}
