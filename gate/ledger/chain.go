package ledger

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

const (
	eventFile       = "event.json"
	mostCommitBytes = 64 << 10
	mostEvents      = 500_000
	mostBytes       = 1 << 30 // of all events together
)

// link is one commit of the chain: an event, and what can be told of it without knowing the policy.
type link struct {
	ID       string
	Parent   string
	Event    gate.Event // Kind is empty where it cannot be read
	Broken   string     // why it is no event
	Key      string     // public key of the good signature (RFC 4253, section 6.6)
	Unsigned string     // why there is no key
}

// readChain reads the chain that ends at head, oldest first. Known are links that were read before, oldest first: from the
// first of them that it meets, the rest is taken from there. A commit that is not here is an error: how the chain begins
// cannot be told then.
func readChain(ctx context.Context, g *git, head string, known []*link) ([]*link, error) {
	switch {
	case head == "":
		return nil, nil
	case len(known) > 0 && known[len(known)-1].ID == head:
		return known, nil
	}
	at := make(map[string]int, len(known))
	for i := range known {
		at[known[i].ID] = i
	}
	b, err := g.batch(ctx)
	if err != nil {
		return nil, err
	}
	defer b.close()
	var links []*link
	for id, size := head, int64(0); id != ""; {
		if i, ok := at[id]; ok {
			slices.Reverse(links)
			return slices.Concat(known[:i+1], links), nil
		}
		l, n, err := readLink(b, id)
		if err != nil {
			return nil, err
		}
		if size += n; len(links) >= mostEvents || size > mostBytes {
			return nil, fmt.Errorf("the chain that ends at %s is too long: it has more than %d events, or %d bytes", head, len(links), mostBytes)
		}
		links = append(links, l)
		id = l.Parent
	}
	slices.Reverse(links)
	return links, nil
}

// readLink reads and verifies one commit, by its whole id, and tells how large it is.
func readLink(b *batch, id string) (*link, int64, error) {
	commit, err := b.read(id, mostCommitBytes)
	switch {
	case errors.Is(err, errNoObject):
		return nil, 0, &Error{
			Err:  fmt.Errorf("the event %s is not in this repository, though %w", id, errCut),
			Hint: "get the whole history: git fetch --unshallow origin gate-ledger",
		}
	case err != nil:
		return nil, 0, err
	case commit.kind != "commit" || commit.data == nil:
		return &link{ID: id, Broken: "it is no commit, or too large for one"}, commit.size, nil
	case objectID("commit", commit.data, len(id)) != id:
		return nil, 0, &Error{Err: fmt.Errorf("the object %s is damaged: its content is another", id), Hint: "see what else is: git fsck"}
	}
	l := &link{ID: id}
	c, err := parseCommit(commit.data)
	if len(c.parents) > 0 {
		l.Parent = c.parents[0]
	}
	if err != nil {
		l.Broken = err.Error()
		return l, commit.size, nil
	}
	key, err := verify(c.signature, c.payload)
	if l.Key = string(key); err != nil {
		l.Unsigned = err.Error()
	}
	size, err := l.readEvent(b, c.tree)
	return l, commit.size + size, err
}

// readEvent reads the event of a commit, whose tree must be the one that holds it and nothing else.
func (l *link) readEvent(b *batch, tree string) (int64, error) {
	blob, err := b.read(l.ID+":"+eventFile, mostEventBytes)
	switch {
	case errors.Is(err, errNoObject):
		l.Broken = "it holds no " + eventFile
		return 0, nil
	case err != nil:
		return 0, err
	case blob.kind != "blob" || blob.data == nil:
		l.Broken = fmt.Sprintf("its %s is larger than %d bytes", eventFile, mostEventBytes)
	case objectID("blob", blob.data, len(l.ID)) != blob.id:
		return 0, &Error{Err: fmt.Errorf("the object %s is damaged: its content is another", blob.id), Hint: "see what else is: git fsck"}
	case eventTree(blob.id) != tree:
		l.Broken = "it holds something else than " + eventFile
	default:
		if l.Event, err = decode(blob.data); err != nil {
			l.Event, l.Broken = gate.Event{}, err.Error()
		}
	}
	return blob.size, nil
}

// objectID returns the id that git gives to an object: SHA-1 where ids have 40 digits, and SHA-256 where they have 64.
func objectID(kind string, data []byte, digits int) string {
	var h hash.Hash = sha1.New()
	if digits == 2*sha256.Size {
		h = sha256.New()
	}
	fmt.Fprintf(h, "%s %d\x00", kind, len(data))
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

// eventTree returns the id of the tree that holds a blob as event.json, and nothing else.
func eventTree(blob string) string {
	id, _ := hex.DecodeString(blob) // it comes from git
	return objectID("tree", slices.Concat([]byte("100644 "+eventFile+"\x00"), id), len(blob))
}

// commit is a commit object, taken apart.
type commit struct {
	tree      string
	parents   []string
	signature string // with its frame; empty where it is not signed
	payload   []byte // what was signed: the commit without the signature
}

// parseCommit takes a commit of a ledger apart: one with no header but those that every commit has, and one parent at
// most. See gitformat-signature(5). The parents are returned even with an error.
func parseCommit(data []byte) (commit, error) {
	head, message, ok := bytes.Cut(data, []byte("\n\n"))
	if !ok {
		return commit{}, errors.New("it is a commit without a message")
	}
	var c commit
	var names []string
	var payload bytes.Buffer
	for line := range strings.SplitSeq(string(head), "\n") {
		name, value, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(name, "gpgsig"):
			c.signature, names = value+"\n", append(names, name)
			continue
		case name == "" && len(names) > 0 && strings.HasPrefix(names[len(names)-1], "gpgsig"):
			c.signature += value + "\n"
			continue
		case name == "tree":
			c.tree = value
		case name == "parent" && isObjectID(value):
			c.parents = append(c.parents, value)
		}
		names = append(names, name)
		payload.WriteString(line + "\n")
	}
	payload.WriteByte('\n')
	payload.Write(message)
	c.payload = payload.Bytes()
	if len(c.parents) > 1 {
		return c, errors.New("it is a merge of several chains")
	}
	want := []string{"tree", "parent", "author", "committer", "gpgsig"}
	if len(c.parents) == 0 {
		want = slices.Delete(want, 1, 2)
	}
	if c.signature == "" {
		want = want[:len(want)-1]
	} else if names[len(names)-1] == "gpgsig-sha256" {
		want[len(want)-1] = "gpgsig-sha256"
	}
	if !slices.Equal(names, want) {
		return c, fmt.Errorf("it is a commit with other headers than an event has: %q", names)
	}
	return c, nil
}
