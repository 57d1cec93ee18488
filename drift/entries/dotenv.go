package entries

import (
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// parseDotenv reads assignments of environment variables. Readers of such files differ in what they expand, so nothing
// is expanded: a value is given as it would be written between double quotes, which keeps what readers tell apart, as
// "$A" (a variable), '$A' (a dollar, given as \$A) and a backslash. Quoted values may go over several lines; a comment
// is "#" at the beginning or behind white space. A name alone, which takes its value from elsewhere, is null.
func parseDotenv(text string, to *collection) error {
	r := dotenvReader{text: text, line: 1}
	counted := 0
	for r.text != "" {
		at := len(text) - len(r.text)
		r.line += strings.Count(text[counted:at], "\n")
		counted = at
		line, rest, _ := strings.Cut(r.text, "\n")
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed[0] == '#' {
			r.text = rest
			continue
		}
		if err := r.assignment(to); err != nil {
			return err
		}
	}
	return nil
}

type dotenvReader struct {
	text string // what is still to be read
	line int
}

func (r *dotenvReader) assignment(to *collection) error {
	key := r.key()
	if key == "export" && strings.TrimLeft(r.text, " \t") != r.text {
		if next := r.key(); next != "" {
			key = next
		}
	}
	if key == "" {
		return errorAt(r.line, `wants "KEY=value"`)
	}
	var assigned bool
	r.text = strings.TrimLeft(r.text, " \t")
	if r.text, assigned = strings.CutPrefix(r.text, "="); !assigned {
		if rest := r.unquoted(); rest != "" || !bareKey.MatchString(key) {
			return errorAt(r.line, `wants "=" after the key`)
		}
		return to.add(key, drift.Null(), r.line)
	}
	r.text = strings.TrimLeft(r.text, " \t")
	value, err := r.value()
	if err != nil {
		return err
	}
	return to.add(key, drift.String(value), r.line)
}

// key reads the name of a variable, behind blanks. It returns "" where there is none.
func (r *dotenvReader) key() string {
	text := strings.TrimLeft(r.text, " \t")
	i := 0
	for i < len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c != '.' && c != '-' && (c < '0' || c > '9')) {
			break
		}
		i++
	}
	if i > 0 {
		r.text = text[i:]
	}
	return text[:i]
}

var asInDoubleQuotes = strings.NewReplacer(`\`, `\\`, "$", `\$`, "`", "\\`")

func (r *dotenvReader) value() (string, error) {
	if r.text == "" {
		return "", nil
	}
	var value string
	switch quote := r.text[0]; quote {
	case '"', '\'':
		end := closingQuote(r.text)
		if end < 0 {
			return "", errorAt(r.line, "a quote that is not closed")
		}
		value = r.text[1:end]
		r.text = r.text[end+1:]
		if quote == '"' {
			value = unescapeQuotes(value)
		} else if value = asInDoubleQuotes.Replace(value); strings.HasSuffix(value, `\`) {
			// Some readers end the value here, others take \' for a quote inside it.
			return "", errorAt(r.line, `a backslash before the closing quote`)
		}
		if rest := r.unquoted(); rest != "" {
			return "", errorAt(r.line, "text after the closing quote")
		}
	default:
		value = strings.ReplaceAll(r.unquoted(), `\`, `\\`)
	}
	return value, nil
}

// closingQuote returns where the quote that s begins with is closed, -1 where it is not.
func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return i
		case s[i] == '\\' && s[0] == '"':
			i++
		}
	}
	return -1
}

// unescapeQuotes resolves \" and leaves other escapes.
func unescapeQuotes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			if s[i] != '"' {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// unquoted reads the rest of the line, and returns it without a comment and the white space around it.
func (r *dotenvReader) unquoted() string {
	line, rest, _ := strings.Cut(r.text, "\n")
	r.text = rest
	for i := range len(line) {
		if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			line = line[:i]
			break
		}
	}
	return strings.TrimSpace(line)
}
