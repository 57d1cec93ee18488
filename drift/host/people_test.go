package host

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// interactive is a configuration for people at a terminal: each line of it would keep the probe from running, or have ssh do
// something else beside.
const interactive = `
Host web
 RemoteCommand touch CANARY
 RequestTTY force
 SessionType none
 StdinNull yes
 ForkAfterAuthentication yes
 PermitLocalCommand yes
 LocalCommand touch CANARY
 ControlMaster auto
 ControlPath CONTROL
 ControlPersist yes
 SendEnv GATE_TEST_*
 SetEnv GATE_TEST_SET=yes LC_ALL=de_DE.UTF-8 ENV=/dev/tty
 LocalForward TAKEN 127.0.0.1:22
 RemoteForward TAKEN 127.0.0.1:22
 DynamicForward TAKEN
 ExitOnForwardFailure yes
 ForwardAgent yes
 ForwardX11 yes
 ForwardX11Trusted yes
 Compression yes
 EscapeChar none
 BatchMode no
 VisualHostKey yes
 LogLevel DEBUG3
`

// TestConfigurationForPeople collects by a configuration that ssh itself can run no command with. Where a host is, and how it
// is reached, comes from an Include, a Match exec, a Match final and a ProxyJump.
func TestConfigurationForPeople(t *testing.T) {
	s := newSite(t)
	hostKey := s.key("host", "ed25519", "")
	s.write("authorized", s.key("id", "ed25519", ""))
	port, hosts := s.sshd("web", "HostKey "+s.path("host"), "AcceptEnv *", "X11Forwarding yes")
	jumpPort, jumps := s.sshd("jump", "HostKey "+s.path("host"), "AcceptEnv *")
	s.write("known_hosts", "web "+hostKey+"\njump "+hostKey+"\n")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	control, err := net.Listen("unix", s.path("control")) // where a master would be: it does not answer
	if err != nil {
		t.Fatal(err)
	}
	defer control.Close()
	s.client.Warn = func(line string) { t.Errorf("got the warning %q", line) }
	canary := s.path("canary")
	t.Setenv("GATE_TEST_SENT", "yes")
	s.write("included", fmt.Sprintf("Host jump\n Port %d\n HostKeyAlias jump\nHost web\n HostKeyAlias web\nMatch final originalhost web\n Port %d\n", jumpPort, port))
	settings := s.config(strings.NewReplacer("CANARY", canary, "CONTROL", s.path("control"), "TAKEN", taken.Addr().String()).Replace(
		"Include "+s.path("includ*")+"\nMatch originalhost web exec \"test -e "+s.path("included")+"\"\n ProxyJump jump\nMatch originalhost web exec false\n ProxyJump nowhere\n"+
			interactive) + "\nMatch all\n IdentityAgent " + s.agent("id"))

	queries := []collect.Query{
		{Collector: "os"},
		commandQuery(`echo "${GATE_TEST_SENT-} ${GATE_TEST_SET-} ${ENV-} ${DISPLAY-} ${SSH_AUTH_SOCK-} ${SSH_TTY-} $LC_ALL"; tty; cat`),
	}
	plan := Plan{ID: drift.HostID{Name: "web"}, Dest: "web", Settings: settings, Queries: queries}
	got, err := s.client.collect(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := got.Lookup(`command["it"].output`), drift.String("      C\nnot a tty"); got != want {
		t.Errorf("got %v, want %v: no variables, no terminal", got, want)
	}
	if got := got.Lookup("os.kernel"); got.Kind != drift.Known {
		t.Errorf("got %v for the kernel", got)
	}
	if jumps.Load() != 1 || hosts.Load() != 1 {
		t.Errorf("got %d connections to the jump host and %d to the host, want one each", jumps.Load(), hosts.Load())
	}
	if _, err := os.Stat(canary); err == nil {
		t.Error("a command of the configuration was run")
	}
	// ssh would not do it.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ssh := exec.CommandContext(ctx, drifttest.Program(t, "ssh"), "-F", settings.Config, "web", "echo reached")
	if out, err := ssh.CombinedOutput(); err == nil || strings.Contains(string(out), "\nreached") {
		t.Errorf("ssh itself runs a command by this configuration: %s", out)
	}
	s.client.Close()
}
