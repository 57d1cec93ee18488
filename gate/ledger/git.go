package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// Error is something that git could not do, in its own words, and what helps.
type Error struct {
	Err  error
	Hint string // a line of advice; may be empty
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// git runs the git program in one repository, with a configuration of gate's own: it has the credentials, proxies and
// transports that the user has set up, and runs nothing that the repository names (confine.go). It is safe for concurrent use.
type git struct {
	dir      string     // where it works
	where    []string   // the options that name the repository
	settings []string   // the options that hold whatever is configured
	env      []string   // what is set beside the user's environment
	files    []*os.File // what git inherits
	remote   string     // the remote that the command asks, for people; empty where it asks none
	ignored  []string   // the settings of the repository that count for nothing
	partial  bool       // objects may be missing: see git-clone(1), --filter
	promisor string     // the remote that has them
	limits   limits
}

// inFolder returns a git for the repository that git finds in a folder, with all that this configures.
func inFolder(dir string) *git {
	return &git{where: []string{"-C", dir}, settings: settings, limits: usualLimits()}
}

// with returns a git that runs with more variables, each as NAME=value, in its environment.
func (g *git) with(env ...string) *git {
	more := *g
	more.env = slices.Concat(g.env, env)
	return &more
}

// asking returns a git whose commands ask a remote, which is named so for people.
func (g *git) asking(remote string) *git {
	more := *g
	more.remote = remote
	return &more
}

// settings hold whatever the user has configured: no hook and no monitor runs, and nothing is coloured, paged or signed
// unasked. What is written is on the disk before a ref names it.
var settings = []string{
	"--no-pager",
	"-c", "core.hooksPath=/dev/null",
	"-c", "core.fsmonitor=false",
	"-c", "core.fsync=committed",
	"-c", "core.filesRefLockTimeout=1000",
	"-c", "core.packedRefsTimeout=5000",
	"-c", "advice.graftFileDeprecated=false",
	"-c", "color.ui=false",
	"-c", "log.showSignature=false",
}

// elsewhere are the variables that lead git into another repository than the one that it was told, or to another
// configuration, index or objects than those that are there: a hook that runs gate has them set. "git rev-parse
// --local-env-vars" lists them. GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS are the user's own settings, and stay.
var elsewhere = []string{
	"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_DIR", "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE",
	"GIT_INTERNAL_SUPER_PREFIX", "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_REFERENCE_BACKEND", "GIT_REPLACE_REF_BASE",
	"GIT_SHALLOW_FILE", "GIT_WORK_TREE", "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS",
}

// environment returns that of the user, less gate's secrets, and what leads git elsewhere. What asks a remote gets GitHub's
// token: the user's credential helper may want it.
func environment(withToken bool) []string {
	without := slices.Concat(elsewhere, drift.SecretVariables())
	if !withToken {
		without = append(without, drift.TokenVariable)
	}
	return drift.WithoutVariables(os.Environ(), without...)
}

func (g *git) command(args ...string) *exec.Cmd {
	cmd := exec.Command("git", slices.Concat(g.where, g.settings, args)...)
	cmd.Dir = g.dir
	cmd.Env = append(environment(g.remote != ""), "LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_EDITOR=false", "GIT_NO_REPLACE_OBJECTS=1", "GIT_GRAFT_FILE="+os.DevNull)
	cmd.Env = append(cmd.Env, g.env...)
	cmd.ExtraFiles = g.files
	return cmd
}

// run runs a git command and returns its standard output without the last newline.
func (g *git) run(ctx context.Context, args ...string) (string, error) {
	return g.input(ctx, nil, args...)
}

// input runs a git command with a standard input and returns its standard output without the last newline.
func (g *git) input(ctx context.Context, stdin io.Reader, args ...string) (string, error) {
	a, err := g.do(ctx, stdin, args...)
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(a.out, "\n"), nil
}

// subcommand returns the name of the command that git is to run, which settings may precede.
func subcommand(args []string) string {
	for len(args) > 2 && args[0] == "-c" {
		args = args[2:]
	}
	return args[0]
}

// failure says why a git command failed, in git's words where it has left some.
func failure(args []string, words string, err error) error {
	if errors.Is(err, exec.ErrNotFound) {
		return &Error{Err: fmt.Errorf("there is no git program on this machine: %w", err), Hint: "install git 2.34 or later: the ledger is a branch of a git repository"}
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return &gitError{command: subcommand(args), code: exit.ExitCode(), words: words}
	}
	return fmt.Errorf("git %s: %w", subcommand(args), err)
}

// gitError is a git command that ended with another exit code than 0.
type gitError struct {
	command string
	code    int    // -1 where a signal ended it
	words   string // what it wrote to standard error
}

func (e *gitError) Error() string {
	if e.words == "" {
		return fmt.Sprintf("git %s: exit code %d", e.command, e.code)
	}
	return fmt.Sprintf("git %s: %s", e.command, e.words)
}

// exitCode returns the exit code of the git command that failed with err, and -1 where it is another error.
func exitCode(err error) int {
	if e, ok := errors.AsType[*gitError](err); ok {
		return e.code
	}
	return -1
}
