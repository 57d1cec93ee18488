package drift

import (
	"fmt"
	"strings"
	"testing"
)

// fleet makes a snapshot of like hosts, 800 facts each, of which the hosts' own names and addresses differ between hosts and
// eight more between releases.
func fleet(environment string, hosts, release int) *Snapshot {
	s := &Snapshot{Environment: environment}
	for i := range hosts {
		h := Host{ID: HostID{environment, "web", fmt.Sprintf("%s-%d", environment, i+1)}}
		os := Address("os")
		h.Sections = append(h.Sections, Section{Collector: "os", Status: OK, Facts: []Fact{
			{Address: os.Attr("addresses"), Value: Strings(fmt.Sprintf("10.0.%d.%d", i/250, i%250))},
			{Address: os.Attr("architecture"), Value: String("x86_64")},
			{Address: os.Attr("fqdn"), Value: String(h.ID.Name + "." + environment + ".example.com")},
			{Address: os.Attr("hostname"), Value: String(h.ID.Name)},
			{Address: os.Attr("id"), Value: String("debian")},
			{Address: os.Attr("version_id"), Value: String("12")},
		}})
		packages := func(below Address, n, moved int) (facts []Fact) {
			for k := range n {
				at := below.Key(fmt.Sprintf("package-%d", k))
				version := 0
				if k < moved {
					version = release
				}
				facts = append(facts, Fact{Address: at.Attr("held"), Value: Bool(false)}, Fact{Address: at.Attr("version"), Value: String(fmt.Sprintf("1.%d-%d", k, version))})
			}
			return facts
		}
		deb, venv := Address("deb"), Address("python").Key("/srv/app/venv")
		h.Sections = append(h.Sections,
			Section{Collector: "deb", Status: OK, Facts: packages(deb, 250, 3)},
			Section{Collector: "python", Scope: "/srv/app/venv", Status: OK, Facts: packages(venv.Attr("packages"), 75, 4)},
			Section{Collector: "file", Scope: "/etc/app/**", Status: OK, Question: true})
		for k := range 16 {
			file := Section{Collector: "file", Scope: fmt.Sprintf("/etc/app/%d.ini", k), Status: OK}
			file.Facts = append(file.Facts, Fact{Address: file.Address().Attr("mode"), Value: String("0644")})
			for entry := range 8 {
				value := fmt.Sprintf("https://%s.example.com/%d", environment, entry)
				if k == 0 && entry == 0 {
					value = fmt.Sprint("release ", release)
				}
				file.Facts = append(file.Facts, Fact{Address: file.Address().Attr("entries").Key(fmt.Sprint(entry)), Value: String(value)})
			}
			h.Sections = append(h.Sections, file)
		}
		if err := h.Sort(); err != nil {
			panic(err)
		}
		s.Hosts = append(s.Hosts, h)
	}
	s.Share()
	return s
}

func pointers(s *Snapshot) (hosts []*Host) {
	for i := range s.Hosts {
		hosts = append(hosts, &s.Hosts[i])
	}
	return hosts
}

// BenchmarkCompare compares snapshots of few and of many hosts at the same drift: its time is to follow the drift.
func BenchmarkCompare(b *testing.B) {
	vars := NewVars(map[string]map[string]string{
		"staging":    {"domain": "staging.example.com", "db": "db.staging.internal"},
		"production": {"domain": "production.example.com", "db": "db.internal"},
	})
	ignored := []Pattern{NewPattern("os")}
	for i := range 150 { // as many as the defaults have
		ignored = append(ignored, NewPattern(Address("deb").Key(fmt.Sprintf("other-%d-*", i))))
	}
	for _, n := range []int{10, 100, 1000} {
		before, proved, production := fleet("staging", n, 1), fleet("staging", n, 2), fleet("production", n, 1)
		from, to, past := pointers(proved), pointers(production), pointers(before)
		c := Comparer{
			Vars: vars,
			LeaveOut: func(_ *Host, _ *Section, f Fact) string {
				if FirstCovering(ignored, f.Address) >= 0 {
					return "ignored"
				}
				return ""
			},
			Asked: func(h HostID, collector, scope string) bool { return !strings.HasPrefix(scope, "/home") },
		}
		run := func(name string) {
			b.Run(fmt.Sprintf("%s/hosts=%d", name, n), func(b *testing.B) {
				for b.Loop() {
					if got := len(c.Compare(from, to).Rows); got != 8 {
						b.Fatalf("got %d rows, want 8", got)
					}
				}
			})
		}
		run("two-way")
		c.Promotion = &Promotion{At: func(a Address) ([]*Host, bool) { return past, a.Collector() == "python" }}
		run("three-way")
	}
}
