package version

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// debVersion is [epoch:]upstream[-revision] (deb-version(7)). It is ours because digits of any number must count, and
// what dpkg only warns of must be refused.
type debVersion struct {
	epoch, upstream, revision string
}

// maxDebEpoch is dpkg's: INT_MAX.
const maxDebEpoch = "2147483647"

func parseDeb(s string) (debVersion, error) {
	var v debVersion
	epoch, rest, hasEpoch := strings.Cut(s, ":")
	if hasEpoch {
		if strings.Trim(epoch, digits) != "" || epoch == "" || compareDigits(epoch, maxDebEpoch) > 0 {
			return v, fmt.Errorf("the epoch %q is no number up to %s", epoch, maxDebEpoch)
		}
		v.epoch = epoch
	} else {
		rest = s
	}
	v.upstream = rest
	if i := strings.LastIndexByte(rest, '-'); i >= 0 {
		v.upstream, v.revision = rest[:i], rest[i+1:]
		if v.revision == "" {
			return v, errors.New("the revision is empty")
		}
	}
	if v.upstream == "" || !strings.Contains(digits, v.upstream[:1]) {
		return v, errors.New("does not start with a digit")
	}
	if bad := strings.Trim(v.upstream, digits+letters+".-+~:"); bad != "" {
		return v, fmt.Errorf("%.1q is not allowed in a version", bad)
	}
	if bad := strings.Trim(v.revision, digits+letters+".+~"); bad != "" {
		return v, fmt.Errorf("%.1q is not allowed in a revision", bad)
	}
	return v, nil
}

const (
	digits  = "0123456789"
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

func (v debVersion) compare(w debVersion) int {
	return cmp.Or(compareDigits(v.epoch, w.epoch), compareDeb(v.upstream, w.upstream), compareDeb(v.revision, w.revision))
}

// compareDeb compares, in turn, a part without digits and a number, until one differs.
func compareDeb(a, b string) int {
	for a != "" || b != "" {
		var textA, textB, numberA, numberB string
		textA, a = cutWhile(a, func(c byte) bool { return c < '0' || c > '9' })
		textB, b = cutWhile(b, func(c byte) bool { return c < '0' || c > '9' })
		numberA, a = cutWhile(a, func(c byte) bool { return c >= '0' && c <= '9' })
		numberB, b = cutWhile(b, func(c byte) bool { return c >= '0' && c <= '9' })
		if order := cmp.Or(compareText(textA, textB), compareDigits(numberA, numberB)); order != 0 {
			return order
		}
	}
	return 0
}

func cutWhile(s string, in func(byte) bool) (head, rest string) {
	for i := range len(s) {
		if !in(s[i]) {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// compareText orders "~" before the end of a text, the end before letters, and letters before the rest.
func compareText(a, b string) int {
	for i := range max(len(a), len(b)) {
		if order := cmp.Compare(debRank(a, i), debRank(b, i)); order != 0 {
			return order
		}
	}
	return 0
}

func debRank(s string, i int) int {
	switch {
	case i >= len(s):
		return 0
	case s[i] == '~':
		return -1
	case strings.IndexByte(letters, s[i]) >= 0:
		return int(s[i])
	}
	return int(s[i]) + 256
}

// compareDigits compares whole numbers of any size. None is zero.
func compareDigits(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
