package host

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// credentials are the keys to offer to one host, in the order in which ssh would: those in the agent that the
// configuration names, others in the agent, then key files; each certificate before its plain key.
type credentials struct {
	signers []*signer
	skipped []string // what was not offered, and why
	close   func()   // ends the connection to the agent

	cfg  *config
	seen map[string]bool
}

// credentials gathers the keys for cfg. The agent must answer before ctx ends. The caller closes the result.
func (c *Client) credentials(ctx context.Context, cfg *config) (*credentials, error) {
	cred := &credentials{cfg: cfg, seen: map[string]bool{}, close: func() {}}
	certs := cred.certificates(ctx)
	var files []identity
	if c.Key != "" {
		id, err := c.given(ctx)
		if err != nil {
			return nil, err
		}
		cred.offerFile(id, certs)
	}
	for _, path := range cfg.identities {
		id, err := c.identity(ctx, path)
		if err != nil {
			return nil, err
		}
		files = append(files, id)
	}
	held := cred.agent(ctx)
	cred.offerNamed(held, files, certs)
	if !cfg.identitiesOnly {
		for _, key := range held {
			cred.offer(key, "from the agent", comment(key))
		}
	}
	for _, id := range files {
		cred.offerFile(id, certs)
	}
	return cred, nil
}

// certificates reads the files of CertificateFile.
func (cred *credentials) certificates(ctx context.Context) []*ssh.Certificate {
	var certs []*ssh.Certificate
	for _, path := range cred.cfg.certificates {
		cert, err := readCertificate(ctx, path)
		if err != nil {
			cred.skipped = append(cred.skipped, fmt.Sprintf("certificate %s: %v", path, local(err)))
			continue
		}
		certs = append(certs, cert)
	}
	return certs
}

// agent lists the keys of the agent. An agent that does not answer is noted, and does without.
func (cred *credentials) agent(ctx context.Context) []ssh.Signer {
	if cred.cfg.agent == "" {
		return nil
	}
	socket, err := new(net.Dialer).DialContext(ctx, "unix", cred.cfg.agent)
	if err != nil {
		cred.skipped = append(cred.skipped, fmt.Sprintf("the agent cannot be reached: %v", local(err)))
		return nil
	}
	stop := context.AfterFunc(ctx, func() { socket.Close() })
	cred.close = func() {
		stop()
		socket.Close()
	}
	if deadline, ok := ctx.Deadline(); ok {
		// An agent may hang too; what is left of the time must do for the key files.
		socket.SetDeadline(time.Now().Add(time.Until(deadline) / 2))
	}
	held, err := agent.NewClient(socket).Signers()
	if err != nil {
		cred.skipped = append(cred.skipped, fmt.Sprintf("the agent at %s does not list its keys: %v", cred.cfg.agent, local(err)))
	}
	return held
}

// comment returns what the agent calls a key.
func comment(signer ssh.Signer) string {
	if key, ok := signer.PublicKey().(*agent.Key); ok {
		return key.Comment
	}
	return ""
}

// offerNamed offers the agent's keys that are those of files, or of a certificate that is configured.
func (cred *credentials) offerNamed(held []ssh.Signer, files []identity, certs []*ssh.Certificate) {
	for _, id := range files {
		if id.cert != nil {
			certs = append(certs, id.cert)
		}
	}
	for _, cert := range certs {
		for _, key := range held {
			if sameKey(key.PublicKey(), cert.Key) {
				cred.offerCert(cert, key, "from the agent", comment(key))
			}
		}
	}
	for _, id := range files {
		for _, key := range held {
			if id.public != nil && sameKey(plainKey(key.PublicKey()), id.public) {
				cred.offer(key, "from the agent", id.name)
			}
		}
	}
}

// plainKey returns the key that a certificate is about, and other keys as they are.
func plainKey(key ssh.PublicKey) ssh.PublicKey {
	if parsed, err := ssh.ParsePublicKey(key.Marshal()); err == nil {
		if cert, ok := parsed.(*ssh.Certificate); ok {
			return cert.Key
		}
	}
	return key
}

// offerFile offers the key of a file and its certificates.
func (cred *credentials) offerFile(id identity, certs []*ssh.Certificate) {
	if id.signer == nil {
		if id.public == nil || !cred.seen[string(id.public.Marshal())] {
			cred.skipped = append(cred.skipped, fmt.Sprintf("%s: %s", id.name, id.why))
		}
		return
	}
	if id.cert != nil {
		certs = append(slices.Clip(certs), id.cert)
	}
	for _, cert := range certs {
		if sameKey(cert.Key, id.public) {
			cred.offerCert(cert, id.signer, id.name, "")
		}
	}
	cred.offer(id.signer, id.name, "")
}

func (cred *credentials) offerCert(cert *ssh.Certificate, signer ssh.Signer, from, comment string) {
	certSigner, err := ssh.NewCertSigner(cert, signer)
	if err != nil {
		cred.skipped = append(cred.skipped, fmt.Sprintf("certificate %q: %v", clean(cert.KeyId, 80), err))
		return
	}
	cred.offer(certSigner, from, comment)
}

// offer adds a signer, once, if PubkeyAcceptedAlgorithms has an algorithm for it.
func (cred *credentials) offer(key ssh.Signer, from, comment string) {
	public := key.PublicKey()
	if cred.seen[string(public.Marshal())] {
		return
	}
	cred.seen[string(public.Marshal())] = true
	text := strings.TrimSpace(from + " " + clean(comment, 80))
	text = fmt.Sprintf("%s (%s)", describe(public), text)
	algorithms := signing(public, cred.cfg.pubkeyAlgorithms)
	if len(algorithms) == 0 {
		cred.skipped = append(cred.skipped, text+": PubkeyAcceptedAlgorithms does not have its type")
		return
	}
	cred.signers = append(cred.signers, &signer{Signer: key, algorithms: algorithms, text: text})
}

// String says what was offered and what not, for an error.
func (cred *credentials) String() string {
	text := "no key was offered"
	var offered []string
	for _, s := range cred.signers {
		offered = append(offered, s.text)
	}
	if len(offered) > 0 {
		text = "offered were " + strings.Join(offered, ", ")
	}
	if len(cred.skipped) > 0 {
		text += "; not offered: " + strings.Join(cred.skipped, "; ")
	}
	return text
}
