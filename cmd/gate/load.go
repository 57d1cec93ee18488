package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/seed-313c021b/gate/policies"
)

// load reads the policy. Its mistakes are printed, all of them, and are exit 2.
func (a *app) load() (*policies.Policy, error) {
	path := a.flags.policy
	if _, err := os.Stat(path); err != nil {
		return nil, &exitError{code: exitUsage, err: err, hint: "--policy names the policy (default gate.hcl); gate init writes one"}
	}
	fsys, name := folder(path)
	p, diags := policies.Load(fsys, name)
	if err := a.diagnose(diags, fsys); err != nil {
		return nil, err
	}
	return p, a.accepts(p)
}

// accepts returns an error where the policy wants another version of gate.
func (a *app) accepts(p *policies.Policy) error {
	accepted, development := p.Gate.Accepts(versionOf())
	if !accepted {
		return usage("%s wants gate %s; this is %s", a.flags.policy, p.Gate.RequiredVersion, versionOf())
	}
	if development && p.Gate.RequiredVersion != "" {
		a.warn("this is a development build: it is taken to satisfy required_version " + p.Gate.RequiredVersion)
	}
	return nil
}

// folder returns the file system and the name in it by which a policy is loaded, so that diagnostics name it as the user
// did.
func folder(path string) (fs.FS, string) {
	path = filepath.Clean(path)
	if filepath.IsLocal(path) {
		return os.DirFS("."), filepath.ToSlash(path)
	}
	return os.DirFS(filepath.Dir(path)), filepath.Base(path)
}

// diagnose prints the mistakes of a policy, and returns an error if one of them is.
func (a *app) diagnose(diags hcl.Diagnostics, fsys fs.FS) error {
	if len(diags) == 0 {
		return nil
	}
	if err := policies.WriteDiagnostics(a.err, fsys, diags, 100, a.errTerminal && a.getenv("NO_COLOR") == ""); err != nil {
		return err
	}
	if diags.HasErrors() {
		return &exitError{code: exitUsage, mistakes: mistakes(diags)}
	}
	return nil
}

// environments returns the environment that is judged, last, and before it those that it is promoted from.
func environments(p *policies.Policy, to string) ([]string, error) {
	var names []string
	for _, e := range p.Environments {
		if e.Name == to {
			return append(slices.Clone(e.Promotion.From), to), nil
		}
		names = append(names, e.Name)
	}
	problem := fmt.Errorf("--to %s: the policy has no such environment", to)
	if to == "" {
		problem = errors.New("--to is missing: which environment?")
	}
	return nil, &exitError{code: exitUsage, err: problem, hint: "the environments of this policy: " + strings.Join(names, ", ")}
}
