package gate

import (
	"regexp"
	"slices"
	"strings"
)

// Lost returns the findings by which one verdict decides and another does not, in a part at least: what stops a promotion
// there does not here. Both are of the same hosts as they were read once, by two policies. A finding is told again by what
// it is about, and by none of the numbers in it.
func Lost(from, to *Verdict) []Finding {
	still := map[reason]bool{}
	for _, f := range to.Findings {
		if f.Effect != Informs {
			for _, r := range f.reasons() {
				still[r] = true
			}
		}
	}
	var lost []Finding
	for _, f := range from.Findings {
		if f.Effect != Informs && slices.ContainsFunc(f.reasons(), func(r reason) bool { return !still[r] }) {
			lost = append(lost, f)
		}
	}
	return lost
}

// Without returns a verdict less some findings, and what follows from that for the others.
func (v *Verdict) Without(some func(*Finding) bool) *Verdict {
	rest := *v
	rest.Findings = slices.DeleteFunc(slices.Clone(v.Findings), func(f Finding) bool { return some(&f) })
	rest.seal()
	return &rest
}

// reason is one thing that a finding is about. Of a difference it is the address and the host, whatever its class is, since
// that may depend on the policy.
type reason struct{ what, host string }

var (
	ruleTitle = regexp.MustCompile(`^Rule "(?:[^"\\]|\\.)*"`)
	figures   = regexp.MustCompile(`\S*[0-9]\S*`) // numbers, times, durations, commits
)

// reasons returns all that a finding is about.
func (f *Finding) reasons() []reason {
	var list []reason
	for _, item := range f.Items {
		for _, v := range slices.Concat(item.From, item.To) {
			for _, host := range v.Hosts {
				if v.Differs {
					list = append(list, reason{"at " + item.Address, host})
				}
			}
		}
	}
	if len(list) > 0 {
		return list
	}
	what := f.Code + " " + f.Subject
	switch {
	case strings.HasPrefix(f.Code, "rule."):
		what = ruleTitle.FindString(f.Title)
	case f.Subject == "" && len(f.Hosts) == 0:
		title, _, _ := strings.Cut(f.Title, " until ")
		what += figures.ReplaceAllString(title, "0")
	}
	for _, host := range f.Hosts {
		list = append(list, reason{what, host})
	}
	if len(list) == 0 {
		list = append(list, reason{what, ""})
	}
	return list
}
