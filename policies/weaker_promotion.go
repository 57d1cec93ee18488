package policies

import (
	"slices"

	"github.com/seed-313c021b/gate/drift"
)

// promotions compares what must hold before a content may enter an environment.
func (p *pair) promotions(base, head *Promotion) {
	p.judged["promotion"] = true
	switch {
	case len(base.From) == 0 && len(head.From) == 0:
		return
	case len(head.From) == 0:
		p.gone(true, p.base.find("promotion"))
		return
	case len(base.From) == 0:
		p.new(false, p.head.find("promotion"))
		return
	}
	inner := p.inner("promotion")
	inner.promotion(base, head)
	inner.rest()
}

func (p *pair) promotion(base, head *Promotion) {
	p.lost("from", base.From, head.From, equal)
	p.value("soak", base.Soak == head.Soak, head.Soak < base.Soak)
	p.value("evidence_max_age", base.EvidenceMaxAge == head.EvidenceMaxAge,
		base.EvidenceMaxAge > 0 && (head.EvidenceMaxAge == 0 || head.EvidenceMaxAge > base.EvidenceMaxAge))
	p.lost("verified_by", base.VerifiedBy, head.VerifiedBy, equal)
	p.evidence(base, head)
	p.value("settle", base.Settle == head.Settle, head.Settle > base.Settle)
	p.maxChanges(&base.MaxChanges, &head.MaxChanges)
	p.freezes(base.Freezes, head.Freezes)
	blocksOf(p, "preview", base.Previews, head.Previews, func(x Preview) string { return x.Name }, (*pair).preview)
}

// evidence compares what is said of checks that both ask GitHub about. From anywhere else, something else is believed.
func (p *pair) evidence(base, head *Promotion) {
	for _, b := range base.Checks {
		h := head.Check(b.Name)
		if h == nil {
			continue
		}
		e := p.inner("evidence", b.Name)
		e.value("workflow", b.Workflow == h.Workflow, b.Workflow != "")
		e.value("branch", b.Branch == h.Branch, true)
		e.value("app", b.App == h.App, true)
		e.value("repository", b.Repository == h.Repository, true)
		e.rest()
	}
	p.judged["evidence"] = true // that of any other check comes or goes with its name in verified_by
}

func (p *pair) maxChanges(base, head *MaxChanges) {
	m := p.inner("max_changes")
	for name, limits := range map[string][2]*int{
		"packages": {base.Packages, head.Packages},
		"files":    {base.Files, head.Files},
		"commits":  {base.Commits, head.Commits},
	} {
		was, is := limits[0], limits[1]
		same := was == nil && is == nil || was != nil && is != nil && *was == *is
		m.value(name, same, was != nil && (is == nil || *is > *was))
	}
	m.rest()
}

// freezes compares the times of a week in which nothing is promoted. It is weaker where some of them are gone; whether it
// is where a freeze has moved, only its people know.
func (p *pair) freezes(base, head []Freeze) {
	p.judged["freeze"] = true
	frozen := minutes(head...)
	for _, b := range base {
		i := slices.IndexFunc(head, func(h Freeze) bool { return h.Name == b.Name })
		if i < 0 {
			p.gone(!within(minutes(b), frozen), p.base.find("freeze", b.Name))
			continue
		}
		f := p.inner("freeze", b.Name)
		thawed, shorter := !within(minutes(b), frozen), within(minutes(head[i]), minutes(b))
		for name, same := range map[string]bool{"from": b.From == head[i].From, "until": b.Until == head[i].Until} {
			if thawed && !shorter && !same {
				f.uncompared(name, "%s", f.became(name))
			} else {
				f.value(name, same, thawed)
			}
		}
		f.rest()
	}
	for _, h := range head {
		if !slices.ContainsFunc(base, func(b Freeze) bool { return h.Name == b.Name }) {
			p.new(false, p.head.find("freeze", h.Name))
		}
	}
}

// week is, for each minute of it, whether it is frozen.
type week [7 * 24 * 60]bool

func minutes(freezes ...Freeze) *week {
	var w week
	for _, f := range freezes {
		minute, end := f.From.ofWeek(), f.Until.ofWeek()
		for ; minute != end; minute = (minute + 1) % len(w) {
			w[minute] = true
		}
	}
	return &w
}

func (w WeekTime) ofWeek() int { return int(w.Day)*24*60 + w.Minute }

// within reports whether all of one time is in another.
func within(part, whole *week) bool {
	for i := range part {
		if part[i] && !whole[i] {
			return false
		}
	}
	return true
}

// preview compares a dry run. Whether another text shows that it came to its end, nobody can say either.
func (p *pair) preview(base, head Preview) {
	p.text("run", nil)
	p.selected("roles", base.Roles, head.Roles, p.c.roles())
	p.gained("ignore", base.Ignore, head.Ignore, drift.Match)
	p.text("format", nil)
	if base.Complete != "" && head.Complete == "" {
		p.change(true, "complete")
	} else {
		p.text("complete", nil)
	}
}
