package gate

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/policies"
)

// Observer tells from what hosts say which contents they run.
type Observer struct {
	Policy  *policies.Policy
	Commits Commits
	History *History         // what was built of which content; nil for nothing
	Aside   map[string]Event // the hosts that need not show anything, as SetAsides returns them
}

// Unseen is a reason why a content does not count as seen. A host may have several.
type Unseen struct {
	Component string
	Host      drift.HostID // without a name where it is about no single host
	Sight     Sight
	Text      string  // why, for people, without the names of component and host
	Content   Content // what the host's marker says, where that could be told
}

// Sight is what is wrong with what a host shows.
type Sight string

const (
	NoMarker    Sight = "no-marker"    // the policy does not say where hosts say what they run
	NoHost      Sight = "no-host"      // the environment has no host that the component runs on
	NotRead     Sight = "not-read"     // the host was not read
	NotTold     Sight = "not-told"     // the marker could not be read
	NotThere    Sight = "not-there"    // the host has no marker
	Dirty       Sight = "dirty"        // the checkout is not what its commit says
	Unresolved  Sight = "unresolved"   // the marker's value leads to no content
	Mixed       Sight = "mixed"        // hosts show different contents
	NotRunning  Sight = "not-running"  // a unit does not run
	NotStarted  Sight = "not-started"  // a unit started before the marker changed
	StartUnsure Sight = "start-unsure" // whether it did could not be told
)

// Code returns the code of the finding that it makes.
func (s Sight) Code() string {
	switch s {
	case Dirty:
		return "promotion.dirty"
	case NoMarker, NotRead, NotTold, Unresolved, StartUnsure:
		return "promotion.unresolved"
	}
	return "promotion.not_observed"
}

// Seen returns the contents that an environment's hosts show, in the order of the policy: the marker of every host of the
// component's roles resolves to it, and its units run and have started since the marker changed. It returns too why the
// other components are not among them.
func (o Observer) Seen(s *drift.Snapshot) ([]Content, []Unseen) {
	var seen []Content
	var unseen []Unseen
	for _, component := range o.Policy.Promoted() {
		look := look{Observer: o, component: component, snapshot: s, resolved: map[string]resolution{}}
		look.hosts()
		if len(look.unseen) == 0 {
			seen = append(seen, look.shown[0])
		}
		unseen = append(unseen, look.unseen...)
	}
	return seen, unseen
}

// look is one component on the hosts of one environment.
type look struct {
	Observer
	component policies.Component
	snapshot  *drift.Snapshot
	shown     []Content // by the hosts whose marker could be resolved
	unseen    []Unseen
	resolved  map[string]resolution // by the marker's value
}

func (l *look) add(host drift.HostID, sight Sight, c Content, format string, args ...any) {
	l.unseen = append(l.unseen, Unseen{l.component.Name, host, sight, fmt.Sprintf(format, args...), c})
}

func (l *look) hosts() {
	hosts := l.place()
	switch {
	case l.component.Marker == "":
		l.add(drift.HostID{Environment: l.snapshot.Environment}, NoMarker, Content{}, "the policy names no marker for it")
		return
	case len(hosts) == 0:
		l.add(drift.HostID{Environment: l.snapshot.Environment}, NoHost, Content{}, "%s has no host that it runs on, less those that are set aside", l.snapshot.Environment)
		return
	}
	read := make(map[drift.HostID]*drift.Host, len(l.snapshot.Hosts))
	for i := range l.snapshot.Hosts {
		read[l.snapshot.Hosts[i].ID] = &l.snapshot.Hosts[i]
	}
	where := map[drift.HostID]Content{}
	for _, id := range hosts {
		h := read[id]
		if h == nil {
			l.add(id, NotRead, Content{}, "it was not read")
			continue
		}
		c, ok := l.marker(h)
		if ok {
			where[id] = c
			l.shown = append(l.shown, c)
		}
		l.units(h, c)
	}
	if !slices.ContainsFunc(l.shown, func(c Content) bool { return c.ID != l.shown[0].ID }) {
		return
	}
	for _, id := range hosts {
		if c, ok := where[id]; ok {
			l.add(id, Mixed, c, "it shows %s, and not all hosts do", Short(c.Commit))
		}
	}
}

// place returns the hosts of the environment that the component runs on, in the order of the policy, less those that are
// set aside.
func (l *look) place() []drift.HostID {
	environment := l.Policy.Environment(l.snapshot.Environment)
	if environment == nil {
		return nil
	}
	var hosts []drift.HostID
	for _, role := range environment.Roles {
		if len(l.component.Roles) > 0 && !slices.Contains(l.component.Roles, role.Name) {
			continue
		}
		for _, address := range role.Hosts {
			id := drift.HostID{Environment: environment.Name, Role: role.Name, Name: policies.HostName(address)}
			if _, aside := l.Aside[id.String()]; !aside {
				hosts = append(hosts, id)
			}
		}
	}
	return hosts
}

// marker returns the content that a host's marker says, and false where it says none, with the reason added.
func (l *look) marker(h *drift.Host) (Content, bool) {
	at := l.component.Marker
	v := h.Lookup(at)
	text, isText := v.AsString()
	switch {
	case v.Kind == drift.Absent:
		l.add(h.ID, NotThere, Content{}, "it has no %s", at)
		return Content{}, false
	case v.Kind == drift.Unknown:
		l.add(h.ID, NotTold, Content{}, "%s: %s", at, v.Text)
		return Content{}, false
	case v.Kind == drift.Sealed || !isText:
		l.add(h.ID, Unresolved, Content{}, "%s is %s, which names no revision", at, v.Display())
		return Content{}, false
	}
	r, known := l.resolved[text]
	if !known {
		r = l.resolve(text)
		l.resolved[text] = r
	}
	if r.why != "" {
		l.add(h.ID, r.sight, Content{}, "%s is %s: %s", at, v.Display(), r.why)
		return Content{}, false
	}
	return r.content, l.clean(h, r.content)
}

