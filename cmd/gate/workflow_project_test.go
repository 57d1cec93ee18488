package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

const workflowPolicy = `component "app" {
  paths  = ["src/**"]
  marker = revision["/srv/app/REVISION"].value
}
collect "revision" {
  marker = "/srv/app/REVISION"
}
collect "deb" {}
gate {
  unmanaged = ["**"]
}
ledger {
  remote = "origin"
  public = true
}
environment "staging" {
  ssh {
    config = "%[1]s"
    root   = "/proc/self/fd/9"
  }
  role "web" {
    hosts = ["staging-1"]
  }
}
environment "production" {
  ssh {
    config = "%[1]s"
    root   = "/proc/self/fd/9"
  }
  role "web" {
    hosts = ["production-1"]
  }
  promotion {
    from        = ["staging"]
    verified_by = ["smoke", "check:e2e"]
    evidence "check:e2e" {
      workflow = "e2e.yml"
    }
  }
}
`

// project is a repository on a GitHub, with the example workflows, and the hosts that it is deployed to.
type project struct {
	t      *testing.T
	root   string
	github *githubtest.Server
	lab    *lab
	repo   string // somebody's clone
	action string // a folder with the action, without what gate is built from
	gate   string // the program
	env    []string
	keys   map[string]string // the secrets of environments
	runs   int
}

