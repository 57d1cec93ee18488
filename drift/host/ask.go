package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"time"
)

// askTimeout is for one ssh -G, which may run a user's Match exec and look up names.
const askTimeout = 20 * time.Second

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
	return once(ctx, c, c.configs, strings.Join(args, "\x00"), func(ctx context.Context) (answers, error) {
		return c.run(ctx, program, args)
	})
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
	return path, err
}

// run runs ssh -G.
func (c *Client) run(ctx context.Context, program string, args []string) (answers, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, askTimeout, &timeoutError{what: "ssh -G", limit: askTimeout})
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = time.Second // a Match exec may leave a child behind that holds our pipe
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	said := clean(stderr.String(), 1000)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil && said != "":
		return nil, fmt.Errorf("ssh -G: %s", said)
	case err != nil:
		return nil, fmt.Errorf("ssh -G: %w", err)
	case said != "":
		c.warn("ssh -G %s: %s", args[len(args)-1], said)
	}
	return c.parseAnswers(string(out))
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
		return nil, err
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
