package gate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
)

// TestUnknownNeverOpens makes answers unknown, in random policies on random hosts: what was blocked or undecided stays so. (What a
// host says is absent is an answer. What a policy asks for is none.)
func TestUnknownNeverOpens(t *testing.T) {
	t.Parallel()
	met := map[string]int{}
	for seed := range uint64(drifttest.Times(400, 20_000)) {
		r := rand.New(rand.NewPCG(seed, 17))
		src := randomPolicy(r)
		p := load(t, src)
		snapshots := read(p)
		randomAnswers(r, snapshots)
		before := decide(t, p, snapshots)
		for _, f := range before.Findings {
			met[f.Code]++
		}
		met[string(before.Outcome)]++
		if before.Outcome == gate.Pass || before.ReportOnly() {
			continue
		}
		for range 4 {
			harmed := clone(snapshots)
			what := randomHarm(r, harmed)
			if after := decide(t, p, harmed); after.Outcome == gate.Pass || after.ReportOnly() {
				t.Fatalf("seed %d: %s, and it passes:\n%s\nbefore: %s\nafter: %s", seed, what, src, brief(before), brief(after))
			}
		}
	}
	for _, code := range []string{"pass", "blocked", "undecided", "drift.within", "drift.unexplained", "drift.differ", "rule.failed", "rule.idle", "rule.empty", "check.empty", "check.alone",
		"collect.one_side", "collect.silent", "waiver.unused"} {
		if met[code] < 3 {
			t.Errorf("%s was met %d times only: %v", code, met[code], met)
		}
	}
}

// TestUnknownNeverOpensPromotion does the same in worlds that have a history.
func TestUnknownNeverOpensPromotion(t *testing.T) {
	t.Parallel()
	stopped := 0
	seeds := []uint64{461} // an older stay is a proof too, and staging has moved since
	for seed := range uint64(drifttest.Times(60, 2_000)) {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
		w := random(t, seed)
		before := w.check("c2")
		if before.Outcome == gate.Pass {
			continue
		}
		stopped++
		r := rand.New(rand.NewPCG(seed, 18))
		whole := w.hosts
		for range 4 {
			w.hosts = clone(whole)
			what := randomHarm(r, w.hosts)
			if after := w.check("c2"); after.Outcome == gate.Pass {
				t.Fatalf("seed %d: %s, and it passes:\nbefore: %s\nafter: %s", seed, what, brief(before), brief(after))
			}
		}
	}
	if stopped < 10 {
		t.Errorf("only %d of the worlds do not pass", stopped)
	}
}

