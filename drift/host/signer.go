package host

import (
	"io"
	"slices"

	"golang.org/x/crypto/ssh"
)

// signer is a key that is offered to a host. A key in an agent may refuse to sign: it is to be confirmed (ssh-add -c), may
// be used for other hosts alone (ssh-add -h), or its token is locked or gone.
type signer struct {
	ssh.Signer
	algorithms []string // that it may sign with
	text       string   // describes it, for messages
	refusal    error    // why it did not sign
}

// Algorithms makes an [ssh.MultiAlgorithmSigner] of it.
func (s *signer) Algorithms() []string { return s.algorithms }

// Sign signs with the algorithm that is named as the key's type.
func (s *signer) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return s.signed(s.Signer.Sign(rand, data))
}

// SignWithAlgorithm signs with one of its algorithms.
func (s *signer) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	if several, ok := s.Signer.(ssh.AlgorithmSigner); ok {
		return s.signed(several.SignWithAlgorithm(rand, data, algorithm))
	}
	return s.Sign(rand, data)
}

// signed notes why there is no signature.
func (s *signer) signed(signature *ssh.Signature, err error) (*ssh.Signature, error) {
	s.refusal = err
	return signature, err
}

// refused returns the keys that did not sign, though the host would have taken them.
func (cred *credentials) refused() []*signer {
	return slices.DeleteFunc(slices.Clone(cred.signers), func(s *signer) bool { return s.refusal == nil })
}

// willing returns the keys that have not refused.
func (cred *credentials) willing() []ssh.Signer {
	var keys []ssh.Signer
	for _, s := range cred.signers {
		if s.refusal == nil {
			keys = append(keys, s)
		}
	}
	return keys
}

// behind returns the keys behind the last one that has refused. The host did not take those before it, and counts how many
// it is shown.
func (cred *credentials) behind() []ssh.Signer {
	var keys []ssh.Signer
	for _, s := range cred.signers {
		keys = append(keys, s)
		if s.refusal != nil {
			keys = nil
		}
	}
	return keys
}
