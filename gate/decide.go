package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// Input is all that a decision rests on.
type Input struct {
	Policy *policies.Policy
	Path   string // where the policy is from, for people
	To     string // the environment that is judged; the policy has it
	// Snapshots are what was read, of the environment To and of those that it is promoted from.
	Snapshots []*drift.Snapshot
	// Partial says that not all hosts were to be read.
	Partial  bool
	Revision string
	Now      time.Time
}

// Decide judges an environment.
func Decide(in Input) *Verdict {
	d := &decision{Input: in, environment: in.Policy.Environment(in.To)}
	d.verdict = &Verdict{
		Schema: SchemaVersion, To: in.To, From: []string{}, Revision: in.Revision, At: in.Now.UTC().Truncate(time.Second),
		Policy: policyOf(in), Counts: Counts{LeftOut: map[string]int{}}, NotEvaluated: []string{}, Waivers: []Waiver{},
		Hosts: []Host{}, Findings: []Finding{},
	}
	if p := d.environment.Promotion; p != nil {
		d.verdict.From = slices.Clone(p.From)
	}
	d.waivers = newWaivers(in.Policy, in.Now)
	d.scope()
	d.hosts()
	d.collected()
	d.compare()
	d.rules()
	d.waivers.report(d.verdict)
	d.patterns()
	d.verdict.NotEvaluated = notEvaluated(in.Policy, d.environment)
	d.verdict.seal()
	return d.verdict
}

type decision struct {
	Input
	environment *policies.Environment
	verdict     *Verdict
	waivers     *waivers
	compared    int // facts and rules that were judged
}

func policyOf(in Input) Policy {
	p := Policy{Path: in.Path, Digest: in.Policy.Digest, Mode: "enforce"}
	if in.Policy.Gate.ReportsOnly(in.Now) {
		p.Mode, p.Until = "report", in.Policy.Gate.Until.Format(time.DateOnly)
	}
	return p
}

func (d *decision) add(f Finding) { d.verdict.Findings = append(d.verdict.Findings, f) }

func position(r hcl.Range) *Position {
	if r.Filename == "" {
		return nil
	}
	return &Position{File: r.Filename, Line: r.Start.Line}
}

// scope says what this check cannot be.
func (d *decision) scope() {
	if d.Partial {
		d.add(Finding{Code: "check.partial", Effect: Opens, Title: "Only some hosts were read, so this check cannot pass",
			Next: []string{fmt.Sprintf("gate check --to %s, without --host", d.To)}})
	}
	if d.Revision != "" {
		d.add(Finding{Code: "promotion.unjudged", Effect: Opens,
			Title: fmt.Sprintf("Whether %s was proved on %s cannot be told: this version of gate has no ledger", d.Revision, strings.Join(d.verdict.From, ", ")),
			Next:  []string{fmt.Sprintf("gate check --to %s, without --revision: the drift check", d.To)}})
	}
}

// hosts lists the hosts, and finds those that could not be read at all, and clocks that are off.
func (d *decision) hosts() {
	byReason := map[string][]string{}
	var order []string
	for _, s := range d.Snapshots {
		for i := range s.Hosts {
			h := &s.Hosts[i]
			reason, dead := unreachable(h)
			d.verdict.Hosts = append(d.verdict.Hosts, Host{
				ID: h.ID.String(), Address: h.Address, Cohort: h.Cohort().String(), Taken: h.Taken.UTC().Truncate(time.Second), Read: readWhole(h),
			})
			if dead {
				if byReason[reason] == nil {
					order = append(order, reason)
				}
				byReason[reason] = append(byReason[reason], h.ID.String())
			}
			d.clock(h)
		}
	}
	for _, reason := range order {
		hosts := byReason[reason]
		d.add(Finding{Code: "unknown.host", Effect: Opens, Hosts: hosts, Title: "Could not read " + places(hosts), Detail: []string{reason},
			Next: []string{fmt.Sprintf("make %s readable for gate (finding NUMBER)", places(hosts))}})
	}
}

// unreachable reports whether no section at all could be told, all for one reason.
func unreachable(h *drift.Host) (reason string, dead bool) {
	for i, s := range h.Sections {
		if s.Known() || i > 0 && s.Reason != h.Sections[0].Reason {
			return "", false
		}
	}
	if len(h.Sections) == 0 {
		return "nothing was read", true
	}
	return h.Sections[0].Reason, true
}

func readWhole(h *drift.Host) bool {
	return !slices.ContainsFunc(h.Sections, func(s drift.Section) bool { return !s.Known() })
}

// maxSkew is how far a clock may be off: the offset is told to a second or two.
const maxSkew = 5

