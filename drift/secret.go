package drift

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Reveal says which values of a section may be shown.
type Reveal string

const (
	// RevealSafe shows what is plainly public. It is the default.
	RevealSafe Reveal = "safe"
	// RevealNone shows no value.
	RevealNone Reveal = "none"
	// RevealAll shows every value.
	RevealAll Reveal = "all"
)

// Safe reports whether the value of a fact may be shown: it is not from a place that others on the host may not read,
// not under a key that names a secret, and not of a secret's form. It is the only rule about that, and is asked once,
// before anything is compared, reported or kept.
func Safe(f Fact, reveal Reveal) bool {
	if f.Value.Kind != Known || reveal == RevealAll {
		return true
	}
	switch f.Address.Collector() {
	case "deb", "os", "service":
		return true // package data and states: never secret, and a redacted version would be no report
	}
	if reveal == RevealNone || f.Private {
		return !showsContent(f)
	}
	if NamesSecret(f.Address) && !harmless(f) {
		return false
	}
	return !secretForm(f.Value.Text)
}

// showsContent reports whether a fact says what is in a place, and not only that it is there, whose it is, and so on.
func showsContent(f Fact) bool {
	steps := f.Address.Steps()
	switch last := steps[len(steps)-1]; {
	case last.IsKey:
		return true
	case f.Address.Collector() == "file":
		switch last.Text {
		case "type", "mode", "owner", "group", "format", "target":
			return false
		}
		return true
	case f.Address.Collector() == "command":
		return true
	case f.Address.Collector() == "revision":
		return last.Text == "value"
	}
	return false
}

// NamesSecret reports whether the key of a configuration entry names a secret: api_key, DB_PASSWORD, authToken. A secret
// is meant to differ between environments, and is compared by presence there.
func NamesSecret(a Address) bool {
	s := string(a)
	i := strings.LastIndex(s, "].entries[")
	if i < 0 || !strings.HasPrefix(s, "file[") {
		return false
	}
	w := words(s[i+len("].entries["):])
	if len(w) == 0 || describes[w[len(w)-1]] {
		return false
	}
	for j, word := range w {
		if secretWords[word] || j > 0 && secretPairs[w[j-1]+" "+word] {
			return true
		}
	}
	return false
}

var secretWords = wordSet(`password passwords passwd passphrase passcode pwd pass secret secrets secretkey token tokens apikey apikeys
	authtoken accesstoken accesskey privatekey credential credentials creds dsn userpass masterkey signingkey encryptionkey
	authkey apitoken apisecret clientsecret sharedsecret psk bearer authorization htpasswd salt pepper pin otp totp
	webhook cookie dbpassword dbpass mysqlpassword rootpassword requirepass masterauth secretaccesskey`)

var secretPairs = wordSet2(`api key|access key|private key|secret key|signing key|encryption key|auth key|master key|account key|
	shared key|session key|license key|connection string|client key|storage key|hmac key|aes key|deploy key|service key|
	encrypt key|crypt key|security key|preshared key|pre shared`)

// describes are last words that make a key speak about a secret, without holding it.
var describes = wordSet(`file path dir ttl expiry expires expiration lifetime length min max timeout authentication auth enabled
	enable required type algorithm algorithms policy age days retries rounds hash hashing strength count limit size
	complexity lock command helper manager storage backend provider prompts tries`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

func wordSet2(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Split(s, "|") {
		set[strings.TrimSpace(w)] = true
	}
	return set
}

// words splits a key into lower-case words, at signs and where camelCase turns.
func words(key string) []string {
	var list []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			list = append(list, strings.ToLower(string(word)))
			word = nil
		}
	}
	runes := []rune(key)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r):
			end()
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]) && unicode.IsUpper(runes[i-1])):
			end()
		}
		word = append(word, r)
	}
	end()
	return list
}

// harmless reports whether a value under a secret's name is no secret: a switch, or nothing.
func harmless(f Fact) bool {
	switch strings.ToLower(strings.Trim(f.Value.Text, `"`)) {
	case "", "true", "false", "yes", "no", "on", "off", "none", "null", "[]", "{}", "prohibit-password", "without-password":
		return true
	}
	return false
}

// forms of secrets wherever they stand.
var forms = []*regexp.Regexp{
	regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`),
	regexp.MustCompile(`\b(AKIA|ASIA)[0-9A-Z]{16}\b`),
	regexp.MustCompile(`\b(gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|xapp-|sk_live_|rk_live_|sk-|pypi-|npm_|dop_v1_|SG\.|hvs\.|AIza|ya29\.)[A-Za-z0-9_-]{10,}`),
	regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`),
	regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^/\s"@]*:[^/\s"@]+@`),
	regexp.MustCompile(`\$(1|2[abxy]?|5|6|7|y|gy|apr1|argon2[a-z]*|scrypt|pbkdf2[a-z0-9-]*)\$[^\s"]{8,}`),
	regexp.MustCompile(`\{(SSHA|SHA|SMD5|MD5|CRYPT|SSHA256|SSHA512)\}`),
	regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9+/_.=-]{8,}`),
	regexp.MustCompile(`(?i)(password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)["']?\s*[:=]+\s*\S`),
	regexp.MustCompile(`(?i)(-p|--?password|--?token|--?secret|--?pass)[ =]\S`),
}

var (
	hashes  = regexp.MustCompile(`\b(?:(?i:sha1|sha224|sha256|sha384|sha512|md5|blake2b)[:=-][0-9A-Fa-f]{32,}|SHA256:[A-Za-z0-9+/]{43}\b)`) // digests, and ssh's fingerprints
	opaques = regexp.MustCompile(`[A-Za-z0-9+/=_-]{20,}`)
)

// secretForm reports whether a text holds something of a secret's form.
func secretForm(text string) bool { return secretAt(text) >= 0 }

// secretAt returns where the first thing of a secret's form begins, -1 where there is none.
func secretAt(text string) int {
	first := len(text)
	for _, form := range forms {
		if at := form.FindStringIndex(text); at != nil {
			first = min(first, at[0])
		}
	}
	blank := func(s string) string { return strings.Repeat(" ", len(s)) }
	for _, at := range opaques.FindAllStringIndex(hashes.ReplaceAllStringFunc(text, blank), -1) {
		if opaque(text[at[0]:at[1]]) {
			first = min(first, at[0])
		}
	}
	if first == len(text) {
		return -1
	}
	return first
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
