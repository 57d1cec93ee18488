package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"text/template"
	"time"

	"github.com/spf13/cobra"
)

func (a *app) demoCommand() *cobra.Command {
	var full, keep bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "The incident that gate comes from, on two throwaway hosts",
		Long: `demo replays a real incident on two SSH servers in this process, on 127.0.0.1, and shows how
gate blocks it, and why; and how it passes after the report's own steps. The servers run the
same probe as on your hosts, under this machine's sh, over two small trees in a temporary
folder, and a git repository there has the policy and the ledger. Only the clock is moved, so
that days take seconds. Nothing of yours is read or changed.

It exits 0 when the story went as told, and says what gate would have exited with.`,
		Example: `  gate demo
  gate demo --full                     the whole reports
  gate demo --keep                     leave servers, policy and ledger to play with, until Ctrl-C`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), full, keep) },
	}
	cmd.Flags().BoolVar(&full, "full", false, "show the whole reports")
	cmd.Flags().BoolVar(&keep, "keep", false, "leave everything up afterwards, until Ctrl-C")
	cmd.Flags().BoolVar(&a.flags.noColor, "no-color", false, "no colours (or NO_COLOR)")
	return cmd
}

func (a *app) demo(ctx context.Context, full, keep bool) error {
	d, err := newDemo(ctx, a, full)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	err = d.tell(ctx)
	if err == nil && keep {
		err = d.leave(ctx)
	}
	if closeErr := d.close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	d.say("The servers and their files are gone.\n")
	if keep {
		return errEnded
	}
	d.say("\n%s", demoNext)
	return nil
}

const demoNext = `Whole reports:   gate demo --full
Play with them:  gate demo --keep
Your own hosts:  gate init staging=deploy@HOST production=deploy@HOST && gate check --to production
`

// demo is one telling of the story.
type demo struct {
	app                 *app
	full                bool // show whole reports
	began               time.Time
	folder              string // with all files of it
	repository          demoRepository
	restore             func()    // the user's settings of git
	key                 string    // of digests
	today, clock        time.Time // when it is, and when gate thinks that it is
	staging, production demoHost
	codes               []string        // what gate exited with
	told                map[string]bool // the titles of findings
}

// demoHost is a throwaway host.
type demoHost struct {
	tree   demoTree
	server *demoServer
}

// newDemo starts the hosts, and makes the repository with the policy.
func newDemo(ctx context.Context, a *app, full bool) (*demo, error) {
	for program, use := range map[string]string{"sh": "the hosts run the probe under this machine's sh", "git": "the ledger is a branch of a git repository"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("%s: %w", use, err)
		}
	}
	folder, err := os.MkdirTemp("", "gate-demo-")
	if err != nil {
		return nil, err
	}
	d := &demo{app: a, full: full, began: time.Now(), today: a.now(), folder: folder, restore: putGitAside(), told: map[string]bool{}}
	if err := d.start(ctx); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *demo) start(ctx context.Context) error {
	if err := writeTools(d.path("bin")); err != nil {
		return err
	}
	client, identity, err := newDemoKey()
	if err != nil {
		return err
	}
	if d.key, err = newDigestKey(); err != nil {
		return err
	}
	for _, h := range []struct {
		host *demoHost
		name string
	}{{&d.staging, "staging-1"}, {&d.production, "production-1"}} {
		if h.host.tree, err = newDemoTree(d.folder, h.name); err != nil {
			return err
		}
		if h.host.server, err = newDemoServer(client.PublicKey(), d.folder); err != nil {
			return err
		}
	}
	knownHosts := d.staging.server.knownHost() + d.production.server.knownHost()
	if err := errors.Join(
		os.WriteFile(d.path("id"), identity, 0o600),
		os.WriteFile(d.path("known_hosts"), []byte(knownHosts), 0o600),
	); err != nil {
		return err
	}
	policy, err := d.policy()
	if err != nil {
		return err
	}
	d.repository, err = newDemoRepository(ctx, d.path("app"), policy)
	return err
}

func (d *demo) path(name string) string { return filepath.Join(d.folder, name) }

// policy fills in the policy, whose text is in demo/gate.hcl.tmpl.
func (d *demo) policy() (string, error) {
	policy, err := template.ParseFS(demoFiles, "demo/gate.hcl.tmpl")
	if err != nil {
		return "", err
	}
	type host struct {
		Port int
		Root string
	}
	var out bytes.Buffer
	err = policy.Execute(&out, map[string]host{
		"Staging":    {d.staging.server.port(), literal(string(d.staging.tree))},
		"Production": {d.production.server.port(), literal(string(d.production.tree))},
	})
	return out.String(), err
}

// close ends the hosts and removes all files.
func (d *demo) close() error {
	for _, h := range []demoHost{d.staging, d.production} {
		if h.server != nil {
			h.server.close()
		}
	}
	d.restore()
	return os.RemoveAll(d.folder)
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.app.out, format, args...) }

// demoWidth is how many columns the story takes.
const demoWidth = 100

// step says what happens, with the time that has passed, and by which command of gate's.
func (d *demo) step(what, command string) {
	line := fmt.Sprintf("%4.1fs  %s", time.Since(d.began).Seconds(), what)
	if command != "" {
		line += fmt.Sprintf("%*s", demoWidth-len(line), command)
	}
	d.say("%s\n", line)
}
