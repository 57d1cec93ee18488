package main

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

// withPullRequests adds what the scripts pull_*.txtar have beside the other commands.
//
//	project                        begin: the repository, whose branch main is in a bare one, origin.git. The first release
//	                               is on staging-1 and production-1, was adopted, and the hosts were checked in the night;
//	                               production-1 has another openssl. Now they are down. Its policy is gate.hcl: pullPolicy,
//	                               where the script has no other
//	branch NAME FILE..             commit files, as they are now, on a new branch from main, and push it
//	pull EVENT PAYLOAD BASE HEAD [MERGE]    be a step of a workflow that runs for a pull request between two revisions, whose
//	                               commits are then BASE and HEAD
func withPullRequests(commands map[string]func(*testscript.TestScript, bool, []string)) map[string]func(*testscript.TestScript, bool, []string) {
	maps.Copy(commands, map[string]func(*testscript.TestScript, bool, []string){
		"project": pullProject,
		"branch":  pullBranch,
		"pull":    pullEvent,
	})
	return commands
}

const pullPolicy = `component "app" {
  paths  = ["src/**"]
  marker = revision["/srv/app/REVISION"].value
}
collect "revision" {
  marker = "/srv/app/REVISION"
}
collect "deb" {}
gate {
  unmanaged = ["gate.hcl"]
}
ledger {
  remote = "origin"
}
rule "curl" {
  assert  = can(host.deb["curl"])
  message = "${host.name} has no curl"
}
environment "staging" {
  ssh {
    config = "ssh_config"
    root   = "/proc/self/fd/9"
  }
  role "web" {
    hosts = ["staging-1"]
  }
}
environment "production" {
  ssh {
    config = "ssh_config"
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

func pullProject(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(writeMissing(ts.MkAbs("gate.hcl"), pullPolicy))
	ts.Check(writeMissing(ts.MkAbs("src/app.txt"), "one\n"))
	l := newLab(ts.Getenv("WORK"))
	ts.Defer(l.close)
	for name, version := range map[string]string{"staging-1": "3.0.11-1", "production-1": "3.0.15-1"} {
		ts.Check(writeDeb(filepath.Join(l.tree(name), "var/lib/dpkg/status"), []string{"openssl=" + version, "curl=8.1"}))
		ts.Check(l.start(name, ""))
	}
	for name, value := range map[string]string{
		"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com",
		"GATE_DIGEST_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "GATE_TEST_LATER": "0s",
	} {
		ts.Setenv(name, value)
	}
	for _, name := range []string{"staging-1", "production-1"} {
		ts.Check(os.MkdirAll(filepath.Join(l.tree(name), "srv/app"), 0o755))
	}
	for _, args := range [][]string{
		{"git", "init", "-q", "--bare", "origin.git"},
		{"git", "-C", "origin.git", "symbolic-ref", "HEAD", "refs/heads/main"},
		{"git", "init", "-q", "-b", "main"},
		{"git", "remote", "add", "origin", "file://" + ts.MkAbs("origin.git")},
		{"git", "add", "gate.hcl", "src"},
		{"git", "commit", "-q", "-m", "the first release"},
		{"git", "push", "-q", "origin", "main"},
		{"sh", "-c", "for h in staging-1 production-1; do git rev-parse HEAD >hosts/$h/srv/app/REVISION; done"},
		{"gate", "record", "--adopt"},
		{"sh", "-c", "gate check --to production --record; test $? = 1"},
	} {
		ts.Check(ts.Exec(args[0], args[1:]...))
	}
	l.stop("staging-1")
	l.stop("production-1")
	ts.Setenv("GATE_DIGEST_KEY", "")
}

func pullBranch(ts *testscript.TestScript, _ bool, args []string) {
	for _, args := range [][]string{
		{"checkout", "-q", "-b", args[0], "main"},
		append([]string{"add", "--"}, args[1:]...),
		{"commit", "-q", "-m", "change " + args[0]},
		{"push", "-q", "origin", args[0]},
	} {
		ts.Check(ts.Exec("git", args...))
	}
}

func pullEvent(ts *testscript.TestScript, _ bool, args []string) {
	scriptWorkflow(ts, false, args[:2])
	id := func(revision string) string {
		ts.Check(ts.Exec("git", "rev-parse", "--verify", revision+"^{commit}"))
		return strings.TrimSpace(ts.ReadFile("stdout"))
	}
	base, head := id(args[2]), id(args[3])
	payload := strings.NewReplacer("f95f852bd8fca8fcc58a9a2d6c842781e32a215e", base, "ec26c3e57ca3a959ca5aad62de7213c562f8c821", head).Replace(ts.ReadFile("event.json"))
	ts.Setenv("BASE", base)
	ts.Setenv("HEAD", head)
	ts.Check(os.WriteFile(ts.MkAbs("event.json"), []byte(payload), 0o644))
	if len(args) > 4 {
		ts.Setenv("GITHUB_SHA", id(args[4]))
	}
	ts.Setenv("GITHUB_REPOSITORY", githubtest.Repository)
}

// Ctrl-C while a commit is fetched ends it at once, with nothing left running, and nothing is said on GitHub.
func TestPullRequestInterrupted(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, program := range []string{"git", "sh"} {
		drifttest.Program(t, program)
	}
	server, err := githubtest.Start()
	must(t, err)
	defer server.Close()
	folder := t.TempDir()
	payload, err := githubtest.Payload("pull_request")
	must(t, err)
	for name, text := range map[string]string{"gate.hcl": pullPolicy, "event.json": string(payload), "ssh": "#!/bin/sh\necho $$ >" + folder + "/pid\nexec cat\n"} {
		must(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o755))
	}
	for _, args := range [][]string{
		{"init", "-q"}, {"remote", "add", "origin", "ssh://nowhere/r.git"},
		{"-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "--allow-empty", "-m", "one"},
	} {
		if out, err := exec.Command("git", append([]string{"-C", folder}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %s", args, out)
		}
	}
	cmd := exec.CommandContext(t.Context(), "gate", "check", "--to", "production", "--pull-request", "--github", "comment,summary")
	cmd.Dir = folder
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "XDG_CACHE_HOME=" + filepath.Join(folder, "cache"), "GIT_CONFIG_NOSYSTEM=1", "GIT_SSH_COMMAND=" + filepath.Join(folder, "ssh"),
		"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=pull_request", "GITHUB_EVENT_PATH=" + filepath.Join(folder, "event.json"), "GITHUB_REPOSITORY=" + githubtest.Repository,
		"GITHUB_API_URL=" + server.API(), "GITHUB_GRAPHQL_URL=" + server.GraphQL(), "GITHUB_TOKEN=" + githubtest.Token, "GITHUB_STEP_SUMMARY=" + filepath.Join(folder, "summary.md"),
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	must(t, cmd.Start())
	pid := waitFor(t, filepath.Join(folder, "pid"))
	must(t, cmd.Process.Signal(os.Interrupt))
	waitOrKill(t, cmd)
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || out.Len() > 0 || !strings.Contains(errs.String(), "nothing was decided") || strings.Contains(errs.String(), "--github") {
		t.Errorf("got exit %d, %q and %q", code, out.String(), errs.String())
	}
	if log := server.Log(); len(log) > 0 {
		t.Errorf("GitHub was asked %q", log)
	}
	if _, err := os.Stat(filepath.Join(folder, "summary.md")); err == nil {
		t.Error("there is a summary")
	}
	waitForEnd(t, pid)
}

// Log masking does not cover comments: what repeats the token has it nowhere in why there is no verdict.
func TestWhy(t *testing.T) {
	a := &app{getenv: func(string) string { return githubtest.Token + "\n" }}
	err := &exitError{err: errors.New("git fetch: https://x:" + githubtest.Token + "@host"), hint: "see " + githubtest.Token}
	if got, want := a.why(err), "git fetch: https://x:***@host\nsee ***"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
