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
		if !r.continued {
			r.start = n
		}
		before := strings.TrimRight(trimmed, `\`)
		if r.continued = (len(trimmed)-len(before))%2 == 1; r.continued {
			trimmed = trimmed[:len(trimmed)-1]
		}
		r.piece(strings.TrimRight(trimmed, blanks))
		if r.continued {
			continue
		}
		if err := r.end(); err != nil {
			return err
		}
	}
	if err := r.end(); err != nil {
		return err
	}
	return r.sections.addTo(to)
}

const blanks = " \t\r\f\v"

type systemdReader struct {
	sections  sections
	section   *section
	logical   strings.Builder // the line so far, of which continued ones are made one
	continued bool            // the last line ends with a backslash
	start     int             // the line that it began on
}

// piece adds a line, or what stands before the backslash at its end.
func (r *systemdReader) piece(text string) {
	if r.logical.Len() > 0 && text != "" {
		r.logical.WriteByte(' ')
	}
	r.logical.WriteString(text)
}

// end takes the line that was put together.
func (r *systemdReader) end() error {
	line := r.logical.String()
	r.logical.Reset()
	return r.line(line)
}

// line takes a whole line.
func (r *systemdReader) line(line string) error {
	if line == "" {
		return nil
	}
	if name, ok := strings.CutPrefix(line, "["); ok {
		name, ok = strings.CutSuffix(name, "]")
		if !ok || name == "" {
			return errorAt(r.start, "no closing bracket after the name of a section")
		}
		var err error
		r.section, err = r.sections.open(name, r.start)
		return err
	}
	key, value, ok := strings.Cut(line, "=")
	key, value = strings.TrimRight(key, blanks), strings.TrimLeft(value, blanks)
	if r.section == nil || !ok || key == "" {
		return errorAt(r.start, `wants "key=value" below a "[section]"`)
	}
	if value == "" {
		return r.section.reset(key, drift.String(value), r.start)
	}
	return r.section.set(key, drift.String(value), r.start)
}
