package drift

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Sort puts the sections into order, so that Lookup finds them, and each one's facts. Two sections of one scope are an
// error.
func (h *Host) Sort() error {
	slices.SortFunc(h.Sections, func(a, b Section) int {
		return cmp.Or(cmp.Compare(a.Collector, b.Collector), cmp.Compare(a.Scope, b.Scope))
	})
	for i := range h.Sections {
		s := &h.Sections[i]
		if i > 0 && s.Collector == h.Sections[i-1].Collector && s.Scope == h.Sections[i-1].Scope {
			return fmt.Errorf("host %s: two sections for %s", h.ID, s.Address())
		}
		if err := s.Sort(); err != nil {
			return fmt.Errorf("host %s: %w", h.ID, err)
		}
	}
	return nil
}

// Section returns the section of a collector's scope, nil where there is none.
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

// unread tells what is known of a scope that has no section: it is gone where a question that covers it was answered. Where
// nobody asked, the status is "".
func (h *Host) unread(collector, scope string) (status Status, reason string) {
	asked := false
	for _, s := range h.Collector(collector) {
		if !s.Question || !ScopeMatches(s.Scope, scope) {
			continue
		}
		if !s.Known() {
			return s.Status, s.Reason
		}
		asked = true
	}
	if asked {
		return Gone, ""
	}
	return "", "not collected"
}

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
