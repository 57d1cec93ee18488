package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// memory is what this user has seen of a ledger: a mark at its last head, and the links that were verified. The zero value
// remembers nothing.
type memory struct {
	mark   string     // the file of the mark
	links  string     // the file of the links; see cache.go
	afresh bool       // the links are not remembered, but written
	last   remembered // what this process has read or written; a commit says the same for ever
}

// mark is the last head of a ledger that was seen without a flaw: later heads descend from it.
type mark struct {
	ID      string    `json:"id"` // of the first event
	Head    string    `json:"head"`
	Fetched time.Time `json:"fetched,omitzero"` // when the remote was asked last
}

// sight is what was remembered at one time.
type sight struct {
	mark mark
	remembered
}

func newMemory(folder, name string) *memory {
	sum := sha256.Sum256([]byte(name))
	path := filepath.Join(folder, hex.EncodeToString(sum[:16]))
	return &memory{mark: path + ".mark", links: path + linksForm}
}

// load returns what is remembered. A mark that cannot be read is an error: whether the ledger has been cut off could not
// be told. Links that cannot be read are read from the ledger again.
func (m *memory) load() (sight, error) {
	var s sight
	if m.mark == "" {
		return s, nil
	}
	data, err := os.ReadFile(m.mark)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return s, fmt.Errorf("ledger: the last head that was seen: %w", err)
	default:
		if err := json.Unmarshal(data, &s.mark); err != nil || !isObjectID(s.mark.Head) || !isObjectID(s.mark.ID) {
			return s, &Error{Err: fmt.Errorf("ledger: the last head that was seen cannot be read from %s", m.mark), Hint: "remove the file, if you know that the ledger is whole"}
		}
	}
	if !m.afresh {
		if m.last.links == nil {
			m.last = readLinks(m.links)
		}
		s.remembered = m.last
	}
	return s, nil
}

// store remembers a chain. The mark moves to its head only where nothing is wrong with it.
func (m *memory) store(v *view) error {
	if m.mark == "" || len(v.links) == 0 || v.changed() {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(m.mark), 0o700); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	links, err := v.seen.write(m.links, v.links)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	v.seen.remembered, m.last = links, links
	next := mark{ID: v.history.ID, Head: v.history.Head, Fetched: v.history.Fetched}
	if len(v.history.Flaws) > 0 || next == v.seen.mark {
		return nil
	}
	data, err := json.Marshal(next)
	if err == nil {
		err = replaceFile(m.mark, data)
	}
	if err != nil {
		return fmt.Errorf("ledger: the last head that was seen: %w", err)
	}
	v.seen.mark = next
	return nil
}

// changed reports whether the chain is another one than it should be, so that it is neither remembered nor added to.
func (v *view) changed() bool {
	return slices.ContainsFunc(v.history.Flaws, func(f gate.Flaw) bool {
		return f.Code == rewritten || f.Code == missing || f.Code == foreign
	})
}

// compare adds what is wrong with a chain as a whole: that it is not the one that the policy pins, or does not go on where
// it was last seen.
func (l *Ledger) compare(v *view, seen mark) {
	if l.pin != "" && seen.ID != l.pin {
		seen = mark{} // the policy names another chain now
	}
	var f gate.Flaw
	switch {
	case v.head() == "" && l.pin != "":
		f = gate.Flaw{Code: missing, Text: fmt.Sprintf("there is no ledger, and the policy says that its first event is %s", gate.Short(l.pin)), Next: l.restore("it")}
	case v.head() == "" && seen.Head != "":
		f = gate.Flaw{Code: missing, Text: fmt.Sprintf("there is no ledger any more; its last event was %s", gate.Short(seen.Head)), Next: l.restore(seen.Head)}
	case v.head() == "":
		return
	case l.pin != "" && v.history.ID != l.pin:
		f = gate.Flaw{Code: foreign, Text: fmt.Sprintf("the ledger begins with the event %s, and the policy says %s", gate.Short(v.history.ID), gate.Short(l.pin)), Next: l.restore("the right one")}
	case seen.Head == "" || v.has(seen.Head):
		return
	case v.history.ID != seen.ID:
		f = gate.Flaw{Code: rewritten, Text: fmt.Sprintf("another ledger is in its place: it begins with the event %s, and the one before with %s", gate.Short(v.history.ID), gate.Short(seen.ID)),
			Next: fmt.Sprintf("%s; if the new one was meant, pin it in the policy: ledger { id = %q }", l.restore(seen.Head), v.history.ID)}
	default:
		f = gate.Flaw{Code: rewritten, Text: fmt.Sprintf("the ledger was cut off or rewritten: the event %s, its last one before, is not in it any more", gate.Short(seen.Head)), Next: l.restore(seen.Head)}
	}
	v.history.Flaws = slices.Insert(v.history.Flaws, 0, f)
}

// restore says how to put a head back.
func (l *Ledger) restore(head string) string {
	const who = "find out who changed the branch gate-ledger, and forbid it (a ruleset against force pushes and deletion)"
	switch {
	case !isObjectID(head):
		return who + "; then put " + head + " back from a clone that has it"
	case l.remote != "":
		return fmt.Sprintf("%s; then put it back from a clone that has it: git push %s +%s:%s", who, withoutSecrets(l.remote), head, branch)
	}
	return fmt.Sprintf("%s; then put it back: git update-ref %s %s", who, branch, head)
}

// replaceFile writes a file so that whoever reads it finds the old content or the new one.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
