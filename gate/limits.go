package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift"
)

// changes are the packages and files of a change: each once, however many hosts have it. A package of one name is another one
// in another virtual environment, and of another packaging.
type changes struct{ packages, files map[drift.Address]bool }

// count adds what an address in flight is of. Where a virtual environment comes or goes as a whole, that is each package in it,
// on whichever side they are.
func (c *changes) count(a drift.Address, from, to []*drift.Host) {
	if c.packages == nil {
		c.packages, c.files = map[drift.Address]bool{}, map[drift.Address]bool{}
	}
	steps := a.Steps()
	of := func(n int) drift.Address {
		above := a
		for range len(steps) - n {
			above, _ = above.Parent()
		}
		return above
	}
	switch collector := steps[0].Text; {
	case collector == "file" && len(steps) > 1:
		c.files[of(2)] = true
	case (collector == "deb" || collector == "rpm") && len(steps) > 1:
		c.packages[of(2)] = true
	case collector == "python" && len(steps) > 3 && steps[2].Text == "packages":
		c.packages[of(4)] = true
	case collector == "deb" || collector == "rpm" || collector == "python" && len(steps) == 2:
		for _, h := range slices.Concat(from, to) {
			for _, s := range h.Collector(collector) {
				for _, f := range s.Facts {
					if f.Address != a && f.Address.Below(a) {
						c.count(f.Address, nil, nil)
					}
				}
			}
		}
	}
}

// limits judges how much the promotion would change, from what is in flight.
func (d *decision) limits(moving []Content) {
	m := d.environment.Promotion.MaxChanges
	if d.Candidate == nil || m.Packages == nil && m.Files == nil && m.Commits == nil {
		return
	}
	d.limit("package", "packages", len(d.changes.packages), m.Packages)
	d.limit("file", "files", len(d.changes.files), m.Files)
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
		Next:  []string{"promote it in smaller steps, or " + d.override("promotion.too_large")}})
}

// limitCommits counts the commits from what is on the target to the candidate: of several components the most.
func (d *decision) limitCommits(moving []Content, limit int) {
	most := 0
	for _, c := range moving {
		now, ok := d.current(d.To, c.Component)
		if !ok || d.Commits == nil {
			continue
		}
		from, to := now.Commit, d.Candidate.Commit
		if d.Candidate.Rollback {
			from, to = to, from
		}
		n, _, err := d.Commits.Changed(from, to)
		if err != nil {
			d.add(Finding{Code: "promotion.unresolved", Effect: Opens, Detail: []string{err.Error()},
				Next:  []string{"get the commits that are missing here, and check again"},
				Title: fmt.Sprintf("Could not tell how many commits lead from %s to %s", Short(now.Commit), Short(d.Candidate.Commit))})
			return
		}
		most = max(most, n)
	}
	d.limit("commit", "commits", most, &limit)
}

// change tells of what is in flight, in one finding: what was proved, and would come to the target.
func (d *decision) change(proofs []proof) {
	if d.Candidate != nil {
		d.limits(d.moving())
	}
	var whole *Finding
	var rest []Finding
	for _, f := range d.verdict.Findings {
		switch {
		case f.Code != "change.in_flight":
			rest = append(rest, f)
		case whole == nil:
			whole = &f
		default:
			if f.Subject != whole.Subject {
				whole.Subject = ""
			}
			whole.Items = append(whole.Items, f.Items...)
			whole.Hosts = append(whole.Hosts, f.Hosts...)
		}
	}
	if whole == nil {
		return
	}
	if whole.Subject == "" {
		whole.spellOut()
	}
	slices.Sort(whole.Hosts)
	whole.Hosts = slices.Compact(whole.Hosts)
	whole.Detail = d.provenBy(proofs)
	facts, from := count(len(whole.Items), "fact", "facts"), strings.Join(d.verdict.From, ", ")
	switch {
	case d.Candidate == nil:
		whole.Title = fmt.Sprintf("%s of a change on %s would come to %s with its promotion", facts, from, d.To)
	case d.Candidate.Rollback:
		whole.Title = fmt.Sprintf("%s would go back on %s", facts, d.To)
	case len(whole.Detail) == 0:
		whole.Title = fmt.Sprintf("%s would come to %s; nothing proves the change yet", facts, d.To)
	case slices.ContainsFunc(proofs, func(p proof) bool { return p.stay == nil || len(p.lacks) > 0 }):
		whole.Title = fmt.Sprintf("%s would come to %s; only a part of the change is proved on %s", facts, d.To, from)
	default:
		whole.Title = fmt.Sprintf("%s proved on %s, and would come to %s", count(len(whole.Items), "fact was", "facts were"), from, d.To)
	}
	d.verdict.Findings = append(rest, *whole)
}

// provenBy says how the candidate was proved, a line for each environment and component, and where people see by which checks.
func (d *decision) provenBy(proofs []proof) []string {
	var lines []string
	for _, p := range proofs {
		if p.stay == nil || len(p.lacks) > 0 {
			continue
		}
		line := fmt.Sprintf("proved: %s on %s since %s", d.name(p.content), p.environment, d.moment(p.stay.deployed.At))
		var seen []string
		for _, v := range p.verified {
			line += fmt.Sprintf(", %s %s", v.name, d.timeAfter(p.stay.deployed.At, v.at))
			if v.run != nil && v.run.URL != "" {
				seen = append(seen, v.name+": "+v.run.URL)
			}
		}
		if want := d.environment.Promotion.Soak; want > 0 {
			line += fmt.Sprintf(", soaked %s of %s", span(p.soaked.Truncate(time.Minute)), span(want))
		}
		if p.still {
			line += "; seen on the hosts"
			if !d.Kept {
				line += " now"
			}
		}
		lines = append(append(lines, line), seen...)
	}
	return lines
}

// timeAfter writes a time for people who have just read another one: the day only where it is another.
func (d *decision) timeAfter(before, at time.Time) string {
	before, at = before.In(d.Policy.Gate.Timezone), at.In(d.Policy.Gate.Timezone)
	if before.YearDay() != at.YearDay() || before.Year() != at.Year() {
		return at.Format("2 Jan 15:04")
	}
	return at.Format("15:04")
}
