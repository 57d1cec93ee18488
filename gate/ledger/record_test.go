package ledger

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
)

// A snapshot comes to the remote with the event that names it, and from there to whoever asks for it.
func TestSnapshotShared(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	environment := "eu/production ü"
	want := everything(environment)
	id, err := s.open().Keep(t.Context(), want, policyDigest)
	if err != nil {
		t.Fatal(err)
	}
	if got := mustRun(t, remote, "for-each-ref"); got != "" {
		t.Errorf("before there is an event the remote has\n%s", got)
	}
	s.observed(environment, id)
	if got := mustRun(t, remote, "for-each-ref", "--format=%(refname)", "refs/gate"); got != snapshotRef(environment, id) {
		t.Errorf("the remote has\n%s", got)
	}
	other := s.clone()
	if other.sound(); mustRun(t, other.git, "for-each-ref", "refs/gate/snapshots") != "" {
		t.Error("a snapshot was fetched before anybody asked for it")
	}
	if diff := cmp.Diff(other.snapshotOf(id), want, exactly); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	if got := mustRun(t, other.git, "rev-parse", snapshotRef(environment, id)+"^{tree}"); got != id {
		t.Errorf("fetched %s, want %s", got, id)
	}

	offline := s.clone()
	offline.sound()
	offline.away = true
	if got, err := offline.record().Snapshot(id); err == nil || !strings.Contains(err.Error(), "the remote is not asked") {
		t.Errorf("offline: got %v, %v", got, err)
	}
	gone := s.clone()
	r := gone.record()
	takeAway(t, remote)
	if got, err := r.Snapshot(id); err == nil || errors.Is(err, errPruned) {
		t.Errorf("the remote is away: got %v, %v, which is not that it was pruned", got, err)
	}
}

func TestSnapshotUnknown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id, err := s.open().Keep(t.Context(), snapshot("production", host("production", "a")), policyDigest)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{id, "", "HEAD", strings.Repeat("1", 40)} {
		if got, err := s.record().Snapshot(id); err == nil || !strings.Contains(err.Error(), "no event names") {
			t.Errorf("%q: got %v, %v", id, got, err)
		}
	}
}

// write writes an object, whatever is in it, and returns its id.
func (s *site) write(kind, data string) string {
	s.Helper()
	id, err := s.git.input(s.Context(), strings.NewReader(data), "hash-object", "-w", "--stdin", "--literally", "-t", kind)
	if err != nil {
		s.Fatal(err)
	}
	return id
}

// plant makes a tree a recorded snapshot, and returns its id.
func (s *site) plant(environment, tree string) string {
	s.Helper()
	commit := mustRun(s, s.git, "commit-tree", "-m", "snapshot", tree)
	mustRun(s, s.git, "update-ref", snapshotRef(environment, tree), commit)
	s.observed(environment, tree)
	return tree
}

// treeOf writes a tree with one entry, or several in the order of git.
func (s *site) treeOf(entries ...string) string {
	s.Helper()
	var data bytes.Buffer
	for i := 0; i < len(entries); i += 3 { // mode, name, id
		id := make([]byte, len(entries[i+2])/2)
		if _, err := fmt.Sscanf(entries[i+2], "%x", &id); err != nil {
			s.Fatal(err)
		}
		fmt.Fprintf(&data, "%s %s\x00%s", entries[i], entries[i+1], id)
	}
	return s.write("tree", data.String())
}

const headText = `{"gate_ledger_snapshot":1,"environment":"production","key_id":"` + keyID + `","vars_id":"` + varsID + `","policy":"","collectors":{"file":1},
	"hosts":[{"role":"web","name":"a","address":"a","taken":"2026-11-20T12:00:00Z"}]}`

