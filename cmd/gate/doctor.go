package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate/doctor"
	"github.com/seed-313c021b/gate/gate/github"
	"github.com/seed-313c021b/gate/gate/ledger"
	"github.com/seed-313c021b/gate/gate/report"
	"github.com/seed-313c021b/gate/policies"
	"github.com/spf13/cobra"
)

func (a *app) doctorCommand() *cobra.Command {
	var repository string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Is gate wired so that it can block?",
		Long: `doctor reads the workflows of the repository that the policy is in, and the policy, and says
how gate could be passed by: a step that runs whatever became of gate's, a job that deploys
without it, keys within reach of pull requests, a schedule that no longer runs, and so on;
each with the line, why it matters, and the mend.

With a token in GITHUB_TOKEN it asks GitHub for the repository's settings as well. The token
needs to read: metadata, contents, actions; and administration and secrets, which that of a
workflow never may. Nothing is changed.

It exits 0 when nothing was found, 1 when something was, 2 when a workflow cannot be read, and
3 when nothing was found, but not everything could be told.`,
		Example: `  gate doctor
  GITHUB_TOKEN=$(gh auth token) gate doctor`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), repository) },
	}
	cmd.Flags().StringVar(&repository, "repository", "", "the repository on GitHub, as OWNER/NAME; without it, that of the workflow, or of origin")
	_ = cmd.RegisterFlagCompletionFunc("repository", cobra.NoFileCompletions)
	a.policyFlag(cmd)
	a.reportFlags(cmd, "json", "text")
	a.githubFlag(cmd, "annotations", "summary")
	return cmd
}

func (a *app) doctor(ctx context.Context, repository string) error {
	if a.flags.format != "text" && a.flags.format != "json" {
		return usage("--format %s: gate doctor writes text and json", a.flags.format)
	}
	if err := a.githubFits(); err != nil {
		return err
	}
	in, err := a.examined(ctx, repository)
	if err != nil {
		return err
	}
	list := doctor.Examine(in)
	if err := a.reportDoctor(list); err != nil {
		return err
	}
	return diagnosis(list)
}

// diagnosis returns the exit code of what was found.
func diagnosis(list []doctor.Finding) error {
	told := func(f doctor.Finding) bool { return f.Severity != doctor.Unknown }
	switch {
	case slices.ContainsFunc(list, told):
		return &exitError{code: exitBlocked}
	case len(list) > 0:
		return &exitError{code: exitUndecided}
	}
	return nil
}

// examined gathers what is looked at.
func (a *app) examined(ctx context.Context, repository string) (doctor.Input, error) {
	in := doctor.Input{Now: a.now()}
	var err error
	if in.Policy, err = a.load(); err != nil {
		return in, err
	}
	r, err := a.openRepository(ctx, a.policyFolder())
	if err != nil {
		return in, failure(exitUsage, err)
	}
	file, err := r.Inside(a.flags.policy)
	if err != nil {
		return in, failure(exitUsage, err)
	}
	in.PolicyFolder = path.Dir(file)
	if info, err := os.Stat(a.flags.policy); err == nil && info.IsDir() {
		in.PolicyFolder = file
	}
	if in.Workflows, err = readWorkflows(r.Top); err != nil {
		return in, err
	}
	origin, err := r.Address(ctx, "origin")
	if err != nil {
		return in, failure(exitUsage, err)
	}
	if in.Pushes, in.Elsewhere, err = pushes(ctx, r, in.Policy, origin); err != nil {
		return in, failure(exitUsage, err)
	}
	return in, a.connect(ctx, &in, cmp.Or(repository, a.getenv("GITHUB_REPOSITORY")), origin)
}

// workflowFolder is where GitHub looks for workflows; it looks in no folder below.
const workflowFolder = ".github/workflows"

