package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-313c021b/gate/gate/ledger"
)

// open opens the repository of the pull request, and finds the policy's path in it. Names count as they are written: what is
// checked out is the pull request's, and where its links lead is of no interest.
func (p *pullRequest) open(ctx context.Context) error {
	whole, err := filepath.Abs(p.app.flags.policy)
	if err != nil {
		return err
	}
	for _, folder := range p.folders(whole) {
		p.repository, err = p.app.openRepository(ctx, folder)
		if err == nil {
			p.app.folder = folder
			break
		}
	}
	if err != nil {
		return failure(exitUsage, err)
	}
	top, err := os.Stat(p.repository.Top)
	if err != nil {
		return err
	}
	for _, folder := range descent(string(filepath.Separator), whole) {
		if info, err := os.Stat(folder); err == nil && os.SameFile(info, top) {
			inside, err := filepath.Rel(folder, whole)
			if err != nil {
				return err
			}
			p.path = filepath.ToSlash(inside)
			return nil
		}
	}
	return usage("--policy %s is not in the repository %s", p.app.flags.policy, p.repository.Top)
}

// folders returns where the repository may be: the workspace, or the working directory, and what leads from there to the
// policy.
func (p *pullRequest) folders(policy string) []string {
	here, err := os.Getwd()
	for _, from := range []string{p.app.getenv("GITHUB_WORKSPACE"), here} {
		if list := descent(filepath.Clean(from), filepath.Dir(policy)); from != "" && err == nil && list != nil {
			return list
		}
	}
	return []string{filepath.Dir(policy)}
}

// descent returns the folders that lead from one to another below it, both included; nil where it is not below.
func descent(from, to string) []string {
	inside, err := filepath.Rel(from, to)
	if err != nil || !filepath.IsLocal(inside) {
		return nil
	}
	list := []string{from}
	for part := range strings.SplitSeq(filepath.ToSlash(inside), "/") {
		if part != "." {
			from = filepath.Join(from, part)
			list = append(list, from)
		}
	}
	return list
}

// choose gets the commit of the base, and finds the one to judge: what the base would be after the merge, where GitHub has merged
// it, else the head. Then the base is what GitHub has merged into: that of the event is what the branch was when the pull
// request was pushed to last, or opened.
func (p *pullRequest) choose(ctx context.Context) error {
	merge, onto, err := p.merged(ctx)
	if err != nil {
		return err
	}
	if onto != "" {
		p.event.Base = onto
	}
	if err := p.get(ctx, p.event.Base); err != nil {
		return err
	}
	switch {
	case p.question.revision != "":
		commit, err := p.repository.Resolve(ctx, p.question.revision)
		if err != nil {
			return failure(exitUsage, fmt.Errorf("--revision %s: %w", p.question.revision, err))
		}
		p.candidate = commit
	case merge != "":
		p.candidate, p.before, p.question.revision = merge, onto, merge
	default:
		if err := p.get(ctx, p.event.Head); err != nil {
			return err
		}
		p.candidate, p.question.revision = p.event.Head, p.event.Head
	}
	if p.before == "" {
		p.before, _ = p.repository.MergeBase(ctx, p.event.Base, p.candidate) // of a shallow clone it is not known
	}
	return ctx.Err()
}

// merged returns the commit that GitHub has merged for the workflow, and what it has merged the head into; nothing where that is not
// known. For pull_request_target it has merged nothing, and runs what is the newest commit of the default branch, which may be the
// base.
func (p *pullRequest) merged(ctx context.Context) (merge, onto string, err error) {
	merge = p.app.getenv("GITHUB_SHA")
	ofBase := p.named == "pull_request_target" && p.app.getenv("GITHUB_REF") == "refs/heads/"+p.event.BaseRef
	if !commit.MatchString(merge) || p.named != "pull_request" && !ofBase {
		return "", "", nil
	}
	if _, err := p.repository.Resolve(ctx, merge); err != nil { // a job that has checked out the head does not have it
		if err = p.repository.Fetch(ctx, "origin", merge); err != nil {
			p.app.tell("the commit %s of the workflow, GITHUB_SHA, cannot be fetched from origin: %s is taken to be at %s, as the event says", short(merge), p.baseName(), short(p.event.Base))
			return "", "", ctx.Err()
		}
	}
	if ofBase {
		return "", merge, nil
	}
	parents, err := p.repository.Parents(ctx, merge)
	if err != nil {
		return "", "", failure(exitUndecided, err)
	}
	if len(parents) == 2 && parents[1] == p.event.Head {
		return merge, parents[0], nil
	}
	return "", "", nil
}

// get gets a commit, from the remote where the clone lacks it.
func (p *pullRequest) get(ctx context.Context, commit string) error {
	_, err := p.repository.Resolve(ctx, commit)
	if _, missing := errors.AsType[*ledger.MissingError](err); !missing {
		return wrapped(exitUndecided, err)
	}
	p.app.tell("this clone does not have the commit %s; it is fetched from origin", short(commit))
	if err = p.repository.Fetch(ctx, "origin", commit); err == nil {
		_, err = p.repository.Resolve(ctx, commit)
	}
	if err != nil {
		return &exitError{code: exitUndecided, err: fmt.Errorf("this clone does not have the commit %s, and it could not be fetched: %w", short(commit), err),
			hint: "check out the whole history: actions/checkout with fetch-depth: 0"}
	}
	return nil
}

// wrapped is failure, of what may be no error.
func wrapped(code int, err error) error {
	if err == nil {
		return nil
	}
	return failure(code, err)
}

// changed returns the files that the pull request changes, as git tells them; none where that is not known.
func (p *pullRequest) changed(ctx context.Context) []string {
	if p == nil || p.before == "" {
		return nil
	}
	files, err := p.repository.Differing(ctx, p.before, p.candidate)
	if err != nil {
		return nil
	}
	return files
}
