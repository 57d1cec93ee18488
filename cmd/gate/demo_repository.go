package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift/host"
)

// demoRepository is the folder of the demo's git repository: app, the policy, and the ledger.
type demoRepository string

// putGitAside hides all that the user has told git, from this process and what it runs, and returns what brings it back.
func putGitAside() (restore func()) {
	before := os.Environ()
	for _, entry := range before {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "GIT_") && name != "GIT_EXEC_PATH" {
			os.Unsetenv(name)
		}
	}
	own := map[string]string{"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_NOSYSTEM": "1"}
	for name, value := range own {
		os.Setenv(name, value)
	}
	return func() {
		for name := range own {
			os.Unsetenv(name)
		}
		for _, entry := range before {
			if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "GIT_") {
				os.Setenv(name, value)
			}
		}
	}
}

// newDemoRepository makes the repository, with the files of demo/repository and the policy, and no commit.
func newDemoRepository(ctx context.Context, folder, policy string) (demoRepository, error) {
	r := demoRepository(folder)
	files, err := fs.Sub(demoFiles, "demo/repository")
	if err != nil {
		return r, err
	}
	if err := os.CopyFS(folder, files); err != nil {
		return r, err
	}
	if err := errors.Join(os.Chmod(r.path("deploy"), 0o755), os.WriteFile(r.path("gate.hcl"), []byte(policy), 0o644)); err != nil {
		return r, err
	}
	for _, args := range [][]string{
		{"init", "--quiet"}, {"symbolic-ref", "HEAD", "refs/heads/main"},
		{"config", "user.name", "gate demo"}, {"config", "user.email", "demo@example.com"},
	} {
		if _, err := r.git(ctx, args...); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (r demoRepository) path(name string) string { return filepath.Join(string(r), name) }

// commit commits all that has changed, at a time, and returns the commit's abbreviated id.
func (r demoRepository) commit(ctx context.Context, at time.Time, subject string) (string, error) {
	if _, err := r.git(ctx, "add", "--all"); err != nil {
		return "", err
	}
	date := at.Format(time.RFC3339)
	if _, err := r.gitWith(ctx, []string{"GIT_AUTHOR_DATE=" + date, "GIT_COMMITTER_DATE=" + date}, "commit", "--quiet", "--message", subject); err != nil {
		return "", err
	}
	return r.git(ctx, "rev-parse", "--short=7", "HEAD")
}

func (r demoRepository) git(ctx context.Context, args ...string) (string, error) {
	return r.gitWith(ctx, nil, args...)
}

// gitWith runs git with more variables in its environment, and returns what it prints.
func (r demoRepository) gitWith(ctx context.Context, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = string(r)
	cmd.Env = append(host.Environment(), env...)
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(string(exit.Stderr)))
	}
	return strings.TrimSpace(string(out)), err
}
