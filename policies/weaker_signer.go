package policies

import (
	"slices"
	"strings"
)

// signers compares whose events count. A signer is a key, whatever its name. Without any, all events count.
func (p *pair) signers(base, head []Signer) {
	p.judged["signer"] = true
	for i := range base {
		b := &base[i]
		if h := sameKey(head, b); h != nil {
			p.signer(b, h)
		} else {
			p.gone(len(head) == 0, p.base.find("signer", b.Name))
		}
	}
	for i := range head {
		if sameKey(base, &head[i]) == nil {
			p.new(len(base) > 0, p.head.find("signer", head[i].Name))
		}
	}
}

func sameKey(signers []Signer, s *Signer) *Signer {
	i := slices.IndexFunc(signers, func(other Signer) bool { return string(other.Key.Marshal()) == string(s.Key.Marshal()) })
	if i < 0 {
		return nil
	}
	return &signers[i]
}

func (p *pair) signer(base, head *Signer) {
	b, h := p.base.find("signer", base.Name), p.head.find("signer", head.Name)
	s := p.c.pair(under(p.where, h), b, h)
	if base.Name != head.Name {
		s.add(false, "", "is the new name of %q", base.Name)
	}
	s.gained("may", base.May, head.May, maySayToo)
	s.value("environments", slices.Equal(sorted(base.Environments), sorted(head.Environments)),
		slices.ContainsFunc(p.c.environmentNames(), func(name string) bool { return selects(head.Environments, name) && !selects(base.Environments, name) }))
	s.value("expires", base.Expires.Equal(head.Expires), !base.Expires.IsZero() && (head.Expires.IsZero() || head.Expires.After(base.Expires)))
	s.rest()
}

// maySayToo reports whether who may say one kind of event may say another: who may say "verified", "verified:smoke".
func maySayToo(wide, narrow string) bool {
	return wide == narrow || strings.HasPrefix(narrow, wide+":")
}
