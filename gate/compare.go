package gate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// The words under which a comparison counts what it leaves out.
const (
	builtIn  = "built in"
	byPolicy = "by policy"
)

// compare compares the environment with each one that it is promoted from, role by role and cohort by cohort. proofs say
// what proved the candidate.
func (d *decision) compare(proofs []proof) {
	to := d.snapshot(d.To)
	if to == nil {
		return
	}
	if len(d.verdict.From) == 0 { // its hosts are compared with each other
		for _, group := range cohorts(to.Hosts) {
			d.cohort(sides{}, group)
		}
		return
	}
	for _, environment := range d.verdict.From {
		s := d.sidesOf(environment, proofs)
		for _, group := range cohorts(to.Hosts) {
			d.cohort(s, group)
		}
	}
}

func (d *decision) snapshot(environment string) *drift.Snapshot {
	for _, s := range d.Snapshots {
		if s.Environment == environment {
			return s
		}
	}
	return nil
}

// group is the hosts of one role and cohort.
type group struct {
	role   string
	cohort drift.Cohort
	hosts  []*drift.Host
}

// cohorts groups hosts, in the order of roles. Hosts whose cohort could not be told are in none: nothing is known of
// them, which is a finding already.
func cohorts(hosts []drift.Host) []group {
	var groups []group
	for i := range hosts {
		h := &hosts[i]
		cohort := h.Cohort()
		if cohort == (drift.Cohort{}) {
			continue
		}
		at := slices.IndexFunc(groups, func(g group) bool { return g.role == h.ID.Role && g.cohort == cohort })
		if at < 0 {
			at = len(groups)
			groups = append(groups, group{role: h.ID.Role, cohort: cohort})
		}
		groups[at].hosts = append(groups[at].hosts, h)
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(a.role, b.role) })
	return groups
}

// among returns those of other hosts that the group may be compared with.
func (g group) among(others []drift.Host) []*drift.Host {
	var like []*drift.Host
	for i := range others {
		if h := &others[i]; h.ID.Role == g.role && h.Cohort() == g.cohort {
			like = append(like, h)
		}
	}
	return like
}

// cohort compares one cohort of the target with the same one of another environment, if there is one.
func (d *decision) cohort(s sides, g group) {
	from := g.among(s.proved)
	if s.environment != "" && len(from) == 0 && !d.Partial {
		d.unpaired(s.environment, s.proved, g)
	}
	comparer := drift.Comparer{Vars: d.Policy.Vars(), LeaveOut: d.leaveOut, Asked: d.Policy.Asks(), Elsewhere: d.elsewhere, Promotion: d.promotionOf(&s, g)}
	result := comparer.Compare(from, g.hosts)
	d.count(slices.Concat(from, g.hosts), result)
	for word, n := range result.LeftOut {
		d.verdict.Counts.LeftOut[word] += n
	}
	rows, marks := d.unmarked(d.homeward(d.told(result.Rows)))
	rows = d.fold(d.waivers.drift(rows))
	settling, rest := d.settling(rows)
	findings := rowFindings(rest, s.environment, d.To)
	d.date(findings, rest)
	for _, f := range findings {
		d.add(f)
	}
	for _, f := range rowFindings(settling, s.environment, d.To) {
		d.add(d.settled(f))
	}
	for _, row := range slices.Concat(marks, rows) {
		if row.Class == drift.InFlight {
			d.inFlight = append(d.inFlight, row)
			d.changes.count(row.Address, from, g.hosts)
		}
	}
	d.tally.compared += d.differ(s.environment, from, g.hosts)
}

// count counts what a comparison of hosts found. Of a single host everything is as it is: it is compared with nothing.
func (d *decision) count(hosts []*drift.Host, result drift.Result) {
	counts := &d.verdict.Counts
	if len(hosts) == 1 {
		counts.Read += result.Alike
		d.tally.alone = append(d.tally.alone, hosts[0].ID.String())
		return
	}
	counts.Alike += result.Alike
	d.tally.compared += result.Alike + len(result.Rows)
	d.tally.oneSided = append(d.tally.oneSided, result.OneSided...)
	for _, alone := range result.OneSided {
		counts.NotCompared += len(alone.Facts)
	}
}

