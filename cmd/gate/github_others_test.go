package main

import (
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/seed-313c021b/gate/gate/github"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

// scriptOthers returns what others do:
//
//	comment AUTHOR FILE [N]    add a comment, or so many
//	edit ID FILE               edit a comment
//	remove ID                  remove a comment
//	issue AUTHOR FILE [N]      open an issue with gate's label, or so many
//	close NUMBER               close an issue
//	delete NUMBER              delete an issue
//	disable                    turn issues off
func scriptOthers(ts *testscript.TestScript, args []string) func() {
	s := githubOf(ts)
	number := func(at int) int {
		n, err := strconv.Atoi(args[at])
		ts.Check(err)
		return n
	}
	times := func() int {
		if len(args) < 4 {
			return 1
		}
		return number(3)
	}
	switch args[0] {
	case "comment":
		text, n := ts.ReadFile(args[2]), times()
		return func() {
			for range n {
				s.Add(args[1], text)
			}
		}
	case "edit":
		id, text := number(1), ts.ReadFile(args[2])
		return func() { s.Edit(int64(id), text) }
	case "remove":
		id := number(1)
		return func() { s.Remove(int64(id)) }
	case "issue":
		text, n := ts.ReadFile(args[2]), times()
		return func() {
			for range n {
				s.AddIssue(githubtest.Issue{Author: args[1], Title: "drift", Body: text, Labels: []string{github.Label}})
			}
		}
	case "close":
		n := number(1)
		return func() { s.EditIssue(n, func(i *githubtest.Issue) { i.Closed, i.Reason = true, "not_planned" }) }
	case "delete":
		n := number(1)
		return func() { s.RemoveIssue(n) }
	case "disable":
		return s.DisableIssues
	}
	ts.Fatalf("nobody does %q", args[0])
	return nil
}
