package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// entry is what a git tree has at a path: a file, a symbolic link (mode 120000), a submodule (160000), a folder (040000).
type entry struct {
	mode, id, path string
}

// tree returns the entries of a tree, with more arguments those of the folders in it.
func (r *Repository) tree(ctx context.Context, name string, args ...string) ([]entry, error) {
	out, err := r.git.run(ctx, slices.Concat([]string{"ls-tree", "-z", "--full-tree"}, args, []string{name})...)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, 0, strings.Count(out, "\x00"))
	for out != "" {
		line, rest, ended := strings.Cut(out, "\x00")
		about, name, ok := strings.Cut(line, "\t")
		fields := strings.Fields(about)
		if !ended || !ok || len(fields) != 3 {
			return nil, fmt.Errorf("git ls-tree answered %q", line)
		}
		entries = append(entries, entry{fields[0], fields[2], name})
		out = rest
	}
	return entries, nil
}

// commits answers what a promotion asks of the repository.
type commits struct {
	*Repository
	ctx        context.Context
	components []policies.Component

	mutex    sync.Mutex
	contents map[string]listed // by commit
}

type listed struct {
	contents []gate.Content
	err      error
}

// Commits returns what tells of commits, for the components of a policy, until ctx is done.
//
// An id is that of a commit, whole or abbreviated to at least seven digits. What the clone lacks is a MissingError. Where
// the paths of a component match nothing at a commit, Contents returns an Error, and the contents of the others with it.
func (r *Repository) Commits(ctx context.Context, components []policies.Component) gate.Commits {
	return &commits{Repository: r, ctx: ctx, components: components, contents: map[string]listed{}}
}

// Contents returns the content of each component at a commit.
func (c *commits) Contents(id string) ([]gate.Content, error) {
	commit, err := c.commit(c.ctx, id)
	if err != nil {
		return nil, err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	known, ok := c.contents[commit]
	if !ok {
		entries, err := c.tree(c.ctx, commit, "-r")
		if err != nil {
			return nil, c.withoutTree(commit, err)
		}
		known.contents, known.err = contents(c.components, commit, entries)
		c.contents[commit] = known
	}
	return slices.Clone(known.contents), known.err
}

// contents returns the content of each component whose paths match something, and an Error that names the others.
func contents(components []policies.Component, commit string, entries []entry) ([]gate.Content, error) {
	var found []gate.Content
	var empty []string
	for _, component := range components {
		if id, ok := contentID(component, entries); ok {
			found = append(found, gate.Content{Component: component.Name, ID: id, Commit: commit})
		} else {
			empty = append(empty, component.Name)
		}
	}
	switch {
	case len(components) == 0:
		return nil, fmt.Errorf("there are no components")
	case len(empty) > 0:
		return found, &Error{Err: fmt.Errorf("the commit %s has no file of the component %s", gate.Short(commit), strings.Join(empty, ", ")),
			Hint: "correct the paths in the component block"}
	}
	return found, nil
}

// contentID returns the digest over a component's name, its paths and every entry of a commit that they match; false
// where they match none. Entries come in git's order, which is that of their paths, whatever else the commit has.
func contentID(component policies.Component, entries []entry) (id string, ok bool) {
	h := sha256.New()
	define(h, component)
	for _, e := range entries {
		if component.Owns(e.path) {
			h.Write([]byte(contentLine(e.mode, e.id, e.path)))
			ok = true
		}
	}
	return hex.EncodeToString(h.Sum(nil)), ok
}

// contentLine is what is digested of an entry.
func contentLine(mode, id, path string) string { return mode + " " + id + " " + path + "\x00" }

// define writes what makes a component the one that it is. The order of its paths has no meaning.
func define(h hash.Hash, component policies.Component) {
	fmt.Fprintf(h, "gate content 1\n%q\n", component.Name)
	globs := slices.Clone(component.Paths)
	slices.Sort(globs)
	for _, glob := range slices.Compact(globs) {
		fmt.Fprintf(h, "%q\n", glob)
	}
	h.Write([]byte("\n"))
}

// Ancestor reports whether a is b, or b descends from it.
func (c *commits) Ancestor(a, b string) (bool, error) {
	a, b, err := c.both(a, b)
	if err != nil || a == b {
		return err == nil, err
	}
	forward, err := c.descends(a, b)
	if err != nil || forward {
		return forward, err
	}
	if backward, err := c.descends(b, a); err != nil || backward {
		return false, err
	}
	return false, c.cutOff(c.ctx, b)
}

func (c *commits) both(a, b string) (string, string, error) {
	from, err := c.commit(c.ctx, a)
	if err != nil {
		return "", "", err
	}
	to, err := c.commit(c.ctx, b)
	return from, to, err
}

// descends reports whether b descends from a in the history that the clone has.
func (c *commits) descends(a, b string) (bool, error) {
	_, err := c.git.run(c.ctx, "merge-base", "--is-ancestor", a, b)
	if exitCode(err) == 1 {
		return false, nil
	}
	return err == nil, err
}

// Subject returns the first line of a commit's message.
func (c *commits) Subject(id string) (string, error) {
	commit, err := c.commit(c.ctx, id)
	if err != nil {
		return "", err
	}
	return c.git.run(c.ctx, "log", "-1", "--no-walk", "--no-decorate", "--no-notes", "--encoding=UTF-8", "--format=%s", commit, "--")
}

// Changed returns how many commits lead from a to b, and the paths that differ between them, sorted.
func (c *commits) Changed(a, b string) (int, []string, error) {
	a, b, err := c.both(a, b)
	if err != nil {
		return 0, nil, err
	}
	count, err := c.git.run(c.ctx, "rev-list", "--count", a+".."+b, "--")
	if err != nil {
		return 0, nil, err
	}
	n, err := strconv.Atoi(count)
	if err != nil {
		return 0, nil, err
	}
	if err := c.cutOff(c.ctx, a+".."+b); err != nil {
		return 0, nil, err
	}
	// What configuration and .gitmodules say of submodules, renames and orders does not count.
	out, err := c.git.run(c.ctx, "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-relative", "--ignore-submodules=none", a, b, "--")
	if err != nil {
		return 0, nil, c.withoutTree(b, err)
	}
	paths := strings.FieldsFunc(out, func(r rune) bool { return r == 0 })
	slices.Sort(paths)
	return n, paths, nil
}
