package main

import (
	"io"
	"slices"
	"strings"
)

// summarized runs what gives no verdict, and adds what it says to the job's summary, where --github asks for that.
func (a *app) summarized(run func() error) error {
	if err := a.githubFits(); err != nil {
		return err
	}
	if !slices.Contains(a.flags.github, "summary") {
		return run()
	}
	var said strings.Builder
	out := a.out
	a.out = io.MultiWriter(out, &said)
	err := run()
	a.out = out
	if err != nil {
		said.WriteString(harmless("gate: " + err.Error()))
	}
	if err := appendTo(a.getenv("GITHUB_STEP_SUMMARY"), []byte(asCode(said.String()))); err != nil {
		a.warn("--github summary: " + err.Error())
	}
	return err
}

// asCode writes lines as a block of code, by indenting them: nothing in them can end it.
func asCode(text string) string {
	return "\n    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") + "\n\n"
}
