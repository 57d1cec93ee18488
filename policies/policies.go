// Package policies is gate's policy language: HCL that says which environments there are, what is read from their hosts,
// what may differ between them, and which rules hold.
//
// [Load] reads a file or a folder of *.hcl and reports every mistake at once, as [hcl.Diagnostics] with a range and, where
// there is one, a suggestion; [WriteDiagnostics] prints them with the lines that they are about. What it returns is
// data, each item with the [hcl.Range] that asked for it. Each block type of the top is decoded in the file of its name, by a list of
// what it may hold: to add an attribute, add it there and a pair of files to testdata.
//
// Expressions of rules are checked against the collectors' schemas when they are loaded (shape.go, checker.go), and evaluated on one
// host at a time by [Rule.Evaluate]. What could not be read from the host is unknown in them, never null or missing, so
// that a rule which needs it is undecided and not passed.
package policies

import (
	"cmp"
	"io/fs"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/seed-313c021b/gate/drift/collect"
)

// Policy is a policy that has no mistake in it.
type Policy struct {
	Gate         Gate
	Ledger       *Ledger // nil: none is written down
	Signers      []Signer
	Components   []Component
	Environments []*Environment // in the order of the policy
	Collects     []Collect
	Compare      Compare
	Rules        []*Rule // the policy's own, then those of each use
	Waivers      []Waiver
	Uses         []Use
	Digest       string // SHA-256 over the names and bytes of the files, hexadecimal

	outline *outline // as it is written, for Weaker
}

// Environment returns the environment of a name, nil where there is none.
func (p *Policy) Environment(name string) *Environment {
	for _, e := range p.Environments {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// Load reads a policy from a file of fsys, or from all *.hcl in a folder of it. It returns every mistake that it finds,
// in the order of the files; the Policy is nil when one of them is an error.
func Load(fsys fs.FS, path string) (*Policy, hcl.Diagnostics) {
	return load(fsys, path, collect.All())
}

func load(fsys fs.FS, path string, collectors []*collect.Collector) (*Policy, hcl.Diagnostics) {
	return loadWithin(stepsToLoad, fsys, path, collectors)
}

// loadWithin loads a policy that may take a number of steps.
func loadWithin(steps int, fsys fs.FS, path string, collectors []*collect.Collector) (*Policy, hcl.Diagnostics) {
	src, diags := read(fsys, path)
	if diags.HasErrors() {
		return nil, diags
	}
	p := &Policy{Compare: Compare{Defaults: true}, Digest: src.digest, outline: src.outline}
	d := newDecoder(src, collectors, steps)
	d.policy(p)
	slices.SortStableFunc(d.diags, func(a, b *hcl.Diagnostic) int { return compareRanges(a.Subject, b.Subject) })
	if d.diags.HasErrors() {
		return nil, d.diags
	}
	return p, d.diags
}

func compareRanges(a, b *hcl.Range) int {
	if a == nil || b == nil {
		return 0
	}
	return cmp.Or(cmp.Compare(a.Filename, b.Filename), cmp.Compare(a.Start.Byte, b.Start.Byte))
}

// policy decodes the whole policy. Names are gathered first, so that a block may name what stands below it; gate comes
// before all else, since its time zone gives dates their meaning.
func (d *decoder) policy(p *Policy) {
	d.gather()
	d.read(d.source.attributes, d.source.blocks, d.source.whole,
		one("gate", func(b *hclsyntax.Block) { p.Gate = d.gate(b) }),
		one("ledger", func(b *hclsyntax.Block) { p.Ledger = d.ledger(b) }),
		named("signer", func(b *hclsyntax.Block) { p.Signers = append(p.Signers, d.signer(b)) }),
		named("component", func(b *hclsyntax.Block) { p.Components = append(p.Components, d.component(b)) }),
		named("environment", func(b *hclsyntax.Block) { p.Environments = append(p.Environments, d.environment(b)) }),
		labelled("collect", func(b *hclsyntax.Block) { p.Collects = append(p.Collects, d.collect(b)...) }),
		one("compare", func(b *hclsyntax.Block) { p.Compare = d.compare(b) }),
		named("rule", func(b *hclsyntax.Block) { d.rules = append(d.rules, d.rule(b)) }),
		labelled("use", func(b *hclsyntax.Block) { p.Uses = append(p.Uses, d.use(b)...) }),
		named("waiver", func(b *hclsyntax.Block) { p.Waivers = append(p.Waivers, d.waiver(b)) }),
	)
	p.Rules = d.rules
	for _, r := range p.Rules {
		r.steps = min(stepsOfRule, stepsOfRules/len(p.Rules))
	}
	p.Gate.complete()
	p.Compare.complete()
	d.checkSigners(p.Signers)
	d.checkEnvironments(p.Environments)
	d.checkCollects(p.Collects)
	d.checkEmpty(p)
}

// checkEmpty reports a policy that would let everything pass because it asks for nothing.
func (d *decoder) checkEmpty(p *Policy) {
	if len(d.source.blocksOf("environment")) == 0 {
		d.error(d.source.whole, "No environment", "A policy needs at least one environment block, which names the hosts.")
	}
	if len(d.source.blocksOf("collect", "rule", "use")) == 0 {
		d.error(d.source.whole, "Nothing to check", "The policy has no collect block and no rule, so it would let everything pass. Say what to read, as in: collect \"deb\" {}")
	}
}
