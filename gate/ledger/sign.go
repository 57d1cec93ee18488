package ledger

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// namespace is what git signs commits for, so that a signature for a file or a mail is none of a commit.
const namespace = "git"

const magic = "SSHSIG"

// sshsig is a signature as ssh-keygen -Y makes them; see PROTOCOL.sshsig of OpenSSH.
type sshsig struct {
	Version   uint32
	PublicKey []byte
	Namespace string
	Reserved  string
	Hash      string
	Signature []byte
}

// verify verifies the signature of a commit and returns the public key that has made it, in the form of RFC 4253,
// section 6.6. Whose key that is, is another question. Errors are whole sentences about the event.
func verify(signature string, payload []byte) ([]byte, error) {
	if signature == "" {
		return nil, errors.New("it is not signed")
	}
	block, rest := pem.Decode([]byte(signature))
	if block == nil || block.Type != "SSH SIGNATURE" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("it is not signed with an SSH key")
	}
	blob, ok := bytes.CutPrefix(block.Bytes, []byte(magic))
	var s sshsig
	if err := ssh.Unmarshal(blob, &s); !ok || err != nil {
		return nil, errors.New("its signature cannot be read")
	}
	if s.Version != 1 || s.Namespace != namespace {
		return nil, errors.New("its signature is one for something else than git")
	}
	key, err := ssh.ParsePublicKey(s.PublicKey)
	if err != nil {
		return nil, errors.New("its signature has a key that cannot be read")
	}
	message, err := s.message(payload)
	if err != nil {
		return nil, err
	}
	var inner ssh.Signature
	if err := ssh.Unmarshal(s.Signature, &inner); err != nil {
		return nil, errors.New("its signature cannot be read")
	}
	if inner.Format == ssh.KeyAlgoRSA {
		return nil, errors.New("its signature is one over SHA-1, which is broken")
	}
	if key.Verify(message, &inner) != nil {
		return nil, errors.New("its signature is not one of what it says")
	}
	return s.PublicKey, nil
}

// message returns what the key has signed: the digest of the payload, and what it is for.
func (s *sshsig) message(payload []byte) ([]byte, error) {
	var digest []byte
	switch s.Hash {
	case "sha256":
		sum := sha256.Sum256(payload)
		digest = sum[:]
	case "sha512":
		sum := sha512.Sum512(payload)
		digest = sum[:]
	default:
		return nil, fmt.Errorf("its signature uses the unknown digest %q", s.Hash)
	}
	return append([]byte(magic), ssh.Marshal(struct {
		Namespace, Reserved, Hash string
		Digest                    []byte
	}{s.Namespace, s.Reserved, s.Hash, digest})...), nil
}

// sign signs a payload as ssh-keygen -Y does, with a key that is in this process only.
func sign(key ssh.Signer, payload []byte) (string, error) {
	s := sshsig{Version: 1, PublicKey: key.PublicKey().Marshal(), Namespace: namespace, Hash: "sha512"}
	message, err := s.message(payload)
	if err != nil {
		return "", err
	}
	algorithm := ""
	if key.PublicKey().Type() == ssh.KeyAlgoRSA {
		algorithm = ssh.KeyAlgoRSASHA512
	}
	signer, ok := key.(ssh.AlgorithmSigner)
	if !ok {
		return "", fmt.Errorf("a key of the type %s cannot sign here", key.PublicKey().Type())
	}
	made, err := signer.SignWithAlgorithm(rand.Reader, message, algorithm)
	if err != nil {
		return "", err
	}
	s.Signature = ssh.Marshal(made)
	block := &pem.Block{Type: "SSH SIGNATURE", Bytes: append([]byte(magic), ssh.Marshal(s)...)}
	return string(pem.EncodeToMemory(block)), nil
}

// signing is how events are signed: by git, with the key that the user has set up for it; by gate, with a key from the
// environment, which is never written anywhere; or, where the zero value says so, not at all.
type signing struct {
	git bool
	key ssh.Signer
}

// signing finds out how to sign. Where the policy has signers there must be a key.
func (l *Ledger) signing(ctx context.Context) (signing, error) {
	if text := l.getenv("GATE_LEDGER_KEY"); text != "" {
		key, err := ssh.ParsePrivateKey([]byte(strings.TrimSpace(text) + "\n"))
		if err != nil {
			// The error of the parser could quote the key.
			return signing{}, &Error{
				Err:  errors.New("ledger: GATE_LEDGER_KEY is not a private SSH key without a passphrase"),
				Hint: "it holds the whole key, with its first and last line: ssh-keygen -t ed25519 -N '' -f FILE makes one",
			}
		}
		return signing{key: key}, nil
	}
	about, err := l.settings(ctx, "gpg.format", "user.signingkey", "gpg.ssh.defaultkeycommand")
	if err != nil {
		return signing{}, err
	}
	ready := about["gpg.format"] == "ssh" && about["user.signingkey"]+about["gpg.ssh.defaultkeycommand"] != ""
	if !ready && len(l.signers) > 0 {
		return signing{}, &Error{
			Err:  errors.New("ledger: the policy has signers, and there is no key to sign with"),
			Hint: "git config gpg.format ssh && git config user.signingkey ~/.ssh/id_ed25519.pub; in CI put the private key into GATE_LEDGER_KEY",
		}
	}
	if !ready || len(l.signers) > 0 {
		return signing{git: ready}, nil
	}
	always, err := l.git.run(ctx, "config", "--type=bool", "--default=false", "--get", "commit.gpgsign")
	return signing{git: always == "true"}, err
}

// settings returns what the user's git configuration says of some names in lower case.
func (l *Ledger) settings(ctx context.Context, names ...string) (map[string]string, error) {
	out, err := l.git.run(ctx, "config", "--null", "--get-regexp", "^("+strings.ReplaceAll(strings.Join(names, "|"), ".", `\.`)+")$")
	if err != nil && exitCode(err) != 1 { // 1 where there are none
		return nil, err
	}
	values := map[string]string{}
	for entry := range strings.SplitSeq(out, "\x00") {
		name, value, _ := strings.Cut(entry, "\n")
		values[name] = value // the last one counts
	}
	return values, nil
}

// commit makes a commit of a tree, and signs it.
func (s signing) commit(ctx context.Context, g *git, message, tree, parent string) (string, error) {
	args := []string{"-c", "i18n.commitEncoding=UTF-8", "commit-tree", "--no-gpg-sign"}
	if s.git {
		args[len(args)-1] = "--gpg-sign"
	}
	if parent != "" {
		args = append(args, "-p", parent)
	}
	id, err := g.input(ctx, strings.NewReader(message+"\n"), append(args, tree)...)
	if err != nil || s.key == nil {
		return id, err
	}
	payload, err := g.run(ctx, "cat-file", "commit", id)
	if err != nil {
		return "", err
	}
	payload += "\n" // run has cut it off
	signature, err := sign(s.key, []byte(payload))
	if err != nil {
		return "", err
	}
	header := "gpgsig"
	if len(id) == 2*sha256.Size {
		header = "gpgsig-sha256"
	}
	head, rest, _ := strings.Cut(payload, "\n\n")
	signed := head + "\n" + header + " " + strings.ReplaceAll(strings.TrimSuffix(signature, "\n"), "\n", "\n ") + "\n\n" + rest
	return g.input(ctx, strings.NewReader(signed), "hash-object", "-w", "--stdin", "-t", "commit")
}