// readWorkflows reads the workflows of a working tree; links lead nowhere outside of it.
func readWorkflows(top string) ([]*doctor.Workflow, error) {
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, &exitError{code: exitUsage, err: err}
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), workflowFolder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &exitError{code: exitUsage, err: err}
	}
	var list []*doctor.Workflow
	var broken []string
	for _, e := range entries {
		if ext := path.Ext(e.Name()); e.IsDir() || ext != ".yml" && ext != ".yaml" {
			continue
		}
		w, err := readWorkflow(root, path.Join(workflowFolder, e.Name()))
		if err != nil {
			broken = append(broken, err.Error())
			continue
		}
		list = append(list, w)
	}
	switch {
	case len(broken) > 0:
		return nil, &exitError{code: exitUsage, err: errors.New(strings.Join(broken, "\n")), hint: "what cannot be read could hide anything: nothing was examined"}
	case len(list) == 0:
		return nil, &exitError{code: exitUsage, err: fmt.Errorf("%s has no workflow in %s", top, workflowFolder), hint: "gate doctor looks at workflows of GitHub Actions"}
	}
	return list, nil
}

func readWorkflow(root *os.Root, name string) (*doctor.Workflow, error) {
	info, err := root.Stat(name)
	if link, lerr := root.Lstat(name); err != nil && lerr == nil && link.Mode().Type() == fs.ModeSymlink {
		return nil, fmt.Errorf("%s: it is a link that leads out of the repository, or nowhere", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, cause(err))
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: it is no file", name)
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, doctor.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	return doctor.Parse(name, data)
}

// pushes reports whether the ledger is pushed to the repository that the policy is in, or elsewhere. In a clone without
// remotes the name of one is taken at its word.
func pushes(ctx context.Context, r *ledger.Repository, p *policies.Policy, origin string) (here, elsewhere bool, err error) {
	if p.Ledger == nil || p.Ledger.Remote == "" {
		return false, false, nil
	}
	if p.Ledger.Remote == "origin" {
		return true, false, nil
	}
	address, err := r.Address(ctx, p.Ledger.Remote)
	if err != nil {
		return false, false, err
	}
	here = address != "" && ledger.SameRepository(address, origin)
	return here, !here, nil
}

// connect has GitHub asked for the settings, where there is a token, and it is known of which repository.
func (a *app) connect(ctx context.Context, in *doctor.Input, name, origin string) error {
	h := a.hub()
	if name == "" {
		if here, ok := h.has(origin); ok {
			name = here
		}
	}
	r, err := github.ParseRepository(name)
	switch {
	case name == "":
		in.Unasked = "it is not known which repository there it is: origin is not on GitHub; --repository OWNER/NAME says it"
		return nil
	case err != nil:
		return usage("--repository: %w", err)
	case strings.TrimSpace(h.config.Token) == "":
		in.Unasked = "there is no token; GITHUB_TOKEN is one that may read actions, contents, metadata, administration and secrets"
		return nil
	}
	client, err := github.New(h.config)
	if err != nil {
		return &exitError{code: exitUsage, err: err}
	}
	in.Settings = &settings{ctx: ctx, client: client, repository: r, answers: map[string]answered{}}
	return nil
}

func (a *app) reportDoctor(list []doctor.Finding) error {
	text := doctor.Text(list, doctor.Wrapping{Wrap: report.Wrap, Line: report.Line})
	out := []byte(text)
	if a.flags.format == "json" {
		var b bytes.Buffer
		if err := report.Value(&b, struct {
			Schema   int              `json:"schema"`
			Findings []doctor.Finding `json:"findings"`
		}{1, append([]doctor.Finding{}, list...)}); err != nil {
			return err
		}
		out = b.Bytes()
	}
	if err := a.write(out); err != nil {
		return err
	}
	if a.reportsTo("annotations") {
		if err := report.Problems(commands(a.err), problems(list)); err != nil {
			a.warn("--github annotations: " + err.Error())
		}
	}
	if a.reportsTo("summary") {
		a.summarize(text)
	}
	return nil
}

// problems are findings beside the lines that they are about.
func problems(list []doctor.Finding) []report.Problem {
	var all []report.Problem
	for _, f := range list {
		p := report.Problem{Title: "gate doctor: " + f.Code, Message: f.What + " " + f.Why, Severe: f.Severity == doctor.Open}
		if len(f.Places) == 0 {
			all = append(all, p)
		}
		for _, place := range f.Places {
			p.File, p.Line = place.File, place.Line
			all = append(all, p)
		}
	}
	return all
}
