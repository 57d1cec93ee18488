package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
	"github.com/spf13/cobra"
	"github.com/zclconf/go-cty/cty"
)

func (a *app) acceptCommand() *cobra.Command {
	var w acceptance
	cmd := &cobra.Command{
		Use:   "accept --reason TEXT --owner WHO --until DATE [NUMBER]...",
		Short: "Write waivers for differences of the last check",
		Long: `accept writes waiver blocks for the findings of the last gate check of this policy, all or those
named by number, bound to the hosts and to today's values: another value is drift again.
Each fact is named exactly: where it has a "*" in its name, which in a policy matches any
characters, that is written "\\*". They are for a pull request to review, so they go to
standard output, or into a new file.

Unknowns and hard rules cannot be waived.`,
		Example: `  gate check --to production
  gate accept 1 3 --reason "OPS-412" --owner platform --until 2026-12-15 --output waivers.hcl`,
		RunE: func(_ *cobra.Command, args []string) error { return a.accept(w, args) },
	}
	cmd.Flags().StringVar(&w.reason, "reason", "", "why, for those who review it")
	cmd.Flags().StringVar(&w.owner, "owner", "", "who answers for it")
	cmd.Flags().StringVar(&w.until, "until", "", "the last day, as 2026-12-15")
	a.policyFlag(cmd)
	a.outputFlag(cmd, "waivers")
	return cmd
}

// acceptance is what every waiver of one gate accept says.
type acceptance struct{ reason, owner, until string }

func (a *app) accept(w acceptance, numbers []string) error {
	if w.reason == "" || w.owner == "" || w.until == "" {
		return usage("--reason, --owner and --until are needed: a waiver says why, who answers for it, and when it ends")
	}
	until, err := policies.ParseUntil(w.until, time.UTC)
	if err != nil {
		return usage("--until %s: %w", w.until, err)
	}
	if !until.After(a.now()) {
		return usage("--until %s is over already", w.until)
	}
	v, err := a.last()
	if err != nil {
		return err
	}
	findings, err := chosen(v, numbers)
	if err != nil {
		return err
	}
	a.tell("from the %s", a.checked(v))
	var out bytes.Buffer
	fmt.Fprintf(&out, "# From the %s.\n\n", comment(checkOf(v)))
	empty := out.Len()
	for _, f := range findings {
		problem := w.write(&out, f, a.getenv("GATE_DIGEST_KEY") != "")
		if problem == "" {
			continue
		}
		if len(numbers) > 0 {
			return usage("finding %d (%s) cannot be waived: %s", f.Number, f.Code, problem)
		}
		a.warn(fmt.Sprintf("finding %d (%s) is left: %s", f.Number, f.Code, problem))
	}
	if out.Len() == empty {
		return usage("there is nothing to waive")
	}
	if a.flags.output != "" {
		if _, err := os.Stat(a.flags.output); err == nil {
			return usage("--output %s: it is there already, and is not overwritten", a.flags.output)
		}
	}
	if err := a.write(hclwrite.Format(out.Bytes())); err != nil {
		return err
	}
	if folder := filepath.Dir(a.flags.output); a.flags.output != "" && folder != filepath.Clean(v.Policy.Path) {
		a.warn(fmt.Sprintf("%s counts when it is in the policy: put its blocks into %s, or give the folder of both to --policy", a.flags.output, v.Policy.Path))
	}
	return nil
}

// chosen returns the findings that were named, or all that block.
func chosen(v *gate.Verdict, numbers []string) ([]gate.Finding, error) {
	if len(numbers) == 0 {
		return slices.DeleteFunc(v.Findings, func(f gate.Finding) bool { return f.Effect == gate.Informs }), nil
	}
	var findings []gate.Finding
	for _, text := range numbers {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > len(v.Findings) {
			return nil, usage("%q is not the number of a finding: the last check has 1 to %d", text, len(v.Findings))
		}
		findings = append(findings, v.Findings[n-1])
	}
	return findings, nil
}

// waivable are the codes of the findings that a waiver of facts covers.
var waivable = []string{"drift.foreign", "drift.skipped", "drift.diverged", "drift.ahead", "drift.unexplained", "drift.within"}

// write writes the waivers of one finding: one for each set of hosts and value, since a waiver's values are of all its facts.
// It returns why there is none.
func (w acceptance) write(out *bytes.Buffer, f gate.Finding, stable bool) (problem string) {
	switch {
	case f.Effect == gate.Opens:
		return "what could not be told cannot be accepted"
	case f.Effect == gate.Informs:
		return "it stops nothing"
	case f.Enforcement == "hard":
		return "it is hard"
	case strings.HasPrefix(f.Code, "rule."):
		return "to waive a rule, write a waiver with rules = […]"
	case !slices.Contains(waivable, f.Code):
		return "waivers cover drift"
	}
	type block struct {
		hosts         []string
		kind          string // facts of one kind cannot have each other's values, or have the same
		facts, values []string
	}
	var blocks []*block
	for _, item := range f.Items {
		sides := slices.Concat(item.From, item.To)
		switch within := f.Code == "drift.within"; { // of the side whose hosts agree nothing is to be let through
		case within && len(item.To) == 1 && len(item.From) > 1:
			sides = item.From
		case within && len(item.From) == 1 && len(item.To) > 1:
			sides = item.To
		}
		for _, v := range sides {
			if !v.Differs || v.Kind == "unknown" {
				continue
			}
			if (v.Kind == "sealed" || v.Keyed) && !stable {
				return item.Address + " is sealed under a key of that run only: set GATE_DIGEST_KEY and check again"
			}
			kind := valueLiteral(v)
			if v.Content != "" { // a digest of addresses too: no other file has it
				kind = "present"
			}
			at := slices.IndexFunc(blocks, func(b *block) bool { return b.kind == kind && slices.Equal(b.hosts, v.Hosts) })
			if at < 0 {
				at = len(blocks)
				blocks = append(blocks, &block{hosts: v.Hosts, kind: kind})
			}
			b := blocks[at]
			if fact := string(drift.Address(item.Address).Exactly()); !slices.Contains(b.facts, fact) {
				b.facts = append(b.facts, fact)
			}
			if value := valueLiteral(v); !slices.Contains(b.values, value) {
				b.values = append(b.values, value)
			}
		}
	}
	for i, b := range blocks {
		name := fmt.Sprintf("accepted-%s-%d-%d", w.until, f.Number, i+1)
		fmt.Fprintf(out, "# %s\nwaiver %s {\n", comment(f.Title), literal(name))
		fmt.Fprintf(out, "hosts = %s\nfacts = [\n%s,\n]\nvalues = [\n%s,\n]\n", literals(b.hosts), strings.Join(b.facts, ",\n"), strings.Join(b.values, ",\n"))
		fmt.Fprintf(out, "reason = %s\nowner = %s\nexpires = %s\n}\n\n", literal(w.reason), literal(w.owner), literal(w.until))
	}
	return ""
}

// comment keeps a title, which has text of hosts in it, on its line.
func comment(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 || r == 0x85 }), " ")
}

// valueLiteral writes a value as a policy takes it. A list has no line breaks between brackets. What is there as a whole is
// bound to what is in it.
func valueLiteral(v gate.Values) string {
	if v.Content != "" {
		return "present(" + literal(v.Content) + ")"
	}
	if v.Kind != "known" {
		return v.Value // absent, or sealed("…")
	}
	var text string
	if json.Unmarshal([]byte(v.JSON), &text) == nil {
		return literal(text)
	}
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(v.JSON)
}

func literal(s string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(s)).Bytes())
}

func literals(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = literal(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
