package entries

import (
	"errors"
	"fmt"
	"maps"
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
	r := sshdReader{blocks: map[string]int{}}
	if err := r.open("", 0); err != nil {
		return err
	}
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
			scope := keyword + " " + value
			if r.blocks[scope]++; r.blocks[scope] > 1 {
				scope += fmt.Sprintf(" (%d)", r.blocks[scope])
			}
			if err := to.add("blocks", drift.String(scope), n); err != nil {
				return err
			}
			if err := r.open(scope, n); err != nil {
				return err
			}
			continue
		}
		if err := r.setting(keyword, value, n); err != nil {
			return err
		}
	}
	for _, block := range r.sections.all {
		for _, setting := range block.settings {
			if err := to.addAll(join(block.name, setting.key), setting); err != nil {
				return err
			}
		}
	}
	return nil
}

type sshdReader struct {
	sections sections // what is set for all, and each block
	section  *section // the one that is read
	blocks   map[string]int
	before   map[string]bool // the keywords in it so far
	size     int             // bytes of these
	listed   int             // bytes of the keywords that were listed before Includes
}

func (r *sshdReader) open(scope string, line int) (err error) {
	r.before, r.size = map[string]bool{}, 0
	r.section, err = r.sections.open(scope, line)
	return err
}

func (r *sshdReader) setting(keyword, value string, line int) error {
	if keyword == "include" && len(r.before) > 0 {
		if r.listed += r.size; r.listed > MaxBefore {
			return errorAt(line, "%w", tooMuch("keywords before Includes of more than %d MiB in all", MaxBefore>>20))
		}
		if err := r.section.set("before include "+value, drift.Strings(slices.Sorted(maps.Keys(r.before))...), line); err != nil {
			return err
		}
	}
	if !r.before[keyword] {
		r.before[keyword] = true
		r.size += len(keyword) + len(`"",`)
	}
	return r.section.set(keyword, drift.String(value), line)
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

// cutKeyword cuts a line behind its keyword, which may stand in quotes: white space, or "=" with white space around it.
func cutKeyword(line string) (keyword, rest string, err error) {
	word, rest := cutAlphanumeric(strings.TrimPrefix(line, `"`))
	rest = strings.TrimPrefix(rest, `"`)
	value := strings.TrimLeft(rest, " \t")
	value = strings.TrimLeft(strings.TrimPrefix(value, "="), " \t")
	if word == "" || len(value) == len(rest) && len(line) == len(word)+len(rest) && rest != "" {
		return "", "", errNotAKeyword
	}
	return strings.ToLower(word), value, nil
}

func cutAlphanumeric(s string) (head, rest string) {
	i := 0
	for i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z' || s[i] >= '0' && s[i] <= '9') {
		i++
	}
	return s[:i], s[i:]
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
			word = `"` + inQuotes.Replace(word) + `"`
		}
		quoted[i] = word
	}
	return strings.Join(quoted, " ")
}

var inQuotes = strings.NewReplacer(`"`, `\"`, `\`, `\\`)

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
