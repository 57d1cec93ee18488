package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/github"
	"github.com/seed-313c021b/gate/gate/report"
)

// issueFits returns an error where the issue is asked for, and the question is none that it could answer: it is about all of
// an environment, as it is.
func (a *app) issueFits(q *question) error {
	switch {
	case !a.reportsTo("issue"):
		return nil
	case q.revision != "":
		return usage("--github issue follows drift checks: it does not go with --revision")
	case len(a.flags.hosts) > 0:
		return usage("--github issue is about all hosts: it does not go with --host")
	}
	return nil
}

// issue keeps the issue of an environment's drift as it should be: open while the check does not pass.
func (d *delivery) issue(ctx context.Context) error {
	if name := d.app.getenv("GITHUB_EVENT_NAME"); strings.HasPrefix(name, "pull_request") {
		d.app.tell("--github issue: the event %q is about a pull request, and the issue about what is merged: it stays as it is", name)
		return nil
	}
	v, o := d.answer.verdict, d.options
	if v.Candidate != nil || slices.ContainsFunc(v.Findings, func(f gate.Finding) bool { return f.Code == "check.partial" }) {
		return errors.New("the result is not that of a whole drift check")
	}
	repository, err := github.ParseRepository(d.app.getenv("GITHUB_REPOSITORY"))
	if err != nil {
		return err
	}
	client, err := d.app.githubClient()
	if err != nil {
		return err
	}
	o.Origin = age.ReplaceAllString(o.Origin, "")
	title, body := report.Issue(v, o)
	url, _, err := client.UpsertIssue(ctx, repository, github.Issue{
		Marker: report.IssueMarker(v.Policy.Path, v.To), Title: title, Body: body, Open: v.Outcome != gate.Pass})
	if err == nil && url != "" {
		d.app.tell("the issue about drift: %s", url)
	}
	if e, ok := errors.AsType[*github.Error](err); ok && e.Status == http.StatusGone {
		return fmt.Errorf("%w (they are turned off in the repository's settings)", err)
	}
	return because(err, "the job needs the permission issues: write", github.Forbidden, github.NotFound)
}
