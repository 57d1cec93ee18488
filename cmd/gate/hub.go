package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/gate/github"
)

// hub is a GitHub: where its repositories are, and how it is asked.
type hub struct {
	host   string
	config github.Config
}

const githubCom = "github.com"

// How long what is not the report itself may wait for GitHub: nothing may hang by it.
const (
	hubTime     = 2 * time.Minute
	hubPatience = 30 * time.Second
)

// hub returns the GitHub of the workflow, github.com where there is none. It is the one that may be sent the token.
func (a *app) hub() hub {
	h := a.hubAt(strings.TrimSuffix(cmp.Or(a.getenv("GITHUB_SERVER_URL"), "https://"+githubCom), "/"))
	h.config.API = cmp.Or(a.getenv("GITHUB_API_URL"), h.config.API)
	h.config.GraphQL = cmp.Or(a.getenv("GITHUB_GRAPHQL_URL"), h.config.GraphQL)
	h.config.Token = a.getenv("GITHUB_TOKEN")
	return h
}

// hubAt returns the GitHub whose pages are at an address. It is asked without a token.
func (a *app) hubAt(server string) hub {
	h := hub{config: a.github}
	if u, err := url.Parse(server); err == nil {
		h.host = strings.ToLower(u.Hostname())
	}
	h.config.API, h.config.GraphQL = server+"/api/v3", server+"/api/graphql"
	if h.host == githubCom {
		h.config.API, h.config.GraphQL = "https://api.github.com", "https://api.github.com/graphql"
	}
	h.config.Patience = cmp.Or(h.config.Patience, hubPatience)
	return h
}

// What helps, whatever GitHub is asked.
const (
	againLater = "try again within the hour: the token has asked GitHub as often as it may" // a primary limit is over by then
	validToken = "give gate a token that is still valid, as GITHUB_TOKEN"
)

// because adds to an error of GitHub's what stands behind it, or helps, where it is of one of some kinds.
func because(err error, why string, kinds ...github.Kind) error {
	if github.Is(err, kinds...) {
		return fmt.Errorf("%w (%s)", err, why)
	}
	return err
}

// has reports whether an address, as host/path, is on this GitHub, and returns the path.
func (h hub) has(address string) (path string, ok bool) {
	host, path, _ := strings.Cut(address, "/")
	if host == "ssh."+githubCom || host == "www."+githubCom {
		host = githubCom
	}
	return path, host != "" && host == h.host
}

// mirrors returns the repository on GitHub whose deployments mirror the ledger: that of the policy, which is the one that the
// workflow runs in, if it runs in one. The error says why there is none.
func (p *past) mirrors(ctx context.Context) (hub, github.Repository, error) {
	h := p.app.hub()
	switch {
	case p.app.flags.offline:
		return h, github.Repository{}, errors.New("the ledger's remote is not asked (--offline), so that others do not have the event yet")
	case p.app.flags.ledger == "" && (p.policy.Ledger == nil || p.policy.Ledger.Remote == ""):
		return h, github.Repository{}, errors.New("the policy names no remote for the ledger, so that nobody else could find the event")
	}
	address, err := p.repository.Address(ctx, "origin")
	if err != nil {
		return h, github.Repository{}, err
	}
	runs := p.app.getenv("GITHUB_REPOSITORY")
	path, ok := h.has(address)
	if r, err := github.ParseRepository(path); ok && err == nil && (runs == "" || strings.EqualFold(runs, r.String())) {
		return h, r, nil
	}
	return h, github.Repository{}, fmt.Errorf("the policy's repository is not %s", strings.TrimSpace(runs+" on "+h.host))
}
