package gate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

const (
	lonely = `environment "production" {
  role "web" {
    hosts = ["production-1"]
  }
}
`
	oneSided = `collect "file" {
  paths        = ["/etc/backup.conf"]
  environments = ["production"]
}
`
	held = `rule "held" {
  assert  = host.deb["openssl"].held == "3.0.11-1"
  message = "it is not held"
}
`
	version = `collect "command" "version" {
  run = "app --version"
}
`
)

// TestUncompared tells what was compared with nothing, and never counts it as alike.
func TestUncompared(t *testing.T) {
	deb, command := asked["deb"]+"\n", drift.Address(`command["version"].output`)
	app := "component \"app\" {\n  paths = [\"src/**\"]\n  carries = [file[\"/etc/backup.conf\"]]\n}\n"
	idle := func(name, when string) string {
		return "rule \"" + name + "\" {\n  when    = " + when + "\n  assert  = false\n  message = \"never\"\n}\n"
	}
	tests := []struct {
		name, policy string
		change       func([]*drift.Snapshot)
		code         string // of the finding that tells it; empty for none
		effect       gate.Effect
		want         gate.Outcome
		counts       gate.Counts
		says         string
	}{
		{name: "both sides", policy: environments + deb, want: gate.Pass, counts: gate.Counts{Alike: 5}},
		{name: "one side", policy: environments + deb + oneSided, code: "collect.one_side", effect: gate.Informs, want: gate.Pass,
			counts: gate.Counts{Alike: 5, NotCompared: 7}, says: `Not compared: file["/etc/backup.conf"], 7 facts read on production alone`},
		{name: "one side, and they disagree", policy: environments + deb + oneSided, code: "collect.one_side", effect: gate.Informs, want: gate.Blocked,
			change: func(s []*drift.Snapshot) {
				set(s, "production/web/production-1", `file["/etc/backup.conf"].mode`, text("0600"))
			},
			counts: gate.Counts{Alike: 5, NotCompared: 6}},
		{name: "one side, that a component carries", policy: environments + deb + oneSided + app, code: "collect.one_side", effect: gate.Opens, want: gate.Undecided,
			counts: gate.Counts{Alike: 5, NotCompared: 7}},
		{name: "one side, and nothing else", policy: environments + oneSided + "collect \"deb\" {\n  environments = [\"staging\"]\n}\n", code: "collect.one_side", effect: gate.Opens,
			want: gate.Undecided, counts: gate.Counts{NotCompared: 12}},
		{name: "one side, that a differ names", want: gate.Undecided, code: "unknown.fact", effect: gate.Opens,
			policy: environments + deb + oneSided + "compare {\n  differ {\n    fact = file[\"/etc/backup.conf\"].mode\n  }\n}\n", counts: gate.Counts{Alike: 5, NotCompared: 6}},
		{name: "two roles", policy: strings.NewReplacer(`"staging-2"]
  }`, `"staging-2"]
  }
  role "db" {
    hosts = ["staging-db"]
  }`, `"production-2"]
  }`, `"production-2"]
  }
  role "db" {
    hosts = ["production-db"]
  }`).Replace(environments) + deb, want: gate.Pass, counts: gate.Counts{Alike: 10}},
		{name: "a lone host", policy: lonely + deb + held, code: "check.alone", effect: gate.Informs, want: gate.Pass, counts: gate.Counts{Read: 5},
			says: "Not compared: 5 facts on production-1, with no other host to compare with"},
		{name: "a lone host without a rule", policy: lonely + deb, code: "check.empty", effect: gate.Opens, want: gate.Undecided, counts: gate.Counts{Read: 5}},
		{name: "two lone hosts", policy: strings.Replace(lonely, `"production-1"`, `"production-1", "production-2"`, 1) + deb, want: gate.Pass, counts: gate.Counts{Alike: 5}},
		{name: "two hosts, one of each system", policy: strings.Replace(lonely, `"production-1"`, `"production-1", "production-2"`, 1) + deb + held, code: "check.alone",
			effect: gate.Informs, want: gate.Pass, counts: gate.Counts{Read: 10},
			change: func(s []*drift.Snapshot) { set(s, "*-2", "os.version_id", text("13")) }},
		{name: "no element", policy: environments + deb + "rule \"x\" {\n  for_each = host.deb\n  when     = each.key == \"nothing\"\n  assert   = false\n  message  = \"never\"\n}\n",
			code: "rule.idle", effect: gate.Informs, want: gate.Pass, counts: gate.Counts{Alike: 5}, says: `Rule "x" judged nothing on 2 hosts: its "when" is false for each element`},
		{name: "a when that is false", policy: environments + deb + idle("x", `vars.domain == "other"`), code: "rule.idle", effect: gate.Informs, want: gate.Pass,
			counts: gate.Counts{Alike: 5}, says: `Rule "x" judged nothing on 2 hosts: its "when" is false`},
		{name: "of another host", policy: environments + deb + idle("x", `host.name == "staging-1"`), code: "rule.idle", effect: gate.Informs, want: gate.Pass, counts: gate.Counts{Alike: 5}},
		{name: "of no host", policy: environments + deb + idle("x", `host.name == "prodction-1"`), code: "rule.idle", effect: gate.Opens, want: gate.Undecided,
			counts: gate.Counts{Alike: 5}, says: `the policy has no host "prodction-1"`},
		{name: "of no role", policy: environments + deb + idle("x", `contains(["webb"], host.role) && true`), code: "rule.idle", effect: gate.Opens, want: gate.Undecided, counts: gate.Counts{Alike: 5}},
		{name: "of no environment", policy: environments + deb + idle("x", `"prod" == host.environment`), code: "rule.idle", effect: gate.Opens, want: gate.Undecided, counts: gate.Counts{Alike: 5}},
		{name: "nothing but that", policy: lonely + idle("x", `host.name == "other"`), code: "check.empty", effect: gate.Opens, want: gate.Undecided},
		{name: "a silent command", policy: environments + deb + version, code: "collect.silent", effect: gate.Informs, want: gate.Pass,
			change: func(s []*drift.Snapshot) { set(s, "*", command, text("")) },
			counts: gate.Counts{Alike: 5}, says: `Not compared: the command "version", which printed nothing on all 4 hosts`},
		{name: "a silent list", policy: environments + deb + version, code: "collect.silent", effect: gate.Informs, want: gate.Pass,
			change: func(s []*drift.Snapshot) { v := drift.Strings(); set(s, "*", command, &v) }, counts: gate.Counts{Alike: 5}},
		{name: "a silent command, and nothing else", policy: environments + version, code: "check.empty", effect: gate.Opens, want: gate.Undecided,
			change: func(s []*drift.Snapshot) { set(s, "*", command, text("")) }},
		{name: "silent on one host", policy: environments + version, code: "drift.within", effect: gate.Blocks, want: gate.Blocked,
			change: func(s []*drift.Snapshot) { set(s, "staging/web/staging-1", command, text("")) }},
		{name: "silent where it could be told", policy: environments + version, code: "unknown.section", effect: gate.Opens, want: gate.Undecided,
			change: func(s []*drift.Snapshot) {
				set(s, "*", command, text(""))
				unread(&s[1].Hosts[1], drift.Section{Collector: "command", Scope: "version"}, drift.Failed, "exit status 1")
			}},
	}
	for _, tt := range tests {
		meet(tt.code)
		t.Run(tt.name, func(t *testing.T) {
			p := load(t, tt.policy)
			snapshots := read(p)
			if tt.change != nil {
				tt.change(snapshots)
			}
			v := decide(t, p, snapshots)
			got := v.Counts
			got.LeftOut = nil
			if v.Outcome != tt.want || got.Alike != tt.counts.Alike || got.Read != tt.counts.Read || got.NotCompared != tt.counts.NotCompared {
				t.Errorf("got %s with %+v, want %s with %+v:\n%s", v.Outcome, got, tt.want, tt.counts, brief(v))
			}
			i := slices.IndexFunc(v.Findings, func(f gate.Finding) bool { return f.Code == tt.code })
			switch {
			case tt.code == "" && len(v.Limits()) > 0:
				t.Errorf("it says that something was not compared:\n%s", brief(v))
			case tt.code == "":
			case i < 0:
				t.Fatalf("no finding of %s:\n%s", tt.code, brief(v))
			default:
				f := v.Findings[i]
				checkFinding(t, f)
				if said := f.Title + "\n" + strings.Join(f.Detail, "\n"); f.Effect != tt.effect || !strings.Contains(said, tt.says) {
					t.Errorf("got %s: %s", f.Effect, said)
				}
			}
		})
	}
}

