package report

import "io"

// Problem is something that is shown beside a line of a file of the repository. Those that are Severe are errors, others
// warnings.
type Problem struct {
	File           string // empty for none
	Line           int    // 0 for the whole file
	Title, Message string
	Severe         bool
}

// Problems writes workflow commands that show problems.
func Problems(w io.Writer, list []Problem) error {
	var errors, warnings []annotation
	for _, p := range list {
		a := annotation{file: p.File, line: max(1, p.Line), title: printable(p.Title), message: printable(p.Message)}
		if p.Severe {
			errors = append(errors, a)
		} else {
			warnings = append(warnings, a)
		}
	}
	_, err := io.WriteString(w, commands("error", errors)+commands("warning", warnings))
	return err
}

// Value writes a value as JSON, indented, with a line break at the end, and nothing in it that cannot be seen.
func Value(w io.Writer, v any) error { return writeJSON(w, v) }
