package main

import (
	"context"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
)

// connections notes which files the pull request changes by which hosts are reached and known: after the merge gate may look
// at something else, although the policy says the same. That is no reason to stop, since a new host needs it too.
func (p *pullRequest) connections(ctx context.Context) error {
	files, err := p.repository.Files(ctx, p.event.Base, p.path)
	if err != nil {
		return wrapped(exitUndecided, err)
	}
	folder := p.path
	if info, err := fs.Stat(files, p.path); err != nil || !info.IsDir() {
		folder = path.Dir(p.path)
	}
	before := p.before
	if before == "" {
		before = p.event.Base
	}
	names := connectionFiles(p.base)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		inside := path.Join(folder, filepath.ToSlash(name))
		if filepath.IsAbs(name) || !filepath.IsLocal(inside) {
			continue
		}
		if same, err := p.repository.Alike(ctx, inside, before, p.candidate); err != nil || !same {
			p.notes = append(p.notes, "It changes "+inside+", by which hosts are reached or known: after the merge gate may look at other hosts.")
		}
	}
	return ctx.Err()
}
