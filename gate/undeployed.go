package gate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Lacking is an error that says that something is not here, as in a shallow clone: What, and the command that gets it.
type Lacking interface {
	error
	Lacks() (what, mend string)
}

// notDeployed says that no deployment of a content to an environment counts, and why. That it never was there is said only
// where the ledger is whole, and the policy has the paths that its deployments were recorded under.
func (d *decision) notDeployed(environment string, c Content) Finding {
	name, commit := d.name(c), Short(d.commitOf(c))
	f := Finding{Code: "promotion.not_deployed", Effect: Blocks}
	unknown := Finding{Code: "promotion.not_deployed", Effect: Opens, Title: fmt.Sprintf("Whether %s was deployed to %s is unknown: ", name, environment)}
	if d.History.ID == "" {
		why, next := d.History.NoLedger()
		unknown.Title += why
		unknown.Next = next
		return unknown
	}
	deploy := fmt.Sprintf("gate deploy --to %s --revision %s -- COMMAND", environment, commit)
	e, found, missing := d.otherwise(environment, c)
	begun, isBegun := d.begun(environment, c)
	switch {
	case found:
		f.Title = fmt.Sprintf("%s was deployed to %s, recorded under other component paths than the policy has now", name, environment)
		f.Detail = append(d.saidBy(e), fmt.Sprintf("event %s says %s", Short(e.ID), named(e.Contents)))
		f.Next = []string{fmt.Sprintf("record it under the paths of today, and verify it: gate record deployed --to %s --revision %s", environment, commit)}
	case missing != nil:
		what, mend := missing.Lacks()
		unknown.Title += "the policy has changed since deployments were recorded, and " + what
		unknown.Next = []string{"get it: " + mend}
		return unknown
	case d.History.Offline:
		unknown.Title += fmt.Sprintf("it is not in the ledger as it was fetched on %s (--offline)", d.moment(d.History.Fetched))
		if d.History.Fetched.IsZero() {
			unknown.Title = fmt.Sprintf("Whether %s was deployed to %s is unknown: the ledger of the remote was never fetched, only what was recorded here is known (--offline)", name, environment)
		}
		unknown.Next = []string{"check without --offline"}
		return unknown
	case isBegun:
		f.Title = fmt.Sprintf("A deployment of %s to %s has begun, and its end is not on record", name, environment)
		f.Detail = d.saidBy(begun)
		f.Next = []string{fmt.Sprintf("record how it ended, gate record deployed|failed --to %s --revision %s, or deploy it again", environment, commit)}
	case len(d.History.Flaws) > 0:
		f.Title = fmt.Sprintf("No deployment of %s to %s counts, and the ledger is not as it should be", name, environment)
		f.Next = []string{fmt.Sprintf("find out what is wrong with the ledger first; then %s", deploy)}
	default:
		f.Title = fmt.Sprintf("%s was never deployed to %s", name, environment)
		f.Next = []string{fmt.Sprintf("deploy %s to %s, as with: %s", commit, environment, deploy)}
	}
	return f
}

// NoLedger says of a history without a ledger where there is none, and what to do about that.
func (h *History) NoLedger() (why string, next []string) {
	const begin = "where none was begun yet: gate record --adopt"
	switch {
	case h.Offline:
		return fmt.Sprintf("the ledger of the remote %s was not fetched (--offline)", cmp.Or(h.Remote, "origin")), []string{"ask again without --offline", begin}
	case h.Remote != "":
		return fmt.Sprintf("the remote %s has no ledger", h.Remote), []string{"find out whether somebody removed its branch gate-ledger; " + begin}
	case h.Place != "":
		return fmt.Sprintf("there is no ledger in %s", h.Place), []string{"name the repository that has the branch gate-ledger by --ledger; " + begin}
	}
	return "there is no ledger in this clone", []string{
		"fetch the ledger: git fetch origin gate-ledger:gate-ledger; or name its remote in the policy: ledger { remote = \"origin\" }; " + begin}
}

// begun returns the last deployment of a content to an environment that has begun and of which no end is on record.
func (d *decision) begun(environment string, c Content) (Event, bool) {
	events := d.History.In(environment)
	for _, e := range slices.Backward(events) {
		if e.Kind == Deploying && holds(e.Contents, c) {
			ended := slices.ContainsFunc(events, func(end Event) bool { return end.Of == e.ID && (end.Kind == Deployed || end.Kind == Failed) })
			return e, !ended
		}
	}
	return Event{}, false
}

// mostRead is how many commits are read to find a content that was recorded under other paths.
const mostRead = 100

// otherwise returns the last deployment to an environment that brought what a content is made of and was recorded as another
// one: its commit has this content by the paths that the policy has now. Where that cannot be told, it returns what is missing.
func (d *decision) otherwise(environment string, c Content) (e Event, found bool, missing Lacking) {
	if d.Commits == nil {
		return Event{}, false, nil
	}
	read := map[string]bool{}
	for _, e := range slices.Backward(d.History.In(environment)) {
		if e.Kind != Deployed || e.Policy == d.Policy.Digest {
			continue
		}
		for _, recorded := range e.Contents {
			if read[recorded.Commit] || len(read) == mostRead {
				continue
			}
			read[recorded.Commit] = true
			contents, err := d.Commits.Contents(recorded.Commit)
			if holds(contents, c) {
				return e, true, nil
			}
			if lacking, ok := errors.AsType[Lacking](err); ok && missing == nil {
				missing = lacking
			}
		}
	}
	return Event{}, false, missing
}
