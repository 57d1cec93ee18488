package policies

import (
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Promotion is a promotion block: what must hold before a content may enter the environment. Without one the environment
// is nobody's target: From is empty.
type Promotion struct {
	From           []string      // the environments that prove it
	Soak           time.Duration // how long it must have stayed there
	EvidenceMaxAge time.Duration // how old the proof may be; zero for no limit
	VerifiedBy     []string      // names of checks
	Checks         []Check       // those of VerifiedBy that GitHub is asked about, in that order
	Settle         time.Duration // how long updates may take to reach all hosts
	MaxChanges     MaxChanges
	Freezes        []Freeze
	Previews       []Preview
	Range          hcl.Range
}

// MaxChanges limits how much one promotion may change; nil is no limit.
type MaxChanges struct {
	Packages, Files, Commits *int
	Range                    hcl.Range
}

func (d *decoder) promotion(b *hclsyntax.Block) Promotion {
	p := Promotion{Range: b.DefRange()}
	evidence := map[string]*hclsyntax.Block{}
	d.block(b,
		required("from", d.environmentNames(&p.From)),
		attr("soak", d.duration(&p.Soak, false)),
		attr("evidence_max_age", d.duration(&p.EvidenceMaxAge, true)),
		attr("verified_by", d.verifiedBy(&p)),
		attr("settle", d.duration(&p.Settle, false)),
		labelled("evidence", func(b *hclsyntax.Block) { d.evidence(b, &p, evidence) }),
		one("max_changes", func(b *hclsyntax.Block) { p.MaxChanges = d.maxChanges(b) }),
		named("freeze", func(b *hclsyntax.Block) { p.Freezes = append(p.Freezes, d.freeze(b)) }),
		named("preview", func(b *hclsyntax.Block) { p.Previews = append(p.Previews, d.preview(b)) }),
	)
	if a := b.Body.Attributes["soak"]; a != nil && p.EvidenceMaxAge > 0 && p.Soak > p.EvidenceMaxAge {
		d.error(a.Expr.Range(), "Bad duration", "The soak is longer than evidence_max_age: no evidence would ever be enough.")
	}
	return p
}

func (d *decoder) maxChanges(b *hclsyntax.Block) MaxChanges {
	m := MaxChanges{Range: b.DefRange()}
	limit := func(to **int) func(*hclsyntax.Attribute) {
		return func(a *hclsyntax.Attribute) {
			*to = new(int)
			d.number(*to, 0)(a)
		}
	}
	d.block(b,
		attr("packages", limit(&m.Packages)),
		attr("files", limit(&m.Files)),
		attr("commits", limit(&m.Commits)),
	)
	return m
}

// oneLine reports text that cannot be sent to a host.
func (d *decoder) oneLine(w word) bool {
	if strings.ContainsAny(w.text, "\n\r\x00") {
		d.error(w.at, "More than a line", "What is sent to a host is one line: join commands with \"&&\" or \";\", or call a script that is there.")
		return false
	}
	return true
}

// checkCycles reports environments that would prove each other, each cycle once, whole.
func (d *decoder) checkCycles(environments []*Environment) {
	from := map[string]*Environment{}
	for _, e := range environments {
		from[e.Name] = e
	}
	done := map[string]bool{}
	var walk func(name string, path []string)
	walk = func(name string, path []string) {
		if i := slices.Index(path, name); i >= 0 {
			d.cycle(from[name], append(slices.Clone(path[i:]), name))
			return
		}
		if done[name] || from[name] == nil {
			return
		}
		for _, next := range from[name].Promotion.From {
			walk(next, append(path, name))
		}
		done[name] = true
	}
	for _, e := range environments {
		walk(e.Name, nil)
	}
}

func (d *decoder) cycle(e *Environment, names []string) {
	way := strings.Join(names[1:], "\", which is promoted from \"")
	d.error(e.Promotion.Range, "Cycle of promotions", "%q is promoted from \"%s\". An environment cannot prove itself: take one out of \"from\".", names[0], way)
}
