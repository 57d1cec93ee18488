package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-313c021b/gate/gate/github"
)

// mayPublish returns an error where the ledger, which names hosts and versions, would be pushed to where all can read it, and
// the policy does not say that they may; and where it cannot be told who can. Only GitHub is asked: of other places nobody
// knows.
func (p *past) mayPublish(ctx context.Context, places []string) error {
	if p.policy.Ledger != nil && p.policy.Ledger.Public {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, hubTime)
	defer cancel()
	for _, place := range places {
		public, err := p.app.isPublic(ctx, place)
		switch {
		case err != nil:
			code, hint := p.app.mendPublic(err)
			return &exitError{code: code, hint: hint,
				err: fmt.Errorf("the ledger names hosts and versions, and whether all can read %s could not be told, so that it is not pushed there: %w", place, err)}
		case public:
			return &exitError{code: exitUsage, err: fmt.Errorf("the ledger names hosts and versions, and all can read %s, so that it is not pushed there", place),
				hint: "keep it in a private repository, ledger { remote = \"…\" }; or, if all may read it, say so: ledger { public = true }"}
		}
	}
	return nil
}

// mendPublic says what helps where it could not be told who can read a repository, and with which exit code gate ends.
func (a *app) mendPublic(err error) (code int, hint string) {
	code, hint = exitUndecided, "try again when GitHub answers"
	e, answered := errors.AsType[*github.Error](err)
	switch {
	case !answered && !errors.Is(err, context.DeadlineExceeded):
		code, hint = exitUsage, "correct the address that the ledger is pushed to"
	case a.getenv("GITHUB_TOKEN") == "":
		hint = "a token may help: env: GITHUB_TOKEN: ${{ github.token }}"
	case answered && e.Kind == github.Limited:
		hint = againLater
	case answered && e.Kind == github.Unauthorized:
		hint = validToken
	case answered && e.Kind == github.Forbidden:
		hint = "give gate a token that may read the repository, as GITHUB_TOKEN"
	}
	return code, hint + "; where all may read it, the policy says so: ledger { public = true }"
}

// isPublic reports whether all can read what is at a place on GitHub. Elsewhere nothing is.
func (a *app) isPublic(ctx context.Context, place string) (bool, error) {
	h := a.hub()
	path, ours := h.has(place)
	if !ours { // a workflow of another GitHub may push to github.com, and has no token for that
		h = a.hubAt("https://" + githubCom)
		var ok bool
		if path, ok = h.has(place); !ok {
			return false, nil
		}
	}
	r, err := github.ParseRepository(path)
	if err != nil {
		return false, err
	}
	if ours && strings.EqualFold(r.String(), a.getenv("GITHUB_REPOSITORY")) {
		if data, err := a.payload(); err == nil {
			if public, known := github.PublicByEvent(data, r); known {
				return public, nil
			}
		}
	}
	return github.IsPublic(ctx, h.config, r)
}