// What is not in the form that gate writes is an error, and none of it is believed.
func TestSnapshotHostile(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	good := file("/a", "k", "v")
	type made struct{ head, role, host, collector, section string } // ids
	usual := func(s *site) made {
		m := made{head: s.write("blob", headText), section: s.write("blob", good.Text())}
		m.collector = s.treeOf("100644", "%2Fa", m.section)
		m.host = s.treeOf("40000", "file", m.collector)
		m.role = s.treeOf("40000", "a", m.host)
		return m
	}
	whole := func(s *site, head, role string) string {
		return s.treeOf("100644", headFile, head, "40000", "web", role)
	}
	withCollector := func(s *site, collector string) string {
		return whole(s, usual(s).head, s.treeOf("40000", "a", s.treeOf("40000", "file", collector)))
	}
	withHead := func(s *site, text string) string { return whole(s, s.write("blob", text), usual(s).role) }
	head := func(old, new string) string { return strings.Replace(headText, old, new, 1) }
	tests := []struct {
		name string
		make func(s *site) string
		want string // empty for what must be read
	}{
		{"as it is written", func(s *site) string { return withHead(s, headText) }, ""},
		{"no head", func(s *site) string { return s.treeOf("40000", "web", usual(s).role) }, "has no .snapshot"},
		{"an empty tree", func(s *site) string { return s.treeOf() }, "has no .snapshot"},
		{"a head that is no JSON", func(s *site) string { return withHead(s, "hello") }, "its head"},
		{"two heads", func(s *site) string { return withHead(s, headText+headText) }, "its head"},
		{"a head with more", func(s *site) string { return withHead(s, head(`"policy"`, `"extra":1,"policy"`)) }, "unknown field"},
		{"a newer version", func(s *site) string { return withHead(s, head(`snapshot":1`, `snapshot":2`)) }, "version 2"},
		{"no version", func(s *site) string { return withHead(s, head(`"gate_ledger_snapshot":1,`, ``)) }, "version 0"},
		{"another environment", func(s *site) string { return withHead(s, head("production", "staging")) }, `it is of "staging"`},
		{"a host twice in the head", func(s *site) string {
			return withHead(s, head(`"hosts":[`, `"hosts":[{"role":"web","name":"a"},`))
		}, "twice"},
		{"a host that the head lacks", func(s *site) string { return withHead(s, head(`"name":"a"`, `"name":"b"`)) }, "does not speak of the host web/a"},
		{"a head that is a tree", func(s *site) string {
			return s.treeOf("40000", headFile, usual(s).collector, "40000", "web", usual(s).role)
		}, "not a blob"},
		{"a head that is a tree, said to be a file", func(s *site) string { return whole(s, usual(s).collector, usual(s).role) }, "is a tree, and should be a blob"},
		{"a role that is a file", func(s *site) string {
			return s.treeOf("100644", headFile, usual(s).head, "100644", "web", usual(s).head)
		}, "not a tree"},
		{"a host that is a file", func(s *site) string { return whole(s, usual(s).head, s.treeOf("100644", "a", usual(s).section)) }, "is no tree"},
		{"a host that is a link", func(s *site) string { return whole(s, usual(s).head, s.treeOf("120000", "a", usual(s).section)) }, "mode 120000"},
		{"a host that is a commit", func(s *site) string {
			return whole(s, usual(s).head, s.treeOf("160000", "a", mustRun(t, s.git, "commit-tree", "-m", "x", usual(s).host)))
		}, "mode 160000"},
		{"a collector that is a file", func(s *site) string {
			return whole(s, usual(s).head, s.treeOf("40000", "a", s.treeOf("100644", "file", usual(s).section)))
		}, "not a tree"},
		{"a section that may be run", func(s *site) string { return withCollector(s, s.treeOf("100755", "%2Fa", usual(s).section)) }, "mode 100755"},
		{"a section that is a link", func(s *site) string { return withCollector(s, s.treeOf("120000", "%2Fa", usual(s).section)) }, "mode 120000"},
		{"too deep", func(s *site) string { return withCollector(s, s.treeOf("40000", "%2Fa", usual(s).collector)) }, "not a blob"},
		{"a section in another's place", func(s *site) string { return withCollector(s, s.treeOf("100644", "%2Fb", usual(s).section)) }, `holds the section file["/a"]`},
		{"a section of another collector", func(s *site) string {
			return whole(s, usual(s).head, s.treeOf("40000", "a", s.treeOf("40000", "deb", usual(s).collector)))
		}, `holds the section file["/a"]`},
		{"a name that gate does not write", func(s *site) string { return withCollector(s, s.treeOf("100644", "%2fa", usual(s).section)) }, "holds the section"},
		{"a role's name that gate does not write", func(s *site) string {
			return s.treeOf("100644", headFile, usual(s).head, "40000", "w.b", usual(s).role)
		}, "is not a name"},
		{"the same name twice", func(s *site) string {
			return withCollector(s, s.treeOf("100644", "%2Fa", usual(s).section, "100644", "%2Fa", usual(s).section))
		}, "is no tree"},
		{"a section that is cut off", func(s *site) string {
			return withCollector(s, s.treeOf("100644", "%2Fa", s.write("blob", strings.TrimSuffix(good.Text(), "\n"))))
		}, "cut off"},
		{"a section of a newer version", func(s *site) string {
			return withCollector(s, s.treeOf("100644", "%2Fa", s.write("blob", strings.Replace(good.Text(), "section 1", "section 2", 1))))
		}, "version 2"},
		{"a tree that is cut off", func(s *site) string { return withCollector(s, s.write("tree", "100644 %2Fa\x00abc")) }, "is no tree"},
		{"a tree of something else", func(s *site) string { return withCollector(s, s.write("tree", "hello")) }, "is no tree"},
		{"a missing object", func(s *site) string { return withCollector(s, s.treeOf("100644", "%2Fa", strings.Repeat("1", 40))) }, "is not here"},
		{"a head that is too large", func(s *site) string { return withHead(s, headText+strings.Repeat(" ", mostHeadBytes)) }, "larger than"},
	}
	s := newSite(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id := s.plant("production", tt.make(s))
			defer mustRun(t, s.git, "update-ref", "-d", snapshotRef("production", id))
			got, err := s.record().Snapshot(id)
			flaws, errVerify := s.open().VerifySnapshots(t.Context(), s.sound())
			switch {
			case errVerify != nil:
				t.Errorf("verify: %v", errVerify)
			case tt.want == "" && (err != nil || len(flaws) > 0):
				t.Errorf("got %v, and the flaws %v, want a snapshot", err, flaws)
			case tt.want != "" && (err == nil || got != nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, %v, want an error with %q", got, err, tt.want)
			case tt.want != "" && (len(flaws) != 1 || flaws[0].Code != broken || !strings.Contains(flaws[0].Text, tt.want) || flaws[0].Event == ""):
				t.Errorf("got the flaws %+v, want one with %q", flaws, tt.want)
			}
		})
	}
}

