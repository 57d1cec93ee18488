package entries

import (
	"regexp"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

var dotenvKey = regexp.MustCompile(`^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*(=?)[ \t]*`)

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
	r.text = strings.TrimLeft(r.text, " \t")
	m := dotenvKey.FindStringSubmatch(r.text)
	if m == nil {
		return errorAt(r.line, `wants "KEY=value"`)
	}
	r.text = r.text[len(m[0]):]
	if m[2] == "" {
		if rest := r.unquoted(); rest != "" || !bareKey.MatchString(m[1]) {
			return errorAt(r.line, `wants "=" after the key`)
		}
		return to.add(m[1], drift.Null(), r.line)
	}
	value, err := r.value()
	if err != nil {
		return err
	}
	return to.add(m[1], drift.String(value), r.line)
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
