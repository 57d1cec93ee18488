package ledger

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
)

const keyID, varsID, policyDigest = "0011223344556677", "8899aabbccddeeff", "cafe"

// file returns a section of the collector "file" with one entry, and with a digest that is sealed.
func file(scope, key, value string) drift.Section {
	at := drift.Address("file").Key(scope)
	return drift.Section{Collector: "file", Scope: scope, Status: drift.OK, Facts: []drift.Fact{
		{Address: at.Attr("entries").Key(key), Value: drift.String(value)},
		{Address: at.Attr("sha256"), Value: sealed(scope + value)},
	}}
}

// sealed returns a value that is sealed, the same for the same text.
func sealed(text string) drift.Value {
	return drift.Value{Kind: drift.Sealed, Raw: objectID("raw", []byte(text), 64), Normal: objectID("normal", []byte(text), 64)}
}

func host(environment, name string, sections ...drift.Section) drift.Host {
	h := drift.Host{ID: drift.HostID{Environment: environment, Role: "web", Name: name}, Address: "deploy@" + name, Taken: noon, Sections: sections,
		Machine: drift.Machine{Endpoint: name + ":22", HostKey: "SHA256:x", ID: "1", Boot: "2", Root: "8:2"}}
	if err := h.Sort(); err != nil {
		panic(err)
	}
	return h
}

func snapshot(environment string, hosts ...drift.Host) *drift.Snapshot {
	return &drift.Snapshot{Environment: environment, Hosts: hosts, KeyID: keyID, VarsID: varsID}
}

// keep keeps a snapshot, and records an event that names it.
func (s *site) keep(snapshot *drift.Snapshot) string {
	s.Helper()
	id, err := s.open().Keep(s.Context(), snapshot, policyDigest)
	if err != nil {
		s.Fatal(err)
	}
	s.observed(snapshot.Environment, id)
	return id
}

func (s *site) observed(environment, id string) gate.Event {
	s.Helper()
	return s.append(gate.Event{Kind: gate.Observed, Environment: environment, Snapshots: map[string]string{environment: id}})
}

func (s *site) record() *Record {
	s.Helper()
	r := s.open().Record(s.Context(), s.sound(), keyID, varsID)
	s.Cleanup(r.Close)
	return r
}

// snapshotOf returns a snapshot that must be there.
func (s *site) snapshotOf(id string) *drift.Snapshot {
	s.Helper()
	got, err := s.record().Snapshot(id)
	if err != nil {
		s.Fatal(err)
	}
	return got
}

var exactly = cmp.Comparer(func(a, b drift.Value) bool { return a == b })

// everything is a snapshot of all kinds of values, sections and names.
func everything(environment string) *drift.Snapshot {
	at := drift.Address("file").Key("/etc/a b/ü\n%2E\"c\"\t.ini")
	odd := drift.Section{Collector: "file", Scope: "/etc/a b/ü\n%2E\"c\"\t.ini", Status: drift.OK, Facts: []drift.Fact{
		{Address: at.Attr("absent")},
		{Address: at.Attr("entries").Key("x = \t\n"), Value: drift.Strings("a\tb", "c\n")},
		{Address: at.Attr("foreign"), Value: drift.Value{Kind: drift.Sealed, Raw: sealed("x").Raw, Normal: sealed("y").Raw, Foreign: "staging.db staging.x"}},
		{Address: at.Attr("list"), Value: drift.List(drift.Number("1.50"), drift.Null(), drift.Bool(true), drift.String(""))},
		{Address: at.Attr("unknown"), Value: drift.UnknownValue("may\tnot")},
		{Address: at.Attr("unsaid"), Value: drift.Value{Kind: drift.Unknown}},
	}}
	sections := []drift.Section{
		odd, file("/etc/app.ini", "level", "INFO"),
		{Collector: "deb", Status: drift.Denied, Reason: "may not"},
		{Collector: "file", Scope: "/etc/**", Question: true, Status: drift.OK},
		{Collector: "file", Scope: "/srv/*", Question: true, Status: drift.Truncated, Reason: "question"},
		{Collector: "file", Scope: "/srv/*", Question: true, Status: drift.OK, Asked: `{"exclude":["a","\"b\""],"version":1}`},
		{Collector: "file", Scope: "/srv/*", Question: true, Status: drift.OK, Asked: `{"version":1}`},
		{Collector: "file", Scope: "/gone", Status: drift.Gone},
		{Collector: "command", Scope: ".section", Status: drift.Failed, Reason: "exit status 1"},
		{Collector: "command", Scope: ".git", Status: drift.OK},
		{Collector: "command", Scope: "..", Status: drift.OK},
		{Collector: "command", Scope: "CON", Status: drift.OK},
		{Collector: "command", Scope: "git~1", Status: drift.OK},
	}
	return snapshot(environment, host(environment, "z.example.com", sections...), host(environment, "a@[::1]:22"), host(environment, ".ünï/%/..", odd))
}

func TestEncodeName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", ".", "..", ".git", "a.lock", "/etc/x", "a b\n\t", "%2F", "@", "@{u}", "a~1", "a^b:c?d*e[f]\\g", "ü", "\xff\x00", "-x", "refs/heads/x"} {
		got, err := decodeName(encodeName(name))
		if err != nil || got != name {
			t.Errorf("%q: got %q, %v", name, got, err)
		}
		if other := encodeName(name + "x"); other == encodeName(name) {
			t.Errorf("%q is named %q, as another", name, other)
		}
	}
	for _, name := range []string{"", "a.b", "%2f", "%41", "%", "a/b", "%zz", "a b"} {
		if got, err := decodeName(name); err == nil {
			t.Errorf("%q: got %q, want an error", name, got)
		}
	}
}

