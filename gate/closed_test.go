package gate_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/gate"
)

// asked are collect blocks of every collector, with a plain scope and a pattern where there are such.
var asked = map[string]string{
	"command":  `collect "command" "openssl" { run = "openssl version" }`,
	"deb":      `collect "deb" {}`,
	"file":     `collect "file" { paths = ["/etc/app.ini", "/etc/app/**"] }`,
	"os":       `collect "os" {}`,
	"python":   `collect "python" { venvs = ["/srv/app/venv", "/srv/*/env"] }`,
	"revision": `collect "revision" { checkout = "/srv/app/src" }`,
	"service":  `collect "service" { units = ["app.service", "worker-*"] }`,
}

// everything returns a policy that asks for everything that can be asked for.
func everything(t *testing.T) string {
	policy := environments
	for _, c := range collect.All() {
		block, ok := asked[c.Name]
		if !ok {
			t.Fatalf("no collect block of %q is in this test: add one", c.Name)
		}
		policy += block + "\n"
	}
	return policy
}

// TestFailClosed takes two environments that pass, and makes every section of every host unreadable in turn, in every way. None
// of them may pass.
func TestFailClosed(t *testing.T) {
	t.Parallel()
	p := load(t, everything(t))
	whole := read(p)
	if v := decide(t, p, whole); v.Outcome != gate.Pass {
		t.Fatalf("the environments do not pass as they are:\n%s", brief(v))
	}
	cases := 0
	for _, hosts := range []string{"staging/web/staging-1", "staging/*", "production/web/production-1", "production/web/production-2", "production/*", "*"} {
		for _, section := range whole[0].Hosts[0].Sections {
			for name, harm := range harms {
				cases++
				t.Run(fmt.Sprintf("%s of %s %s", section.Address(), hosts, name), func(t *testing.T) {
					harmed := clone(whole)
					harmHosts(harmed, hosts, func(h *drift.Host) { harm(h, section) })
					v := decide(t, p, harmed)
					if v.Outcome == gate.Pass {
						t.Errorf("it passes:\n%s", toJSON(t, v))
					}
				})
			}
		}
	}
	if cases < 6*len(collect.All())*len(harms) {
		t.Errorf("only %d cases", cases)
	}
}

// harms are what can happen to a section of a host.
var harms = map[string]func(*drift.Host, drift.Section){
	"failed":    func(h *drift.Host, s drift.Section) { unread(h, s, drift.Failed, "exit status 2") },
	"denied":    func(h *drift.Host, s drift.Section) { unread(h, s, drift.Denied, "may not read it") },
	"truncated": func(h *drift.Host, s drift.Section) { unread(h, s, drift.Truncated, "the host ended in the middle") },
	"silent":    func(h *drift.Host, s drift.Section) { unread(h, s, drift.Failed, "") },
	"missing": func(h *drift.Host, s drift.Section) {
		h.Sections = slices.DeleteFunc(h.Sections, func(other drift.Section) bool { return same(other, s) })
	},
	"missing with its question": func(h *drift.Host, s drift.Section) {
		h.Sections = slices.DeleteFunc(h.Sections, func(other drift.Section) bool { return other.Collector == s.Collector })
	},
	"with facts that could not be told": func(h *drift.Host, s drift.Section) {
		if s.Question {
			unread(h, s, drift.Denied, "may not read it")
			return
		}
		own := h.Section(s.Collector, s.Scope)
		for i := range own.Facts {
			own.Facts[i].Value = drift.UnknownValue("may not read it")
		}
	},
}

func same(a, b drift.Section) bool {
	return a.Collector == b.Collector && a.Scope == b.Scope && a.Question == b.Question
}

func unread(h *drift.Host, s drift.Section, status drift.Status, reason string) {
	for i := range h.Sections {
		if same(h.Sections[i], s) {
			h.Sections[i] = drift.Section{Collector: s.Collector, Scope: s.Scope, Question: s.Question, Status: status, Reason: reason}
		}
	}
}

