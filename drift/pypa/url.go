package pypa

import (
	"regexp"
	"strings"
	"unicode"
)

// notShown stands in a URL for what may be a secret.
const notShown = "(not shown)"

var (
	schemePattern    = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*:`)
	authorityPattern = regexp.MustCompile(`^[a-zA-Z0-9._~%-]*(?::[0-9]*)?$|^\[[0-9a-fA-F:.%]*\](?::[0-9]*)?$`)
)

// RedactURL returns a URL without what may hold a secret: user and password (but for the user "git", as in
// direct_url.json), the query, and all of the fragment but egg, subdirectory and digests. What cannot be told apart is
// replaced whole. A path or other text without a user is returned as it is.
func RedactURL(raw string) string {
	raw, fragment, hasFragment := strings.Cut(raw, "#")
	raw, _, hasQuery := strings.Cut(raw, "?")
	out := redactAuthority(raw)
	if hasQuery {
		out += "?" + notShown
	}
	if hasFragment {
		out += publicFragment(fragment)
	}
	return out
}

func redactAuthority(raw string) string {
	scheme := schemePattern.FindString(raw)
	rest := raw[len(scheme):]
	if !strings.HasPrefix(rest, "//") {
		// A path, git@host:path, or a URL with slashes lost: user and password can be anywhere before an "@".
		if i := strings.LastIndexByte(rest, '@'); i > 0 && rest[:i] != "git" {
			return scheme + notShown + rest[i:]
		}
		return raw
	}
	authority, path := rest[2:], ""
	if i := strings.IndexAny(authority, `/\`); i >= 0 {
		authority, path = authority[:i], authority[i:]
	}
	user := ""
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, authority = authority[:i], authority[i+1:]
	}
	if !authorityPattern.MatchString(authority) {
		return scheme + "//" + notShown
	}
	if user == "git" {
		authority = "git@" + authority
	}
	return scheme + "//" + authority + path
}

// publicFragment returns a fragment, "#" included, with the fields that pip gives a meaning.
func publicFragment(fragment string) string {
	var kept []string
	for field := range strings.SplitSeq(fragment, "&") {
		switch key, _, _ := strings.Cut(field, "="); key {
		case "egg", "subdirectory", "md5", "sha1", "sha224", "sha256", "sha384", "sha512":
			kept = append(kept, field)
		default:
			kept = append(kept, notShown)
		}
	}
	return "#" + strings.Join(kept, "&")
}

// redactText returns text for an error message, without the credentials of a URL in it.
func redactText(s string) string {
	if !strings.ContainsAny(s, "@?#") && !strings.Contains(s, "//") {
		return s
	}
	words := strings.Split(s, " ")
	for i, word := range words {
		words[i] = RedactURL(word)
	}
	return strings.Join(words, " ")
}

// isURL reports whether raw is a URL that a requirement may name: a scheme and a host, or "file://" and a path.
func isURL(raw string) bool {
	if strings.ContainsFunc(raw, unicode.IsControl) {
		return false
	}
	scheme := schemePattern.FindString(raw)
	if strings.EqualFold(scheme, "file:") {
		return strings.HasPrefix(raw, "file://") && !strings.HasSuffix(raw, "#") && !strings.HasSuffix(raw, "?")
	}
	authority, ok := strings.CutPrefix(raw[len(scheme):], "//")
	if i := strings.IndexAny(authority, "/?#"); i >= 0 {
		authority = authority[:i]
	}
	return ok && scheme != "" && authority != "" && !strings.HasSuffix(authority, "@") && strings.Contains(authority, "[") == strings.Contains(authority, "]")
}
