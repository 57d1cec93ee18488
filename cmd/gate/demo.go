package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/seed-313c021b/gate/gate"
	"github.com/spf13/cobra"
)

func (a *app) demoCommand() *cobra.Command {
	var full, keep bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "The incident that gate comes from, on two throwaway hosts",
		Long: `demo replays a real incident on two SSH servers in this process, on 127.0.0.1, and shows how
gate check blocks it, and why. The servers run the same probe as on your hosts, under this
machine's sh, over two small trees in a temporary folder. Nothing of yours is read or changed.

It exits 0 when the story went as told, and says what gate check would have exited with.`,
		Example: `  gate demo
  gate demo --full                     the whole reports
  gate demo --keep                     leave servers, trees and policy to play with, until Ctrl-C`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), full, keep) },
	}
	cmd.Flags().BoolVar(&full, "full", false, "show the whole reports")
	cmd.Flags().BoolVar(&keep, "keep", false, "leave everything up afterwards, until Ctrl-C")
	cmd.Flags().BoolVar(&a.flags.noColor, "no-color", false, "no colours (or NO_COLOR)")
	return cmd
}

func (a *app) demo(ctx context.Context, full, keep bool) (err error) {
	d, err := newDemo(a, full)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer func() {
		if closeErr := d.close(); err == nil {
			err = closeErr
		}
	}()
	if err := d.tell(ctx); err != nil {
		return err
	}
	if !keep {
		d.say("The servers and their files are gone.\n\n%s", demoNext)
		return nil
	}
	return d.leave(ctx)
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
	staging, production demoHost
	codes               []string // what gate check exited with
}

// demoHost is a throwaway host.
type demoHost struct {
	tree   demoTree
	server *demoServer
}

