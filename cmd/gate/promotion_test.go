package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
)

const promotionPolicy = `collect "revision" {
  marker = "/srv/app/REVISION"
}
component "app" {
  paths  = ["src/**"]
  marker = revision["/srv/app/REVISION"].value
}
rule "deployed" {
  assert  = can(host.revision["/srv/app/REVISION"].value)
  message = "${host.name} shows no revision"
}
gate {
  unmanaged = ["policy/**"]
}
environment "staging" {
  ssh {
    config = "../ssh_config"
    root   = "/proc/self/fd/9"
  }
  role "web" {
    hosts = ["staging-1"]
  }
}
environment "production" {
  ssh {
    config = "../ssh_config"
    root   = "/proc/self/fd/9"
  }
  role "web" {
    hosts = ["production-1"]
  }
  promotion {
    from        = ["staging"]
    verified_by = ["smoke"]
    soak        = "30m"
  }
}
`

// promotion is a repository with a policy and two commits, whose first is on both environments and on record. Its clock
// stands still until somebody moves it.
type promotion struct {
	*lab
	t     *testing.T
	clock time.Time
	slept []time.Duration
	env   map[string]string
	out   bytes.Buffer // of the last command, standard output and error
}

func newPromotion(t *testing.T) *promotion {
	t.Helper()
	drifttest.Slow(t)
	drifttest.Program(t, "git")
	p := &promotion{lab: newLab(t.TempDir()), t: t, clock: time.Now().UTC().Truncate(time.Second)}
	t.Cleanup(p.close)
	p.env = map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": p.folder, "XDG_CACHE_HOME": p.path("cache"), "GATE_POLICY": p.path("policy"),
		"GATE_DIGEST_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
	}
	must(t, writeMissing(p.path("policy/gate.hcl"), promotionPolicy))
	must(t, writeMissing(p.path("src/app.txt"), "one\n"))
	start(t, p.lab, "staging-1", "production-1")
	p.git("init", "-q", "-b", "main")
	p.git("config", "user.name", "Ada")
	p.git("config", "user.email", "ada@example.com")
	p.git("add", "policy", "src")
	p.git("commit", "-q", "-m", "the first release")
	p.put("staging-1", "production-1")
	p.gate(exitPass, "record", "--adopt")
	must(t, os.WriteFile(p.path("src/app.txt"), []byte("two\n"), 0o600))
	p.git("commit", "-q", "-a", "-m", "log to stdout")
	return p
}

func (p *promotion) path(name string) string { return filepath.Join(p.folder, name) }

// command returns a program that runs in the repository.
func (p *promotion) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(p.t.Context(), name, args...)
	cmd.Dir = p.folder
	for name, value := range p.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

