package main

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/host"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// other judges by another policy than the one that decides, on what the ledger has. What no snapshot can have, since the one
// that decides does not ask for it, is not unknown but read later.
type other struct {
	judge
	asked    *policies.Policy // the one that decides
	input    gate.Input
	known    *gate.Verdict              // by the one that decides
	sections map[drift.Address][]string // that are read later, with the hosts
	previews map[string]gate.Position   // that are made later, with their lines
	hosts    []drift.HostID             // that are read later
	rules    map[string]bool            // that can be told later
}

// compare judges by the pull request's policy, and notes what it does otherwise than the base's.
func (p *pullRequest) compare(ctx context.Context, policy *policies.Policy, j *judge, base *answer) error {
	o := &other{judge: *j, asked: p.base, input: base.input, known: base.verdict,
		sections: map[drift.Address][]string{}, previews: map[string]gate.Position{}, rules: map[string]bool{}}
	past := *j.past
	past.commits = past.repository.Commits(ctx, policy.Promoted())
	o.policy, o.past = policy, &past
	if err := o.recall(ctx); err != nil {
		return err
	}
	v := o.verdict(ctx, policy.Waivers)
	// Waivers are the way past a finding in the open: what they cover is told apart.
	even := o.verdict(ctx, p.base.Waivers)
	h := p.head
	h.Verdict, h.First = v, o.first()
	h.Gained, h.Lost = gate.Lost(v, base.verdict), gate.Lost(base.verdict, even)
	h.Waived = slices.DeleteFunc(gate.Lost(base.verdict, v), func(f gate.Finding) bool {
		return slices.ContainsFunc(h.Lost, func(lost gate.Finding) bool { return lost.Number == f.Number })
	})
	return ctx.Err()
}

// recall gets what the ledger has last of the environments, as far as the policy asks for it.
func (o *other) recall(ctx context.Context) error {
	var err error
	if o.environments, err = environments(o.policy, o.input.To); err != nil {
		return err
	}
	if o.input.Candidate, err = o.past.candidate(ctx, o.revision, false); err != nil {
		return err
	}
	o.input.Commits, o.input.Now = o.past.commits, o.app.now()
	plans, _, err := o.app.plansToCompare(o.policy, o.environments)
	if err != nil {
		return err
	}
	o.input.Snapshots, _, err = o.recorded(ctx, o.input.History, withoutAside(o.input.History, plans, o.input.Now))
	for _, s := range o.input.Snapshots {
		s.Hosts = slices.DeleteFunc(s.Hosts, o.later)
		for i := range s.Hosts {
			o.note(&s.Hosts[i])
		}
	}
	return err
}

// later reports whether a host is one that only this policy has, and that is not on record.
func (o *other) later(h drift.Host) bool {
	reason, dead := unread(&h)
	if !dead || reason != notRecorded || hasHost(o.asked, h.ID) {
		return false
	}
	o.hosts = append(o.hosts, h.ID)
	return true
}

func hasHost(p *policies.Policy, id drift.HostID) bool {
	e := p.Environment(id.Environment)
	if e == nil {
		return false
	}
	role := e.Role(id.Role)
	return role != nil && slices.ContainsFunc(role.Hosts, func(address string) bool { return policies.HostName(address) == id.Name })
}

// note notes what only this policy asks, since it is new or otherwise than in the one that decides: nobody can have it yet.
func (o *other) note(h *drift.Host) {
	then := o.asked.Questions()(h.ID)
	otherwise := func(s *drift.Section) bool { return s != nil && s.Status == drift.NotCollected && !then.Has(s) }
	later := func(s *drift.Section) { o.sections[s.Address()] = append(o.sections[s.Address()], h.ID.String()) }
	for _, q := range o.policy.Queries(h.ID) {
		for _, scope := range q.Asked() {
			if h.Section(q.Collector, scope.Name) == nil && !then.Asks(q.Collector, scope.Name) {
				later(&drift.Section{Collector: q.Collector, Scope: scope.Name, Question: scope.Question})
			}
		}
	}
	for i := range h.Sections {
		if s := &h.Sections[i]; s.Collector != "preview" && otherwise(s) {
			later(s)
		}
	}
	if h.ID.Environment != o.input.To {
		return
	}
	before := dryRuns(o.asked.Environment(o.input.To).Promotion.Previews, h.ID.Role)
	for _, p := range o.policy.Environment(o.input.To).Promotion.Previews {
		same := func(run host.DryRun) bool { return run.Name == p.Name }
		made := h.Section("preview", p.Name)
		if p.Selects(h.ID.Role) && (made == nil && !slices.ContainsFunc(before, same) || otherwise(made)) {
			o.previews[p.Name] = gate.Position{File: p.Range.Filename, Line: p.Range.Start.Line}
		}
	}
}

// verdict decides with some waivers, as if what is read later were not asked for.
func (o *other) verdict(ctx context.Context, waivers []policies.Waiver) *gate.Verdict {
	in := o.input
	in.Policy = o.readable(waivers)
	record := o.past.record(ctx, in.History, in.Snapshots[0].KeyID)
	defer record.Close()
	record.Answers = pastAnswers(o.policy)
	in.Record = record
	return gate.Decide(in).Without(o.awaits)
}

// readable returns the policy less the hosts that are read later.
func (o *other) readable(waivers []policies.Waiver) *policies.Policy {
	p := *o.policy
	p.Waivers, p.Environments = waivers, nil
	for _, e := range o.policy.Environments {
		e := *e
		e.Roles = slices.Clone(e.Roles)
		for i := range e.Roles {
			r := &e.Roles[i]
			r.Hosts = slices.DeleteFunc(slices.Clone(r.Hosts), func(address string) bool {
				return slices.Contains(o.hosts, drift.HostID{Environment: e.Name, Role: r.Name, Name: policies.HostName(address)})
			})
		}
		p.Environments = append(p.Environments, &e)
	}
	return &p
}

// ruleName is the name of a rule in the title of a finding.
var ruleName = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// awaits reports whether a finding only says that something is not read yet.
func (o *other) awaits(f *gate.Finding) bool {
	if f.Effect != gate.Opens || len(gate.Lost(&gate.Verdict{Findings: []gate.Finding{*f}}, o.known)) == 0 {
		return false
	}
	switch f.Code {
	case "unknown.section":
		return o.sections[drift.Address(f.Subject)] != nil || len(f.Items) > 0 && !slices.ContainsFunc(f.Items, func(i gate.Item) bool {
			return o.sections[drift.Address(i.Address)] == nil
		})
	case "preview.unknown":
		for _, at := range o.previews {
			if f.Policy != nil && *f.Policy == at {
				return true
			}
		}
	case "rule.undecided", "rule.empty":
		if len(o.sections)+len(o.hosts) > 0 {
			o.rules[ruleName.FindString(f.Title)] = true
			return true
		}
	}
	return false
}

// first returns what is read first after the merge, for people.
func (o *other) first() []string {
	var list []string
	for _, id := range o.hosts {
		list = append(list, "the host "+id.String())
	}
	for _, address := range slices.Sorted(maps.Keys(o.sections)) {
		list = append(list, fmt.Sprintf("%s on %s", address, counted(len(o.sections[address]), "host")))
	}
	for _, name := range slices.Sorted(maps.Keys(o.previews)) {
		list = append(list, fmt.Sprintf("the preview %q", name))
	}
	for _, name := range slices.Sorted(maps.Keys(o.rules)) {
		list = append(list, "what the rule "+name+" needs")
	}
	if o.asked.Vars().ID() != o.policy.Vars().ID() {
		list = append(list, "what is sealed, since vars are other ones")
	}
	return list
}
