package gate

import (
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
	d := &decision{
		Input: in, environment: in.Policy.Environment(in.To), waivers: newWaivers(in.Policy, in.Now),
		dead: map[drift.HostID]bool{}, used: map[use]bool{},
	}
	d.verdict = &Verdict{
		Schema: SchemaVersion, To: in.To, From: []string{}, Revision: in.Revision, At: in.Now.UTC().Truncate(time.Second),
		Policy: policyOf(in), Counts: Counts{LeftOut: map[string]int{}}, NotEvaluated: []string{}, Waivers: []Waiver{},
		Hosts: []Host{}, Findings: []Finding{},
	}
	d.verdict.From = append(d.verdict.From, d.environment.Promotion.From...)
	d.scope()
	d.hosts()
	d.collected()
	d.compare()
	d.rules()
	d.reportWaivers()
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
	dead        map[drift.HostID]bool // hosts that could not be read at all
	used        map[use]bool          // patterns of ignore blocks that matched something
}

func policyOf(in Input) Policy {
	p := Policy{Path: in.Path, Digest: in.Policy.Digest, Mode: "enforce"}
	if in.Policy.Gate.ReportsOnly(in.Now) {
		p.Mode, p.Until = "report", in.Policy.Gate.Until.Add(-time.Second).Format(time.DateOnly)
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
	dead := Finding{Code: "unknown.host", Effect: Opens}
	for _, s := range d.Snapshots {
		for i := range s.Hosts {
			h := &s.Hosts[i]
			d.verdict.Hosts = append(d.verdict.Hosts, Host{
				ID: h.ID.String(), Address: h.Address, Cohort: h.Cohort().String(), Taken: h.Taken.UTC().Truncate(time.Second), Read: readWhole(h),
			})
			if reason, ok := unreachable(h); ok {
				d.dead[h.ID] = true
				dead.Hosts = append(dead.Hosts, h.ID.String())
				dead.Detail = append(dead.Detail, strings.TrimPrefix(reason, h.ID.Name+": "))
			}
			d.clock(h)
		}
	}
	if len(dead.Hosts) == 0 {
		return
	}
	for i, id := range dead.Hosts {
		dead.Detail[i] = places([]string{id}) + ": " + dead.Detail[i]
	}
	dead.Title = "Could not read " + places(dead.Hosts)
	dead.Next = []string{fmt.Sprintf("make %s readable for gate (finding NUMBER)", places(dead.Hosts))}
	d.add(dead)
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
				if h := &s.Hosts[i]; c.Selects(h.ID.Environment, h.ID.Role) {
					selected++
					noteFound(h, c, found)
				}
			}
		}
		for _, scope := range c.Query.Asked() {
			if !scope.Optional && selected > 0 && !found[scope.Name] {
				asked := drift.Section{Collector: c.Query.Collector, Scope: scope.Name}
				what := string(asked.Address())
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

// notEvaluated names the blocks of the policy that this version of gate reads and does not enforce.
func notEvaluated(p *policies.Policy, e *policies.Environment) []string {
	list := []string{}
	add := func(there bool, name string) {
		if there {
			list = append(list, name)
		}
	}
	add(p.Ledger != nil, "ledger")
	add(len(p.Signers) > 0, "signer")
	add(len(p.Components) > 0, "component")
	promotion := e.Promotion
	add(promotion.Soak > 0, "soak")
	add(promotion.EvidenceMaxAge > 0, "evidence_max_age")
	add(len(promotion.VerifiedBy) > 0, "verified_by")
	add(promotion.Settle > 0, "settle")
	add(promotion.MaxChanges != policies.MaxChanges{}, "max_changes")
	add(len(promotion.Freezes) > 0, "freeze")
	add(len(promotion.Previews) > 0, "preview")
	return list
}
