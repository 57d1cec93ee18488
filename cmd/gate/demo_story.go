package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

const demoRequirements = "/srv/app/requirements.txt"

// tell tells the story. An error says where it went otherwise than it is told.
func (d *demo) tell(ctx context.Context) error {
	d.say("gate demo: a real incident, on two throwaway SSH servers in this process. Nothing of yours is read\nor changed.\n\n")
	d.step("staging-1 and production-1 are up on 127.0.0.1, host keys known; policy and app in git", "")
	change, err := d.before(ctx)
	if err != nil {
		return err
	}
	d.say(`
What happened without gate: the change went on to production. Puppet ran with it, applied all that
had piled up there, and restarted app: pkg_resources was gone, and the site was down.
`)
	if err := d.check(ctx, demoBlocks, "check", "--to", "production", "--revision", change); err != nil {
		return err
	}
	d.day(39, 11, 0)
	other, err := d.commit(ctx, "bump the session timeout", "etc/session.ini", "timeout = 30m", "timeout = 45m")
	if err != nil {
		return err
	}
	d.say("\nA month later: another change, straight to production.\n")
	if err := d.check(ctx, demoBlocksToo, "check", "--to", "production", "--revision", other); err != nil {
		return err
	}
	d.say(`
The way out: the report's own steps, done by the demo. requirements.txt made one, the packages put
back, what Puppet has piled up proved on staging first, then applied to production.
`)
	if err := d.mend(ctx, change); err != nil {
		return err
	}
	if err := d.check(ctx, demoPasses, "deploy", "--to", "production", "--revision", change, "--", d.repository.path("deploy"), "production"); err != nil {
		return err
	}
	d.say("\nThe story went as told (%.1f s): blocked, blocked, passed and deployed. gate exited with %s.\n",
		time.Since(d.began).Seconds(), strings.Join(d.codes, ", "))
	return nil
}

// before tells what was before the change is to go to production, and returns the change.
func (d *demo) before(ctx context.Context) (change string, err error) {
	d.day(1, 9, 0)
	first, err := d.repository.commit(ctx, d.clock, "app 1.4.1")
	if err != nil {
		return "", err
	}
	if err := d.install(ctx, first); err != nil {
		return "", err
	}
	if err := d.record(ctx, "record", "--adopt"); err != nil {
		return "", err
	}
	d.step("Day 1  app 1.4.1 is on both hosts. The ledger begins with that", "gate record --adopt")
	d.step("       requirements.txt on production-1 is another one already. Nobody knows since when", "")
	d.day(5, 2, 17)
	if err := d.nightly(ctx); err != nil {
		return "", err
	}
	d.step("Day 5  the check of every night, at 02:17", "gate check --to production --record")
	if err := d.byHand(); err != nil {
		return "", err
	}
	d.step("Day 6  somebody runs pip on production-1, by hand. Nobody is told.", "")
	d.day(7, 2, 17)
	if err := d.nightly(ctx); err != nil {
		return "", err
	}
	d.step("Day 7  the check of every night", "gate check --to production --record")
	d.day(9, 14, 10)
	change, err = d.commit(ctx, "log to stdout, not to a file", "etc/logging.ini", "handlers = file\n", "handlers = stdout\n")
	if err != nil {
		return "", err
	}
	if err := d.deploy(ctx, "staging", change); err != nil {
		return "", err
	}
	if err := d.record(ctx, "record", "deployed", "--to", "staging", "--revision", change); err != nil {
		return "", err
	}
	d.step("Day 9  14:10  a one-line logging change goes to staging", "gate record deployed --to staging")
	d.day(9, 14, 16)
	err = d.record(ctx, "record", "verified", "--name", "smoke", "--to", "staging", "--revision", change)
	d.step("       14:16  the smoke test passes. It soaks", "gate record verified --name smoke")
	d.day(9, 15, 3)
	return change, err
}

// install puts the first revision onto both hosts. On production somebody has edited requirements.txt since, long ago.
func (d *demo) install(ctx context.Context, revision string) error {
	for _, environment := range []string{"staging", "production"} {
		if err := d.deploy(ctx, environment, revision); err != nil {
			return err
		}
	}
	return d.production.tree.edit(demoRequirements, "requests==2.31.0", "requests>=2.31", "setuptools==66.1.1\n", "")
}

// deploy deploys a revision as the app's own pipeline does.
func (d *demo) deploy(ctx context.Context, environment, revision string) error {
	commit, err := d.repository.git(ctx, "rev-parse", revision)
	if err != nil {
		return err
	}
	return d.run(ctx, "GATE_REVISION="+commit, d.repository.path("deploy"), environment)
}

// puppet lets Puppet apply to a host all that has piled up there.
func (d *demo) puppet(ctx context.Context, t demoTree) error {
	return d.run(ctx, "GATE_ROOT="+string(t), d.path("bin/puppet"), "agent", "--test")
}

// nightly is the check of every night. It finds things, and nobody reads its mails.
func (d *demo) nightly(ctx context.Context) error {
	run, err := d.gate(ctx, "check", "--to", "production", "--record")
	if err == nil && run.code != exitBlocked {
		err = d.otherwise(fmt.Sprintf("the check of the night exited with %d, not with %d: %s", run.code, exitBlocked, run.errs))
	}
	return err
}

// byHand does to production what nobody was told of.
func (d *demo) byHand() error {
	for _, p := range demoByHand {
		if err := d.production.tree.install(p); err != nil {
			return err
		}
	}
	return d.production.tree.uninstall("setuptools")
}

// commit commits an edit of a file of app's.
func (d *demo) commit(ctx context.Context, subject, file string, replacements ...string) (string, error) {
	if err := demoTree(d.repository).edit(file, replacements...); err != nil {
		return "", err
	}
	return d.repository.commit(ctx, d.clock, subject)
}

// mend does what the report says is to be done.
func (d *demo) mend(ctx context.Context, change string) error {
	t := d.production.tree
	if err := t.edit(demoRequirements, "requests>=2.31\n", "requests==2.31.0\nsetuptools==66.1.1\n"); err != nil {
		return err
	}
	for _, p := range demoPackages {
		if err := t.install(p); err != nil {
			return err
		}
	}
	if err := d.puppet(ctx, d.staging.tree); err != nil {
		return err
	}
	d.day(40, 9, 0)
	if err := d.record(ctx, "record", "verified", "--name", "smoke", "--to", "staging", "--revision", change); err != nil {
		return err
	}
	d.day(40, 9, 45)
	return d.puppet(ctx, t)
}
