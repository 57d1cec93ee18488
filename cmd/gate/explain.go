package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/report"
	"github.com/seed-313c021b/gate/policies"
	"github.com/spf13/cobra"
)

func (a *app) explainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain NUMBER|CODE|ADDRESS|defaults",
		Short: "What a finding means, what each host has, what to do",
		Long: `explain tells more about the last gate check of this policy: a finding by its number, with
every value on every host; a fact by its address, or a collector by its name. It also tells
what a finding's code means, and what the built-in defaults leave out.

Where there is a ledger it tells since when each host has what it has, what it had before and
what was deployed meanwhile; what a fact was at the last promotion, and when it was proved;
and, of a finding about a promotion, the events that it rests on, and what is missing.`,
		Example: `  gate explain 1
  gate explain drift.unexplained
  gate explain 'deb["openssl"].version'
  gate explain defaults`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.explain(cmd.Context(), args[0]) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			words := []string{"defaults"}
			for _, code := range gate.Codes() {
				words = append(words, code.Name)
			}
			return words, cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().BoolVar(&a.flags.noColor, "no-color", false, "no colours (or NO_COLOR)")
	a.policyFlag(cmd)
	a.ledgerFlags(cmd)
	return cmd
}

func (a *app) explain(ctx context.Context, what string) error {
	if n, err := strconv.Atoi(what); err == nil {
		return a.explainNumber(ctx, n)
	}
	if code, ok := gate.Explain(what); ok {
		return report.Code(a.out, code)
	}
	if what == "defaults" {
		return a.explainDefaults()
	}
	address, err := drift.ParseAddress(what)
	if err == nil {
		var problem string
		if problem, _ = collect.Check(address.Steps()); problem != "" {
			err = errors.New(problem)
		}
	}
	if err != nil {
		return &exitError{code: exitUsage, err: fmt.Errorf("%q is no finding's number, no code and no address: %w", what, err),
			hint: "codes: " + strings.Join(codeNames(), ", ")}
	}
	return a.explainAddress(ctx, address)
}

func codeNames() []string {
	var names []string
	for _, code := range gate.Codes() {
		names = append(names, code.Name)
	}
	return names
}

func (a *app) explainNumber(ctx context.Context, n int) error {
	v, err := a.last()
	if err != nil {
		return err
	}
	if n < 1 || n > len(v.Findings) {
		return usage("the check of %s has no finding %d; it has %d", v.At.Format("2 Jan 15:04 MST"), n, len(v.Findings))
	}
	f := v.Findings[n-1]
	if _, err := fmt.Fprintf(a.out, "From the %s.\n\n", report.Line(a.checked(v))); err != nil {
		return err
	}
	if err := report.Finding(a.out, v, f, report.Options{Color: a.color()}); err != nil {
		return err
	}
	hosts, keyID, err := a.lastHosts()
	if err != nil {
		return err
	}
	b := a.background(ctx, keyID)
	if b == nil {
		return nil
	}
	defer b.close()
	return b.finding(ctx, f, hosts)
}

// explainAddress tells what an address is, and what each host had there in the last check, or where there was none in the
// last observation.
func (a *app) explainAddress(ctx context.Context, address drift.Address) error {
	var out bytes.Buffer
	describe(&out, address)
	if steps := address.Steps(); len(steps) == 1 && collect.Named(steps[0].Text).Schema.Elem != nil { // thousands of facts
		fmt.Fprintf(&out, "\nWhat each host has: gate explain '%s[\"NAME\"]'\n", address)
		_, err := a.out.Write(out.Bytes())
		return err
	}
	hosts, keyID, err := a.lastHosts()
	if err != nil {
		return err
	}
	b := a.background(ctx, keyID)
	if b != nil {
		defer b.close()
	}
	out.WriteString("\n")
	var when []string
	if len(hosts) == 0 && b != nil {
		hosts, when = b.last()
		fmt.Fprintf(&out, "From the ledger: %s\n", strings.Join(when, "; "))
	}
	if len(hosts) == 0 {
		out.WriteString("What each host has stands here after a gate check.\n")
	}
	addresses := below(hosts, address)
	if v, errLast := a.last(); errLast == nil && len(hosts) > 0 && len(when) == 0 {
		fmt.Fprintf(&out, "From the %s:\n", report.Line(a.checked(v)))
	}
	if len(hosts) > 0 {
		err = report.Address(&out, hosts, addresses)
	}
	if err == nil && b != nil {
		err = b.address(&out, hosts, addresses, address)
	}
	if err != nil {
		return err
	}
	_, err = a.out.Write(out.Bytes())
	return err
}

