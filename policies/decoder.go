package policies

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/seed-313c021b/gate/drift/collect"
)

// decoder reads the blocks of a policy and gathers what is wrong with them.
type decoder struct {
	source     source
	collectors []*collect.Collector
	diags      hcl.Diagnostics

	// What blocks may refer to, wherever it stands.
	environments []string
	roles        []string
	hosts        []hostName
	vars         map[string][]string // by name: the environments that have it

	meter     *meter // of all values that are evaluated while the policy is loaded
	functions map[string]function.Function

	zone  *time.Location
	rules []*Rule // those decoded so far; all of them when waivers are decoded
	used  map[string]bool
}

// hostName is where a host stands: production, web, production-1.
type hostName struct{ environment, role, name string }

func (h hostName) String() string { return h.environment + "/" + h.role + "/" + h.name }

func newDecoder(s source, collectors []*collect.Collector, steps int) *decoder {
	m := &meter{left: steps}
	return &decoder{source: s, collectors: collectors, vars: map[string][]string{}, used: map[string]bool{}, zone: time.UTC, meter: m, functions: functionsOn(m, pure)}
}

// quiet returns a decoder that reports nothing of what it finds.
func (d *decoder) quiet() *decoder {
	q := *d
	q.diags = nil
	return &q
}

// gather notes the names that other blocks may use before these are read. It reports nothing: the blocks do, when they
// are read themselves.
func (d *decoder) gather() {
	silent := d.quiet()
	for _, b := range d.source.blocksOf("environment") {
		if len(b.Labels) == 0 {
			continue
		}
		environment := b.Labels[0]
		d.environments = append(d.environments, environment)
		if a := b.Body.Attributes["vars"]; a != nil {
			for name := range silent.texts(a) {
				d.vars[name] = append(d.vars[name], environment)
			}
		}
		for _, role := range b.Body.Blocks {
			if role.Type == "role" && len(role.Labels) > 0 {
				d.gatherRole(environment, role, silent)
			}
		}
	}
}

func (d *decoder) gatherRole(environment string, b *hclsyntax.Block, silent *decoder) {
	role := b.Labels[0]
	if !slices.Contains(d.roles, role) {
		d.roles = append(d.roles, role)
	}
	if a := b.Body.Attributes["hosts"]; a != nil {
		for _, host := range silent.list(a.Expr) {
			d.hosts = append(d.hosts, hostName{environment, role, HostName(host.text)})
		}
	}
}

// checkSelection reports environments of which none has one of the roles: no host is selected by both.
func (d *decoder) checkSelection(at hcl.Range, environments, roles []string) {
	if len(environments) == 0 || len(roles) == 0 || slices.ContainsFunc(d.hosts, func(h hostName) bool {
		return slices.Contains(environments, h.environment) && slices.Contains(roles, h.role)
	}) {
		return
	}
	d.error(at, "No hosts", "No host is selected: %s has no role %s.", strings.Join(environments, " or "), strings.Join(roles, " or "))
}

