package main

import (
	"context"
	"errors"
	"strings"

	"github.com/seed-313c021b/gate/gate/report"
)

// unjudged tells GitHub why there is no verdict, where --github asks for a comment or a summary, and returns the error: what
// a comment said before must not stay there as if it held still. An interrupted run says nothing, since another takes its
// place. The policy is that of a commit, where that is known.
func (a *app) unjudged(ctx context.Context, policy, at string, cause error) error {
	if ctx.Err() != nil || a.flags.to == "" || !a.reportsTo("comment") && !a.reportsTo("summary") {
		return cause
	}
	limited, cancel := context.WithTimeout(ctx, deliveryTime)
	defer cancel()
	d := &delivery{app: a}
	if err := d.prepare(limited); err != nil {
		a.warn("--github: " + err.Error())
	}
	if at != "" {
		d.options.Files = a.address("blob", at)
	}
	summary := a.reportsTo("summary")
	if a.reportsTo("comment") {
		body := report.Unjudged(policy, a.flags.to, a.why(cause), d.options)
		if err := d.put(limited, report.Marker(policy, a.flags.to), body); err != nil {
			summary = d.lacks("comment", commentUnwritten, err) || summary
		}
	}
	if summary && ctx.Err() == nil {
		text := report.UnjudgedSummary(policy, a.flags.to, a.why(cause), d.options)
		d.fails("summary", appendTo(a.getenv("GITHUB_STEP_SUMMARY"), []byte(text)))
	}
	return cause
}

// why says what an error is about, a line for each mistake of a policy.
func (a *app) why(err error) string {
	lines := []string{err.Error()}
	if exit, ok := errors.AsType[*exitError](err); ok {
		switch {
		case exit.err == nil && len(exit.mistakes) > 0:
			lines[0] = "The policy is invalid."
		case exit.hint != "":
			lines = append(lines, exit.hint)
		}
		for _, d := range exit.mistakes {
			lines = append(lines, lineOf(d).String())
		}
	}
	text := strings.Join(lines, "\n")
	if token := strings.TrimSpace(a.getenv("GITHUB_TOKEN")); token != "" {
		text = strings.ReplaceAll(text, token, "***")
	}
	return text
}
