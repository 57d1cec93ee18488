package entries

import (
	"iter"
	"strings"
)

// parseLines reads any text as one list, at the key "lines".
func parseLines(text string, to *collection) error {
	var lines items
	for _, line := range numbered(text) {
		if line = strings.TrimRight(line, " \t\r\f\v"); line != "" {
			lines.addString(line)
		}
	}
	return to.add("lines", lines.value(), 1)
}

// numbered yields the lines of a text, without their ends, and their numbers from 1.
func numbered(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		n := 0
		for line := range strings.Lines(text) {
			n++
			if !yield(n, strings.TrimSuffix(line, "\n")) {
				return
			}
		}
	}
}

// settings yields the lines of a text that are neither blank nor comments, without the white space around them.
func settings(text, comments string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for n, line := range numbered(text) {
			line = strings.TrimSpace(line)
			if line == "" || strings.ContainsRune(comments, rune(line[0])) {
				continue
			}
			if !yield(n, line) {
				return
			}
		}
	}
}
