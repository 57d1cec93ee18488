package report

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

// maxAnnotations is how many errors, and how many warnings, GitHub shows of a step.
const maxAnnotations = 10

// Annotations writes workflow commands that show findings beside the lines they are about: the policy's, and those of the
// changed files, which are paths in the repository. In a pull request, and in report mode, nothing is an error.
func Annotations(w io.Writer, v *gate.Verdict, changed []string, o CommentOptions) error {
	var errors, warnings []annotation
	for _, f := range v.Findings {
		if f.Code == inFlight || o.PullRequest && awaited(f) { // what the change itself does is no alarm
			continue
		}
		list := annotate(v, f, changed, o)
		switch {
		case f.Effect == gate.Informs || o.PullRequest || v.ReportOnly():
			warnings = append(warnings, list...)
		case len(list) > 0:
			errors = append(errors, list...)
		default: // it stops the job, so that it is said even without a line
			errors = append(errors, about(f))
		}
	}
	if head := o.Head.annotations(v.Policy.Path); o.Head != nil && o.Head.Stops {
		errors = append(head, errors...)
	} else {
		warnings = append(head, warnings...)
	}
	_, err := io.WriteString(w, commands("error", errors)+commands("warning", warnings))
	return err
}

// annotation is one workflow command, but for its name.
type annotation struct {
	file           string
	line           int
	title, message string
}

// about returns the annotation of a finding, without a place.
func about(f gate.Finding) annotation {
	lines := []string{printable(f.Title)}
	for _, line := range f.Detail[:min(2, len(f.Detail))] {
		lines = append(lines, printable(line))
	}
	return annotation{title: "gate: " + printable(f.Code), message: strings.Join(append(lines, fmt.Sprintf("More: gate explain %d", f.Number)), "\n")}
}

// annotate returns an annotation for each place in the repository that a finding is about.
func annotate(v *gate.Verdict, f gate.Finding, changed []string, o CommentOptions) []annotation {
	var list []annotation
	if f.Policy != nil && ofPolicy(v, f.Policy.File) && o.Head == nil { // the lines of the base's policy are other ones
		a := about(f)
		a.file, a.line = f.Policy.File, f.Policy.Line
		list = append(list, a)
	}
	for _, file := range changed {
		if isAbout(f, file, changed) {
			a := about(f)
			a.file, a.line = file, 1
			list = append(list, a)
		}
	}
	return list
}

// ofPolicy reports whether a file is one of the policy's own, which the repository has: not one of the embedded rule sets.
func ofPolicy(v *gate.Verdict, file string) bool {
	own := path.Clean(v.Policy.Path)
	return !path.IsAbs(own) && (file == own || path.Dir(file) == own && !strings.HasPrefix(file, "builtin/"))
}

// isAbout reports whether a finding is about a changed file: it names it, or a file on a host that ends in its path, or
// that has its name where no other changed file has it.
func isAbout(f gate.Finding, file string, changed []string) bool {
	if f.Code == "promotion.unowned" {
		return slices.Contains(f.Detail, file)
	}
	alike := 0
	for _, other := range changed {
		if path.Base(other) == path.Base(file) {
			alike++
		}
	}
	return slices.ContainsFunc(f.Items, func(item gate.Item) bool {
		address, err := drift.ParseAddress(item.Address)
		if err != nil || address.Collector() != "file" || len(address.Steps()) < 2 {
			return false
		}
		there := address.Steps()[1].Text
		return strings.HasSuffix(there, "/"+file) || alike == 1 && path.Base(there) == path.Base(file)
	})
}

// commands writes annotations as workflow commands. Where there are too many, the last one counts the rest.
func commands(name string, list []annotation) string {
	if n := len(list) - maxAnnotations + 1; n > 1 {
		list = append(slices.Clone(list[:maxAnnotations-1]), annotation{title: "gate", message: fmt.Sprintf("%d more like these: see the report", n)})
	}
	var b strings.Builder
	for _, a := range list {
		fmt.Fprintf(&b, "::%s ", name)
		if a.file != "" {
			fmt.Fprintf(&b, "file=%s,line=%d,", property(printable(a.file)), a.line)
		}
		fmt.Fprintf(&b, "title=%s::%s\n", property(a.title), data(a.message))
	}
	return b.String()
}

// data escapes the message of a workflow command, and property a value of its list, as GitHub's own toolkit does
// (actions/toolkit, packages/core/src/command.ts).
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}
