package report

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// CommentOptions say how to write a report for GitHub. The zero CommentOptions are for what is no pull request.
type CommentOptions struct {
	// PullRequest words it for those who read a pull request: what comes after the merge is no alarm there.
	PullRequest bool
	// Changed are the files that the pull request changes, as paths in the repository; none where that is not known.
	Changed []string
	Origin  string // as that of Options
	// Files is the address below which the policy's files can be read, as https://github.com/OWNER/REPO/blob/COMMIT.
	Files string
	// Whole is the address of the whole report: of the job's summary.
	Whole string
	// Notes are what else must be known, a sentence each.
	Notes []string
	Head  *HeadPolicy // the policy of the pull request; nil where it is the base's
}

const (
	commentBudget = 60_000    // bytes; GitHub takes 65,536 characters
	summaryBudget = 1_000_000 // bytes; GitHub takes 1 MiB of a step
	commentItems  = 50        // items of one finding
	summaryItems  = 1_000
)

// Markdown writes the whole report.
func Markdown(w io.Writer, v *gate.Verdict, o Options) error {
	m := newMarkdown(v, CommentOptions{Origin: o.Origin})
	_, err := io.WriteString(w, m.page("", wide, allItems))
	return err
}

// Summary returns the report for the job's summary, cut where GitHub would refuse it.
func Summary(v *gate.Verdict, o CommentOptions) string {
	return newMarkdown(v, o).page("", summaryBudget, summaryItems)
}

// Comment returns the body of the comment on a pull request. It begins with its [Marker]. The verdict, what stands
// against it and what to do are never folded nor cut; the same verdict has the same body.
func Comment(v *gate.Verdict, o CommentOptions) string {
	return newMarkdown(v, o).page(Marker(v.Policy.Path, v.To)+"\n", commentBudget, commentItems)
}

// Marker returns the line by which a comment is found again: there is one for each policy and environment.
func Marker(policy, to string) string {
	return fmt.Sprintf("<!-- gate:v1 policy=%s to=%s -->", escapedPath(policy), url.PathEscape(to))
}

// escapedPath escapes each part of a path.
func escapedPath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

type markdown struct {
	text
	options CommentOptions
	issue   bool // it is for an issue
	cut     bool // something is left out
}

func newMarkdown(v *gate.Verdict, o CommentOptions) *markdown {
	return &markdown{text: text{verdict: v, names: shortNames(hostsOf(v))}, options: o}
}

// page writes the report in at most budget bytes: what matters in the longest of its forms that fits, then the details
// that fit.
func (m *markdown) page(marker string, budget, items int) string {
	m.cut = true // the longer foot
	room := budget - len(marker) - len(m.foot())
	m.cut = false
	used := long
	body := m.essence(used)
	for len(body) > room && used < counted {
		used++
		body = m.essence(used)
	}
	var whole strings.Builder
	whole.WriteString(marker + body)
	for block := range m.details(used, items) {
		if whole.Len()-len(marker)+len(block) > room {
			m.cut = true
			break
		}
		whole.WriteString(block)
	}
	return whole.String() + m.foot()
}

// form is how much is said of each finding that decides.
type form int

const (
	long    form = iota // its items and details as well
	short               // its title
	counted             // how many there are of each kind
)

// essence writes what is never cut: the verdict, what stands against it, and what to do.
func (m *markdown) essence(form form) string {
	var b strings.Builder
	b.WriteString(m.head())
	b.WriteString(m.headPolicy(form))
	b.WriteString(m.table("In the open", form, open))
	b.WriteString(m.table("What is wrong", form, func(f gate.Finding) bool { return f.Effect == gate.Blocks && !m.awaits(f) }))
	b.WriteString(m.table("What could not be told", form, func(f gate.Finding) bool { return f.Effect == gate.Opens && !m.awaits(f) }))
	b.WriteString(m.steps(form))
	b.WriteString(m.change(form))
	return b.String()
}

// foot says what the report rests on, and what is not in it.
func (m *markdown) foot() string {
	v := m.verdict
	read := 0
	for _, h := range v.Hosts {
		if h.Read {
			read++
		}
	}
	parts := []string{fmt.Sprintf("%d of %s read whole", read, plural(len(v.Hosts), "host"))}
	if m.options.Origin != "" {
		parts = append(parts, brief(m.options.Origin, 400))
	}
	parts = append(parts, facts(v.Counts))
	if len(v.NotEvaluated) > 0 {
		parts = append(parts, "Not evaluated by this version: "+brief(strings.Join(v.NotEvaluated, ", "), 400))
	}
	parts = append(parts, m.sources()...)
	if m.cut {
		parts = slices.Insert(parts, 0, "Some details are left out here")
	}
	return "\n<sub>" + strings.Join(parts, ". ") + "</sub>\n"
}

// wordsAddress is where the words of a report are explained.
const wordsAddress = project + "#words"

// sources say where to read more.
func (m *markdown) sources() []string {
	v := m.verdict
	policy := "Policy " + m.link(code(clip(printable(v.Policy.Path), 200)), &gate.Position{File: v.Policy.Path, Line: 1})
	if v.Policy.Digest != "" {
		policy += " " + code(v.Policy.Digest[:min(7, len(v.Policy.Digest))])
	}
	parts := []string{policy}
	if len(v.Findings) > 0 {
		parts = append(parts, "Every value: `gate explain NUMBER`")
	}
	if whole := href("Whole report", m.options.Whole); whole != "Whole report" {
		parts = append(parts, whole)
	}
	return append(parts, href("What do these words mean?", wordsAddress))
}
