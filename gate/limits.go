package gate

import (
	"fmt"

	"github.com/seed-313c021b/gate/drift"
)

// limits judges how much the promotion would change, from what is in flight.
func (d *decision) limits(inFlight []drift.Row, moving []Content) {
	m := d.environment.Promotion.MaxChanges
	if d.Candidate == nil || m.Packages == nil && m.Files == nil && m.Commits == nil {
		return
	}
	packages, files := map[string]bool{}, map[string]bool{}
	for _, row := range inFlight {
		steps := row.Address.Steps()
		switch {
		case len(steps) < 2:
		case steps[0].Text == "deb" || steps[0].Text == "rpm":
			packages[steps[1].Text] = true
		case steps[0].Text == "file":
			files[steps[1].Text] = true
		case len(steps) > 3 && steps[0].Text == "python" && steps[2].Text == "packages":
			packages[steps[3].Text] = true
		}
	}
	d.limit("package", "packages", len(packages), m.Packages)
	d.limit("file", "files", len(files), m.Files)
	if m.Commits != nil {
		d.limitCommits(moving, *m.Commits)
	}
}

func (d *decision) limit(one, many string, n int, limit *int) {
	if limit == nil || n <= *limit {
		return
	}
	d.add(Finding{Code: "promotion.too_large", Effect: Blocks, Policy: position(d.environment.Promotion.MaxChanges.Range),
		Title: fmt.Sprintf("The promotion would change %s, and max_changes allows %d", count(n, one, many), *limit),
		Next:  []string{"promote it in smaller steps, or gate override promotion.too_large with a reason"}})
}

// limitCommits counts the commits from what is on the target to the candidate: of several components the most.
func (d *decision) limitCommits(moving []Content, limit int) {
	most := 0
	for _, c := range moving {
		now, ok := d.current(d.To, c.Component)
		if !ok || d.Commits == nil {
			continue
		}
		n, _, err := d.Commits.Changed(now.Commit, d.Candidate.Commit)
		if err != nil {
			d.add(Finding{Code: "promotion.unresolved", Effect: Opens, Detail: []string{err.Error()},
				Title: fmt.Sprintf("Could not tell how many commits lead from %s to %s", Short(now.Commit), Short(d.Candidate.Commit))})
			return
		}
		most = max(most, n)
	}
	d.limit("commit", "commits", most, &limit)
}
