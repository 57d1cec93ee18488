package gate

import (
	"fmt"
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
	// Kept says that the hosts were read at some time before, and not for this decision.
	Kept bool
	// Partial says that not all hosts were to be read.
	Partial bool
	// Revision is what is to be promoted, as it was given. Candidate is what it is; nil in a drift check.
	Revision  string
	Candidate *Candidate
	History   *History // nil: there is no ledger
	Record    Record   // nil where History is
	Commits   Commits  // nil: there is no repository to ask
	Checks    Checks   // nil: GitHub is not asked
	Run       string   // the CI run that asks, as Event.Run
	Now       time.Time
}

// Decide judges an environment.
func Decide(in Input) *Verdict {
	d := newDecision(in)
	d.scope()
	d.hosts()
	d.verdict.Unread = d.unreadRoles()
	d.verdict.Findings = append(d.verdict.Findings, d.sameMachines()...)
	d.collected()
	d.verdict.Candidate = d.proposal()
	proofs := d.promotion()
	d.silent()
	d.rules()
	d.compare(proofs)
	d.uncompared()
	first := d.Candidate != nil && len(d.verdict.From) == 0 && d.isProof(d.To) // what enters the first environment is compared when it goes on
	if d.tally.judged+d.tally.compared == 0 && len(d.dead) == 0 && !first {    // where hosts are dead, that is why
		d.add(Finding{Code: "check.empty", Effect: Opens, Title: "Nothing was judged: there is nothing to compare, and no rule that judged a host of " + d.To})
	}
	d.change(proofs)
	d.previews(d.inFlight)
	d.unmerged()
	d.reportWaivers()
	d.patterns()
	d.overrides()
	d.deployedByOverride()
	d.verdict.seal()
	return d.verdict
}

// newDecision begins a decision: nothing is judged yet.
func newDecision(in Input) *decision {
	d := &decision{
		Input: in, environment: in.Policy.Environment(in.To), waivers: newWaivers(in.Policy, in.Now),
		tally: tally{silent: map[drift.Address]bool{}},
		dead:  map[drift.HostID]bool{}, used: map[use]bool{}, ignored: map[drift.Address]string{}, sight: map[string]observation{},
	}
	d.Snapshots = d.withoutAside()
	d.verdict = &Verdict{
		Schema: SchemaVersion, To: in.To, From: []string{}, Revision: in.Revision, At: in.Now.UTC().Truncate(time.Second),
		Policy: policyOf(in), Counts: Counts{LeftOut: map[string]int{}}, NotEvaluated: []string{}, Waivers: []Waiver{},
		Hosts: []Host{}, Findings: []Finding{},
	}
	d.verdict.From = append(d.verdict.From, d.environment.Promotion.From...)
	return d
}

type decision struct {
	Input
	environment *policies.Environment
	verdict     *Verdict
	waivers     *waivers
	tally       tally
	dead        map[drift.HostID]bool    // hosts that could not be read at all
	used        map[use]bool             // patterns of ignore blocks that matched something
	ignored     map[drift.Address]string // who leaves an address out, as far as it was asked
	sight       map[string]observation   // by environment
	failures    []failure                // of rules that block
	inFlight    []drift.Row              // the change itself
	changes     changes                  // how large it is
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
	if d.Revision != "" && (d.Candidate == nil || d.History == nil || d.Commits == nil) {
		d.add(Finding{Code: "promotion.unresolved", Effect: Opens, Title: fmt.Sprintf("What %s is could not be told, so nothing was judged of it", d.Revision),
			Next: []string{"run gate in the repository that holds the policy and the revision"}})
		d.Candidate = nil
	}
}
