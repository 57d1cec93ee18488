package report

import (
	"fmt"
	"slices"
)

// annotations returns one for each line of the pull request's policy that stops its job, and for what the base's has and it
// lacks. Nil has none.
func (h *HeadPolicy) annotations(path string) []annotation {
	if h == nil {
		return nil
	}
	at := func(title string, l PolicyLine) annotation {
		a := annotation{file: path, line: 1, title: "gate: the policy " + title, message: printable(l.Text)}
		switch {
		case l.At == nil:
		case l.Base:
			a.message = fmt.Sprintf("%s (%s:%d at %s)", a.message, printable(l.At.File), l.At.Line, printable(h.Base))
		default:
			a.file, a.line = l.At.File, l.At.Line
		}
		return a
	}
	var list []annotation
	for _, l := range h.Mistakes {
		list = append(list, at("is invalid", l))
	}
	for _, l := range slices.Concat(h.Weaker, h.lost()) {
		list = append(list, at("is weaker", l))
	}
	for _, l := range h.Uncompared {
		list = append(list, at("could not be compared", l))
	}
	return list
}
