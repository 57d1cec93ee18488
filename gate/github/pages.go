package github

import (
	"context"
	"fmt"

	gogithub "github.com/google/go-github/v60/github"
)

// pages returns all that a list has, page after page.
func pages[T any](ctx context.Context, c *Client, doing string, list func(gogithub.ListOptions) ([]T, *gogithub.Response, error)) ([]T, error) {
	var all []T
	for page := (gogithub.ListOptions{Page: 1, PerPage: 100}); ; {
		some, resp, err := list(page)
		if err != nil {
			return nil, c.failed(ctx, doing, resp, err)
		}
		if some == nil { // a page of nothing is [], which is not nil
			return nil, c.empty(doing, resp)
		}
		all = append(all, some...)
		if resp.NextPage <= page.Page {
			return all, nil
		}
		page.Page = resp.NextPage
	}
}

// ChangedFiles names the files that a pull request adds or changes, from the top of the repository, with slashes. GitHub
// lists the first 3,000.
func (c *Client) ChangedFiles(ctx context.Context, r Repository, number int) ([]string, error) {
	var names []string
	err := c.persist(ctx, func(ctx context.Context) error {
		api := c.api()
		files, err := pages(ctx, c, fmt.Sprintf("list the files of %s#%d", r, number), func(page gogithub.ListOptions) ([]*gogithub.CommitFile, *gogithub.Response, error) {
			return api.PullRequests.ListFiles(ctx, r.Owner, r.Name, number, &page)
		})
		names = nil
		for _, f := range files {
			if f.GetStatus() != "removed" {
				names = append(names, f.GetFilename())
			}
		}
		return err
	})
	return names, err
}