func (d *decoder) collector(name string) *collect.Collector {
	for _, c := range d.collectors {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func (d *decoder) collectorNames() []string {
	var names []string
	for _, c := range d.collectors {
		names = append(names, c.Name)
	}
	return names
}

func (d *decoder) error(at hcl.Range, summary, detail string, args ...any) {
	if len(args) > 0 {
		detail = fmt.Sprintf(detail, args...)
	}
	d.diags = append(d.diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &at})
}

// item is something that a block may hold: an attribute, or blocks of one type.
type item struct {
	name      string
	required  bool
	attribute func(*hclsyntax.Attribute) // nil for blocks
	block     func(*hclsyntax.Block)
	repeats   bool // of blocks: there may be several
	label     bool // of blocks: each has one label, and no two have the same
	anyLabels bool // of blocks: the labels are checked by what reads the block
}

// attr is an attribute that may be left out.
func attr(name string, read func(*hclsyntax.Attribute)) item {
	return item{name: name, attribute: read}
}

// required is an attribute that must be there.
func required(name string, read func(*hclsyntax.Attribute)) item {
	return item{name: name, attribute: read, required: true}
}

// one is a block that may stand once, without a label.
func one(name string, read func(*hclsyntax.Block)) item {
	return item{name: name, block: read}
}

// many are blocks without a label.
func many(name string, read func(*hclsyntax.Block)) item {
	return item{name: name, block: read, repeats: true}
}

// named are blocks with one label, each another.
func named(name string, read func(*hclsyntax.Block)) item {
	return item{name: name, block: read, repeats: true, label: true}
}

// labelled are blocks whose labels read checks.
func labelled(name string, read func(*hclsyntax.Block)) item {
	return item{name: name, block: read, repeats: true, anyLabels: true}
}

// block reads what a block holds, in the order of items.
func (d *decoder) block(b *hclsyntax.Block, items ...item) {
	var attributes []*hclsyntax.Attribute
	for _, a := range b.Body.Attributes {
		attributes = append(attributes, a)
	}
	d.read(attributes, b.Body.Blocks, b.DefRange(), items...)
}

func (d *decoder) read(attributes []*hclsyntax.Attribute, blocks []*hclsyntax.Block, header hcl.Range, items ...item) {
	d.reportUnknown(attributes, blocks, items)
	for _, it := range items {
		if it.attribute != nil {
			i := slices.IndexFunc(attributes, func(a *hclsyntax.Attribute) bool { return a.Name == it.name })
			switch {
			case i >= 0:
				it.attribute(attributes[i])
			case it.required:
				d.error(header, "Missing attribute", "%q is required here.", it.name)
			}
			continue
		}
		d.readBlocks(blocks, it)
	}
}

func (d *decoder) readBlocks(blocks []*hclsyntax.Block, it item) {
	seen := map[string]*hclsyntax.Block{}
	for _, b := range blocks {
		if b.Type != it.name || !it.anyLabels && !d.checkLabels(b, it.label) {
			continue
		}
		key := ""
		if it.label {
			key = b.Labels[0]
		}
		if first := seen[key]; first != nil && (it.label || !it.repeats) {
			d.duplicate(b, first)
			continue
		}
		seen[key] = b
		it.block(b)
	}
}

// duplicate reports a block that repeats another one.
func (d *decoder) duplicate(b, first *hclsyntax.Block) {
	if len(b.Labels) == 0 {
		d.error(b.DefRange(), "Duplicate "+b.Type, "%q stands at %s already, and may stand once: put both into one.", b.Type, place(first.DefRange()))
		return
	}
	d.error(b.LabelRanges[0], "Duplicate "+b.Type, "%s %q stands at %s already: give one of them another name.", b.Type, b.Labels[0], place(first.DefRange()))
}

func place(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }

// checkLabels reports labels that are missing, empty, or too many.
func (d *decoder) checkLabels(b *hclsyntax.Block, label bool) bool {
	switch {
	case !label && len(b.Labels) > 0:
		d.error(b.LabelRanges[0], "Unexpected name", "%q has no name: write %s { … }", b.Type, b.Type)
	case label && len(b.Labels) == 0:
		d.error(b.DefRange(), "Missing name", "%q has a name: write %s \"NAME\" { … }", b.Type, b.Type)
	case len(b.Labels) > 1:
		d.error(b.LabelRanges[1], "Unexpected name", "%q has one name.", b.Type)
	case label && !validName(b.Labels[0]):
		d.error(b.LabelRanges[0], "Bad name", badName, b.Labels[0])
	default:
		return true
	}
	return false
}

const badName = "%q cannot be a name: that begins with a letter or a digit, and has letters, digits, and . _ - only."

// validName reports whether s can be a name: it stands in addresses of hosts, in reports and on command lines.
func validName(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && (i == 0 || r != '.' && r != '_' && r != '-') {
			return false
		}
	}
	return s != ""
}

// reportUnknown reports what no item stands for.
func (d *decoder) reportUnknown(attributes []*hclsyntax.Attribute, blocks []*hclsyntax.Block, items []item) {
	var attributeNames, blockNames []string
	for _, it := range items {
		if it.attribute != nil {
			attributeNames = append(attributeNames, it.name)
		} else {
			blockNames = append(blockNames, it.name)
		}
	}
	for _, a := range attributes {
		switch {
		case slices.Contains(attributeNames, a.Name):
		case slices.Contains(blockNames, a.Name):
			d.error(a.NameRange, "Not an attribute", "%q is a block: write %s { … }, without \"=\".", a.Name, a.Name)
		case len(attributeNames) == 0:
			d.error(a.NameRange, "Unknown attribute", "There is no attribute %q here: only blocks stand here.%s", a.Name, suggest(a.Name, blockNames))
		default:
			d.error(a.NameRange, "Unknown attribute", "There is no attribute %q here.%s", a.Name, suggest(a.Name, attributeNames))
		}
	}
	for _, b := range blocks {
		switch {
		case slices.Contains(blockNames, b.Type):
		case slices.Contains(attributeNames, b.Type):
			d.error(b.TypeRange, "Not a block", "%q is an attribute: write %s = …", b.Type, b.Type)
		default:
			d.error(b.TypeRange, "Unknown block", "There is no block %q here.%s", b.Type, suggest(b.Type, blockNames))
		}
	}
}
