package main

import (
	"fmt"

	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/spf13/cobra"
)

func (a *app) probeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "probe [--host HOST]",
		Short: "Print the script that runs on hosts",
		Long: `probe prints the script that reads hosts, for review, and to be installed on them as a
forced command. A key that is bound to it can do nothing else on the host:

  restrict,command="/usr/local/libexec/gate-probe /etc/app /srv" ssh-ed25519 AAAA...

Its arguments bound what it does: folders (and the policy's root, where it has one), and
after --run a whole command line of a collect "command" block; without folders it reads what
the account may read, and without --run it runs no command. For become = true, sudoers(5)
needs it too:

  deploy ALL=(root) NOPASSWD: /usr/local/libexec/gate-probe

With --host it prints the script and the request for that host as gate check sends them.`,
		Example: `  gate probe | ssh root@production-1 'install -m 755 /dev/stdin /usr/local/libexec/gate-probe'
  gate probe --host production-1 | ssh production-1 sh -s`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return a.probe() },
	}
	a.policyFlag(cmd)
	cmd.Flags().StringArrayVar(&a.flags.hosts, "host", nil, "a host of the policy: print what it is sent")
	_ = cmd.RegisterFlagCompletionFunc("host", a.completeHosts)
	a.outputFlag(cmd, "script")
	return cmd
}

func (a *app) probe() error {
	if len(a.flags.hosts) == 0 {
		return a.write([]byte(collect.Installed()))
	}
	p, err := a.load()
	if err != nil {
		return err
	}
	var all []string
	for _, e := range p.Environments {
		all = append(all, e.Name)
	}
	plans, err := a.plans(p, all)
	if err != nil {
		return err
	}
	if len(plans) != 1 {
		return usage("--host: %d hosts have that name; give one, as production/web/production-1", len(plans))
	}
	stdin, err := collect.Request{Word: collect.NewWord(), Root: plans[0].Root, Queries: plans[0].Queries}.Stdin()
	if err != nil {
		return fmt.Errorf("%s: %w", plans[0].ID, err)
	}
	return a.write(stdin)
}
