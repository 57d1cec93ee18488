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
	// Changed are the files that the pull request changes, as paths in the repository.
	Changed []string
	Origin  string // as that of Options
	// Files is the address below which the policy's files can be read, as https://github.com/OWNER/REPO/blob/COMMIT.
	Files string
	// Whole is the address of the whole report: of the job's summary.
	Whole string
	// Notes are what else must be known, a sentence each.
	Notes []string
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
}

func newMarkdown(v *gate.Verdict, o CommentOptions) *markdown {
	return &markdown{text{verdict: v, names: shortNames(hostsOf(v))}, o}
}

// page writes the report in at most budget bytes: what matters in the longest of its forms that fits, then the details
// that fit.
func (m *markdown) page(marker string, budget, items int) string {
	foot := m.foot(true)
	room := budget - len(marker) - len(foot)
	body := m.essence(long)
	for _, form := range []form{short, counted} {
		if len(body) <= room {
			break
		}
		body = m.essence(form)
	}
	cut := false
	for _, block := range m.details(items) {
		if cut = len(body)+len(block) > room; cut {
			break
		}
		body += block
	}
	return marker + body + m.foot(cut)
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
	for _, f := range m.verdict.Findings {
		if open(f) {
			fmt.Fprintf(&b, "\n**In the open**: %s\n", m.sentence(f, long))
		}
	}
	b.WriteString(m.table("What is wrong", form, func(f gate.Finding) bool { return f.Effect == gate.Blocks && !m.awaits(f) }))
	b.WriteString(m.table("What could not be told", form, func(f gate.Finding) bool { return f.Effect == gate.Opens && !m.awaits(f) }))
	b.WriteString(m.steps(form))
	b.WriteString(m.change())
	return b.String()
}

// table writes findings, a row each, or a row for each kind.
func (m *markdown) table(title string, form form, wanted func(gate.Finding) bool) string {
	var findings []gate.Finding
	for _, f := range m.verdict.Findings {
		if wanted(f) {
			findings = append(findings, f)
		}
	}
	if len(findings) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n| | %s | Where |\n|---|---|---|\n", title)
	if form == counted {
		for _, kind := range kinds(findings) {
			fmt.Fprintf(&b, "| %s | **%s** of %s: %s | %s |\n", numbers(kind), plural(len(kind), "finding"), code(kind[0].Code), prose(meaning(kind[0])), prose(m.hosts(hostsOfAll(kind))))
		}
		return b.String()
	}
	for _, f := range findings {
		fmt.Fprintf(&b, "| %d | %s | %s |\n", f.Number, m.sentence(f, form), prose(clip(m.hosts(f.Hosts), 120)))
	}
	return b.String()
}

// kinds puts findings of the same code together, in the order of the first of each.
func kinds(findings []gate.Finding) [][]gate.Finding {
	var list [][]gate.Finding
	for _, f := range findings {
		i := slices.IndexFunc(list, func(kind []gate.Finding) bool { return kind[0].Code == f.Code })
		if i < 0 {
			list = append(list, []gate.Finding{f})
		} else {
			list[i] = append(list[i], f)
		}
	}
	return list
}

// numbers names findings by the first and the last.
func numbers(findings []gate.Finding) string {
	if len(findings) == 1 {
		return fmt.Sprint(findings[0].Number)
	}
	return fmt.Sprintf("%d to %d", findings[0].Number, findings[len(findings)-1].Number)
}

// meaning says what a kind of finding is.
func meaning(f gate.Finding) string {
	known, _ := gate.Explain(f.Code)
	return known.Meaning
}

func hostsOfAll(findings []gate.Finding) []string {
	var hosts []string
	for _, f := range findings {
		hosts = append(hosts, f.Hosts...)
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// steps writes what to do, in order.
func (m *markdown) steps(form form) string {
	var steps []string
	if form == counted {
		for _, kind := range kinds(m.standing()) {
			known, _ := gate.Explain(kind[0].Code)
			steps = append(steps, fmt.Sprintf("%s: %s", numbers(kind), prose(known.Do)))
		}
	} else {
		length := map[bool]int{true: 600, false: 200}[form == long]
		for _, step := range m.advice() {
			steps = append(steps, prose(clip(printable(step), length)))
		}
	}
	if m.options.PullRequest && m.verdict.Candidate != nil {
		steps = append(steps, m.afterMerge())
	}
	if len(steps) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n**Next, in order**\n\n")
	for i, step := range steps {
		fmt.Fprintf(&b, "%d. %s\n", i+1, step)
	}
	return b.String()
}
