package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
)

// Event says why a workflow runs.
type Event struct {
	Name        string     // GITHUB_EVENT_NAME, as "push"
	Repository  Repository // zero where the payload names none, as that of a schedule may
	PullRequest *PullRequest
}

// PullRequest is the pull request that a workflow runs for.
type PullRequest struct {
	Number     int
	Base, Head string // object ids of commits
	BaseRef    string // the branch to merge into, as "main"
	Fork       bool   // the head is in another repository, or in one that is not there any more
}

// payload is what is read of a webhook's payload, for the events pull_request, pull_request_target and all without a pull
// request. See https://docs.github.com/webhooks/webhook-events-and-payloads.
type payload struct {
	Repository  *repository `json:"repository"`
	PullRequest *struct {
		Number int `json:"number"`
		Base   end `json:"base"`
		Head   end `json:"head"`
	} `json:"pull_request"`
}

type end struct {
	Ref  string      `json:"ref"`
	SHA  string      `json:"sha"`
	Repo *repository `json:"repo"`
}

type repository struct {
	ID       int64  `json:"id"`
	FullName string `json:"full_name"`
}

var objectID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// ParseEvent reads the payload of an event, which is in the file GITHUB_EVENT_PATH. Others write parts of it: what is not as
// it must be is an error.
func ParseEvent(name string, data []byte) (*Event, error) {
	var p payload
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("the payload of the event %q: %w", name, err)
	}
	e := &Event{Name: name}
	if p.Repository != nil {
		var err error
		if e.Repository, err = ParseRepository(p.Repository.FullName); err != nil {
			return nil, fmt.Errorf("the payload of the event %q: %w", name, err)
		}
	}
	if name != "pull_request" && name != "pull_request_target" {
		return e, nil
	}
	if err := p.whole(); err != nil {
		return nil, fmt.Errorf("the payload of the event %q: %w", name, err)
	}
	pr := p.PullRequest
	e.PullRequest = &PullRequest{
		Number: pr.Number, Base: pr.Base.SHA, Head: pr.Head.SHA, BaseRef: pr.Base.Ref,
		Fork: pr.Head.Repo == nil || pr.Head.Repo.ID != p.Repository.ID,
	}
	return e, nil
}

// whole returns an error where a payload lacks what that of a pull request has.
func (p *payload) whole() error {
	pr := p.PullRequest
	switch {
	case p.Repository == nil || p.Repository.ID <= 0:
		return errors.New("it names no repository")
	case pr == nil || pr.Number <= 0:
		return errors.New("it names no pull request")
	case pr.Base.Repo == nil || pr.Base.Repo.ID != p.Repository.ID:
		return errors.New("the pull request is not one to its repository")
	case !objectID.MatchString(pr.Base.SHA) || !objectID.MatchString(pr.Head.SHA):
		return errors.New("it does not name the commits of the pull request")
	}
	return nil
}
