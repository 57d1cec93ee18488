package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/spf13/cobra"
)

// TestHelp checks that every command says what it is for, with an example that it takes.
func TestHelp(t *testing.T) {
	root := (&app{getenv: os.Getenv}).rootCommand()
	for _, cmd := range root.Commands() {
		t.Run(cmd.Name(), func(t *testing.T) {
			if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
				t.Errorf("the short text is %q", cmd.Short)
			}
			if cmd.Example == "" {
				t.Error("there is no example")
			}
			if !strings.Contains(cmd.Example, "gate "+cmd.Name()) {
				t.Errorf("the example is not of this command:\n%s", cmd.Example)
			}
			for _, line := range strings.Split(cmd.Long+"\n"+cmd.Example, "\n") {
				if len([]rune(line)) > 100 {
					t.Errorf("a line is longer than 100 columns: %q", line)
				}
			}
			for _, line := range strings.Split(cmd.Example, "\n") {
				checkExample(t, root, line)
			}
		})
	}
}

// comments stand behind examples, at some distance.
var comments = regexp.MustCompile(`\s{3,}.*$`)

// checkExample checks that a line which runs gate has a command, flags and arguments that gate takes.
func checkExample(t *testing.T, root *cobra.Command, line string) {
	t.Helper()
	_, line, ok := strings.Cut(comments.ReplaceAllString(strings.TrimRight(line, " "), ""), "gate ")
	if line = strings.TrimLeft(line, " "); !ok {
		return
	}
	line, _, _ = strings.Cut(line, " | ")
	line, _, _ = strings.Cut(line, " && ")
	words := words(line)
	cmd, args, err := root.Find(words)
	if err == nil {
		err = cmd.ParseFlags(args)
	}
	if err == nil {
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err != nil {
		t.Errorf("%q: %v", line, err)
	}
}

// words splits a line as a shell does that knows quotes only.
func words(line string) []string {
	var words []string
	word, quote, in := "", rune(0), false
	for _, r := range line + " " {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word += string(r)
		case r == '\'' || r == '"':
			quote, in = r, true
		case r != ' ':
			word, in = word+string(r), true
		case in:
			words, word, in = append(words, word), "", false
		}
	}
	return words
}

// TestColor checks who gets colours: a terminal that has not said no.
func TestColor(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		terminal bool
		env      map[string]string
		args     []string
		want     bool
	}{
		{name: "a terminal", terminal: true, want: true},
		{name: "a pipe"},
		{name: "NO_COLOR", terminal: true, env: map[string]string{"NO_COLOR": "1"}},
		{name: "a dumb terminal", terminal: true, env: map[string]string{"TERM": "dumb"}},
		{name: "--no-color", terminal: true, args: []string{"--no-color"}},
		{name: "--format json", terminal: true, args: []string{"--format", "json"}},
	}
	l, gate := gateOn(t, `collect "deb" {}`)
	start(t, l, "staging-1", "production-1", "production-2")
	must(t, writeDeb(filepath.Join(l.tree("staging-1"), "var/lib/dpkg/status"), []string{"openssl=1"}))
	result := filepath.Join(l.folder, "result.json")
	if out, err := gate("check", "--to", "production", "--format", "json", "--output", result).CombinedOutput(); err == nil {
		t.Fatalf("it passes: %s", out)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			a := &app{out: &out, err: &errs, outTerminal: tt.terminal, getenv: func(name string) string { return tt.env[name] }, now: time.Now}
			args := append([]string{"check", "--from", result}, tt.args...)
			if code := a.run(context.Background(), args); code != exitBlocked {
				t.Fatalf("exit %d: %s", code, errs.String())
			}
			if got := strings.Contains(out.String(), "\x1b["); got != tt.want {
				t.Errorf("got colours %t, want %t:\n%q", got, tt.want, out.String())
			}
		})
	}
}

// gateOn prepares gate check of the scripts' environments on hosts of a lab, with one collect block.
func gateOn(t *testing.T, policy string) (*lab, func(args ...string) *exec.Cmd) {
	t.Helper()
	ssh := drifttest.Program(t, "ssh")
	l := newLab(t.TempDir())
	t.Cleanup(l.close)
	must(t, writeMissing(filepath.Join(l.folder, "policy/environments.hcl"), scriptEnvironments))
	must(t, writeMissing(filepath.Join(l.folder, "policy/policy.hcl"), policy))
	return l, func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), "gate", args...)
		cmd.Dir = l.folder
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH") + ":" + filepath.Dir(ssh), "GATE_POLICY=policy",
			"HOME=" + l.folder, "XDG_CACHE_HOME=" + filepath.Join(l.folder, "cache"),
		}
		return cmd
	}
}

func start(t *testing.T, l *lab, names ...string) {
	t.Helper()
	for _, name := range names {
		must(t, l.start(name, ""))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestInterrupt checks that Ctrl-C ends a check, with nothing left running on a host, though nothing else would before ten minutes are over.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	l, gate := gateOn(t, `collect "deb" {}`)
	patient := strings.ReplaceAll(scriptEnvironments, "  ssh {\n", "  ssh {\n    timeout = \"30m\"\n")
	must(t, os.WriteFile(filepath.Join(l.folder, "policy/environments.hcl"), []byte(patient), 0o644))
	start(t, l, "staging-1", "production-1")
	must(t, l.start("production-2", "stuck"))
	for _, name := range []string{"staging-1", "production-1", "production-2"} {
		must(t, writeDeb(filepath.Join(l.tree(name), "var/lib/dpkg/status"), []string{"openssl=3.0.11-1"}))
	}
	cmd := gate("check", "--to", "production")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := waitFor(t, filepath.Join(l.tree("production-2"), "pid"))
	must(t, cmd.Process.Signal(os.Interrupt))
	waitOrKill(t, cmd)
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("got exit %d, want %d", code, exitInterrupted)
	}
	if out.Len() > 0 || !strings.Contains(errs.String(), "nothing was decided") {
		t.Errorf("it printed %q, and %q", out.String(), errs.String())
	}
	if len(keptResults(filepath.Join(l.folder, "cache/gate"))) > 0 {
		t.Error("it left a result behind")
	}
	waitForEnd(t, pid)
}

// waitFor returns what is in a file as soon as something is.
func waitFor(t *testing.T, path string) string {
	t.Helper()
	var text []byte
	drifttest.Until(t, "there is a line in "+path, func() bool {
		text, _ = os.ReadFile(path)
		return bytes.HasSuffix(text, []byte("\n"))
	})
	return strings.TrimSpace(string(text))
}

// waitOrKill waits until a program ends by itself, or kills it, so that its exit code is -1.
func waitOrKill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	timer := time.AfterFunc(drifttest.Patience, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = cmd.Wait()
}

// waitForEnd waits until a process is gone.
func waitForEnd(t *testing.T, pid string) {
	t.Helper()
	drifttest.Until(t, "the process "+pid+" has ended", func() bool {
		_, err := os.Stat("/proc/" + pid)
		return err != nil
	})
}
