package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/seed-313c021b/gate/gate/ledger"
	"github.com/seed-313c021b/gate/policies"
)

// loadPolicy reads the policy: from the working tree, or as it is at --policy-ref.
func (a *app) loadPolicy(ctx context.Context) (*policies.Policy, error) {
	if a.flags.policyRef == "" {
		return a.load()
	}
	r, err := a.openRepository(ctx, a.policyFolder())
	if err != nil {
		return nil, failure(exitUsage, err)
	}
	inside, err := r.Inside(a.flags.policy)
	if err != nil {
		return nil, failure(exitUsage, err)
	}
	files, err := r.Files(ctx, a.flags.policyRef, inside)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &exitError{code: exitUsage, err: err, hint: "--policy names the policy, which must be committed at --policy-ref"}
	}
	if err != nil {
		return nil, failure(exitUsage, err)
	}
	p, diags := policies.Load(files, inside)
	if err := a.diagnose(diags, files); err != nil {
		return nil, err
	}
	if err := a.accepts(p); err != nil {
		return nil, err
	}
	beside := inside
	if info, err := fs.Stat(files, inside); err != nil || !info.IsDir() {
		beside = path.Dir(inside)
	}
	return p, a.pin(ctx, r, p, beside)
}

// pin puts the files that the policy names for its connections aside as they are at --policy-ref: who may change the list
// of known hosts may change which hosts are read. What is not in the repository there is taken from beside the policy.
func (a *app) pin(ctx context.Context, r *ledger.Repository, p *policies.Policy, folder string) error {
	a.pinned = map[string]string{}
	for _, name := range connectionFiles(p) {
		beside := a.besidePolicy(name)[0]
		inside := path.Join(folder, filepath.ToSlash(name))
		if filepath.IsAbs(name) || beside == name || a.pinned[beside] != "" || !filepath.IsLocal(inside) {
			continue
		}
		files, err := r.Files(ctx, a.flags.policyRef, inside)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return failure(exitUsage, err)
		}
		data, err := fs.ReadFile(files, inside)
		if err != nil {
			return failure(exitUsage, err)
		}
		if a.pinned[beside], err = a.putAside(data); err != nil {
			return err
		}
	}
	return nil
}

// connectionFiles returns the files that a policy names for its connections.
func connectionFiles(p *policies.Policy) []string {
	var names []string
	for _, e := range p.Environments {
		for _, role := range e.Roles {
			for _, name := range append([]string{role.SSH.Config}, role.SSH.KnownHosts...) {
				if name != "" {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// putAside writes a file into a folder that is gone at the end of the run.
func (a *app) putAside(data []byte) (string, error) {
	folder, err := a.lifetime.folder()
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(folder, "")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	return f.Name(), errors.Join(err, f.Close())
}

// openRepository opens the repository that a folder is in.
func (a *app) openRepository(ctx context.Context, folder string) (*ledger.Repository, error) {
	scratch, err := a.lifetime.folder()
	if err != nil {
		return nil, err
	}
	return ledger.OpenRepository(ctx, folder, scratch)
}
