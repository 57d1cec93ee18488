package ledger

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// Limits of what is read of a snapshot: it may come from a remote.
const (
	mostHeadBytes    = 16 << 20
	mostTreeBytes    = 64 << 20
	mostSectionBytes = 64 << 20
)

// reader reads snapshots, each object once. All that it returns is what its id says, and in the form that Keep writes:
// anything else is an error. It is not safe for concurrent use.
type reader struct {
	read     func(name string, most int64) (object, error)
	trees    map[string][]treeEntry
	sections map[string]drift.Section
	hosts    map[string][]drift.Section // by the id of the host's tree
}

// treeEntry is an entry of a tree object.
type treeEntry struct {
	name, id string
	tree     bool
}

// tree is a snapshot whose hosts are read when they are asked for.
type tree struct {
	head  snapshotHead
	roles map[string]map[string]string // by the names of the role and of the host: the id of its tree
	heads map[drift.HostID]*hostHead
	// meaning tells trees of hosts apart that are the same and do not say the same today: see Record.comparable.
	meaning string
}

func newReader(read func(name string, most int64) (object, error)) *reader {
	return &reader{read: read, trees: map[string][]treeEntry{}, sections: map[string]drift.Section{}, hosts: map[string][]drift.Section{}}
}

// open reads the head of a snapshot that is here, and which hosts it has. Where there is none the error is errNoObject.
func (r *reader) open(environment, id string) (*tree, error) {
	ref := snapshotRef(environment, id)
	o, err := r.read(ref+"^{tree}", mostTreeBytes)
	switch {
	case err != nil:
		return nil, err
	case o.id != id:
		return nil, &Error{Err: fmt.Errorf("%s holds another snapshot, %s", ref, o.id), Hint: "find out who has moved it: git log -g " + ref}
	}
	entries, err := r.entries(&o)
	if err != nil {
		return nil, err
	}
	t := &tree{roles: map[string]map[string]string{}}
	for _, e := range entries {
		if e.name == headFile {
			err = r.head(t, e, environment)
		} else {
			err = r.role(t, e)
		}
		if err != nil {
			return nil, err
		}
	}
	return t, t.check()
}

// check finds the hosts of a snapshot in its head: a host of which nothing was read has no tree.
func (t *tree) check() error {
	if t.head.Version == 0 {
		return errors.New("it has no " + headFile)
	}
	t.heads = make(map[drift.HostID]*hostHead, len(t.head.Hosts))
	for i := range t.head.Hosts {
		h := &t.head.Hosts[i]
		id := drift.HostID{Environment: t.head.Environment, Role: h.Role, Name: h.Name}
		if t.heads[id] != nil {
			return fmt.Errorf("its head speaks of the host %s/%s twice", h.Role, h.Name)
		}
		t.heads[id] = h
	}
	for role, hosts := range t.roles {
		for name := range hosts {
			if t.heads[drift.HostID{Environment: t.head.Environment, Role: role, Name: name}] == nil {
				return fmt.Errorf("its head does not speak of the host %s/%s", role, name)
			}
		}
	}
	return nil
}

func (r *reader) head(t *tree, e treeEntry, environment string) error {
	data, err := r.blob(e, mostHeadBytes)
	if err != nil {
		return err
	}
	var first struct {
		Version int `json:"gate_ledger_snapshot"`
	}
	if err := json.Unmarshal(data, &first); err != nil {
		return fmt.Errorf("its head: %w", err)
	}
	if first.Version != snapshotVersion {
		return fmt.Errorf("it is of version %d, and this gate reads version %d", first.Version, snapshotVersion)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&t.head); err != nil {
		return fmt.Errorf("its head: %w", err)
	}
	if t.head.Environment != environment {
		return fmt.Errorf("it is of %q, and should be of %q", t.head.Environment, environment)
	}
	return nil
}

func (r *reader) role(t *tree, e treeEntry) error {
	role, err := decodeName(e.name)
	if err != nil {
		return err
	}
	entries, err := r.tree(e)
	if err != nil {
		return err
	}
	hosts := make(map[string]string, len(entries))
	for _, h := range entries {
		name, err := decodeName(h.name)
		if err != nil {
			return err
		}
		if !h.tree {
			return fmt.Errorf("%s/%s is no tree", e.name, h.name)
		}
		hosts[name] = h.id
	}
	t.roles[role] = hosts
	return nil
}

