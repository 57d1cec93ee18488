package main

import (
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

// scriptRan lets a workflow run on GitHub, at the time that gate has. From then on the step knows GitHub by its own address.
//
//	ran FILE REVISION [KEY=VALUE]..    a file in .github/workflows ran for a revision, with: branch, event, head (the repository
//	                                   that it is for), status, conclusion, id, ago (when it began), and job, the name of its
//	                                   check run
//	ran - REVISION job=NAME ..         somebody has written a check run with a token of a workflow
func scriptRan(ts *testscript.TestScript, _ bool, args []string) {
	s := githubOf(ts)
	ts.Setenv("GITHUB_SERVER_URL", s.URL())
	options := map[string]string{}
	for _, arg := range args[2:] {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			ts.Fatalf("ran: %q is no KEY=VALUE", arg)
		}
		options[key] = value
	}
	cmd := exec.Command("git", "rev-parse", args[1]+"^{commit}")
	cmd.Dir = ts.MkAbs(".")
	out, err := cmd.Output()
	ts.Check(err)
	commit := strings.TrimSpace(string(out))
	now := scriptNow(ts)
	began := now
	if ago := options["ago"]; ago != "" {
		d, err := time.ParseDuration(ago)
		ts.Check(err)
		began = now.Add(-d)
	}
	r := githubtest.Run{Path: ".github/workflows/" + args[0], SHA: commit, Branch: options["branch"], Event: options["event"], Head: options["head"],
		Status: options["status"], Conclusion: options["conclusion"], Created: began, Updated: now}
	if id := options["id"]; id != "" {
		r.ID, err = strconv.ParseInt(id, 10, 64)
		ts.Check(err)
	}
	c := githubtest.Check{Name: options["job"], SHA: commit, Status: r.Status, Conclusion: r.Conclusion, Started: began}
	if c.Status == "" {
		c.Completed = now
	}
	if args[0] != "-" {
		c.Run = s.AddRun(r)
	}
	if c.Name != "" {
		s.AddCheck(c)
	}
}

// scriptNow returns the time that gate has, to the second.
func scriptNow(ts *testscript.TestScript) time.Time {
	later, err := time.ParseDuration(ts.Getenv("GATE_TEST_LATER"))
	ts.Check(err)
	return time.Now().Add(later).Truncate(time.Second)
}

// scriptEnded lets all that still runs on GitHub end: ended CONCLUSION.
func scriptEnded(ts *testscript.TestScript, _ bool, args []string) {
	githubOf(ts).End(args[0], scriptNow(ts))
}