func (p *promotion) git(args ...string) string {
	p.t.Helper()
	out, err := p.command("git", args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// put lets hosts show what is checked out.
func (p *promotion) put(hosts ...string) {
	p.t.Helper()
	for _, name := range hosts {
		marker := filepath.Join(p.tree(name), "srv/app/REVISION")
		must(p.t, os.MkdirAll(filepath.Dir(marker), 0o755))
		must(p.t, os.WriteFile(marker, []byte(p.git("rev-parse", "HEAD")+"\n"), 0o600))
	}
}

// verify lets staging show what is checked out, and records that it was deployed and verified there.
func (p *promotion) verify() {
	p.t.Helper()
	p.put("staging-1")
	p.gate(exitPass, "record", "deployed", "--to", "staging", "--revision", "HEAD")
	p.gate(exitPass, "record", "verified", "--name", "smoke", "--to", "staging", "--revision", "HEAD")
}

// app is gate in this process, by the clock of the test.
func (p *promotion) app() *app {
	p.out.Reset()
	return &app{
		out: &p.out, err: &p.out, getenv: func(name string) string { return p.env[name] }, now: func() time.Time { return p.clock }, cacheFolder: p.path("cache"),
		wait: func(ctx context.Context, until time.Time) error {
			p.slept = append(p.slept, until.Sub(p.clock))
			p.clock = until
			return ctx.Err()
		},
	}
}

// gate runs a command, which must exit with a code.
func (p *promotion) gate(code int, args ...string) {
	p.t.Helper()
	if got := p.app().run(p.t.Context(), args); got != code {
		p.t.Fatalf("gate %q: got exit %d, want %d\n%s", args, got, code, p.out.String())
	}
}

// says checks that the last command has said something.
func (p *promotion) says(text string) {
	p.t.Helper()
	if !strings.Contains(p.out.String(), text) {
		p.t.Errorf("got\n%s\nwant %q in it", p.out.String(), text)
	}
}

// --wait waits for what only lacks time, as long as that is not longer, and judges anew.
func TestWait(t *testing.T) {
	t.Parallel()
	p := newPromotion(t)
	p.gate(exitBlocked, "check", "--to", "production", "--revision", "HEAD", "--wait", "45m")
	p.says("promotion.not_deployed")
	if p.slept != nil {
		t.Fatalf("it has waited for what time does not mend: %v", p.slept)
	}
	p.verify()
	p.clock = p.clock.Add(10 * time.Minute)
	p.gate(exitBlocked, "check", "--to", "production", "--revision", "HEAD")
	p.says("promotion.soaking")
	p.says("--wait 21m")
	p.gate(exitBlocked, "check", "--to", "production", "--revision", "HEAD", "--wait", "19m")
	if p.slept != nil {
		t.Fatalf("it has waited longer than it should: %v", p.slept)
	}
	p.gate(exitPass, "check", "--to", "production", "--revision", "HEAD", "--wait", "20m")
	if len(p.slept) != 1 || p.slept[0] != 20*time.Minute {
		t.Errorf("got waits of %v, want one of 20m", p.slept)
	}
	p.says("has soaked 10m of 30m")
	p.gate(exitPass, "begin", "--to", "production", "--revision", "HEAD")
}

// What comes up while it waits counts.
func TestWaitJudgesAnew(t *testing.T) {
	t.Parallel()
	p := newPromotion(t)
	p.verify()
	a := p.app()
	a.wait = func(_ context.Context, until time.Time) error {
		p.clock = until
		b := *a
		b.out, b.err, b.flags, b.lifetime = &bytes.Buffer{}, &bytes.Buffer{}, flags{}, nil
		if code := b.run(t.Context(), []string{"hold", "--to", "production", "--reason", "incident 412"}); code != exitPass {
			t.Errorf("gate hold: exit %d", code)
		}
		return nil
	}
	if code := a.run(t.Context(), []string{"begin", "--to", "production", "--revision", "HEAD", "--wait", "30m"}); code != exitBlocked {
		t.Errorf("got exit %d, want %d", code, exitBlocked)
	}
	p.says("incident 412")
}

// Ctrl-C ends the wait.
func TestWaitInterrupted(t *testing.T) {
	t.Parallel()
	p := newPromotion(t)
	p.verify()
	ctx, cancel := context.WithCancel(t.Context())
	a := p.app()
	a.wait = nil
	a.err = cancelling{&p.out, cancel}
	if code := a.run(ctx, []string{"check", "--to", "production", "--revision", "HEAD", "--wait", "1h"}); code != exitInterrupted {
		t.Errorf("got exit %d, want %d", code, exitInterrupted)
	}
	p.says("nothing was decided")
}

// Ctrl-C after the deployment has begun says that it is on record, and how to end it.
func TestBeginInterrupted(t *testing.T) {
	t.Parallel()
	p := newPromotion(t)
	p.verify()
	p.clock = p.clock.Add(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	a := p.app()
	a.out = cancelling{&p.out, cancel} // the report comes after the event
	if code := a.run(ctx, []string{"begin", "--to", "production", "--revision", "HEAD"}); code != exitInterrupted {
		t.Errorf("got exit %d, want %d", code, exitInterrupted)
	}
	p.says("on record is: deploying app")
	p.says("to end it: gate record failed --to production --of ")
}

// cancelling ends a context once something is written.
type cancelling struct {
	out    *bytes.Buffer
	cancel func()
}

func (c cancelling) Write(data []byte) (int, error) {
	c.cancel()
	return c.out.Write(data)
}

// A hold, an override and a host that is set aside end to the second.
func TestEnds(t *testing.T) {
	t.Parallel()
	p := newPromotion(t)
	p.verify()
	p.clock = p.clock.Add(time.Hour)
	p.gate(exitPass, "hold", "--to", "production", "--reason", "x", "--until", "1h")
	p.clock = p.clock.Add(time.Hour - time.Second)
	p.gate(exitBlocked, "check", "--to", "production", "--revision", "HEAD")
	p.says("promotion.held")
	p.clock = p.clock.Add(time.Second)
	p.gate(exitPass, "check", "--to", "production", "--revision", "HEAD")

	p.stop("production-1")
	p.gate(exitPass, "set-aside", "production-1", "--reason", "x", "--until", "24h")
	p.clock = p.clock.Add(24*time.Hour - time.Second)
	p.gate(exitUndecided, "check", "--to", "production", "--revision", "HEAD")
	p.says("set_aside.active")
	p.clock = p.clock.Add(time.Second)
	p.gate(exitUndecided, "check", "--to", "production", "--revision", "HEAD")
	p.says("unknown.host")
	if strings.Contains(p.out.String(), "set_aside.active") {
		t.Errorf("it is set aside for longer than it should:\n%s", p.out.String())
	}
	start(t, p.lab, "production-1")

	must(t, os.WriteFile(p.path("src/app.txt"), []byte("three\n"), 0o600))
	p.git("commit", "-q", "-a", "-m", "a hotfix")
	p.gate(exitPass, "override", "--to", "production", "--revision", "HEAD", "--code", "promotion.not_deployed", "--reason", "x", "--until", "7d")
	p.clock = p.clock.Add(7*24*time.Hour - time.Second)
	p.gate(exitPass, "check", "--to", "production", "--revision", "HEAD")
	p.says("override.active")
	p.clock = p.clock.Add(time.Second)
	p.gate(exitBlocked, "check", "--to", "production", "--revision", "HEAD")
	p.says("promotion.not_deployed")
}

// running starts the gate program with a deployment to production that does not end by itself, and returns when the
// command runs.
func (p *promotion) running(trap string) *exec.Cmd {
	p.t.Helper()
	cmd := p.command("gate", "deploy", "--to", "staging", "--revision", "HEAD", "--",
		"bash", "-c", "trap '"+trap+"' TERM; echo $$ >pid; while :; do sleep 0.05; done") // dash may lose a signal here
	cmd.Stdout, cmd.Stderr = &p.out, &p.out
	p.out.Reset()
	must(p.t, cmd.Start())
	p.t.Cleanup(func() { _ = cmd.Process.Kill() })
	waitFor(p.t, p.path("pid"))
	return cmd
}

// Signals are passed on to the command, and what becomes of it is on record.
func TestDeploySignals(t *testing.T) {
	t.Parallel()
	p := newPromotion(t)
	cmd := p.running("exit 9")
	must(t, cmd.Process.Signal(syscall.SIGTERM))
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 9 {
		t.Errorf("got exit %d, want that of the command, 9\n%s", code, p.out.String())
	}
	p.says("recorded: failed app")
	p.gate(exitPass, "log", "--to", "staging")
	p.says("bash ended with exit code 9")
}

// A gate that was killed leaves a deployment that has begun, which the next check explains, and a person can end.
func TestDeployKilled(t *testing.T) {
	t.Parallel()
	p := newPromotion(t)
	cmd := p.running("exit 9")
	must(t, cmd.Process.Kill())
	must(t, exec.Command("kill", "-9", waitFor(t, p.path("pid"))).Run())
	_ = cmd.Wait()
	p.gate(exitPass, "log", "--verify")
	p.gate(exitBlocked, "check", "--to", "staging", "--revision", "HEAD")
	p.says("promotion.running")
	p.gate(exitPass, "record", "failed", "--to", "staging", "--revision", "HEAD", "--reason", "the runner died")
	p.gate(exitPass, "check", "--to", "staging", "--revision", "HEAD")
}

// Of many who begin at the same time one is let in, and the others see that it is.
func TestBeginOnce(t *testing.T) {
	t.Parallel()
	p := newPromotion(t)
	const many = 5
	var cmds []*exec.Cmd
	for i := range many {
		cmd := p.command("gate", "begin", "--to", "staging", "--revision", "HEAD")
		cmd.Env = append(cmd.Env, fmt.Sprintf("GATE_RUN=https://ci.example.com/%d", i))
		cmds = append(cmds, cmd)
		must(t, cmd.Start())
	}
	codes := map[int]int{}
	for _, cmd := range cmds {
		_ = cmd.Wait()
		codes[cmd.ProcessState.ExitCode()]++
	}
	if codes[exitPass] != 1 || codes[exitBlocked] != many-1 {
		t.Errorf("got exit codes %v, want one %d and %d of %d", codes, exitPass, many-1, exitBlocked)
	}
	if subjects := p.git("log", "--format=%s", "gate-ledger"); strings.Count(subjects, "deploying") != 1 {
		t.Errorf("got\n%s\nwant one deployment", subjects)
	}
}

// A hold that comes between the check and the begin stops it.
func TestBeginChecksAgain(t *testing.T) {
	t.Parallel()
	p := newPromotion(t)
	a := p.app()
	q := question{revision: "HEAD", kept: true}
	a.lifetime = &lifetime{}
	a.flags = flags{policy: p.path("policy"), to: "staging", format: "text", parallel: 1}
	j, err := a.newJudge(t.Context(), &q)
	must(t, err)
	answer, err := j.answer(t.Context())
	must(t, err)
	if answer.verdict.Outcome != gate.Pass {
		t.Fatalf("got %s, want a pass", answer.verdict.Outcome)
	}
	p.gate(exitPass, "hold", "--to", "staging", "--reason", "incident 412")
	b := &begun{judge: j, answer: answer}
	must(t, b.enter(t.Context()))
	if b.answer.verdict.Outcome != gate.Blocked || b.event.ID != "" {
		t.Errorf("got %s and the event %q, want that it is blocked", b.answer.verdict.Outcome, b.event.ID)
	}
}
