package policies

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/seed-313c021b/gate/drift/collect"
)

// Preview is a preview block: the configuration manager's own dry run, on the hosts of the environment.
type Preview struct {
	collect.Preview
	Roles   []string // empty for all
	Ignore  []string // patterns over the names of items, with "*"
	Timeout time.Duration
	Range   hcl.Range
}

// Selects reports whether the dry run is made on the hosts of a role.
func (p *Preview) Selects(role string) bool { return selects(p.Roles, role) }

func (d *decoder) preview(b *hclsyntax.Block) Preview {
	p := Preview{Range: b.DefRange()}
	p.Name = b.Labels[0]
	formats := collect.PreviewFormats()
	if slices.Contains(formats, p.Name) {
		p.Format = p.Name
	}
	var run word
	before := len(d.diags)
	d.block(b,
		attr("format", d.oneOf(&p.Format, formats...)),
		required("run", func(a *hclsyntax.Attribute) {
			if w, ok := d.word(a); ok && d.oneLine(w) {
				p.Run, run = w.text, w
			}
		}),
		attr("become", d.flag(&p.Become)),
		attr("roles", d.roleNames(&p.Roles)),
		attr("ignore", d.strings(&p.Ignore)),
		attr("report", d.hostPath(&p.Report)),
		attr("complete", d.text(&p.Complete)),
		attr("timeout", d.duration(&p.Timeout, true)),
	)
	if len(d.diags) == before {
		d.checkPreview(b, &p, run)
	}
	return p
}

// checkPreview reports what does not go together.
func (d *decoder) checkPreview(b *hclsyntax.Block, p *Preview, run word) {
	switch {
	case p.Format == "":
		d.error(b.DefRange(), "Missing attribute", "\"format\" is required here, since %q is none itself. There are: %s.", p.Name, strings.Join(collect.PreviewFormats(), ", "))
	case p.Format == "lines" && p.Complete == "":
		d.error(b.DefRange(), "Missing attribute", "\"complete\" is required here: the last line of an output that is whole. Let the command print one, as in: … && echo done")
	case p.Format != "lines" && p.Complete != "":
		d.error(b.Body.Attributes["complete"].NameRange, "Unexpected attribute", "Only the format \"lines\" has \"complete\": %s says by itself when its output is whole.", p.Format)
	case p.Format != "puppet" && p.Report != "":
		d.error(b.Body.Attributes["report"].NameRange, "Unexpected attribute", "Only the format \"puppet\" has a \"report\".")
	}
	if tool, option := changes(p.Run); tool != "" {
		d.error(run.at, "Not a dry run", "%q would change the hosts: a preview must not. Give it %s.", tool, option)
	}
}

// hostPath reads a path of a host.
func (d *decoder) hostPath(to *string) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		w, ok := d.word(a)
		switch {
		case !ok || !d.oneLine(w):
		case !path.IsAbs(w.text):
			d.error(w.at, "Bad path", "%q is a path of the host: it begins with \"/\".", a.Name)
		default:
			*to = w.text
		}
	}
}

// dryRunOptions are the options that make a dry run of the tools that gate knows.
var dryRunOptions = []struct {
	tool, option *regexp.Regexp
	says         string
}{
	{regexp.MustCompile(`^puppet$`), regexp.MustCompile(`^--noop$`), "--noop"},
	{regexp.MustCompile(`^(apt|apt-get|aptitude)$`), regexp.MustCompile(`^(-[a-z]*s[a-z]*|--(simulate|just-print|dry-run|recon|no-act))$`), "-s"},
	{regexp.MustCompile(`^pip[0-9.]*$`), regexp.MustCompile(`^--dry-run$`), "--dry-run"},
}

// separators part the commands of a line.
var separators = regexp.MustCompile(`[;&|()]+`)

// changes returns the first tool in a command line that is called without the option that makes it a dry run, and that option.
// A tool that a script calls is not seen.
func changes(line string) (tool, option string) {
	for _, command := range separators.Split(line, -1) {
		words := strings.FieldsFunc(command, func(r rune) bool { return r == ' ' || r == '\t' || r == '"' || r == '\'' })
		for _, o := range dryRunOptions {
			i := slices.IndexFunc(words, func(w string) bool { return o.tool.MatchString(path.Base(w)) })
			if i >= 0 && !slices.ContainsFunc(words[i:], o.option.MatchString) {
				return words[i], o.says
			}
		}
	}
	return "", ""
}
