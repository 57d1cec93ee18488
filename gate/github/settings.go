package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"time"

	gogithub "github.com/google/go-github/v60/github"
)

// ask asks GitHub one thing of a repository; at is the path below it. What GitHub answers without a body is an error.
func ask[T any](ctx context.Context, c *Client, doing string, r Repository, at string) (T, error) {
	var answer T
	err := c.persist(ctx, func(ctx context.Context) error {
		api := c.api()
		req, err := api.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/%s%s", r.Owner, r.Name, at), nil)
		if err != nil {
			return err
		}
		var got *T
		resp, err := api.Do(ctx, req, &got)
		switch {
		case err != nil:
			return c.failed(ctx, doing, resp, err)
		case got == nil:
			return c.empty(doing, resp)
		}
		answer = *got
		return nil
	})
	return answer, err
}

// Environment is an environment of a repository, and what stands before it.
type Environment struct {
	Rules           []ProtectionRule `json:"protection_rules"`
	BranchPolicy    *struct{}        `json:"deployment_branch_policy"` // nil: every branch gets in
	CanAdminsBypass *bool            `json:"can_admins_bypass"`        // nil where GitHub does not say, as older servers
}

// ProtectionRule is a rule of an environment: "required_reviewers", "wait_timer", "branch_policy", or that of an App.
type ProtectionRule struct {
	Type      string     `json:"type"`
	Reviewers []struct{} `json:"reviewers"`
}

