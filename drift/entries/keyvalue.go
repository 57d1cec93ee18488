package entries

import (
	"regexp"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// simpleKey is what a key may look like where nothing but its form tells settings from other text.
var simpleKey = regexp.MustCompile(`^[A-Za-z0-9_./*@+:%-]+$`)

// parseKeyValue reads a setting on each line. The key ends at white space, at "=", or at ":" with white space behind it;
// a key alone has no value. Quotes are kept, and so is a comment behind a value, which most of these readers take for
// a part of it. Blocks and continued lines are an error: their settings belong together.
func parseKeyValue(text string, to *collection) error {
	for n, line := range settings(text, "#;") {
		key, value, ok := cutKey(line)
		if !simpleKey.MatchString(key) || !ok && !bareKey.MatchString(key) || strings.HasSuffix(line, "{") || strings.HasSuffix(line, `\`) {
			return errorAt(n, `wants a key, then "=", ":" or white space, then a value`)
		}
		v := drift.Null()
		if ok {
			v = drift.String(value)
		}
		if err := to.add(key, v, n); err != nil {
			return err
		}
	}
	return nil
}

// cutKey cuts a line behind its key. ok is false where nothing follows, not even a "=" or ":".
func cutKey(line string) (key, value string, ok bool) {
	end := strings.IndexAny(line, " \t=")
	if end < 0 {
		end = len(line)
	}
	key, rest := line[:end], strings.TrimLeft(line[end:], " \t")
	if before, colon := strings.CutSuffix(key, ":"); colon && before != "" {
		return before, rest, true
	}
	if rest == "" {
		return key, "", false
	}
	if rest[0] == '=' || rest[0] == ':' && strings.IndexAny(rest[1:]+" ", " \t") == 0 {
		rest = strings.TrimLeft(rest[1:], " \t")
	}
	return key, rest, true
}
