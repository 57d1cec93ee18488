package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
)

// A snapshot is a tree: <role>/<host>/<collector>/<scope>, with ~2, ~3 … behind it for other Questions of that scope; one blob of canonical text for each section (drift.Section.Text),
// so that equal sections are one object however many hosts have them; and beside the roles headFile, which holds what is
// not the same in two like snapshots. Its id is that of the tree. It hangs under a ref of its own, snapshotRef, by a commit
// without parents that is the same wherever it is made.
const (
	snapshotsUnder = "refs/gate/snapshots/"
	headFile       = ".snapshot"
	aloneFile      = ".section" // the section of a collector that has no scope
)

// snapshotHead is what headFile holds, as JSON.
type snapshotHead struct {
	Version     int            `json:"gate_ledger_snapshot"`
	Environment string         `json:"environment"`
	KeyID       string         `json:"key_id"`
	VarsID      string         `json:"vars_id"`
	Policy      string         `json:"policy"`     // the digest of the policy by which it was read
	Collectors  map[string]int `json:"collectors"` // the version of each collector's facts
	Hosts       []hostHead     `json:"hosts"`      // in the order of the policy
}

type hostHead struct {
	Role    string        `json:"role"`
	Name    string        `json:"name"`
	Address string        `json:"address"`
	Taken   time.Time     `json:"taken"`
	Machine drift.Machine `json:"machine,omitzero"`
}

const snapshotVersion = 1

// snapshotRef returns the ref of a snapshot.
func snapshotRef(environment, id string) string {
	return snapshotsUnder + encodeName(environment) + "/" + id
}

// cutRef takes a ref of a snapshot apart, and says whether it is one.
func cutRef(ref string) (environment, id string, ok bool) {
	rest, ours := strings.CutPrefix(ref, snapshotsUnder)
	name, id, _ := strings.Cut(rest, "/")
	environment, err := decodeName(name)
	return environment, id, ours && err == nil && isObjectID(id)
}

// encodeName writes a text as the name of an entry of a tree, and of a part of a ref: percent-encoded, and without what
// git-check-ref-format(1) forbids.
func encodeName(s string) string {
	return strings.NewReplacer(".", "%2E", "~", "%7E", ":", "%3A", "@", "%40").Replace(url.PathEscape(s))
}

// decodeName reads what encodeName wrote, and nothing else.
func decodeName(name string) (string, error) {
	s, err := url.PathUnescape(name)
	if err == nil && (s == "" || encodeName(s) != name) {
		err = fmt.Errorf("%q is not a name that gate writes", name)
	}
	return s, err
}

// scopeName returns the name of the entry that holds the section of a scope.
func scopeName(scope string) string {
	if scope == "" {
		return aloneFile
	}
	return encodeName(scope)
}

// Keep keeps a snapshot in this repository and returns its id; Append brings it to the remote, with the event that names
// it. Its values are sealed, under a key that will be there when it is read again. Policy is the digest of the policy by
// which it was read.
func (l *Ledger) Keep(ctx context.Context, s *drift.Snapshot, policy string) (id string, err error) {
	if err := l.mayPush(ctx); err != nil {
		return "", err
	}
	stream, err := importStream(s, policy)
	if err != nil {
		return "", fmt.Errorf("ledger: snapshot of %s: %w", s.Environment, err)
	}
	out, err := l.git.input(ctx, stream, "fast-import", "--quiet", "--done")
	if err != nil {
		return "", fmt.Errorf("ledger: snapshot of %s: %w", s.Environment, err)
	}
	commit, line, _ := strings.Cut(out, "\n")
	id, ok := strings.CutPrefix(strings.TrimSpace(line), "040000 tree ")
	if !ok || !isObjectID(commit) || !isObjectID(id) {
		return "", fmt.Errorf("ledger: snapshot of %s: git fast-import answered %q", s.Environment, out)
	}
	unlock, err := l.lock(ctx)
	if err != nil {
		return "", err
	}
	defer unlock()
	if err := l.update(ctx, "update "+snapshotRef(s.Environment, id)+" "+commit); err != nil {
		return "", fmt.Errorf("ledger: snapshot of %s: %w", s.Environment, err)
	}
	return id, nil
}

