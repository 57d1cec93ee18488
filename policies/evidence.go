package policies

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Check is a name in verified_by of which GitHub itself says whether it has passed, with what its evidence block says of
// it: "check:NAME" is a check run, "workflow:FILE" a run of a workflow.
type Check struct {
	Name       string // as verified_by has it: "check:e2e"
	CheckRun   string // the name of the check run; empty for a workflow
	Workflow   string // the file of the workflow that must have run, as "e2e.yml"; empty for any
	Branch     string // the branch that it must have run for; empty for the repository's default branch
	App        string // the App that must have run it, as "github-actions"
	Repository string // owner/name; empty for the one that the policy is in
	Range      hcl.Range
}

// actions is the App whose check runs are the jobs of workflows.
const actions = "github-actions"

// ByWorkflow reports whether the check comes from a workflow, so that its file and its branch are known.
func (c *Check) ByWorkflow() bool { return c.App == actions }

// Check returns the check of a name in verified_by; nil for a name that gate record verified records.
func (p *Promotion) Check(name string) *Check {
	i := slices.IndexFunc(p.Checks, func(c Check) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &p.Checks[i]
}

// Recorded returns the names in verified_by that gate record verified records.
func (p *Promotion) Recorded() []string {
	return slices.DeleteFunc(slices.Clone(p.VerifiedBy), func(name string) bool { return p.Check(name) != nil })
}

// IsCheck reports whether a name of a verification is one of which GitHub says whether it has passed.
func IsCheck(name string) bool {
	kind, _, _ := strings.Cut(name, ":")
	return kind == "check" || kind == "workflow"
}

var workflowFile = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*\.ya?ml$`)

// verifiedBy reads verified_by.
func (d *decoder) verifiedBy(p *Promotion) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		d.strings(&p.VerifiedBy)(a)
		for _, w := range d.quiet().list(a.Expr) {
			kind, rest, colon := strings.Cut(w.text, ":")
			if !colon || !slices.Contains(p.VerifiedBy, w.text) || p.Check(w.text) != nil {
				continue
			}
			c := Check{Name: w.text, App: actions, Range: w.at}
			switch kind {
			case "check":
				if c.CheckRun = rest; strings.TrimSpace(rest) != rest || rest == "" {
					d.error(w.at, "Bad name", "After \"check:\" stands the name of a check run as GitHub shows it, as in \"check:e2e\".")
				}
			case "workflow":
				c.Workflow = rest
				d.workflowFile(word{rest, w.at})
			default:
				d.error(w.at, "Unknown kind of check", "There is no kind of check %q.%s A name of your own has no \":\".", kind, suggest(kind, []string{"check", "workflow"}))
			}
			p.Checks = append(p.Checks, c)
		}
	}
}

// workflowFile reports what is not the name of a workflow's file.
func (d *decoder) workflowFile(w word) bool {
	if workflowFile.MatchString(w.text) {
		return true
	}
	d.error(w.at, "Bad workflow", "A workflow is named by its file in .github/workflows, without the folder, as in \"deploy-staging.yml\".")
	return false
}

// evidence reads an evidence block, which says more of a check in verified_by.
func (d *decoder) evidence(b *hclsyntax.Block, p *Promotion, first map[string]*hclsyntax.Block) {
	switch {
	case len(b.Labels) == 0:
		d.error(b.DefRange(), "Missing name", "\"evidence\" has the name of a check in verified_by: write evidence \"check:e2e\" { … }")
		return
	case len(b.Labels) > 1:
		d.error(b.LabelRanges[1], "Unexpected name", "\"evidence\" has one name.")
		return
	case first[b.Labels[0]] != nil:
		d.error(b.LabelRanges[0], "Duplicate evidence", "evidence %q stands at %s already, and may stand once: put both into one.", b.Labels[0], place(first[b.Labels[0]].DefRange()))
		return
	}
	name := b.Labels[0]
	first[name] = b
	c := p.Check(name)
	if c == nil {
		d.noEvidence(b, p)
		c = &Check{Name: name, App: actions}
	}
	c.Range = b.DefRange()
	items := []item{
		attr("branch", d.branchName(&c.Branch)),
		attr("repository", d.repositoryName(&c.Repository)),
	}
	if c.Workflow == "" {
		items = append(items, attr("workflow", func(a *hclsyntax.Attribute) {
			if w, ok := d.word(a); ok && d.workflowFile(w) {
				c.Workflow = w.text
			}
		}), attr("app", d.text(&c.App)))
	}
	d.block(b, items...)
	if c.ByWorkflow() {
		return
	}
	for _, name := range []string{"workflow", "branch"} {
		if a := b.Body.Attributes[name]; a != nil {
			d.error(a.NameRange, "Unexpected attribute", "Only of a check of %s is it known from which %s it comes; this one is of %q.", actions, name, c.App)
		}
	}
}

// noEvidence reports an evidence block for what GitHub is not asked about.
func (d *decoder) noEvidence(b *hclsyntax.Block, p *Promotion) {
	name, at := b.Labels[0], b.LabelRanges[0]
	if slices.Contains(p.VerifiedBy, name) {
		d.error(at, "No check of GitHub's", "%q is recorded by gate record verified. What GitHub says is asked of \"check:NAME\" and \"workflow:FILE\" in verified_by.", name)
		return
	}
	var names []string
	for _, c := range p.Checks {
		names = append(names, c.Name)
	}
	d.error(at, "Unknown check", "verified_by has no %q.%s", name, suggest(name, names))
}

// branchName reads the name of a branch.
func (d *decoder) branchName(to *string) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		w, ok := d.word(a)
		switch {
		case !ok:
		case strings.HasPrefix(w.text, "refs/"):
			d.error(w.at, "Bad branch", "A branch is named without \"refs/heads/\", as in \"main\".")
		default:
			*to = w.text
		}
	}
}

var repositoryName = regexp.MustCompile(`^[A-Za-z0-9_-]+/\.*[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

// repositoryName reads the name of a repository on GitHub.
func (d *decoder) repositoryName(to *string) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		w, ok := d.word(a)
		switch {
		case !ok:
		case !repositoryName.MatchString(w.text):
			d.error(w.at, "Bad repository", "A repository of GitHub is named by its owner and its name, as in \"octo/shop\".")
		default:
			*to = w.text
		}
	}
}
