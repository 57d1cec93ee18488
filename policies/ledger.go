package policies

import (
	"encoding/hex"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Ledger is the ledger block: where events are written down.
type Ledger struct {
	Remote string // a git remote; empty for the policy's own repository only
	ID     string // the object id of the first event, which pins the chain; empty for any
	// Repository names the repository that the events are about. Empty for the URL of the remote, or of "origin".
	Repository string
	// Public says that it may be pushed to a repository that everybody can read.
	Public bool
	Range  hcl.Range
}

func (d *decoder) ledger(b *hclsyntax.Block) *Ledger {
	l := Ledger{Range: b.DefRange()}
	d.block(b,
		attr("remote", d.text(&l.Remote)),
		attr("id", func(a *hclsyntax.Attribute) {
			w, ok := d.word(a)
			if !ok {
				return
			}
			if id, err := hex.DecodeString(w.text); err != nil || len(id) != 20 && len(id) != 32 {
				d.error(w.at, "Bad object id", "The id of the first event is a whole object id of git: 40 or 64 of the characters 0-9 and a-f.")
				return
			}
			l.ID = strings.ToLower(w.text)
		}),
		attr("repository", d.text(&l.Repository)),
		attr("public", d.flag(&l.Public)),
	)
	return &l
}
