package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// forger is somebody who may push to the ledger's branch, and leaves out what gate does about that.
type forger struct {
	*site
	key string // the file of a private key; empty for none
}

// commit makes the commit of an event after another one; the branch stays.
func (f forger) commit(e gate.Event, parent string) string {
	f.Helper()
	l := f.open()
	a := appending{l: l, author: author{"Eve", "eve@example.com"}}
	if f.key != "" {
		f.keyInEnvironment(f.key)
		defer delete(f.env, "GATE_LEDGER_KEY")
		how, err := l.signing(f.Context())
		if err != nil {
			f.Fatal(err)
		}
		a.signing = how
	}
	if e.At.IsZero() {
		e.At = f.now
	}
	if e.Repository == "" {
		e.Repository = l.repository
	}
	if e.Key == "" {
		e.Key = keyOf(&e, "")
	}
	made, err := a.commit(f.Context(), &e, parent)
	if err != nil {
		f.Fatal(err)
	}
	return made.ID
}

// push moves the branch, wherever it was.
func (f forger) push(id string) {
	f.Helper()
	mustRun(f, f.git, "update-ref", branch, id)
}

// signedSite is a site with a ledger of three events, whose policy has signers.
func signedSite(t *testing.T) (s *site, own string) {
	t.Helper()
	s = newSite(t)
	own = sshKey(t, keyTypes["ed25519"]...)
	p := signer(t, "staging-ci", own, "deployed", "note")
	p.Environments = []string{"staging"}
	s.policy.Signers = []policies.Signer{p}
	s.keyInEnvironment(own)
	s.append(deployed("staging"))
	s.now = s.now.Add(time.Minute)
	s.append(deployed("staging"))
	return s, own
}

// Whatever somebody who can push to the branch adds to it is found, does not count, and everything else does.
func TestForgedEvents(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, c := range []struct {
		name string
		key  string // own or other
		set  func(*site, *gate.Event)
		code string
		why  string
	}{
		{"unsigned", "", func(*site, *gate.Event) {}, forged, "it is not signed"},
		{"unknown key", "other", func(*site, *gate.Event) {}, forged, "which no signer of the policy has"},
		{"expired key", "own", func(s *site, e *gate.Event) {
			e.At = s.now.Add(time.Minute)
			s.policy.Signers[0].Expires = e.At
		}, forged, "whose key expired"},
		{"kind that it may not", "own", func(_ *site, e *gate.Event) { e.Kind = gate.Revoked }, notAllowed, "may not say revoked of staging"},
		{"environment that it may not", "own", func(_ *site, e *gate.Event) { e.Environment = "production" }, notAllowed, "may not say deployed of production"},
		{"all environments", "own", func(_ *site, e *gate.Event) { e.Environment = "" }, notAllowed, "may not say deployed"},
		{"another repository", "own", func(_ *site, e *gate.Event) { e.Repository = "git.example.com/other" }, foreign, "it is about the repository git.example.com/other, and this is git.example.com/app"},
		{"opened twice", "own", func(_ *site, e *gate.Event) { e.Kind = gate.Opened }, broken, "the first event of a ledger"},
		{"the past", "own", func(_ *site, e *gate.Event) { e.At = noon.Add(-time.Hour) }, broken, "long before the event that it follows"},
		{"the future", "own", func(s *site, e *gate.Event) { e.At = s.now.Add(time.Hour) }, broken, "in the future"},
		{"twice", "own", func(s *site, e *gate.Event) { e.Key = s.history().Events[1].Key }, broken, "repeats an event"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, own := signedSite(t)
			f := forger{site: s, key: map[string]string{"own": own, "other": sshKey(t, keyTypes["ecdsa"]...)}[c.key]}
			e := deployed("staging")
			c.set(s, &e)
			head := s.sound().Head
			f.push(f.commit(e, head))
			h := s.history()
			if diff := cmp.Diff(codes(h), []string{c.code}); diff != "" {
				t.Fatalf("got - want +\n%s", diff)
			}
			flaw := h.Flaws[0]
			if flaw.Event != h.Head || !strings.Contains(flaw.Text, c.why) || flaw.Next == "" {
				t.Errorf("got %+v, want %q", flaw, c.why)
			}
			last := h.Events[len(h.Events)-1]
			if last.Invalid == "" || len(h.In("staging")) != 2 {
				t.Errorf("got that the event counts: %+v", last)
			}
			// It goes on being found with what is remembered, and without.
			for range 2 {
				if diff := cmp.Diff(s.history(), h); diff != "" {
					t.Errorf("again: got - want +\n%s", diff)
				}
				s.cache = t.TempDir()
			}
		})
	}
}

