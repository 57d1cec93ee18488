package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
	"github.com/seed-313c021b/gate/gate/report"
)

// TestGitHub runs the command as a step of a workflow does, with a GitHub of its own: see githubtest. Each script begins
// with the files pass.json and blocked.json, which are results of gate check, and partial.json and promotion.json, which are
// results like blocked.json, of a check of some hosts, and of a revision's.
//
//	workflow EVENT PAYLOAD     be a step of a workflow that runs for an event, with a payload of githubtest
//	fail METHOD FAULT..        GitHub fails as githubtest.Server.Fail says
//	comment AUTHOR FILE        somebody adds a comment
//	others ACT ARG..           somebody does something else: see scriptOthers
//	meanwhile METHOD ACT ARG.. the same, before the next request of a method is looked at
//	changes FILE..             the pull request changes files
//	asked [WANT]               what GitHub was asked since the last time, which must be in the file WANT
//	comments FILE              write the comments to a file
//	issues FILE                write the issues to a file
//	serve, deployments         the repository for git, and its deployments: see mirror_test.go
//	ran, ended                 workflows run: see scriptRan
//	private, public            who can read the repository; all can at first
//	host NAME                  start a host
//	story, later, release      see storyCommands
//	exit CODE PROGRAM ARG..    as in TestScript
func TestGitHub(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:       "testdata/github",
		Condition: scriptCondition,
		Setup: func(env *testscript.Env) error {
			server, err := githubtest.Start()
			if err != nil {
				return err
			}
			env.Values["github"] = server
			hosts := newLab(env.WorkDir)
			env.Values["lab"] = hosts
			env.Defer(hosts.close)
			env.Defer(func() {
				server.Close()
				for _, problem := range server.Problems() {
					t.Errorf("not as GitHub describes it: %s", problem)
				}
				tokenless(t, env.WorkDir)
			})
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			env.Setenv("GOGC", "400") // each run is short
			return writeResults(env.WorkDir)
		},
		Cmds: withPullRequests(map[string]func(*testscript.TestScript, bool, []string){
			"workflow":    scriptWorkflow,
			"story":       storyBegins,
			"later":       storyLater,
			"release":     storyRelease,
			"ran":         scriptRan,
			"ended":       scriptEnded,
			"serve":       scriptServe,
			"deployments": scriptDeployments,
			"private":     func(ts *testscript.TestScript, _ bool, _ []string) { githubOf(ts).SetPrivate(true) },
			"public":      func(ts *testscript.TestScript, _ bool, _ []string) { githubOf(ts).SetPrivate(false) },
			"host":        func(ts *testscript.TestScript, _ bool, args []string) { ts.Check(labOf(ts).start(args[0], "")) },
			"fail": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(githubOf(ts).Fail(args[0], args[1:]...))
			},
			"comment": func(ts *testscript.TestScript, _ bool, args []string) {
				githubOf(ts).Add(args[0], ts.ReadFile(args[1]))
			},
			"others": func(ts *testscript.TestScript, _ bool, args []string) { scriptOthers(ts, args)() },
			"meanwhile": func(ts *testscript.TestScript, _ bool, args []string) {
				githubOf(ts).Meanwhile(args[0], scriptOthers(ts, args[1:]))
			},
			"changes": func(ts *testscript.TestScript, _ bool, args []string) { githubOf(ts).Change(args...) },
			"asked":   scriptAsked,
			"comments": func(ts *testscript.TestScript, _ bool, args []string) {
				var b strings.Builder
				for _, c := range githubOf(ts).Comments() {
					fmt.Fprintf(&b, "%d by %s:\n%s\n", c.ID, c.Author, c.Body)
				}
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o644))
			},
			"issues": func(ts *testscript.TestScript, _ bool, args []string) {
				var b strings.Builder
				for _, i := range githubOf(ts).Issues() {
					state := "open"
					if i.Closed {
						state = "closed"
					}
					fmt.Fprintf(&b, "#%d by %s, %s: %s\n%s\n", i.Number, i.Author, strings.TrimSpace(state+" "+i.Reason), i.Title, i.Body)
				}
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o644))
			},
			"exit": func(ts *testscript.TestScript, neg bool, args []string) {
				scriptExit(ts, neg, args)
				if out := ts.ReadFile("stdout") + ts.ReadFile("stderr"); len(leaks([]byte(out), githubtest.Token)) > 0 {
					ts.Fatalf("the output has the token: %s", out)
				}
			},
		}),
	})
}

func githubOf(ts *testscript.TestScript) *githubtest.Server {
	return ts.Value("github").(*githubtest.Server)
}

// scriptWorkflow sets what GitHub Actions sets for a step.
func scriptWorkflow(ts *testscript.TestScript, _ bool, args []string) {
	payload, err := githubtest.Payload(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("event.json"), payload, 0o644))
	ts.Check(os.MkdirAll(ts.MkAbs("temporary"), 0o755))
	s := githubOf(ts)
	for name, value := range map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": args[0], "GITHUB_EVENT_PATH": ts.MkAbs("event.json"), "GITHUB_REPOSITORY": githubtest.Repository,
		"GITHUB_API_URL": s.API(), "GITHUB_GRAPHQL_URL": s.GraphQL(), "GITHUB_SERVER_URL": "https://github.example", "GITHUB_RUN_ID": "7",
		"GITHUB_SHA": strings.Repeat("5d2e0b1f", 5), "GITHUB_TOKEN": githubtest.Token,
		"GITHUB_OUTPUT": ts.MkAbs("output"), "GITHUB_STEP_SUMMARY": ts.MkAbs("summary.md"), "GATE_TEST_WAITS": ts.MkAbs("waits"),
		"RUNNER_TEMP": ts.MkAbs("temporary"), "GITHUB_RUN_ATTEMPT": "1",
	} {
		ts.Setenv(name, value)
	}
}

