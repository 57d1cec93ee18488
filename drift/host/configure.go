package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// maxJumps ends a chain of jump hosts that leads back to itself.
	maxJumps = 16
	// askTimeout is for one ssh -G, which may run a user's Match exec and look up names.
	askTimeout = 20 * time.Second
)

// config is how to reach one host: what ssh says, with a policy's Settings over it. All file names are complete.
type config struct {
	name           string // as it was asked for, for messages
	user, hostname string
	port           int
	via            *config // the jump host in front of it

	network          string // tcp, tcp4 or tcp6
	bindAddress      string
	attempts         int
	connectTimeout   time.Duration
	tcpKeepAlive     bool
	aliveInterval    time.Duration
	aliveCountMax    int
	agent            string // socket, "" for none
	identities       []string
	certificates     []string
	identitiesOnly   bool
	pubkeyAlgorithms []string

	hostKeyAlias      string
	knownHosts        []string
	revokedHostKeys   string // "" for none
	hostKeyAlgorithms []string
	caAlgorithms      []string
	minRSABits        int
	ciphers           []string
	keyExchanges      []string
	macs              []string
}

// address is where the TCP connection goes.
func (cfg *config) address() string { return net.JoinHostPort(cfg.hostname, strconv.Itoa(cfg.port)) }

// answers are the values of each keyword that ssh -G printed, in its order.
type answers map[string][]string

// get returns the first value of a keyword; ssh writes none for a value that is not set.
func (a answers) get(name string) string {
	if v := a[name]; len(v) > 0 && v[0] != "none" {
		return v[0]
	}
	return ""
}

// configure works out how to reach dest, jump hosts included.
func (c *Client) configure(ctx context.Context, dest string, s Settings) (*config, error) {
	cfg, err := c.hop(ctx, dest, s, nil)
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			return nil, err
		}
		return nil, &Error{Host: dest, Stage: StageConfigure, Err: err}
	}
	return cfg, nil
}

// hop works out how to reach dest, which is a jump host if there is a trail of destinations that lead to it.
func (c *Client) hop(ctx context.Context, dest string, s Settings, trail []string) (*config, error) {
	d, err := parseDestination(dest)
	if err != nil {
		return nil, err
	}
	if d.user != "" {
		s.User = d.user
	}
	if d.port != 0 {
		s.Port = d.port
	}
	a, err := c.ask(ctx, d.host, s)
	if err != nil {
		return nil, err
	}
	cfg, err := newConfig(dest, d.host, a, s, len(trail) > 0)
	if err != nil {
		return nil, err
	}
	jumps := a.get("proxyjump")
	if jumps == "" {
		return cfg, nil
	}
	trail = append(slices.Clip(trail), dest)
	if len(trail) > maxJumps {
		return nil, fmt.Errorf("more than %d jump hosts; does ProxyJump lead back to where it began? %s", maxJumps, strings.Join(trail, ", then "))
	}
	cfg.via, err = c.jump(ctx, jumps, s, trail)
	return cfg, err
}

// jump works out how to reach the last of jumps through those before it. As in ssh, a jump host that has none before it
// in the list is reached as its own configuration says.
func (c *Client) jump(ctx context.Context, jumps string, s Settings, trail []string) (*config, error) {
	before, last := "", jumps
	if i := strings.LastIndexByte(jumps, ','); i >= 0 {
		before, last = jumps[:i], jumps[i+1:]
	}
	cfg, err := c.hop(ctx, last, Settings{
		IdentityFiles: s.IdentityFiles, CertificateFiles: s.CertificateFiles, KnownHosts: s.KnownHosts,
		ProxyJump: before, Config: s.Config, ConnectTimeout: s.ConnectTimeout,
	}, trail)
	if err != nil {
		return nil, fmt.Errorf("jump host %s: %w", last, err)
	}
	return cfg, nil
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
	args := []string{"-G", "-T"}
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

// newConfig puts a policy's settings over the answers of ssh.
func newConfig(name, host string, a answers, s Settings, jump bool) (*config, error) {
	n := numbers{a: a}
	cfg := &config{
		name: name, user: a.get("user"), hostname: strings.ToLower(a.get("hostname")), port: n.get("port", 22),
		network:        map[string]string{"inet": "tcp4", "inet6": "tcp6"}[a.get("addressfamily")],
		bindAddress:    a.get("bindaddress"),
		attempts:       max(1, n.get("connectionattempts", 1)),
		connectTimeout: time.Duration(n.get("connecttimeout", 0)) * time.Second,
		tcpKeepAlive:   a.get("tcpkeepalive") != "no",
		aliveInterval:  time.Duration(n.get("serveraliveinterval", 0)) * time.Second,
		aliveCountMax:  n.get("serveralivecountmax", 3),
		identitiesOnly: a.get("identitiesonly") == "yes",
		hostKeyAlias:   strings.ToLower(a.get("hostkeyalias")),
		minRSABits:     max(n.get("requiredrsasize", 1024), n.get("rsaminsize", 0)),
	}
	if n.err != nil {
		return nil, n.err
	}
	if cfg.network == "" {
		cfg.network = "tcp"
	}
	if s.ConnectTimeout > 0 {
		cfg.connectTimeout = s.ConnectTimeout
	}
	if cfg.connectTimeout <= 0 {
		cfg.connectTimeout = defaultConnectTimeout
	}
	if s.HostKeyAlias != "" {
		cfg.hostKeyAlias = strings.ToLower(s.HostKeyAlias)
	}
	if err := cfg.setAlgorithms(a); err != nil {
		return nil, err
	}
	return cfg, cfg.setFiles(host, a, s, jump)
}

// setFiles fills in the files. A jump host gets those of the policy beside its own.
func (cfg *config) setFiles(host string, a answers, s Settings, jump bool) error {
	t, err := cfg.tokens(host, a.get("proxyjump"))
	if err != nil {
		return err
	}
	e := expander{tokens: t}
	own := e.all(a["identityfile"])
	cfg.identities = own
	if len(s.IdentityFiles) > 0 {
		cfg.identities = e.all(s.IdentityFiles)
		cfg.identitiesOnly = true
	}
	cfg.certificates = append(e.all(s.CertificateFiles), e.all(a["certificatefile"])...)

	users := e.home(splitPaths(a.get("userknownhostsfile")))
	cfg.knownHosts = users
	if len(s.KnownHosts) > 0 {
		cfg.knownHosts = e.all(s.KnownHosts)
	}
	if jump && len(s.KnownHosts) > 0 {
		cfg.knownHosts = append(cfg.knownHosts, users...)
	}
	if jump && len(s.IdentityFiles) > 0 {
		cfg.identities = append(cfg.identities, own...)
	}
	cfg.knownHosts = append(cfg.knownHosts, e.home(splitPaths(a.get("globalknownhostsfile")))...)
	if revoked := e.all([]string{a.get("revokedhostkeys")}); len(revoked) > 0 {
		cfg.revokedHostKeys = revoked[0]
	}
	cfg.agent = e.socket(a["identityagent"])
	return e.err
}

// splitPaths splits a list of files as ssh -G prints it: with a space between, and no quotes. Files that begin at the root
// or the home folder may have spaces in them.
func splitPaths(list string) []string {
	var paths []string
	for i, word := range strings.Split(list, " ") {
		if i > 0 && filepath.IsAbs(paths[0]) && !filepath.IsAbs(word) && !strings.HasPrefix(word, "~") {
			paths[len(paths)-1] += " " + word
			continue
		}
		paths = append(paths, word)
	}
	return slices.DeleteFunc(paths, func(p string) bool { return p == "" || p == "none" || p == os.DevNull })
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
