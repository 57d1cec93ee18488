package drift

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Vars are the variables of all environments: what an environment calls its domain, its database. With them a setting is
// normalised, so that staging's and production's are alike where only the variables differ; and a value of one
// environment that stands on another is found. Those that are not Replaceable are no part of it.
type Vars struct {
	tokens []token // longest first
}

// token is a text that stands for a variable in some environments.
type token struct {
	text  string            // as it stands inside canonical JSON
	names map[string]string // environment: name of the variable
	place bool              // specific enough to be foreign elsewhere
}

// NewVars returns the variables of environments, by environment and name.
func NewVars(environments map[string]map[string]string) *Vars {
	byText := map[string]*token{}
	for environment, vars := range environments {
		for name, value := range vars {
			if !Replaceable(value) {
				continue
			}
			text := insideJSON(value)
			t := byText[text]
			if t == nil {
				t = &token{text: text, names: map[string]string{}, place: isPlace(value)}
				byText[text] = t
			}
			if old, ok := t.names[environment]; !ok || name < old {
				t.names[environment] = name
			}
		}
	}
	v := &Vars{}
	for _, t := range byText {
		v.tokens = append(v.tokens, *t)
	}
	sortTokens(v.tokens)
	return v
}

// Replaceable reports whether the value of a variable, or the name of a host, stands for that wherever it is met: not if it
// has fewer than four characters or is a number, an address apart, or one of JSON's words for what is no string. A setting
// that holds such a value is compared as it is.
func Replaceable(value string) bool {
	value = strings.TrimSpace(value)
	switch value {
	case "true", "false", "null":
		return false
	}
	return utf8.RuneCountInString(value) >= minReplaceable && (!isNumber(value) || isAddress(value))
}

const minReplaceable = 4

// isNumber reports whether a value is a number, or several of them with signs between: 5432, 1.5, 0x1F, 8000-8010.
func isNumber(value string) bool {
	if !strings.ContainsFunc(value, unicode.IsLetter) {
		return true
	}
	_, notWhole := strconv.ParseInt(value, 0, 64)
	_, notReal := strconv.ParseFloat(value, 64)
	return strings.ContainsAny(value, "0123456789") && (notWhole == nil || notReal == nil)
}

// isAddress reports whether a value is an IP address, with or without a port, or a network.
func isAddress(value string) bool {
	_, noAddress := netip.ParseAddr(value)
	_, noPort := netip.ParseAddrPort(value)
	_, noNetwork := netip.ParsePrefix(value)
	return noAddress == nil || noPort == nil || noNetwork == nil
}

func sortTokens(tokens []token) { slices.SortFunc(tokens, compareTokens) }

func compareTokens(a, b token) int {
	return cmp.Or(cmp.Compare(len(b.text), len(a.text)), cmp.Compare(a.text, b.text))
}

var number = regexp.MustCompile(`^[0-9.,:+-]*$`)

// isPlace reports whether a value is specific enough that finding it in another environment means something: a host, an
// address, a URL, a path or a compound name; not a word like DEBUG, and not a number.
func isPlace(value string) bool {
	if _, err := netip.ParseAddr(value); err == nil {
		return true
	}
	return len(value) >= 6 && strings.ContainsAny(value, ".:/@-_") && !number.MatchString(value)
}

// Normaliser normalises the values of one host.
type Normaliser struct {
	environment string
	tokens      map[string]token // by their text
	begins      [256]uint16      // for each byte that tokens begin with, where their lengths are in sizes; 0 for others
	sizes       [][]int          // lengths, the longest first
}

// For returns the normaliser of a host: with the variables of all environments, and the host's own name, domain name and
// addresses, which are variables by themselves.
func (v *Vars) For(h *Host) *Normaliser {
	tokens := slices.Clone(v.tokens)
	for _, own := range v.own(h, h.Section("os", "")) {
		tokens = append(tokens, token{text: own.text, names: map[string]string{h.ID.Environment: own.name}})
	}
	sortTokens(tokens)
	return newNormaliser(h.ID.Environment, tokens)
}

// newNormaliser returns the normaliser for tokens, the longest first.
func newNormaliser(environment string, tokens []token) *Normaliser {
	n := &Normaliser{environment: environment, tokens: make(map[string]token, len(tokens)), sizes: [][]int{nil}}
	for _, t := range tokens {
		n.tokens[t.text] = t
		at := &n.begins[t.text[0]]
		if *at == 0 {
			*at = uint16(len(n.sizes))
			n.sizes = append(n.sizes, nil)
		}
		if sizes := n.sizes[*at]; len(sizes) == 0 || sizes[len(sizes)-1] != len(t.text) {
			n.sizes[*at] = append(sizes, len(t.text))
		}
	}
	return n
}

