package policies

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Warnings returns what is no mistake in itself, and makes promotions that can never pass: components of which nobody could
// tell where they are, and events that a promotion needs and no signer may say; what is compared with nothing, or judges
// nothing; and variables and names of hosts that are not replaced in what is compared.
func (p *Policy) Warnings() hcl.Diagnostics {
	var diags hcl.Diagnostics
	warn := func(at hcl.Range, summary, format string, args ...any) {
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: &at})
	}
	said := map[string]bool{}
	for _, e := range p.Environments {
		promotion := e.Promotion
		if len(promotion.VerifiedBy) == 0 && promotion.Soak == 0 {
			continue
		}
		for _, c := range p.Promoted() {
			if c.Marker == "" && !said[c.Name] {
				said[c.Name] = true
				warn(c.at(promotion.Range), "Nothing can pass", "No host says which content of the component %q it runs, so that no deployment of it is ever seen. "+
					"Name the fact that does: marker = revision[\"/srv/app/src\"].commit, in its component block.", c.Name)
			}
		}
		for _, need := range promotion.needs(e.Name) {
			if !p.maySay(need.event, need.environment) && !said[need.event+" "+need.environment] {
				said[need.event+" "+need.environment] = true
				warn(promotion.Range, "Nothing can pass", "A promotion to %q needs the event %q of %q, and no signer may say that: only what a signer may say counts. "+
					"Add it to \"may\" of one.", e.Name, need.event, need.environment)
			}
		}
	}
	p.uncompared(warn)
	return append(diags, p.notReplaced()...)
}

// at is where the component stands in the policy, or where that asks for it which has no component block.
func (c *Component) at(asked hcl.Range) hcl.Range {
	if c.Range.Filename == "" {
		return asked
	}
	return c.Range
}

// need is an event that must be on record.
type need struct{ event, environment string }

// needs returns the events without which nothing gets into an environment.
func (p *Promotion) needs(to string) []need {
	var list []need
	for _, from := range p.From {
		list = append(list, need{"deployed", from})
		for _, check := range p.Recorded() {
			list = append(list, need{"verified:" + check, from})
		}
	}
	return append(list, need{"deploying", to}, need{"deployed", to})
}

// maySay reports whether an event of an environment can count. Where the policy has no signers, all do.
func (p *Policy) maySay(event, environment string) bool {
	kind, _, _ := strings.Cut(event, ":")
	return len(p.Signers) == 0 || slices.ContainsFunc(p.Signers, func(s Signer) bool {
		return (slices.Contains(s.May, event) || slices.Contains(s.May, kind)) && (len(s.Environments) == 0 || slices.Contains(s.Environments, environment))
	})
}