// randomPolicy returns a policy with some of everything that decides.
func randomPolicy(r *rand.Rand) string {
	some := func(parts ...string) string {
		var b strings.Builder
		for _, part := range parts {
			if r.IntN(3) == 0 {
				b.WriteString(part + "\n")
			}
		}
		return b.String()
	}
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	src := pick(environments, environments, environments, lonely, strings.Replace(lonely, `"production-1"`, `"production-1", "production-2"`, 1))
	two := strings.Contains(src, "staging")
	side := func() string {
		if !two || r.IntN(3) > 0 {
			return ""
		}
		return fmt.Sprintf("  environments = [%q]\n", pick("staging", "production"))
	}
	src += some(`gate {
  mode  = "report"
  until = "2026-12-01"
}`)
	src += "collect \"deb\" {\n" + side() + "}\ncollect \"file\" {\n  paths = [\"/etc/app.ini\"]\n" + side() + "}\ncollect \"command\" \"version\" {\n  run = \"app --version\"\n" + side() + "}\n"
	src += some("component \"app\" {\n  paths   = [\"src/**\"]\n  carries = [file[\"/etc/app.ini\"]]\n}")
	when := pick("", `  when = can(host.deb["openssl"])`, `  when = host.deb["openssl"].version == "1"`, `  when = host.name == "production-2"`, `  when = host.name == "nobody"`, `  when = try(host.deb["openssl"].version, "1") != "1"`)
	src += some(
		"rule \"version\" {\n"+when+"\n  assert  = "+pick(`host.deb["openssl"].version == "1"`, `can(host.deb["openssl"].held)`, `try(host.deb["openssl"].version, "2") == "2"`, `length(host.deb) > 0`)+
			"\n  message = \"m\"\n  enforcement = \""+pick("advisory", "soft", "hard")+"\"\n}",
		"rule \"each\" {\n  for_each = "+pick(`host.deb`, `{ for n, p in host.deb : n => p if try(p.version, "") == "1" }`)+"\n  when     = "+pick("true", `each.key != "openssl"`, `each.value.version == "2"`)+
			"\n  assert   = each.value.version != \""+pick("1", "2")+"\"\n  message  = \"m\"\n  allow_empty = "+pick("true", "false")+"\n}",
		"rule \"command\" {\n  assert  = host.command[\"version\"].output != \"\"\n  message = \"m\"\n}",
	)
	values := ""
	if two && r.IntN(2) == 0 {
		values = "    values = { " + pick(`staging = "1"`, `production = "2"`, `staging = "1", production = "2"`) + " }\n"
	}
	compare := some("  differ {\n    fact = deb[\"openssl\"].version\n"+values+"  }", "  ignore {\n    facts  = ["+pick(`deb["openssl"].held`, `file["/etc/app.ini"]`, `command["*"]`)+"]\n    reason = \"r\"\n  }")
	if compare != "" {
		src += "compare {\n" + compare + "}\n"
	}
	return src + some(
		waiver(pick(`deb["openssl"].version`, `deb["*"].version`, `file["/etc/app.ini"].mode`), pick("2026-12-01", "2026-11-01")),
		strings.Replace(strings.Replace(waiver(`deb["openssl"].held`, "2026-12-01"), "  facts", "  hosts = [\"production/*/production-1\"]\n  facts", 1), `waiver "`, `waiver "other-`, 1),
	)
}

// randomAnswers gives some facts of some hosts other values, or none.
func randomAnswers(r *rand.Rand, snapshots []*drift.Snapshot) {
	values := []drift.Value{drift.String("1"), drift.String("2"), drift.String(""), drift.String("3.0.11-1")}
	same := r.IntN(3) == 0 // all hosts are alike in what changes
	for _, a := range []drift.Address{`deb["openssl"].version`, `deb["openssl"].held`, `file["/etc/app.ini"].mode`, `file["/etc/app.ini"].owner`, `command["version"].output`} {
		if r.IntN(3) > 0 {
			continue
		}
		all := values[r.IntN(len(values))]
		for _, s := range snapshots {
			for i := range s.Hosts {
				h := &s.Hosts[i]
				if len(h.Collector(a.Collector())) == 0 {
					continue // it was not asked
				}
				v := &all
				if !same && r.IntN(2) == 0 {
					v = &values[r.IntN(len(values))]
				}
				if !same && r.IntN(8) == 0 {
					v = nil
				}
				setFact(h, a, v)
			}
		}
	}
}

// randomHarm makes a host, a section or a fact unknown, and says which.
func randomHarm(r *rand.Rand, snapshots []*drift.Snapshot) string {
	s := snapshots[r.IntN(len(snapshots))]
	if len(s.Hosts) == 0 {
		return "nothing"
	}
	at := r.IntN(len(s.Hosts))
	h := &s.Hosts[at]
	if len(h.Sections) == 0 {
		return "nothing"
	}
	id := h.ID
	switch r.IntN(5) {
	case 0:
		s.Hosts = slices.Delete(s.Hosts, at, at+1)
		return fmt.Sprintf("%s was not read", id)
	case 1:
		for i := range h.Sections {
			unread(h, h.Sections[i], drift.Failed, "connection refused")
		}
		return fmt.Sprintf("%s is dead", id)
	}
	section := h.Sections[r.IntN(len(h.Sections))]
	if len(section.Facts) > 0 && r.IntN(2) == 0 {
		f := section.Facts[r.IntN(len(section.Facts))]
		unknown := drift.UnknownValue("may not read it")
		setFact(h, f.Address, &unknown)
		return fmt.Sprintf("%s on %s could not be told", f.Address, id)
	}
	status := []drift.Status{drift.Failed, drift.Denied, drift.Truncated}[r.IntN(3)]
	unread(h, section, status, "a reason")
	return fmt.Sprintf("%s on %s was %s", section.Address(), id, status)
}
