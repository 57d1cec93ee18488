package drift

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func aSnapshot() *Snapshot {
	return &Snapshot{Environment: "staging", KeyID: "aa", VarsID: "bb", Hosts: []Host{{
		ID: HostID{"staging", "web", "staging-1"}, Address: "deploy@staging-1", Taken: time.Date(2026, 11, 20, 2, 17, 0, 0, time.UTC),
		Machine: Machine{Endpoint: "192.0.2.7:22", HostKey: "SHA256:x", ID: "1", Boot: "2", Root: "8:2"},
		Sections: []Section{
			{Collector: "deb", Status: OK, Facts: []Fact{
				{Address: `deb["a"].held`, Value: Bool(false)},
				{Address: `deb["a"].source`, Value: Null()},
				{Address: `deb["a"].version`, Value: String("<1.0> & \u2028")},
			}},
			{Collector: "file", Scope: "/etc/*", Question: true, Status: OK},
			{Collector: "file", Scope: "/etc/x", Status: OK, Facts: []Fact{
				{Address: `file["/etc/x"].entries["list"]`, Value: List(Number("1.50"), Strings("a"))},
				{Address: `file["/etc/x"].entries["password"]`, Value: Value{Kind: Sealed, Raw: "11", Normal: "22", Foreign: "production.db"}},
				{Address: `file["/etc/x"].mode`, Value: UnknownValue("it changed")},
			}},
			{Collector: "file", Scope: "/etc/y", Status: Denied, Reason: "may not"},
			{Collector: "os", Status: Gone},
		},
	}}}
}

// asIs compares values as they stand: what could not be told equals nothing else.
var asIs = cmp.Comparer(func(v, w Value) bool { return v == w })

func encode(t *testing.T, s *Snapshot) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSnapshotRoundTrip(t *testing.T) {
	want := aSnapshot()
	got, err := DecodeSnapshot(strings.NewReader(encode(t, want)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, want, asIs); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
	for i, s := range got.Hosts[0].Sections {
		if s.Digest() != want.Hosts[0].Sections[i].Digest() {
			t.Errorf("%s has another digest", s.Address())
		}
	}
}

// A fact is a line, so that two snapshots can be compared line by line.
func TestSnapshotLines(t *testing.T) {
	for _, want := range []string{
		`  {"address":"deb[\"a\"].held","value":false},`,
		`  {"address":"file[\"/etc/x\"].entries[\"password\"]","sealed":["11","22","production.db"]},`,
		`  {"address":"file[\"/etc/x\"].mode","unknown":"it changed"}]},`,
		` {"collector":"file","scope":"/etc/y","status":"denied","reason":"may not"},`,
	} {
		if text := encode(t, aSnapshot()); !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("no line %s in\n%s", want, text)
		}
	}
}