func harmHosts(snapshots []*drift.Snapshot, hosts string, harm func(*drift.Host)) {
	for _, s := range snapshots {
		for i := range s.Hosts {
			if drift.Match(hosts, s.Hosts[i].ID.String()) {
				harm(&s.Hosts[i])
			}
		}
	}
}

// TestFailClosedFacts makes every fact unknown in turn.
func TestFailClosedFacts(t *testing.T) {
	p := load(t, everything(t)+"compare {\n  defaults = false\n}\n")
	whole := read(p)
	for _, hosts := range []string{"staging/web/staging-2", "production/web/production-1", "*"} {
		for _, section := range whole[0].Hosts[0].Sections {
			for _, f := range section.Facts {
				unknown := drift.UnknownValue("may not read it")
				harmed := clone(whole)
				set(harmed, hosts, f.Address, &unknown)
				if v := decide(t, p, harmed); v.Outcome == gate.Pass {
					t.Errorf("%s passes though %s could not be told", hosts, f.Address)
				}
			}
		}
	}
}

// TestFailClosedHosts leaves hosts out of what was read, and unread altogether.
func TestFailClosedHosts(t *testing.T) {
	p := load(t, everything(t))
	for _, hosts := range []string{"staging/web/staging-1", "staging/*", "production/web/production-2", "production/*", "*"} {
		dropped := read(p)
		for _, s := range dropped {
			s.Hosts = slices.DeleteFunc(s.Hosts, func(h drift.Host) bool { return drift.Match(hosts, h.ID.String()) })
		}
		empty := read(p)
		harmHosts(empty, hosts, func(h *drift.Host) { h.Sections = nil })
		dead := read(p)
		harmHosts(dead, hosts, func(h *drift.Host) {
			for i := range h.Sections {
				unread(h, h.Sections[i], drift.Failed, "connection refused")
			}
		})
		for name, snapshots := range map[string][]*drift.Snapshot{"dropped": dropped, "empty": empty, "dead": dead} {
			if v := decide(t, p, snapshots); v.Outcome == gate.Pass {
				t.Errorf("it passes with %s %s:\n%s", hosts, name, toJSON(t, v))
			}
		}
	}
	if v := decide(t, p, nil); v.Outcome == gate.Pass {
		t.Errorf("it passes without any snapshot:\n%s", toJSON(t, v))
	}
}

// TestFailClosedRules judges one host by rules alone, which look at one section each, and makes that unreadable in turn.
func TestFailClosedRules(t *testing.T) {
	rules := map[string]string{
		"deb":      `assert = can(host.deb["openssl"])`,
		"file":     `assert = can(host.file["/etc/app.ini"])`,
		"revision": `assert = host.revision["/srv/app/src"].commit != "0"`,
		"service":  "for_each = host.service\nassert = can(each.value.active)",
		"python":   `assert = length(host.python) > 0`,
		"command":  `assert = try(host.command["openssl"].output, "") != ""`,
	}
	for name, rule := range rules {
		p := load(t, `
environment "production" {
  role "web" {
    hosts = ["production-1"]
  }
}
`+asked[name]+"\nrule \"it\" {\n"+rule+"\nmessage = \"no\"\n}\n")
		whole := read(p)
		if v := decide(t, p, whole); v.Outcome != gate.Pass {
			t.Errorf("%s: it does not pass as it is:\n%s", name, brief(v))
		}
		for _, section := range whole[0].Hosts[0].Sections {
			for how, harm := range harms {
				harmed := clone(whole)
				harmHosts(harmed, "*", func(h *drift.Host) { harm(h, section) })
				if v := decide(t, p, harmed); v.Outcome == gate.Pass {
					t.Errorf("%s: it passes with %s %s:\n%s", name, section.Address(), how, toJSON(t, v))
				}
			}
		}
	}
}