// told returns the rows less what they say of hosts of which nothing at all could be told, which another finding does.
func (d *decision) told(rows []drift.Row) []drift.Row {
	unknown := func(g drift.Group) bool { return g.Value.Kind == drift.Unknown }
	var told []drift.Row
	for _, row := range rows {
		if row.Class == drift.Untold {
			row.From, row.To = d.alive(row.From), d.alive(row.To)
			if !slices.ContainsFunc(row.From, unknown) && !slices.ContainsFunc(row.To, unknown) {
				continue
			}
		}
		told = append(told, row)
	}
	return told
}

func (d *decision) alive(groups []drift.Group) []drift.Group {
	var alive []drift.Group
	for _, g := range groups {
		g.Hosts = slices.DeleteFunc(slices.Clone(g.Hosts), func(h drift.HostID) bool { return d.dead[h] })
		if len(g.Hosts) > 0 {
			alive = append(alive, g)
		}
	}
	return alive
}

// unpaired says that nothing in an environment can prove anything for these hosts.
func (d *decision) unpaired(environment string, others []drift.Host, g group) {
	f := Finding{Code: "drift.unpaired", Effect: Blocks, Hosts: ids(hostIDs(g.hosts)),
		Title: fmt.Sprintf("Nothing in %s is like %s: role %q on %s", environment, places(ids(hostIDs(g.hosts))), g.role, g.cohort)}
	for i := range others {
		switch h := &others[i]; {
		case h.ID.Role != g.role:
		case h.Cohort() == drift.Cohort{}:
			f.Effect = Opens // it could be this one
			f.Detail = append(f.Detail, fmt.Sprintf("%s: what it is could not be told", h.ID))
		default:
			f.Detail = append(f.Detail, fmt.Sprintf("%s is %s", h.ID, h.Cohort()))
		}
	}
	f.Next = []string{fmt.Sprintf("give %s a host of role %q on %s", environment, g.role, g.cohort)}
	if f.Effect == Opens {
		f.Next = nil
	}
	d.add(f)
}

func hostIDs(hosts []*drift.Host) []drift.HostID {
	list := make([]drift.HostID, len(hosts))
	for i, h := range hosts {
		list[i] = h.ID
	}
	return list
}

// leaveOut says who wants a fact not to be compared.
func (d *decision) leaveOut(h *drift.Host, s *drift.Section, f drift.Fact) string {
	if d.Policy.Compare.Defaults && policies.LeftOut(h, s, f) != "" {
		return builtIn
	}
	who, known := d.ignored[f.Address]
	if !known {
		who = d.ignoredBy(f.Address)
		d.ignored[f.Address] = who // each host has it
	}
	return who
}

// ignoredBy says whose ignore block leaves an address out.
func (d *decision) ignoredBy(a drift.Address) string {
	for i, ignore := range d.Policy.Compare.Ignores {
		j := drift.FirstCovering(ignore.Facts, a)
		switch {
		case j < 0:
			continue
		case ignore.Builtin != "":
			return builtIn
		}
		d.used[use{i, j}] = true
		return byPolicy
	}
	return ""
}

// use names a pattern of an ignore block.
type use struct{ ignore, pattern int }

// elsewhere reports whether a differ block judges a fact, or nobody has told it.
func (d *decision) elsewhere(a drift.Address) bool {
	return d.tally.silent[a] || slices.ContainsFunc(d.Policy.Compare.Differs, func(x policies.Differ) bool { return x.Fact.Covers(a) })
}

// patterns finds the patterns of the policy that match nothing.
func (d *decision) patterns() {
	for i, ignore := range d.Policy.Compare.Ignores {
		for j, p := range ignore.Facts {
			if ignore.Builtin == "" && !d.used[use{i, j}] && d.whole() {
				d.add(Finding{Code: "pattern.unused", Effect: Informs, Policy: position(ignore.Range), Subject: string(p.Address()),
					Title: fmt.Sprintf("The policy ignores %s, and nothing like it was collected", p.Address())})
			}
		}
	}
}

// whole reports whether everything could be told: only then does it mean something that a thing was not met.
func (d *decision) whole() bool {
	return !slices.ContainsFunc(d.verdict.Findings, func(f Finding) bool { return f.Effect == Opens })
}
