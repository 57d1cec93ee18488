package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
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
    verified_by = ["smoke"]
  }
}
`

// project is a repository with the example workflows, its origin, and the hosts that it is deployed to.
type project struct {
	t         *testing.T
	lab       *lab
	repo, bin string
	action    string // a folder with the action
	env       []string
}

// newProject returns one whose first revision is on all hosts, and adopted.
func newProject(t *testing.T) *project {
	root := t.TempDir()
	p := &project{t: t, lab: newLab(root), repo: filepath.Join(root, "repository")}
	t.Cleanup(p.lab.close)
	key, known := "", ""
	config := "UserKnownHostsFile none\nGlobalKnownHostsFile none\nUser deploy\nHostName 127.0.0.1\nIdentityFile " + filepath.Join(root, "ssh/staging-1/id") + "\n"
	for _, name := range []string{"staging-1", "production-1"} {
		p.check(writeDeb(filepath.Join(p.lab.tree(name), "var/lib/dpkg/status"), []string{"openssl=3.0.11-1"}))
		p.check(p.lab.start(name, ""))
		key = p.read(filepath.Join(root, "ssh", name, "id"))
		known += p.read(filepath.Join(root, "ssh", name, "known_hosts"))
		config += fmt.Sprintf("Host %s\n\tPort %d\n", name, p.lab.servers[name].Port())
	}
	p.write(filepath.Join(root, "config"), config, 0o644)
	deploy := `#!/bin/sh
