package entries

import (
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// parseSystemd reads a unit, a drop-in or another file of systemd.syntax(7). An empty assignment drops what stood at the
// key before it and stays as the list's first item, since in a drop-in it drops what the unit says. Specifiers and
// quotes are kept. The white space where a line is continued becomes one space.
func parseSystemd(text string, to *collection) error {
	r := systemdReader{}
	for n, line := range numbered(text) {
		trimmed := strings.TrimLeft(line, blanks)
		if strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, ";") {
			continue // which does not end a continued line
		}
		if r.continued == "" {
			r.start = n
		} else {
			trimmed = strings.TrimRight(r.continued, blanks) + " " + trimmed
		}
		before := strings.TrimRight(trimmed, `\`)
		if (len(trimmed)-len(before))%2 == 1 {
			r.continued = trimmed[:len(trimmed)-1] + " "
			continue
		}
		r.continued = ""
		if err := r.line(strings.Trim(trimmed, blanks)); err != nil {
			return err
		}
	}
	if err := r.line(strings.Trim(r.continued, blanks)); err != nil {
		return err
	}
	return r.sections.addTo(to)
}

const blanks = " \t\r\f\v"

type systemdReader struct {
	sections  sections
	section   *section
	continued string // the lines so far that end with a backslash
	start     int    // the line that they, or the current line, began on
}

// line takes a whole line, of which continued ones have been made one.
func (r *systemdReader) line(line string) error {
	if line == "" {
		return nil
	}
	if name, ok := strings.CutPrefix(line, "["); ok {
		name, ok = strings.CutSuffix(name, "]")
		if !ok || name == "" {
			return errorAt(r.start, "no closing bracket after the name of a section")
		}
		r.section = r.sections.open(name, r.start)
		return nil
	}
	key, value, ok := strings.Cut(line, "=")
	key, value = strings.TrimRight(key, blanks), strings.TrimLeft(value, blanks)
	if r.section == nil || !ok || key == "" {
		return errorAt(r.start, `wants "key=value" below a "[section]"`)
	}
	if value == "" {
		r.section.drop(key)
	}
	r.section.settings = append(r.section.settings, &setting{key: key, value: drift.String(value), line: r.start})
	return nil
}
