package report

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// Unjudged returns the body of the comment on a pull request where there is no verdict, in place of what an earlier one
// said. It begins with the [Marker] of the policy and the environment. Each line of the reason stands for itself; one that
// begins with a line of a file, as gate.hcl:7, links there.
func Unjudged(policy, to, reason string, o CommentOptions) string {
	return Marker(policy, to) + "\n" + unjudged(policy, to, reason, o, "What was said here before does not hold any more.")
}

// UnjudgedSummary returns the same for the job's summary, where nothing was said before.
func UnjudgedSummary(policy, to, reason string, o CommentOptions) string {
	return unjudged(policy, to, reason, o)
}

func unjudged(policy, to, reason string, o CommentOptions, first ...string) string {
	m := newMarkdown(&gate.Verdict{To: to, Policy: gate.Policy{Path: policy}}, o)
	what := "anything"
	if o.PullRequest {
		what = "this pull request"
	}
	lines := append([]string{"[!WARNING]\n> ### gate could not judge " + what + " for " + m.to() + "."}, first...)
	head := quoted(append(lines, m.notes()...))
	foot := "\n<sub>" + strings.Join(m.sources(), ". ") + "</sub>\n"
	return head + m.reasons(reason, commentBudget-len(Marker(policy, to))-1-len(head)-len(foot)) + foot
}

// reasons writes why there is no verdict, in at most room bytes.
func (m *markdown) reasons(reason string, room int) string {
	const rest = "- more: see the whole report\n"
	body := "\n**Why**\n\n"
	for line := range strings.Lines(reason) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		line = "- " + m.reason(line) + "\n"
		if len(body)+len(line)+len(rest) > room {
			return body + rest
		}
		body += line
	}
	return body
}

// reason writes a line of a reason, and links the place that it begins with.
func (m *markdown) reason(line string) string {
	const longest = 600 // columns
	at := placed.FindStringSubmatch(line)
	if at == nil {
		return brief(line, longest)
	}
	number, err := strconv.Atoi(at[2])
	if err != nil {
		return brief(line, longest)
	}
	place := code(clip(fmt.Sprintf("%s:%d", printable(at[1]), number), 200))
	return m.link(place, &gate.Position{File: at[1], Line: number}) + ": " + brief(line[len(at[0]):], longest)
}

// placed is how a diagnostic begins: its file, its line, and its columns.
var placed = regexp.MustCompile(`^([^\s:/][^\s:]*):([0-9]+)(?:,[0-9]+(?:-[0-9]+(?:,[0-9]+)?)?)?: +`)
