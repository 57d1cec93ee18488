package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flags are the flags that mean the same for every subcommand that has them.
type flags struct {
	policy   string
	to       string
	hosts    []string
	parallel int
	quiet    bool
	noColor  bool
	format   string
	output   string
	github   []string // the names of places

	ledger     string
	offline    bool
	policyRef  string
	components []string // empty for all
}

func (a *app) policyFlag(cmd *cobra.Command) {
	path := a.getenv("GATE_POLICY")
	if path == "" {
		path = "gate.hcl"
	}
	cmd.Flags().StringVar(&a.flags.policy, "policy", path, "the policy: a file, or a folder of *.hcl (or GATE_POLICY)")
	_ = cmd.MarkFlagFilename("policy", "hcl")
}

func (a *app) toFlag(cmd *cobra.Command, does string) {
	cmd.Flags().StringVar(&a.flags.to, "to", "", does)
	_ = cmd.RegisterFlagCompletionFunc("to", a.completeEnvironments)
}

// ledgerFlags are those of a subcommand that knows what was before.
func (a *app) ledgerFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.flags.ledger, "ledger", "", "keep the ledger in this bare repository, not in that of the policy")
	_ = cmd.MarkFlagDirname("ledger")
	cmd.Flags().BoolVar(&a.flags.offline, "offline", false, "do not ask the ledger's remote: what was fetched last counts, and what is recorded is pushed later")
	cmd.Flags().StringVar(&a.flags.policyRef, "policy-ref", "", "read the policy from this branch, tag or commit, not from the working tree")
	_ = cmd.RegisterFlagCompletionFunc("policy-ref", cobra.NoFileCompletions)
}

// revisionFlags are those of a subcommand that is about what somebody promotes.
func (a *app) revisionFlags(cmd *cobra.Command, to *string, does string) {
	cmd.Flags().StringVar(to, "revision", "", does)
	_ = cmd.RegisterFlagCompletionFunc("revision", cobra.NoFileCompletions)
	cmd.Flags().StringSliceVar(&a.flags.components, "component", nil, "only these components of the revision; all of the policy's without it")
	_ = cmd.RegisterFlagCompletionFunc("component", a.completeComponents)
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Flags().Changed("component") && !cmd.Flags().Changed("revision") {
			return usage("--component goes with --revision, of which it names a part")
		}
		return nil
	}
}

// readingFlags are those of a subcommand that reads hosts.
func (a *app) readingFlags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&a.flags.hosts, "host", nil, "only this host, as production/web/production-1 or production-1; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("host", a.completeHosts)
	cmd.Flags().IntVar(&a.flags.parallel, "parallel", 32, "how many hosts are read at a time")
	cmd.Flags().BoolVar(&a.flags.quiet, "quiet", false, "no progress on standard error")
}

// reportFlags are those of a subcommand that writes a report, in one of some formats.
func (a *app) reportFlags(cmd *cobra.Command, formats ...string) {
	cmd.Flags().StringVar(&a.flags.format, "format", "text", strings.Join(formats, ", "))
	a.outputFlag(cmd, "report")
	cmd.Flags().BoolVar(&a.flags.noColor, "no-color", false, "no colours (or NO_COLOR)")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

func (a *app) outputFlag(cmd *cobra.Command, what string) {
	cmd.Flags().StringVar(&a.flags.output, "output", "", "write the "+what+" to this file, not to standard output")
}

// color reports whether standard output takes colours. NO_COLOR: https://no-color.org.
func (a *app) color() bool {
	return a.outTerminal && !a.flags.noColor && a.flags.output == "" && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}

// nothingEmpty refuses flags and arguments that are given as empty text: it stands for a variable that was not set, and
// what is asked without it is another question. (The command of gate deploy may have any arguments, and a shell that asks for
// completions the beginning of one.)
func nothingEmpty(cmd *cobra.Command, args []string) error {
	if cmd.Name() == cobra.ShellCompRequestCmd || cmd.Name() == cobra.ShellCompNoDescRequestCmd {
		return nil
	}
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && isEmpty(f.Value) {
			err = &exitError{code: exitUsage, err: fmt.Errorf("--%s is empty", f.Name), hint: "leave the flag out if there is no value for it; is a variable not set?"}
		}
	})
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		args = args[:n]
	}
	for _, arg := range args {
		if err == nil && strings.TrimSpace(arg) == "" {
			err = &exitError{code: exitUsage, err: errors.New("an argument is empty"), hint: "is a variable not set?"}
		}
	}
	return err
}

// isEmpty reports whether a flag, or one of the values in it, is no text.
func isEmpty(v pflag.Value) bool {
	list, ok := v.(pflag.SliceValue)
	if !ok {
		return strings.TrimSpace(v.String()) == ""
	}
	values := list.GetSlice()
	return len(values) == 0 || slices.ContainsFunc(values, func(value string) bool { return strings.TrimSpace(value) == "" })
}

// wrongValue says of a flag whose value cannot be read what is wrong with it.
func wrongValue(err error) error {
	wrong, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	flag := "--" + wrong.GetFlag().Name
	switch wrong.GetFlag().Value.Type() {
	case "bool":
		return fmt.Errorf("%s: %q is neither true nor false", flag, wrong.GetValue())
	case "int":
		return fmt.Errorf("%s: %q is not a whole number", flag, wrong.GetValue())
	}
	return fmt.Errorf("%s: %w", flag, wrong.Unwrap())
}