// loose writes an object's file anew, with another content than its id says.
func (s *site) loose(id, kind, data string) {
	s.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	fmt.Fprintf(z, "%s %d\x00%s", kind, len(data), data)
	z.Close()
	s.spoil(id, b.Bytes())
}

// spoil writes the file of an object.
func (s *site) spoil(id string, data []byte) {
	s.Helper()
	path := filepath.Join(s.dir, ".git", "objects", id[:2], id[2:])
	if err := os.Chmod(path, 0o600); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		s.Fatal(err)
	}
}

// An object that was edited where it lies, and a ref that was moved, are found.
func TestSnapshotEdited(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	secret := file("/a", "level", "INFO")
	blob := func(s *site, id string) string { return mustRun(t, s.git, "rev-parse", id+":web/a/file/%2Fa") }
	edited := strings.Replace(secret.Text(), "INFO", "LOUD", 1)
	tests := []struct {
		name string
		edit func(s *site, id string)
	}{
		{"a section", func(s *site, id string) { s.loose(blob(s, id), "blob", edited) }},
		{"a section, not even compressed", func(s *site, id string) { s.spoil(blob(s, id), []byte("hello")) }},
		{"a section, cut to nothing", func(s *site, id string) { s.spoil(blob(s, id), nil) }},
		{"a tree", func(s *site, id string) {
			collector := mustRun(t, s.git, "rev-parse", id+":web/a/file")
			s.loose(collector, "tree", "")
		}},
		{"the whole", func(s *site, id string) { s.loose(id, "tree", "") }},
		{"the ref", func(s *site, id string) {
			other, err := s.open().Keep(t.Context(), snapshot("production", host("production", "a", file("/a", "level", "LOUD"))), policyDigest)
			if err != nil {
				t.Fatal(err)
			}
			mustRun(t, s.git, "update-ref", snapshotRef("production", id), snapshotRef("production", other))
		}},
		{"the ref, to a blob", func(s *site, id string) { mustRun(t, s.git, "update-ref", snapshotRef("production", id), blob(s, id)) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			fine := s.keep(snapshot("production", host("production", "a", file("/b", "level", "INFO"))))
			id := s.keep(snapshot("production", host("production", "a", secret)))
			tt.edit(s, id)
			if got, err := s.record().Snapshot(id); err == nil {
				t.Errorf("got %v, want an error", got)
			}
			if first, before := s.record().Since(drift.HostID{Environment: "production", Role: "web", Name: "a"}, `file["/a"].entries["level"]`, drift.String("INFO").Equal); !first.IsZero() || !before.IsZero() {
				t.Errorf("since: got %v and %v", first, before)
			}
			flaws, err := s.open().VerifySnapshots(t.Context(), s.sound())
			if err != nil || len(flaws) != 1 || flaws[0].Code != broken || !strings.Contains(flaws[0].Text, id) {
				t.Errorf("verify: got %v, %v, want one flaw of %s", flaws, err, id)
			}
			s.snapshotOf(fine)
		})
	}
}

