package policies

import (
	"cmp"
	"regexp"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/mod/module"
)

// Mode says what a finding does to the exit code.
type Mode string

const (
	// Enforce stops a job.
	Enforce Mode = "enforce"
	// Report says what would be blocked, and lets it pass.
	Report Mode = "report"
)

// Gate is the gate block: settings of the policy as a whole.
type Gate struct {
	RequiredVersion string // a semver constraint; empty for none
	Timezone        *time.Location
	Mode            Mode
	Until           time.Time // of the mode Report: when it is over
	Unmanaged       []string  // globs of paths in the repository that no component owns, on purpose
	Range           hcl.Range
}

// complete sets what the policy does not say.
func (g *Gate) complete() {
	g.Timezone = cmp.Or(g.Timezone, time.UTC)
	g.Mode = cmp.Or(g.Mode, Enforce)
}

// ReportsOnly reports whether the policy only reports at a time.
func (g Gate) ReportsOnly(now time.Time) bool {
	return g.Mode == Report && now.Before(g.Until)
}

func (d *decoder) gate(b *hclsyntax.Block) Gate {
	g := Gate{Range: b.DefRange()}
	mode := ""
	d.block(b,
		attr("required_version", d.requiredVersion(&g.RequiredVersion)),
		attr("timezone", d.timezone(&g.Timezone)),
		attr("mode", d.oneOf(&mode, string(Enforce), string(Report))),
		attr("until", d.until(&g.Until)),
		attr("unmanaged", d.paths(&g.Unmanaged)),
	)
	g.Mode = Mode(mode)
	if a := b.Body.Attributes["unmanaged"]; a != nil && len(d.source.blocksOf("component")) == 0 {
		d.error(a.NameRange, "Nothing is unmanaged", "The policy has no component, so one is over the whole repository. Write component blocks, or leave \"unmanaged\" out.")
	}
	modeAttr, untilAttr := b.Body.Attributes["mode"], b.Body.Attributes["until"]
	switch {
	case g.Mode == Report && untilAttr == nil:
		d.error(modeAttr.SrcRange, "Report mode without an end", "In report mode nothing is blocked, so it must say until when, as in: until = \"2026-12-15\"")
	case untilAttr != nil && modeAttr == nil:
		d.error(untilAttr.SrcRange, "An end without report mode", "\"until\" ends the mode \"report\": write mode = \"report\" beside it, or leave it out.")
	case untilAttr != nil && g.Mode == Enforce:
		d.error(untilAttr.SrcRange, "An end without report mode", "\"until\" ends the mode \"report\", and this policy enforces: leave one of them out.")
	}
	return g
}

func (d *decoder) timezone(to **time.Location) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		w, ok := d.word(a)
		if !ok {
			return
		}
		zone, err := time.LoadLocation(w.text)
		if err != nil || w.text == "Local" {
			d.error(w.at, "Unknown time zone", "%q is not a name of the IANA time zone database, as \"Europe/Berlin\" or \"UTC\" is.", w.text)
			return
		}
		*to, d.zone = zone, zone
	}
}

var anyVersion = regexp.MustCompile(`~\s*v?0\.0\.0`)

func (d *decoder) requiredVersion(to *string) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		w, ok := d.word(a)
		if !ok {
			return
		}
		// "~>" means one thing to Terraform and another to Bundler and npm; "~0.0.0" is any version to the parser.
		if _, err := semver.NewConstraint(w.text); err != nil || strings.Contains(w.text, "~>") || anyVersion.MatchString(w.text) {
			d.error(w.at, "Bad version constraint", "%q is not a constraint on versions, as \">= 0.1.0\" or \">= 1.2, < 2\" is.", w.text)
			return
		}
		*to = w.text
	}
}

// Accepts reports whether a version of gate is one that the policy requires. A development build, whose version is not
// one of a release, satisfies every policy; then development is true.
func (g Gate) Accepts(version string) (ok, development bool) {
	version = strings.TrimPrefix(version, "v")
	v, err := semver.StrictNewVersion(version)
	if err != nil || module.IsPseudoVersion("v"+version) || v.Metadata() != "" {
		return true, true
	}
	if g.RequiredVersion == "" {
		return true, false
	}
	constraint, err := semver.NewConstraint(g.RequiredVersion)
	if err != nil {
		return false, false
	}
	constraint.IncludePrerelease = true
	return constraint.Check(v), false
}
