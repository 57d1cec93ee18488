package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

const (
	mostAncestors   = 10_000   // of a commit that are looked at, the newest first
	mostFolderBytes = 64 << 20 // of one folder, as git keeps it
)

// Carries reports whether a commit, or one that it descends from, has a content: after a squash, a rebase or a cherry-pick
// another commit has what was deployed, which may be in no branch any more. Of a long history the last 10,000 commits count.
func (c *commits) Carries(id string, content gate.Content) (bool, error) {
	i := slices.IndexFunc(c.components, func(known policies.Component) bool { return known.Name == content.Component })
	if i < 0 || content.ID == "" {
		return false, nil
	}
	commit, err := c.commit(c.ctx, id)
	if err != nil {
		return false, err
	}
	list, err := c.git.run(c.ctx, "rev-list", fmt.Sprintf("--max-count=%d", mostAncestors), "--format=%T", commit, "--")
	if err != nil {
		return false, err
	}
	objects, err := c.git.batch(c.ctx)
	if err != nil {
		return false, err
	}
	defer objects.close()
	w := treeWalk{objects: objects, component: c.components[i]}
	looked := ""
	for line := range strings.Lines(list) {
		root := strings.TrimSpace(line)
		if !isObjectID(root) || root == looked { // "commit …" is before each
			continue
		}
		looked = root
		found, err := w.content(root)
		switch {
		case c.partial && (errors.Is(err, errNoObject) || exitCode(err) > 0):
			return false, &MissingError{"this partial clone has commits without their folders", "git fetch --refetch --filter=blob:none origin"}
		case err != nil:
			return false, err
		case found == content.ID:
			return true, nil
		}
	}
	return false, c.cutOff(c.ctx, commit)
}

// treeWalk finds the contents of a component in trees of which most folders are alike. What it knows are those of the tree
// before.
type treeWalk struct {
	objects       *batch
	component     policies.Component
	before, known map[treeAt][]treeItem
}

// treeAt is a folder: the same one has other paths in it elsewhere.
type treeAt struct{ id, path string }

// treeItem is what a folder has in it: a line of what contentID digests, or another folder.
type treeItem struct {
	line   string
	folder treeAt
}

// content returns the id of the component's content in a tree, as contentID has it, empty where it has none.
func (w *treeWalk) content(root string) (string, error) {
	w.before, w.known = w.known, make(map[treeAt][]treeItem, len(w.known))
	h := sha256.New()
	define(h, w.component)
	some, err := w.digest(h, treeAt{root, ""})
	if err != nil || !some {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// digest adds what the component owns in a folder, and reports whether that is anything.
func (w *treeWalk) digest(h hash.Hash, at treeAt) (some bool, err error) {
	items, ok := w.before[at]
	if !ok {
		if items, err = w.read(at); err != nil {
			return false, err
		}
	}
	w.known[at] = items
	for _, item := range items {
		if item.line != "" {
			h.Write([]byte(item.line))
			some = true
			continue
		}
		inside, err := w.digest(h, item.folder)
		if err != nil {
			return false, err
		}
		some = some || inside
	}
	return some, nil
}

// read reads a folder: see "tree" in gitformat-pack(5) and git-mktree(1).
func (w *treeWalk) read(at treeAt) ([]treeItem, error) {
	tree, err := w.objects.read(at.id, mostFolderBytes)
	if err != nil {
		return nil, err
	}
	if tree.kind != "tree" || tree.data == nil {
		return nil, fmt.Errorf("the object %s is no folder, or larger than %d bytes", at.id, mostFolderBytes)
	}
	var items []treeItem
	size := len(at.id) / 2
	for data := tree.data; len(data) > 0; {
		mode, rest, ok := bytes.Cut(data, []byte(" "))
		name, rest, ended := bytes.Cut(rest, []byte{0})
		if !ok || !ended || len(rest) < size {
			return nil, fmt.Errorf("the folder %s is damaged", at.id)
		}
		id, path := hex.EncodeToString(rest[:size]), at.path+string(name)
		switch data = rest[size:]; {
		case string(mode) == "40000":
			items = append(items, treeItem{folder: treeAt{id, path + "/"}})
		case w.component.Owns(path):
			items = append(items, treeItem{line: contentLine(string(mode), id, path)})
		}
	}
	return items, nil
}
