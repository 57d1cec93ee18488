package policies

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// What is looked at for a suggestion: to find what is near takes longer the more there is.
const (
	longestWord = 100 // characters
	mostWords   = 1000
)

// suggest returns a sentence, with a space before it, that names what somebody who wrote given may have meant: the one
// candidate that is near, else all of them where these are few.
func suggest(given string, candidates []string) string {
	if len(candidates) > mostWords {
		return ""
	}
	best, distance := "", 1+max(1, len(given)/3)
	for _, candidate := range candidates {
		if len(given) > longestWord || len(candidate) > longestWord {
			continue
		}
		if n := levenshtein.Distance(strings.ToLower(given), strings.ToLower(candidate), nil); n < distance {
			best, distance = candidate, n
		}
	}
	if best != "" {
		return fmt.Sprintf(" Did you mean %q?", best)
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(candidates)))
	switch {
	case len(sorted) == 0 || len(sorted) > 12:
		return ""
	case len(sorted) == 1:
		return fmt.Sprintf(" There is only %q.", sorted[0])
	}
	return " There are: " + strings.Join(sorted, ", ") + "."
}
