package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate/github"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

// Whatever fails, at the request that makes the comment or the issue, at the one before or at the one after: the exit code is
// the verdict's, the outputs and the summary are written; and either it is there, and nothing is said about it, or there is
// a warning, and the summary has it. The token is nowhere.
func TestGitHubFaults(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	results := t.TempDir()
	must(t, writeResults(results))
	for _, place := range []struct {
		name, event, payload string
		before               []string // GET requests before
		there                func(*githubtest.Server) int
		note                 string
	}{
		{"comment", "pull_request", "pull_request", []string{""}, func(s *githubtest.Server) int { return len(s.Comments()) }, "comment on the pull request could not be written"},
		{"issue", "schedule", "push", nil, func(s *githubtest.Server) int { return len(s.Issues()) }, "issue could not be kept up to date"},
	} {
		for _, at := range []struct {
			name, method string
			before       []string
		}{{"list", "GET", place.before}, {"make", "POST", nil}, {"list again", "GET", append(place.before, "")}} {
			for _, fault := range githubtest.Faults() {
				t.Run(fmt.Sprintf("%s/%s/%s", place.name, at.name, fault), func(t *testing.T) {
					if at.name != "make" {
						drifttest.Minutes(t)
					}
					s := startGitHub(t)
					must(t, s.Fail(at.method, append(at.before, fault)...))
					step := newGitHubStep(t, s, place.event, place.payload)
					if strings.HasSuffix(fault, "slow") {
						step.timeout = 100 * time.Millisecond
					}
					code, said := step.run(t, "check", "--from", filepath.Join(results, "blocked.json"), "--github", place.name+",outputs,summary")
					if code != exitBlocked {
						t.Errorf("got exit %d: %s", code, said)
					}
					output, summary := step.read(t, "output"), step.read(t, "summary.md")
					if !strings.Contains(output, "\nblocked\n") || !strings.Contains(summary, "setuptools-present") {
						t.Errorf("the outputs are\n%s\nand the summary is\n%s", output, summary)
					}
					warned := strings.Contains(said, "gate: --github "+place.name+": ")
					if noted := strings.Contains(summary, place.note); noted != warned {
						t.Errorf("a warning: %t, and in the summary: %t\n%s\n%s", warned, noted, said, summary)
					}
					if n := place.there(s); !warned && n != 1 {
						t.Errorf("no warning, and there are %d", n)
					}
					for _, text := range []string{said, output, summary} {
						if how := leaks([]byte(text), githubtest.Token); len(how) > 0 {
							t.Errorf("the token is there, %v: %s", how, text)
						}
					}
				})
			}
		}
	}
}

// startGitHub starts a GitHub that ends with the test, which fails where it was asked, or has answered, as GitHub would not.
func startGitHub(t *testing.T) *githubtest.Server {
	t.Helper()
	s, err := githubtest.Start()
	must(t, err)
	t.Cleanup(func() {
		s.Close()
		for _, problem := range s.Problems() {
			t.Errorf("not as GitHub describes it: %s", problem)
		}
	})
	return s
}

// githubStep is a step of a workflow.
type githubStep struct {
	folder  string
	env     map[string]string
	timeout time.Duration // for one answer; 0 for the usual
}

func newGitHubStep(t *testing.T, s *githubtest.Server, event, payload string) githubStep {
	t.Helper()
	folder := t.TempDir()
	data, err := githubtest.Payload(payload)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(folder, "event.json"), data, 0o644))
	return githubStep{folder: folder, env: map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": filepath.Join(folder, "event.json"), "GITHUB_REPOSITORY": githubtest.Repository,
		"GITHUB_API_URL": s.API(), "GITHUB_GRAPHQL_URL": s.GraphQL(), "GITHUB_SERVER_URL": "https://github.example", "GITHUB_RUN_ID": "7",
		"GITHUB_TOKEN": githubtest.Token, "RUNNER_TEMP": folder,
		"GITHUB_OUTPUT": filepath.Join(folder, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(folder, "summary.md"),
	}}
}

// run runs the command in the step, which waits for nothing, and returns its exit code and what it says.
func (s githubStep) run(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	patience := github.Config{Timeout: s.timeout, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	var out bytes.Buffer
	a := &app{out: &out, err: &out, getenv: func(name string) string { return s.env[name] }, now: time.Now, github: patience}
	return a.run(t.Context(), args), out.String()
}

func (s githubStep) read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.folder, name))
	must(t, err)
	return string(data)
}
