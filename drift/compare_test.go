package drift

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// host makes a host of lines "address = value", where the value "?" is unknown and one in braces is sealed.
func host(t *testing.T, id string, lines ...string) *Host {
	t.Helper()
	parts := strings.Split(id, "/")
	h := &Host{ID: HostID{parts[0], "web", parts[1]}}
	for _, line := range lines {
		name, text, ok := strings.Cut(line, " = ")
		a, err := ParseAddress(name)
		if err != nil {
			t.Fatal(err)
		}
		steps := a.Steps()
		section := Section{Collector: steps[0].Text, Status: OK}
		if section.Collector != "deb" && len(steps) > 1 && steps[1].IsKey {
			section.Scope = steps[1].Text
		}
		at := -1
		for i, s := range h.Sections {
			if s.Collector == section.Collector && s.Scope == section.Scope {
				at = i
			}
		}
		if at < 0 {
			h.Sections = append(h.Sections, section)
			at = len(h.Sections) - 1
		}
		s := &h.Sections[at]
		switch {
		case !ok:
			s.Question = strings.Contains(s.Scope, "*")
		case strings.HasPrefix(text, "!"):
			s.Status = Status(text[1:])
		case text == "?":
			s.Facts = append(s.Facts, Fact{Address: a, Value: UnknownValue("denied")})
		case strings.HasPrefix(text, "{"):
			s.Facts = append(s.Facts, Fact{Address: a, Value: Value{Kind: Sealed, Raw: text, Normal: text}})
		default:
			s.Facts = append(s.Facts, Fact{Address: a, Value: String(text)})
		}
	}
	if err := h.Sort(); err != nil {
		t.Fatal(err)
	}
	return h
}

