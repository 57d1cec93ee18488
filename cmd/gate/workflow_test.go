package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

// playedSeldom are plays that .ci/run alone has the time for: their workflows are played for another occasion, and what gate says
// here the scripts in testdata/github have, too.
var playedSeldom = []string{
	"straight to production", "before it is tested there", "the same again", "it makes the policy invalid", "a fork makes the policy weaker", "the night after that", "one more night",
	"the ledger is cut off", "a pull request by that",
}

// TestExamples plays the examples one after the other, as act runs them on this machine: a revision goes to staging and to
// production, the nightly check records, pull requests are judged by that; and what must be refused is.
func TestExamples(t *testing.T) {
	t.Parallel()
	drifttest.Slow(t)
	drifttest.Program(t, "act")
	p := newProject(t)
	first := p.run(p.repo, "git", "rev-parse", "HEAD")
	p.write(filepath.Join(p.repo, "src/app.txt"), "two\n", 0o644)
	second := p.commit("log to stdout")
	change := p.branch("changes", "src/app.txt", "three\n")
	weaker := p.branch("weaker", "gate.hcl", strings.Replace(p.read(filepath.Join(p.repo, "gate.hcl")), `"smoke", `, "", 1))
	invalid := p.branch("invalid", "gate.hcl", "gate {\n  mode = \"off\"\n}\n")
	p.github.Change("src/app.txt", "gate.hcl")
	push := func() occasion { return p.pushed(second) }
	promote := func() occasion { return p.dispatched(second) }
	tested := func() occasion {
		now := time.Now()
		p.github.AddCheck(githubtest.Check{Name: "e2e", SHA: second, Started: now, Completed: now, Run: p.github.AddRun(githubtest.Run{
			Path: ".github/workflows/e2e.yml", SHA: second, Created: now, Updated: now,
		})})
		p.write(filepath.Join(p.root, "broken"), "", 0o644)
		return promote()
	}
	mended := func() occasion {
		p.check(os.Remove(filepath.Join(p.root, "broken")))
		return promote()
	}
	cut := func() occasion {
		p.run(filepath.Join(p.root, "origin.git"), "git", "update-ref", "refs/heads/gate-ledger", "gate-ledger~3")
		return promote()
	}
	pull := func(of, head string) func() occasion { return func() occasion { return p.opened(of, head) } }
	built := func() occasion {
		o := p.night()
		o.source = drifttest.Thorough()
		return o
	}
	openssl := func(version string) func() occasion {
		return func() occasion {
			p.check(writeDeb(filepath.Join(p.lab.tree("production-1"), "var/lib/dpkg/status"), []string{"openssl=" + version}))
			return p.night()
		}
	}
	const (
		comments = "GET /issues/2/comments 200"
		graphQL  = "POST /api/graphql 200"
		files    = "GET /pulls/2/files 200"
		issues   = "GET /issues 200"
		mirror   = "GET /deployments 200"
		statuses = "GET /deployments/ID/statuses 200"
		checks   = "GET /commits/ID/check-runs 200"
	)
	// A deployment is looked for before it is written, and so is its status.
	created := []string{mirror, "POST /deployments 201", statuses, "POST /deployments/ID/statuses 201"}
	updated := []string{mirror, statuses, "POST /deployments/ID/statuses 201"}
	evidence := []string{checks, "GET /actions/runs 200", "GET /actions/jobs/ID 200", "GET  200"}
	settings := []string{"GET  200", "GET /environments/production 404", "GET  200", "GET /environments/staging 404", "GET  200", "GET /actions/secrets 200",
		"GET /actions/workflows 200", "GET /environments/drift 404", "GET  200", "GET /rules/branches/gate-ledger 200", "GET /branches/gate-ledger 404", "GET  200"}
	both := []string{"staging success", "production failure", "production success"}
	for _, c := range []struct {
		name, workflow string
		occasion       func() occasion
		want           wanted
	}{
		{"straight to production", "promote.yml", promote, wanted{
			exits: []int{0, 1, 0}, judges: 1, outputs: map[string]string{"verdict": "blocked", "reason-code": "promotion.not_deployed", "blocker-count": "1", "deployment": ""},
			summary: "was never deployed to staging", annotated: "::error ", asked: []string{mirror, mirror}, production: first,
		}},
		{"to staging", "staging.yml", push, wanted{
			exits: []int{0, 0, 0, 0, 0}, judges: 2, outputs: map[string]string{"verdict": "", "deployment": "success"}, summary: "recorded: deployed app",
			asked:       slices.Concat([]string{mirror}, created, []string{mirror, statuses}),
			deployments: both[:1], production: first,
		}},
		{"before it is tested there", "promote.yml", promote, wanted{
			exits: []int{0, 3, 0}, judges: 1, outputs: map[string]string{"verdict": "undecided", "blocker-count": "0"}, summary: "e2e", annotated: "::error ",
			asked: []string{mirror, statuses, checks, "GET  200", mirror, statuses}, deployments: both[:1], production: first,
		}},
		{"a deployment that fails", "promote.yml", tested, wanted{
			exits: []int{0, 0, 1, 0}, judges: 3, outputs: map[string]string{"verdict": "", "deployment": "failure"}, summary: "recorded: failed app",
			asked:       slices.Concat([]string{mirror, statuses}, evidence, created, []string{mirror, statuses}, updated),
			deployments: []string{"staging success", "production failure"}, production: first,
		}},
		{"to production", "promote.yml", mended, wanted{
			exits: []int{0, 0, 0, 0}, judges: 1, outputs: map[string]string{"verdict": "pass", "reason-code": "", "blocker-count": "0", "drift-count": "0"}, summary: "**Pass**",
			asked:       slices.Concat([]string{mirror, statuses}, evidence, created, []string{mirror, statuses}, evidence, updated),
			deployments: both, production: second,
		}},
		{"every night", "nightly.yml", built, wanted{
			exits: []int{0, 0}, judges: 1, outputs: map[string]string{"verdict": "pass", "drift-count": "0", "comment-url": ""}, summary: "**Pass**",
			asked: []string{mirror, statuses, issues}, deployments: both, production: second,
		}},
		{"a pull request", "pull-request.yml", pull("pull_request", change), wanted{
			exits: []int{0, 0}, judges: 1, outputs: map[string]string{"verdict": "blocked", "reason-code": "promotion.not_deployed"}, summary: "no host was contacted",
			asked:   []string{mirror, statuses, files, comments, "POST /issues/2/comments 201", comments},
			comment: "You can merge this", deployments: both, production: second,
		}},
		{"the same again", "pull-request.yml", pull("pull_request", change), wanted{
			exits: []int{0, 0}, judges: 1, outputs: map[string]string{"verdict": "blocked"}, summary: "no host was contacted",
			asked:   []string{mirror, statuses, files, comments, graphQL},
			comment: "You can merge this", deployments: both, production: second,
		}},
		{"it makes the policy weaker", "pull-request.yml", pull("pull_request", weaker), wanted{
			exits: []int{0, 1}, judges: 1, outputs: map[string]string{"verdict": "pass"}, summary: "policy is weaker", annotated: "::error file=gate.hcl,",
			asked:   []string{mirror, statuses, files, comments, graphQL, "PATCH /issues/comments/ID 200"},
			comment: "policy is weaker", deployments: both, production: second,
		}},
		{"it makes the policy invalid", "pull-request.yml", pull("pull_request", invalid), wanted{
			exits: []int{0, 2}, judges: 1, outputs: map[string]string{"verdict": "pass"}, summary: "policy is invalid", annotated: "::error file=gate.hcl,line=2,",
			asked:   []string{mirror, statuses, files, comments, graphQL, "PATCH /issues/comments/ID 200"},
			comment: "policy is invalid", deployments: both, production: second,
		}},
		{"a fork", "pull-request.yml", func() occasion {
			p.github.Remove(p.github.Comments()[0].ID)
			return p.opened("pull_request_fork", change)
		}, wanted{
			exits: []int{0, 0}, judges: 1, outputs: map[string]string{"verdict": "blocked", "comment-url": ""}, summary: "The comment on the pull request could not be written",
			asked: []string{mirror, statuses, files, comments, "POST /issues/2/comments 403"}, deployments: both, production: second,
		}},
		{"a fork, where that is not wanted", "pull-request-strict.yml", pull("pull_request_fork", change), wanted{
			exits: []int{0, 3}, judges: 1, outputs: map[string]string{"verdict": ""}, summary: "not evaluated (fork)",
			asked: []string{comments, "POST /issues/2/comments 403"}, deployments: both, production: second,
		}},
		{"a fork makes the policy weaker", "pull-request.yml", pull("pull_request_fork", weaker), wanted{
			exits: []int{0, 0}, judges: 1, outputs: map[string]string{"verdict": "pass", "comment-url": ""}, summary: "policy is weaker", annotated: "::warning file=gate.hcl,",
			asked: []string{mirror, statuses, files, comments, "POST /issues/2/comments 403"}, deployments: both, production: second,
		}},
		{"a night with drift", "nightly.yml", openssl("3.0.15-1"), wanted{
			exits: []int{0, 1}, judges: 1, outputs: map[string]string{"verdict": "blocked", "reason-code": "drift.skipped", "drift-count": "1"}, summary: "openssl", annotated: "::error ",
			asked: []string{mirror, statuses, issues, "POST /issues 201", issues}, issues: []string{"open"}, deployments: both, production: second,
		}},
		{"the night after that", "nightly.yml", p.night, wanted{
			exits: []int{0, 1}, judges: 1, outputs: map[string]string{"verdict": "blocked"}, summary: "first seen", annotated: "::error ",
			asked: []string{mirror, statuses, issues, graphQL, "PATCH /issues/ID 200"}, issues: []string{"open"}, deployments: both, production: second,
		}},
		{"one more night", "nightly.yml", p.night, wanted{
			exits: []int{0, 1}, judges: 1, outputs: map[string]string{"verdict": "blocked"}, summary: "first seen", annotated: "::error ",
			asked: []string{mirror, statuses, issues, graphQL}, issues: []string{"open"}, deployments: both, production: second,
		}},
		{"a night without drift", "nightly.yml", openssl("3.0.11-1"), wanted{
			exits: []int{0, 0}, judges: 1, outputs: map[string]string{"verdict": "pass", "drift-count": "0"}, summary: "**Pass**",
			asked: []string{mirror, statuses, issues, graphQL, "PATCH /issues/ID 200"}, issues: []string{"completed"}, deployments: both, production: second,
		}},
		{"all commands", "commands.yml", promote, wanted{
			exits: []int{0, 0, 1, 0, 0, 0, 1}, judges: 6, summary: `There is no environment "production"`, annotated: "::error file=.github/workflows/commands.yml,",
			asked:  slices.Concat([]string{mirror, statuses, mirror, statuses}, created, updated, settings),
			issues: []string{"completed"}, deployments: append(both, "production success"), production: second,
		}},
		{"the ledger is cut off", "promote.yml", cut, wanted{
			exits: []int{0, 2, 2}, judges: 2, outputs: map[string]string{"verdict": ""}, summary: "the ledger was cut off or rewritten",
			asked:  []string{mirror, statuses, mirror, statuses},
			issues: []string{"completed"}, deployments: append(both, "production success"), production: second,
		}},
		{"a pull request by that", "pull-request.yml", pull("pull_request", change), wanted{
			exits: []int{0, 0}, judges: 1, outputs: map[string]string{"verdict": "blocked", "reason-code": "ledger.rewritten"}, summary: "the ledger was cut off or rewritten",
			asked:   []string{mirror, statuses, files, comments, "POST /issues/2/comments 201", comments},
			comment: "the ledger was cut off or rewritten", issues: []string{"completed"}, deployments: append(both, "production success"), production: second,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if slices.Contains(playedSeldom, c.name) {
				drifttest.Minutes(t)
			}
			defer p.within(t)()
			before := len(p.github.Log())
			run := p.play(c.workflow, c.occasion())
			c.want.check(t, p, run, p.since(before))
		})
	}
}
