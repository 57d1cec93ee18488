package gate_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// environments are the stages of most tests here.
const environments = `
environment "staging" {
  vars = { domain = "staging.example.com" }
  role "web" {
    hosts = ["staging-1", "staging-2"]
  }
}
environment "production" {
  vars = { domain = "example.com" }
  role "web" {
    hosts = ["production-1", "production-2"]
  }
  promotion {
    from = ["staging"]
  }
}
`

func load(t testing.TB, text string) *policies.Policy {
	t.Helper()
	p, diags := policies.Load(fstest.MapFS{"gate.hcl": {Data: []byte(text)}}, "gate.hcl")
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			t.Fatalf("%s\n%s", d, text)
		}
	}
	return p
}

// read returns what the hosts of a policy say: each the same, for everything that the policy asks for.
func read(p *policies.Policy) []*drift.Snapshot {
	var snapshots []*drift.Snapshot
	for _, e := range p.Environments {
		s := &drift.Snapshot{Environment: e.Name}
		for _, role := range e.Roles {
			for _, address := range role.Hosts {
				s.Hosts = append(s.Hosts, answer(p, drift.HostID{Environment: e.Name, Role: role.Name, Name: policies.HostName(address)}))
			}
		}
		snapshots = append(snapshots, s)
	}
	return snapshots
}

// answer returns a host with an answer to everything that a policy asks of it.
func answer(p *policies.Policy, id drift.HostID) drift.Host {
	h := drift.Host{ID: id, Address: id.Name, Taken: now}
	h.Sections = append(h.Sections, drift.Section{Collector: "os", Status: drift.OK, Facts: []drift.Fact{
		{Address: "os.id", Value: drift.String("debian")},
		{Address: "os.version_id", Value: drift.String("12")},
		{Address: "os.architecture", Value: drift.String("x86_64")},
		{Address: "os.hostname", Value: drift.String(id.Name)},
	}})
	for _, c := range p.Collects {
		if c.Query.Collector == "os" || !c.Selects(id.Environment, id.Role) {
			continue
		}
		for _, scope := range c.Query.Asked() {
			s := drift.Section{Collector: c.Query.Collector, Scope: scope.Name, Status: drift.OK}
			if scope.Question {
				s.Question = true
				h.Sections = append(h.Sections, s)
				s.Question, s.Scope = false, strings.NewReplacer("**/", "", "*", "x").Replace(scope.Name)
			}
			s.Facts = facts(s)
			h.Sections = append(h.Sections, s)
		}
	}
	must(h.Sort())
	return h
}

// facts returns some facts that a section may have by its collector's schema.
func facts(s drift.Section) []drift.Fact {
	schema, a := collect.Named(s.Collector).Schema, s.Address()
	if schema.Elem != nil {
		schema = schema.Elem
		if s.Scope == "" {
			a = a.Key("openssl")
		}
	}
	var facts []drift.Fact
	for name, attr := range schema.Attrs {
		if attr.Elem == nil && attr.Attrs == nil {
			facts = append(facts, drift.Fact{Address: a.Attr(name), Value: drift.String("3.0.11-1")})
		}
	}
	if len(facts) == 0 {
		facts = append(facts, drift.Fact{Address: a, Value: drift.String("3.0.11-1")})
	}
	return facts
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// decide judges production, and checks that the verdict is one that can be kept.
func decide(t testing.TB, p *policies.Policy, snapshots []*drift.Snapshot, change ...func(*gate.Input)) *gate.Verdict {
	t.Helper()
	in := gate.Input{Policy: p, Path: "gate.hcl", To: "production", Snapshots: snapshots, Now: now}
	for _, f := range change {
		f(&in)
	}
	v := gate.Decide(in)
	if err := v.Check(); err != nil {
		t.Errorf("the verdict is wrong: %v", err)
	}
	return v
}

// clone copies snapshots whole.
func clone(snapshots []*drift.Snapshot) []*drift.Snapshot {
	var list []*drift.Snapshot
	for _, s := range snapshots {
		c := *s
		c.Hosts = slices.Clone(s.Hosts)
		for i := range c.Hosts {
			c.Hosts[i].Sections = slices.Clone(c.Hosts[i].Sections)
			for j := range c.Hosts[i].Sections {
				c.Hosts[i].Sections[j].Facts = slices.Clone(c.Hosts[i].Sections[j].Facts)
			}
		}
		list = append(list, &c)
	}
	return list
}

// set writes a fact of hosts whose id matches a pattern; a nil value removes it.
func set(snapshots []*drift.Snapshot, hosts string, a drift.Address, v *drift.Value) {
	for _, s := range snapshots {
		for i := range s.Hosts {
			if drift.Match(hosts, s.Hosts[i].ID.String()) {
				setFact(&s.Hosts[i], a, v)
			}
		}
	}
}

func setFact(h *drift.Host, a drift.Address, v *drift.Value) {
	steps := a.Steps()
	scope := ""
	if len(steps) > 1 && steps[1].IsKey && h.Section(steps[0].Text, "") == nil {
		scope = steps[1].Text
	}
	s := h.Section(steps[0].Text, scope)
	if s == nil {
		h.Sections = append(h.Sections, drift.Section{Collector: steps[0].Text, Scope: scope, Status: drift.OK})
		must(h.Sort())
		s = h.Section(steps[0].Text, scope)
	}
	s.Facts = slices.DeleteFunc(s.Facts, func(f drift.Fact) bool { return f.Address == a })
	if v != nil {
		s.Facts = append(s.Facts, drift.Fact{Address: a, Value: *v})
	}
	must(s.Sort())
}

func text(s string) *drift.Value {
	v := drift.String(s)
	return &v
}

// brief writes a verdict for a comparison: its outcome and, a line each, its findings.
func brief(v *gate.Verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", v.Outcome)
	for _, f := range v.Findings {
		fmt.Fprintf(&b, "%s %s: %s\n", f.Effect, f.Code, f.Title)
	}
	return b.String()
}

func codes(v *gate.Verdict) []string {
	list := []string{}
	for _, f := range v.Findings {
		list = append(list, f.Code)
	}
	return list
}

func toJSON(t testing.TB, v any) string {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
