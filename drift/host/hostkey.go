package host

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
)

// hostKeys decides about the host key of one host, as ssh with StrictHostKeyChecking=yes does.
type hostKeys struct {
	cfg     *config
	names   []string      // under which the host may be known: with its port first, then without
	lines   [][]knownLine // of each of names
	revoked []ssh.PublicKey
}

// hostKeys reads what is known about the host.
func (c *Client) hostKeys(ctx context.Context, cfg *config) (*hostKeys, error) {
	h := &hostKeys{cfg: cfg, names: []string{cfg.hostname}}
	if cfg.hostKeyAlias != "" {
		h.names = []string{cfg.hostKeyAlias}
	} else if cfg.port != 22 {
		h.names = []string{"[" + cfg.hostname + "]:" + strconv.Itoa(cfg.port), cfg.hostname}
	}
	for _, name := range h.names {
		lines, err := c.knownLines(ctx, cfg.knownHosts, name)
		if err != nil {
			return nil, err
		}
		h.lines = append(h.lines, lines)
	}
	if cfg.revokedHostKeys == "" {
		return h, nil
	}
	var err error
	h.revoked, err = readRevoked(ctx, cfg.revokedHostKeys)
	return h, err
}

// readRevoked reads a file of RevokedHostKeys. A file that cannot be read revokes every key, as in ssh.
func readRevoked(ctx context.Context, file string) ([]ssh.PublicKey, error) {
	text, err := readFile(ctx, file, maxKeyFile)
	if err != nil {
		return nil, local(fmt.Errorf("RevokedHostKeys: %w", err))
	}
	if bytes.HasPrefix(text, []byte("SSHKRL\n")) {
		return nil, fmt.Errorf("RevokedHostKeys %s is a key revocation list in OpenSSH's binary format, which gate does not read; a list of public keys is supported", file)
	}
	var keys []ssh.PublicKey
	n := 0
	for line := range bytes.Lines(text) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		key, _, _, _, err := ssh.ParseAuthorizedKey(line)
		if err != nil {
			return nil, fmt.Errorf("RevokedHostKeys %s:%d: %w", file, n, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// with returns the lines of all names that have a marker.
func (h *hostKeys) with(marker string) []knownLine {
	return slices.DeleteFunc(slices.Concat(h.lines...), func(l knownLine) bool { return l.marker != marker })
}

// counting returns the lines whose keys count as the host's own: those of the first name that has any. As in ssh
// (check_host_key in sshconnect.c), a key that is known without a port counts only where none is known with it: otherwise
// the key of one server of a machine would open the others. Authorities of certificates count under either name.
func (h *hostKeys) counting() []knownLine {
	for _, lines := range h.lines {
		lines = slices.DeleteFunc(slices.Clone(lines), func(l knownLine) bool { return l.marker != "" })
		if len(lines) > 0 {
			return lines
		}
	}
	return nil
}

// algorithms returns the algorithms to offer: those that can prove a known key before the others. Without that, a host
// with several keys may show one that is not known (golang/go#49631).
func (h *hostKeys) algorithms() []string {
	authorities, plain := h.with("cert-authority"), h.counting()
	known := func(algorithm string) bool {
		if strings.HasSuffix(algorithm, certSuffix) {
			return len(authorities) > 0
		}
		return slices.ContainsFunc(plain, func(l knownLine) bool { return l.key.Type() == keyFormat(algorithm) })
	}
	ordered := slices.Clone(h.cfg.hostKeyAlgorithms)
	slices.SortStableFunc(ordered, func(a, b string) int {
		switch knownA, knownB := known(a), known(b); {
		case knownA == knownB:
			return 0
		case knownA:
			return -1
		}
		return 1
	})
	return ordered
}

// check is the [ssh.HostKeyCallback] of the host. Its errors have no [Error.Host].
func (h *hostKeys) check(_ string, _ net.Addr, key ssh.PublicKey) error {
	plain := key
	cert, isCert := key.(*ssh.Certificate)
	if isCert {
		plain = cert.Key
	}
	if err := h.checkRevoked(plain, cert); err != nil {
		return h.refuse(err, "")
	}
	if bits := rsaBits(plain); bits > 0 && bits < h.cfg.minRSABits {
		return h.refuse(fmt.Errorf("its RSA key %s has %d bits; RequiredRSASize asks for %d", ssh.FingerprintSHA256(plain), bits, h.cfg.minRSABits), "")
	}
	var certErr error
	if isCert {
		if certErr = h.checkCert(cert); certErr == nil {
			return nil
		}
	}
	// A host may be known by the key in its certificate: ssh falls back to that too.
	err := h.checkPlain(plain)
	if err != nil && certErr != nil && !errors.Is(certErr, errNoAuthority) {
		return h.refuse(certErr, "")
	}
	return err
}

// checkRevoked looks for the key, and for a certificate's authority, among those that must not be used any more.
func (h *hostKeys) checkRevoked(plain ssh.PublicKey, cert *ssh.Certificate) error {
	keys := []ssh.PublicKey{plain}
	if cert != nil {
		keys = append(keys, cert.SignatureKey)
	}
	for _, key := range keys {
		for _, line := range h.with("revoked") {
			if sameKey(line.key, key) {
				return fmt.Errorf("the key %s is revoked at %s", describe(key), line)
			}
		}
		for _, revoked := range h.revoked {
			if sameKey(revoked, key) {
				return fmt.Errorf("the key %s is revoked in %s", describe(key), h.cfg.revokedHostKeys)
			}
		}
	}
	return nil
}

var errNoAuthority = errors.New("no @cert-authority line has the key that signed the host's certificate")

// checkCert checks a host certificate: authority, names, time.
func (h *hostKeys) checkCert(cert *ssh.Certificate) error {
	authorities := h.with("cert-authority")
	at := slices.IndexFunc(authorities, func(l knownLine) bool { return sameKey(l.key, cert.SignatureKey) })
	if at < 0 {
		return errNoAuthority
	}
	line := authorities[at]
	if cert.CertType != ssh.HostCert {
		return fmt.Errorf("it shows a certificate that is not for hosts")
	}
	if !slices.Contains(h.cfg.caAlgorithms, cert.Signature.Format) {
		return fmt.Errorf("its certificate is signed with %s, which CASignatureAlgorithms does not allow", clean(cert.Signature.Format, 80))
	}
	principal := h.cfg.hostname
	if h.cfg.hostKeyAlias != "" {
		principal = h.cfg.hostKeyAlias
	}
	if err := new(ssh.CertChecker).CheckCert(principal, cert); err != nil {
		return fmt.Errorf("its certificate %q, serial %d, signed by %s (%s), does not hold: %s", clean(cert.KeyId, 80), cert.Serial,
			describe(cert.SignatureKey), line, clean(strings.TrimPrefix(err.Error(), "ssh: "), 400))
	}
	return nil
}

// checkPlain looks for the key among those that count.
func (h *hostKeys) checkPlain(key ssh.PublicKey) error {
	var changed, others []string
	for _, line := range h.counting() {
		switch {
		case sameKey(line.key, key):
			return nil
		case line.key.Type() == key.Type():
			changed = append(changed, fmt.Sprintf("%s (%s)", ssh.FingerprintSHA256(line.key), line))
		default:
			others = append(others, fmt.Sprintf("%s (%s)", describe(line.key), line))
		}
	}
	if len(changed) > 0 {
		return h.refuse(fmt.Errorf("the key is not the known one: the host offers %s, known is %s%s", describe(key), strings.Join(changed, ", "), h.elsewhere(key)),
			"either the host was given a new key, or somebody answers in its place; ask who runs it, and only then remove the old line")
	}
	if len(others) > 0 {
		return h.refuse(fmt.Errorf("the host offers %s; it is known only by keys of other types: %s%s", describe(key), strings.Join(others, ", "), h.elsewhere(key)), h.advice())
	}
	return h.refuse(fmt.Errorf("the key is unknown: the host offers %s, and %s is in none of %s", describe(key), strings.Join(h.names, " or "), h.files()), h.advice())
}

// elsewhere says for the end of a sentence that a key is known without the port, which does not count.
func (h *hostKeys) elsewhere(key ssh.PublicKey) string {
	for _, line := range h.with("") {
		if sameKey(line.key, key) {
			return fmt.Sprintf("; the key at %s is of %s without a port, and counts only where no key of %s is known", line, h.names[1], h.names[0])
		}
	}
	return ""
}

func (h *hostKeys) refuse(err error, hint string) error {
	return &Error{Stage: StageHostKey, Err: err, Hint: hint}
}

// advice says how to get to know a host.
func (h *hostKeys) advice() string {
	command := "ssh " + h.cfg.name
	if d, err := parseDestination(h.cfg.name); err == nil && d.port != 0 {
		command = "ssh ssh://" + d.String()
	}
	text := "connect once with " + command + " and compare the fingerprint with the one that the host's owner gives you (on the host: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub)"
	if len(h.cfg.knownHosts) > 0 {
		text += "; the key belongs into " + h.cfg.knownHosts[0]
	}
	return text
}

// files lists the files that were looked at.
func (h *hostKeys) files() string {
	var list []string
	for _, file := range h.cfg.knownHosts {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			file += " (does not exist)"
		}
		list = append(list, file)
	}
	if len(list) == 0 {
		return "its known_hosts files, since none are configured"
	}
	return strings.Join(list, ", ")
}

// describe names a key.
func describe(key ssh.PublicKey) string { return key.Type() + " " + ssh.FingerprintSHA256(key) }

func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

// rsaBits returns the size of an RSA key, 0 for other keys.
func rsaBits(key ssh.PublicKey) int {
	if k, ok := key.(ssh.CryptoPublicKey); ok {
		if k, ok := k.CryptoPublicKey().(*rsa.PublicKey); ok {
			return k.N.BitLen()
		}
	}
	return 0
}
