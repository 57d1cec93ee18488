package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func (a *app) deployCommand() *cobra.Command {
	q := question{kept: true}
	cmd := &cobra.Command{
		Use:   "deploy --to ENV --revision R -- COMMAND [ARGUMENT]...",
		Short: "Check, deploy with a command, look whether it has arrived, and record it",
		Long: `deploy checks a promotion as gate check does. When it passes, it records that the deployment
begins, runs the command, reads the hosts again, and records what became of it: deployed, or
failed, when the command fails or the hosts do not show what was to be deployed.

The command has gate's standard input and output, and in its environment

  GATE_REVISION   the commit to deploy, its whole object id
  GATE_TO         the environment to deploy to
  GATE_FROM       the environments that it is promoted from, with spaces between
  GATE_EVENT      the event of the ledger by which the deployment has begun

but none of gate's own secrets (GATE_DIGEST_KEY, GATE_LEDGER_KEY, GATE_SSH_KEY,
GATE_SSH_PASSPHRASE).

The command gets gate's signals. gate waits for its end and records it, however many signals
come; a signal after that ends the reading of the hosts.

The exit code is that of the command where it fails (127: not found, 126: it cannot be started,
128 and the signal's number: a signal ended it), else that of gate check; and 1 where the
command has succeeded and the deployment has not arrived.`,
		Example: `  gate deploy --to production --revision v1.4.2 -- ./deploy production
  gate deploy --to production --revision v1.4.1 --rollback -- ./deploy production`,
		Args: func(cmd *cobra.Command, args []string) error {
			if at := cmd.ArgsLenAtDash(); at != 0 || len(args) == 0 {
				return &exitError{code: exitUsage, err: errors.New("the command that deploys is missing"), hint: "it is " + cmd.UseLine()}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.deploy(cmd.Context(), &q, args) },
	}
	a.deploymentFlags(cmd, &q)
	return cmd
}

// Exit codes of a command that cannot be run: see Shell Command Language, section 2.8.2, of POSIX.
const (
	exitNotStarted = 126
	exitNotFound   = 127
	exitSignal     = 128 // and the number of the signal that ended it
)

func (a *app) deploy(ctx context.Context, q *question, command []string) error {
	path, err := exec.LookPath(command[0])
	if err != nil {
		return notStarted(err)
	}
	b, err := a.begin(ctx, q)
	if err != nil {
		if exit, ok := errors.AsType[*exitError](err); ok && exit.err == nil { // it is the verdict's
			a.deploymentOutput(deploymentRefused)
		}
		return err
	}
	// From here on a signal is for the command. What becomes of the deployment is recorded all the same.
	done, ok := a.lifetime.finish("recording what became of the deployment; another signal ends the reading of its hosts")
	if !ok {
		return ctx.Err()
	}
	defer done()
	failed := a.runCommand(ctx, b, path, command)
	after, stop := signal.NotifyContext(context.WithoutCancel(ctx), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if failed == nil { // only what the hosts show says that it has arrived: a signal from now on leaves that open
		if ctx.Err() == nil {
			done()
		}
		defer context.AfterFunc(after, done)()
	}
	err = a.summarized(func() error { return b.finish(after, failed) })
	if failed != nil {
		if err != nil {
			a.warn(err.Error())
		}
		return failed
	}
	return ended(err)
}

// ended says of an error that gate has come to its end, whatever signals the command got.
func ended(err error) error {
	if err == nil {
		return errEnded
	}
	exit := *failure(exitUsage, err).(*exitError)
	exit.ended = true
	return &exit
}

// finish records what became of a deployment whose command has ended; failed says how, nil for well.
func (b *begun) finish(ctx context.Context, failed *exitError) (err error) {
	r := &recording{app: b.judge.app, policy: b.judge.policy, past: b.judge.past.until(ctx), key: b.judge.key, begun: &b.event}
	r.event = gate.Event{Kind: gate.Deployed, Environment: b.event.Environment, Contents: b.event.Contents, Of: b.event.ID, Rollback: b.event.Rollback}
	// What is told below is told even where a signal ends the reading.
	recorded := context.WithoutCancel(ctx)
	if failed != nil {
		r.became = deploymentFailed
	}
	defer func() { r.app.deploymentOutput(r.became) }()
	if r.history, err = r.past.history(recorded); err != nil {
		return err
	}
	if failed == nil {
		return r.deployed(ctx)
	}
	if _, err := r.look(ctx); err != nil {
		r.app.warn("what the hosts show after it is not on record: " + err.Error())
	}
	return r.failed(recorded, failed.Error())
}

// runCommand runs the command of a deployment, and returns how it failed, nil for well.
func (a *app) runCommand(ctx context.Context, b *begun, path string, command []string) *exitError {
	cmd := &exec.Cmd{Path: path, Args: command, Stdin: a.in, Stdout: commands(a.out), Stderr: commands(a.err), Env: b.environment()}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if ctx.Err() != nil {
		return &exitError{code: exitInterrupted, err: fmt.Errorf("interrupted before %s was started", command[0]), ended: true}
	}
	// It is announced before it runs: a signal that comes as it starts must find it.
	if done, ok := a.lifetime.finish(fmt.Sprintf("waiting for the end of %s, to record it", command[0])); ok {
		defer done()
	}
	if err := cmd.Start(); err != nil {
		return &exitError{code: exitNotStarted, err: err, ended: true}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			if s != os.Interrupt || !isTerminal(a.in) { // a terminal sends Ctrl-C to the command as well
				_ = cmd.Process.Signal(s) // it may be gone
			}
		case err := <-ended:
			return exited(command[0], err)
		}
	}
}

func isTerminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// notStarted says that a command cannot be run, as a shell does.
func notStarted(err error) *exitError {
	code := exitNotStarted
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		code = exitNotFound
	}
	return &exitError{code: code, err: err, ended: true}
}

// exited says how a command ended that did not end well.
func exited(name string, err error) *exitError {
	if err == nil {
		return nil
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return &exitError{code: exitNotStarted, err: fmt.Errorf("%s: %w", name, err), ended: true}
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return &exitError{code: exitSignal + int(status.Signal()), err: fmt.Errorf("%s was ended by a signal: %s", name, status.Signal()), ended: true}
	}
	return &exitError{code: exit.ExitCode(), err: fmt.Errorf("%s ended with exit code %d", name, exit.ExitCode()), ended: true}
}

// environment returns the environment of the command that deploys: the user's, without gate's own secrets.
func (b *begun) environment() []string {
	return append(drift.WithoutVariables(os.Environ(), drift.SecretVariables()...),
		"GATE_REVISION="+b.answer.input.Candidate.Commit,
		"GATE_TO="+b.event.Environment,
		"GATE_FROM="+strings.Join(b.answer.verdict.From, " "),
		"GATE_EVENT="+b.event.ID,
	)
}
