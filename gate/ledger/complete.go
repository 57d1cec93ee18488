package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// complete gets what a partial clone lacks of the chain that ends at head, in one fetch: git itself would fetch each event as
// it is read. Known are links that were read before.
func (l *Ledger) complete(ctx context.Context, head string, known []*link) error {
	if l.git.promisor == "" || l.offline || head == "" {
		return nil
	}
	// What is known may be of another clone, and not here.
	args := []string{"rev-list", "--objects", "--missing=print", "--ignore-missing", head}
	if n := len(known); n > 0 {
		args = append(args, "^"+known[n-1].ID)
	}
	list, err := l.git.with("GIT_NO_LAZY_FETCH=1").run(ctx, append(args, "--")...)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	var missing strings.Builder
	for line := range strings.Lines(list) {
		if id, ok := strings.CutPrefix(line, "?"); ok {
			missing.WriteString(id)
		}
	}
	if missing.Len() == 0 {
		return nil
	}
	g, err := l.git.to(ctx, l.git.promisor)
	if err != nil {
		return err
	}
	g.limits = usualLimits()
	// As git does it: what is missing is said, and not what is here, of which the remote would think that it is whole.
	args = slices.Concat([]string{"-c", "fetch.negotiationAlgorithm=noop"}, fetching, []string{"--stdin", "--", l.git.promisor})
	if _, err := g.input(ctx, strings.NewReader(missing.String()), args...); err != nil {
		return &Error{Err: fmt.Errorf("ledger: this partial clone lacks events, and cannot get them from the remote %s: %w", g.remote, err),
			Hint: "get them: git fetch --refetch --no-filter " + shellWord(l.git.promisor) + " gate-ledger"}
	}
	return nil
}

// errCut says that a chain is here without its beginning.
var errCut = errors.New("later ones are")

// deepen gets the beginning of the ledger, where a shallow clone has only its end.
func (l *Ledger) deepen(ctx context.Context) error {
	const all = "--depth=2147483647" // --unshallow is an error where something else is amiss
	if _, err := l.there.run(ctx, append(slices.Clone(fetching), all, "--", l.remote, branch)...); err != nil {
		return l.unreachable(err)
	}
	return nil
}
