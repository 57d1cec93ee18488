package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// limitCodes are the findings that say what was not compared or not judged, though everything could be told.
var limitCodes = []string{"check.alone", "collect.one_side", "collect.silent", "rule.idle"}

// Limits returns the findings that say what was not compared or not judged, though everything could be told: a report with
// any of them must not say that everything was.
func (v *Verdict) Limits() []Finding {
	var limits []Finding
	for _, f := range v.Findings {
		if slices.Contains(limitCodes, f.Code) {
			limits = append(limits, f)
		}
	}
	return limits
}

// tally is what was judged, and what was read and compared with nothing.
type tally struct {
	judged   int                    // times that a rule was
	compared int                    // facts
	alone    []string               // hosts that were compared with no other one
	oneSided []drift.OneSided       // what only one of two environments was asked for
	silent   map[drift.Address]bool // the outputs of commands that printed nothing anywhere
}

// uncompared finds what was compared with nothing. Where only one side was asked for what a component carries, or nothing else
// was compared, that leaves the check open.
func (d *decision) uncompared() {
	d.lonely()
	for i, c := range d.Policy.Collects {
		f, carried := d.oneSide(i, c)
		if f == nil {
			continue
		}
		if carried {
			f.Detail = append([]string{"a component carries it: whether a change came whole can be told only where both sides are asked"}, f.Detail...)
		}
		if carried || d.tally.compared == 0 {
			f.Effect = Opens
			f.Next = []string{fmt.Sprintf("let the collect block at %s:%d ask both sides", c.Range.Filename, c.Range.Start.Line)}
		}
		d.add(*f)
	}
}

// lonely says of an environment that is compared with no other one which of its hosts were compared with nothing at all.
func (d *decision) lonely() {
	if len(d.verdict.From) > 0 || len(d.tally.alone) == 0 || d.isProof(d.To) {
		return
	}
	hosts := places(d.tally.alone)
	d.add(Finding{Code: "check.alone", Effect: Informs, Hosts: d.tally.alone, Policy: position(d.environment.Range),
		Title:  fmt.Sprintf("Not compared: %s on %s, with no other host to compare with", count(d.verdict.Counts.Read, "fact", "facts"), hosts),
		Detail: []string{fmt.Sprintf("%s is promoted from no environment and none is promoted from it, and a host is compared with others of its role and system alone", d.To)},
	})
}

// isProof reports whether another environment is promoted from one: then it is compared when that one is judged.
func (d *decision) isProof(environment string) bool {
	return slices.ContainsFunc(d.Policy.Environments, func(e *policies.Environment) bool { return slices.Contains(e.Promotion.From, environment) })
}

// oneSide says what a collect block asked of one side only, so that it was compared with nothing, and whether a component
// carries any of it. It returns nil where there is no such thing.
func (d *decision) oneSide(block int, c policies.Collect) (f *Finding, carried bool) {
	var sections, hosts, facts []string
	promotes := d.Candidate != nil || len(d.Policy.Components) > 0 // else nothing is promoted that could carry it
	for _, alone := range d.tally.oneSided {
		if !d.Policy.AsksFor(block, alone.Hosts[0], alone.Collector, alone.Scope) {
			continue
		}
		sections = append(sections, string((&drift.Section{Collector: alone.Collector, Scope: alone.Scope}).Address()))
		hosts = append(hosts, ids(alone.Hosts)...)
		for _, a := range alone.Facts {
			facts = append(facts, string(a))
			carried = carried || promotes && slices.ContainsFunc(alone.Hosts, func(h drift.HostID) bool { return d.carried(h.Role, a) })
		}
	}
	if len(sections) == 0 {
		return nil, false
	}
	for _, list := range []*[]string{&sections, &hosts, &facts} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	f = &Finding{Code: "collect.one_side", Effect: Informs, Policy: position(c.Range), Hosts: hosts, Subject: sections[0]}
	what := sections[0]
	if len(sections) > 1 {
		what = fmt.Sprintf("%d places of collect %q", len(sections), c.Query.Collector)
		f.Subject, f.Detail = "", sections
	}
	f.Title = fmt.Sprintf("Not compared: %s, %s read on %s alone", what, count(len(facts), "fact", "facts"), environmentsOf(hosts))
	return f, carried
}

// environmentsOf names the environments of hosts, each once.
func environmentsOf(hosts []string) string {
	var names []string
	for _, h := range hosts {
		if name, _, _ := strings.Cut(h, "/"); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// silent finds the commands that printed nothing on any host. Nobody has answered then, so that nothing is compared.
func (d *decision) silent() {
	for _, c := range d.Policy.Collects {
		if c.Query.Collector != "command" {
			continue
		}
		at := (&drift.Section{Collector: c.Query.Collector, Scope: c.Query.Label}).Address().Attr("output")
		var hosts []string
		for _, h := range d.read() {
			if !c.Selects(h.ID.Environment, h.ID.Role) {
				continue
			}
			if v := h.Lookup(at); !v.Equal(drift.String("")) && !v.Equal(drift.Strings()) {
				hosts = nil
				break // it printed something, or could not be told
			}
			hosts = append(hosts, h.ID.String())
		}
		if len(hosts) == 0 || d.tally.silent[at] {
			continue
		}
		d.tally.silent[at] = true
		d.add(Finding{Code: "collect.silent", Effect: Informs, Hosts: hosts, Subject: string(at), Policy: position(c.Range),
			Title: fmt.Sprintf("Not compared: the command %q, which printed nothing on %s", c.Query.Label, everywhere(hosts))})
	}
}

// everywhere names hosts that are all there are.
func everywhere(hosts []string) string {
	if len(hosts) == 1 {
		return places(hosts)
	}
	return fmt.Sprintf("all %d hosts", len(hosts))
}

// read returns the hosts of all snapshots.
func (d *decision) read() []*drift.Host {
	var hosts []*drift.Host
	for _, s := range d.Snapshots {
		for i := range s.Hosts {
			hosts = append(hosts, &s.Hosts[i])
		}
	}
	return hosts
}
