package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/seed-313c021b/gate/drift"
)

// fleet makes a snapshot of like hosts, 800 facts each. What is each host's own is its names, its address and its clock; a
// release changes eight facts of all hosts.
func fleet(environment string, hosts, release int, taken time.Time) (*drift.Snapshot, error) {
	s := &drift.Snapshot{Environment: environment, KeyID: "benchmark"}
	for i := range hosts {
		h := drift.Host{ID: drift.HostID{Environment: environment, Role: "web", Name: fmt.Sprintf("%s-%d", environment, i+1)}, Taken: taken}
		h.Address = h.ID.Name
		h.Sections = append(h.Sections, own(h.ID, i, taken), packages("deb", "", "deb", 250, 3, release),
			packages("python", "/srv/app/venv", drift.Address("python").Key("/srv/app/venv").Attr("packages"), 75, 4, release),
			drift.Section{Collector: "file", Scope: "/etc/app/**", Status: drift.OK, Question: true})
		for k := range 16 {
			h.Sections = append(h.Sections, settings(environment, k, release))
		}
		if err := h.Sort(); err != nil {
			return nil, err
		}
		s.Hosts = append(s.Hosts, h)
	}
	s.Share()
	return s, nil
}

// own is what a host says of itself.
func own(id drift.HostID, i int, taken time.Time) drift.Section {
	os := drift.Address("os")
	text := func(name, value string) drift.Fact {
		return drift.Fact{Address: os.Attr(name), Value: drift.String(value)}
	}
	return drift.Section{Collector: "os", Status: drift.OK, Facts: []drift.Fact{
		{Address: os.Attr("addresses"), Value: drift.Strings(fmt.Sprintf("10.0.%d.%d", i/250, i%250))},
		{Address: os.Attr("clock_offset"), Value: drift.Int(rand.New(rand.NewPCG(uint64(taken.Unix()), uint64(i))).Int64N(3) - 1)}, // one second more or less
		text("architecture", "x86_64"), text("fqdn", id.Name+"."+id.Environment+".example.com"), text("hostname", id.Name),
		text("id", "debian"), text("kernel", "6.1.0-28-amd64"), text("version_id", "12"),
	}}
}

// packages are n packages, of which a release changes some.
func packages(collector, scope string, below drift.Address, n, moved, release int) drift.Section {
	s := drift.Section{Collector: collector, Scope: scope, Status: drift.OK}
	for k := range n {
		at := below.Key(fmt.Sprintf("package-%d", k))
		version := 0
		if k < moved {
			version = release
		}
		s.Facts = append(s.Facts, drift.Fact{Address: at.Attr("held"), Value: drift.Bool(false)},
			drift.Fact{Address: at.Attr("version"), Value: drift.String(fmt.Sprintf("1.%d-%d", k, version))})
	}
	return s
}

// settings are a file of settings. One of them changes with a release, and most name the environment.
func settings(environment string, k, release int) drift.Section {
	s := drift.Section{Collector: "file", Scope: fmt.Sprintf("/etc/app/%d.ini", k), Status: drift.OK}
	s.Facts = append(s.Facts, drift.Fact{Address: s.Address().Attr("mode"), Value: drift.String("0644")})
	for n := range 8 {
		value := fmt.Sprintf("https://%s.example.com/%d", environment, n)
		if k == 0 && n == 0 {
			value = fmt.Sprint("release ", release)
		}
		s.Facts = append(s.Facts, drift.Fact{Address: s.Address().Attr("entries").Key(fmt.Sprint(n)), Value: drift.String(value)})
	}
	return s
}