// importStream writes a snapshot for git-fast-import(1), which answers with the ids of its commit and of its tree. It moves
// no ref: a branch that is reset at the end is not written. So nobody who is killed leaves one.
func importStream(s *drift.Snapshot, policy string) (*bytes.Buffer, error) {
	if s.Environment == "" || s.KeyID == "" {
		return nil, errors.New("only what is sealed, and of an environment, is kept")
	}
	w := treeWriter{marks: map[string]int{}, paths: map[string]bool{}}
	head := snapshotHead{Version: snapshotVersion, Environment: s.Environment, KeyID: s.KeyID, VarsID: s.VarsID, Policy: policy,
		Collectors: versions(), Hosts: []hostHead{}}
	last := time.Unix(0, 0)
	for i := range s.Hosts {
		h := &s.Hosts[i]
		head.Hosts = append(head.Hosts, hostHead{h.ID.Role, h.ID.Name, h.Address, h.Taken.UTC(), h.Machine})
		if h.Taken.After(last) {
			last = h.Taken
		}
		err := w.host(h)
		if h.ID.Environment != s.Environment {
			err = errors.New("it is of another environment")
		}
		if err != nil {
			return nil, fmt.Errorf("host %s: %w", h.ID, err)
		}
	}
	text, err := json.MarshalIndent(head, "", " ")
	if err != nil {
		return nil, err
	}
	w.put(headFile, string(text)+"\n")
	message := "snapshot of " + s.Environment
	const branch = "refs/gate/none"
	fmt.Fprintf(&w.blobs, "commit %s\nmark :%d\ncommitter gate <gate> %d +0000\ndata %d\n%s\n%s\n", branch, len(w.marks)+1, last.Unix(), len(message), message, w.tree.Bytes())
	fmt.Fprintf(&w.blobs, "get-mark :%d\nls :%[1]d \"\"\nreset %s\n\ndone\n", len(w.marks)+1, branch)
	return &w.blobs, nil
}

// treeWriter writes the files of a tree for git-fast-import(1), each text once.
type treeWriter struct {
	blobs, tree bytes.Buffer
	marks       map[string]int // by text
	paths       map[string]bool
}

func (w *treeWriter) put(path, text string) {
	mark, known := w.marks[text]
	if !known {
		mark = len(w.marks) + 1
		w.marks[text] = mark
		fmt.Fprintf(&w.blobs, "blob\nmark :%d\ndata %d\n%s\n", mark, len(text), text)
	}
	fmt.Fprintf(&w.tree, "M 100644 :%d %s\n", mark, path)
}

// host writes the sections of a host. What could not be read again later is an error now.
func (w *treeWriter) host(h *drift.Host) error {
	folder := encodeName(h.ID.Role) + "/" + encodeName(h.ID.Name) + "/"
	if h.ID.Role == "" || h.ID.Name == "" || w.paths[folder] {
		return errors.New("it has no name of its own")
	}
	w.paths[folder] = true
	for i := range h.Sections {
		s := &h.Sections[i]
		text := s.Text()
		if _, known := w.marks[text]; !known {
			if _, err := drift.ParseText(text); err != nil {
				return err
			}
		}
		path := folder + encodeName(s.Collector) + "/" + scopeName(s.Scope)
		for n, first := 2, path; s.Question && w.paths[path]; n++ {
			path = fmt.Sprintf("%s~%d", first, n)
		}
		if w.paths[path] {
			return fmt.Errorf("two sections for %s", s.Address())
		}
		w.paths[path] = true
		w.put(path, text)
	}
	return nil
}

// versions returns the version of each collector's facts.
func versions() map[string]int {
	versions := map[string]int{}
	for _, c := range collect.All() {
		versions[c.Name] = c.Version
	}
	return versions
}
