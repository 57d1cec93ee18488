// Package report writes a verdict for its readers: one file a format. It is pure, and decides nothing.
//
// Everything in a verdict that a host, a policy or a repository says is taken for hostile here: each format escapes it
// for where it goes. What may not be shown at all is not in a verdict: see drift.Safe.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// Options say how to write a report. The zero Options are for a file.
type Options struct {
	Color   bool          // whether escape sequences for colours may be used
	Elapsed time.Duration // how long reading the hosts took; 0 when none was read
	Exit    int           // the exit code that goes with it
	Origin  string        // where the verdict comes from when no host was read for it, as "result of 20 Nov 02:17 UTC"
}

// Format is a way to write a verdict.
type Format struct {
	Name, Doc string
	Write     func(io.Writer, *gate.Verdict, Options) error
}

// Formats returns all formats, sorted by name.
func Formats() []Format {
	return []Format{
		{"json", "for programs; the schema is versioned (gate/report/verdict.schema.json)", JSON},
		{"markdown", "for GitHub: job summaries, comments", Markdown},
		{"sarif", "for code scanning: SARIF 2.1.0", SARIF},
		{"text", "for people, at most 100 columns", Text},
	}
}

// Named returns the format of a name. The error lists those there are.
func Named(name string) (Format, error) {
	formats := Formats()
	i := slices.IndexFunc(formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		var names []string
		for _, f := range formats {
			names = append(names, f.Name)
		}
		return Format{}, fmt.Errorf("there is no report format %q; there are %s", name, strings.Join(names, ", "))
	}
	return formats[i], nil
}
