package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Text of others goes into Markdown in two forms only. A word of letters and digits stands as it is; anything else stands
// as code, where neither Markdown nor HTML, mentions, references to issues and commits, nor links mean anything.

// prose writes a sentence: its plain words as they are, the others and the commands of gate as code. Spaces between words
// become one.
func prose(s string) string {
	var parts, raw []string // raw: neighbours that are one piece of code
	flush := func(before, after string) {
		if len(raw) > 0 {
			parts, raw = append(parts, before+code(strings.Join(raw, " "))+after), nil
		}
	}
	for list := strings.Fields(printable(s)); len(list) > 0; {
		typed := commandWords(list)
		n := max(1, typed)
		whole := strings.Join(list[:n], " ")
		list = list[n:]
		before, core, after := affixes(whole)
		if typed == 0 && plain(core, after) {
			flush("", "")
			parts = append(parts, whole)
			continue
		}
		if before != "" || typed > 0 {
			flush("", "")
		}
		raw = append(raw, core)
		if before != "" || after != "" || typed > 0 {
			flush(before, after)
		}
	}
	flush("", "")
	return strings.Join(parts, " ")
}

// brief writes at most n columns of a sentence.
func brief(s string, n int) string {
	const longest = 4 // bytes of a character
	return prose(clip(printable(s[:min(len(s), longest*(n+1))]), n))
}

// affixes takes the punctuation off a word that may stand around it.
func affixes(s string) (before, core, after string) {
	core = strings.TrimLeft(s, `("'`)
	before = s[:len(s)-len(core)]
	bare := strings.TrimRight(core, `.,:;!?)"'`)
	if bare == "" {
		return "", s, ""
	}
	return before, bare, core[len(bare):]
}

var (
	word      = regexp.MustCompile(`^[\pL\pN]+([.'-][\pL\pN]+)*$`)
	clockWord = regexp.MustCompile(`^[0-9]{1,2}:[0-9]{2}$`)
	special   = regexp.MustCompile(`(?i)\b[0-9a-f]{7,}\b|\bgh-[0-9]|www`) // in it is a commit, an issue, a link
	digits    = regexp.MustCompile(`^[0-9]+$`)
	lower     = regexp.MustCompile(`^[a-z][a-z-]*$`)
)

// plain reports whether a word, and the punctuation after it, mean nothing but themselves. A number with a dot would begin
// a list.
func plain(core, after string) bool {
	if digits.MatchString(core) && strings.ContainsAny(after, ".)") {
		return false
	}
	return clockWord.MatchString(core) || word.MatchString(core) && !special.MatchString(core)
}

// commandWords returns how many of the first words are what is typed, as in: gate check --to production, without --host.
func commandWords(list []string) int {
	if len(list) < 3 || strings.TrimLeft(list[0], "(") != "gate" || !lower.MatchString(list[1]) {
		return 0
	}
	if list[1] == "explain" || list[1] == "override" {
		return 3
	}
	n := 2
	if len(list) > 3 && lower.MatchString(list[2]) && strings.HasPrefix(list[3], "--") {
		n = 3 // gate record failed --to production
	}
	flags := n
	for n < len(list) && strings.HasPrefix(list[n], "--") && !ends(list[n-1]) {
		n++
		if n < len(list) && !ends(list[n-1]) && !strings.HasPrefix(list[n], "-") {
			n++
		}
	}
	if n == flags {
		return 0
	}
	return n
}

// ends reports whether a part of a sentence ends with a word.
func ends(s string) bool { return strings.TrimRight(s, ",;:)") != s }

// code writes s as code. A backtick would end it and a pipe the cell that it stands in, and Markdown takes a space off
// its ends: what has any of them is written as HTML, each such character by its number.
func code(s string) string {
	s = printable(s)
	switch {
	case s == "":
		return ""
	case !strings.ContainsAny(s, "`|") && strings.TrimSpace(s) == s:
		return "`" + s + "`"
	}
	var b strings.Builder
	for _, r := range s {
		if r <= unicode.MaxASCII && (unicode.IsPunct(r) || unicode.IsSymbol(r)) {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return "<code>" + b.String() + "</code>"
}

// href writes a link whose text is Markdown already; the text alone where the address is not plainly one.
func href(text, address string) string {
	if !webAddress.MatchString(address) {
		return text
	}
	return "[" + text + "](" + address + ")"
}

var webAddress = regexp.MustCompile(`^https?://[A-Za-z0-9._~:/?#@%=&+,-]+$`)
