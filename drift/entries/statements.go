package entries

import (
	"errors"
	"strings"
)

// In nginx's and Apache's files the order has a meaning: of rewrites, of allow and deny, of locations. So they are one
// list, at the key "statements", without comments and layout.

// parseNginx reads nginx's configuration: a statement ends with ";", or opens a block with "{".
func parseNginx(text string, to *collection) error {
	r := nginxReader{text: text, line: 1}
	var statements items
	var first string              // the statement's first word
	var statement strings.Builder // so far
	words, depth := 0, 0
	for {
		word, sign, err := r.next()
		if err != nil {
			return err
		}
		if sign == 0 {
			if words++; words == 1 {
				first = word
			} else {
				statement.WriteByte(' ')
			}
			statement.WriteString(word)
			continue
		}
		switch {
		case sign == end && words == 0 && depth == 0:
			return to.add("statements", statements.value(), 1)
		case sign == end:
			return errorAt(r.line, `wants ";" or "}" before the end`)
		case sign == '}' && (words > 0 || depth == 0), sign != '}' && words == 0:
			return errorAt(r.line, `wants a statement that ends with ";" or "{"`)
		case sign == '{' && strings.HasSuffix(first, "_by_lua_block"):
			return errorAt(r.line, "a block of another language")
		}
		switch sign {
		case '{':
			depth++
		case '}':
			depth--
		}
		if sign == '{' {
			statement.WriteByte(' ')
		}
		statement.WriteRune(sign)
		statements.addString(statement.String())
		statement.Reset()
		words = 0
	}
}

// end is the sign that nginxReader returns where the text ends.
const end = 'e'

type nginxReader struct {
	text string
	line int
}

// next returns a word, or one of the signs ";", "{", "}" and end.
func (r *nginxReader) next() (word string, sign rune, err error) {
	for {
		rest := strings.TrimLeft(r.text, " \t\r\n")
		r.line += strings.Count(r.text[:len(r.text)-len(rest)], "\n")
		r.text = rest
		if !strings.HasPrefix(rest, "#") {
			break
		}
		comment, _, _ := strings.Cut(rest, "\n")
		r.text = rest[len(comment):]
	}
	if r.text == "" {
		return "", end, nil
	}
	first := r.text[0]
	switch first {
	case ';', '{', '}':
		r.text = r.text[1:]
		return "", rune(first), nil
	case '"', '\'':
		return r.quoted(first)
	}
	i := 0
	for ; i < len(r.text) && !strings.ContainsRune(" \t\r\n;{", rune(r.text[i])); i++ {
		switch {
		case r.text[i] == '\\':
			i++
		case strings.HasPrefix(r.text[i:], "${"):
			i++
		}
	}
	i = min(i, len(r.text))
	word, r.text = r.text[:i], r.text[i:]
	r.line += strings.Count(word, "\n")
	return word, 0, nil
}

// quoted returns a word in quotes; without them where it reads the same.
func (r *nginxReader) quoted(quote byte) (word string, sign rune, err error) {
	for i := 1; i < len(r.text); i++ {
		switch r.text[i] {
		case '\\':
			i++
		case quote:
			word = r.text[:i+1]
			r.text = r.text[i+1:]
			r.line += strings.Count(word, "\n")
			if r.text != "" && !strings.ContainsRune(" \t\r\n;{)", rune(r.text[0])) {
				return "", 0, errorAt(r.line, "text behind a closing quote")
			}
			if inner := word[1:i]; inner != "" && !strings.ContainsAny(inner, " \t\r\n;{}\"'#\\") {
				word = inner
			}
			return word, 0, nil
		}
	}
	return "", 0, errorAt(r.line, "a quote that is not closed")
}

// parseApache reads Apache's configuration: a directive on each line, which a backslash at its end continues, and
// sections as "<Directory /srv>" to "</Directory>".
func parseApache(text string, to *collection) error {
	var statements items
	var open []string
	var logical []byte // the line so far
	for n, line := range numbered(text) {
		logical = append(logical, strings.TrimSpace(line)...)
		if last := len(logical) - 1; last >= 0 && logical[last] == '\\' {
			logical = logical[:last]
			continue
		}
		line = strings.TrimSpace(string(logical))
		logical = logical[:0]
		if line == "" || line[0] == '#' {
			continue
		}
		words := strings.Fields(line)
		name := strings.ToLower(strings.TrimSuffix(words[0], ">"))
		switch {
		case strings.HasPrefix(name, "</"):
			if len(open) == 0 || open[len(open)-1] != name[2:] {
				return errorAt(n, "the end of a section that is not open")
			}
			open = open[:len(open)-1]
		case strings.HasPrefix(name, "<"):
			open = append(open, name[1:])
		}
		if !strings.ContainsAny(line, `"'`) {
			line = strings.Join(words, " ")
		}
		statements.addString(line)
	}
	if len(logical) > 0 || len(open) > 0 {
		return errors.New("a section or line that does not end")
	}
	return to.add("statements", statements.value(), 1)
}