// EnvironmentOf returns an environment, nil where there is none. It needs actions: read. GitHub says "not found" too where the
// repository is out of reach, so that this is asked then.
func (c *Client) EnvironmentOf(ctx context.Context, r Repository, name string) (*Environment, error) {
	e, err := ask[Environment](ctx, c, fmt.Sprintf("ask for the environment %q of %s", name, r), r, "/environments/"+url.PathEscape(name))
	if Is(err, NotFound) {
		_, err = c.DefaultBranch(ctx, r)
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	return &e, nil
}

// BranchRules returns the types of the active rules for a branch, as "deletion" and "non_fast_forward". The branch need not exist.
// It needs metadata: read.
func (c *Client) BranchRules(ctx context.Context, r Repository, branch string) ([]string, error) {
	type rule struct {
		Type string `json:"type"`
	}
	rules, err := askAll[rule](ctx, c, fmt.Sprintf("ask for the rules of the branch %s of %s", branch, r), r, "/rules/branches/"+url.PathEscape(branch))
	var types []string
	for _, rule := range rules {
		types = append(types, rule.Type)
	}
	return types, err
}

// askAll asks for a list, all pages of it.
func askAll[T any](ctx context.Context, c *Client, doing string, r Repository, at string) ([]T, error) {
	var list []T
	err := c.persist(ctx, func(ctx context.Context) (err error) {
		api := c.api()
		list, err = pages(ctx, c, doing, func(page gogithub.ListOptions) ([]T, *gogithub.Response, error) {
			req, err := api.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/%s%s?per_page=%d&page=%d", r.Owner, r.Name, at, page.PerPage, page.Page), nil)
			if err != nil {
				return nil, nil, err
			}
			var some []T
			resp, err := api.Do(ctx, req, &some)
			return some, resp, err
		})
		return err
	})
	return list, err
}

// BranchProtected reports whether there is a branch, and whether it is protected in the old way, by a rule of its own. It needs contents:
// read.
func (c *Client) BranchProtected(ctx context.Context, r Repository, branch string) (exists, protected bool, err error) {
	b, err := ask[struct {
		Name       string
		Protection struct{ Enabled bool }
	}](ctx, c, fmt.Sprintf("ask for the branch %s of %s", branch, r), r, "/branches/"+url.PathEscape(branch))
	if Is(err, NotFound) {
		_, err = c.DefaultBranch(ctx, r)
		return false, false, err
	}
	if err == nil && b.Name == "" {
		err = fmt.Errorf("ask for the branch %s of %s: the answer names none", branch, r)
	}
	return err == nil, b.Protection.Enabled, err
}

// Protection is how a branch is protected in the old way.
type Protection struct {
	AllowForcePushes, AllowDeletions bool
}

// BranchProtection returns how a branch is protected in the old way. It needs administration: read.
func (c *Client) BranchProtection(ctx context.Context, r Repository, branch string) (Protection, error) {
	type setting struct {
		Enabled *bool `json:"enabled"`
	}
	p, err := ask[struct {
		ForcePushes setting `json:"allow_force_pushes"`
		Deletions   setting `json:"allow_deletions"`
	}](ctx, c, fmt.Sprintf("ask how the branch %s of %s is protected", branch, r), r, "/branches/"+url.PathEscape(branch)+"/protection")
	if err == nil && (p.ForcePushes.Enabled == nil || p.Deletions.Enabled == nil) {
		err = fmt.Errorf("ask how the branch %s of %s is protected: the answer does not say whether it can be rewritten", branch, r)
	}
	if err != nil {
		return Protection{}, err
	}
	return Protection{*p.ForcePushes.Enabled, *p.Deletions.Enabled}, nil
}

// Workflow is a workflow that GitHub knows.
type Workflow struct {
	Path    string // ".github/workflows/drift.yml"
	State   string // "active", "disabled_inactivity", "disabled_manually" …
	Created time.Time
}

// Workflows returns the workflows of a repository. It needs actions: read.
func (c *Client) Workflows(ctx context.Context, r Repository) ([]Workflow, error) {
	var list []Workflow
	err := c.persist(ctx, func(ctx context.Context) error {
		api := c.api()
		found, err := pages(ctx, c, fmt.Sprintf("list the workflows of %s", r), func(page gogithub.ListOptions) ([]*gogithub.Workflow, *gogithub.Response, error) {
			all, resp, err := api.Actions.ListWorkflows(ctx, r.Owner, r.Name, &page)
			if err != nil || all == nil {
				return nil, resp, err
			}
			return all.Workflows, resp, nil
		})
		list = nil
		for _, w := range found {
			list = append(list, Workflow{w.GetPath(), w.GetState(), w.GetCreatedAt().Time})
		}
		return err
	})
	return list, err
}

// ScheduledRun is a run of a workflow by its schedule.
type ScheduledRun struct {
	Created    time.Time
	Conclusion string // empty before its end
	URL        string
}

// LastScheduledRun returns the newest run of a workflow by its schedule, nil for none. It needs actions: read.
func (c *Client) LastScheduledRun(ctx context.Context, r Repository, file string) (*ScheduledRun, error) {
	var run *ScheduledRun
	err := c.persist(ctx, func(ctx context.Context) error {
		doing := fmt.Sprintf("list the runs of %s of %s", path.Base(file), r)
		found, resp, err := c.api().Actions.ListWorkflowRunsByFileName(ctx, r.Owner, r.Name, url.PathEscape(path.Base(file)),
			&gogithub.ListWorkflowRunsOptions{Event: "schedule", ListOptions: gogithub.ListOptions{PerPage: 1}})
		switch {
		case err != nil:
			return c.failed(ctx, doing, resp, err)
		case found == nil || found.WorkflowRuns == nil:
			return c.empty(doing, resp)
		}
		for _, w := range found.WorkflowRuns[:min(1, len(found.WorkflowRuns))] {
			run = &ScheduledRun{w.GetCreatedAt().Time, w.GetConclusion(), link(w.GetHTMLURL())}
		}
		return nil
	})
	return run, err
}

// Secrets returns the names of a repository's own secrets. It needs secrets: read, which no token of a workflow has.
func (c *Client) Secrets(ctx context.Context, r Repository) ([]string, error) {
	var names []string
	err := c.persist(ctx, func(ctx context.Context) error {
		api := c.api()
		found, err := pages(ctx, c, fmt.Sprintf("list the secrets of %s", r), func(page gogithub.ListOptions) ([]*gogithub.Secret, *gogithub.Response, error) {
			all, resp, err := api.Actions.ListRepoSecrets(ctx, r.Owner, r.Name, &page)
			if err != nil || all == nil {
				return nil, resp, err
			}
			return all.Secrets, resp, nil
		})
		names = nil
		for _, s := range found {
			names = append(names, s.Name)
		}
		return err
	})
	return names, err
}

// DefaultPermissions returns what a token may where a workflow does not say: "read" or "write". It needs administration: read.
func (c *Client) DefaultPermissions(ctx context.Context, r Repository) (string, error) {
	doing := fmt.Sprintf("ask what tokens of %s may", r)
	p, err := ask[struct {
		Default string `json:"default_workflow_permissions"`
	}](ctx, c, doing, r, "/actions/permissions/workflow")
	if err == nil && !slices.Contains([]string{"read", "write"}, p.Default) {
		err = fmt.Errorf("%s: the answer is %q", doing, p.Default)
	}
	return p.Default, err
}
