package main

import (
	"bytes"
	"io"
	"regexp"
)

// inert is a stream of a step of GitHub Actions in which no line is a workflow command. Hosts, repositories and people have
// written parts of what gate says, and a runner obeys "##[" anywhere in a line, and "::" at its beginning: what they could do
// is to hide lines of the log, or to have others shown as errors. See src/Runner.Common/ActionCommand.cs of actions/runner.
// What stands in their place means the same in JSON.
type inert struct{ io.Writer }

var atLineStart = regexp.MustCompile(`(?m)^(\s*)::`)

func (w inert) Write(data []byte) (int, error) {
	harmless := bytes.ReplaceAll(data, []byte("##["), []byte(`##\u005b`))
	harmless = atLineStart.ReplaceAll(harmless, []byte(`${1}\u003a:`))
	if _, err := w.Writer.Write(harmless); err != nil {
		return 0, err
	}
	return len(data), nil
}

// commands returns a stream in which workflow commands are obeyed.
func commands(w io.Writer) io.Writer {
	if w, ok := w.(inert); ok {
		return w.Writer
	}
	return w
}
