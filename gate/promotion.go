package gate

import (
	"time"

	"github.com/seed-313c021b/gate/drift"
)

// Candidate is what somebody wants to promote.
type Candidate struct {
	Revision string // as it was given
	Commit   string // the object id
	Subject  string // of the commit
	Contents []Content
	Rollback bool // it goes back to what was there before
}

// Record is what the ledger keeps beside its events.
type Record interface {
	// Snapshot returns a recorded snapshot by its id. Values that cannot be compared any more (sealed under another key, or
	// with other vars) are unknown in it; sections that another version of their collector has read are not in it.
	Snapshot(id string) (*drift.Snapshot, error)
	// Since tells how long something has held of a host's value: the time of the first of the recorded observations without
	// a gap in which it did, up to now, and that of the one before, in which it did not. First is zero where it held in no
	// observation, and before where it is not known since when: then it may have held for longer than first. It is never
	// asked of an unknown value, which ends what is known.
	Since(h drift.HostID, a drift.Address, holds func(drift.Value) bool) (first, before time.Time)
}

// Commits is what the repository tells of commits. An error means that it could not be told, and says why and what helps.
type Commits interface {
	// Contents returns the content of each component at a commit, in the order of the policy. Where the paths of some match
	// nothing there, it returns an error that says so, and with it the contents of the others.
	Contents(commit string) ([]Content, error)
	// Ancestor reports whether a is b, or b descends from it.
	Ancestor(a, b string) (bool, error)
	// Carries reports whether a commit, or one that it descends from, has a content.
	Carries(commit string, c Content) (bool, error)
	// Subject returns the first line of a commit's message.
	Subject(commit string) (string, error)
	// Changed returns how many commits lead from a to b, and the paths that differ between them.
	Changed(a, b string) (commits int, paths []string, err error)
}
