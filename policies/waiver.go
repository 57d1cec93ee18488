package policies

import (
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/seed-313c021b/gate/drift"
)

// Waiver is a waiver block: differences that somebody answers for, until a day.
type Waiver struct {
	Name    string
	Hosts   []string        // as HostID has them, in which "*" matches any characters; empty for all
	Facts   []drift.Pattern // the drift that it covers
	Values  []drift.Value   // what the facts must be for it to cover them and the rules; Absent is what a pattern names, not what is below; empty for anything
	Rules   []string        // the rules that it covers
	Reason  string
	Owner   string
	Expires time.Time // the first instant at which it covers nothing any more
	Range   hcl.Range
}

// Covers reports whether the waiver is about a host, by its id or by "*".
func (w *Waiver) Covers(host drift.HostID) bool {
	return len(w.Hosts) == 0 || slices.ContainsFunc(w.Hosts, func(pattern string) bool { return drift.Match(pattern, host.String()) })
}

func (d *decoder) waiver(b *hclsyntax.Block) Waiver {
	w := Waiver{Name: b.Labels[0], Range: b.DefRange()}
	d.block(b,
		attr("hosts", d.waivedHosts(&w.Hosts)),
		attr("facts", d.patterns(&w.Facts)),
		attr("values", d.facts(&w.Values)),
		attr("rules", d.waivedRules(&w.Rules)),
		required("reason", d.text(&w.Reason)),
		required("owner", d.text(&w.Owner)),
		required("expires", d.until(&w.Expires)),
	)
	has := b.Body.Attributes
	if has["facts"] == nil && has["rules"] == nil {
		d.error(b.DefRange(), "A waiver of nothing", "Say what it covers: facts = [deb[\"openssl\"].version], or rules = [\"NAME\"].")
	}
	if has["values"] != nil && has["facts"] == nil {
		d.error(has["values"].SrcRange, "Values without facts", "\"values\" are what the facts must be: name these, as in: facts = [deb[\"openssl\"].version]")
	}
	return w
}

// facts reads a list of facts' values.
func (d *decoder) facts(to *[]drift.Value) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		tuple, ok := a.Expr.(*hclsyntax.TupleConsExpr)
		if !ok || len(tuple.Exprs) == 0 {
			d.error(a.Expr.Range(), "Wrong type", "%q is a list of at least one value, as in: [\"3.0.9-1\", absent]", a.Name)
			return
		}
		for _, item := range tuple.Exprs {
			if v, ok := d.fact(item); ok {
				*to = append(*to, v)
			}
		}
	}
}

func (d *decoder) waivedHosts(to *[]string) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		d.strings(to)(a)
		var ids []string
		for _, host := range d.hosts {
			ids = append(ids, host.String())
		}
		for _, w := range d.quiet().list(a.Expr) {
			matches := func(id string) bool { return drift.Match(w.text, id) }
			switch {
			case strings.TrimSpace(w.text) == "" || slices.ContainsFunc(ids, matches):
			case strings.Count(w.text, "/") != 2 && !strings.Contains(w.text, "*"):
				d.error(w.at, "Bad host", "A host is named ENVIRONMENT/ROLE/HOST, as in \"production/web/production-1\".%s", suggest(w.text, ids))
			default:
				d.error(w.at, "Unknown host", "The policy has no host %q.%s", w.text, suggest(w.text, ids))
			}
		}
	}
}

// waivedRules reads names of rules, of which none may be hard.
func (d *decoder) waivedRules(to *[]string) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		var names []string
		for _, r := range d.rules {
			names = append(names, r.Name)
		}
		d.names(to, "rule", names)(a)
		for _, w := range d.quiet().list(a.Expr) {
			for _, r := range d.rules {
				if r.Name == w.text && r.Enforcement == Hard {
					d.error(w.at, "Hard rule", "The rule %q is hard, at %s: nothing waives it. Mend what it finds, or make it soft.", r.Name, place(r.Range))
				}
			}
		}
	}
}