func (d *decision) clock(h *drift.Host) {
	var seconds int64
	v := h.Lookup("os.clock_offset")
	if _, err := fmt.Sscan(v.Text, &seconds); v.Kind != drift.Known || err != nil || max(seconds, -seconds) <= maxSkew {
		return
	}
	d.add(Finding{Code: "host.clock", Effect: Informs, Hosts: []string{h.ID.String()},
		Title: fmt.Sprintf("The clock of %s is off by %+d s", h.ID.Name, seconds)})
}

// collected finds what the policy asks for and no host has.
func (d *decision) collected() {
	for _, c := range d.Policy.Collects {
		selected := 0
		found := map[string]bool{}
		for _, s := range d.Snapshots {
			for i := range s.Hosts {
				if h := &s.Hosts[i]; c.Selects(h.ID) {
					selected++
					noteFound(h, c, found)
				}
			}
		}
		for _, scope := range c.Query.Asked() {
			if !scope.Optional && selected > 0 && !found[scope.Name] {
				what := string(drift.Section{Collector: c.Query.Collector, Scope: scope.Name}.Address())
				d.add(Finding{Code: "collect.empty", Effect: Opens, Policy: position(c.Range), Subject: what,
					Title: fmt.Sprintf("%s is on no host", what),
					Next:  []string{fmt.Sprintf("correct %s in the policy, or put it under optional", what)}})
			}
		}
	}
}

// noteFound notes the scopes of a collect block that a host has, or could not tell about: that is another finding.
func noteFound(h *drift.Host, c policies.Collect, found map[string]bool) {
	for _, scope := range c.Query.Asked() {
		if found[scope.Name] {
			continue
		}
		if s := h.Section(c.Query.Collector, scope.Name); s != nil && (s.Status == drift.OK && !s.Question || !s.Known()) {
			found[scope.Name] = true
			continue
		}
		if !scope.Question {
			continue
		}
		for _, s := range h.Collector(c.Query.Collector) {
			if !s.Question && s.Status != drift.Gone && drift.ScopeMatches(scope.Name, s.Scope) {
				found[scope.Name] = true
			}
		}
	}
}

// compare compares the environment with each one that it is promoted from, role by role and cohort by cohort.
func (d *decision) compare() {
	to := d.snapshot(d.To)
	if to == nil || len(to.Hosts) == 0 {
		d.add(Finding{Code: "check.empty", Effect: Opens, Title: fmt.Sprintf("%s has no hosts to judge", d.To)})
		return
	}
	from := d.verdict.From
	if len(from) == 0 {
		from = []string{""}
	}
	for _, name := range from {
		var hosts []drift.Host
		if s := d.snapshot(name); s != nil {
			hosts = s.Hosts
		}
		for _, group := range cohorts(to.Hosts) {
			d.cohort(name, hosts, group)
		}
	}
	if d.compared == 0 && len(d.verdict.Findings) == 0 && len(d.Policy.Rules) == 0 {
		d.add(Finding{Code: "check.empty", Effect: Opens, Title: "Nothing was compared, and there is no rule: nothing was judged"})
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

// group is hosts of one role and cohort.
type group struct {
	role   string
	cohort drift.Cohort
	hosts  []*drift.Host
}

func cohorts(hosts []drift.Host) []group {
	var groups []group
	for i := range hosts {
		h := &hosts[i]
		cohort := h.Cohort()
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

// cohort compares one cohort of the target with the same one of an environment, "" for none.
func (d *decision) cohort(environment string, others []drift.Host, g group) {
	var from []*drift.Host
	untold := g.cohort == drift.Cohort{}
	for i := range others {
		h := &others[i]
		if h.ID.Role != g.role {
			continue
		}
		cohort := h.Cohort()
		untold = untold || cohort == drift.Cohort{}
		if cohort == g.cohort && cohort != (drift.Cohort{}) {
			from = append(from, h)
		}
	}
	if environment != "" && len(from) == 0 {
		d.unpaired(environment, g, untold)
	}
	if (g.cohort == drift.Cohort{}) {
		return // its hosts are unknown, which other findings say
	}
	comparer := drift.Comparer{Vars: d.Policy.Vars(), LeaveOut: d.leaveOut, Elsewhere: d.elsewhere}
	result := comparer.Compare(from, g.hosts)
	d.verdict.Counts.Alike += result.Alike
	d.compared += result.Alike + len(result.Rows)
	for word, n := range result.LeftOut {
		d.verdict.Counts.LeftOut[word] += n
	}
	rows := d.waivers.drift(d.withoutDeadHosts(result.Rows))
	for _, f := range rowFindings(rows, environment, d.To) {
		d.add(f)
	}
	d.differ(environment, from, g.hosts)
}