// Objects that are no events, under a signature or not.
func TestBrokenCommits(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	tree := func(entries string) func(*site, string) string {
		return func(s *site, head string) string {
			id := mustInput(s, strings.ReplaceAll(entries, "BLOB", mustRun(s, s.git, "rev-parse", head+":event.json")), "mktree")
			return mustRun(s, s.git, "commit-tree", "-m", "x", "-p", head, id)
		}
	}
	holding := func(content func(was string) string) func(*site, string) string {
		return func(s *site, head string) string {
			was := mustRun(s, s.git, "cat-file", "blob", head+":event.json") + "\n"
			blob := mustInput(s, content(was), "hash-object", "-w", "--stdin")
			id := mustInput(s, "100644 blob "+blob+"\tevent.json\n", "mktree")
			return mustRun(s, s.git, "commit-tree", "-m", "x", "-p", head, id)
		}
	}
	replaced := func(old, new string) func(*site, string) string {
		return holding(func(was string) string {
			now := strings.Replace(was, old, new, 1)
			if now == was {
				t.Fatalf("the event has no %q: %s", old, was)
			}
			return now
		})
	}
	for _, c := range []struct {
		name string
		make func(s *site, head string) string
		why  string
	}{
		{"nothing in it", tree(""), "it holds no event.json"},
		{"more in it", tree("100644 blob BLOB\tevent.json\n100644 blob BLOB\tother\n"), "something else than event.json"},
		{"a program", tree("100755 blob BLOB\tevent.json\n"), "something else than event.json"},
		{"a link", tree("120000 blob BLOB\tevent.json\n"), "something else than event.json"},
		{"no JSON", holding(func(string) string { return "deployed" }), "is not JSON"},
		{"empty", holding(func(string) string { return "" }), "is not JSON"},
		{"too large", holding(func(was string) string { return was + strings.Repeat(" ", mostEventBytes) }), "larger than 1048576 bytes"},
		{"newer", replaced(`"schema": 1`, `"schema": 2`), "written by a newer gate: it has schema 2"},
		{"unknown field", replaced(`"schema": 1,`, `"schema": 1, "more": true,`), "not as gate writes it"},
		{"field twice", replaced(`"kind": "note"`, `"kind": "hold", "kind": "note"`), "not as gate writes it"},
		{"field in another case", replaced(`"kind"`, `"Kind"`), "not as gate writes it"},
		{"more after it", holding(func(was string) string { return was + "{}" }), "event.json is not JSON"},
		{"unknown kind", replaced(`"note"`, `"deploied"`), `there is no event "deploied"`},
		{"time of another zone", replaced(`Z"`, `+01:00"`), "not in UTC"},
		{"fractions of a second", replaced(`Z"`, `.5Z"`), "not in UTC, to the second"},
		{"option for an id", replaced(`"reason"`, `"of": "--output=x",`+"\n"+`  "reason"`), `"--output=x" is no object id`},
		{"merge", func(s *site, head string) string {
			return mustRun(s, s.git, "commit-tree", "-m", "x", "-p", head, "-p", head+"^", head+"^{tree}")
		}, "it is a merge"},
		{"other headers", func(s *site, head string) string {
			raw := mustRun(s, s.git, "cat-file", "commit", mustRun(s, s.git, "commit-tree", "-m", "x", "-p", head, head+"^{tree}"))
			return mustInput(s, strings.Replace(raw, "\n\n", "\nencoding latin1\n\n", 1)+"\n", "hash-object", "-w", "-t", "commit", "--stdin")
		}, "other headers"},
		{"two signatures", func(s *site, head string) string {
			raw := mustRun(s, s.git, "cat-file", "commit", mustRun(s, s.git, "commit-tree", "-m", "x", "-p", head, head+"^{tree}"))
			return mustInput(s, strings.Replace(raw, "\n\n", "\ngpgsig x\ngpgsig x\n\n", 1)+"\n", "hash-object", "-w", "-t", "commit", "--stdin")
		}, "other headers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.append(note("one"))
			s.append(note("two"))
			head := s.sound().Head
			bad := c.make(s, head)
			forger{site: s}.push(bad)
			h := s.history()
			if diff := cmp.Diff(codes(h), []string{broken}); diff != "" {
				t.Fatalf("got - want +\n%s", diff)
			}
			if f := h.Flaws[0]; f.Event != bad || !strings.Contains(f.Text, c.why) {
				t.Errorf("got %+v, want %q", f, c.why)
			}
			if diff := cmp.Diff(reasons(h), []string{"one", "two"}); diff != "" && c.name != "merge" {
				t.Errorf("got - want +\n%s", diff)
			}
		})
	}
}

