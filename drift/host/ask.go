package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"time"
)

// askTimeout is for one ssh -G, which may run a user's Match exec and look up names.
const askTimeout = 20 * time.Second

// maxAnswer is how many bytes ssh -G may print, and how many it may say on standard error; it prints some 5 KiB.
const maxAnswer = 1 << 20

// answers are the values of each keyword that ssh -G printed, in its order.
type answers map[string][]string

// get returns the first value of a keyword; ssh writes none for a value that is not set.
func (a answers) get(name string) string {
	if v := a[name]; len(v) > 0 && v[0] != "none" {
		return v[0]
	}
	return ""
}

// ask returns what ssh would do to reach host. Settings that Match blocks can see, and what excludes one another in ssh, go
// through ssh itself.
func (c *Client) ask(ctx context.Context, host string, s Settings) (answers, error) {
	program, err := c.program()
	if err != nil {
		return nil, err
	}
	if program == "" {
		return builtin(host, s)
	}
	args := []string{"-G", "-T", "-o", "LogLevel=INFO"} // what ssh says is shown: no debugging
	if s.Config != "" {
		args = append(args, "-F", s.Config)
	}
	if s.User != "" {
		args = append(args, "-l", s.User)
	}
	if s.Port != 0 {
		args = append(args, "-p", strconv.Itoa(s.Port))
	}
	if s.ProxyJump != "" {
		args = append(args, "-J", s.ProxyJump)
	}
	if s.Hostname != "" {
		if err := checkHost(s.Hostname); err != nil {
			return nil, fmt.Errorf("hostname %q: %w", s.Hostname, err)
		}
		args = append(args, "-o", "HostName="+s.Hostname)
	}
	args = append(args, "--", host)
	a, err := once(ctx, c, c.configs, strings.Join(args, "\x00"), func(ctx context.Context) (answers, error) {
		return c.run(ctx, program, args)
	})
	return a, unended(ctx, "ssh -G", err)
}

// program returns the ssh program to ask, or "".
func (c *Client) program() (string, error) {
	if c.SSHProgram == "none" {
		return "", nil
	}
	if c.SSHProgram != "" {
		return c.SSHProgram, nil
	}
	path, err := exec.LookPath("ssh")
	if errors.Is(err, exec.ErrNotFound) {
		c.warn("there is no ssh program here: ssh_config is not read, only the policy's ssh blocks count")
		return "", nil
	}
	return path, local(err)
}

// run runs ssh -G.
func (c *Client) run(ctx context.Context, program string, args []string) (answers, error) {
	text, err := twice(ctx, c.retryWait(), func() (string, error) { return c.runOnce(ctx, program, args) })
	if err != nil {
		return nil, err
	}
	return c.parseAnswers(text)
}

// runOnce runs ssh -G once and returns what it prints. It prints into files, since a Match exec may leave something behind
// that would hold a pipe open.
func (c *Client) runOnce(ctx context.Context, program string, args []string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, askTimeout, local(&timeoutError{what: "ssh -G", limit: askTimeout}))
	defer cancel()
	stdout, err := scratch()
	if err != nil {
		return "", local(err)
	}
	defer stdout.Close()
	stderr, err := scratch()
	if err != nil {
		return "", local(err)
	}
	defer stderr.Close()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = Environment(), stdout, stderr
	ownGroup(cmd)
	ended := cmd.Run()
	out, err := printed(stdout)
	if err != nil {
		return "", local(fmt.Errorf("ssh -G: %w", err))
	}
	noise, err := printed(stderr)
	if err != nil {
		return "", local(fmt.Errorf("ssh -G: its standard error: %w", err))
	}
	said := clean(noise, 1000)
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case ended != nil && !errors.As(ended, &exit):
		return "", local(fmt.Errorf("ssh -G: %w", ended))
	case ended != nil && exit.ExitCode() < 0: // by a signal: that of a machine without memory
		return "", &localError{err: fmt.Errorf("ssh -G: %w", ended), brief: true}
	case ended != nil && said == "":
		return "", local(fmt.Errorf("ssh -G: %w", ended))
	case ended != nil && saysBrief(said):
		return "", &localError{err: fmt.Errorf("ssh -G: %s", said), brief: true}
	case ended != nil:
		return "", local(fmt.Errorf("ssh -G: %s", said))
	case said != "":
		c.warn("ssh -G %s: %s", args[len(args)-1], said)
	}
	return out, nil
}

// scratch returns a file that is gone when it is closed.
func scratch() (*os.File, error) {
	file, err := os.CreateTemp("", "gate-ssh-")
	if err == nil {
		err = os.Remove(file.Name())
	}
	return file, err
}

// printed returns what a program has printed into a file.
func printed(file *os.File) (string, error) {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, maxAnswer+1))
	if err == nil && len(text) > maxAnswer {
		err = fmt.Errorf("it prints more than %s", size(maxAnswer))
	}
	return string(text), err
}

// parseAnswers reads what ssh -G printed.
func (c *Client) parseAnswers(out string) (answers, error) {
	a := answers{}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		name = strings.ToLower(name)
		if name == "" {
			continue
		}
		if keywords[name].treatment == unknown {
			c.warn("ssh -G prints %s, which this version of gate does not know; it is passed over", clean(name, 80))
		}
		if err := checkKeyword(name, value); err != nil {
			return nil, err
		}
		a[name] = append(a[name], value)
	}
	if a.get("hostname") == "" || a.get("port") == "" || a.get("user") == "" {
		return nil, fmt.Errorf("ssh -G did not print hostname, port and user: %q", clean(out, 200))
	}
	return a, nil
}

// builtin returns what ssh would do without any configuration, where there is no ssh.
func builtin(host string, s Settings) (answers, error) {
	me, err := user.Current()
	if err != nil {
		return nil, local(err)
	}
	a := answers{
		"user":                 {me.Username},
		"hostname":             {host},
		"port":                 {"22"},
		"userknownhostsfile":   {"~/.ssh/known_hosts ~/.ssh/known_hosts2"},
		"globalknownhostsfile": {"/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"},
		"identityfile":         {"~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519"},
	}
	if s.User != "" {
		a["user"] = []string{s.User}
	}
	if s.Hostname != "" {
		a["hostname"] = []string{s.Hostname}
	}
	if s.Port != 0 {
		a["port"] = []string{strconv.Itoa(s.Port)}
	}
	if s.ProxyJump != "" {
		a["proxyjump"] = []string{s.ProxyJump}
	}
	return a, checkHost(a.get("hostname"))
}

// numbers reads values that are numbers and keeps the first error.
type numbers struct {
	a   answers
	err error
}

func (n *numbers) get(name string, otherwise int) int {
	text := n.a.get(name)
	if text == "" {
		return otherwise
	}
	v, err := strconv.Atoi(text)
	if err != nil && n.err == nil {
		n.err = fmt.Errorf("ssh -G: %s %q is not a number", name, clean(text, 80))
	}
	return v
}
