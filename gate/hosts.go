package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// hosts lists the hosts, and finds those that could not be read at all, those of which not even the system could be told, and
// clocks that are off.
func (d *decision) hosts() {
	unread := Finding{Code: "unknown.host", Effect: Opens}
	unplaced := Finding{Code: "unknown.section", Effect: Opens, Subject: "os"}
	for _, s := range d.Snapshots {
		for i := range s.Hosts {
			h := &s.Hosts[i]
			d.verdict.Hosts = append(d.verdict.Hosts, Host{
				ID: h.ID.String(), Address: h.Address, Cohort: h.Cohort().String(), Taken: h.Taken.UTC().Truncate(time.Second), Read: readWhole(h),
			})
			if reason, dead := unreachable(h); dead {
				d.dead[h.ID] = true
				unread.because(h.ID, reason)
			} else if h.Cohort() == (drift.Cohort{}) {
				unplaced.because(h.ID, unplacedBecause(h))
			}
			d.clock(h)
		}
	}
	for _, id := range d.missing() {
		unread.because(id, "it is in the policy, and was not read")
	}
	d.tooFew()
	if hosts := places(unread.Hosts); hosts != "" {
		unread.Title = "Could not read " + hosts
		unread.Next = []string{fmt.Sprintf("make %s readable for gate (finding NUMBER)", hosts)}
		if d.Kept {
			unread.Next = []string{fmt.Sprintf("read %s and keep that, with gate check --record or gate snapshot (finding NUMBER)", hosts)}
		}
		d.add(unread)
	}
	if hosts := places(unplaced.Hosts); hosts != "" {
		unplaced.Title = fmt.Sprintf("Could not tell which system %s is, so it was compared with nothing", hosts)
		unplaced.Next = []string{fmt.Sprintf("let gate read /etc/os-release on %s (finding NUMBER)", hosts)}
		d.add(unplaced)
	}
}

// withoutAside returns what was read, less the hosts that are set aside: nothing is said of them.
func (d *decision) withoutAside() []*drift.Snapshot {
	var list []*drift.Snapshot
	for _, s := range d.Snapshots {
		if aside := SetAsides(d.History, s.Environment, d.Now); len(aside) > 0 {
			rest := *s
			rest.Hosts = slices.DeleteFunc(slices.Clone(s.Hosts), func(h drift.Host) bool { _, set := aside[h.ID.String()]; return set })
			s = &rest
		}
		list = append(list, s)
	}
	return list
}

// because adds a host, and a line about why it is in the finding.
func (f *Finding) because(id drift.HostID, reason string) {
	f.Hosts = append(f.Hosts, id.String())
	f.Detail = append(f.Detail, id.Name+": "+strings.TrimPrefix(reason, id.Name+": "))
}

// tooFew finds roles of which so many hosts are set aside that fewer are left than the policy wants: of those that are not
// read nothing is known.
func (d *decision) tooFew() {
	for _, name := range append(slices.Clone(d.verdict.From), d.To) {
		aside := SetAsides(d.History, name, d.Now)
		e := d.Policy.Environment(name)
		if e == nil || d.Partial || len(aside) == 0 {
			continue
		}
		for _, role := range e.Roles {
			left := 0
			for _, address := range role.Hosts {
				id := drift.HostID{Environment: name, Role: role.Name, Name: policies.HostName(address)}
				if _, set := aside[id.String()]; !set {
					left++
				}
			}
			if left < role.MinHosts {
				d.add(Finding{Code: "check.empty", Effect: Opens, Policy: position(role.Range),
					Title: fmt.Sprintf("Too many hosts of %s/%s are set aside: %d left, and the policy wants %d", name, role.Name, left, role.MinHosts),
					Next:  []string{"mend one of them and take it back: gate set-aside HOST --until now --reason …"}})
			}
		}
	}
}

// missing returns the hosts of the policy that are in no snapshot and not set aside, unless only some were to be read.
func (d *decision) missing() []drift.HostID {
	if d.Partial {
		return nil
	}
	var missing []drift.HostID
	for _, name := range append(slices.Clone(d.verdict.From), d.To) {
		e := d.Policy.Environment(name)
		aside := SetAsides(d.History, name, d.Now)
		for _, role := range e.Roles {
			for _, address := range role.Hosts {
				id := drift.HostID{Environment: e.Name, Role: role.Name, Name: policies.HostName(address)}
				if _, set := aside[id.String()]; !set && !d.wasRead(id) {
					missing = append(missing, id)
				}
			}
		}
	}
	return missing
}

// unreadRoles returns the roles with hosts to be read of which none could be.
func (d *decision) unreadRoles() []string {
	var unread []string
	for _, name := range append(slices.Clone(d.verdict.From), d.To) {
		aside := SetAsides(d.History, name, d.Now)
		for _, role := range d.Policy.Environment(name).Roles {
			asked, read := false, false
			for _, address := range role.Hosts {
				id := drift.HostID{Environment: name, Role: role.Name, Name: policies.HostName(address)}
				if _, set := aside[id.String()]; set || d.Partial && !d.wasRead(id) {
					continue
				}
				asked = true
				read = read || d.wasRead(id) && !d.dead[id]
			}
			if asked && !read {
				unread = append(unread, name+"/"+role.Name)
			}
		}
	}
	return unread
}

func (d *decision) wasRead(id drift.HostID) bool {
	s := d.snapshot(id.Environment)
	return s != nil && slices.ContainsFunc(s.Hosts, func(h drift.Host) bool { return h.ID == id })
}

// unplacedBecause says why a host's cohort could not be told.
func unplacedBecause(h *drift.Host) string {
	for _, name := range []string{"id", "version_id", "architecture"} {
		if v := h.Lookup(drift.Address("os").Attr(name)); v.Kind == drift.Unknown {
			return v.Text
		}
	}
	return "it does not say what it is"
}

// unreachable reports whether no section at all could be told, all for one reason.
func unreachable(h *drift.Host) (reason string, dead bool) {
	for i, s := range h.Sections {
		if s.Known() || i > 0 && s.Reason != h.Sections[0].Reason {
			return "", false
		}
	}
	if len(h.Sections) == 0 {
		return "nothing was read", true
	}
	return h.Sections[0].Reason, true
}

// readWhole reports whether everything that the host was asked for could be told.
func readWhole(h *drift.Host) bool {
	return !slices.ContainsFunc(h.Sections, func(s drift.Section) bool {
		return !s.Known() || slices.ContainsFunc(s.Facts, func(f drift.Fact) bool { return f.Value.Kind == drift.Unknown })
	})
}

// maxSkew is how far a clock may be off: the offset is told to a second or two.
const maxSkew = 5

func (d *decision) clock(h *drift.Host) {
	var seconds int64
	v := h.Lookup("os.clock_offset")
	if _, err := fmt.Sscan(v.Text, &seconds); v.Kind != drift.Known || err != nil || max(seconds, -seconds) <= maxSkew {
		return
	}
	d.add(Finding{Code: "host.clock", Effect: Informs, Hosts: []string{h.ID.String()},
		Title: fmt.Sprintf("The clock of %s is off by %+d s", h.ID.Name, seconds)})
}