// clean reports whether the checkout that the marker is of is as its commit says. A bare repository and a marker file have
// nothing that could be dirty.
func (l *look) clean(h *drift.Host, c Content) bool {
	folder, ok := strings.CutSuffix(string(l.component.Marker), ".commit")
	if !ok || l.component.Marker.Collector() != "revision" {
		return true
	}
	at := drift.Address(folder).Attr("dirty")
	switch v := h.Lookup(at); {
	case v.Kind == drift.Absent || v.Equal(drift.Bool(false)):
		return true
	case v.Equal(drift.Bool(true)):
		l.add(h.ID, Dirty, c, "files of %s differ from its commit %s", folder, Short(c.Commit))
	default:
		l.add(h.ID, NotTold, c, "%s: %s", at, v.Text)
	}
	return false
}

// resolution is what a marker's value leads to.
type resolution struct {
	content Content
	sight   Sight // of why
	why     string
}

// commitID finds the commit in a marker's value: an object id, abbreviated to seven digits at least, alone or as
// git-describe(1) has it.
var commitID = regexp.MustCompile(`^(?:.*-g)?([0-9a-f]{7,64})$`)

// resolve leads a value to the content of the component: what was built of one is bound to it by an event; other values
// are commits.
func (l *look) resolve(value string) resolution {
	if c, ok, why := l.built(value); ok || why != "" {
		return resolution{c, Unresolved, why}
	}
	if _, dirty := strings.CutSuffix(value, "-dirty"); dirty {
		return resolution{sight: Dirty, why: "it was built of files that differ from their commit"}
	}
	match := commitID.FindStringSubmatch(value)
	if match == nil {
		return resolution{sight: Unresolved, why: "it is no commit, and no event says what it was built of"}
	}
	if l.Commits == nil {
		return resolution{sight: Unresolved, why: "there is no repository to ask"}
	}
	contents, err := l.Commits.Contents(match[1])
	c, ok := contentOf(contents, l.component.Name)
	switch {
	case ok: // an error is about another component
		return resolution{content: c}
	case err != nil:
		return resolution{sight: Unresolved, why: err.Error()}
	}
	return resolution{sight: Unresolved, why: fmt.Sprintf("the commit %s has no content of it", Short(match[1]))}
}

// built returns the content of the component that an artifact was made of.
func (l *look) built(value string) (c Content, ok bool, why string) {
	if l.History == nil {
		return c, false, ""
	}
	for _, e := range l.History.Events {
		made, has := e.Content(l.component.Name)
		if e.Kind != Built || e.Invalid != "" || !has || !slices.ContainsFunc(e.Artifacts, func(a string) bool { return artifact(a) == artifact(value) }) {
			continue
		}
		if ok && made.ID != c.ID {
			return Content{}, false, fmt.Sprintf("events say that it was built of %s and of %s", Short(c.Commit), Short(made.Commit))
		}
		c, ok = made, true
	}
	return c, ok, ""
}

// artifact returns what names an artifact whatever place it is stored in: of an image's reference its digest.
func artifact(name string) string {
	name = strings.TrimSpace(name)
	if i := strings.LastIndex(name, "@sha256:"); i >= 0 {
		return name[i+1:]
	}
	return name
}

// units finds those of the component's units that do not run, or started before the host's marker changed. Times are told
// to the second: a unit that started in the second of the change counts as started after it.
func (l *look) units(h *drift.Host, c Content) {
	for _, name := range l.component.Units {
		at := drift.Address("service").Key(collect.UnitName(name))
		switch active := h.Lookup(at.Attr("active")); {
		case active.Kind == drift.Absent:
			l.add(h.ID, NotRunning, c, "it has no unit %s", name)
			continue
		case active.Kind != drift.Known:
			l.add(h.ID, StartUnsure, c, "%s: %s", at.Attr("active"), active.Text)
			continue
		case !active.Equal(drift.String("active")) && !active.Equal(drift.String("reloading")):
			l.add(h.ID, NotRunning, c, "%s is %s", name, active.Display())
			continue
		}
		started, why := timeAt(h, at.Attr("started"))
		changed, whyNot := timeAt(h, changedAt(l.component.Marker))
		switch {
		case why != "" || whyNot != "":
			l.add(h.ID, StartUnsure, c, "%s", cmp.Or(why, whyNot))
		case started.Before(changed):
			l.add(h.ID, NotStarted, c, "%s has run since %s, and the marker changed at %s", name, started.UTC().Format(time.RFC3339), changed.UTC().Format(time.RFC3339))
		}
	}
}

// changedAt returns the address of the time at which a marker changed.
func changedAt(marker drift.Address) drift.Address {
	revision, _ := marker.Parent()
	return revision.Attr("changed")
}

// timeAt returns the time that a host says at an address, or why it says none.
func timeAt(h *drift.Host, at drift.Address) (time.Time, string) {
	v := h.Lookup(at)
	text, ok := v.AsString()
	switch {
	case v.Kind == drift.Unknown:
		return time.Time{}, fmt.Sprintf("%s: %s", at, v.Text)
	case !ok:
		return time.Time{}, fmt.Sprintf("%s is %s", at, v.Display())
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Sprintf("%s is %q, which is no time", at, text)
	}
	return t, ""
}
