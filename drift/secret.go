package drift

import (
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
	// RevealAll shows every value but the digests of files.
	RevealAll Reveal = "all"
)

// Safe reports whether the value of a fact may be shown: it is not from a place that others on the host may not read,
// not under a key that names a secret, and not of a secret's form. It is the only rule about that, and is asked once,
// before anything is compared, reported or kept.
func Safe(f Fact, reveal Reveal) bool { return safe(f, reveal, secretForm) }

func safe(f Fact, reveal Reveal, secretForm func(string) bool) bool {
	switch {
	case f.Value.Kind != Known:
		return true
	case isDigest(f.Address):
		return false // by it and the rest of the file, a short secret could be guessed
	case reveal == RevealAll:
		return true
	}
	switch f.Address.Collector() {
	case "deb", "os", "service":
		return true // package data and states: never secret, and a redacted version would be no report
	}
	if reveal == RevealNone || f.Private {
		return !showsContent(f)
	}
	if f.Address.Collector() == "revision" && revision.MatchString(f.Value.Text) {
		return true
	}
	ofForm := secretForm(f.Value.Text)
	if NamesSecret(f.Address) && !harmless(f.Value.Text, ofForm) {
		return false
	}
	return !ofForm
}

// revision is the id of a commit or of an image: it looks random, and is what the report is about.
var revision = regexp.MustCompile(`^"([a-z0-9]+:)?[0-9a-f]{7,64}"$`)

// isDigest reports whether a fact is the digest of a file.
func isDigest(a Address) bool {
	return a.Collector() == "file" && strings.HasSuffix(string(a), `"].sha256`)
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
	if slices.ContainsFunc(spokenOf, func(p string) bool { return strings.HasPrefix(s, p) }) {
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

// spokenOf are files of every distribution whose keys speak of passwords and keys, and that hold none.
var spokenOf = []string{
	`file["/etc/nsswitch.conf"]`, `file["/etc/login.defs"]`, `file["/etc/pam.d/`, `file["/etc/security/`, `file["/etc/ssl/openssl.cnf"]`,
	`file["/etc/adduser.conf"]`, `file["/etc/deluser.conf"]`, `file["/etc/libuser.conf"]`, `file["/etc/default/useradd"]`,
}

var secretWords = wordSet(`password passwords passwd passphrase passcode pwd pass secret secrets secretkey token tokens apikey apikeys
	authtoken accesstoken accesskey privatekey credential credentials creds dsn userpass masterkey signingkey encryptionkey
	authkey apitoken apisecret clientsecret sharedsecret psk bearer authorization htpasswd salt pepper pin otp totp
	webhook cookie bindpw rootpw dbpassword dbpass mysqlpassword rootpassword requirepass masterauth secretaccesskey`)

var secretPairs = wordSet2(`api key|access key|private key|secret key|signing key|encryption key|auth key|master key|account key|
	shared key|session key|license key|connection string|client key|storage key|hmac key|aes key|deploy key|service key|
	encrypt key|crypt key|security key|preshared key|pre shared`)

// describes are last words that make a key speak about a secret, without holding it.
var describes = wordSet(`file path dir ttl expiry expires expiration lifetime length min max timeout authentication auth enabled
	enable required type algorithm algorithms policy age days retries rounds hash hashing strength count limit size
	complexity lock command helper manager storage backend provider prompts tries url uri host port endpoint issuer audience
	user username header`)

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

// path is a path to something, and not the thing: of several parts, or with a suffix.
var path = regexp.MustCompile(`^"(~|\.{0,2})(/[a-z0-9._-]+){2,}"$`)

// harmless reports whether a value under a secret's name is no secret: a switch, a path, or nothing.
func harmless(text string, ofForm bool) bool {
	if !ofForm && path.MatchString(text) {
		return true
	}
	switch strings.ToLower(strings.Trim(text, `"`)) {
	case "", "true", "false", "yes", "no", "on", "off", "none", "null", "[]", "{}", "prohibit-password", "without-password":
		return true
	}
	return false
}
