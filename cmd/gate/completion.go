package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
	"github.com/spf13/cobra"
)

// completeShells has cobra's command "completion" say which shells there are, where it is given another.
func completeShells(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	cmd, _, err := root.Find([]string{"completion"})
	if err != nil {
		return
	}
	var shells []string
	for _, shell := range cmd.Commands() {
		shells = append(shells, shell.Name())
	}
	cmd.Example = "  gate completion bash"
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return &exitError{code: exitUsage, err: fmt.Errorf("there is no completion for %q", args[0]), hint: "the shells: " + strings.Join(shells, ", ")}
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// completeEnvironments offers the environments of the policy, for completion; none where it has mistakes.
func (a *app) completeEnvironments(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	environments, _ := a.completions("")
	return beginning(begun, environments), cobra.ShellCompDirectiveNoFileComp
}

// completeComponents offers the components of the policy.
func (a *app) completeComponents(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	fsys, name := folder(a.flags.policy)
	p, _ := policies.Load(fsys, name)
	if p == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return beginning(begun, componentNames(p)), cobra.ShellCompDirectiveNoFileComp
}

// completeHosts offers the hosts that a check of --to reads, or all where it is not given yet.
func (a *app) completeHosts(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	_, hosts := a.completions(a.flags.to)
	return beginning(begun, hosts), cobra.ShellCompDirectiveNoFileComp
}

// completeSides offers what can be compared: environments and hosts, points of the ledger, and, where none begins so, files.
func (a *app) completeSides(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	environments, hosts := a.completions("")
	found := beginning(begun, append(environments, hosts...))
	if strings.Contains(begun, "@") {
		found = append(found, a.completePoints(cmd.Context(), begun)...)
	}
	if len(found) == 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// completions returns the names of a policy's environments and hosts; only of the hosts that are read for an environment,
// where one is given. A host is offered by its name where no other has that, and by its id.
func (a *app) completions(to string) (names, hosts []string) {
	fsys, file := folder(a.flags.policy)
	p, _ := policies.Load(fsys, file)
	if p == nil {
		return nil, nil
	}
	for _, e := range p.Environments {
		names = append(names, e.Name)
	}
	read := names
	if some, err := environments(p, to); err == nil {
		read = some
	}
	var ids []drift.HostID
	count := map[string]int{}
	for _, name := range read {
		for _, role := range p.Environment(name).Roles {
			for _, dest := range role.Hosts {
				id := drift.HostID{Environment: name, Role: role.Name, Name: policies.HostName(dest)}
				ids = append(ids, id)
				count[id.Name]++
			}
		}
	}
	for _, id := range ids {
		if count[id.Name] == 1 {
			hosts = append(hosts, id.Name)
		}
		hosts = append(hosts, id.String())
	}
	return names, hosts
}

// beginning returns the words that begin as one that is being written does.
func beginning(begun string, words []string) []string {
	var found []string
	for _, word := range words {
		if strings.HasPrefix(word, begun) {
			found = append(found, word)
		}
	}
	return found
}

// completeChecks offers the checks by which the policy wants something verified, and which are recorded.
func (a *app) completeChecks(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	fsys, file := folder(a.flags.policy)
	p, _ := policies.Load(fsys, file)
	var names []string
	if p != nil {
		for _, e := range p.Environments {
			for _, check := range e.Promotion.Recorded() {
				if !slices.Contains(names, check) {
					names = append(names, check)
				}
			}
		}
	}
	return beginning(begun, names), cobra.ShellCompDirectiveNoFileComp
}
