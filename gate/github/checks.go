package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v60/github"
)

// CheckRun is one run of a check: of a check run's name, or of a workflow.
type CheckRun struct {
	Name string
	URL  string // where people see it; empty where GitHub names no such place
	App  string // who has run it, as "github-actions"

	// Where it comes from: the file in .github/workflows (with the repository before it where that is another one), the run
	// of the workflow, its event, and the branch and the repository that it was for. All are empty where no workflow's job
	// it is.
	Workflow, RunURL, Event, Branch, Repository string
	Attempt                                     int // of a job: of the workflow's run, from 1; 0 where it is not known

	Status     string // "completed" at its end
	Conclusion string
	Began      time.Time // when the first part of it began that counts; zero where that is not known
	Completed  time.Time // zero before its end
}

// actions is the App whose check runs are the jobs of workflows.
const actions = "github-actions"

// CheckRuns returns all check runs of a name for a commit, those of earlier attempts too. What GitHub Actions is said to have
// run is what its job says: a token of a workflow may write check runs in the same name, with whatever conclusion and times,
// and GitHub lists these with the first workflow of the commit (https://github.com/orgs/community/discussions/24616). A job
// and its check run have one id. See https://docs.github.com/rest/checks/runs.
func (c *Client) CheckRuns(ctx context.Context, r Repository, name, commit string) ([]CheckRun, error) {
	if !objectID.MatchString(commit) {
		return nil, fmt.Errorf("%q is no object id", commit)
	}
	var runs []CheckRun
	err := c.persist(ctx, func(ctx context.Context) (err error) {
		runs, err = c.checkRuns(ctx, r, name, commit)
		return err
	})
	return runs, err
}

func (c *Client) checkRuns(ctx context.Context, r Repository, name, commit string) ([]CheckRun, error) {
	api, all := c.api(), "all"
	doing, total := fmt.Sprintf("list the check runs of %s at %s", r, commit[:7]), 0
	found, err := pages(ctx, c, doing, func(page gogithub.ListOptions) ([]*gogithub.CheckRun, *gogithub.Response, error) {
		list, resp, err := api.Checks.ListCheckRunsForRef(ctx, r.Owner, r.Name, commit, &gogithub.ListCheckRunsOptions{CheckName: &name, Filter: &all, ListOptions: page})
		if err != nil || list == nil {
			return nil, resp, err
		}
		total = list.GetTotal()
		return list.CheckRuns, resp, nil
	})
	if err == nil {
		err = whole(doing, len(found), total)
	}
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(run *gogithub.CheckRun) bool { return run.GetName() != name || run.GetHeadSHA() != commit })
	var workflows map[int64]workflowRun // of the jobs; asked for after the check runs, so that it has all of them
	list := []CheckRun{}
	for _, run := range found {
		if run.GetApp().GetSlug() != actions {
			list = append(list, written(run))
			continue
		}
		if workflows == nil {
			if workflows, err = c.workflowRuns(ctx, r, commit); err != nil {
				return nil, err
			}
		}
		job, err := c.job(ctx, r, name, run, workflows)
		if err != nil {
			return nil, err
		}
		list = append(list, job)
	}
	return list, nil
}

// written returns a check run as whoever has written it says.
func written(run *gogithub.CheckRun) CheckRun {
	return CheckRun{Name: run.GetName(), URL: link(run.GetHTMLURL()), App: run.GetApp().GetSlug(), Status: run.GetStatus(), Conclusion: run.GetConclusion(),
		Began: run.GetStartedAt().Time, Completed: run.GetCompletedAt().Time}
}

// job returns the job whose check run is one of GitHub Actions. One that has no job of its name was written with a token.
func (c *Client) job(ctx context.Context, r Repository, name string, run *gogithub.CheckRun, workflows map[int64]workflowRun) (CheckRun, error) {
	doing := fmt.Sprintf("ask for the job %d of %s", run.GetID(), r)
	job, resp, err := c.api().Actions.GetWorkflowJobByID(ctx, r.Owner, r.Name, run.GetID())
	if err != nil {
		err = c.failed(ctx, doing, resp, err)
		if Is(err, NotFound) {
			return written(run), nil
		}
		return CheckRun{}, err
	}
	workflow, ok := workflows[job.GetRunID()]
	switch {
	case job.GetID() != run.GetID() || job.GetHeadSHA() != run.GetHeadSHA():
		return CheckRun{}, c.empty(doing, resp)
	case job.GetName() != name: // a token may call a check run what it likes
		return written(run), nil
	case !ok:
		return CheckRun{}, &Error{Doing: doing, Kind: Unavailable, Status: resp.StatusCode, Message: "its workflow run is not among those of the commit"}
	}
	made := workflow.check(r)
	made.Name, made.URL, made.Attempt = name, link(job.GetHTMLURL()), int(job.GetRunAttempt())
	made.Status, made.Conclusion, made.Began, made.Completed = job.GetStatus(), job.GetConclusion(), job.GetStartedAt().Time, job.GetCompletedAt().Time
	return made, nil
}

