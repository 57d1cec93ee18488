package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) validateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate [POLICY]",
		Short: "Find every mistake in a policy; no host is read",
		Long: `validate reads a policy and prints every mistake in it, with the line and what to do. It
checks names of facts and attributes too, inside expressions as well. Of promotions that could
never pass, since no host or no signer can say what they need, it warns; and of variables and
host names that are too short to be replaced in what is compared.`,
		Example: `  gate validate
  gate validate deploy/policy/`,
		Args: arguments(0, 1),
		RunE: func(_ *cobra.Command, args []string) error { return a.validate(args) },
	}
	a.policyFlag(cmd)
	return cmd
}

func (a *app) validate(args []string) error {
	if len(args) == 1 {
		a.flags.policy = args[0]
	}
	p, err := a.load()
	if err != nil {
		return err
	}
	fsys, _ := folder(a.flags.policy)
	if err := a.diagnose(p.Warnings(), fsys); err != nil {
		return err
	}
	hosts := 0
	for _, e := range p.Environments {
		for _, r := range e.Roles {
			hosts += len(r.Hosts)
		}
	}
	_, err = fmt.Fprintf(a.out, "%s is valid: %d environments, %d hosts, %d collect blocks, %d rules.\n",
		a.flags.policy, len(p.Environments), hosts, len(p.Collects), len(p.Rules))
	return err
}
