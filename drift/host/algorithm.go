package host

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

const certSuffix = "-cert-v01@openssh.com"

// sameAs has what x/crypto knows under another name: what a method was called before its RFC, or since.
var sameAs = map[string]string{
	"curve25519-sha256@libssh.org": ssh.KeyExchangeCurve25519, // RFC 8731; x/crypto offers both names
	"chacha20-poly1305":            ssh.CipherChaCha20Poly1305,
}

// aead are the ciphers that come without a MAC of their own (RFC 5647; PROTOCOL.chacha20poly1305 of OpenSSH).
var aead = []string{ssh.CipherAES128GCM, ssh.CipherAES256GCM, ssh.CipherChaCha20Poly1305}

// setAlgorithms takes what ssh would offer, in its order, as far as x/crypto has it. Where ssh says nothing, x/crypto's
// own preference counts, without what it calls insecure.
func (cfg *config) setAlgorithms(a answers) (err error) {
	safe, old := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	pick := func(name string, safe, old []string) []string {
		picked, wrong := pickAlgorithms(name, a.get(name), safe, old)
		if err == nil {
			err = wrong
		}
		return picked
	}
	cfg.keyExchanges = pick("kexalgorithms", safe.KeyExchanges, old.KeyExchanges)
	cfg.ciphers = pick("ciphers", safe.Ciphers, old.Ciphers)
	cfg.hostKeyAlgorithms = pick("hostkeyalgorithms", safe.HostKeys, old.HostKeys)
	cfg.caAlgorithms = pick("casignaturealgorithms", safe.PublicKeyAuths, old.PublicKeyAuths)
	var none error
	cfg.macs, none = pickAlgorithms("macs", a.get("macs"), safe.MACs, old.MACs)
	if none != nil { // then only the ciphers that need none will do
		cfg.ciphers = slices.DeleteFunc(cfg.ciphers, func(cipher string) bool { return !slices.Contains(aead, cipher) })
		if cfg.macs = safe.MACs; len(cfg.ciphers) == 0 && err == nil {
			err = none
		}
	}

	var certs []string
	for _, algorithm := range safe.PublicKeyAuths {
		certs = append(certs, certAlgorithm(algorithm))
	}
	keys := slices.Concat(certs, safe.PublicKeyAuths)
	accepted := "pubkeyacceptedalgorithms"
	if a.get(accepted) == "" {
		accepted = "pubkeyacceptedkeytypes" // its name before OpenSSH 8.5
	}
	cfg.pubkeyAlgorithms = pick(accepted, keys, append(old.PublicKeyAuths, ssh.CertAlgoRSAv01, certAlgorithm("ssh-dss")))
	return err
}

// pickAlgorithms returns what x/crypto can do of the list that ssh has for a keyword; of no list, what is safe.
func pickAlgorithms(keyword, list string, safe, old []string) ([]string, error) {
	if list == "" {
		return safe, nil
	}
	var picked []string
	for _, algorithm := range strings.Split(list, ",") {
		if same := sameAs[algorithm]; same != "" {
			algorithm = same
		}
		if !slices.Contains(picked, algorithm) && (slices.Contains(safe, algorithm) || slices.Contains(old, algorithm)) {
			picked = append(picked, algorithm)
		}
	}
	if len(picked) == 0 {
		return nil, fmt.Errorf("its ssh configuration has %s %s, and gate can do none of these, only %s", keyword, clean(list, 500), strings.Join(safe, ","))
	}
	return picked, nil
}

// certAlgorithm returns the name of an algorithm for certificates over keys of it.
func certAlgorithm(algorithm string) string {
	return strings.TrimSuffix(algorithm, "@openssh.com") + certSuffix
}

// plainAlgorithm returns the algorithm that a certificate's key signs with, and algorithm itself if it is no
// certificate's.
func plainAlgorithm(algorithm string) string {
	plain, isCert := strings.CutSuffix(algorithm, certSuffix)
	if isCert && strings.HasPrefix(plain, "sk-") {
		plain += "@openssh.com"
	}
	return plain
}

// keyFormat returns the type of keys that algorithm signs with: RSA keys have one type and several algorithms (RFC 8332).
func keyFormat(algorithm string) string {
	switch algorithm {
	case ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512:
		return ssh.KeyAlgoRSA
	case ssh.CertAlgoRSASHA256v01, ssh.CertAlgoRSASHA512v01:
		return ssh.CertAlgoRSAv01
	}
	return algorithm
}

// signing returns the algorithms of the accepted ones that a key signs with, none where none fits it.
func signing(key ssh.PublicKey, accepted []string) []string {
	var algorithms []string
	for _, algorithm := range accepted {
		if keyFormat(algorithm) == key.Type() {
			algorithms = append(algorithms, plainAlgorithm(algorithm))
		}
	}
	return algorithms
}
