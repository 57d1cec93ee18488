package main

import (
	"fmt"

	"github.com/seed-313c021b/gate/gate/github"
)

// githubEvent reads why the workflow runs.
func (a *app) githubEvent() (*github.Event, error) {
	data, err := a.payload()
	if err != nil {
		return nil, err
	}
	e, err := github.ParseEvent(a.getenv("GITHUB_EVENT_NAME"), data)
	if err != nil {
		return nil, err
	}
	if r := e.Repository.String(); e.PullRequest != nil && r != a.getenv("GITHUB_REPOSITORY") {
		return nil, fmt.Errorf("the event is about %s, and the workflow runs in %s", r, a.getenv("GITHUB_REPOSITORY"))
	}
	return e, nil
}

// payload returns that of the event that the workflow runs for.
func (a *app) payload() ([]byte, error) {
	data, err := readAtMost(a.getenv("GITHUB_EVENT_PATH"), maxPayload)
	if err != nil {
		return nil, fmt.Errorf("the event that the workflow runs for, GITHUB_EVENT_PATH, cannot be read: %w", cause(err))
	}
	return data, nil
}