mkdir -p "` + root + `/hosts/$1-1/srv/app" && git rev-parse --verify "$2^{commit}" >"` + root + `/hosts/$1-1/srv/app/REVISION"
`
	cache, err := exec.Command(drifttest.Program(t, "go"), "env", "GOCACHE").Output()
	p.check(err)
	p.env = append(os.Environ(), "GOCACHE="+strings.TrimSpace(string(cache)), "GATE_SSH_KEY="+key, "GATE_DIGEST_KEY=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com",
		"XDG_CACHE_HOME="+filepath.Join(root, "cache"), "GATE_KNOWN_HOSTS="+filepath.Join(p.repo, "known_hosts"))
	p.write(filepath.Join(p.repo, "known_hosts"), known, 0o644)
	p.write(filepath.Join(p.repo, "gate.hcl"), fmt.Sprintf(workflowPolicy, filepath.Join(root, "config")), 0o644)
	p.write(filepath.Join(p.repo, "deploy"), deploy, 0o755)
	p.write(filepath.Join(p.repo, "smoke"), "#!/bin/sh\n", 0o755)
	p.write(filepath.Join(p.repo, "src/app.txt"), "one\n", 0o644)
	p.check(os.CopyFS(filepath.Join(p.repo, ".github/workflows"), os.DirFS("../../.github/examples")))
	p.run("git", "init", "-q", "--bare", filepath.Join(root, "origin.git"))
	p.run("git", "init", "-q", "-b", "main")
	p.run("git", "remote", "add", "origin", filepath.Join(root, "origin.git"))
	p.commit("the first release")
	p.run("./deploy", "staging", "HEAD")
	p.run("./deploy", "production", "HEAD")
	p.bin = filepath.Join(root, "gate")
	build := exec.Command(drifttest.Program(t, "go"), "build", "-trimpath", "-buildvcs=false", "-o", p.bin, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	p.run(p.bin, "record", "--adopt")
	p.copyAction(filepath.Join(root, "action"))
	return p
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

// run runs a program in the repository, and returns what it prints.
func (p *project) run(name string, args ...string) string {
	p.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = p.repo, p.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit commits what there is, pushes it, and returns its id.
func (p *project) commit(message string) string {
	p.t.Helper()
	p.run("git", "add", ".")
	p.run("git", "commit", "-q", "-m", message)
	p.run("git", "push", "-q", "origin", "main")
	return p.run("git", "rev-parse", "HEAD")
}

// act runs an example for an event, and returns what it prints and whether its job succeeded.
func (p *project) act(example, event, payload string) (out string, ok bool) {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), "event.json")
	p.write(file, payload, 0o644)
	cmd := exec.Command(drifttest.Program(p.t, "act"), event, "-W", ".github/workflows/"+example, "-e", file,
		"-P", "ubuntu-latest=-self-hosted", "--no-cache-server", "--action-offline-mode",
		"--local-repository", "seed-313c021b/gate@COMMIT="+p.action, "--env", "GITHUB_API_URL=http://127.0.0.1:1",
		"--env", "GOCACHE="+p.run("go", "env", "GOCACHE"),
		"-s", "GATE_SSH_KEY", "-s", "GATE_DIGEST_KEY", "-s", "GITHUB_TOKEN=x")
	cmd.Dir, cmd.Env = p.repo, p.env
	data, err := cmd.CombinedOutput()
	if _, exit := errors.AsType[*exec.ExitError](err); err != nil && !exit {
		p.t.Fatal(err)
	}
	return string(data), err == nil
}

// copyAction makes a folder with all that the action comes with.
func (p *project) copyAction(root string) {
	p.t.Helper()
	for _, folder := range []string{".github/action", "cmd", "drift", "gate", "policies"} {
		p.check(os.CopyFS(filepath.Join(root, folder), os.DirFS("../../"+folder)))
	}
	for _, name := range []string{"action.yml", "go.mod", "go.sum"} {
		p.write(filepath.Join(root, name), p.read("../../"+name), 0o644)
	}
	p.action = root
}

// TestExamples plays the examples one after the other, as act runs them on this machine: a revision goes to staging and to
// production, the nightly check records, a pull request is judged by that; and what must be refused is.
func TestExamples(t *testing.T) {
	drifttest.Program(t, "act")
	drifttest.Program(t, "ssh")
	p := newProject(t)
	promote := func(revision string) string { return fmt.Sprintf(`{"inputs": {"revision": %q}}`, revision) }
	first := p.run("git", "rev-parse", "HEAD")
	p.write(filepath.Join(p.repo, "src/app.txt"), "two\n", 0o644)
	second := p.commit("log to stdout")
	pull := fmt.Sprintf(`{"action": "opened", "number": 7, "pull_request": {"number": 7, "base": {"ref": "main", "sha": %q}, "head": {"ref": "x", "sha": %q}}}`, first, second)
	for _, c := range []struct {
		name, example, event, payload string
		prepare                       func()
		ok                            bool
		want                          string // in the log
		production                    string // what it has afterwards
	}{
		{"straight to production", "promote.yml", "workflow_dispatch", promote(second), nil, false, "was never deployed to staging", first},
		{"to staging", "staging.yml", "push", `{"ref": "refs/heads/main"}`, nil, true, "recorded: verified smoke app", first},
		{"to production", "promote.yml", "workflow_dispatch", promote(second), nil, true, "recorded: deployed app", second},
		{"every night", "nightly.yml", "schedule", `{}`, nil, true, "PASS", second},
		{"a pull request", "pull-request.yml", "pull_request", pull, nil, true, "no host was contacted", second},
		{"a night with drift", "nightly.yml", "schedule", `{}`, func() {
			p.check(writeDeb(filepath.Join(p.lab.tree("production-1"), "var/lib/dpkg/status"), []string{"openssl=3.0.15-1"}))
		}, false, "BLOCKED", second},
		{"a pull request without a policy", "pull-request.yml", "pull_request", pull[:strings.Index(pull, first)] + strings.Repeat("0", 40) + `"}}}`, nil, false, "gate: ", second},
	} {
		if c.prepare != nil {
			c.prepare()
		}
		out, ok := p.act(c.example, c.event, c.payload)
		if ok != c.ok || !strings.Contains(out, c.want) {
			t.Errorf("%s: got success %t, want %t and %q in\n%s", c.name, ok, c.ok, c.want, out)
		}
		if got := strings.TrimSpace(p.read(filepath.Join(p.lab.tree("production-1"), "srv/app/REVISION"))); got != c.production {
			t.Errorf("%s: production has %s, want %s", c.name, got, c.production)
		}
	}
}