// Somebody who may push has put another snapshot under the name of one, before it was fetched and after.
func TestSnapshotReplaced(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	id := s.keep(snapshot("production", host("production", "a", file("/a", "level", "INFO"))))
	other := s.keep(snapshot("production", host("production", "a", file("/a", "level", "LOUD"))))
	mustRun(t, remote, "update-ref", snapshotRef("production", id), snapshotRef("production", other))
	for name, s := range map[string]*site{"here already": s, "not here": s.clone()} {
		flaws, err := s.open().VerifySnapshots(t.Context(), s.sound())
		if err != nil || len(flaws) != 1 || !strings.Contains(flaws[0].Text, id) {
			t.Errorf("%s: got %v, %v, want one flaw of %s", name, flaws, err, id)
		}
	}
	if got, err := s.clone().record().Snapshot(id); err == nil {
		t.Errorf("got %v, want an error", got)
	}
}

func TestVerifySnapshotsCannotTell(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	s.keep(everything("production"))
	l, h := s.open(), s.sound()
	takeAway(t, remote)
	if flaws, err := l.VerifySnapshots(t.Context(), h); err == nil {
		t.Errorf("got %v, want an error", flaws)
	}
}

// What was sealed otherwise than today is unknown, never absent; everything else is as it was.
func TestRecordComparable(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	entries := drift.Address(`file["/keys"].entries`)
	keys := drift.Section{Collector: "file", Scope: "/keys", Status: drift.OK, Facts: []drift.Fact{
		{Address: entries.Key("plain"), Value: drift.String("x")},
		{Address: entries.Key("sealed 0123456789abcdef"), Value: sealed("x")},
	}}
	question := drift.Section{Collector: "file", Scope: "/**", Question: true, Status: drift.OK}
	took := snapshot("production", host("production", "a", file("/a", "k", "v"), keys, question, drift.Section{Collector: "deb", Status: drift.OK, Facts: []drift.Fact{
		{Address: `deb["a"].version`, Value: drift.String("1")},
	}}))
	lookup := func(t *testing.T, keyID, varsID string, change func(*site, string) string) (map[drift.Address]drift.Value, []string) {
		s := newSite(t)
		id := s.keep(took)
		if change != nil {
			id = s.plant("production", change(s, id))
		}
		r := s.open().Record(t.Context(), s.sound(), keyID, varsID)
		defer r.Close()
		got, err := r.Snapshot(id)
		if err != nil {
			t.Fatal(err)
		}
		values := map[drift.Address]drift.Value{}
		for _, a := range []drift.Address{`file["/a"].entries["k"]`, `file["/a"].sha256`, entries.Key("plain"), entries.Key("sealed ffffffffffffffff"), `deb["a"].version`} {
			values[a] = got.Hosts[0].Lookup(a)
		}
		return values, r.Forgotten()
	}
	const key, vars = "sealed under another digest key", "sealed with other vars"
	forgot := func(why string) map[drift.Address]drift.Value {
		return map[drift.Address]drift.Value{
			`file["/a"].entries["k"]`: drift.String("v"), `file["/a"].sha256`: drift.UnknownValue(why), entries.Key("plain"): drift.String("x"),
			entries.Key("sealed ffffffffffffffff"): drift.UnknownValue(why), `deb["a"].version`: drift.String("1"),
		}
	}
	same := forgot("")
	same[`file["/a"].sha256`], same[entries.Key("sealed ffffffffffffffff")] = sealed("/av"), drift.Value{}
	old := forgot("not collected")
	old[`file["/a"].entries["k"]`], old[entries.Key("plain")] = drift.UnknownValue("not collected"), drift.UnknownValue("not collected")
	tests := []struct {
		name, key, vars string
		change          func(*site, string) string
		want            map[drift.Address]drift.Value
		forgotten       string
	}{
		{"nothing", keyID, varsID, nil, same, ""},
		{"the key", "ffffffffffffffff", varsID, nil, forgot(key), "what was recorded sealed under another digest key"},
		{"the vars", keyID, "ffffffffffffffff", nil, forgot(vars), "what was recorded sealed with other vars"},
		{"both", "ffffffffffffffff", "ffffffffffffffff", nil, forgot(key), "what was recorded sealed under another digest key"},
		{"the collector", keyID, varsID, func(s *site, id string) string {
			text := mustRun(t, s.git, "cat-file", "blob", id+":"+headFile)
			head := s.write("blob", strings.Replace(text, fmt.Sprintf(`"file": %d`, versions()["file"]), `"file": 0`, 1)+"\n")
			return s.treeOf("100644", headFile, head, "40000", "web", mustRun(t, s.git, "rev-parse", id+":web"))
		}, old, "what file recorded had another meaning"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, forgotten := lookup(t, tt.key, tt.vars, tt.change)
			if diff := cmp.Diff(got, tt.want, exactly); diff != "" {
				t.Errorf("got - want +\n%s", diff)
			}
			if (len(forgotten) != 0) != (tt.forgotten != "") || len(forgotten) > 1 || len(forgotten) == 1 && !strings.HasPrefix(forgotten[0], tt.forgotten) {
				t.Errorf("forgotten: got %q, want one line with %q", forgotten, tt.forgotten)
			}
		})
	}
}

