package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/github"
	"github.com/seed-313c021b/gate/policies"
)

// checks asks GitHub about the checks that the policy names, each once.
type checks struct {
	ctx     context.Context
	past    *past
	answers map[policies.Check]map[string]checksAnswer // by commit
}

type checksAnswer struct {
	runs gate.CheckRuns
	err  error
}

// checks returns what GitHub tells of checks, as long as a context lasts.
func (p *past) checks(ctx context.Context) gate.Checks {
	return &checks{ctx, p, map[policies.Check]map[string]checksAnswer{}}
}

func (c *checks) Runs(check policies.Check, commit string) (gate.CheckRuns, error) {
	a, asked := c.answers[check][commit]
	if !asked {
		a.runs, a.err = c.ask(check, commit)
		if c.answers[check] == nil {
			c.answers[check] = map[string]checksAnswer{}
		}
		c.answers[check][commit] = a
	}
	return a.runs, a.err
}

// ask asks GitHub about the runs of a check. What stands in the way is said with what helps.
func (c *checks) ask(check policies.Check, commit string) (runs gate.CheckRuns, err error) {
	h := c.past.app.hub()
	r, err := c.repository(h, check)
	switch {
	case err != nil:
		return runs, err
	case c.past.app.flags.offline:
		return runs, unanswered("check again without --offline", "GitHub is not asked (--offline)")
	case h.config.Token == "":
		return runs, unanswered("give gate a token: in a workflow env: GITHUB_TOKEN: ${{ github.token }}; elsewhere: GITHUB_TOKEN=$(gh auth token) gate …",
			"GITHUB_TOKEN is empty, so that %s cannot be asked", r)
	}
	client, err := github.New(h.config)
	if err != nil {
		return runs, unanswered("correct GITHUB_API_URL and GITHUB_GRAPHQL_URL", "GitHub cannot be asked: %w", err)
	}
	ctx, cancel := context.WithTimeout(c.ctx, hubTime)
	defer cancel()
	found, branch, err := listChecks(ctx, client, r, check, commit)
	if err != nil {
		return runs, unanswered(mend(err), "%w", err)
	}
	runs = gate.CheckRuns{Repository: r.String(), DefaultBranch: branch}
	for _, run := range found {
		runs.Runs = append(runs.Runs, gate.CheckRun(run))
	}
	return runs, nil
}

// listChecks returns the runs of a check, and the repository's default branch where that matters.
func listChecks(ctx context.Context, client *github.Client, r github.Repository, check policies.Check, commit string) (runs []github.CheckRun, branch string, err error) {
	if check.CheckRun != "" {
		runs, err = client.CheckRuns(ctx, r, check.CheckRun, commit)
	} else {
		runs, err = client.WorkflowRuns(ctx, r, check.Workflow, commit)
	}
	if err == nil && check.ByWorkflow() && check.Branch == "" {
		branch, err = client.DefaultBranch(ctx, r)
	}
	return runs, branch, err
}

// repository returns the repository that is asked: that of the evidence block, else the one that the workflow runs in, else
// the one that the policy's repository was cloned from.
func (c *checks) repository(h hub, check policies.Check) (github.Repository, error) {
	name := cmp.Or(check.Repository, c.past.app.getenv("GITHUB_REPOSITORY"))
	if name == "" {
		address, err := c.past.repository.Address(c.ctx, "origin")
		if err != nil {
			return github.Repository{}, err
		}
		ours := false
		if name, ours = h.has(address); !ours {
			name = ""
		}
	}
	r, err := github.ParseRepository(name)
	if err != nil {
		return r, unanswered(fmt.Sprintf("name it in the policy: evidence %q { repository = \"OWNER/NAME\" }; where GitHub is not github.com, GITHUB_SERVER_URL says where", check.Name),
			"it is not known which repository on %s is to be asked", h.host)
	}
	return r, nil
}

// unanswered returns why GitHub does not tell of a check, and what helps.
func unanswered(next, format string, args ...any) error {
	return &gate.Unanswered{Err: fmt.Errorf(format, args...), Next: next}
}

// mend says what helps where GitHub does not tell of checks.
func mend(err error) string {
	e, ok := errors.AsType[*github.Error](err)
	if !ok {
		return "find out why GitHub does not answer, and check again"
	}
	switch e.Kind {
	case github.Limited:
		return againLater
	case github.Unauthorized:
		return validToken
	case github.Forbidden:
		return "let the token read them: permissions: { checks: read, actions: read, contents: read } in the job"
	case github.NotFound:
		return "look whether the repository is named right, and whether the token may see it: permissions: { checks: read, actions: read, contents: read }"
	case github.Invalid:
		return "look whether the commit is on GitHub, and push it where it is not"
	}
	return "check again later: GitHub does not answer now"
}