// TestReportModeNeedsHosts lets report mode pass only what was looked at: of each role a host must have been read.
func TestReportModeNeedsHosts(t *testing.T) {
	p := load(t, "gate {\n  mode  = \"report\"\n  until = \"2026-12-01\"\n}\n"+environments+asked["deb"])
	dead := func(pattern string) func([]*drift.Snapshot) {
		return func(s []*drift.Snapshot) {
			harmHosts(s, pattern, func(h *drift.Host) {
				for i := range h.Sections {
					h.Sections[i] = drift.Section{Collector: h.Sections[i].Collector, Scope: h.Sections[i].Scope, Status: drift.Failed, Reason: "connection refused"}
				}
			})
		}
	}
	for _, tt := range []struct {
		name   string
		change func([]*drift.Snapshot)
		unread []string
	}{
		{"all read", func([]*drift.Snapshot) {}, nil},
		{"one of two", dead("production/web/production-1"), nil},
		{"none of one side", dead("staging/*"), []string{"staging/web"}},
		{"none of the other", dead("production/*"), []string{"production/web"}},
		{"none", dead("*"), []string{"staging/web", "production/web"}},
		{"none, as they were kept", func(s []*drift.Snapshot) { s[0].Hosts, s[1].Hosts = nil, nil }, []string{"staging/web", "production/web"}},
	} {
		snapshots := read(p)
		tt.change(snapshots)
		v := decide(t, p, snapshots)
		if !slices.Equal(v.Unread, tt.unread) || v.ReportOnly() != (len(tt.unread) == 0) {
			t.Errorf("%s: got %q, and report mode is %t:\n%s", tt.name, v.Unread, v.ReportOnly(), brief(v))
		}
	}
}

// TestDiffOneSided says of a comparison that judges nothing, too, what only one side was asked for.
func TestDiffOneSided(t *testing.T) {
	p := load(t, environments+asked["deb"]+"\n"+oneSided)
	snapshots := read(p)
	found := gate.Diff(p, snapshots[0].Hosts, snapshots[1].Hosts, "staging", "production", true)
	if len(found) != 1 || found[0].Code != "collect.one_side" || found[0].Effect != gate.Informs {
		t.Errorf("got %+v", found)
	}
}
