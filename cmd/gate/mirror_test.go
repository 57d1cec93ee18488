package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

// scriptServe lets GitHub serve the repository of the script to git, as the remote "origin": origin.git, which is made. From
// then on the step knows GitHub by its own address.
func scriptServe(ts *testscript.TestScript, _ bool, _ []string) {
	s := githubOf(ts)
	folder, err := exec.Command("git", "--exec-path").Output()
	ts.Check(err)
	s.Serve(ts.MkAbs("origin.git"), filepath.Join(strings.TrimSpace(string(folder)), "git-http-backend"))
	ts.Check(os.MkdirAll(ts.Getenv("HOME"), 0o755))
	url, header := s.Clone(githubtest.Token)
	for name, value := range map[string]string{
		"GITHUB_SERVER_URL": s.URL(), "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http." + s.URL() + "/.extraheader", "GIT_CONFIG_VALUE_0": header,
	} {
		ts.Setenv(name, value)
	}
	for _, args := range [][]string{
		{"init", "-q", "--bare", "-b", "main", "origin.git"},
		{"init", "-q", "-b", "main"},
		{"remote", "add", "origin", url},
		{"config", "--global", "user.name", "Ada"},
		{"config", "--global", "user.email", "ada@example.com"},
	} {
		ts.Check(ts.Exec("git", args...))
	}
}

// objectIDs are what differs from run to run in what is written to GitHub.
var objectIDs = regexp.MustCompile(`[0-9a-f]{40}`)

// scriptDeployments looks after the deployments on GitHub:
//
//	deployments list FILE    write them to a file, each with its statuses; the ids of commits are numbered as they come
//	deployments erase        remove them all
//	deployments add ENV FILE [STATUS]      somebody makes one with the payload in a file, and a status with this description
func scriptDeployments(ts *testscript.TestScript, _ bool, args []string) {
	s := githubOf(ts)
	switch args[0] {
	case "list":
		var b strings.Builder
		for _, d := range s.Deployments() {
			fmt.Fprintf(&b, "%s of %s to %s: %s\n", d.Task, d.SHA, d.Environment, d.Payload)
			for _, status := range d.Statuses {
				fmt.Fprintf(&b, "  %s: %s: %s\n", status.State, status.Description, strings.TrimPrefix(status.LogURL, s.URL()))
			}
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(numbered(b.String())), 0o644))
	case "erase":
		s.Erase()
	case "add":
		d := githubtest.Deployment{SHA: strings.Repeat("5d2e0b1f", 5), Task: "gate", Environment: args[1], Payload: json.RawMessage(ts.ReadFile(args[2]))}
		for _, text := range args[3:] {
			d.Statuses = append(d.Statuses, githubtest.DeploymentStatus{State: "success", Description: text})
		}
		s.Deploy(d)
	default:
		ts.Fatalf("deployments %q", args)
	}
}

// numbered returns a text whose object ids, and their abbreviations, are numbers.
func numbered(text string) string {
	for n := 1; ; n++ {
		id := objectIDs.FindString(text)
		if id == "" {
			return text
		}
		text = strings.ReplaceAll(text, id, fmt.Sprintf("<%d>", n))
		text = strings.ReplaceAll(text, id[:7], fmt.Sprintf("<%d>", n))
	}
}
