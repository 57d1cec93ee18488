package entries

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-313c021b/gate/drift"
)

// parseINI reads a file by the rules of configparser with its default settings: "#" and ";" begin a comment only at the
// beginning of a line, "=" or ":" ends a key, a line that is indented deeper than its key continues the value, and
// nothing is expanded. It takes more than configparser does where other readers of INI do: keys before the first
// section (php.ini), a key without a value, "!include" and "!includedir" (my.cnf), repeated keys and sections.
func parseINI(text string, to *collection) error {
	r := iniReader{to: to}
	r.section = r.sections.open("", 0)
	for n, line := range numbered(text) {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" {
			r.blank()
			continue
		}
		if trimmed[0] == '#' || trimmed[0] == ';' {
			continue
		}
		indent := utf8.RuneCountInString(line) - utf8.RuneCountInString(strings.TrimLeftFunc(line, unicode.IsSpace))
		if r.value != nil && indent > r.indent {
			r.value = append(r.value, trimmed)
			continue
		}
		r.flush()
		r.indent = indent
		if err := r.line(n, trimmed); err != nil {
			return err
		}
	}
	r.flush()
	return r.sections.addTo(to)
}

type iniReader struct {
	to       *collection
	sections sections
	section  *section
	setting  *setting
	value    []string // the lines of the setting's value so far; nil where none can follow
	indent   int      // of the line that the setting began on
}

// blank keeps an empty line, which belongs to the value if more of it follows.
func (r *iniReader) blank() {
	if r.value != nil {
		r.value = append(r.value, "")
	}
}

// flush ends the value that is being read.
func (r *iniReader) flush() {
	if r.value != nil {
		text := strings.TrimRightFunc(strings.Join(r.value, "\n"), unicode.IsSpace)
		r.setting.value = drift.String(text)
		r.value = nil
	}
}

// bareKey is a key without a value. It has no digits, as passwords and tokens do that stand alone in a file: a key is shown
// where a value would not be.
var bareKey = regexp.MustCompile(`^[A-Za-z_.-]+$`)

func (r *iniReader) line(n int, line string) error {
	if strings.HasPrefix(line, "[") {
		if end := strings.LastIndexByte(line, ']'); end > 1 {
			if rest := strings.TrimSpace(line[end+1:]); rest != "" && rest[0] != '#' && rest[0] != ';' {
				return errorAt(n, "text after the name of a section")
			}
			r.section = r.sections.open(line[1:end], n)
			return nil
		}
	}
	if word, path, ok := strings.Cut(line, " "); ok && (word == "!include" || word == "!includedir") {
		return r.to.add(word, drift.String(strings.TrimSpace(path)), n)
	}
	r.setting = &setting{line: n}
	end := strings.IndexAny(line, "=:")
	switch {
	case end > 0:
		r.setting.key = strings.TrimRightFunc(line[:end], unicode.IsSpace)
		r.value = []string{strings.TrimSpace(line[end+1:])}
	case bareKey.MatchString(line):
		r.setting.key, r.setting.value = line, drift.Null()
	default:
		return errorAt(n, `wants "[section]" or "key = value"`)
	}
	r.section.settings = append(r.section.settings, r.setting)
	return nil
}
