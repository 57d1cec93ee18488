package drift

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Sort puts the sections into order, so that Lookup finds them, and each one's facts. Two sections of one scope are an
// error, but where both are Questions that leave out other things.
func (h *Host) Sort() error {
	slices.SortFunc(h.Sections, Section.Compare)
	for i := range h.Sections {
		s := &h.Sections[i]
		if i > 0 && s.sameScope(&h.Sections[i-1]) && (!s.Question || !h.Sections[i-1].Question || s.Asked == h.Sections[i-1].Asked) {
			return fmt.Errorf("host %s: two sections for %s", h.ID, s.Address())
		}
		if err := s.Sort(); err != nil {
			return fmt.Errorf("host %s: %w", h.ID, err)
		}
	}
	return nil
}

// Compare orders sections as a host has them.
func (s Section) Compare(other Section) int {
	return cmp.Or(cmp.Compare(s.Collector, other.Collector), cmp.Compare(s.Scope, other.Scope), cmp.Compare(s.Asked, other.Asked))
}

// sameScope reports whether two sections are of one collector's scope.
func (s *Section) sameScope(other *Section) bool {
	return s.Collector == other.Collector && s.Scope == other.Scope
}

// Section returns the section of a collector's scope, nil where there is none; the first of several Questions.
func (h *Host) Section(collector, scope string) *Section {
	i, ok := slices.BinarySearchFunc(h.Sections, Section{Collector: collector, Scope: scope}, func(a, b Section) int {
		return cmp.Or(cmp.Compare(a.Collector, b.Collector), cmp.Compare(a.Scope, b.Scope))
	})
	if !ok {
		return nil
	}
	return &h.Sections[i]
}

// Collector returns the sections of one collector.
func (h *Host) Collector(name string) []Section {
	start, _ := slices.BinarySearchFunc(h.Sections, name, func(s Section, name string) int { return cmp.Compare(s.Collector, name) })
	end := start
	for end < len(h.Sections) && h.Sections[end].Collector == name {
		end++
	}
	return h.Sections[start:end]
}

// Lookup returns what the host has at an address. What no section tells is Unknown, with the reason.
func (h *Host) Lookup(a Address) Value {
	steps := a.Steps()
	collector, scope := steps[0].Text, ""
	if len(steps) > 1 && steps[1].IsKey {
		scope = steps[1].Text
	}
	if s := h.Section(collector, scope); s != nil && !s.Question {
		return s.lookup(a)
	}
	if s := h.Section(collector, ""); s != nil {
		return s.lookup(a)
	}
	switch status, reason := h.unread(collector, scope); status {
	case Gone:
		return Value{}
	case "":
		return UnknownValue(reason)
	default:
		return UnknownValue(string(status) + reasonSuffix(reason))
	}
}

// Presence is Lookup, where the address of a whole section stands for whether that is there: "present", as in a Row, Absent
// or Unknown.
func (h *Host) Presence(a Address) Value {
	collector, scope := a.Collector(), ""
	if steps := a.Steps(); len(steps) == 2 && steps[1].IsKey {
		scope = steps[1].Text
	}
	s := h.Section(collector, scope)
	if s == nil || s.Question || s.Address() != a || s.Status != OK {
		return h.Lookup(a)
	}
	if f, found := s.Find(a); found {
		return f.Value
	}
	return String("present")
}

func (s *Section) lookup(a Address) Value {
	if !s.Known() {
		return UnknownValue(string(s.Status) + reasonSuffix(s.Reason))
	}
	for at, ok := a, true; ok; at, ok = at.Parent() {
		f, found := s.Find(at)
		if found && (at == a || f.Value.Kind == Unknown) {
			return f.Value
		}
	}
	return Value{}
}

// unread tells what is known of a scope that has no section: it is gone where a question that covers it was answered, and
// could not be told where none was. Where nobody asked, the status is "".
func (h *Host) unread(collector, scope string) (status Status, reason string) {
	reason = "not collected"
	for _, s := range h.Collector(collector) {
		switch {
		case !s.covers(scope):
		case s.Known():
			return Gone, ""
		case status == "":
			status, reason = s.Status, s.Reason
		}
	}
	return status, reason
}

// covers reports whether the section is a Question about a scope: one that does not leave it out.
func (s *Section) covers(scope string) bool {
	if !s.Question || !ScopeMatches(s.Scope, scope) {
		return false
	}
	if !strings.Contains(s.Asked, `"exclude"`) {
		return true
	}
	var asked struct{ Exclude []string }
	return json.Unmarshal([]byte(s.Asked), &asked) == nil && !Excluded(scope, s.Scope, asked.Exclude)
}

// Excluded reports whether a path that a pattern matches is left out: by a name in it, below the folder that the pattern
// begins with, or by a whole path, of it or of a folder above it.
func Excluded(path, pattern string, exclude []string) bool {
	if len(exclude) == 0 {
		return false
	}
	base := pattern
	if sign := strings.IndexAny(pattern, patternSigns); sign >= 0 {
		base = pattern[:strings.LastIndexByte(pattern[:sign], '/')]
	}
	for at := path; len(at) > len(base); {
		slash := strings.LastIndexByte(at, '/')
		for _, e := range exclude {
			subject := at
			if !strings.Contains(e, "/") {
				subject = at[slash+1:]
			}
			if doublestar.MatchUnvalidated(e, subject) {
				return true
			}
		}
		at = at[:max(slash, 0)]
	}
	return false
}

// patternSigns are what makes a path a pattern (doublestar.Match).
const patternSigns = `*?[{\`

// ScopeMatches reports whether a question is about a scope: see Section.
func ScopeMatches(question, scope string) bool {
	if !strings.HasPrefix(question, "/") {
		return Match(question, scope)
	}
	return doublestar.MatchUnvalidated(question, scope)
}

func reasonSuffix(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// Cohort returns the host's cohort, from the facts of the collector "os".
func (h *Host) Cohort() Cohort {
	var c Cohort
	for _, part := range []struct {
		name string
		to   *string
	}{{"id", &c.OS}, {"version_id", &c.Version}, {"architecture", &c.Arch}} {
		v := h.Lookup(Address("os").Attr(part.name))
		s, ok := v.AsString()
		if v.Kind == Unknown || !ok && v.Kind != Absent {
			return Cohort{}
		}
		*part.to = s
	}
	return c
}