// WorkflowRuns returns all runs of a workflow, which is named by its file in .github/workflows, for a commit. See
// https://docs.github.com/rest/actions/workflow-runs.
func (c *Client) WorkflowRuns(ctx context.Context, r Repository, file, commit string) ([]CheckRun, error) {
	if !objectID.MatchString(commit) {
		return nil, fmt.Errorf("%q is no object id", commit)
	}
	list := []CheckRun{}
	err := c.persist(ctx, func(ctx context.Context) error {
		runs, err := c.workflowRuns(ctx, r, commit)
		list = list[:0]
		for _, run := range runs {
			if made := run.check(r); made.Workflow == file {
				list = append(list, made)
			}
		}
		return err
	})
	slices.SortFunc(list, func(a, b CheckRun) int { return strings.Compare(a.RunURL, b.RunURL) })
	return list, err
}

// workflowRun is a run of a workflow, as it is answered. The library leaves out the path.
type workflowRun struct {
	ID         int64       `json:"id"`
	Path       string      `json:"path"` // ".github/workflows/e2e.yml", at times with "@" and a ref behind it
	HeadSHA    string      `json:"head_sha"`
	HeadBranch string      `json:"head_branch"`
	Event      string      `json:"event"`
	Status     string      `json:"status"`
	Conclusion string      `json:"conclusion"`
	HTMLURL    string      `json:"html_url"`
	CreatedAt  time.Time   `json:"created_at"` // of its first attempt; run_started_at is of the last one
	UpdatedAt  time.Time   `json:"updated_at"`
	Repository repository  `json:"repository"`
	Head       *repository `json:"head_repository"`
}

// workflowRuns returns the runs of all workflows for a commit, by their ids.
func (c *Client) workflowRuns(ctx context.Context, r Repository, commit string) (map[int64]workflowRun, error) {
	api := c.api()
	doing, total := fmt.Sprintf("list the workflow runs of %s at %s", r, commit[:7]), 0
	found, err := pages(ctx, c, doing, func(page gogithub.ListOptions) ([]workflowRun, *gogithub.Response, error) {
		at := fmt.Sprintf("repos/%s/%s/actions/runs?head_sha=%s&exclude_pull_requests=true&per_page=%d&page=%d", r.Owner, r.Name, commit, page.PerPage, page.Page)
		req, err := api.NewRequest(http.MethodGet, at, nil)
		if err != nil {
			return nil, nil, err
		}
		var answer struct {
			Total int           `json:"total_count"`
			Runs  []workflowRun `json:"workflow_runs"`
		}
		resp, err := api.Do(ctx, req, &answer)
		total = answer.Total
		return answer.Runs, resp, err
	})
	if err == nil {
		err = whole(doing, len(found), total)
	}
	if err != nil {
		return nil, err
	}
	runs := make(map[int64]workflowRun, len(found))
	for _, run := range found {
		if run.HeadSHA == commit {
			runs[run.ID] = run
		}
	}
	return runs, nil
}

// whole returns an error where a list lacks some of what GitHub counts: it lists no more than so many, and what failed may be
// among the rest.
func whole(doing string, listed, total int) error {
	if listed >= total {
		return nil
	}
	return &Error{Doing: doing, Kind: Unavailable, Status: http.StatusOK, Message: fmt.Sprintf("only %d of %d are listed", listed, total)}
}

// check returns a run of a workflow as a run of a check. It has ended when it was changed last; and it has begun with its
// first attempt, since another one may run the failed jobs only.
func (w *workflowRun) check(r Repository) CheckRun {
	run := CheckRun{URL: link(w.HTMLURL), App: actions, Workflow: w.file(r), RunURL: w.HTMLURL, Event: w.Event, Branch: w.HeadBranch, Status: w.Status, Conclusion: w.Conclusion, Began: w.CreatedAt}
	run.Name = run.Workflow
	switch {
	case w.Head == nil:
	case w.Head.ID > 0 && w.Head.ID == w.Repository.ID: // whatever it is called since
		run.Repository = r.String()
	default:
		run.Repository = w.Head.FullName
	}
	if w.Status == "completed" {
		run.Completed = w.UpdatedAt
	}
	return run
}

// file returns the file of the workflow, with the repository before it where that is another one.
func (w *workflowRun) file(r Repository) string {
	const folder = ".github/workflows/"
	path, _, _ := strings.Cut(w.Path, "@")
	repository, file, ok := strings.Cut(path, folder)
	repository = strings.TrimSuffix(repository, "/")
	switch {
	case !ok:
		return path
	case repository == "" || strings.EqualFold(repository, r.String()):
		return file
	}
	return repository + "/" + file
}

// DefaultBranch returns the branch of a repository that others come from.
func (c *Client) DefaultBranch(ctx context.Context, r Repository) (name string, err error) {
	err = c.persist(ctx, func(ctx context.Context) error {
		doing := fmt.Sprintf("ask for the default branch of %s", r)
		repository, resp, err := c.api().Repositories.Get(ctx, r.Owner, r.Name)
		if err != nil {
			return c.failed(ctx, doing, resp, err)
		}
		if name = repository.GetDefaultBranch(); name == "" {
			return c.empty(doing, resp)
		}
		return nil
	})
	return name, err
}

// link returns an address for people, nothing for what is none.
func link(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.ContainsAny(text, " <>()[]\"'`\\|") {
		return ""
	}
	return u.String()
}
