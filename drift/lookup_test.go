package drift

import (
	"slices"
	"strings"
	"testing"
)

func TestLookup(t *testing.T) {
	h := &Host{ID: HostID{"staging", "web", "s1"}, Sections: []Section{
		{Collector: "deb", Status: OK, Facts: []Fact{{Address: `deb["a"].version`, Value: String("1")}}},
		{Collector: "file", Scope: "/etc/app/**", Question: true, Status: OK},
		{Collector: "file", Scope: "/etc/app/x.ini", Status: OK, Facts: []Fact{
			{Address: `file["/etc/app/x.ini"].entries`, Value: UnknownValue("too large")},
			{Address: `file["/etc/app/x.ini"].mode`, Value: String("0644")},
		}},
		{Collector: "file", Scope: "/etc/gone", Status: Gone},
		{Collector: "file", Scope: "/etc/no", Status: Denied, Reason: "may not"},
		{Collector: "file", Scope: "/srv/*", Question: true, Status: Failed, Reason: "find ended"},
		{Collector: "service", Status: Failed},
		{Collector: "service", Scope: "worker-*", Question: true, Status: OK},
	}}
	if err := h.Sort(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		address Address
		want    Value
	}{
		{`deb["a"].version`, String("1")},
		{`deb["a"].held`, Value{}},
		{`deb["b"].version`, Value{}},
		{`file["/etc/app/x.ini"].mode`, String("0644")},
		{`file["/etc/app/x.ini"].entries["a"]`, UnknownValue("too large")}, // below what could not be told
		{`file["/etc/app/y.ini"].mode`, Value{}},                           // the question was answered, and this is not there
		{`file["/etc/app/sub/y.ini"].mode`, Value{}},
		{`file["/etc/gone"].mode`, Value{}},
		{`file["/etc/no"].mode`, UnknownValue("denied: may not")},
		{`file["/srv/x"].mode`, UnknownValue("failed: find ended")},
		{`file["/srv/x/y"].mode`, UnknownValue("not collected")},
		{`file["/var/x"].mode`, UnknownValue("not collected")},
		{`python["/srv/app/venv"].version`, UnknownValue("not collected")},
		{`os.kernel`, UnknownValue("not collected")},
		{`service["app"].active`, UnknownValue("failed")},
	}
	for _, tt := range tests {
		if got := h.Lookup(tt.address); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.address, got, tt.want)
		}
	}
}

