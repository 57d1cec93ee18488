package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/host"
	"github.com/seed-313c021b/gate/gate/report"
	"github.com/seed-313c021b/gate/policies"
	"github.com/spf13/cobra"
)

func (a *app) initCommand() *cobra.Command {
	var s initRun
	cmd := &cobra.Command{
		Use:   "init ENV=HOST[,HOST...] ENV=ansible:INVENTORY[:GROUP]...",
		Short: "Look at hosts and write a first policy",
		Long: `init reads hosts over SSH and writes a policy for what it finds there: packages, virtual
environments, checkouts, units, configuration. It is a first draft, with comments, in report
mode: gate check says what it would block, and exits 0. Nothing is changed on the hosts.

Environments are named in the order of promotion. Hosts are given as to ssh, and reached as
ssh reaches them; a host whose key you do not trust yet is not read. An Ansible inventory in
INI form is read once, and its hosts are written down one by one.`,
		Example: `  gate init staging=deploy@staging-1 production=deploy@production-1,deploy@production-2
  gate init staging=ansible:inventory.ini:staging production=ansible:inventory.ini:production
  gate init staging=staging-1 production=production-1 --output deploy/gate.hcl`,
		Args: arguments(1, math.MaxInt),
		RunE: func(cmd *cobra.Command, args []string) error { return a.init(cmd.Context(), s, args) },
	}
	cmd.Flags().StringVar(&s.output, "output", "gate.hcl", "the policy to write; it must not exist")
	cmd.Flags().IntVar(&a.flags.parallel, "parallel", 32, "how many hosts are read at a time")
	cmd.Flags().BoolVar(&a.flags.quiet, "quiet", false, "no progress on standard error")
	_ = cmd.MarkFlagFilename("output", "hcl")
	return cmd
}

// initRun is one run of gate init.
type initRun struct {
	output   string
	settings host.Settings // how hosts are reached, beyond what ssh knows
	root     string        // a folder of the hosts that stands for "/"
}

// initFolders are where applications are, on most hosts.
var initFolders = []string{"/srv", "/opt", "/home", "/usr/local", "/var/www"}

// init looks at the hosts and writes the policy.
func (a *app) init(ctx context.Context, s initRun, args []string) error {
	if _, err := os.Lstat(s.output); err == nil {
		return usage("%s is there already, and is not overwritten; name another file with --output", s.output)
	}
	d := draft{until: a.now().UTC().AddDate(0, 0, 28)}
	for _, arg := range args {
		stage, err := a.stage(arg)
		if err != nil {
			return err
		}
		d.stages = append(d.stages, stage)
	}
	if err := d.validate(); err != nil {
		return err
	}
	if err := a.look(ctx, s, &d); err != nil {
		return err
	}
	text, err := d.policy()
	if err != nil {
		return err
	}
	if err := writeNew(s.output, text); err != nil {
		return err
	}
	a.nextSteps(s.output, d)
	return nil
}

// look reads all hosts, and says what is on each.
func (a *app) look(ctx context.Context, s initRun, d *draft) error {
	var plans []host.Plan
	for _, stage := range d.stages {
		for _, h := range stage.hosts {
			plans = append(plans, host.Plan{
				ID:   drift.HostID{Environment: stage.name, Role: d.role(), Name: policies.HostName(h.dest)},
				Dest: h.dest, Settings: s.settings, Root: s.root,
				Queries: []collect.Query{{Collector: "os"}, collect.DiscoverQuery(initFolders...)},
			})
		}
	}
	client := &host.Client{Key: a.getenv("GATE_SSH_KEY"), Passphrase: a.getenv("GATE_SSH_PASSPHRASE"), Warn: a.warn}
	defer client.Close()
	progress := &noted{progress: newProgress(a, len(plans)), errs: map[drift.HostID]error{}}
	hosts, err := client.Collect(ctx, plans, a.flags.parallel, progress)
	progress.end()
	if err != nil {
		return err
	}
	for i := range d.stages {
		for j := range d.stages[i].hosts {
			h := &d.stages[i].hosts[j]
			h.read(hosts[0], progress.errs[hosts[0].ID])
			fmt.Fprintln(a.err, h.describe())
			hosts = hosts[1:]
		}
	}
	if len(d.read()) == 0 {
		return &exitError{code: exitUndecided, err: errors.New("none of the hosts could be read, so there is nothing to write"),
			hint: "try: ssh " + d.stages[0].hosts[0].dest + " true"}
	}
	return nil
}

