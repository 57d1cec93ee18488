package ledger

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// fetching fetches what its further arguments say, and nothing else: in a partial clone all of that, as gate reads it all. Its
// progress shows that the remote is alive.
var fetching = []string{"fetch", "--progress", "--no-filter", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance", "--refmap="}

// Fetch gets a commit that the repository lacks from a remote, by its id, with the credentials that the checkout has. No ref
// moves. A clone that is not shallow stays so; in one that is, the commit comes without those before it.
func (r *Repository) Fetch(ctx context.Context, remote, commit string) error {
	if err := checkObjectIDs(commit); err != nil {
		return err
	}
	args := slices.Clone(fetching)
	if r.shallow {
		args = append(args, "--depth=1")
	}
	g, err := r.connected.to(ctx, remote)
	if err != nil {
		return err
	}
	_, err = g.run(ctx, append(args, "--", remote, commit)...)
	return err
}

// Parents returns the commits that a commit follows, as it names them itself: in a shallow clone they may not be here.
func (r *Repository) Parents(ctx context.Context, commit string) ([]string, error) {
	if err := checkObjectIDs(commit); err != nil {
		return nil, err
	}
	text, err := r.git.run(ctx, "cat-file", "commit", commit)
	if err != nil {
		return nil, err
	}
	var parents []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			break
		}
		if parent, ok := strings.CutPrefix(line, "parent "); ok && isObjectID(parent) {
			parents = append(parents, parent)
		}
	}
	return parents, nil
}

// MergeBase returns the commit that two commits have both come from. Where the clone's history ends before it, or between it
// and them, that is a MissingError. Where there is none it is empty, and where there are several, as after merges across:
// what has changed since one of them may not have since another.
func (r *Repository) MergeBase(ctx context.Context, a, b string) (string, error) {
	if err := checkObjectIDs(a, b); err != nil {
		return "", err
	}
	bases, err := r.git.run(ctx, "merge-base", "--all", a, b)
	switch {
	case exitCode(err) == 1:
		return "", r.cutOff(ctx, a, b)
	case err != nil:
		return "", err
	case strings.Contains(bases, "\n"):
		return "", nil
	}
	if err := r.cutOff(ctx, a, b, "^"+bases); err != nil { // a later one may be beyond the end
		return "", err
	}
	return bases, nil
}

// Alike reports whether a file or folder is the same at two commits; what neither has is.
func (r *Repository) Alike(ctx context.Context, name, a, b string) (bool, error) {
	if err := checkObjectIDs(a, b); err != nil {
		return false, err
	}
	then, err := r.at(ctx, a, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	now, err := r.at(ctx, b, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return slices.Equal(then, now), nil
}

// Differing returns the paths that differ between two commits, sorted as git does.
func (r *Repository) Differing(ctx context.Context, a, b string) ([]string, error) {
	if err := checkObjectIDs(a, b); err != nil {
		return nil, err
	}
	// As in Changed, what configuration says of submodules, renames and orders does not count.
	out, err := r.git.run(ctx, "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-relative", "--ignore-submodules=none", a, b, "--")
	if err != nil {
		return nil, r.withoutTree(b, err)
	}
	return strings.FieldsFunc(out, func(r rune) bool { return r == 0 }), nil
}