// Scalars and lists are read back as they were written, whatever is in them; what another program wrote otherwise too.
func TestSnapshotCanonical(t *testing.T) {
	for text, want := range map[string]Value{
		`"plain"`: String("plain"), `""`: String(""), `"\u0041"`: String("A"), `"<\u2028>"`: String("<\u2028>"), `"é"`: String("é"),
		`1.50`: Number("1.50"), `"1.50"`: String("1.50"), ` [ "a" , null ] `: List(String("a"), Null()), `true`: Bool(true), `{}`: {Kind: Known, Text: "{}"},
	} {
		document := `{"gate_snapshot":1,"hosts":[{"sections":[{"collector":"x","status":"ok","facts":[{"address":"x","value":` + text + `}]}]}]}`
		s, err := DecodeSnapshot(strings.NewReader(document))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := s.Hosts[0].Sections[0].Facts[0].Value; got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// A fact that is known not to be there is as good as none.
func TestSnapshotOfAbsent(t *testing.T) {
	s := aSnapshot()
	s.Hosts[0].Sections[0].Facts = append(s.Hosts[0].Sections[0].Facts, Fact{Address: `deb["b"].version`})
	got, err := DecodeSnapshot(strings.NewReader(encode(t, s)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, aSnapshot(), asIs); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

// A file that is cut off anywhere is no snapshot.
func TestSnapshotCutOff(t *testing.T) {
	text := strings.TrimRight(encode(t, aSnapshot()), "\n")
	for i := range len(text) {
		if _, err := DecodeSnapshot(strings.NewReader(text[:i])); err == nil {
			t.Fatalf("the first %d of %d bytes are taken for a snapshot", i, len(text))
		}
	}
}

func TestSnapshotRefused(t *testing.T) {
	text := encode(t, aSnapshot())
	for name, change := range map[string][2]string{
		"another version":     {`"gate_snapshot":1`, `"gate_snapshot":2`},
		"no version":          {`"gate_snapshot":1,`, ``},
		"an unknown field":    {`"key_id"`, `"keyid"`},
		"an unknown status":   {`"status":"denied"`, `"status":"fine"`},
		"no status":           {`"status":"denied",`, ``},
		"an address":          {`deb[\"a\"].held`, `deb[\"a\".held`},
		"two of one address":  {`deb[\"a\"].held`, `deb[\"a\"].version`},
		"two of one section":  {`"scope":"/etc/y"`, `"scope":"/etc/x"`},
		"a value and unknown": {`"unknown":"it changed"`, `"unknown":"it changed","value":1`},
		"an object":           {`"value":false`, `"value":{"a": 1}`},
		"two digests":         {`"production.db"`, `"production.db", "x"`},
	} {
		changed := strings.Replace(text, change[0], change[1], 1)
		if changed == text {
			t.Errorf("%s: the text has no %q", name, change[0])
			continue
		}
		if _, err := DecodeSnapshot(strings.NewReader(changed)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := DecodeSnapshot(strings.NewReader(text + text)); err == nil {
		t.Error("two snapshots in one: no error")
	}
}

// Sealed values under another key or with other variables cannot be compared, and nothing else is lost.
func TestForget(t *testing.T) {
	a := Address(`file["/etc/x"].entries["password"]`)
	for _, tt := range []struct {
		key, vars string
		want      Value
	}{
		{"aa", "bb", Value{Kind: Sealed, Raw: "11", Normal: "22", Foreign: "production.db"}},
		{"cc", "bb", UnknownValue("sealed under another digest key")},
		{"aa", "cc", UnknownValue("sealed with other vars")},
	} {
		s := aSnapshot()
		s.Forget(tt.key, tt.vars)
		if got := s.Hosts[0].Lookup(a); got != tt.want {
			t.Errorf("key %s, vars %s: got %v, want %v", tt.key, tt.vars, got, tt.want)
		}
		if got := s.Hosts[0].Lookup(`deb["a"].held`); got != Bool(false) {
			t.Errorf("got %v, want a value that is not sealed as it was", got)
		}
	}
}

// Of entries with sealed keys nothing can be told under another key, not even that one is absent.
func TestForgettingKeys(t *testing.T) {
	h := host(t, "staging/s1", `file[/x].entries["sealed 0123456789abcdef"] = a`, `file[/x].entries["b"] = c`, `file[/x].mode = 0644`)
	before := h.Sections[0]
	if !Forgetting("another key")(&h.Sections[0]) {
		t.Error("nothing is forgotten")
	}
	for a, want := range map[Address]Value{
		`file["/x"].entries["sealed 0123456789abcdef"]`: UnknownValue("another key"), `file["/x"].entries["sealed f"]`: UnknownValue("another key"),
		`file["/x"].entries["b"]`: String("c"), `file["/x"].mode`: String("0644"),
	} {
		if got := h.Lookup(a); got != want {
			t.Errorf("%s: got %v, want %v", a, got, want)
		}
	}
	if len(before.Facts) != 3 || before.Facts[0].Value.Kind != Known {
		t.Errorf("another section that shares the facts has lost them: %v", before.Facts)
	}
}

func FuzzDecodeSnapshot(f *testing.F) {
	var b bytes.Buffer
	if err := aSnapshot().Encode(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"gate_snapshot":1,"hosts":[{"sections":[{"collector":"deb","status":"ok","facts":[{"address":"deb","value":null}]}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := DecodeSnapshot(bytes.NewReader(data))
		if err != nil {
			return
		}
		again, err := DecodeSnapshot(strings.NewReader(encode(t, s)))
		if err != nil {
			t.Fatalf("what it wrote itself is refused: %v", err)
		}
		if diff := cmp.Diff(again, s, asIs); diff != "" {
			t.Errorf("(-again +first)\n%s", diff)
		}
	})
}

// What a section was asked is kept with it, however a program has written it since; anything else is refused.
func TestSnapshotAsked(t *testing.T) {
	const question = `{"exclude":["*.local"],"version":1}`
	s := &Snapshot{Environment: "staging", Hosts: []Host{{Sections: []Section{
		{Collector: "file", Scope: "/etc/**", Question: true, Status: Denied, Reason: "may not", Asked: `{"version":1}`},
		{Collector: "file", Scope: "/etc/**", Question: true, Status: OK, Asked: question},
	}}}}
	if err := s.Hosts[0].Sort(); err != nil {
		t.Fatal(err)
	}
	text := encode(t, s)
	for _, as := range []string{question, "[" + question + `, {"version": 1}]`, `{ "exclude": ["*.local"], "version": 1 }`} {
		got, err := DecodeSnapshot(strings.NewReader(strings.Replace(text, question, as, 1)))
		if err != nil {
			t.Errorf("%s: %v", as, err)
			continue
		}
		want := strings.NewReplacer(" ", "").Replace(as)
		if !slices.ContainsFunc(got.Hosts[0].Sections, func(s Section) bool { return s.Asked == want }) {
			t.Errorf("%s: got %v", as, got.Hosts[0].Sections)
		}
	}
	for _, as := range []string{`"x"`, `1`, `true`, `{"version":1}`} { // the last one makes it the other's answer
		if got, err := DecodeSnapshot(strings.NewReader(strings.Replace(text, question, as, 1))); err == nil {
			t.Errorf("%s: got %v, want an error", as, got.Hosts[0].Sections)
		}
	}
}

// Sections that answer other questions are not one, whatever else is the same.
func TestShareAsked(t *testing.T) {
	s := &Snapshot{}
	for _, asked := range []string{`{"version":1}`, `{"become":true,"version":1}`} {
		h := host(t, "staging/s1", "service[a].active = active")
		h.Sections[0].Asked = asked
		s.Hosts = append(s.Hosts, *h)
	}
	s.Share()
	if a, b := s.Hosts[0].Sections[0], s.Hosts[1].Sections[0]; a.Asked == b.Asked || a.Digest() == b.Digest() {
		t.Errorf("got %v and %v", a, b)
	}
}