// scriptAsked compares what was asked since it was looked at last.
func scriptAsked(ts *testscript.TestScript, _ bool, args []string) {
	log := githubOf(ts).Log()
	seen, _ := os.ReadFile(ts.MkAbs(".asked"))
	ts.Check(os.WriteFile(ts.MkAbs(".asked"), []byte(strings.Repeat(".", len(log))), 0o644))
	if len(args) == 0 {
		return
	}
	got := numbered(strings.Join(append(log[len(seen):], ""), "\n"))
	if want := ts.ReadFile(args[0]); got != want {
		ts.Fatalf("GitHub was asked\n%sand it should have been\n%s", got, want)
	}
}

// tokenless checks that the token is in no file.
func tokenless(t *testing.T, folder string) {
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if how := leaks(text, githubtest.Token); len(how) > 0 {
			t.Errorf("%s has the token, %v", path, how)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// writeResults writes the results that scripts begin with.
func writeResults(folder string) error {
	v := gate.Verdict{
		Schema: gate.SchemaVersion, Outcome: gate.Pass, To: "production", From: []string{"staging"}, At: time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC),
		Policy: gate.Policy{Path: "gate.hcl", Digest: "5d2e0b1", Mode: "enforce"}, Findings: []gate.Finding{}, Waivers: []gate.Waiver{}, NotEvaluated: []string{},
		Hosts:  []gate.Host{{ID: "production/web/production-1", Address: "production-1", Cohort: "debian 12 x86_64", Taken: time.Date(2026, 11, 20, 13, 59, 0, 0, time.UTC), Read: true}},
		Counts: gate.Counts{Alike: 1204, LeftOut: map[string]int{"built in": 36}},
	}
	if err := writeResult(filepath.Join(folder, "pass.json"), &v); err != nil {
		return err
	}
	v.Outcome = gate.Blocked
	v.Findings = []gate.Finding{{
		Number: 1, Code: "rule.failed", Effect: gate.Blocks, Enforcement: "hard", Title: `Rule "setuptools-present" fails on production-1`, Hosts: []string{"production/web/production-1"},
		Detail: []string{"/srv/app/venv has no setuptools\n::error::from a host", "pkg_resources cannot be imported"}, Policy: &gate.Position{File: "gate.hcl", Line: 102},
		Next: []string{"install setuptools on production-1"}, Items: []gate.Item{},
	}}
	if err := writeResult(filepath.Join(folder, "blocked.json"), &v); err != nil {
		return err
	}
	v.Findings[0].Code = "check.partial"
	if err := writeResult(filepath.Join(folder, "partial.json"), &v); err != nil {
		return err
	}
	v.Findings[0].Code, v.Candidate = "rule.failed", &gate.Proposal{Commit: strings.Repeat("a41c9e2b", 5), Subject: "log to stdout", Components: []string{"app"}}
	return writeResult(filepath.Join(folder, "promotion.json"), &v)
}

func writeResult(path string, v *gate.Verdict) error {
	var b bytes.Buffer
	if err := report.JSON(&b, v, report.Options{}); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// Outputs of a step end in a delimiter that nobody can know.
func TestGitHubDelimiter(t *testing.T) {
	folder := t.TempDir()
	must(t, writeResults(folder))
	seen := map[string]bool{}
	for range 3 {
		output := filepath.Join(t.TempDir(), "output")
		env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": output, "RUNNER_TEMP": folder, "GITHUB_EVENT_NAME": "schedule", "GITHUB_EVENT_PATH": os.DevNull}
		var out, errs bytes.Buffer
		a := &app{out: &out, err: &errs, getenv: func(name string) string { return env[name] }, now: time.Now}
		if code := a.run(t.Context(), []string{"check", "--from", filepath.Join(folder, "blocked.json"), "--github", "outputs"}); code != exitBlocked {
			t.Fatalf("exit %d: %s", code, errs.String())
		}
		text, err := os.ReadFile(output)
		must(t, err)
		m := regexp.MustCompile(`^verdict<<(gate_[A-Z2-7]{26})\nblocked\n(gate_[A-Z2-7]{26})\n`).FindSubmatch(text)
		if m == nil || string(m[1]) != string(m[2]) || seen[string(m[1])] {
			t.Fatalf("the outputs are\n%s", text)
		}
		seen[string(m[1])] = true
	}
}

// A comment that is judged by the ledger's snapshots is the same an hour later.
func TestGitHubAge(t *testing.T) {
	const origin = "From the ledger: staging as of 20 Nov 02:17 UTC (12h3m old), nothing of (my) production (1d old); no host was contacted"
	const want = "From the ledger: staging as of 20 Nov 02:17 UTC, nothing of (my) production; no host was contacted"
	if got := age.ReplaceAllString(origin, ""); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
