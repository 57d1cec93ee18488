package entries

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// parseSSHD reads sshd_config(5) and ssh_config(5). Keywords are in lower case. Those of a Match or Host block stand
// below its line: "match user git.forcecommand", of its second block "match user git (2).forcecommand". "blocks" lists
// these lines in their order, which decides which one counts; of a keyword that is repeated, in its list, the first
// counts, but for the few that add up.
//
// An included file counts from where it is included: what is set before it keeps its value. So the keywords before an
// Include are a list at "before include PATH".
func parseSSHD(text string, to *collection) error {
	scope, before := "", map[string]bool{}
	blocks := map[string]int{}
	for n, line := range settings(text, "#") {
		keyword, rest, err := cutKeyword(line)
		if err != nil {
			return errorAt(n, "%w", err)
		}
		value := rest
		if !restOfLine[keyword] {
			words, err := splitWords(rest)
			if err != nil {
				return errorAt(n, "%w", err)
			}
			if keyword == "match" {
				words = lowerCriteria(words)
			}
			value = joinWords(words)
		}
		if value == "" {
			return errorAt(n, "a keyword without an argument")
		}
		if keyword == "match" || keyword == "host" {
			scope, before = keyword+" "+value, map[string]bool{}
			if blocks[scope]++; blocks[scope] > 1 {
				scope += fmt.Sprintf(" (%d)", blocks[scope])
			}
			if err := to.add("blocks", drift.String(scope), n); err != nil {
				return err
			}
			continue
		}
		if keyword == "include" && len(before) > 0 {
			if err := to.add(join(scope, "before include "+value), drift.Strings(slices.Sorted(maps.Keys(before))...), n); err != nil {
				return err
			}
		}
		before[keyword] = true
		if err := to.add(join(scope, keyword), drift.String(value), n); err != nil {
			return err
		}
	}
	return nil
}

// restOfLine are the keywords whose argument is the whole line, quotes and "#" included.
var restOfLine = map[string]bool{
	"forcecommand": true, "knownhostscommand": true, "localcommand": true, "proxycommand": true, "remotecommand": true,
	"versionaddendum": true,
}

var (
	errNotAKeyword = errors.New("wants a keyword and its arguments")
	errOpenQuote   = errors.New("a quote that is not closed")
)

var keywordPattern = regexp.MustCompile(`^"?([A-Za-z0-9]+)"?[ \t]*(=?)[ \t]*`)

// cutKeyword cuts a line behind its keyword: white space, or "=" with white space around it.
func cutKeyword(line string) (keyword, rest string, err error) {
	m := keywordPattern.FindStringSubmatch(line)
	if m == nil || len(m[0]) == len(m[1]) && len(line) > len(m[0]) {
		return "", "", errNotAKeyword
	}
	return strings.ToLower(m[1]), line[len(m[0]):], nil
}

// splitWords splits arguments as OpenSSH does since 8.7: by blanks outside of quotes; a backslash before a quote, a
// backslash or, outside of quotes, a space takes that as it is; "#" at the beginning of a word ends the line.
func splitWords(s string) ([]string, error) {
	var words []string
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" || s[0] == '#' {
			return words, nil
		}
		var word strings.Builder
		quote := byte(0)
		i := 0
		for ; i < len(s); i++ {
			c := s[i]
			if quote == 0 && (c == ' ' || c == '\t') {
				break
			}
			switch {
			case c == '\\' && i+1 < len(s) && (strings.IndexByte(`'"\`, s[i+1]) >= 0 || quote == 0 && s[i+1] == ' '):
				i++
				word.WriteByte(s[i])
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case quote != 0 && c == quote:
				quote = 0
			default:
				word.WriteByte(c)
			}
		}
		if quote != 0 {
			return nil, errOpenQuote
		}
		words = append(words, word.String())
		s = s[i:]
	}
}

// joinWords writes words so that equal text is equal words.
func joinWords(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		if word == "" || strings.ContainsAny(word, " \t\"'\\#") {
			word = `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(word) + `"`
		}
		quoted[i] = word
	}
	return strings.Join(quoted, " ")
}

// lowerCriteria writes the names of a Match line's criteria, which stand before their arguments, in lower case.
func lowerCriteria(words []string) []string {
	argument := false
	for i, word := range words {
		if argument {
			argument = false
			continue
		}
		words[i] = strings.ToLower(word)
		switch strings.TrimPrefix(words[i], "!") {
		case "all", "canonical", "final", "invalid-user":
		default:
			argument = !strings.Contains(word, "=")
		}
	}
	return words
}
