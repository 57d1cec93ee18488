package gate

import (
	"slices"

	"github.com/seed-313c021b/gate/drift"
)

// compose returns hosts with each fact from one of two readings: from now where fromNow says so, else from recorded. A
// host that only one reading has counts where the other has none like it.
func compose(now, recorded []drift.Host, fromNow func(role string, a drift.Address) bool) []drift.Host {
	hosts := slices.Concat(unlike(recorded, now), unlike(now, recorded))
	for _, pair := range both(now, recorded) {
		hosts = append(hosts, composed(pair[0], pair[1], fromNow))
	}
	slices.SortFunc(hosts, func(a, b drift.Host) int { return a.ID.Compare(b.ID) })
	return hosts
}

// unlike returns the hosts that have no like, of their role and cohort, among others.
func unlike(hosts, others []drift.Host) []drift.Host {
	type kind struct {
		role   string
		cohort drift.Cohort
	}
	there := map[kind]bool{}
	for i := range others {
		there[kind{others[i].ID.Role, others[i].Cohort()}] = true
	}
	return slices.DeleteFunc(slices.Clone(hosts), func(h drift.Host) bool { return there[kind{h.ID.Role, h.Cohort()}] })
}

// composed returns a host with each fact from one of two readings of it. A section that was not recorded stays out where
// what is recorded counts: it is not known.
func composed(now, recorded *drift.Host, fromNow func(role string, a drift.Address) bool) drift.Host {
	h := drift.Host{ID: now.ID, Address: now.Address, Taken: now.Taken}
	is := func(a drift.Address) bool { return fromNow(h.ID.Role, a) }
	for i := range now.Sections {
		s := &now.Sections[i]
		if old := sectionLike(recorded, s); old != nil {
			h.Sections = append(h.Sections, mixed(s, old, is))
		} else if is(s.Address()) {
			h.Sections = append(h.Sections, *s)
		}
	}
	for i := range recorded.Sections {
		s := &recorded.Sections[i]
		if sectionLike(now, s) == nil && !is(s.Address()) {
			h.Sections = append(h.Sections, *s)
		}
	}
	if err := h.Sort(); err != nil {
		panic(err) // each address is from one reading
	}
	return h
}

// sectionLike returns the section of a host that says the same kind of thing as another one.
func sectionLike(h *drift.Host, s *drift.Section) *drift.Section {
	i := slices.IndexFunc(h.Sections, func(other drift.Section) bool {
		return other.Collector == s.Collector && other.Scope == s.Scope && other.Question == s.Question && (!s.Question || other.Asked == s.Asked)
	})
	if i < 0 {
		return nil
	}
	return &h.Sections[i]
}

// mixed returns a section with each fact from one of two readings. Where a fact is from a reading that could not tell, the
// whole section could not be told.
func mixed(now, recorded *drift.Section, fromNow func(drift.Address) bool) drift.Section {
	frame, other, fromOther := recorded, now, fromNow
	if fromNow(now.Address()) {
		frame, other, fromOther = now, recorded, func(a drift.Address) bool { return !fromNow(a) }
	}
	if now.Known() && recorded.Known() && slices.Equal(now.Facts, recorded.Facts) {
		return *frame // sections that many hosts share go on being one
	}
	if !other.Known() && slices.ContainsFunc(frame.Facts, func(f drift.Fact) bool { return fromOther(f.Address) }) {
		return *other
	}
	s := *frame
	s.Facts = slices.DeleteFunc(slices.Clone(frame.Facts), func(f drift.Fact) bool { return fromOther(f.Address) })
	for _, f := range other.Facts {
		if fromOther(f.Address) && frame.Known() {
			s.Facts = append(s.Facts, f)
		}
	}
	return s
}