func TestCohort(t *testing.T) {
	known := []Fact{{Address: "os.architecture", Value: String("x86_64")}, {Address: "os.id", Value: String("debian")}, {Address: "os.version_id", Value: String("12")}}
	with := func(i int, v Value) Section {
		facts := append([]Fact{}, known...)
		facts[i].Value = v
		return Section{Collector: "os", Status: OK, Facts: facts}
	}
	tests := []struct {
		name    string
		section Section
		want    string
	}{
		{"known", with(0, String("x86_64")), "debian 12 x86_64"},
		{"a rolling release has no version", with(2, Value{}), "debian x86_64"},
		{"an unknown part", with(2, UnknownValue("denied")), "unknown"},
		{"a number", with(2, Int(12)), "unknown"},
		{"denied", Section{Collector: "os", Status: Denied}, "unknown"},
		{"not read", Section{Collector: "deb", Status: OK}, "unknown"},
	}
	for _, tt := range tests {
		h := &Host{Sections: []Section{tt.section}}
		if got := h.Cohort().String(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Two facts, or sections, for one thing are an error: one of them would be lost.
func TestSortRefusesTwo(t *testing.T) {
	facts := []Fact{{Address: `deb["a"].version`, Value: String("1")}, {Address: `deb["a"].version`, Value: String("2")}}
	for _, sections := range [][]Section{
		{{Collector: "deb", Status: OK, Facts: facts}},
		{{Collector: "deb", Status: OK}, {Collector: "os", Status: OK}, {Collector: "deb", Status: Failed}},
	} {
		h := &Host{ID: HostID{"staging", "web", "s1"}, Sections: sections}
		if err := h.Sort(); err == nil || !strings.Contains(err.Error(), "host staging/web/s1") || !strings.Contains(err.Error(), "two") {
			t.Errorf("got %v", err)
		}
	}
}

func TestPresence(t *testing.T) {
	h := host(t, "staging/s1", `file[/x].mode = 0644`, `deb[a].version = 1`)
	h.Sections = append(h.Sections, Section{Collector: "file", Scope: "/gone", Status: Gone}, Section{Collector: "file", Scope: "/failed", Status: Failed},
		Section{Collector: "file", Scope: "/q/*", Question: true, Status: OK})
	if err := h.Sort(); err != nil {
		t.Fatal(err)
	}
	for a, want := range map[Address]Value{
		`file["/x"]`: String("present"), `file["/gone"]`: {}, `file["/failed"]`: UnknownValue("failed"), `file["/q/a"]`: {}, `file["/elsewhere"]`: UnknownValue("not collected"),
		`deb`: String("present"), `deb["a"].version`: h.Lookup(`deb["a"].version`), `file["/x"].mode`: h.Lookup(`file["/x"].mode`),
	} {
		if got := h.Presence(a); got != want {
			t.Errorf("%s: got %v, want %v", a, got, want)
		}
	}
}

// Two questions of one pattern that leave out other things have their own answers: where one has none, that holds for what only
// it asks about.
func TestTwoQuestions(t *testing.T) {
	part := `{"exclude":["private","/srv/b/**"],"version":1}`
	all := `{"version":1}`
	questions := func(partStatus, allStatus Status) *Host {
		h := &Host{Sections: []Section{
			{Collector: "file", Scope: "/srv/**", Question: true, Status: allStatus, Asked: all, Reason: "all"},
			{Collector: "file", Scope: "/srv/**", Question: true, Status: partStatus, Asked: part, Reason: "part"},
		}}
		if err := h.Sort(); err != nil {
			t.Fatal(err)
		}
		return h
	}
	for _, test := range []struct {
		part, all Status
		path      string
		want      Kind
		why       string
	}{
		{OK, Denied, "/srv/a", Absent, ""},
		{OK, Denied, "/srv/private/a", Unknown, "denied: all"},
		{OK, Denied, "/srv/b/a", Unknown, "denied: all"},
		{OK, OK, "/srv/private/a", Absent, ""},
		{Denied, OK, "/srv/a", Absent, ""},
		{Denied, OK, "/srv/private/a", Absent, ""},
		{Denied, Failed, "/srv/private/a", Unknown, "failed: all"},
		{NotCollected, NotCollected, "/srv/private/a", Unknown, "not collected: all"},
	} {
		got := questions(test.part, test.all).Lookup(Address("file").Key(test.path).Attr("mode"))
		if got.Kind != test.want || got.Text != test.why {
			t.Errorf("%s, %s: %s is %v, want %v %q", test.part, test.all, test.path, got, test.want, test.why)
		}
	}
	lone := &Host{Sections: []Section{{Collector: "file", Scope: "/srv/**", Question: true, Status: OK, Asked: part}}}
	if got := lone.Lookup(Address("file").Key("/srv/private/a")); got.Kind != Unknown || got.Text != "not collected" {
		t.Errorf("what is left out is %v, want it not collected", got)
	}
	twice := &Host{Sections: []Section{lone.Sections[0], lone.Sections[0]}}
	if err := twice.Sort(); err == nil {
		t.Error("two answers to one question are no error")
	}
	// A pattern that neither side can tell is one row.
	a, b := questions(Denied, Failed), questions(Denied, Failed)
	a.Sections = slices.Insert(a.Sections, 1, Section{Collector: "file", Scope: "/srv/**", Question: true, Status: OK, Asked: `{"exclude":["z"],"version":1}`})
	a.ID, b.ID = HostID{"staging", "web", "a"}, HostID{"production", "web", "b"}
	rows := (Comparer{}).Compare([]*Host{a}, []*Host{b}).Rows
	if len(rows) != 1 || rows[0].Class != Untold || len(rows[0].From) != 1 || len(rows[0].From[0].Hosts) != 1 || len(rows[0].To[0].Hosts) != 1 {
		t.Errorf("got %v", rows)
	}
}