// What is kept comes back as it was, whatever it is called, and in the order of its hosts.
func TestKeep(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, format := range []string{"sha1", "sha256"} {
		for _, environment := range []string{"production", "eu/a..b.lock", ".@{x}~^: ?*[\\ü", "-x", "@"} {
			t.Run(format+" "+environment, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, "--object-format="+format)
				want := everything(environment)
				id := s.keep(want)
				if diff := cmp.Diff(s.snapshotOf(id), want, exactly); diff != "" {
					t.Errorf("got - want +\n%s", diff)
				}
				if got := mustRun(t, s.git, "for-each-ref", "--format=%(refname) %(tree)", "refs/gate"); got != snapshotRef(environment, id)+" "+id {
					t.Errorf("got the refs\n%s", got)
				}
				if got := mustRun(t, s.git, "fsck", "--strict", "--no-dangling"); got != "" {
					t.Errorf("git fsck: %s", got)
				}
				again, err := s.clone().open().Keep(t.Context(), want, policyDigest)
				if format == "sha1" && (err != nil || again != id) {
					t.Errorf("the same snapshot elsewhere: got %s, %v, want %s", again, err, id)
				}
			})
		}
	}
}

func TestKeepBare(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	bare := newRepository(t, "--bare")
	s.bare = bare.where[1]
	want := everything("production")
	if diff := cmp.Diff(s.snapshotOf(s.keep(want)), want, exactly); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	if got := mustRun(t, s.git, "for-each-ref"); got != "" {
		t.Errorf("the policy's repository has refs: %s", got)
	}
}

// A snapshot that could not be read again, or that has no business in a ledger, is refused.
func TestKeepRefuses(t *testing.T) {
	t.Parallel()
	twice := host("production", "a")
	twice.Sections = []drift.Section{file("/a", "k", "v"), file("/a", "k", "w")}
	unordered := host("production", "a", file("/a", "k", "v"))
	facts := unordered.Sections[0].Facts
	facts[0], facts[1] = facts[1], facts[0]
	tests := []struct {
		name     string
		snapshot *drift.Snapshot
		want     string
	}{
		{"no environment", snapshot("", host("", "a")), "of an environment"},
		{"not sealed", &drift.Snapshot{Environment: "production"}, "sealed"},
		{"a host of another environment", snapshot("production", host("staging", "a")), "of another environment"},
		{"no host's name", snapshot("production", host("production", "")), "no name of its own"},
		{"two hosts of a name", snapshot("production", host("production", "a", file("/a", "k", "v")), host("production", "a")), "no name of its own"},
		{"two sections of a scope", snapshot("production", twice), `two sections for file["/a"]`},
		{"facts without order", snapshot("production", unordered), "out of order"},
	}
	for _, tt := range tests {
		s := newSite(t)
		id, err := s.open().Keep(t.Context(), tt.snapshot, policyDigest)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %q, %v, want an error with %q", tt.name, id, err, tt.want)
		}
		if got := mustRun(t, s.git, "for-each-ref"); got != "" {
			t.Errorf("%s: refs are left: %s", tt.name, got)
		}
	}
}

// Equal sections are one object, on whichever host and in whichever snapshot; only what differs is added.
func TestKeepShares(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	objects := func() int {
		return len(strings.Fields(mustRun(t, s.git, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)", "--unordered")))
	}
	hosts := func(level string) []drift.Host {
		var list []drift.Host
		for n := range 20 {
			list = append(list, host("production", fmt.Sprint("web-", n), file("/etc/a", "k", "v"), file("/etc/b", "level", "INFO")))
		}
		list[7].Sections[1] = file("/etc/b", "level", level)
		return list
	}
	keep := func(hosts []drift.Host) {
		t.Helper()
		if _, err := s.open().Keep(t.Context(), snapshot("production", hosts...), policyDigest); err != nil {
			t.Fatal(err)
		}
	}
	keep(hosts("INFO"))
	// Two sections, the trees of their collector, of the host, of the role and of the whole, the head and the commit.
	if got, want := objects(), 2+4+2; got != want {
		t.Errorf("20 like hosts: got %d objects, want %d", got, want)
	}
	later := hosts("INFO")
	for i := range later {
		later[i].Taken = noon.Add(time.Hour)
	}
	before := objects()
	keep(later)
	if got, want := objects()-before, 3; got != want {
		t.Errorf("the same hosts later: got %d more objects, want %d: the head, the whole and the commit", got, want)
	}
	before = objects()
	keep(hosts("DEBUG"))
	// The head of the first is there already.
	if got, want := objects()-before, 1+4+1; got != want {
		t.Errorf("another section: got %d more objects, want %d", got, want)
	}
}

func TestKeepTogether(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	var work sync.WaitGroup
	ids := make([]string, 8)
	for n := range ids {
		l := s.open()
		work.Go(func() {
			var err error
			if ids[n], err = l.Keep(t.Context(), snapshot("production", host("production", "a", file("/a", "k", fmt.Sprint(n/2)))), policyDigest); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	refs := strings.Fields(mustRun(t, s.git, "for-each-ref", "--format=%(refname)", "refs/gate"))
	if len(refs) != len(ids)/2 {
		t.Errorf("got the refs %q, want %d", refs, len(ids)/2)
	}
	for n, id := range ids {
		s.observed("production", id)
		want := drift.String(fmt.Sprint(n / 2))
		if got := s.snapshotOf(id).Hosts[0].Lookup(`file["/a"].entries["k"]`); got != want {
			t.Errorf("snapshot %d: got %v, want %v", n, got, want)
		}
	}
}
