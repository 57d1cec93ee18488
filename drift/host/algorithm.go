package host

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

const certSuffix = "-cert-v01@openssh.com"

// setAlgorithms takes what ssh would offer, in its order, as far as x/crypto has it. Where ssh says nothing, x/crypto's
// own preference counts, without what it calls insecure.
func (cfg *config) setAlgorithms(a answers) (err error) {
	safe, old := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	pick := func(name string, safe, old []string) []string {
		wanted := a.get(name)
		if wanted == "" || err != nil {
			return safe
		}
		var both []string
		for _, algorithm := range strings.Split(wanted, ",") {
			if slices.Contains(safe, algorithm) || slices.Contains(old, algorithm) {
				both = append(both, algorithm)
			}
		}
		if len(both) == 0 {
			err = fmt.Errorf("its ssh configuration has %s %s, and gate can do none of these, only %s", name, clean(wanted, 500), strings.Join(safe, ","))
		}
		return both
	}
	cfg.keyExchanges = pick("kexalgorithms", safe.KeyExchanges, old.KeyExchanges)
	cfg.ciphers = pick("ciphers", safe.Ciphers, old.Ciphers)
	cfg.macs = pick("macs", safe.MACs, old.MACs)
	cfg.hostKeyAlgorithms = pick("hostkeyalgorithms", safe.HostKeys, old.HostKeys)
	cfg.caAlgorithms = pick("casignaturealgorithms", safe.PublicKeyAuths, old.PublicKeyAuths)

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

// restrict limits signer to those of the accepted algorithms that fit its key. It returns nil if there is none.
func restrict(signer ssh.Signer, accepted []string) ssh.Signer {
	var algorithms []string
	for _, algorithm := range accepted {
		if keyFormat(algorithm) == signer.PublicKey().Type() {
			algorithms = append(algorithms, plainAlgorithm(algorithm))
		}
	}
	if len(algorithms) == 0 {
		return nil
	}
	if s, ok := signer.(ssh.AlgorithmSigner); ok {
		if limited, err := ssh.NewSignerWithAlgorithms(s, algorithms); err == nil {
			return limited
		}
	}
	return signer
}
