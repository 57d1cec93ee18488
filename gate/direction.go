package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// direction judges whether the candidate goes forward from all that the target may have now; or, on the way back, whether
// it was there before.
func (d *decision) direction(moving []Content) {
	for _, c := range moving {
		if d.Candidate.Rollback {
			d.backTo(c)
			continue
		}
		for _, now := range d.present(d.To, c.Component) {
			d.forward(c, now)
		}
	}
}

func (d *decision) forward(c, now Content) {
	if now.ID == c.ID {
		return
	}
	forward, err := d.descends(now, d.Candidate.Commit)
	switch {
	case forward:
	case err != nil:
		d.add(Finding{Code: "promotion.unresolved", Effect: Opens,
			Title:  fmt.Sprintf("Could not tell whether %s descends from %s, which is on %s", d.name(c), named([]Content{now}), d.To),
			Detail: []string{err.Error()}, Next: []string{"get the commits that are missing here, and check again"}})
	default:
		d.add(Finding{Code: "promotion.backward", Effect: Blocks,
			Title: fmt.Sprintf("%s does not contain %s, which is on %s: promoting it would take that away", d.name(c), named([]Content{now}), d.To),
			Next: []string{fmt.Sprintf("merge %s into it and prove the result on %s; or, to go back on purpose: --rollback",
				Short(now.Commit), strings.Join(d.verdict.From, ", "))}})
	}
}

// descends reports whether a commit descends from a content: from any commit that the ledger knows it by, or from another
// one that has it.
func (d *decision) descends(c Content, commit string) (bool, error) {
	if d.Commits == nil {
		return false, fmt.Errorf("there is no repository to ask")
	}
	known := []string{c.Commit}
	if d.History != nil {
		for _, e := range d.History.Events {
			if other, ok := e.Content(c.Component); ok && e.Invalid == "" && other.ID == c.ID && !slices.Contains(known, other.Commit) {
				known = append(known, other.Commit)
			}
		}
	}
	var failed error
	for _, from := range known {
		yes, err := d.Commits.Ancestor(from, commit)
		if yes && err == nil {
			return true, nil
		}
		if err != nil {
			failed = err
		}
	}
	yes, err := d.Commits.Carries(commit, c)
	if yes && err == nil {
		return true, nil
	}
	return false, cmp.Or(failed, err)
}