// describe writes the documentation of an address's steps; of a collector, what its block takes too.
func describe(out *bytes.Buffer, address drift.Address) {
	steps := address.Steps()
	c := collect.Named(steps[0].Text)
	paragraph(out, "", c.Name+": "+c.Doc)
	schema := c.Schema
	for _, step := range steps[1:] {
		if step.IsKey {
			schema = schema.Elem
		} else {
			schema = schema.Attrs[step.Text]
		}
		if schema == nil || schema.Type == "any" {
			break
		}
	}
	if len(steps) == 1 {
		describeBlock(out, c)
	}
	if schema == nil {
		return
	}
	out.WriteString("\n")
	if len(steps) > 1 && schema.Doc != "" {
		paragraph(out, "", string(address)+": "+schema.Doc)
	}
	if schema.Elem != nil {
		address += drift.Address("[" + strings.ToUpper(schema.Key) + "]")
		schema = schema.Elem
		paragraph(out, "", string(address)+": "+schema.Doc)
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Attrs)) {
		paragraph(out, fmt.Sprintf("  .%-14s ", name), schema.Attrs[name].Doc)
	}
}

// describeBlock writes what a collect block may say.
func describeBlock(out *bytes.Buffer, c *collect.Collector) {
	label := ""
	if c.Labelled {
		label = ` "NAME"`
	}
	fmt.Fprintf(out, "\ncollect %q%s { … } takes\n", c.Name, label)
	for _, arg := range c.Args {
		paragraph(out, fmt.Sprintf("  %-15s ", arg.Name), arg.Doc)
	}
	if len(c.Args) > 0 {
		out.WriteString("and, as all do,\n")
	}
	for _, arg := range policies.CollectArgs() {
		paragraph(out, fmt.Sprintf("  %-15s ", arg.Name), arg.Doc)
	}
}

// paragraph writes a text behind what it is about, at most 100 columns wide.
func paragraph(out *bytes.Buffer, about, text string) {
	indent := len(about)
	for _, line := range report.Wrap(text, 100-indent) {
		fmt.Fprintf(out, "%s\n", strings.TrimRight(about+line, " "))
		about = strings.Repeat(" ", indent)
	}
}

// below returns the facts of any host that an address, or a pattern, covers; the address itself where none has any.
func below(hosts []drift.Host, address drift.Address) []drift.Address {
	pattern := drift.NewPattern(address)
	found := map[drift.Address]bool{}
	for _, h := range hosts {
		for _, s := range h.Collector(address.Collector()) {
			for _, f := range s.Facts {
				if pattern.Covers(f.Address) {
					found[f.Address] = true
				}
			}
		}
	}
	if len(found) == 0 {
		return []drift.Address{address}
	}
	return slices.Sorted(maps.Keys(found))
}

// lastHosts returns the hosts of the last check, and the name of the key under which they are sealed.
func (a *app) lastHosts() (hosts []drift.Host, keyID string, err error) {
	folder, err := a.lastFolder()
	if err != nil {
		return nil, "", err
	}
	paths, err := filepath.Glob(filepath.Join(folder, "snapshot-*.json"))
	if err != nil {
		return nil, "", err
	}
	for _, path := range paths {
		s, err := readSnapshot(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		hosts, keyID = append(hosts, s.Hosts...), s.KeyID
	}
	a.inOrder(hosts)
	return hosts, keyID, nil
}

// inOrder puts hosts into the order of promotion, as the last check has it: those of the environments before first.
func (a *app) inOrder(hosts []drift.Host) {
	v, err := a.last()
	if err != nil {
		return // without a result there is no order
	}
	rank := func(h drift.Host) int {
		if h.ID.Environment == v.To {
			return len(v.From)
		}
		return slices.Index(v.From, h.ID.Environment)
	}
	slices.SortStableFunc(hosts, func(a, b drift.Host) int { return cmp.Compare(rank(a), rank(b)) })
}
