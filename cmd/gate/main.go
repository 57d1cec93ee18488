// Command gate checks whether staging and production are alike before a change is promoted, and blocks when they are
// not, or when that cannot be told.
//
// Each subcommand is a file of its own; check.go is the whole story of the program, top to bottom.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/seed-313c021b/gate/gate/github"
	"github.com/seed-313c021b/gate/gate/report"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// version is set by the release build (-ldflags -X main.version=…).
var version = ""

// versionOf returns the version of this build: that of the release, or of the module that "go install" built. A
// development build is "dev"; it satisfies every required_version and says so.
func versionOf() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") && !strings.Contains(info.Main.Version, "+dirty") {
		return info.Main.Version
	}
	return "dev"
}

// Exit codes. README.md has the table for users.
const (
	exitPass        = 0
	exitBlocked     = 1
	exitUsage       = 2
	exitUndecided   = 3
	exitInterrupted = 130
)

// exitError ends the program with a code. Its Err, if any, is printed; hint is a line of advice below it.
type exitError struct {
	code int
	err  error
	hint string
	// mistakes are those of a policy, which were printed.
	mistakes hcl.Diagnostics
	// ended says that the program has come to its end by itself, even if it was interrupted on the way.
	ended bool
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// errEnded is returned by what goes on until it is interrupted, when it was.
var errEnded error = &exitError{code: exitPass, ended: true}

// usage returns an error of whoever called gate: exit 2.
func usage(format string, args ...any) error {
	return &exitError{code: exitUsage, err: fmt.Errorf(format, args...)}
}

func main() { os.Exit(program()) }

// program is the whole program; tested.go has another clock for it.
var program = func() int { return execute(time.Now, github.Config{}) }

// execute runs the program by a clock, and returns its exit code. patience says how long GitHub is waited for.
func execute(now func() time.Time, patience github.Config) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	a := &app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv, now: now, github: patience,
		outTerminal: term.IsTerminal(int(os.Stdout.Fd())), errTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
	return a.runInTime(ctx, os.Args[1:])
}

// app is what a subcommand has of the world.
type app struct {
	in                       io.Reader
	out, err                 io.Writer
	outTerminal, errTerminal bool
	getenv                   func(string) string
	now                      func() time.Time
	wait                     func(context.Context, time.Time) error // until a time; nil for the clock
	github                   github.Config                          // how long GitHub is waited for; the rest is the step's
	cacheFolder              string                                 // of the last result; empty for the user's own
	flags                    flags

	folder   string            // in the repository of the policy; empty for the one that the policy is in
	pinned   map[string]string // the files of --policy-ref, by the path that they have beside the policy
	lifetime *lifetime         // made by run where it is nil

	unmirrored bool // an event could not be shown among the deployments on GitHub, and so could no other
}

// run runs one command line and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	if a.getenv("GITHUB_ACTIONS") == "true" {
		a.out, a.err = inert{a.out}, inert{a.err}
	}
	if a.lifetime == nil {
		a.lifetime = &lifetime{}
	}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	a.lifetime.clean()
	exit, ok := errors.AsType[*exitError](err)
	if ctx.Err() != nil && !(ok && exit.ended) {
		return a.interrupted()
	}
	if err == nil {
		return exitPass
	}
	if !ok {
		exit = &exitError{code: exitUsage, err: err}
	}
	if exit.err != nil {
		fmt.Fprintf(a.err, "gate: %s\n", harmless(exit.err.Error()))
	}
	if exit.hint != "" {
		fmt.Fprintf(a.err, "  %s\n", harmless(exit.hint))
	}
	return exit.code
}

// harmless returns lines with nothing in them that a terminal could act on: hosts, remotes and people may have written
// parts of them.
func harmless(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = report.Line(lines[i])
	}
	return strings.Join(lines, "\n")
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "gate",
		Short: "Is production where staging stood, and can this change be promoted?",
		Long: `gate reads staging and production over SSH, compares them with each other and with a
policy, and says whether the proof that staging gave holds for production. When they
differ, or when that cannot be told, it blocks, and says what to do.

Nothing is installed on the hosts, and nothing is changed there.`,
		Example: `  gate demo                            the incident that gate comes from, on two throwaway hosts
  gate init staging=deploy@staging-1 production=deploy@production-1
  gate check --to production`,
		Version:       versionOf(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			if err := nothingEmpty(cmd, args); err != nil {
				return err
			}
			if cmd.Flags().Changed("parallel") && a.flags.parallel < 1 {
				return usage("--parallel %d: at least one host at a time", a.flags.parallel)
			}
			return a.outputFits()
		},
	}
	root.SuggestionsMinimumDistance = 2
	root.SetVersionTemplate("gate {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if !cmd.HasParent() { // a flag of a subcommand that there is not
			if err := knownCommand(cmd, cmd.Flags().Args()); err != nil {
				return err
			}
		}
		return &exitError{code: exitUsage, err: wrongValue(err), hint: "see " + cmd.CommandPath() + " --help"}
	})
	root.AddCommand(
		a.checkCommand(),
		a.diffCommand(),
		a.snapshotCommand(),
		a.acceptCommand(),
		a.explainCommand(),
		a.validateCommand(),
		a.fmtCommand(),
		a.probeCommand(),
		a.doctorCommand(),
		a.demoCommand(),
		a.initCommand(),
		a.deployCommand(),
		a.beginCommand(),
		a.recordCommand(),
		a.holdCommand(),
		a.resumeCommand(),
		a.overrideCommand(),
		a.setAsideCommand(),
		a.logCommand(),
	)
	knownTopics(root)
	completeShells(root)
	return root
}