func mustInput(s *site, stdin string, args ...string) string {
	s.Helper()
	out, err := s.git.input(s.Context(), strings.NewReader(stdin), args...)
	if err != nil {
		s.Fatal(err)
	}
	return out
}

// An event whose content is changed under its signature, or that is put after another event than it was signed for.
func TestEditedAndSpliced(t *testing.T) {
	t.Parallel()
	s, _ := signedSite(t)
	h := s.sound()
	raw := mustRun(t, s.git, "cat-file", "commit", h.Head) + "\n"
	blob := mustRun(t, s.git, "cat-file", "blob", h.Head+":event.json") + "\n"
	edited := mustInput(s, strings.Replace(blob, "staging", "production", 1), "hash-object", "-w", "--stdin")
	tree := mustInput(s, "100644 blob "+edited+"\tevent.json\n", "mktree")
	for name, commit := range map[string]string{
		"edited":  strings.Replace(raw, mustRun(t, s.git, "rev-parse", h.Head+"^{tree}"), tree, 1),
		"spliced": strings.Replace(raw, h.Events[1].ID, h.ID, 1),
	} {
		if commit == raw {
			t.Fatalf("%s: nothing was changed", name)
		}
		s.cache = t.TempDir()
		forger{site: s}.push(mustInput(s, commit, "hash-object", "-w", "-t", "commit", "--stdin"))
		got := s.history()
		if diff := cmp.Diff(codes(got), []string{forged}); diff != "" || !strings.Contains(got.Flaws[0].Text, "not one of what it says") {
			t.Errorf("%s: got %+v", name, got.Flaws)
		}
	}
}

// An event with the key of one that is still to come does not stop that one.
func TestForgedKey(t *testing.T) {
	t.Parallel()
	s, _ := signedSite(t)
	e := deployed("staging")
	e.Key = "the key to come"
	f := forger{site: s}
	f.push(f.commit(e, s.sound().Head))
	s.now = s.now.Add(time.Minute)
	if got := s.append(e); got.Invalid != "" || got.Signer != "staging-ci" {
		t.Errorf("got %+v", got)
	}
}

// A chain that was cut off, rewound and continued, replaced or removed.
func TestRewritten(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, remote := range []bool{false, true} {
		for _, c := range []struct {
			name string
			do   func(f forger, h *gate.History)
			code string
		}{
			{"cut off", func(f forger, h *gate.History) { f.push(h.Events[1].ID) }, rewritten},
			{"rewound and continued", func(f forger, h *gate.History) { f.push(f.commit(note("other"), h.Events[1].ID)) }, rewritten},
			{"replaced", func(f forger, h *gate.History) { f.push(f.commit(gate.Event{Kind: gate.Opened}, "")) }, rewritten},
			{"removed", func(f forger, _ *gate.History) { mustRun(f, f.git, "update-ref", "-d", branch) }, missing},
		} {
			name := c.name
			if remote {
				name += " on the remote"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t)
				if remote {
					s.share()
				}
				s.append(note("one"))
				s.append(note("two"))
				h := s.sound()
				f := forger{site: s}
				c.do(f, h)
				if remote { // from elsewhere: this repository's own branch stays
					id := mustRun(t, s.git, "for-each-ref", "--format=%(objectname)", branch)
					mustRun(t, s.git, "push", "-q", "--force", "origin", id+":"+branch)
					f.push(h.Head)
				}
				for range 2 { // it is not forgotten
					got := s.history()
					if diff := cmp.Diff(codes(got), []string{c.code}); diff != "" {
						t.Fatalf("got - want +\n%s", diff)
					}
					if f := got.Flaws[0]; !strings.Contains(f.Text, gate.Short(h.Head)) && c.name != "replaced" || !strings.Contains(f.Next, h.Head) {
						t.Errorf("got %+v, want it to name %s", f, h.Head)
					}
					if remote && c.code == rewritten { // a machine without a memory has its repository still
						s.cache = t.TempDir()
					}
				}
				if _, err := s.open().Append(t.Context(), note("three"), nil); err == nil {
					t.Error("got no error of an event that would go on from there")
				}
			})
		}
	}
}
