package main

import (
	"io"
	"strings"
)

// summarized runs what gives no verdict, and adds what it says to the job's summary, where --github asks for that.
func (a *app) summarized(run func() error) error {
	if err := a.githubFits(); err != nil {
		return err
	}
	if !a.reportsTo("summary") {
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
	a.summarize(said.String())
	return err
}

// summarize adds a text to the job's summary, as it is.
func (a *app) summarize(text string) {
	if err := appendTo(a.getenv("GITHUB_STEP_SUMMARY"), []byte(asCode(text))); err != nil {
		a.warn("--github summary: " + err.Error())
	}
}

// asCode writes lines as a block of code, by indenting them: nothing in them can end it.
func asCode(text string) string {
	return "\n    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") + "\n\n"
}
