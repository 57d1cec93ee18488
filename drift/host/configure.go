package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxJumps ends a chain of jump hosts that leads back to itself.
const maxJumps = 16

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