// describe writes rows one a line: class address: values of from | values of to.
func describe(r Result) string {
	var b strings.Builder
	side := func(groups []Group) string {
		var parts []string
		for _, g := range groups {
			var names []string
			for _, id := range g.Hosts {
				names = append(names, id.Name)
			}
			parts = append(parts, fmt.Sprintf("%s on %s", g.Value.Display(), strings.Join(names, ",")))
		}
		return strings.Join(parts, "; ")
	}
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "%s %s: %s | %s", row.Class, row.Address, side(row.From), side(row.To))
		if len(row.Vars) > 0 {
			fmt.Fprintf(&b, " %v", row.Vars)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestCompareOnlyWhatWasAsked(t *testing.T) {
	from := []*Host{host(t, "staging/s1", "deb[a].version = 1")}
	to := []*Host{host(t, "production/p1", "deb[a].version = 1", "file[/x].mode = 0644"), host(t, "production/p2", "deb[a].version = 1", "file[/x].mode = 0600")}
	c := Comparer{Asked: func(h HostID, collector, scope string) bool {
		return collector == "deb" || h.Environment == "production"
	}}
	want := "within file[\"/x\"].mode:  | 0644 on p1; 0600 on p2\n"
	r := c.Compare(from, to)
	if got := describe(r); got != want || len(r.OneSided) > 0 {
		t.Errorf("got %q and %v, want %q", got, r.OneSided, want)
	}
}

func TestCompareOneSided(t *testing.T) {
	one := host(t, "staging/s1", "deb[a].version = 1", "file[/y].mode = 0644")
	other := host(t, "production/p1", "deb[a].version = 1", "file[/x].mode = 0644", "file[/x].owner = root", "file[/z].mode = 0644")
	c := Comparer{
		Asked: func(h HostID, collector, scope string) bool {
			return collector == "deb" || (h.Environment == "staging") == (scope == "/y")
		},
		LeaveOut: func(_ *Host, s *Section, _ Fact) string { return map[string]string{"/z": "policy"}[s.Scope] },
	}
	r := c.Compare([]*Host{one}, []*Host{other})
	want := []OneSided{
		{"file", "/x", []Address{`file["/x"].mode`, `file["/x"].owner`}, []HostID{other.ID}},
		{"file", "/y", []Address{`file["/y"].mode`}, []HostID{one.ID}},
	}
	if diff := cmp.Diff(want, r.OneSided); diff != "" || r.Alike != 1 || len(r.Rows) > 0 || r.LeftOut["policy"] != 1 {
		t.Errorf("%+v\n%s", r, diff)
	}
	if r := c.Compare(nil, []*Host{other}); len(r.OneSided) > 0 { // it is compared with none
		t.Errorf("of one side alone: %v", r.OneSided)
	}
}

func TestCompare(t *testing.T) {
	vars := NewVars(map[string]map[string]string{
		"staging":    {"domain": "staging.example.com", "db": "db.staging.internal"},
		"production": {"domain": "example.com", "db": "db.internal"},
	})
	tests := []struct {
		name     string
		from, to []*Host
		want     string
	}{
		{
			"equal", []*Host{host(t, "staging/s1", "deb[a].version = 1")}, []*Host{host(t, "production/p1", "deb[a].version = 1")}, "",
		},
		{
			"a version",
			[]*Host{host(t, "staging/s1", "deb[a].version = 1", "deb[a].held = no")},
			[]*Host{host(t, "production/p1", "deb[a].version = 2", "deb[a].held = no")},
			"unexplained deb[\"a\"].version: \"1\" on s1 | \"2\" on p1\n",
		},
		{
			"a package that is absent is one row, at its version",
			[]*Host{host(t, "staging/s1", "deb[a].held = no", "deb[a].version = 1", "deb[b].version = 1")},
			[]*Host{host(t, "production/p1", "deb[b].version = 1")},
			"unexplained deb[\"a\"].version: \"1\" on s1 | absent on p1\n",
		},
		{
			"a file that is absent is one row",
			[]*Host{host(t, "staging/s1", "file[/etc/x].mode = 0644", "file[/etc/x].type = file", "file[/etc/*]")},
			[]*Host{host(t, "production/p1", "file[/etc/*]")},
			"unexplained file[\"/etc/x\"]: present on s1 | absent on p1\n",
		},
		{
			"what was not asked is unknown, not absent",
			[]*Host{host(t, "staging/s1", "file[/etc/x].mode = 0644")},
			[]*Host{host(t, "production/p1", "deb[b].version = 1")},
			"unknown deb: unknown on s1 | present on p1\nunknown file[\"/etc/x\"]: present on s1 | unknown on p1\n",
		},
		{
			"a denied section is one unknown row",
			[]*Host{host(t, "staging/s1", "deb[a].version = 1", "deb[b].version = 1")},
			[]*Host{host(t, "production/p1", "deb[a] = !denied")},
			"unknown deb: present on s1 | unknown on p1\n",
		},
		{
			"unknown on both sides is not alike",
			[]*Host{host(t, "staging/s1", "deb[a].version = ?")},
			[]*Host{host(t, "production/p1", "deb[a].version = ?")},
			"unknown deb[\"a\"].version: unknown on s1 | unknown on p1\n",
		},
		{
			"one production host is denied, the other differs",
			[]*Host{host(t, "staging/s1", "deb[a].version = 1")},
			[]*Host{host(t, "production/p1", "deb[a] = !denied"), host(t, "production/p2", "deb[a].version = 2")},
			"unexplained deb[\"a\"].version: \"1\" on s1 | unknown on p1; \"2\" on p2\nunknown deb: present on s1 | unknown on p1; present on p2\n",
		},
		{
			"staging disagrees with itself: what production has like one of its hosts is no difference of its own",
			[]*Host{host(t, "staging/s1", "deb[a].version = 1"), host(t, "staging/s2", "deb[a].version = 2")},
			[]*Host{host(t, "production/p1", "deb[a].version = 2"), host(t, "production/p2", "deb[a].version = 1")},
			"within deb[\"a\"].version: \"1\" on s1; \"2\" on s2 | \"2\" on p1; \"1\" on p2\n",
		},
		{
			"staging disagrees with itself, and no host of it has what production has",
			[]*Host{host(t, "staging/s1", "deb[a].version = 1"), host(t, "staging/s2", "deb[a].version = 2")},
			[]*Host{host(t, "production/p1", "deb[a].version = 3"), host(t, "production/p2", "deb[a].version = 1"), host(t, "production/p3")},
			"unexplained deb[\"a\"].version: \"1\" on s1; \"2\" on s2 | \"3\" on p1; \"1\" on p2; unknown on p3\n" +
				"unknown deb: present on s1,s2 | present on p1,p2; unknown on p3\n" +
				"within deb[\"a\"].version: \"1\" on s1; \"2\" on s2 | \"1\" on p2; unknown on p3\n",
		},
		{
			"staging disagrees with itself, and production has what one host of it has, by its variables and own names",
			[]*Host{host(t, "staging/stag1", `file[/x].entries["db"] = stag1.db.staging.internal`), host(t, "staging/stag2", `file[/x].entries["db"] = none`)},
			[]*Host{host(t, "production/prod1", `file[/x].entries["db"] = prod1.db.internal`), host(t, "production/prod2", `file[/x].entries["db"] = prod1.db.internal`)},
			"unexplained file[\"/x\"].entries[\"db\"]: stag1.db.staging.internal on stag1; none on stag2 | prod1.db.internal on prod1; prod1.db.internal on prod2\n" +
				"within file[\"/x\"].entries[\"db\"]: stag1.db.staging.internal on stag1; none on stag2 | prod1.db.internal on prod1\n",
		},
		{
			"staging disagrees about a secret: production has one, and that is alike",
			[]*Host{host(t, "staging/s1", `file[/x].entries["password"] = {aaaaaaaaaa`), host(t, "staging/s2", `file[/x].entries["password"] = {bbbbbbbbbb`)},
			[]*Host{host(t, "production/p1", `file[/x].entries["password"] = {cccccccccc`)},
			"within file[\"/x\"].entries[\"password\"]: sealed(\"{aaaaaaa\") on s1; sealed(\"{bbbbbbb\") on s2 | sealed(\"{ccccccc\") on p1\n",
		},
		{
			"staging disagrees whether a file is there: what is in it is compared where it is",
			[]*Host{host(t, "staging/s1", "file[/etc/x].mode = 0644", "file[/etc/*]"), host(t, "staging/s2", "file[/etc/*]")},
			[]*Host{host(t, "production/p1", "file[/etc/x].mode = 0600", "file[/etc/*]")},
			"unexplained file[\"/etc/x\"].mode: 0644 on s1; absent on s2 | 0600 on p1\nwithin file[\"/etc/x\"]: present on s1; absent on s2 | present on p1\n",
		},
		{
			"no other side: the hosts are compared with each other",
			nil,
			[]*Host{host(t, "production/p1", "deb[a].version = 3"), host(t, "production/p2", "deb[a].version = 4")},
			"within deb[\"a\"].version:  | \"3\" on p1; \"4\" on p2\n",
		},
		{
			"variables normalise",
			[]*Host{host(t, "staging/s1", `file[/x].entries["url"] = https://staging.example.com/`, `file[/x].entries["db"] = db.staging.internal:5432`)},
			[]*Host{host(t, "production/p1", `file[/x].entries["url"] = https://example.com/`, `file[/x].entries["db"] = db.internal:5432`)},
			"",
		},
		{
			"the ids of disks are a host's own, what stands beside them is not",
			[]*Host{host(t, "staging/s1", `file[/etc/default/grub].entries["CMDLINE"] = root=UUID=7b0a-11 quiet`, `file[/etc/crypttab].entries["ro"] = PARTUUID=aa-01 ro`)},
			[]*Host{host(t, "production/p1", `file[/etc/default/grub].entries["CMDLINE"] = root=UUID=9c4e-22 quiet mitigations=off`, `file[/etc/crypttab].entries["ro"] = PARTUUID=bb-02 ro`)},
			"unexplained file[\"/etc/default/grub\"].entries[\"CMDLINE\"]: \"root=UUID=7b0a-11 quiet\" on s1 | \"root=UUID=9c4e-22 quiet mitigations=off\" on p1\n",
		},
		{
			"the day of a password is a host's own, the password and its other days are not",
			[]*Host{host(t, "staging/s1", `file[/etc/shadow].entries["a"] = $6$aa$bb:19000:0:99999:7:::`, `file[/etc/shadow].entries["b"] = *:19000:0:99999:7:::`, `file[/etc/shadow].entries["c"] = *:19000:0:99999:7:::`)},
			[]*Host{host(t, "production/p1", `file[/etc/shadow].entries["a"] = $6$aa$bb:20000:0:99999:7:::`, `file[/etc/shadow].entries["b"] = :20000:0:99999:7:::`, `file[/etc/shadow].entries["c"] = *:19000:0:90:7:::`)},
			"unexplained file[\"/etc/shadow\"].entries[\"b\"]: *:19000:0:99999:7::: on s1 | :20000:0:99999:7::: on p1\n" +
				"unexplained file[\"/etc/shadow\"].entries[\"c\"]: *:19000:0:99999:7::: on s1 | *:19000:0:90:7::: on p1\n",
		},
		{
			"host names normalise",
			[]*Host{host(t, "staging/staging-1", `file[/x].entries["name"] = staging-1`, "os.hostname = staging-1")},
			[]*Host{host(t, "production/production-1", `file[/x].entries["name"] = production-1`, "os.hostname = production-1")},
			"unexplained os.hostname: staging-1 on staging-1 | production-1 on production-1\n", // it is no setting; the defaults leave it out
		},
		{
			"host names normalise among the hosts of a side",
			[]*Host{host(t, "staging/staging-1", `file[/x].entries["name"] = staging-1`), host(t, "staging/staging-2", `file[/x].entries["name"] = staging-2`)},
			[]*Host{host(t, "production/production-1", `file[/x].entries["name"] = production-1`), host(t, "production/production-2", `file[/x].entries["name"] = production-2`)},
			"",
		},
		{
			"the name of one host on all of them is the same, and another than what each calls itself",
			[]*Host{host(t, "staging/staging-1", `file[/x].entries["name"] = staging-1`), host(t, "staging/staging-2", `file[/x].entries["name"] = staging-1`)},
			[]*Host{host(t, "production/production-1", `file[/x].entries["name"] = staging-1`), host(t, "production/production-2", `file[/x].entries["name"] = production-2`)},
			"unexplained file[\"/x\"].entries[\"name\"]: staging-1 on staging-1,staging-2 | staging-1 on production-1; production-2 on production-2\n",
		},
		{
			"foreign, even where both sides are equal",
			[]*Host{host(t, "staging/s1", `file[/x].entries["db"] = db.staging.internal`)},
			[]*Host{host(t, "production/p1", `file[/x].entries["db"] = db.staging.internal`)},
			"foreign file[\"/x\"].entries[\"db\"]:  | db.staging.internal on p1 [staging.db]\n",
		},
		{
			"secrets are compared by presence across environments",
			[]*Host{host(t, "staging/s1", `file[/x].entries["password"] = {aaaaaaaaaa`)},
			[]*Host{host(t, "production/p1", `file[/x].entries["password"] = {bbbbbbbbbb`)},
			"",
		},
		{
			"and exactly within a role",
			[]*Host{host(t, "staging/s1", `file[/x].entries["password"] = {aaaaaaaaaa`)},
			[]*Host{host(t, "production/p1", `file[/x].entries["password"] = {bbbbbbbbbb`), host(t, "production/p2", `file[/x].entries["password"] = {cccccccccc`)},
			"within file[\"/x\"].entries[\"password\"]: sealed(\"{aaaaaaa\") on s1 | sealed(\"{bbbbbbb\") on p1; sealed(\"{ccccccc\") on p2\n",
		},
		{
			"the same secret on both sides is told",
			[]*Host{host(t, "staging/s1", `file[/x].entries["password"] = {aaaaaaaaaa`)},
			[]*Host{host(t, "production/p1", `file[/x].entries["password"] = {aaaaaaaaaa`)},
			"same_secret file[\"/x\"].entries[\"password\"]: sealed(\"{aaaaaaa\") on s1 | sealed(\"{aaaaaaa\") on p1\n",
		},
		{
			"a sealed value that is no secret by name is compared",
			[]*Host{host(t, "staging/s1", `file[/x].entries["workers"] = {aaaaaaaaaa`)},
			[]*Host{host(t, "production/p1", `file[/x].entries["workers"] = {bbbbbbbbbb`)},
			"unexplained file[\"/x\"].entries[\"workers\"]: sealed(\"{aaaaaaa\") on s1 | sealed(\"{bbbbbbb\") on p1\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := describe(Comparer{Vars: vars}.Compare(tt.from, tt.to))
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

// What is there as a whole tells what is in it, so that a waiver can be bound to that.
func TestCompareContent(t *testing.T) {
	staging := []*Host{host(t, "staging/s1", "file[/etc/*]")}
	present := func(facts ...string) Value {
		t.Helper()
		result := Comparer{}.Compare(staging, []*Host{host(t, "production/p1", append(facts, "file[/etc/*]")...)})
		if len(result.Rows) == 0 || result.Rows[0].Address != `file["/etc/x"]` || len(result.Rows[0].To) != 1 {
			t.Fatalf("got %v, want a row of the file with one value", result.Rows)
		}
		return result.Rows[0].To[0].Value
	}
	v := present("file[/etc/x].mode = 0644", "file[/etc/x].type = file")
	for _, want := range []Value{String("present"), Present(v.Raw), Present(v.Raw[:8])} {
		if !v.Is(want) {
			t.Errorf("%v is not %v", v, want)
		}
	}
	if v.Normal != "" {
		t.Errorf("%v depends on a key, and nothing in it is sealed", v)
	}
	for _, facts := range [][]string{
		{"file[/etc/x].mode = 0600", "file[/etc/x].type = file"},
		{"file[/etc/x].mode = 0644"},
		{"file[/etc/x].mode = 0644", "file[/etc/x].type = ?"},
	} {
		if present(facts...).Is(Present(v.Raw)) {
			t.Errorf("%q is taken for what was there before", facts)
		}
	}
	if v := present("file[/etc/x].entries[k] = {a}"); v.Normal != v.Raw {
		t.Errorf("%v does not say that it depends on a key", v)
	}
	hosts := []*Host{
		host(t, "production/p1", "file[/etc/x].mode = 0644", "file[/etc/*]"),
		host(t, "production/p2", "file[/etc/x].mode = 0644", "file[/etc/*]"),
	}
	if rows := (Comparer{}).Compare(staging, hosts).Rows; len(rows) != 1 || len(rows[0].To) != 1 {
		t.Errorf("got %v, want one row, and one value of two hosts", rows)
	}
}
