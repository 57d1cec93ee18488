package policies

import (
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/crypto/ssh"
)

// Signer is a signer block: a key, and which events count when it has signed them.
type Signer struct {
	Name         string
	Key          ssh.PublicKey
	May          []string  // kinds of events: "deployed", "verified:smoke"
	Environments []string  // empty for all
	Expires      time.Time // the first instant at which what it signs does not count any more; zero for never
	Range        hcl.Range

	keyRange hcl.Range
}

// eventKinds are the kinds of events that a signer may be allowed. After "verified" the name of a verification may
// follow, separated by a colon.
var eventKinds = []string{"built", "deploying", "deployed", "verified", "failed", "revoked", "observed", "decided", "note", "hold", "resume", "override", "set-aside"}

func (d *decoder) signer(b *hclsyntax.Block) Signer {
	s := Signer{Name: b.Labels[0], Range: b.DefRange()}
	d.block(b,
		required("key", func(a *hclsyntax.Attribute) {
			if w, ok := d.word(a); ok {
				s.Key, s.keyRange = d.publicKey(w), w.at
			}
		}),
		required("may", func(a *hclsyntax.Attribute) {
			d.strings(&s.May)(a)
			d.checkEvents(a)
		}),
		attr("environments", d.environmentNames(&s.Environments)),
		attr("expires", d.until(&s.Expires)),
	)
	return s
}

// publicKey reads a key in the format of authorized_keys (sshd(8)), without options.
func (d *decoder) publicKey(w word) ssh.PublicKey {
	const form = "Write the public key as it stands in the .pub file: \"ssh-ed25519 AAAA… comment\"."
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(w.text))
	_, isCertificate := key.(*ssh.Certificate)
	switch {
	case strings.Contains(w.text, "PRIVATE KEY"):
		d.error(w.at, "Bad key", "This is a private key, which nobody else may have: consider it lost, and make another. %s", form)
	case err != nil:
		d.error(w.at, "Bad key", "This is not a public SSH key. %s", form)
	case isCertificate:
		d.error(w.at, "Bad key", "This is a certificate. %s", form)
	case len(options) > 0 || strings.TrimSpace(string(rest)) != "":
		d.error(w.at, "Bad key", "There is more here than one key. %s", form)
	default:
		return key
	}
	return nil
}

func (d *decoder) checkEvents(a *hclsyntax.Attribute) {
	for _, w := range d.quiet().list(a.Expr) {
		kind, name, named := strings.Cut(w.text, ":")
		switch {
		case !slices.Contains(eventKinds, kind):
			d.error(w.at, "Unknown event", "There is no event %q.%s", kind, suggest(kind, eventKinds))
		case named && (kind != "verified" || name == ""):
			d.error(w.at, "Unknown event", "%q: only \"verified\" takes a name, as in \"verified:smoke\".", w.text)
		}
	}
}

// checkSigners reports a key that two signers have: then nobody could tell who signed.
func (d *decoder) checkSigners(signers []Signer) {
	for i, s := range signers {
		for _, other := range signers[:i] {
			if s.Key != nil && other.Key != nil && string(s.Key.Marshal()) == string(other.Key.Marshal()) {
				d.error(s.keyRange, "Duplicate key", "The signer %q has this key already, at %s.", other.Name, place(other.Range))
				break
			}
		}
	}
}
