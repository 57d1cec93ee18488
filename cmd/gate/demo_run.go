package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift/host"
	"github.com/seed-313c021b/gate/gate"
)

// newDigestKey makes a key of digests, as GATE_DIGEST_KEY has it.
func newDigestKey() (string, error) {
	key := make([]byte, 32)
	_, err := rand.Read(key)
	return base64.StdEncoding.EncodeToString(key), err
}

// day sets the clock to a time of a day of the story, whose 40th was yesterday: all of it is over, on any day and in any zone.
func (d *demo) day(n, hour, minute int) {
	today := d.today.UTC()
	d.clock = time.Date(today.Year(), today.Month(), today.Day()-41+n, hour, minute, 0, 0, time.UTC)
}

// demoRun is what a gate command came to.
type demoRun struct {
	code      int
	out, errs string
	verdict   *gate.Verdict // nil where it gave none
}

// gate runs a gate command as a user does in the folder of the repository, but for the user's own settings, cache and clock.
func (d *demo) gate(ctx context.Context, args ...string) (demoRun, error) {
	var out, errs bytes.Buffer
	user := &app{in: strings.NewReader(""), out: &out, err: &errs, outTerminal: d.app.outTerminal, getenv: d.getenv,
		now: func() time.Time { return d.clock }, cacheFolder: d.path("cache")}
	checks := filepath.Join(user.cacheFolder, "checks")
	if err := os.RemoveAll(checks); err != nil {
		return demoRun{}, err
	}
	run := demoRun{code: user.run(ctx, args)}
	if ctx.Err() != nil {
		return run, ctx.Err()
	}
	run.out, run.errs = out.String(), errs.String()
	folder, err := user.lastFolder()
	if err != nil {
		return run, err
	}
	result := filepath.Join(folder, "result.json")
	if _, err := os.Stat(result); err == nil {
		if run.verdict, err = readResult(result); err != nil {
			return run, err
		}
	}
	return run, nil
}

// getenv is the environment of gate commands: the demo's settings, and of the user's how a terminal is to be used.
func (d *demo) getenv(name string) string {
	switch name {
	case "GATE_POLICY":
		return d.repository.path("gate.hcl")
	case "GATE_DIGEST_KEY":
		return d.key
	case "NO_COLOR":
		if d.app.flags.noColor {
			return "1"
		}
		return d.app.getenv(name)
	case "TERM":
		return d.app.getenv(name)
	}
	return ""
}

// record runs a gate command that records something, and must end well.
func (d *demo) record(ctx context.Context, args ...string) error {
	run, err := d.gate(ctx, args...)
	if err == nil && run.code != exitPass {
		err = d.otherwise(fmt.Sprintf("gate %s exited with %d: %s", strings.Join(args, " "), run.code, strings.TrimSpace(run.errs+run.out)))
	}
	return err
}

// check runs a gate command that gives a verdict, shows it, and compares it with what is told.
func (d *demo) check(ctx context.Context, want demoResult, args ...string) error {
	began := time.Now()
	run, err := d.gate(ctx, args...)
	if err != nil {
		return err
	}
	command := "$ gate " + strings.ReplaceAll(strings.Join(args, " "), string(d.repository), ".")
	d.say("\n%s%*s\n", command, demoWidth-len(command), fmt.Sprintf("2 hosts read, %.1f s", time.Since(began).Seconds()))
	d.codes = append(d.codes, fmt.Sprint(run.code))
	switch {
	case run.verdict == nil:
	case d.full:
		d.say("%s", strings.ReplaceAll(run.out, d.folder+"/", ""))
	default:
		d.say("%s", brief(run, d.told))
	}
	d.say("exit %d\n", run.code)
	problems, err := want.compare(run)
	if err == nil && len(problems) > 0 {
		err = d.otherwise(problems...)
	}
	return err
}

// otherwise says that the story did not go as told, and how.
func (d *demo) otherwise(problems ...string) error {
	d.say("\nThe story did not go as told:\n  %s\n", strings.Join(problems, "\n  "))
	return &exitError{code: exitBlocked, err: errors.New("demo: the story did not go as told")}
}

// run runs a program of the demo's with a variable more in its environment, as whoever looks after the hosts does.
func (d *demo) run(ctx context.Context, variable, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(host.Environment(), variable, "PATH="+d.path("bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, out)
	}
	return nil
}
