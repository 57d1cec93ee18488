package pypa

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Version is a version by PEP 440. Its zero value is not a version; ParseVersion makes one.
type Version struct {
	epoch   number
	release []number
	phase   string // of a pre-release "a", "b" or "rc"
	pre     number
	post    number // empty where there is none
	dev     number // empty where there is none
	local   []string
}

// number is a whole number of any size, in decimal without leading zeros: versions that are dates or hashes exceed
// 64 bits.
type number string

func newNumber(digits string) number {
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return "0"
	}
	return number(digits)
}

func (n number) compare(m number) int {
	return cmp.Or(cmp.Compare(len(n), len(m)), cmp.Compare(n, m))
}

// The parts of a version (PEP 440, appendix B).
const (
	spacePattern   = `[\s\v\x1c-\x1f]*`
	epochPattern   = `v?(?:([0-9]+)!)?`
	prePattern     = `(?:[-_.]?(alpha|beta|preview|pre|a|b|c|rc)[-_.]?([0-9]*))?`
	postPattern    = `(?:-([0-9]+)|[-_.]?(post|rev|r)[-_.]?([0-9]*))?`
	devPattern     = `(?:[-_.]?(dev)[-_.]?([0-9]*))?`
	localPattern   = `(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?`
	releasePattern = `([0-9]+(?:\.[0-9]+)*)`
)

var versionPattern = regexp.MustCompile(`(?i)^` + spacePattern + epochPattern + releasePattern + prePattern + postPattern +
	devPattern + localPattern + spacePattern + `$`)

// maxVersion bounds a version, in bytes: each requirement compares it anew.
const maxVersion = 1000

// ParseVersion reads a version in any of the spellings that PEP 440 allows.
func ParseVersion(s string) (Version, error) {
	if len(s) > maxVersion {
		return Version{}, fmt.Errorf("%.20q… is longer than %d bytes", s, maxVersion)
	}
	m := versionPattern.FindStringSubmatch(s)
	// Case folding would take U+017F and U+212A for letters of ASCII.
	if m == nil || !ascii(s) {
		return Version{}, fmt.Errorf("%q is no version by PEP 440", s)
	}
	v := Version{epoch: newNumber(m[1])}
	for part := range strings.SplitSeq(m[2], ".") {
		v.release = append(v.release, newNumber(part))
	}
	if m[3] != "" {
		v.phase, v.pre = phase(m[3]), newNumber(m[4])
	}
	if m[5] != "" || m[6] != "" {
		v.post = newNumber(m[5] + m[7])
	}
	if m[8] != "" {
		v.dev = newNumber(m[9])
	}
	if m[10] != "" {
		for part := range strings.FieldsFuncSeq(strings.ToLower(m[10]), isSeparator) {
			if isDigits(part) {
				part = string(newNumber(part))
			}
			v.local = append(v.local, part)
		}
	}
	return v, nil
}

func phase(word string) string {
	switch word = strings.ToLower(word); word {
	case "alpha":
		return "a"
	case "beta":
		return "b"
	case "c", "pre", "preview":
		return "rc"
	}
	return word
}

// String returns the version in normal form.
func (v Version) String() string {
	s := v.public().text()
	if v.local != nil {
		s += "+" + strings.Join(v.local, ".")
	}
	return s
}

func (v Version) text() string {
	var b strings.Builder
	if v.epoch != "0" {
		b.WriteString(string(v.epoch) + "!")
	}
	for i, n := range v.release {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(string(n))
	}
	b.WriteString(v.phase + string(v.pre))
	if v.post != "" {
		b.WriteString(".post" + string(v.post))
	}
	if v.dev != "" {
		b.WriteString(".dev" + string(v.dev))
	}
	return b.String()
}

// IsPrerelease reports whether v is an alpha, beta, candidate or development release.
func (v Version) IsPrerelease() bool { return v.phase != "" || v.dev != "" }

// Compare returns the order of two versions, -1, 0 or 1, as PEP 440 sorts them.
func (v Version) Compare(w Version) int {
	return cmp.Or(
		v.epoch.compare(w.epoch),
		slices.CompareFunc(trimZeros(v.release), trimZeros(w.release), number.compare),
		v.comparePre(w),
		compareOptional(v.post, w.post, -1),
		compareOptional(v.dev, w.dev, 1),
		v.compareLocal(w),
	)
}

// comparePre orders 1.0.dev1, 1.0a1, 1.0b1, 1.0rc1, 1.0.
func (v Version) comparePre(w Version) int {
	return cmp.Or(cmp.Compare(v.preRank(), w.preRank()), v.pre.compare(w.pre))
}

func (v Version) preRank() string {
	switch {
	case v.phase != "":
		return v.phase
	case v.post == "" && v.dev != "":
		return ""
	}
	return "z"
}

// compareOptional compares two numbers of which either may be missing; missing is what a missing one compares as.
func compareOptional(a, b number, missing int) int {
	switch {
	case a == "" && b == "":
		return 0
	case a == "":
		return missing
	case b == "":
		return -missing
	}
	return a.compare(b)
}

func (v Version) compareLocal(w Version) int {
	if (v.local == nil) != (w.local == nil) {
		return cmp.Compare(len(v.local), len(w.local))
	}
	return slices.CompareFunc(v.local, w.local, func(a, b string) int {
		switch na, nb := isDigits(a), isDigits(b); {
		case na && nb:
			return number(a).compare(number(b))
		case na:
			return 1
		case nb:
			return -1
		}
		return cmp.Compare(a, b)
	})
}

// public returns v without its local part.
func (v Version) public() Version {
	v.local = nil
	return v
}

// base returns epoch and release alone.
func (v Version) base() Version {
	return Version{epoch: v.epoch, release: v.release}
}

func trimZeros(release []number) []number {
	for len(release) > 0 && release[len(release)-1] == "0" {
		release = release[:len(release)-1]
	}
	return release
}

func isSeparator(r rune) bool { return r == '.' || r == '-' || r == '_' }

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7F })
}