// newRepository returns a project with an empty repository, and no hosts.
func newRepository(t *testing.T) *project {
	root := t.TempDir()
	p := &project{t: t, root: root, lab: newLab(root), repo: filepath.Join(root, "repository")}
	p.startGitHub()
	p.env = append(withoutKeys(os.Environ()), "HOME="+filepath.Join(root, "home"), "XDG_CACHE_HOME="+filepath.Join(root, "cache"),
		"GIT_CONFIG_GLOBAL="+filepath.Join(root, "gitconfig"), "GIT_CONFIG_NOSYSTEM=1")
	p.write(filepath.Join(root, "gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n", 0o644)
	p.run(root, "git", "init", "-q", "--bare", "origin.git")
	p.clone(p.repo, githubtest.Token)
	p.action = p.copyTree("action", "action.yml", ".github/action")
	p.build()
	return p
}

// newProject returns one whose first revision is on all hosts, and adopted.
func newProject(t *testing.T) *project {
	p := newRepository(t)
	root := p.root
	t.Cleanup(p.lab.close)
	p.startHosts()
	p.write(filepath.Join(p.repo, "gate.hcl"), fmt.Sprintf(workflowPolicy, filepath.Join(root, "config")), 0o644)
	p.write(filepath.Join(p.repo, "known_hosts"), p.read(filepath.Join(root, "known_hosts")), 0o644)
	p.write(filepath.Join(p.repo, "deploy"), "#!/bin/sh\n[ ! -e '"+root+"/broken' ] && mkdir -p \""+root+"/hosts/$1-1/srv/app\" && git rev-parse --verify \"$2^{commit}\" >\""+root+"/hosts/$1-1/srv/app/REVISION\"\n", 0o755)
	p.write(filepath.Join(p.repo, "smoke"), "#!/bin/sh\n", 0o755)
	p.write(filepath.Join(p.repo, "src/app.txt"), "one\n", 0o644)
	workflows := filepath.Join(p.repo, ".github/workflows")
	p.check(os.CopyFS(workflows, os.DirFS("../../.github/examples")))
	p.write(filepath.Join(workflows, "commands.yml"), p.read("testdata/workflow/commands.yml"), 0o644)
	p.write(filepath.Join(workflows, "pull-request-strict.yml"), strings.Replace(p.read("../../.github/examples/pull-request.yml"), "fork: report-only", "", 1), 0o644)
	p.commit("the first release")
	p.run(p.repo, "./deploy", "staging", "HEAD")
	p.run(p.repo, "./deploy", "production", "HEAD")
	p.keyed(p.repo, p.gate, "record", "--adopt")
	return p
}

// within makes a subtest the one that fails, until it calls what is returned.
func (p *project) within(t *testing.T) (leave func()) {
	outer := p.t
	p.t = t
	return func() { p.t = outer }
}

// startGitHub starts a GitHub that has an empty repository.
func (p *project) startGitHub() {
	p.t.Helper()
	var err error
	p.github, err = githubtest.Start()
	p.check(err)
	p.t.Cleanup(func() {
		p.github.Close()
		for _, problem := range p.github.Problems() {
			p.t.Errorf("not as GitHub describes it: %s", problem)
		}
	})
	folder, err := exec.Command(drifttest.Program(p.t, "git"), "--exec-path").Output()
	p.check(err)
	p.github.Serve(filepath.Join(p.root, "origin.git"), filepath.Join(strings.TrimSpace(string(folder)), "git-http-backend"))
}

// startHosts starts staging-1 and production-1.
func (p *project) startHosts() {
	p.t.Helper()
	known := ""
	config := "UserKnownHostsFile none\nGlobalKnownHostsFile none\nUser deploy\nHostName 127.0.0.1\n"
	for _, name := range []string{"staging-1", "production-1"} {
		p.check(writeDeb(filepath.Join(p.lab.tree(name), "var/lib/dpkg/status"), []string{"openssl=3.0.11-1"}))
		p.check(p.lab.start(name, ""))
		p.lab.servers[name].ClientKey = p.lab.servers["staging-1"].ClientKey
		known += p.read(filepath.Join(p.root, "ssh", name, "known_hosts"))
		config += fmt.Sprintf("Host %s\n\tPort %d\n", name, p.lab.servers[name].Port())
	}
	p.keys = map[string]string{"GATE_SSH_KEY": p.read(filepath.Join(p.root, "ssh/staging-1/id")), "GATE_DIGEST_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
	p.write(filepath.Join(p.root, "config"), config, 0o644)
	p.write(filepath.Join(p.root, "known_hosts"), known, 0o644)
}

// withoutKeys leaves out of an environment what a step must get by its workflow, or not at all.
func withoutKeys(env []string) []string {
	var kept []string
	for _, variable := range env {
		if !strings.HasPrefix(variable, "GATE_") && !strings.HasPrefix(variable, "GITHUB_") && !strings.HasPrefix(variable, "GIT_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

func (p *project) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) read(path string) string {
	p.t.Helper()
	data, err := os.ReadFile(path)
	p.check(err)
	return string(data)
}

func (p *project) write(path, text string, mode fs.FileMode) {
	p.t.Helper()
	p.check(errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), mode)))
}

// run runs a program in a folder, and returns what it prints.
func (p *project) run(folder, name string, args ...string) string {
	p.t.Helper()
	return p.runWith(nil, folder, name, args...)
}

// keyed runs a program with the keys.
func (p *project) keyed(folder, name string, args ...string) {
	p.t.Helper()
	env := []string{"GATE_KNOWN_HOSTS=" + filepath.Join(p.root, "known_hosts")}
	for name, key := range p.keys {
		env = append(env, name+"="+key)
	}
	p.runWith(env, folder, name, args...)
}

func (p *project) runWith(env []string, folder, name string, args ...string) string {
	p.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = folder, append(slices.Clone(p.env), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// clone does what actions/checkout does with fetch-depth: 0, but for what is checked out.
func (p *project) clone(folder, token string) {
	p.t.Helper()
	url, header := p.github.Clone(token)
	p.run(p.root, "git", "init", "-q", folder)
	p.run(folder, "git", "remote", "add", "origin", url)
	p.run(folder, "git", "config", "http."+p.github.URL()+"/.extraheader", header)
	p.run(folder, "git", "fetch", "-q", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*")
}

// commit commits what there is, pushes it, and returns its id.
func (p *project) commit(message string) string {
	p.t.Helper()
	p.run(p.repo, "git", "add", ".")
	p.run(p.repo, "git", "commit", "-q", "--allow-empty", "-m", message)
	p.run(p.repo, "git", "push", "-q", "origin", "HEAD")
	return p.run(p.repo, "git", "rev-parse", "HEAD")
}

// branch pushes a branch with one change, and returns its commit.
func (p *project) branch(name, file, text string) string {
	p.t.Helper()
	p.run(p.repo, "git", "checkout", "-q", "-b", name, "main")
	p.write(filepath.Join(p.repo, file), text, 0o644)
	commit := p.commit("change " + file)
	p.run(p.repo, "git", "checkout", "-q", "main")
	return commit
}

// sources are what gate is built from.
var sources = []string{"go.mod", "go.sum", "cmd", "drift", "gate", "policies"}

// copyTree makes a folder with parts of this repository.
func (p *project) copyTree(folder string, parts ...string) string {
	p.t.Helper()
	for _, name := range parts {
		from, to := filepath.Join("../..", name), filepath.Join(p.root, folder, name)
		info, err := os.Stat(from)
		p.check(err)
		if info.IsDir() {
			p.check(os.CopyFS(to, os.DirFS(from)))
		} else {
			p.write(to, p.read(from), info.Mode())
		}
	}
	return filepath.Join(p.root, folder)
}

// build puts a go on a path of its own, which takes the test's own gate for what it is asked to build, and for a release what
// newRelease has built. Where a workflow builds it, what it prints is kept as well: act drops the end of what a step prints that fails.
func (p *project) build() {
	p.t.Helper()
	var err error
	p.gate, err = exec.LookPath("gate") // see TestMain
	p.check(err)
	p.check(os.Mkdir(filepath.Join(p.root, "said"), 0o755))
	p.write(filepath.Join(p.root, "kept"), `#!/usr/bin/env bash
[ -n "$GITHUB_ACTION_PATH" ] || exec '`+p.gate+`' "$@"
'`+p.gate+`' "$@" 2>&1 | tee "$(printf '`+p.root+`/said/%02d-%02d' "$GITHUB_RUN_ID" "$(ls '`+p.root+`/said' | wc -l)")"
exit "${PIPESTATUS[0]}"
`, 0o755)
	p.write(filepath.Join(p.root, "bin/go"), `#!/bin/sh
arguments=$*
case $1 in
version) exec '`+drifttest.Program(p.t, "go")+`' "$@" ;;
build) ;;
*) exit 9 ;;
esac
while [ "$1" != -o ]; do shift || exit 9; done
case $arguments in
*-ldflags*) cp '`+p.root+`/compiled' "$2" && printf %s "$GOOS $GOARCH" >>"$2" ;;
*) cp '`+p.root+`/kept' "$2" ;;
esac
`, 0o755)
}
