package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
)

func TestPinned(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.policy.Ledger.ID = strings.Repeat("1", 40)
	if diff := cmp.Diff(codes(s.history()), []string{missing}); diff != "" {
		t.Errorf("no ledger: got - want +\n%s", diff)
	}
	if _, err := s.open().Append(t.Context(), note("one"), nil); err == nil {
		t.Error("no ledger: got no error of an event that would begin another one")
	}
	s.policy.Ledger.ID = ""
	s.append(note("one"))
	s.policy.Ledger.ID = strings.Repeat("1", 40)
	if diff := cmp.Diff(codes(s.history()), []string{foreign}); diff != "" {
		t.Errorf("another ledger: got - want +\n%s", diff)
	}
	s.policy.Ledger.ID = mustRun(t, s.git, "rev-parse", branch+"^")
	s.sound()
}

// A new ledger in the place of an old one is taken once the policy pins it.
func TestPinnedAnew(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, remote := range []bool{false, true} {
		s := newSite(t)
		if remote {
			s.share()
		}
		s.append(note("one"))
		f := forger{site: s}
		id := f.commit(gate.Event{Kind: gate.Opened}, "")
		if remote {
			mustRun(t, s.git, "push", "-q", "--force", "origin", id+":"+branch)
			mustRun(t, s.git, "update-ref", "-d", branch)
		} else {
			f.push(id)
		}
		if diff := cmp.Diff(codes(s.history()), []string{rewritten}); diff != "" {
			t.Errorf("remote %t: got - want +\n%s", remote, diff)
		}
		s.policy.Ledger.ID = id
		s.sound()
		s.append(note("two"))
		if diff := cmp.Diff(reasons(s.sound()), []string{"two"}); diff != "" {
			t.Errorf("remote %t: got - want +\n%s", remote, diff)
		}
	}
}

// A head with a flaw is not the last one that was seen: it can be taken back.
func TestMarkOfSoundHeads(t *testing.T) {
	t.Parallel()
	s, _ := signedSite(t)
	head := s.sound().Head
	f := forger{site: s}
	f.push(f.commit(deployed("staging"), head))
	if diff := cmp.Diff(codes(s.history()), []string{forged}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	f.push(head)
	s.sound()
}

// What cannot be read of the mark is an error; what cannot be read of the links is read again.
func TestMemoryDamaged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.append(note("one"))
	s.append(note("two"))
	want := s.sound()
	links, _ := filepath.Glob(filepath.Join(s.cache, "ledger", "*"+linksForm))
	marks, _ := filepath.Glob(filepath.Join(s.cache, "ledger", "*.mark"))
	if len(links) != 1 || len(marks) != 1 {
		t.Fatalf("got %v, %v, want one of each", links, marks)
	}
	whole, err := os.ReadFile(links[0])
	if err != nil {
		t.Fatal(err)
	}
	var read remembered
	if read = readLinks(links[0]); len(read.links) != 3 || read.size <= read.first {
		t.Fatalf("got %d links, %d of %d bytes in the first part, want 3 links in several", len(read.links), read.first, read.size)
	}
	part := func(links ...*link) string { return string(encodeLinks(links)) }
	for name, content := range map[string]string{
		"empty":   "",
		"cut off": string(whole[:len(whole)-10]),
		"twice":   string(whole) + part(read.links[2]),
		"gap":     part(read.links[0], read.links[2]),
		"garbage": "\x00",
	} {
		if err := os.WriteFile(links[0], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s.sound(), want); diff != "" {
			t.Errorf("%s: got - want +\n%s", name, diff)
		}
		if got := readLinks(links[0]); len(got.links) != 3 || got.size != got.first {
			t.Errorf("%s: the links were not written anew", name)
		}
	}
	for _, content := range []string{"", "{}", "\x00"} {
		if err := os.WriteFile(marks[0], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := s.open().History(t.Context())
		if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Error(), marks[0]) {
			t.Errorf("mark %q: got %v, want an error that names it", content, err)
		}
	}
}

// What was verified is not read again; what was remembered of another end of the chain is used as far as it goes.
func TestLinksAreRemembered(t *testing.T) {
	s := newSite(t)
	for range 5 {
		s.append(note("one"))
	}
	h := s.sound()
	l := s.open()
	seen, err := l.seen.load()
	if err != nil || len(seen.links) != 6 {
		t.Fatalf("got %d links, %v, want 6", len(seen.links), err)
	}
	for _, head := range []string{h.Events[2].ID, forger{site: s}.commit(note("fork"), h.Events[2].ID)} {
		got, err := readChain(t.Context(), s.git, head, seen.links)
		if err != nil {
			t.Fatal(err)
		}
		want, err := readChain(t.Context(), s.git, head, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, want); diff != "" || got[len(got)-1].ID != head {
			t.Errorf("got - want +\n%s", diff)
		}
	}
	// No object is read where the head is remembered.
	t.Setenv("PATH", t.TempDir())
	if got, err := readChain(t.Context(), s.git, h.Head, seen.links); err != nil || len(got) != 6 {
		t.Errorf("got %d links, %v", len(got), err)
	}
}

// To verify is to look at what was seen before as well.
func TestVerifyAgain(t *testing.T) {
	t.Parallel()
	s, _ := signedSite(t)
	h := s.sound()
	blob := mustRun(t, s.git, "rev-parse", h.Events[1].ID+":event.json")
	file := filepath.Join(s.dir, ".git", "objects", blob[:2], blob[2:])
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	s.sound()
	options := s.options()
	options.Verify = true
	l, err := Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	h, err = l.History(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(codes(h), []string{broken}); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
}

// The file of the links is written as one again before its parts take more than what they hold.
func TestLinksParts(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	file := filepath.Join(t.TempDir(), "links")
	var links []*link
	var r remembered
	anew := 0
	for i := range 200 {
		l := &link{ID: strings.Repeat("a", i+1)}
		if i > 0 {
			l.Parent = links[i-1].ID
		}
		links = append(links, l)
		var err error
		if r, err = r.write(file, links); err != nil {
			t.Fatal(err)
		}
		if r.first == r.size {
			anew++
		}
		if diff := cmp.Diff(readLinks(file), r, cmp.AllowUnexported(remembered{})); diff != "" || r.size > 3*r.first {
			t.Fatalf("%d links, %d of %d bytes in the first part: got - want +\n%s", len(links), r.first, r.size, diff)
		}
	}
	if anew > 20 {
		t.Errorf("the file was written anew %d times", anew)
	}
}
