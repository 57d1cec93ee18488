package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// handshake makes an SSH connection of tcp. It must be done before limit ends; the connection lasts until ctx ends.
func (c *Client) handshake(ctx, limit context.Context, cfg *config, tcp net.Conn) (*connection, error) {
	keys, err := c.hostKeys(limit, cfg)
	if err != nil {
		return nil, &Error{Stage: StageHostKey, Err: err}
	}
	cred, err := c.credentials(limit, cfg)
	if err != nil {
		return nil, &Error{Stage: StageAuthenticate, Err: err}
	}
	defer cred.close()

	w := newWire(tcp)
	stop := context.AfterFunc(limit, func() { w.Close() })
	defer stop()
	h := &handshake{keys: keys, cred: cred}
	sshConn, chans, reqs, err := ssh.NewClientConn(w, cfg.address(), h.config(cfg))
	if err != nil {
		return nil, h.explain(limit, w, err)
	}
	if !stop() {
		sshConn.Close()
		return nil, &Error{Stage: StageAuthenticate, Err: context.Cause(limit)}
	}
	conn := &connection{Conn: sshConn, name: cfg.name, hostKey: h.hostKey, wire: w, done: make(chan struct{})}
	conn.ctx, conn.fail = context.WithCancelCause(ctx)
	go conn.tend(cfg, chans, reqs)
	return conn, nil
}

// handshake follows one key exchange and authentication, to be able to say how far it came.
type handshake struct {
	keys    *hostKeys
	cred    *credentials
	hostErr error    // of the host key
	hostKey string   // its fingerprint, without a certificate
	trusted bool     // the host key is accepted
	methods []string // that the host allows for authentication
	begun   bool     // keys have been offered
	partly  int      // how often the host took a key and wanted another one
	refused int      // how many keys have refused to sign
	banner  string
}

func (h *handshake) config(cfg *config) *ssh.ClientConfig {
	return &ssh.ClientConfig{
		Config: ssh.Config{KeyExchanges: cfg.keyExchanges, Ciphers: cfg.ciphers, MACs: cfg.macs},
		User:   cfg.user,
		// x/crypto ends an attempt at the first key that does not sign; the next attempt goes on behind it, as ssh does.
		AuthCallback: func(a *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
			h.methods = a.AllowedMethods
			return h.next(a), nil
		},
		HostKeyAlgorithms: h.keys.algorithms(),
		HostKeyCallback: func(name string, remote net.Addr, key ssh.PublicKey) error {
			h.hostErr = h.keys.check(name, remote, key)
			h.hostKey = ssh.FingerprintSHA256(plainKey(key))
			h.trusted = h.hostErr == nil
			return h.hostErr
		},
		BannerCallback: func(text string) error {
			h.banner = text[:min(len(text), 2000)]
			return nil
		},
		ClientVersion: "SSH-2.0-gate",
	}
}

// next returns how to authenticate next, nil where nothing is left.
func (h *handshake) next(a *ssh.ClientAuthContext) ssh.AuthMethod {
	partly, refused := len(a.PartialSuccessMethods), len(h.cred.refused())
	var keys []ssh.Signer
	switch {
	case !h.begun || partly > h.partly: // the host wants a key, or another one
		keys = h.cred.willing()
	case refused > h.refused:
		keys = h.cred.behind()
	}
	h.begun, h.partly, h.refused = true, partly, refused
	if len(keys) == 0 || !slices.Contains(a.AllowedMethods, "publickey") {
		return nil
	}
	return ssh.PublicKeys(keys...)
}

// explain says what went wrong, at which stage. It is called once NewClientConn has returned.
func (h *handshake) explain(limit context.Context, w *wire, err error) error {
	if h.hostErr != nil {
		return h.hostErr
	}
	if limit.Err() != nil {
		cause := context.Cause(limit)
		switch {
		case h.trusted:
			return &Error{Stage: StageAuthenticate, Err: fmt.Errorf("%w; the host key was right, then no answer to authentication came", cause)}
		case w.greeting() == "":
			return &Error{Stage: StageHandshake, Err: fmt.Errorf("%w; the connection was accepted, then no SSH greeting came%s", cause, w.quote())}
		}
		return &Error{Stage: StageHandshake, Err: fmt.Errorf("%w; the host greeted (%s), then the key exchange did not go on", cause, w.greeting())}
	}
	if h.trusted {
		return h.explainAuth(err)
	}
	var none *ssh.AlgorithmNegotiationError
	switch {
	case errors.As(err, &none):
		return &Error{Stage: StageHandshake, Err: fmt.Errorf("no common algorithm for %s: the host has %s; gate has %s",
			none.What, algorithmList(none.RequestedAlgorithms), algorithmList(none.SupportedAlgorithms))}
	case w.greeting() == "":
		e := &Error{Stage: StageHandshake, Err: fmt.Errorf("%s%s", hungUp(err, "the connection was accepted, and closed without an SSH greeting"), w.quote())}
		if strings.Contains(w.quote(), "MaxStartups") {
			e.Hint = "the host turns connections away while too many are being opened; try again, or with a lower --parallel"
		}
		return e
	}
	return &Error{Stage: StageHandshake, Err: fmt.Errorf("key exchange with %s: %s", w.greeting(), hungUp(err, "the host closed the connection"))}
}

// algorithmList joins algorithms, without the marks of protocol extensions among them.
func algorithmList(names []string) string {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return strings.HasPrefix(name, "ext-info-") || strings.HasPrefix(name, "kex-strict-")
	})
	return clean(strings.Join(names, ","), 500)
}

// hungUp is the text of err, or other if it only says that the stream ended.
func hungUp(err error, other string) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed) {
		return other
	}
	return clean(strings.TrimPrefix(inner(err).Error(), "ssh: handshake failed: "), 400)
}

// explainAuth says why the host did not let us in.
func (h *handshake) explainAuth(err error) error {
	text := strings.TrimPrefix(hungUp(err, "the host closed the connection during authentication"), "ssh: ")
	switch refused := h.cred.refused(); {
	case len(refused) > 0:
		var keys []string
		for _, s := range refused {
			keys = append(keys, fmt.Sprintf("%s, which did not sign: %s", s.text, clean(s.refusal.Error(), 200)))
		}
		text = "the host accepts " + strings.Join(keys, ", and ") + "; no other key was accepted"
	case strings.Contains(text, "unable to authenticate"):
		text = "the host accepted none of our keys"
	}
	text += "; " + h.cred.String()
	if len(h.methods) > 0 {
		text += "; the host allows " + clean(strings.Join(h.methods, ", "), 200)
	}
	if h.banner != "" {
		text += fmt.Sprintf("; it says %q", clean(h.banner, 300))
	}
	return &Error{Stage: StageAuthenticate, Err: errors.New(text), Hint: h.hint(text)}
}

func (h *handshake) hint(text string) string {
	switch {
	case len(h.methods) > 0 && !slices.Contains(h.methods, "publickey"):
		return "the host does not take keys; gate has no other way in"
	case strings.Contains(text, "Too many authentication failures"):
		return "name the right key (identity_file in the policy's ssh block, or IdentityFile with IdentitiesOnly yes)"
	case len(h.cred.refused()) > 0:
		return "an agent does not sign with a key that must be confirmed (ssh-add -c), is for other hosts (ssh-add -h), or whose token is locked; load it anew, or name another key"
	case len(h.cred.signers) == 0:
		return "load a key into the agent (ssh-add), name an identity file, or set GATE_SSH_KEY"
	}
	return ""
}