// noted is a progress that keeps the errors, which know what would help.
type noted struct {
	*progress
	mutex sync.Mutex
	errs  map[drift.HostID]error
}

func (n *noted) Ended(id drift.HostID, err error) {
	n.progress.Ended(id, err)
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.errs[id] = err
}

// read notes what was found on a host, or why it could not be read.
func (h *stageHost) read(read drift.Host, err error) {
	h.id = read.ID
	h.system, _ = read.Lookup("os.name").AsString()
	if h.found, h.err = collect.Discovered(read); h.err != nil && err != nil {
		h.err = err
	}
}

// describe says in a line or two what is on a host.
func (h *stageHost) describe() string {
	if h.err != nil {
		var failed *host.Error
		text := visible(fmt.Sprintf("%s: not read: %v", h.id, h.err))
		if errors.As(h.err, &failed) && failed.Hint != "" {
			text += "\n  " + failed.Hint
		}
		return text
	}
	system := h.system
	if system == "" {
		system = "an unknown system"
	}
	parts := []string{visible(system)}
	folders := slices.DeleteFunc(slices.Clone(h.found.Folders), systemFolder)
	for _, kind := range []struct {
		list       []string
		what, more string
	}{
		{h.found.Venvs, "virtual environment", ""}, {h.found.Checkouts, "checkout", ""}, {h.found.Markers, "REVISION file", ""},
		{h.found.Units, "unit", " of its own"}, {folders, "folder", " in /etc of no package"},
	} {
		if len(kind.list) > 0 {
			parts = append(parts, counted(len(kind.list), kind.what)+kind.more)
		}
	}
	text := fmt.Sprintf("%s: %s", h.id, strings.Join(parts, ", "))
	if len(h.found.Partial) > 0 {
		text += "\n  some of " + visible(strings.Join(h.found.Partial, ", ")) + " may not be looked at by this account"
	}
	return text
}

// visible returns what a host says without what a terminal could act on.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return '?'
	}, s)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// writeNew writes a file that must not be there yet.
func writeNew(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return &exitError{code: exitUsage, err: err}
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// nextSteps says what was written and what to do with it.
func (a *app) nextSteps(path string, d draft) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s is written, from %d of %s. It only reports until %s; read it, and correct it.\n",
		path, len(d.read()), counted(len(d.all()), "host"), d.until.Format("2 January 2006"))
	policy := ""
	if path != "gate.hcl" {
		policy = " --policy " + shellWord(path)
	}
	fmt.Fprintf(&out, "\nNext:\n  gate check%s --to %s\n  gate explain 1\n", policy, d.stages[len(d.stages)-1].name)
	if len(d.stages) > 1 {
		d.promotions(&out, policy)
	}
	_, _ = a.out.Write(out.Bytes())
}

// promotions says what to do so that a change is only promoted when it was proved.
func (d *draft) promotions(out *bytes.Buffer, policy string) {
	first, last := d.stages[len(d.stages)-2].name, d.stages[len(d.stages)-1].name
	marker := "switch on the component block"
	if d.page().Component == nil {
		marker = "say in a component block what hosts run (marker)"
	}
	text := fmt.Sprintf("Then, so that only what was proved on %s comes to %s: %s, verified_by and soak in "+
		"the policy; commit it.", first, last, marker)
	fmt.Fprintf(out, "\n%s\n", strings.Join(report.Wrap(text, 100), "\n"))
	fmt.Fprintf(out, `  export GATE_DIGEST_KEY=$(head -c 32 /dev/urandom | base64)     once: a secret, the same for all
  gate record%[1]s --adopt          begins the ledger with what is there today
  gate deploy%[1]s --to %[2]s --revision R -- COMMAND
  gate record%[1]s verified --to %[2]s --revision R --name smoke
  gate check%[1]s --to %[3]s --revision R
  gate doctor%[1]s                  when workflows do this: can it be passed by?
`, policy, first, last)
}