// seen is a ledger in which a host was read every hour.
type seen struct {
	*site
	ids []string
	at  []time.Time
}

var seenHost = drift.HostID{Environment: "production", Role: "web", Name: "a"}

func (s *seen) see(sections ...drift.Section) {
	s.Helper()
	hosts := []drift.Host{host("production", "b", file("/b", "k", "v"))}
	if sections != nil {
		hosts = append(hosts, host("production", "a", sections...))
	}
	for i := range hosts {
		hosts[i].Taken = s.now
	}
	s.ids, s.at = append(s.ids, s.keep(snapshot("production", hosts...))), append(s.at, s.now)
	s.now = s.now.Add(time.Hour)
}

func TestSince(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	const a = drift.Address(`file["/a"].entries["k"]`)
	x, y := file("/a", "k", "x"), file("/a", "k", "y")
	question := drift.Section{Collector: "file", Scope: "/*", Question: true, Status: drift.OK}
	failed := drift.Section{Collector: "file", Scope: "/a", Status: drift.Failed}
	none := file("/other", "k", "x")
	whole := drift.Address(`file["/a"]`)
	const never = -1
	tests := []struct {
		name          string
		sections      [][]drift.Section
		address       drift.Address
		value         drift.Value
		first, before int // which observation
		change        func(*seen)
	}{
		{"nothing is on record", nil, a, drift.String("x"), never, never, nil},
		{"from the first on", [][]drift.Section{{x}, {x}}, a, drift.String("x"), 0, never, nil},
		{"it changed", [][]drift.Section{{x}, {y}, {x}, {x}}, a, drift.String("x"), 2, 1, nil},
		{"it changed since the last", [][]drift.Section{{y}, {y}}, a, drift.String("x"), never, 1, nil},
		{"it could not be told in between", [][]drift.Section{{y}, {x}, {failed}, {x}}, a, drift.String("x"), 3, never, nil},
		{"it was not collected", [][]drift.Section{{none}, {x}}, a, drift.String("x"), 1, never, nil},
		{"it was not there", [][]drift.Section{{question}, {question, x}}, a, drift.String("x"), 1, 0, nil},
		{"it went", [][]drift.Section{{question, x}, {question}, {question}}, a, drift.Value{}, 1, 0, nil},
		{"the host was not read", [][]drift.Section{{y}, {x}, nil, {x}}, a, drift.String("x"), 3, never, nil},
		{"a sealed value", [][]drift.Section{{x}, {y}, {y}}, `file["/a"].sha256`, sealed("/ay"), 1, 0, nil},
		{"a section as a whole", [][]drift.Section{{question}, {question, x}, {question, y}}, whole, drift.Present("0123"), 1, 0, nil},
		{"no such section", [][]drift.Section{{question, x}, {question}}, whole, drift.Value{}, 1, 0, nil},
		{"no such section, and it is there", [][]drift.Section{{question}, {question, x}}, whole, drift.Value{}, never, 1, nil},
		{"one was pruned", [][]drift.Section{{y}, {x}, {x}, {x}}, a, drift.String("x"), 2, never, func(s *seen) {
			mustRun(s, s.git, "update-ref", "-d", snapshotRef("production", s.ids[1]))
		}},
		{"an old one is judged again", [][]drift.Section{{x}, {y}, {x}}, a, drift.String("x"), 2, 1, func(s *seen) {
			s.observed("production", s.ids[0])
		}},
		{"an event of another environment", [][]drift.Section{{y}, {x}}, a, drift.String("x"), 1, 0, func(s *seen) {
			s.append(gate.Event{Kind: gate.Deploying, Environment: "staging", Snapshots: map[string]string{"production": s.ids[1]}})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &seen{site: newSite(t)}
			for _, sections := range tt.sections {
				s.see(sections...)
			}
			if tt.change != nil {
				tt.change(s)
			}
			at := func(i int) time.Time {
				if i == never {
					return time.Time{}
				}
				return s.at[i]
			}
			first, before := s.record().Since(seenHost, tt.address, tt.value.Equal)
			if !first.Equal(at(tt.first)) || !before.Equal(at(tt.before)) {
				t.Errorf("got %v and %v, want %v and %v", first, before, at(tt.first), at(tt.before))
			}
		})
	}
}

