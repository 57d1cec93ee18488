package gate

// proposal says what is to be promoted, nil in a drift check.
func (d *decision) proposal() *Proposal {
	if d.Candidate == nil {
		return nil
	}
	p := &Proposal{Commit: d.Candidate.Commit, Subject: d.Candidate.Subject, Components: []string{}, Rollback: d.Candidate.Rollback}
	for _, c := range d.moving() {
		p.Components = append(p.Components, c.Component)
		now, ok := d.current(d.To, c.Component)
		if !ok {
			continue
		}
		from, to := now.Commit, d.Candidate.Commit
		if d.Candidate.Rollback {
			from, to = to, from
		}
		if commits, paths, err := d.Commits.Changed(from, to); err == nil {
			p.Commits, p.Files = max(p.Commits, commits), max(p.Files, len(paths))
		}
	}
	return p
}
