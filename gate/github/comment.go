package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	gogithub "github.com/google/go-github/v60/github"
)

// maxComment is how long a comment may be, in characters.
const maxComment = 65_536

// UpsertComment sees to it that a pull request has one comment with this body, and returns where it is, and whether
// something was written, or may have been. The comment is found by its first line, the marker, and by its author, who must
// be the one whose token it is: what others mark alike is left alone. The oldest stays, and later ones go. Nothing is
// written where the comment is there as it should be.
//
// The URL is returned with an error too, where the comment is known.
func (c *Client) UpsertComment(ctx context.Context, r Repository, number int, marker, body string) (url string, changed bool, err error) {
	if first, _, _ := strings.Cut(body, "\n"); first != marker || marker == "" {
		return "", false, errors.New("a comment begins with its marker")
	}
	if n := utf8.RuneCountInString(body); n > maxComment {
		return "", false, fmt.Errorf("the comment has %d characters, and GitHub takes %d", n, maxComment)
	}
	s := &sticky{Client: c, Repository: r, number: number, marker: marker, body: body}
	err = c.persist(ctx, s.settle)
	return s.url, s.changed, err
}

// sticky is a comment on its way.
type sticky struct {
	*Client
	Repository
	number       int
	marker, body string
	author       string // whose token it is; empty until that matters
	url          string
	changed      bool
}

// settle makes of whatever is there the one comment that should be.
func (s *sticky) settle(ctx context.Context) error {
	found, err := s.list(ctx)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		if found, err = s.create(ctx); err != nil {
			return err
		}
	}
	s.url = found[0].GetHTMLURL()
	if normal(found[0].GetBody()) != normal(s.body) {
		if err := s.edit(ctx, found[0].GetID()); err != nil {
			return err
		}
	}
	for _, twin := range found[1:] {
		if err := s.remove(ctx, twin.GetID()); err != nil {
			return err
		}
	}
	return nil
}

// normal is a body as it is compared: editors on the web end lines with CR LF, and the link to another run, whose report is the
// same, is as good.
func normal(body string) string {
	return run.ReplaceAllString(strings.TrimRight(strings.ReplaceAll(body, "\r\n", "\n"), " \n"), "/actions/runs/")
}

var run = regexp.MustCompile(`/actions/runs/[0-9]+(/attempts/[0-9]+)?`)

func (s *sticky) about(what string) string {
	return fmt.Sprintf("%s of %s#%d", what, s.Repository, s.number)
}

// list returns the comments that are ours, the oldest first, as GitHub lists them.
func (s *sticky) list(ctx context.Context) ([]*gogithub.IssueComment, error) {
	api := s.api()
	found, err := pages(ctx, s.Client, s.about("list the comments"), func(page gogithub.ListOptions) ([]*gogithub.IssueComment, *gogithub.Response, error) {
		return api.Issues.ListComments(ctx, s.Owner, s.Name, s.number, &gogithub.IssueListCommentsOptions{ListOptions: page})
	})
	if err != nil {
		return nil, err
	}
	return ours(ctx, s.Client, found, s.marker, &s.author)
}

// ours returns the comments or issues that begin with a marker, and are by the author; that is whose token it is, and is asked
// for where it is empty and matters.
func ours[T interface {
	GetBody() string
	GetUser() *gogithub.User
}](ctx context.Context, c *Client, found []T, marker string, author *string) ([]T, error) {
	found = slices.DeleteFunc(found, func(item T) bool {
		first, _, _ := strings.Cut(normal(item.GetBody()), "\n")
		return first != marker
	})
	if len(found) > 0 && *author == "" {
		var err error
		if *author, err = c.login(ctx); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(found, func(item T) bool { return item.GetUser().GetLogin() != *author }), nil
}

// create makes the comment. It returns all that are there then: another run may have made one at the same time.
func (s *sticky) create(ctx context.Context) ([]*gogithub.IssueComment, error) {
	s.changed = true
	made, resp, err := s.api().Issues.CreateComment(ctx, s.Owner, s.Name, s.number, &gogithub.IssueComment{Body: &s.body})
	doing := s.about("add a comment")
	if err != nil {
		return nil, s.failed(ctx, doing, resp, err)
	}
	if made.GetID() == 0 || made.GetUser().GetLogin() == "" {
		return nil, s.empty(doing, resp)
	}
	s.author, s.url = made.GetUser().GetLogin(), made.GetHTMLURL()
	found, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 { // what is new may take a moment to be listed
		found = append(found, made)
	}
	return found, nil
}

func (s *sticky) edit(ctx context.Context, id int64) error {
	s.changed = true
	edited, resp, err := s.api().Issues.EditComment(ctx, s.Owner, s.Name, id, &gogithub.IssueComment{Body: &s.body})
	doing := s.about("edit the comment")
	if err != nil {
		return meanwhile(s.failed(ctx, doing, resp, err))
	}
	if edited.GetID() != id {
		return s.empty(doing, resp)
	}
	return nil
}

// meanwhile says of what was listed and is not there any more that somebody has removed it.
func meanwhile(err error) error {
	if e, ok := errors.AsType[*Error](err); ok && e.Kind == NotFound {
		e.Kind = Conflict
	}
	return err
}

func (s *sticky) remove(ctx context.Context, id int64) error {
	s.changed = true
	resp, err := s.api().Issues.DeleteComment(ctx, s.Owner, s.Name, id)
	doing := s.about("remove a second comment")
	switch {
	case err == nil && resp.StatusCode == http.StatusNoContent:
		return nil
	case err == nil:
		return s.empty(doing, resp)
	}
	err = s.failed(ctx, doing, resp, err)
	if Is(err, NotFound) {
		return nil
	}
	return err
}
