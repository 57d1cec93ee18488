package report

import (
	"strconv"
	"strings"

	"golang.org/x/text/width"
)

// columns returns how many columns of a terminal s takes (Unicode Standard Annex #11).
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

func padRight(s string, n int) string { return s + strings.Repeat(" ", max(0, n-columns(s))) }

func padLeft(s string, n int) string { return strings.Repeat(" ", max(1, n-columns(s))) + s }

// clip cuts s to n columns, and says so by an ellipsis.
func clip(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	var b strings.Builder
	used := 0
	for _, r := range s {
		if used += columns(string(r)); used > n-1 {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}

// Wrap breaks s at spaces into lines of at most n columns; a longer word stays whole.
func Wrap(s string, n int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case columns(line)+1+columns(word) > n:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

// plural returns "1 host" or "2 hosts".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

// thousands writes a number with a comma at each thousand.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
