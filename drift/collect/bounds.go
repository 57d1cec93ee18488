package collect

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/seed-313c021b/gate/drift"
)

// What a host may say at most, beside MaxSection. More of it is no answer: the query is unknown, and says which number it is
// over.
const (
	MaxFacts     = 500_000   // facts of one query
	MaxFactBytes = 128 << 20 // bytes of their addresses and values

	maxPath = 4096 // bytes of a path: Linux's PATH_MAX (limits.h)
	maxName = 255  // bytes of a file's name: Linux's NAME_MAX (limits.h)

	// maxReason is how many bytes of a reason are kept: what a host says of its errors may be as long as a section.
	maxReason = 1000
)

// budget is what the facts of a query have taken so far.
type budget struct{ facts, bytes int }

// spend counts facts, and returns an error when they are too many.
func (b *budget) spend(facts []drift.Fact) error {
	b.facts += len(facts)
	for i := range facts {
		b.bytes += len(facts[i].Address) + len(facts[i].Value.Text)
	}
	return b.problem()
}

func (b *budget) problem() error {
	switch {
	case b.facts > MaxFacts:
		return fmt.Errorf("more than %d facts", MaxFacts)
	case b.bytes > MaxFactBytes:
		return fmt.Errorf("facts of more than %d MiB", MaxFactBytes>>20)
	}
	return nil
}

// shorten returns the beginning of a reason that is too long.
func shorten(reason string) string {
	if len(reason) <= maxReason {
		return reason
	}
	end := maxReason
	for end > 0 && !utf8.RuneStart(reason[end]) {
		end--
	}
	return strings.TrimSpace(reason[:end]) + "…"
}
