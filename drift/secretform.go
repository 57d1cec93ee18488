package drift

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// form is what a kind of secret looks like wherever it stands.
type form struct {
	// hints are texts in lower case, of which one is in every secret of the form: to look for them first is much
	// cheaper than the expression.
	hints []hint
	*regexp.Regexp
}

type hint struct {
	text  string
	signs signs
}

func hints(texts ...string) []hint {
	list := make([]hint, len(texts))
	for i, text := range texts {
		list[i] = hint{text, signsOf(text)}
	}
	return list
}

// signs are the characters of ASCII that a text has. Most texts lack one of a hint's, and need not be searched for it.
type signs [2]uint64

func signsOf(text string) (s signs) {
	for i := range len(text) {
		if c := text[i]; c < 128 {
			s[c/64] |= 1 << (c % 64)
		}
	}
	return s
}

// has reports whether all signs of a hint are among s.
func (s signs) has(h signs) bool { return h[0]&^s[0] == 0 && h[1]&^s[1] == 0 }

var forms = []form{
	{hints("private key"), regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`)},
	{hints("akia", "asia"), regexp.MustCompile(`\b(AKIA|ASIA)[0-9A-Z]{16}\b`)},
	{hints("gh", "glpat-", "xox", "xapp-", "_live_", "sk-", "pypi-", "npm_", "dop_v1_", "sg.", "hvs.", "aiza", "ya29."), regexp.MustCompile(`\b(gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|xapp-|sk_live_|rk_live_|sk-|pypi-|npm_|dop_v1_|SG\.|hvs\.|AIza|ya29\.)[A-Za-z0-9_-]{10,}`)},
	{hints("eyj"), regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`)},
	// Without its scheme too: "https" is the key where a line of INI is a URL alone.
	{hints("//"), regexp.MustCompile(`//[^/\s"@]*:[^/\s"@]+@`)},
	{hints("$"), regexp.MustCompile(`\$(1|2[abxy]?|5|6|7|y|gy|apr1|argon2[a-z]*|scrypt|pbkdf2[a-z0-9-]*)\$[^\s"]{8,}`)},
	{hints("{"), regexp.MustCompile(`\{(SSHA|SHA|SMD5|MD5|CRYPT|SSHA256|SSHA512)\}`)},
	{hints("bearer", "basic"), regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9+/_.=-]{8,}`)},
	// A user alone in a URL is a token where it is long.
	{hints("@"), regexp.MustCompile(`//[^/\s"@:]{20,}@`)},
	// A key and its value, as files, command lines, JSON and source text have them.
	{hints("passw", "passp", "pwd", "secret", "token", "key", "credential"), regexp.MustCompile(`(?i)(password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)[\w.-]*["'\\]*\s*(?:[:=]+>?|,)\s*\S`)},
	{hints("pass", "pw"), regexp.MustCompile(`(?i)(\b|_)(pass|pw)["'\\]*\s*[:=]+\s*\S`)},
	{hints("pass", "masterauth", "pw"), regexp.MustCompile(`(?i)(requirepass|masterauth|bindpw|rootpw|bindpassword|dbdpassword)\s+\S`)},
	{hints("api", "x-"), regexp.MustCompile(`(?i)\b(api[_-]?key|x-[a-z-]*(?:key|token|secret|auth))\s+\S`)},
	{hints("login"), regexp.MustCompile(`(?i)\blogin\s+\S+\s+password\s+\S`)},
	// Options of commands.
	{hints("-p", "-token", "-secret", "-api"), regexp.MustCompile(`(?i)(-p|--?password|--?token|--?secret|--?pass|--?api-?key)["'\\]*[ =,]["'\\]*\S`)},
	{hints("mysql", "mariadb"), regexp.MustCompile(`\b(mysql|mariadb)\S*\s.*-p\S`)},
	{hints("curl", "wget"), regexp.MustCompile(`\b(curl|wget)\s.*(-u|-user)[ =]?\S+:\S`)},
	{hints("redis-cli", "ldap"), regexp.MustCompile(`\b(redis-cli\s.*-a|ldap\w+\s.*-w)\s*\S`)},
}

