package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/seed-313c021b/gate/gate/github"
	"github.com/seed-313c021b/gate/gate/report"
)

const (
	deliveryTime = 5 * time.Minute
	maxSummary   = 1 << 20 // bytes of a step; GitHub drops what is longer, and says nothing
)

// delivery is a verdict on its way to the places in GitHub that --github names.
type delivery struct {
	app     *app
	answer  *answer
	exit    int
	event   *github.Event  // nil where it could not be read
	client  *github.Client // nil without a pull request, or a token
	options report.CommentOptions
	url     string // of the comment
}

// deliver brings a verdict to GitHub. What cannot be delivered is a warning: neither the verdict nor the exit code changes.
func (a *app) deliver(ctx context.Context, answer *answer, exit int) {
	if len(a.flags.github) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, deliveryTime)
	defer cancel()
	d := &delivery{app: a, answer: answer, exit: exit}
	if err := d.prepare(ctx); err != nil {
		a.warn("--github: " + err.Error())
	}
	summary := a.reportsTo("summary")
	for _, kept := range []struct {
		place, what string
		keep        func(context.Context) error
	}{
		{"comment", commentUnwritten, d.comment},
		{"issue", "The issue could not be kept up to date", d.issue},
	} {
		if !a.reportsTo(kept.place) {
			continue
		}
		if err := kept.keep(ctx); err != nil {
			summary = d.lacks(kept.place, kept.what, err) || summary
		}
	}
	if a.reportsTo("annotations") {
		d.fails("annotations", report.Annotations(commands(a.err), answer.verdict, d.options.Changed, d.options))
	}
	if a.reportsTo("outputs") {
		d.fails("outputs", d.outputs())
	}
	if summary {
		d.fails("summary", d.summary())
	}
}

const commentUnwritten = "The comment on the pull request could not be written"

// lacks warns of what could not be delivered, and notes it for the job's summary; it reports whether there is one.
func (d *delivery) lacks(place, what string, err error) bool {
	d.fails(place, err)
	d.options.Notes = append(d.options.Notes, what+": "+err.Error()+".")
	return d.app.getenv("GITHUB_STEP_SUMMARY") != ""
}

// fails warns of what could not be delivered.
func (d *delivery) fails(place string, err error) {
	if err != nil {
		d.app.warn("--github " + place + ": " + err.Error())
	}
}

// prepare finds out what the report is about, and what it can link to.
func (d *delivery) prepare(ctx context.Context) error {
	env := d.app.getenv
	d.options = report.CommentOptions{Whole: d.app.runAddress(), Files: d.app.address("blob", env("GITHUB_SHA"))}
	if d.answer != nil {
		d.options.Origin = d.answer.origin
	}
	var err error
	if d.event, err = d.app.githubEvent(); err != nil || d.event.PullRequest == nil {
		return err
	}
	d.options.PullRequest = true
	d.options.Files = d.app.address("blob", d.event.PullRequest.Head) // GITHUB_SHA is a merge that soon is no more
	if commit.MatchString(d.app.flags.policyRef) {
		d.options.Files = d.app.address("blob", d.app.flags.policyRef)
	}
	var own *pullRequest
	if d.answer != nil && d.answer.pullRequest != nil {
		own = d.answer.pullRequest
		d.options.Files, d.options.Head = d.app.address("blob", own.event.Base), own.head
		d.options.Notes = append(d.options.Notes, own.notes...)
	}
	if env("GITHUB_TOKEN") == "" {
		d.options.Changed = own.changed(ctx)
		return nil
	}
	if d.client, err = d.app.githubClient(); err != nil {
		return err
	}
	if d.answer == nil {
		return nil
	}
	if d.options.Changed, err = d.client.ChangedFiles(ctx, d.event.Repository, d.event.PullRequest.Number); err != nil {
		d.options.Changed = own.changed(ctx)
	}
	return err
}

// address returns where something of the repository can be seen on GitHub, nothing where that is not known.
func (a *app) address(kind, id string) string {
	server, repository := a.getenv("GITHUB_SERVER_URL"), a.getenv("GITHUB_REPOSITORY")
	if server == "" || repository == "" || id == "" {
		return ""
	}
	return server + "/" + repository + "/" + kind + "/" + id
}

// runAddress returns where the run of the workflow can be seen; of one that is run again, the attempt, since each has its own
// summary.
func (a *app) runAddress() string {
	address := a.address("actions/runs", a.getenv("GITHUB_RUN_ID"))
	if n := a.getenv("GITHUB_RUN_ATTEMPT"); address != "" && n != "" && n != "1" {
		address += "/attempts/" + n
	}
	return address
}

// commit is the object id of a commit.
var commit = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// age is how old something was when it was judged. A comment has only the time itself: it stays the same until the verdict
// changes.
var age = regexp.MustCompile(` \([^()]* old\)`)

// comment keeps the comment on the pull request up to date.
func (d *delivery) comment(ctx context.Context) error {
	o, v := d.options, d.answer.verdict
	o.Origin = age.ReplaceAllString(o.Origin, "")
	return d.put(ctx, report.Marker(v.Policy.Path, v.To), report.Comment(v, o))
}

// put sees to it that the pull request has one comment with this body.
func (d *delivery) put(ctx context.Context, marker, body string) (err error) {
	switch {
	case d.event == nil:
		return errors.New("it is not known for which pull request")
	case d.event.PullRequest == nil:
		d.app.tell("--github comment: the event %q is about no pull request, so that there is nothing to comment on", d.event.Name)
		return nil
	case d.client == nil:
		return errors.New("GitHub cannot be asked")
	}
	d.url, _, err = d.client.UpsertComment(ctx, d.event.Repository, d.event.PullRequest.Number, marker, body)
	why := "the job needs the permission pull-requests: write"
	if d.event.PullRequest.Fork {
		why = "the pull request comes from a fork, and its token may only read"
	}
	return because(err, why, github.Forbidden)
}

// summary adds the report to that of the job: the whole one, or as much as a comment has where an earlier one has taken the
// room.
func (d *delivery) summary() error {
	path := d.app.getenv("GITHUB_STEP_SUMMARY")
	used := int64(0)
	if info, err := os.Stat(path); err == nil {
		used = info.Size()
	}
	for _, write := range []func() string{
		func() string { return report.Summary(d.answer.verdict, d.options) },
		func() string { return report.Comment(d.answer.verdict, d.options) },
	} {
		if text := write(); used+int64(len(text)) < maxSummary {
			return appendTo(path, []byte(text))
		}
	}
	return fmt.Errorf("the step's summary has %d bytes already, and GitHub takes %d", used, maxSummary)
}

// appendTo adds lines to a file that other commands of the same step write to as well.
func appendTo(path string, lines []byte) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	if info, err := file.Stat(); err == nil && info.Size() > 0 {
		last := make([]byte, 1)
		if _, err := file.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			lines = append([]byte("\n"), lines...)
		}
	}
	_, err = file.Write(lines)
	return errors.Join(err, file.Close())
}