// newDemo starts the hosts and writes the policy.
func newDemo(a *app, full bool) (*demo, error) {
	folder, err := os.MkdirTemp("", "gate-demo-")
	if err != nil {
		return nil, err
	}
	d := &demo{app: a, full: full, began: time.Now(), folder: folder}
	if err := d.start(); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *demo) start() error {
	if _, err := exec.LookPath("sh"); err != nil {
		return fmt.Errorf("the hosts run the probe under this machine's sh: %w", err)
	}
	client, identity, err := newDemoKey()
	if err != nil {
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
	return errors.Join(
		os.WriteFile(d.path("id"), identity, 0o600),
		os.WriteFile(d.path("known_hosts"), []byte(knownHosts), 0o600),
		d.writePolicy(),
	)
}

func (d *demo) path(name string) string { return filepath.Join(d.folder, name) }

// writePolicy fills in the policy, whose text is in demo/gate.hcl.tmpl.
func (d *demo) writePolicy() error {
	policy, err := template.ParseFS(demoFiles, "demo/gate.hcl.tmpl")
	if err != nil {
		return err
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
	if err != nil {
		return err
	}
	return os.WriteFile(d.path("gate.hcl"), out.Bytes(), 0o600)
}

// close ends the hosts and removes all files.
func (d *demo) close() error {
	for _, h := range []demoHost{d.staging, d.production} {
		if h.server != nil {
			h.server.close()
		}
	}
	return os.RemoveAll(d.folder)
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.app.out, format, args...) }

// step says what happens, with the time that has passed.
func (d *demo) step(format string, args ...any) {
	d.say("%4.1fs  %s\n", time.Since(d.began).Seconds(), fmt.Sprintf(format, args...))
}

// tell tells the story. An error says where it went otherwise than it is told.
func (d *demo) tell(ctx context.Context) error {
	d.say("gate demo: a real incident, on two throwaway SSH servers in this process. Nothing of yours is read\nor changed.\n\n")
	d.step("staging-1 and production-1 are up on 127.0.0.1, host keys known; policy %s", d.path("gate.hcl"))
	d.step("Day 1  app 1.4.1 is on staging-1, proved, and was promoted to production-1")
	if err := d.check(ctx, demoPasses); err != nil {
		return err
	}
	if err := d.drift(); err != nil {
		return err
	}
	if err := d.change(d.staging.tree); err != nil {
		return err
	}
	d.step("Day 9  a one-line logging change goes to staging-1. The smoke test passes.")
	d.say(`
What happened without gate: the change went on to production, and with it came everything that had
piled up there. pkg_resources was gone, and the site was down.
`)
	if err := d.check(ctx, demoBlocks); err != nil {
		return err
	}
	d.say("Only the line in logging.ini is the change. All the rest had piled up, and would have come with it.\n")
	if err := d.mend(); err != nil {
		return err
	}
	d.say("\nThe way out, by the demo: requirements.txt made one for both, the packages put back, and then the\nchange alone.\n")
	if err := d.check(ctx, demoPasses); err != nil {
		return err
	}
	d.say("The story went as told (%.1f s): passed, blocked, passed. gate check exited with %s.\n",
		time.Since(d.began).Seconds(), strings.Join(d.codes, ", "))
	return nil
}

const (
	demoRequirements = "/srv/app/requirements.txt"
	demoLogging      = "/etc/app/logging.ini"
)

// drift does to production what nobody was told of.
func (d *demo) drift() error {
	t := d.production.tree
	if err := t.edit(demoRequirements, "requests==2.31.0", "requests>=2.31", "setuptools==66.1.1\n", ""); err != nil {
		return err
	}
	d.step("Day 3  requirements.txt is edited on production-1, in place. Nobody is told.")
	for _, p := range demoByHand {
		if err := t.install(p); err != nil {
			return err
		}
	}
	if err := t.uninstall("setuptools"); err != nil {
		return err
	}
	d.step("Day 6  somebody runs pip on production-1, by hand. Nobody is told.")
	return nil
}

// change makes the one-line logging change.
func (d *demo) change(t demoTree) error {
	return t.edit(demoLogging, "handlers = file\n", "handlers = stdout\n")
}

// mend makes production what staging is.
func (d *demo) mend() error {
	t := d.production.tree
	if err := t.edit(demoRequirements, "requests>=2.31\n", "requests==2.31.0\nsetuptools==66.1.1\n"); err != nil {
		return err
	}
	for _, p := range demoPackages {
		if err := t.install(p); err != nil {
			return err
		}
	}
	return d.change(t)
}

// check runs gate check, shows what it reports, and compares the result with what is told.
func (d *demo) check(ctx context.Context, want demoResult) error {
	d.say("\n$ gate check --to production\n")
	code, v, report, err := d.gateCheck(ctx)
	if err != nil {
		return err
	}
	d.codes = append(d.codes, fmt.Sprint(code))
	if !d.full {
		report = brief(strings.ReplaceAll(report, d.folder+"/", ""))
	}
	d.say("%sexit %d\n\n", report, code)
	problems, err := want.compare(code, v)
	if err == nil && len(problems) > 0 {
		d.say("The story did not go as told:\n  %s\n", strings.Join(problems, "\n  "))
		err = &exitError{code: exitBlocked, err: errors.New("demo: the story did not go as told")}
	}
	return err
}

// gateCheck runs gate check as a user does, but for the user's own keys and cache, and returns its exit code, its result
// and its report.
func (d *demo) gateCheck(ctx context.Context) (code int, v *gate.Verdict, report string, err error) {
	var out, errs bytes.Buffer
	user := &app{in: strings.NewReader(""), out: &out, err: &errs, outTerminal: d.app.outTerminal, getenv: d.getenv,
		now: d.app.now, cacheFolder: d.path("cache")}
	args := []string{"check", "--policy", d.path("gate.hcl"), "--to", "production"}
	if d.app.flags.noColor {
		args = append(args, "--no-color")
	}
	if err := os.RemoveAll(user.cacheFolder); err != nil {
		return 0, nil, "", err
	}
	code = user.run(ctx, args)
	if ctx.Err() != nil {
		return code, nil, "", ctx.Err()
	}
	if v, err = readResult(filepath.Join(user.cacheFolder, "result.json")); err != nil {
		err := fmt.Errorf("demo: gate check exited with %d and left no result: %s", code, errs.String())
		return code, nil, "", &exitError{code: exitBlocked, err: err}
	}
	return code, v, out.String(), nil
}

// getenv hides the user's keys and settings.
func (d *demo) getenv(name string) string {
	if strings.HasPrefix(name, "GATE_") {
		return ""
	}
	return d.app.getenv(name)
}

// brief is the head of a report and its blockers.
func brief(report string) string {
	for _, next := range []string{"\nCOULD NOT TELL\n", "\nALSO\n", "\nDO NEXT", "\n\n"} {
		if at := strings.LastIndex(report, next); at >= 0 {
			report = report[:at+1]
		}
	}
	return report
}

// leave leaves everything up until ctx ends, with the drift back on production.
func (d *demo) leave(ctx context.Context) error {
	if err := d.drift(); err != nil {
		return err
	}
	program := programName()
	policy := " --policy " + shellWord(d.path("gate.hcl"))
	d.say(`
Left to play with, until Ctrl-C; from another terminal:

  %[1]s check%[2]s --to production
  %[1]s diff%[2]s staging production
  %[1]s explain 1

The trees of the hosts are %[3]s; the policy is %[4]s.
`, program, policy, shellWord(d.path("*-1")), d.path("gate.hcl"))
	<-ctx.Done()
	return ctx.Err()
}

// programName is what starts this program in a shell.
func programName() string {
	self, err := os.Executable()
	if err != nil {
		return "gate"
	}
	if found, err := exec.LookPath("gate"); err == nil && found == self {
		return "gate"
	}
	return shellWord(self)
}

// shellWord quotes a word for the shell where it must be.
func shellWord(word string) string {
	if !strings.ContainsFunc(word, func(r rune) bool { return strings.ContainsRune(" '\"\\$`&;<>()|!?[]{}~#", r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
