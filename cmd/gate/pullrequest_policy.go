package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/hashicorp/hcl/v2"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/report"
	"github.com/seed-313c021b/gate/policies"
)

// basePolicy reads the policy that decides. Its mistakes are not the pull request's, and nothing can be judged by it.
func (p *pullRequest) basePolicy(ctx context.Context) (*policies.Policy, error) {
	a, place := p.app, fmt.Sprintf("the policy of %s, %s at %s,", p.baseName(), p.path, short(p.event.Base))
	files, err := p.repository.Files(ctx, p.event.Base, p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, p.withoutBase(ctx)
	}
	if err != nil {
		return nil, failure(exitUsage, err)
	}
	policy, diags := policies.Load(files, p.path)
	if err := a.diagnose(diags, files); err != nil {
		if exit, ok := errors.AsType[*exitError](err); ok {
			exit.err = fmt.Errorf("%s is invalid: nothing can be judged by it, and this pull request is not the cause", place)
		}
		return nil, err
	}
	return policy, a.accepts(policy)
}

// withoutBase says that the base has no policy: a pull request may bring the first one.
func (p *pullRequest) withoutBase(ctx context.Context) error {
	if _, err := p.repository.Files(ctx, p.candidate, p.path); err == nil {
		return &exitError{code: exitUndecided, err: fmt.Errorf("%s has no policy %s yet, so that nothing was judged: it begins with the merge of this pull request", p.baseName(), p.path),
			hint: "gate validate says whether this one is valid"}
	}
	return &exitError{code: exitUsage, err: fmt.Errorf("%s has no policy %s, at %s", p.baseName(), p.path, short(p.event.Base)),
		hint: "--policy names the policy (default gate.hcl); gate init writes one"}
}

// headPolicy reads the policy that the pull request brings, as it would be after the merge: nil where that is the base's, and
// where it is none. Then its mistakes are noted.
func (p *pullRequest) headPolicy(ctx context.Context) (*policies.Policy, error) {
	changed, err := p.changesPolicy(ctx)
	if err != nil || !changed {
		return nil, err
	}
	h := &report.HeadPolicy{
		Base: p.baseName(), BaseCommit: p.event.Base, Commit: p.candidate, Files: p.app.address("blob", p.event.Head),
	}
	mistake := func(text string) (*policies.Policy, error) {
		p.head = h
		h.Mistakes = append(h.Mistakes, report.PolicyLine{Text: text})
		return nil, nil
	}
	files, err := p.repository.Files(ctx, p.candidate, p.path)
	switch exit, _ := errors.AsType[*exitError](wrapped(exitUsage, err)); {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, fs.ErrNotExist):
		return mistake("there is no policy " + p.path + " any more")
	case err != nil && exit.code == exitUsage:
		return mistake(err.Error())
	case err != nil:
		return nil, exit
	}
	policy, diags := policies.Load(files, p.path)
	if policy != nil && policy.Digest == p.base.Digest {
		return nil, nil
	}
	p.head = h
	if err := p.app.diagnose(diags, files); err != nil {
		for _, d := range mistakes(diags) {
			h.Mistakes = append(h.Mistakes, lineOf(d))
		}
		return nil, nil
	}
	if accepted, _ := policy.Gate.Accepts(versionOf()); !accepted {
		return mistake(fmt.Sprintf("it wants gate %s, and this is %s", policy.Gate.RequiredVersion, versionOf()))
	}
	return policy, nil
}

// changesPolicy reports whether the policy is changed by the pull request itself, as far as that is known: what has changed in
// the base since the pull request left it is not its doing.
func (p *pullRequest) changesPolicy(ctx context.Context) (bool, error) {
	if p.before == "" || p.before != p.event.Base && p.get(ctx, p.before) != nil {
		return true, ctx.Err()
	}
	alike, err := p.repository.Alike(ctx, p.path, p.before, p.candidate)
	if err != nil {
		return true, ctx.Err() // what it is instead of a policy is told when it is read
	}
	return !alike, nil
}

// mistakes returns those of diagnostics that are errors.
func mistakes(diags hcl.Diagnostics) hcl.Diagnostics {
	var list hcl.Diagnostics
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			list = append(list, d)
		}
	}
	return list
}

// lineOf returns a mistake as a line for a report.
func lineOf(d *hcl.Diagnostic) report.PolicyLine {
	line := report.PolicyLine{Text: d.Summary}
	if d.Detail != "" {
		line.Text += ": " + d.Detail
	}
	if d.Subject != nil && d.Subject.Filename != "" {
		line.At = &gate.Position{File: d.Subject.Filename, Line: d.Subject.Start.Line}
	}
	return line
}

// linesOf returns differences between policies as lines for a report.
func linesOf(list []policies.Difference) []report.PolicyLine {
	var lines []report.PolicyLine
	for _, d := range list {
		line := report.PolicyLine{Text: d.What, Base: d.InBase}
		if d.Range.Filename != "" {
			line.At = &gate.Position{File: d.Range.Filename, Line: d.Range.Start.Line}
		}
		lines = append(lines, line)
	}
	return lines
}
