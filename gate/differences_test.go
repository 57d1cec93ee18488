package gate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
)

// What is found first is what somebody reads at night: the title says which hosts differ, and in what.
func TestTitles(t *testing.T) {
	p := load(t, environments+`
collect "deb" {}
collect "python" { venvs = ["/srv/venv"] }
`)
	for _, test := range []struct {
		name  string
		facts map[string][]drift.Fact // what hosts have beside the rest
		want  string
	}{
		{"one package of one host", map[string][]drift.Fact{"production-2": {
			{Address: `deb["zlib1g"].version`, Value: drift.String("1")},
		}}, "production-2 differs from staging in zlib1g"},
		{"two packages of all hosts", map[string][]drift.Fact{
			"production-1": {{Address: `deb["zlib1g"].version`, Value: drift.String("1")}, {Address: `deb["bzip2"].version`, Value: drift.String("1")}},
			"production-2": {{Address: `deb["zlib1g"].version`, Value: drift.String("2")}, {Address: `deb["bzip2"].version`, Value: drift.String("1")}},
		}, "Production differs from staging in 2 packages"},
		{"two facts of one Python package", map[string][]drift.Fact{"production-1": {
			{Address: `python["/srv/venv"].packages["pip"].version`, Value: drift.String("1")},
			{Address: `python["/srv/venv"].packages["pip"].installer`, Value: drift.String("apt")},
			{Address: `python["/srv/venv"].imports["pip"]`, Value: drift.String("none")},
		}}, "production-1 differs from staging in 1 package and 1 fact of /srv/venv"},
	} {
		t.Run(test.name, func(t *testing.T) {
			snapshots := read(p)
			for _, s := range snapshots {
				for i := range s.Hosts {
					h := &s.Hosts[i]
					for _, f := range test.facts[h.ID.Name] {
						section := h.Section(f.Address.Collector(), scopeOf(f.Address))
						section.Facts = append(section.Facts, f)
					}
					if err := h.Sort(); err != nil {
						t.Fatal(err)
					}
				}
			}
			var got []string
			for _, f := range decide(t, p, snapshots).Findings {
				got = append(got, f.Title)
			}
			if diff := cmp.Diff([]string{test.want}, got); diff != "" {
				t.Errorf("titles (-want +got):\n%s", diff)
			}
		})
	}
}

func scopeOf(a drift.Address) string {
	if steps := a.Steps(); steps[0].Text == "python" {
		return steps[1].Text
	}
	return ""
}
