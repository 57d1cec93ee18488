package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/seed-313c021b/gate/gate/doctor"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

// TestDoctor runs gate doctor in a repository, with a GitHub of its own.
//
//	workflow EVENT PAYLOAD     as in TestGitHub
//	fail METHOD FAULT..        as in TestGitHub
//	settings FILE              the repository has these githubtest.Settings
//	scheduled PATH AGO         the workflow ran by its schedule so long ago
//	exit CODE PROGRAM ARG..    as in TestScript
func TestDoctor(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/doctor",
		Setup: func(env *testscript.Env) error {
			server, err := githubtest.Start()
			if err != nil {
				return err
			}
			env.Values["github"] = server
			env.Defer(func() {
				server.Close()
				for _, problem := range server.Problems() {
					t.Errorf("not as GitHub describes it: %s", problem)
				}
				tokenless(t, env.WorkDir)
			})
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			return copyExamples(filepath.Join(env.WorkDir, "examples"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"workflow": scriptWorkflow,
			"fail": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(githubOf(ts).Fail(args[0], args[1:]...))
			},
			"settings": func(ts *testscript.TestScript, _ bool, args []string) {
				var s githubtest.Settings
				ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &s))
				githubOf(ts).Set(s)
			},
			"scheduled": func(ts *testscript.TestScript, _ bool, args []string) {
				ago, err := time.ParseDuration(args[1])
				ts.Check(err)
				at := time.Now().Add(-ago)
				githubOf(ts).AddRun(githubtest.Run{Path: args[0], Event: "schedule", Created: at, Updated: at})
			},
			"exit": scriptExit,
		},
	})
}

// exampleCommit stands for the commit of the action that a user writes in the place of COMMIT.
const exampleCommit = "8e8c483db84b4bee98b60c0593521ed34d9990e8"

// copyExamples copies the examples as a user does.
func copyExamples(to string) error {
	paths, err := filepath.Glob("../../.github/examples/*.yml")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text := strings.ReplaceAll(string(data), "gate@COMMIT", "gate@"+exampleCommit)
		if err := os.WriteFile(filepath.Join(to, filepath.Base(path)), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// The project's own workflows are ones that gate doctor can read.
func TestDoctorReadsWorkflows(t *testing.T) {
	for _, path := range workflows(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := doctor.Parse(path, data); err != nil {
			t.Error(err)
		}
	}
}
