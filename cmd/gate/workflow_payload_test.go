package main

import (
	"encoding/json"
	"strings"

	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

// payload returns the payload of an event as GitHub publishes it, with some of its fields set, by their paths.
func (p *project) payload(name string, fields map[string]any) string {
	p.t.Helper()
	text, err := githubtest.Payload(name)
	p.check(err)
	var payload map[string]any
	p.check(json.Unmarshal(text, &payload))
	payload["repository"].(map[string]any)["default_branch"] = "main"
	for path, value := range fields {
		keys := strings.Split(path, ".")
		within := payload
		for _, key := range keys[:len(keys)-1] {
			within = within[key].(map[string]any)
		}
		within[keys[len(keys)-1]] = value
	}
	text, err = json.Marshal(payload)
	p.check(err)
	return string(text)
}

// pushed is a commit that came to main.
func (p *project) pushed(commit string) occasion {
	return occasion{name: "push", at: "main", token: githubtest.Token, payload: p.payload("push", map[string]any{
		"ref": "refs/heads/main", "after": commit, "created": false, "head_commit.id": commit,
	})}
}

// dispatched is somebody who wants to promote a revision.
func (p *project) dispatched(revision string) occasion {
	return occasion{name: "workflow_dispatch", at: "main", token: githubtest.Token, payload: p.payload("workflow_dispatch", map[string]any{
		"ref": "refs/heads/main", "inputs": map[string]any{"revision": revision},
	})}
}

// night is the time of the nightly check. GitHub publishes no payload of that: it has the schedule, and the repository.
func (p *project) night() occasion {
	var payload map[string]any
	p.check(json.Unmarshal([]byte(p.payload("push", nil)), &payload))
	text, err := json.Marshal(map[string]any{"schedule": "17 2 * * *", "repository": payload["repository"]})
	p.check(err)
	return occasion{name: "schedule", at: "main", token: githubtest.Token, payload: string(text)}
}

// opened is a pull request, of a branch or of a fork, that wants to bring a commit to main.
func (p *project) opened(name, head string) occasion {
	p.t.Helper()
	base := p.run(p.repo, "git", "rev-parse", "main")
	p.run(p.repo, "git", "checkout", "-q", "--detach", "main")
	p.runWith([]string{"GIT_COMMITTER_DATE=2026-11-23T12:00:00Z", "GIT_AUTHOR_DATE=2026-11-23T12:00:00Z"}, p.repo, "git", "merge", "-q", "--no-ff", "-m", "Merge pull request #2", head)
	p.run(p.repo, "git", "push", "-q", "-f", "origin", "HEAD:refs/pull/2/merge", head+":refs/pull/2/head")
	p.run(p.repo, "git", "checkout", "-q", "main")
	e := occasion{name: "pull_request", at: "refs/pull/2/merge", token: githubtest.Token, keyless: true, payload: p.payload(name, map[string]any{
		"pull_request.base.sha": base, "pull_request.base.ref": "main", "pull_request.head.sha": head,
	})}
	if name == "pull_request_fork" {
		e.token = githubtest.ForkToken
	}
	return e
}
