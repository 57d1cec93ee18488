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
	r.section, _ = r.sections.open("", 0)
	for n, line := range numbered(text) {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" {
			r.blanks++
			continue
		}
		if trimmed[0] == '#' || trimmed[0] == ';' {
			continue
		}
		indent := utf8.RuneCountInString(line) - utf8.RuneCountInString(strings.TrimLeftFunc(line, unicode.IsSpace))
		if r.open && indent > r.indent {
			r.value.WriteString(strings.Repeat("\n", 1+r.blanks) + trimmed)
			r.blanks = 0
			continue
		}
		if err := r.flush(); err != nil {
			return err
		}
		r.blanks, r.indent = 0, indent
		if err := r.take(n, trimmed); err != nil {
			return err
		}
	}
	if err := r.flush(); err != nil {
		return err
	}
	return r.sections.addTo(to)
}

type iniReader struct {
	to       *collection
	sections sections
	section  *section
	indent   int // of the line that the setting began on

	open   bool // more of the setting's value may follow
	key    string
	line   int
	value  strings.Builder // so far
	blanks int             // empty lines behind it, which belong to the value if more of it follows
}

// flush ends the value that is being read.
func (r *iniReader) flush() error {
	if !r.open {
		return nil
	}
	text := strings.TrimRightFunc(r.value.String(), unicode.IsSpace)
	r.open, r.blanks = false, 0
	r.value.Reset()
	return r.section.set(r.key, drift.String(text), r.line)
}

// bareKey is a key without a value. It has no digits, as passwords and tokens do that stand alone in a file: a key is shown
// where a value would not be.
var bareKey = regexp.MustCompile(`^[A-Za-z_.-]+$`)

// take reads a line that continues nothing.
func (r *iniReader) take(n int, line string) error {
	if strings.HasPrefix(line, "[") {
		if end := strings.LastIndexByte(line, ']'); end > 1 {
			if rest := strings.TrimSpace(line[end+1:]); rest != "" && rest[0] != '#' && rest[0] != ';' {
				return errorAt(n, "text after the name of a section")
			}
			var err error
			r.section, err = r.sections.open(line[1:end], n)
			return err
		}
	}
	if word, path, ok := strings.Cut(line, " "); ok && (word == "!include" || word == "!includedir") {
		return r.to.add(word, drift.String(strings.TrimSpace(path)), n)
	}
	end := strings.IndexAny(line, "=:")
	switch {
	case end > 0:
		r.open, r.key, r.line = true, strings.TrimRightFunc(line[:end], unicode.IsSpace), n
		r.value.WriteString(strings.TrimSpace(line[end+1:]))
		return nil
	case bareKey.MatchString(line):
		return r.section.set(line, drift.Null(), n)
	}
	return errorAt(n, `wants "[section]" or "key = value"`)
}
