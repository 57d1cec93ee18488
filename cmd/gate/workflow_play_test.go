package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

// occasion is what a workflow runs for.
type occasion struct {
	name, payload string
	at            string // what is checked out: a branch, or a commit without one
	token         string
	keyless       bool              // the job is in no environment that has the keys
	source        bool              // gate is built by the real go
	instead       map[string]string // folders that stand for the actions of others
}

// played is a run of a workflow.
type played struct {
	ok    bool
	steps []*playedStep // those that were not skipped
	log   string        // what the steps print, and what act has to say against it
}

// playedStep is a step, and all that it tells GitHub.
type playedStep struct {
	id, name, result string
	exit             int
	outputs          map[string]string
	summary          string
	said             string
	annotations      []string
}

// step returns a step by its place among those that were run, the first is 0.
func (run *played) step(i int) *playedStep {
	if i < len(run.steps) {
		return run.steps[i]
	}
	return &playedStep{name: "there is none", exit: -1}
}

// play plays a workflow by act, on this machine, in a clone of its own and with nothing from earlier runs.
func (p *project) play(workflow string, e occasion) *played {
	p.t.Helper()
	p.runs++
	folder := filepath.Join(p.root, "runs", strconv.Itoa(p.runs))
	workspace := filepath.Join(folder, "workspace")
	p.clone(workspace, e.token)
	if e.at == "main" {
		p.run(workspace, "git", "checkout", "-q", "main")
	} else {
		p.run(workspace, "git", "fetch", "-q", "origin", e.at)
		p.run(workspace, "git", "checkout", "-q", "--detach", "FETCH_HEAD")
	}
	p.write(filepath.Join(folder, "event.json"), e.payload, 0o644)
	action, env := p.action, append(p.env, "PATH="+p.path())
	if e.source {
		action, env = p.copyTree("runs/"+strconv.Itoa(p.runs)+"/action", append(sources, "action.yml", ".github/action")...), p.goEnv()
	}
	args := []string{e.name, "--json", "--insecure-secrets", "-W", ".github/workflows/" + workflow, "-e", filepath.Join(folder, "event.json"),
		"-P", "ubuntu-latest=-self-hosted", "-P", "ubuntu-24.04=-self-hosted", "--no-cache-server", "--action-offline-mode", "--local-repository", "seed-313c021b/gate@COMMIT=" + action,
		"-s", "GITHUB_TOKEN=" + e.token,
		"--env", "GITHUB_REPOSITORY=" + githubtest.Repository, "--env", "GITHUB_RUN_ID=" + strconv.Itoa(p.runs),
		"--env", "GITHUB_SERVER_URL=" + p.github.URL(), "--env", "GITHUB_API_URL=" + p.github.API(), "--env", "GITHUB_GRAPHQL_URL=" + p.github.GraphQL()}
	for uses, folder := range e.instead {
		args = append(args, "--local-repository", uses+"="+folder)
	}
	if !e.keyless {
		for name, key := range p.keys {
			args = append(args, "-s", name+"="+key)
		}
	}
	cmd := exec.Command(drifttest.Program(p.t, "act"), args...)
	cmd.Dir = workspace
	cmd.Env = append(env, "XDG_CACHE_HOME="+filepath.Join(folder, "cache"), "HOME="+filepath.Join(folder, "home"))
	out, err := cmd.CombinedOutput()
	if _, exit := errors.AsType[*exec.ExitError](err); err != nil && !exit {
		p.t.Fatal(err)
	}
	run := parsePlayed(string(out))
	run.ok = err == nil
	p.addSaid(run)
	for _, secret := range append(slices.Collect(maps.Values(p.keys)), e.token) {
		if how := leaks(out, secret); len(how) > 0 {
			p.t.Errorf("the log has a secret, %v:\n%s", how, run)
		}
	}
	return run
}

// addSaid adds to the steps of gate what the action's gate has printed in this run, in their order. One that was built by the
// real go says so in the log only.
func (p *project) addSaid(run *played) {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.root, "said", fmt.Sprintf("%02d-*", p.runs)))
	p.check(err)
	for _, step := range run.steps {
		if strings.HasPrefix(step.name, "seed-313c021b/gate@") && len(files) > 0 {
			step.said, files = p.read(files[0]), files[1:]
			step.annotations = annotation.FindAllString(step.said, -1)
		}
	}
}

var annotation = regexp.MustCompile(`(?m)^::(?:error|warning|notice) .*`)

// path returns that on which go builds nothing.
func (p *project) path() string { return filepath.Join(p.root, "bin") + ":" + os.Getenv("PATH") }

// goEnv returns the environment with which the real go finds its caches.
func (p *project) goEnv() []string {
	p.t.Helper()
	out, err := exec.Command(drifttest.Program(p.t, "go"), "env", "GOCACHE", "GOMODCACHE").Output()
	p.check(err)
	build, modules, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return append(p.env, "GOCACHE="+build, "GOMODCACHE="+modules)
}

var exitLine = regexp.MustCompile(`^exit status (\d+)$`)

// parsePlayed reads the log of act, a JSON object a line.
func parsePlayed(out string) *played {
	run := &played{}
	for line := range strings.Lines(out) {
		var l struct {
			Level, Msg, Step, Stage, Command, Name, Arg, Content, StepResult, Raw string
			StepID                                                                []string
			RawOutput                                                             bool `json:"raw_output"`
		}
		if json.Unmarshal([]byte(line), &l) != nil {
			run.log += line
			continue
		}
		if l.RawOutput || l.Level == "error" {
			run.log += strings.TrimSuffix(l.Msg, "\n") + "\n"
		}
		if len(l.StepID) == 0 || l.Stage != "Main" {
			continue
		}
		step := run.of(l.StepID[0], l.Step)
		switch l.Command {
		case "set-output":
			step.outputs[l.Name] = l.Arg
		case "summary": // said for a step, and again for the action that it is of
			step.summary = l.Content
		case "error", "warning", "notice":
			step.annotations = append(step.annotations, strings.TrimSpace(l.Raw))
		}
		if len(l.StepID) == 1 && l.StepResult != "" {
			step.result = l.StepResult
		}
		if m := exitLine.FindStringSubmatch(l.Msg); m != nil {
			step.exit, _ = strconv.Atoi(m[1])
		}
	}
	return run
}

// of returns the step of an id.
func (run *played) of(id, name string) *playedStep {
	for _, step := range run.steps {
		if step.id == id {
			return step
		}
	}
	step := &playedStep{id: id, name: name, outputs: map[string]string{}}
	run.steps = append(run.steps, step)
	return step
}

// String says what happened, for a test that fails.
func (run *played) String() string {
	var b strings.Builder
	for _, s := range run.steps {
		fmt.Fprintf(&b, "%s %s: %s, exit %d\n  outputs %q\n  annotations %q\n%s\n%s\n", s.id, s.name, s.result, s.exit, s.outputs, s.annotations, s.summary, s.said)
	}
	return b.String() + run.log
}