// host reads the sections of a host, by the id of its tree, in the order of a drift.Host. One without a tree has none.
func (r *reader) host(id string) ([]drift.Section, error) {
	if known, ok := r.hosts[id]; ok || id == "" {
		return known, nil
	}
	collectors, err := r.tree(treeEntry{name: "host", id: id, tree: true})
	if err != nil {
		return nil, err
	}
	var h drift.Host
	for _, c := range collectors {
		scopes, err := r.tree(c)
		if err != nil {
			return nil, err
		}
		for _, e := range scopes {
			s, err := r.section(e)
			if err != nil {
				return nil, fmt.Errorf("%s/%s: %w", c.name, e.name, err)
			}
			if c.name != encodeName(s.Collector) || !isNameOf(e.name, &s) {
				return nil, fmt.Errorf("%s/%s holds the section %s", c.name, e.name, s.Address())
			}
			h.Sections = append(h.Sections, s)
		}
	}
	if err := h.Sort(); err != nil {
		return nil, err
	}
	r.hosts[id] = h.Sections
	return h.Sections, nil
}

// isNameOf reports whether a name is that of the entry which holds a section: the name of its scope, with a number behind it
// for another Question of that.
func isNameOf(name string, s *drift.Section) bool {
	scope, number, more := strings.Cut(name, "~") // which encodeName does not leave in a name
	n, err := strconv.Atoi(number)
	return scope == scopeName(s.Scope) && (!more || s.Question && err == nil && n > 1 && strconv.Itoa(n) == number)
}

func (r *reader) section(e treeEntry) (drift.Section, error) {
	if s, known := r.sections[e.id]; known && !e.tree {
		return s, nil
	}
	data, err := r.blob(e, mostSectionBytes)
	if err != nil {
		return drift.Section{}, err
	}
	s, err := drift.ParseText(string(data))
	if err != nil {
		return drift.Section{}, err
	}
	r.sections[e.id] = s
	return s, nil
}

// tree reads a tree object.
func (r *reader) tree(e treeEntry) ([]treeEntry, error) {
	if known, ok := r.trees[e.id]; ok && e.tree {
		return known, nil
	}
	o, err := r.object(e, "tree", mostTreeBytes)
	if err != nil {
		return nil, err
	}
	return r.entries(&o)
}

func (r *reader) blob(e treeEntry, most int64) ([]byte, error) {
	o, err := r.object(e, "blob", most)
	return o.data, err
}

// entries takes a tree object apart: see "git help gitformat-pack" for the kinds and "git help ls-tree" for the modes.
func (r *reader) entries(o *object) ([]treeEntry, error) {
	if err := o.check("tree", mostTreeBytes); err != nil {
		return nil, err
	}
	size := len(o.id) / 2
	var entries []treeEntry
	names := map[string]bool{}
	for data := o.data; len(data) > 0; {
		head, rest, ok := bytes.Cut(data, []byte{0})
		mode, name, _ := strings.Cut(string(head), " ")
		if !ok || name == "" || len(rest) < size || names[name] {
			return nil, fmt.Errorf("the tree %s is no tree", o.id)
		}
		if mode != "40000" && mode != "100644" {
			return nil, fmt.Errorf("%s in the tree %s has the mode %s: it is neither a folder nor a plain file", name, o.id, mode)
		}
		names[name] = true
		entries = append(entries, treeEntry{name, hex.EncodeToString(rest[:size]), mode == "40000"})
		data = rest[size:]
	}
	r.trees[o.id] = entries
	return entries, nil
}

// object reads the object of an entry.
func (r *reader) object(e treeEntry, kind string, most int64) (object, error) {
	if e.tree != (kind == "tree") {
		return object{}, fmt.Errorf("%s is not a %s", e.name, kind)
	}
	o, err := r.read(e.id, most)
	if errors.Is(err, errNoObject) {
		return object{}, &Error{Err: fmt.Errorf("the object %s is not here, though what needs it is", e.id), Hint: "see what else is missing: git fsck"}
	}
	if err == nil {
		err = o.check(kind, most)
	}
	return o, err
}

// check reports whether an object is of a kind, not larger than it may be, and what its id says.
func (o *object) check(kind string, most int64) error {
	switch {
	case o.kind != kind:
		return fmt.Errorf("the object %s is a %s, and should be a %s", o.id, o.kind, kind)
	case o.data == nil:
		return fmt.Errorf("the %s %s is larger than %d bytes", kind, o.id, most)
	case objectID(kind, o.data, len(o.id)) != o.id:
		return &Error{Err: fmt.Errorf("the object %s is damaged: its content is another", o.id), Hint: "see what else is: git fsck"}
	}
	return nil
}

// batchReader starts reading objects when the first is asked for. Close ends it.
type batchReader struct {
	ctx   context.Context
	git   *git
	batch *batch
}

func (b *batchReader) read(name string, most int64) (object, error) {
	if b.batch == nil {
		var err error
		if b.batch, err = b.git.batch(b.ctx); err != nil {
			return object{}, err
		}
	}
	return b.batch.read(name, most)
}

func (b *batchReader) close() {
	if b.batch != nil {
		b.batch.close()
		b.batch = nil
	}
}