// hashes are digests, and ssh's fingerprints: they look random, and are no secrets.
var hashes = regexp.MustCompile(`\b(?:(?i:sha1|sha224|sha256|sha384|sha512|md5|blake2b)[:=-][0-9A-Fa-f]{32,}|SHA256:[A-Za-z0-9+/]{43}\b)`)

// minRun is how long a run of characters must be for its randomness to mean something.
const minRun = 20

// HoldsSecret reports whether a text holds something of a secret's form: such a text is neither shown nor kept.
func HoldsSecret(text string) bool { return secretForm(text) }

// secretForm reports whether a text holds something of a secret's form.
func secretForm(text string) bool { return secretAt(text) >= 0 }

// secretAt returns where the first thing of a secret's form begins, -1 where there is none. The items of a list are looked
// at one by one, each with the signs that end it: what is in one line tells of another only that it follows, as a value
// follows the name of its option, and most lines have no hint at all.
func secretAt(text string) int {
	const separator = `","`
	for offset := 0; ; {
		part, end := text[offset:], len(text)
		if i := strings.Index(part, separator); i >= 0 {
			end = offset + i + len(separator)
			part = text[offset:end]
		}
		if at := secretIn(part); at >= 0 {
			return offset + at
		}
		if end == len(text) {
			return -1
		}
		offset = end
	}
}

func secretIn(text string) int {
	none, lower := len(text), strings.ToLower(text)
	first := formAt(text, lower)
	if strings.Contains(lower, "sha") || strings.Contains(lower, "md5") || strings.Contains(lower, "blake") {
		text = hashes.ReplaceAllStringFunc(text, func(hash string) string { return strings.Repeat(" ", len(hash)) })
	}
	start := 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && inRun(text[i]) {
			continue
		}
		if i-start >= minRun && opaque(text[start:i]) {
			first = min(first, start)
			break
		}
		start = i + 1
	}
	if first == none {
		return -1
	}
	return first
}

// formAt returns where the first of forms begins, len(text) where there is none; lower is the text in lower case.
func formAt(text, lower string) int {
	first, signs := len(text), signsOf(lower)
	for _, form := range forms {
		if !slices.ContainsFunc(form.hints, func(h hint) bool { return signs.has(h.signs) && strings.Contains(lower, h.text) }) {
			continue
		}
		if at := form.FindStringIndex(text); at != nil {
			first = min(first, at[0])
		}
	}
	return first
}

// inRun reports whether a character is one of base64 (RFC 4648) in any of its alphabets.
func inRun(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("+/=_-", c) >= 0
}

// opaque reports whether a run of characters looks random: of several kinds, and with more bits a character than words and
// paths reach.
func opaque(run string) bool {
	var upper, lower, digit bool
	for _, r := range run {
		upper = upper || unicode.IsUpper(r)
		lower = lower || unicode.IsLower(r)
		digit = digit || unicode.IsDigit(r)
	}
	switch {
	case !digit:
		return false
	case upper && lower:
		return strings.Count(run, "/") <= len(run)/10 && strings.Count(run, "-")+strings.Count(run, "_") <= len(run)/8 && bits(run) > 3.5
	case uuid.MatchString(run):
		return true
	}
	// Letters of one case are no base64: a sign in them parts words.
	return slices.ContainsFunc(strings.FieldsFunc(run, func(r rune) bool { return strings.ContainsRune("+/=_-", r) }), func(part string) bool {
		return len(part) >= 32 && bits(part) > 3.2
	})
}

var uuid = regexp.MustCompile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)

// bits returns Shannon's entropy of a text, in bits a character.
func bits(s string) float64 {
	count := map[rune]int{}
	for _, r := range s {
		count[r]++
	}
	bits := 0.0
	for _, n := range count {
		p := float64(n) / float64(len(s))
		bits -= p * math.Log2(p)
	}
	return bits
}
