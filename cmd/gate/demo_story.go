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
	"time"

	"github.com/seed-313c021b/gate/gate"
)

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
	d.say("\n")
	return nil
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
