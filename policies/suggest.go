package policies

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// suggest returns a sentence, with a space before it, that names what somebody who wrote given may have meant: the one
// candidate that is near, else all of them where these are few.
func suggest(given string, candidates []string) string {
	best, distance := "", 2+len(given)/4
	for _, candidate := range candidates {
		if n := levenshtein.Distance(strings.ToLower(given), strings.ToLower(candidate), nil); n < distance {
			best, distance = candidate, n
		}
	}
	if best != "" {
		return fmt.Sprintf(" Did you mean %q?", best)
	}
	if len(candidates) == 0 || len(candidates) > 12 {
		return ""
	}
	sorted := slices.Sorted(slices.Values(candidates))
	return " There is: " + strings.Join(slices.Compact(sorted), ", ") + "."
}
