package gate_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
)

// One cause is one finding, whatever it hides, on whichever hosts; another cause is another one, and a host of which nothing
// could be told is told of by its own finding alone.
func TestCauses(t *testing.T) {
	type harm struct {
		host      string
		collector string // all of them for ""
		reason    string
	}
	p := load(t, environments+`
collect "deb" {}
collect "file" { paths = ["/etc/a.ini", "/etc/b.ini"] }
collect "service" { units = ["app.service"] }
`)
	for _, test := range []struct {
		name  string
		harms []harm
		want  []string
	}{
		{"one host", []harm{{"production-1", "file", "torn"}, {"production-1", "deb", "torn"}},
			[]string{"Could not read 3 places on production-1: [failed: torn]"}},
		{"one cause on two hosts, of which one has another", []harm{{"production-1", "file", "torn"}, {"staging-2", "file", "shut"}},
			[]string{"Could not read 2 files on staging-2: [failed: shut]", "Could not read 2 files on production-1: [failed: torn]"}},
		{"one cause on two hosts", []harm{{"production-1", "file", "torn"}, {"staging-2", "file", "torn"}},
			[]string{"Could not read 2 files on production-1, staging-2: [failed: torn]"}},
		{"one reason of two collectors on two hosts", []harm{{"production-1", "file", "torn"}, {"staging-2", "deb", "torn"}},
			[]string{"Could not read deb on staging-2: [failed: torn]", "Could not read 2 files on production-1: [failed: torn]"}},
		{"two causes", []harm{{"production-1", "file", "torn"}, {"production-1", "deb", "empty"}},
			[]string{"Could not read deb on production-1: [failed: empty]", "Could not read 2 files on production-1: [failed: torn]"}},
		{"a dead host beside", []harm{{"production-1", "file", "torn"}, {"production-1", "deb", "empty"}, {"production-2", "", "refused"}},
			[]string{"Could not read production-2: [production-2: refused]", "Could not read deb on production-1: [failed: empty]", "Could not read 2 files on production-1: [failed: torn]"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			snapshots := read(p)
			for _, harm := range test.harms {
				for _, s := range snapshots {
					for i := range s.Hosts {
						if s.Hosts[i].ID.Name == harm.host {
							fail(&s.Hosts[i], harm.collector, harm.reason)
						}
					}
				}
			}
			var got []string
			for _, f := range decide(t, p, snapshots).Findings {
				got = append(got, f.Title+": "+fmt.Sprint(f.Detail))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func fail(h *drift.Host, collector string, reason string) {
	for i := range h.Sections {
		if s := &h.Sections[i]; collector == "" || s.Collector == collector {
			s.Status, s.Reason, s.Facts = drift.Failed, reason, nil
		}
	}
}

// What is left out need not be readable, whether or not the rest of its section is alike.
func TestLeftOutUntold(t *testing.T) {
	p := load(t, environments+`
collect "file" { paths = ["/etc/shadow-", "/etc/a.ini"] }
compare {
  ignore {
    facts  = [file["/etc/a.ini"].entries]
    reason = "test"
  }
}
`)
	for _, hosts := range []string{"*", "production-1"} {
		snapshots := read(p)
		for _, s := range snapshots {
			for i := range s.Hosts {
				h := &s.Hosts[i]
				if hosts != "*" && h.ID.Name != hosts {
					continue
				}
				for _, a := range []drift.Address{`file["/etc/shadow-"].sha256`, `file["/etc/a.ini"].entries`} {
					section := h.Section("file", a.Steps()[1].Text)
					section.Facts = []drift.Fact{{Address: a, Value: drift.UnknownValue("denied")}}
				}
			}
		}
		for _, f := range decide(t, p, snapshots).Findings {
			if f.Code == "unknown.fact" {
				t.Errorf("on %s: %s", hosts, f.Title)
			}
		}
	}
}

// The packages of a virtual environment that could not be read are one finding, and what follows from one of its reasons is
// no reason more.
func TestCausesOfPython(t *testing.T) {
	p := load(t, environments+"\ncollect \"python\" { venvs = [\"/srv/venv\"] }\n")
	snapshots := read(p)
	const venv = drift.Address(`python["/srv/venv"]`)
	untold := func(a drift.Address, reason string) {
		v := drift.UnknownValue(reason)
		set(snapshots, "production/web/production-1", a, &v)
	}
	untold(venv.Attr("packages").Key("pip").Attr("problems"), "RECORD may not be read")
	untold(venv.Attr("packages").Key("six").Attr("problems"), "METADATA may not be read")
	untold(venv.Attr("problems"), "pip: RECORD may not be read; six: METADATA may not be read")
	v := decide(t, p, snapshots)
	if len(v.Findings) != 1 || len(v.Findings[0].Items) != 3 {
		t.Fatalf("got\n%swant one finding with three items", brief(v))
	}
	want := []string{"production-1: METADATA may not be read", "production-1: RECORD may not be read"}
	if diff := cmp.Diff(want, v.Findings[0].Detail); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}
