package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	gogithub "github.com/google/go-github/v60/github"
)

// Label is the label by which gate's issues are listed.
const Label = "gate"

// maxTitle is how long the title of an issue may be, in characters.
const maxTitle = 256

// Issue is what an issue should be.
type Issue struct {
	// Marker is the first line of Body, by which the issue is found again.
	Marker, Title, Body string
	// Open says whether there is something to tell. Without it no issue is opened, and an open one is closed as completed.
	Open bool
}

// UpsertIssue sees to it that a repository has one issue as it should be, and returns where it is, and whether something
// was written, or may have been. The issue is found by its label, its marker, and its author, who must be the one whose
// token it is: what others mark alike is left alone. The oldest counts, and later ones are closed. Nothing is written where
// the issue is as it should be; what a closed one says is let be. The URL is empty where there is no issue, and is returned
// with an error too, where the issue is known.
func (c *Client) UpsertIssue(ctx context.Context, r Repository, want Issue) (url string, changed bool, err error) {
	if first, _, _ := strings.Cut(want.Body, "\n"); first != want.Marker || want.Marker == "" {
		return "", false, errors.New("an issue begins with its marker")
	}
	for _, part := range []struct {
		name, text string
		most       int
	}{{"title", want.Title, maxTitle}, {"body", want.Body, maxComment}} {
		if n := utf8.RuneCountInString(part.text); n > part.most {
			return "", false, fmt.Errorf("the issue's %s has %d characters, and GitHub takes %d", part.name, n, part.most)
		}
	}
	s := &standing{Client: c, Repository: r, want: want}
	err = c.persist(ctx, s.settle)
	return s.url, s.changed, err
}

// standing is an issue on its way.
type standing struct {
	*Client
	Repository
	want    Issue
	author  string // whose token it is; empty until that matters
	url     string
	changed bool
}

// settle makes of whatever is there the one issue that should be.
func (s *standing) settle(ctx context.Context) error {
	found, err := s.list(ctx)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		if !s.want.Open {
			return nil
		}
		if found, err = s.create(ctx); err != nil {
			return err
		}
	}
	s.url = found[0].GetHTMLURL()
	if edit := s.missing(found[0]); edit != nil {
		if err := s.edit(ctx, found[0].GetNumber(), edit); err != nil {
			return err
		}
	}
	for _, twin := range found[1:] {
		if err := s.close(ctx, twin); err != nil {
			return err
		}
	}
	return nil
}

// missing returns what makes an issue as it should be, nil where it is.
func (s *standing) missing(i *gogithub.Issue) *gogithub.IssueRequest {
	open := i.GetState() == "open"
	if !open && !s.want.Open {
		return nil
	}
	edit := &gogithub.IssueRequest{Title: &s.want.Title, Body: &s.want.Body}
	switch {
	case open && !s.want.Open:
		edit.State, edit.StateReason = gogithub.String("closed"), gogithub.String("completed")
	case !open:
		edit.State, edit.StateReason = gogithub.String("open"), gogithub.String("reopened")
	case i.GetTitle() == s.want.Title && normal(i.GetBody()) == normal(s.want.Body):
		return nil
	}
	return edit
}

func (s *standing) about(what string) string { return fmt.Sprintf("%s of %s", what, s.Repository) }

// list returns the issues that are ours, open and closed, the oldest first.
func (s *standing) list(ctx context.Context) ([]*gogithub.Issue, error) {
	api := s.api()
	found, err := pages(ctx, s.Client, s.about("list the issues"), func(page gogithub.ListOptions) ([]*gogithub.Issue, *gogithub.Response, error) {
		return api.Issues.ListByRepo(ctx, s.Owner, s.Name, &gogithub.IssueListByRepoOptions{
			State: "all", Labels: []string{Label}, Sort: "created", Direction: "asc", ListOptions: page})
	})
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, (*gogithub.Issue).IsPullRequest) // GitHub lists them among issues
	if found, err = ours(ctx, s.Client, found, s.want.Marker, &s.author); err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b *gogithub.Issue) int { return a.GetNumber() - b.GetNumber() })
	return slices.CompactFunc(found, func(a, b *gogithub.Issue) bool { return a.GetNumber() == b.GetNumber() }), nil
}

// create opens the issue. It returns all that are there then: another run may have opened one at the same time.
func (s *standing) create(ctx context.Context) ([]*gogithub.Issue, error) {
	s.changed = true
	made, resp, err := s.api().Issues.Create(ctx, s.Owner, s.Name, &gogithub.IssueRequest{
		Title: &s.want.Title, Body: &s.want.Body, Labels: &[]string{Label}})
	doing := s.about("open an issue")
	if err != nil {
		return nil, s.failed(ctx, doing, resp, err)
	}
	if made.GetNumber() == 0 || made.GetUser().GetLogin() == "" {
		return nil, s.empty(doing, resp)
	}
	s.author, s.url = made.GetUser().GetLogin(), made.GetHTMLURL()
	if !labelled(made) { // it would never be found again, and each run would open another one
		if err := s.close(ctx, made); err != nil {
			return nil, err
		}
		return nil, &Error{Doing: doing, Kind: Invalid, Status: resp.StatusCode, Message: fmt.Sprintf("it got no label %q, by which it is found again", Label)}
	}
	found, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 { // what is new may take a moment to be listed
		found = append(found, made)
	}
	return found, nil
}

func labelled(i *gogithub.Issue) bool {
	return slices.ContainsFunc(i.Labels, func(l *gogithub.Label) bool { return strings.EqualFold(l.GetName(), Label) })
}

func (s *standing) edit(ctx context.Context, number int, edit *gogithub.IssueRequest) error {
	s.changed = true
	edited, resp, err := s.api().Issues.Edit(ctx, s.Owner, s.Name, number, edit)
	doing := s.about(fmt.Sprintf("edit the issue #%d", number))
	if err != nil {
		return meanwhile(s.failed(ctx, doing, resp, err))
	}
	if edited.GetNumber() != number {
		return s.empty(doing, resp)
	}
	return nil
}

// close closes an issue that is one too many.
func (s *standing) close(ctx context.Context, i *gogithub.Issue) error {
	if i.GetState() == "closed" {
		return nil
	}
	return s.edit(ctx, i.GetNumber(), &gogithub.IssueRequest{State: gogithub.String("closed"), StateReason: gogithub.String("not_planned")})
}
