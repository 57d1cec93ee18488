package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// knownCommand is for the root: of a word that is no subcommand it says which one is like it.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "gate --help lists them"
	if like := root.SuggestionsFor(args[0]); len(like) > 0 {
		hint = "did you mean gate " + strings.Join(like, ", or gate ") + "?"
	}
	return &exitError{code: exitUsage, err: fmt.Errorf("there is no command %q", args[0]), hint: hint}
}

// knownTopics has cobra's command "help" say the same.
func knownTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		return
	}
	help.Example = "  gate help check"
	help.Args = func(_ *cobra.Command, args []string) error {
		if cmd, _, err := root.Find(args); err != nil || cmd == root {
			return knownCommand(root, args)
		}
		return nil
	}
}

// noArguments is for a subcommand that takes flags only. The environment is what people leave the flag out of.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see " + cmd.CommandPath() + " --help"
	if cmd.Flags().Lookup("to") != nil && !cmd.Flags().Changed("to") {
		hint = fmt.Sprintf("did you mean %s --to %s?", cmd.CommandPath(), args[0])
	}
	return &exitError{code: exitUsage, err: fmt.Errorf("%s takes no argument, and got %q", cmd.CommandPath(), args[0]), hint: hint}
}

// arguments is for a subcommand that takes from least to most of them.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if n := len(args); n >= least && n <= most {
			return nil
		}
		err := fmt.Errorf("%s got %d arguments", cmd.CommandPath(), len(args))
		if len(args) == 1 {
			err = fmt.Errorf("%s got one argument", cmd.CommandPath())
		}
		return &exitError{code: exitUsage, err: err, hint: "it is " + cmd.UseLine()}
	}
}