// ownName is a name or an address of a host, as it stands inside canonical JSON, and the variable that it is.
type ownName struct{ text, name string }

// maxOwnName is how many bytes a name of a host may have to be one: no name in DNS is longer (RFC 1035, 2.3.4).
const maxOwnName = 255

// own returns the names and addresses of a host, which are in its section os (nil for none), those that are no variables of
// the policy.
func (v *Vars) own(h *Host, os *Section) []ownName {
	own := make([]ownName, 0, 4)
	seen := make(map[string]bool, 4)
	add := func(text, name string) {
		if len(text) > maxOwnName || seen[text] || !Replaceable(text) {
			return
		}
		seen[text] = true
		if _, ours := slices.BinarySearchFunc(v.tokens, token{text: text}, compareTokens); !ours {
			own = append(own, ownName{text, name})
		}
	}
	fqdn, hostname, addresses := os.names()
	if fqdn.isString() {
		add(fqdn.Text[1:len(fqdn.Text)-1], "host.fqdn")
	}
	if hostname.isString() {
		add(hostname.Text[1:len(hostname.Text)-1], "host.hostname")
	}
	add(insideJSON(h.ID.Name), "host.hostname")
	for _, address := range addresses.strings() {
		add(insideJSON(address), "host.address")
	}
	return own
}

// names returns what a section os says that the host is called.
func (s *Section) names() (fqdn, hostname, addresses Value) {
	if s == nil || !s.Known() {
		return
	}
	for i := range s.Facts {
		switch f := &s.Facts[i]; f.Address {
		case "os.fqdn":
			fqdn = f.Value
		case "os.hostname":
			hostname = f.Value
		case "os.addresses":
			addresses = f.Value
		}
	}
	return fqdn, hostname, addresses
}

// Apply returns the text of a Known value at an address with variables in place of their values, the ids of disks and the
// day of a password among them, each between two NUL bytes, which no value has, so that a template that was never filled
// in is no variable; and the variables of other environments whose values it holds, as environment.name, sorted. It
// replaces whole words only, and looks once, longest first, so that what one replacement wrote is not read again. What is
// no setting it returns as it is.
func (n *Normaliser) Apply(a Address, text string) (normal string, foreign []string) {
	if !isSetting(a) {
		if leadsTo(a) {
			_, foreign = n.replace(text)
		}
		return text, foreign
	}
	return n.replace(ownOfFile(a, text))
}

func (n *Normaliser) replace(text string) (normal string, foreign []string) {
	var b strings.Builder
	last := 0
	for i := 0; i < len(text); {
		if text[i] == '\\' { // a JSON escape: no part of a word
			i += escapeLen(text[i:])
			continue
		}
		t, ok := n.at(text, i)
		if !ok {
			i++
			continue
		}
		if name, own := t.names[n.environment]; own {
			b.WriteString(text[last:i])
			b.WriteString("\x00" + name + "\x00")
			last = i + len(t.text)
		} else if t.place {
			for environment, name := range t.names {
				foreign = append(foreign, environment+"."+name)
			}
		}
		i += len(t.text)
	}
	slices.Sort(foreign)
	if last == 0 {
		return text, slices.Compact(foreign)
	}
	b.WriteString(text[last:])
	return b.String(), slices.Compact(foreign)
}

// at returns the longest token that stands at text[i:] as a whole word.
func (n *Normaliser) at(text string, i int) (token, bool) {
	if n.begins[text[i]] == 0 || isWord(text[i]) && wordBefore(text, i) {
		return token{}, false
	}
	for _, size := range n.sizes[n.begins[text[i]]] {
		end := i + size
		if end > len(text) {
			continue
		}
		t, ok := n.tokens[text[i:end]]
		if !ok {
			continue
		}
		if end == len(text) || !isWord(text[end]) || !isWord(text[end-1]) {
			return t, true
		}
	}
	return token{}, false
}

// wordBefore reports whether a word goes on at text[i]. A letter that belongs to a JSON escape is no word.
func wordBefore(text string, i int) bool {
	if i == 0 || !isWord(text[i-1]) {
		return false
	}
	for back := 2; back <= 6 && i-back >= 0; back++ {
		if text[i-back] == '\\' && escapeLen(text[i-back:]) == back && !(i-back > 0 && text[i-back-1] == '\\') {
			return false
		}
	}
	return true
}

func escapeLen(s string) int {
	if len(s) > 1 && s[1] == 'u' {
		return min(6, len(s))
	}
	return min(2, len(s))
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// insideJSON returns s as it stands between the quotes of a JSON string.
func insideJSON(s string) string {
	if isPlain(s) && !strings.ContainsAny(s, `"\`) {
		return s
	}
	q := quoteJSON(s)
	return q[1 : len(q)-1]
}