// However many facts of however many hosts are asked for, each object is read once, and none that does not matter.
func TestSinceReadsOnce(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := &seen{site: newSite(t)}
	for n := range 12 {
		s.see(file("/a", "k", "x"), file("/c", "k", fmt.Sprint(n/4)))
	}
	r := s.record()
	reads := map[string]int{}
	total := 0
	r.reader.read = func(name string, most int64) (object, error) {
		reads[name]++
		total++
		return r.objects.read(name, most)
	}
	for range 3 {
		for _, name := range []string{"a", "b"} {
			id := drift.HostID{Environment: "production", Role: "web", Name: name}
			r.Since(id, `file["/a"].entries["k"]`, drift.String("x").Equal)
			r.Since(id, `file["/c"].entries["k"]`, drift.String("2").Equal)
			r.Since(id, `file["/b"].entries["k"]`, drift.String("v").Equal)
		}
	}
	for name, n := range reads {
		if n > 1 {
			t.Errorf("%s was read %d times", name, n)
		}
	}
	// Of each snapshot the whole and the head; of each of the three that differ the role, the host, its collector and the
	// section; of what they have in common a section, and the other host with its collector and section.
	if want := 12*2 + 3*4 + 1 + 3; total != want {
		t.Errorf("got %d reads, want %d", total, want)
	}
}

// Where it has to come from the remote, what is looked through comes together.
func TestSinceFetches(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := &seen{site: newSite(t)}
	s.share()
	for range 5 {
		s.see(file("/a", "k", "x"))
	}
	other := s.clone()
	other.now = s.now
	r := other.record()
	first, _ := r.Since(seenHost, `file["/a"].entries["k"]`, drift.String("x").Equal)
	if !first.Equal(s.at[0]) {
		t.Errorf("got %v, want %v", first, s.at[0])
	}
	got := strings.Fields(mustRun(t, other.git, "for-each-ref", "--format=%(refname:lstrip=4)", snapshotsUnder))
	want := slices.Sorted(slices.Values(s.ids))
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("fetched - want +\n%s", diff)
	}
}

// What a host recorded is what it answers today, of each role by the questions of that; what answers another is told.
func TestRecordAnswers(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	question := drift.Section{Collector: "file", Scope: "/etc/**", Question: true, Status: drift.OK, Asked: `{"version":1}`}
	a, b := host("production", "a", question), host("production", "b", question)
	b.ID.Role = "worker"
	id := s.keep(snapshot("production", a, b)) // the trees of both are the same
	r := s.record()
	r.Answers = func(id drift.HostID, kept []drift.Section) []drift.Section {
		kept = slices.Clone(kept)
		if id.Role == "worker" {
			kept[0].Status = drift.NotCollected
		}
		return kept
	}
	got, err := r.Snapshot(id)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []drift.Status{drift.OK, drift.NotCollected} {
		if s := got.Hosts[i].Sections[0]; s.Status != want || s.Asked != question.Asked {
			t.Errorf("%s: got %v, want %s", got.Hosts[i].ID, s, want)
		}
	}
	if lines := r.Forgotten(); len(lines) != 1 || !strings.Contains(lines[0], "what file recorded answers another question") {
		t.Errorf("forgotten: %q", lines)
	}
}
