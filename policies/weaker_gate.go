package policies

import (
	"strings"

	"github.com/Masterminds/semver/v3"
)

// gate compares the settings of the policies as a whole.
func (p *pair) gate(base, head *Gate) {
	g := p.inner("gate")
	g.value("required_version", base.RequiredVersion == head.RequiredVersion, older(base.RequiredVersion, head.RequiredVersion))
	g.value("mode", base.Mode == head.Mode, head.Mode == Report)
	g.value("until", base.Until.Equal(head.Until), base.Mode == Report && head.Mode == Report && head.Until.After(base.Until))
	g.gained("unmanaged", base.Unmanaged, head.Unmanaged, globCovers)
	g.rest()
}

// older reports whether a constraint on gate's version is gone, or lets an older one in than another; of constraints that
// are more than a least version it is not known.
func older(base, head string) bool {
	least := func(constraint string) *semver.Version {
		number, ok := strings.CutPrefix(strings.TrimSpace(constraint), ">=")
		v, err := semver.NewVersion(strings.TrimSpace(number))
		if !ok || err != nil {
			return nil
		}
		return v
	}
	b, h := least(base), least(head)
	return base != "" && head == "" || b != nil && h != nil && h.LessThan(b)
}

// globCovers reports whether a glob of paths surely matches all that another does: it is the same one, or a folder with all
// that is in it.
func globCovers(wide, narrow string) bool {
	folder, ok := strings.CutSuffix(wide, "**")
	return wide == narrow || ok && !strings.ContainsAny(folder, `*?[{\`) && (folder == "" || strings.HasSuffix(folder, "/")) && strings.HasPrefix(narrow, folder)
}

// ledger compares where events are written down. Another one is another memory of what was proved and stopped.
func (p *pair) ledger(base, head *Ledger) {
	p.judged["ledger"] = true
	switch {
	case base == nil && head == nil:
		return
	case head == nil:
		p.gone(true, p.base.find("ledger"))
		return
	case base == nil:
		p.new(false, p.head.find("ledger"))
		return
	}
	l := p.inner("ledger")
	l.value("remote", base.Remote == head.Remote, true)
	l.value("id", base.ID == head.ID, base.ID != "")
	l.value("repository", base.Repository == head.Repository, true)
	l.value("public", base.Public == head.Public, head.Public)
	l.value("public", base.Public == head.Public, head.Public)
	l.rest()
}
