package entries

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/seed-313c021b/gate/drift"
)

// propertyBlanks is what java.util.Properties takes for white space.
const propertyBlanks = " \t\f"

// parseProperties reads a file as java.util.Properties.load does, from UTF-8.
func parseProperties(text string, to *collection) error {
	var logical strings.Builder // the line so far
	start, continued := 0, false
	for n, line := range numbered(strings.ReplaceAll(text, "\r", "\n")) {
		line = strings.TrimLeft(line, propertyBlanks)
		if logical.Len() == 0 {
			// Also behind a line of nothing but a backslash.
			if line == "" || line[0] == '#' || line[0] == '!' {
				continued = false
				continue
			}
			start = n
		}
		before := strings.TrimRight(line, `\`)
		if continued = (len(line)-len(before))%2 == 1; continued {
			logical.WriteString(line[:len(line)-1])
			continue
		}
		logical.WriteString(line)
		if err := to.addProperty(logical.String(), start); err != nil {
			return err
		}
		logical.Reset()
	}
	if !continued {
		return nil
	}
	return to.addProperty(logical.String(), start)
}

// addProperty takes a logical line: a key, an optional "=" or ":" or white space, a value.
func (c *collection) addProperty(line string, n int) error {
	end := 0
	for end < len(line) && !strings.ContainsRune(propertyBlanks+"=:", rune(line[end])) {
		if line[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end, len(line))
	value := strings.TrimLeft(line[end:], propertyBlanks)
	if value != "" && (value[0] == '=' || value[0] == ':') {
		value = strings.TrimLeft(value[1:], propertyBlanks)
	}
	key, ok1 := unescapeProperty(line[:end])
	value, ok2 := unescapeProperty(value)
	if !ok1 || !ok2 {
		return errorAt(n, `wants four hexadecimal digits of a character after "\u"`)
	}
	return c.add(key, drift.String(value), n)
}

func unescapeProperty(s string) (text string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		if i == len(s) {
			break
		}
		switch s[i] {
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 'f':
			b.WriteByte('\f')
		case 'u':
			r, n := unicodeEscapes(s[i-1:])
			if n == 0 {
				return "", false
			}
			b.WriteRune(r)
			i += n - 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), true
}

// unicodeEscapes returns the character that s begins with, one "\uXXXX" or two that are a surrogate pair, and the length
// of its escapes, 0 where they are none.
func unicodeEscapes(s string) (rune, int) {
	r, ok := unicodeEscape(s)
	if !ok || !utf16.IsSurrogate(r) {
		if !ok || !utf8.ValidRune(r) {
			return 0, 0
		}
		return r, 6
	}
	low, ok := unicodeEscape(s[6:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

func unicodeEscape(s string) (rune, bool) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}
