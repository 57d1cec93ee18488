package drift

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Sealer replaces values that may not be shown by keyed digests. It may seal several hosts at the same time.
type Sealer struct {
	key   []byte
	vars  *Vars
	forms sync.Map // whether a text (string) is of a secret's form (bool): hosts have most of their texts in common
}

// NewSealer returns a sealer. The key is at least 32 random bytes; digests can be compared only under the same key and
// with the same variables.
func NewSealer(key []byte, vars *Vars) *Sealer {
	return &Sealer{key: key, vars: vars}
}

// KeyID names the key without telling anything about it, 16 hexadecimal digits.
func (s *Sealer) KeyID() string {
	return s.digest("gate key id", "")[:16]
}

// Seal seals the values of a host in place. reveal tells what each section may show; it is called for several sections at
// the same time.
func (s *Sealer) Seal(h *Host, reveal func(*Section) Reveal) {
	n := s.vars.For(h)
	var next atomic.Int64
	var work sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(h.Sections)) {
		work.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(h.Sections); i = int(next.Add(1)) - 1 {
				s.sealSection(n, &h.Sections[i], reveal(&h.Sections[i]))
			}
		})
	}
	work.Wait()
}

func (s *Sealer) sealSection(n *Normaliser, section *Section, r Reveal) {
	for i := range section.Facts {
		f := &section.Facts[i]
		switch {
		case f.Value.Kind == Unknown:
			f.Value.Text = scrub(f.Value.Text)
		case !safe(*f, r, s.ofForm):
			f.Value = s.seal(n, f.Address, f.Value)
		}
		f.Private = false
	}
	s.sealKeys(section)
	section.Reason = scrub(section.Reason)
}

// sealKeys seals the keys of entries, and the names of items of a preview, that hold secrets: a token that stands alone on a
// line is read as one, and the title of a resource may be a command line.
func (s *Sealer) sealKeys(section *Section) {
	sealed := false
	for i := range section.Facts {
		a := section.Facts[i].Address
		parent, ok := a.Parent()
		if !ok || !strings.HasSuffix(string(parent), "].entries") && !strings.HasSuffix(string(parent), "].items") {
			continue
		}
		if text := string(a[len(parent):]); formAt(text, strings.ToLower(text)) < len(text) {
			section.Facts[i].Address = parent.Key(sealedKey + s.digest(string(parent), text)[:16])
			sealed = true
		}
	}
	if sealed {
		slices.SortFunc(section.Facts, func(a, b Fact) int { return cmp.Compare(a.Address, b.Address) })
	}
}

// sealedKey is what the key of an entry begins with that is a digest.
const sealedKey = "sealed "

// sealedKey reports whether the key of an entry is sealed.
func (f Fact) sealedKey() bool {
	parent, ok := entryOf(f.Address)
	return ok && strings.HasPrefix(string(f.Address[len(parent):]), `["`+sealedKey)
}

// entryOf returns the address of the entries of which an address is one.
func entryOf(a Address) (entries Address, ok bool) {
	parent, ok := a.Parent()
	return parent, ok && strings.HasSuffix(string(parent), "].entries")
}

// ofForm is secretForm, asked once for each text.
func (s *Sealer) ofForm(text string) bool {
	if known, ok := s.forms.Load(text); ok {
		return known.(bool)
	}
	is := secretForm(text)
	s.forms.Store(text, is)
	return is
}

func (s *Sealer) seal(n *Normaliser, a Address, v Value) Value {
	normal, foreign := n.Apply(a, v.Text)
	return Value{
		Kind:    Sealed,
		Raw:     s.digest(string(a), v.Text),
		Normal:  s.digest(string(a), normal),
		Foreign: strings.Join(foreign, " "),
	}
}

// scrub keeps what a host says of its errors from saying a secret: it drops the text from where that is of a secret's form.
func scrub(reason string) string {
	at := secretAt(reason)
	if at < 0 {
		return reason
	}
	return reason[:at] + "(the rest is of a secret's form, and is not shown)"
}

// digest is HMAC-SHA-256 (RFC 2104) over an address and a text, hexadecimal.
func (s *Sealer) digest(address, text string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(address))
	mac.Write([]byte{0})
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}
