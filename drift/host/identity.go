package host

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/crypto/ssh"
)

// identity is what an IdentityFile holds.
type identity struct {
	name   string           // for messages
	public ssh.PublicKey    // nil if it cannot be told
	signer ssh.Signer       // nil if only an agent could use the key
	cert   *ssh.Certificate // from the file beside it, NAME-cert.pub
	why    string           // why there is no signer
}

// identity reads a key file once.
func (c *Client) identity(ctx context.Context, path string) (identity, error) {
	id, err := once(ctx, c, c.keys, path, func(ctx context.Context) (identity, error) {
		id := c.readIdentity(ctx, path)
		id.name = path
		return id, nil
	})
	return id, unended(ctx, "reading "+path, err)
}

// given returns the key of Client.Key.
func (c *Client) given(ctx context.Context) (identity, error) {
	return once(ctx, c, c.keys, "", func(context.Context) (identity, error) {
		id := identity{name: "GATE_SSH_KEY"}
		id.parse([]byte(c.Key), c.Passphrase)
		if id.signer == nil {
			return id, fmt.Errorf("GATE_SSH_KEY: %s", id.why)
		}
		return id, nil
	})
}

func (c *Client) readIdentity(ctx context.Context, path string) identity {
	var id identity
	text, err := readFile(ctx, path, maxKeyFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		id.why = "there is no such file"
	case err != nil:
		id.why = local(err).Error()
	default:
		id.parse(text, c.Passphrase)
	}
	if id.public == nil {
		id.public, _ = readPublic(ctx, path+".pub")
	}
	if cert, err := readCertificate(ctx, path+"-cert.pub"); err == nil {
		id.cert = cert
	} else if !errors.Is(err, fs.ErrNotExist) && ctx.Err() == nil {
		c.warn("%s-cert.pub: %v", path, err)
	}
	return id
}

// parse reads a private key, or a public one, which ssh also takes for a key that the agent holds.
func (id *identity) parse(text []byte, passphrase string) {
	signer, err := ssh.ParsePrivateKey(text)
	var encrypted *ssh.PassphraseMissingError
	if errors.As(err, &encrypted) {
		id.public = encrypted.PublicKey
		if passphrase == "" {
			id.why = "it is encrypted: set GATE_SSH_PASSPHRASE or load it into an agent with ssh-add"
			return
		}
		signer, err = ssh.ParsePrivateKeyWithPassphrase(text, []byte(passphrase))
	}
	if err == nil {
		id.signer, id.public = signer, signer.PublicKey()
		return
	}
	id.why = err.Error()
	if errors.Is(err, x509.IncorrectPasswordError) {
		id.why = "it cannot be decrypted with the passphrase in GATE_SSH_PASSPHRASE"
	}
	if public, _, _, _, err := ssh.ParseAuthorizedKey(text); err == nil {
		id.public, id.why = public, "it is a public key, and the agent does not have its private one"
	}
}

// readPublic reads a public key file.
func readPublic(ctx context.Context, path string) (ssh.PublicKey, error) {
	text, err := readFile(ctx, path, maxKeyFile)
	if err != nil {
		return nil, err
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	return key, err
}

// readCertificate reads a file that holds a certificate.
func readCertificate(ctx context.Context, path string) (*ssh.Certificate, error) {
	key, err := readPublic(ctx, path)
	if err != nil {
		return nil, err
	}
	cert, ok := key.(*ssh.Certificate)
	if !ok {
		return nil, fmt.Errorf("it holds no certificate but a key")
	}
	return cert, nil
}
