package doctor

import (
	"fmt"
	"path"
	"strings"
	"time"
)

// ledgerBranch is the branch of every ledger.
const ledgerBranch = "gate-ledger"

// ledger looks at the branch that the ledger is.
func (x *examination) ledger() {
	l := x.Policy.Ledger
	if l == nil {
		return
	}
	place := x.inPolicy(l.Range.Filename, l.Range.Start.Line)
	if l.Remote == "" && x.anyWrites() {
		x.find("ledger.local", place, "The ledger has no remote, and workflows record in it.", `ledger { remote = "origin" }`)
	}
	if !x.Pushes || x.Settings == nil {
		return
	}
	b, err := x.Settings.Branch(ledgerBranch)
	if err != nil {
		x.untold(place, fmt.Sprintf("Whether the branch %s can be rewritten: %s.", ledgerBranch, err))
		return
	}
	if !b.Exists {
		x.find("ledger.missing", place, fmt.Sprintf("GitHub has no branch %s.", ledgerBranch), "gate record --adopt")
	}
	mend := fmt.Sprintf("Settings > Rules > Rulesets > New branch ruleset, for the branch %s: Restrict deletions, Block force pushes", ledgerBranch)
	switch {
	case b.NoRewrite && b.NoDelete:
	case b.Untold != "":
		x.untold(place, fmt.Sprintf("Whether the branch %s can be rewritten: %s.", ledgerBranch, b.Untold), mend)
	default:
		x.find("ledger.rewritable", place, fmt.Sprintf("The branch %s can be %s.", ledgerBranch, canBe(b)), mend)
	}
}

func canBe(b Branch) string {
	var can []string
	if !b.NoRewrite {
		can = append(can, "rewritten")
	}
	if !b.NoDelete {
		can = append(can, "deleted")
	}
	return strings.Join(can, " and ")
}

func (x *examination) anyWrites() bool {
	for _, j := range x.jobs() {
		if j.writesLedger() {
			return true
		}
	}
	return false
}

// inPolicy is a place in the policy.
func (x *examination) inPolicy(file string, line int) []Place {
	return []Place{{path.Join(x.PolicyFolder, path.Base(file)), line}}
}

// soon is how long before a key's end it is said.
const soon = 30 * 24 * time.Hour

// signers looks at the ends of keys.
func (x *examination) signers() {
	for _, s := range x.Policy.Signers {
		if s.Expires.IsZero() || s.Expires.Sub(x.Now) > soon {
			continue
		}
		last := s.Expires.Add(-time.Nanosecond).Format("2 Jan 2006") // in the time zone of the policy
		what := fmt.Sprintf("The key of the signer %q counts until %s only.", s.Name, last)
		if !x.Now.Before(s.Expires) {
			what = fmt.Sprintf("The key of the signer %q counted until %s.", s.Name, last)
		}
		x.find("signer.ends", x.inPolicy(s.Range.Filename, s.Range.Start.Line), what, "make a new key, and add a signer with it before; the old one stays for what it has signed")
	}
}
