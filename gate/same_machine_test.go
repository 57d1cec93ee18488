package gate_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

// Hosts that are one machine are found, hard where they are compared with each other.
func TestSameMachine(t *testing.T) {
	meet("host.same_machine")
	const policy = `
environment "canary" {
  role "web" {
    hosts = ["canary-1"]
  }
  role "db" {
    hosts = ["canary-db"]
  }
}
environment "staging" {
  role "web" {
    hosts = ["staging-1", "staging-2"]
  }
  role "db" {
    hosts = ["staging-1", "staging-db"]
  }
}
environment "production" {
  role "web" {
    hosts = ["production-1", "production-2"]
  }
  role "db" {
    hosts = ["production-db"]
  }
  promotion {
    from = ["canary", "staging"]
  }
}
`
	tests := []struct {
		name  string
		hosts string // those that are one machine
		want  gate.Effect
		hard  bool
		title string
	}{
		{"both sides", "staging/web/staging-1 production/web/production-1", gate.Blocks, true, "Hosts staging-1 and production-1 are one machine, which was compared with itself"},
		{"both sides, with more of one", "staging/web/staging-1 staging/web/staging-2 production/web/production-1 production/web/production-2", gate.Blocks, true, "Hosts staging-1, staging-2 and 2 more are one machine, which was compared with itself"},
		{"both sides, in two roles", "staging/web/staging-1 production/db/production-db", gate.Blocks, false, "Hosts staging-1 and production-db are one machine"},
		{"one role", "production/web/production-1 production/web/production-2", gate.Blocks, false, "Hosts production-1 and production-2 are one machine, so production/web has fewer hosts than the policy says"},
		{"one role of the other side", "staging/web/staging-1 staging/web/staging-2", gate.Blocks, false, "Hosts staging-1 and staging-2 are one machine, so staging/web has fewer hosts than the policy says"},
		{"two environments of one side", "canary/web/canary-1 staging/web/staging-1", gate.Blocks, false, "Hosts canary-1 and staging-1 are one machine"},
		{"two roles", "staging/web/staging-2 staging/db/staging-db", gate.Informs, false, "Hosts staging-2 and staging-db are one machine"},
		{"one name in two roles", "staging/web/staging-1 staging/db/staging-1", "", false, ""},
		{"one name in two roles, and another one", "staging/web/staging-1 staging/db/staging-1 staging/db/staging-db", gate.Blocks, false, "Hosts staging-1 and staging-db are one machine, so staging/db has fewer hosts than the policy says"},
	}
	p := load(t, policy+asked["deb"])
	for _, tt := range tests {
		for how, machine := range map[string]drift.Machine{
			"are reached at 192.0.2.7:22 via 198.51.100.1:22":             {Endpoint: "192.0.2.7:22 via 198.51.100.1:22"},
			"have the same host key, machine-id, boot id and root folder": {HostKey: "SHA256:x", ID: "1", Boot: "2", Root: "8:2"},
		} {
			snapshots := read(p)
			var ids []string
			for _, s := range snapshots {
				for i := range s.Hosts {
					h := &s.Hosts[i]
					h.Machine.Endpoint = h.ID.Name + ":22"
					if slices.Contains(strings.Fields(tt.hosts), h.ID.String()) {
						h.Machine = machine
						ids = append(ids, h.ID.String())
					}
				}
			}
			v := decide(t, p, snapshots)
			if tt.want == "" {
				if v.Outcome != gate.Pass || slices.Contains(codes(v), "host.same_machine") {
					t.Errorf("%s, which %s:\n%s", tt.name, how, brief(v))
				}
				continue
			}
			i := slices.IndexFunc(v.Findings, func(f gate.Finding) bool { return f.Code == "host.same_machine" })
			if i < 0 {
				t.Errorf("%s, which %s: nothing is said of it", tt.name, how)
				continue
			}
			f := v.Findings[i]
			checkFinding(t, f)
			if f.Effect != tt.want || (f.Enforcement == "hard") != tt.hard || f.Title != tt.title || !slices.Equal(f.Hosts, ids) || f.Policy == nil {
				t.Errorf("%s, which %s: got\n%s", tt.name, how, toJSON(t, f))
			}
			if len(f.Detail) == 0 || !strings.HasSuffix(f.Detail[0], how) {
				t.Errorf("%s, which %s: got the reasons %q", tt.name, how, f.Detail)
			}
			if blocked := v.Outcome == gate.Blocked; blocked != (tt.want == gate.Blocks) {
				t.Errorf("%s, which %s: %s", tt.name, how, v.Outcome)
			}

			var kept []*drift.Snapshot
			for _, s := range snapshots {
				var text bytes.Buffer
				must(s.Encode(&text))
				again, err := drift.DecodeSnapshot(&text)
				must(err)
				kept = append(kept, again)
			}
			if again := decide(t, p, kept); brief(again) != brief(v) {
				t.Errorf("%s, which %s, from what was kept:\n%s\nwant\n%s", tt.name, how, brief(again), brief(v))
			}
		}
	}
}

// Two names for one machine that are compared by hand have no difference, which says nothing. A machine that has got
// another name since it was recorded is no mistake.
func TestDiffOfOneMachine(t *testing.T) {
	p := load(t, environments+asked["deb"])
	machine := drift.Machine{Endpoint: "192.0.2.7:22"}
	named := func(environment, name string) drift.Host {
		h := answer(p, drift.HostID{Environment: environment, Role: "web", Name: name})
		h.Machine = machine
		return h
	}
	tests := []struct {
		name     string
		from, to []drift.Host
		want     int
	}{
		{"two hosts", []drift.Host{named("staging", "staging-1")}, []drift.Host{named("production", "production-1")}, 1},
		{"one host at two times", []drift.Host{named("staging", "staging-1")}, []drift.Host{named("staging", "staging-1")}, 0},
		{"another name since", []drift.Host{named("staging", "staging-1"), answer(p, drift.HostID{Environment: "staging", Role: "web", Name: "staging-2"})},
			[]drift.Host{named("staging", "staging-3"), answer(p, drift.HostID{Environment: "staging", Role: "web", Name: "staging-2"})}, 0},
	}
	for _, tt := range tests {
		for _, environments := range []bool{true, false} {
			n := 0
			for _, f := range gate.Diff(p, tt.from, tt.to, "a", "b", environments) {
				if f.Code == "host.same_machine" {
					n++
					if f.Effect != gate.Opens {
						t.Errorf("%s: it is %s", tt.name, f.Effect)
					}
				}
			}
			if n != tt.want {
				t.Errorf("%s, environments %v: got %d findings, want %d", tt.name, environments, n, tt.want)
			}
		}
	}
}
