package collect

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift"
)

var errFewUnits = errors.New("systemctl does not show the units that it was asked for, one by one")

// units is what a host says of the units that it was asked for.
type units struct {
	named, matched []unit
	asRoot         bool             // read by root, who sees the processes of all users
	changed        map[string]int64 // when a file was changed last, in seconds
	groups         map[string]group // control groups below the mount point, without those that could not be read
	groupOf        map[string]string
}

// group is what runs in a control group and in those below it.
type group struct {
	processes int
	replaced  bool // one of them runs code that is not on the disk any more
	unseen    bool // of one that cannot be told
}

// unit is what "systemctl show" prints of one: properties by name.
type unit map[string]string

// process is what the memory map of one says.
type process struct {
	read     bool     // the account may read it
	ended    bool     // meanwhile
	replaced []string // code that it runs and that is not on the disk any more
}

// readUnits reads what read_service prints: parts with lines, each begun by a line with its name.
func readUnits(body string) (u units, err error) {
	names := []string{"named", "matched", "files", "processes", "maps"}
	parts := map[string][]string{}
	at := -1
	for line := range strings.Lines(body) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case at+1 < len(names) && line == "="+names[at+1]:
			at++
		case at < 0:
			return u, fmt.Errorf("not a part: %q", line)
		default:
			parts[names[at]] = append(parts[names[at]], line)
		}
	}
	if at != len(names)-1 {
		return u, fmt.Errorf("no part %q", names[at+1])
	}
	if u.named, err = readShown(parts["named"]); err != nil {
		return u, err
	}
	if u.matched, err = readShown(parts["matched"]); err != nil {
		return u, err
	}
	if u.changed, err = readChanged(parts["files"]); err != nil {
		return u, err
	}
	u.gather(readMembers(parts["processes"]), readMaps(parts["maps"]))
	return u, nil
}

// What systemctl may show of one unit: each of its names has all its facts.
const (
	maxProperty = 64 << 10 // bytes of a property
	maxAliases  = 100      // names
)

// readShown reads units, separated by blank lines.
func readShown(lines []string) ([]unit, error) {
	var all []unit
	fresh := true
	for _, line := range lines {
		if line == "" {
			fresh = true
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			return nil, fmt.Errorf("not a property of a unit: %q", line)
		}
		if len(value) > maxProperty {
			return nil, fmt.Errorf("systemctl shows a property of more than %d bytes: %s", maxProperty, clip(key))
		}
		if fresh {
			all = append(all, unit{})
			fresh = false
		}
		all[len(all)-1][key] = value
	}
	for _, u := range all {
		if u["Id"] == "" || u["LoadState"] == "" || u["ActiveState"] == "" {
			return nil, fmt.Errorf("systemctl shows a unit without its name or state")
		}
		if names := u.names(); len(names) > maxAliases {
			return nil, fmt.Errorf("systemctl shows a unit with more than %d names: %s", maxAliases, names[0])
		}
	}
	return all, nil
}

// readChanged reads lines of seconds and a path.
func readChanged(lines []string) (map[string]int64, error) {
	changed := map[string]int64{}
	for _, line := range lines {
		seconds, path, _ := strings.Cut(line, " ")
		n, err := strconv.ParseInt(seconds, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("not the time of a file: %q", line)
		}
		changed[path] = n
	}
	return changed, nil
}

// readMembers reads lines of a cgroup.procs file and a process in it, or none where the file could be read.
func readMembers(lines []string) map[string][]string {
	members := map[string][]string{}
	for _, line := range lines {
		file, pid, ok := strings.Cut(line, "/cgroup.procs:")
		if !ok || len(file) > maxPath {
			continue
		}
		group := strings.TrimPrefix(file, "/sys/fs/cgroup")
		for _, mount := range []string{"/systemd/", "/unified/"} {
			if rest, ok := strings.CutPrefix(group, mount); ok {
				group = "/" + rest
			}
		}
		if pid == "" {
			if _, listed := members[group]; !listed {
				members[group] = nil
			}
			continue
		}
		members[group] = append(members[group], pid)
	}
	return members
}

// gather tells of each control group what runs in it: a process counts to its own group and to all above.
func (u *units) gather(members map[string][]string, processes map[string]process) {
	u.groups, u.groupOf = map[string]group{}, map[string]string{}
	for name, pids := range members {
		var own group
		for _, pid := range pids {
			u.groupOf[pid] = name
			p := processes[pid]
			own.processes++
			own.replaced = own.replaced || len(p.replaced) > 0
			own.unseen = own.unseen || !p.read && !p.ended
		}
		u.groups[name] = u.groups[name].with(own)
		if len(pids) == 0 {
			continue
		}
		for at := parent(name); at != "/" && at != name; at = parent(at) {
			u.groups[at] = u.groups[at].with(own)
		}
	}
}

func (g group) with(other group) group {
	return group{g.processes + other.processes, g.replaced || other.replaced, g.unseen || other.unseen}
}

// readMaps reads lines of /proc/PID/maps, each with its file in front.
func readMaps(lines []string) map[string]process {
	processes := map[string]process{}
	for _, line := range lines {
		rest, ok := strings.CutPrefix(line, "/proc/")
		pid, entry, ok2 := strings.Cut(rest, "/maps:")
		if !ok || !ok2 {
			continue
		}
		p := processes[pid]
		switch {
		case entry == "ended":
			p.ended = true
		case strings.HasSuffix(entry, " [stack]"):
			p.read = true
		default:
			if i := strings.IndexByte(entry, '/'); i >= 0 {
				if file := strings.TrimSuffix(entry[i:], " (deleted)"); isCode(file) {
					p.replaced = append(p.replaced, file)
				}
			}
		}
		processes[pid] = p
	}
	return processes
}

// isCode reports whether a deleted file that a process maps was installed once: programs also make code in files that
// they delete themselves.
func isCode(file string) bool {
	for _, made := range []string{"/memfd:", "/dev/", "/SYSV", "/tmp/", "/var/tmp/", "/run/", "/[aio]", "/i915", "/drm ", "/anon_hugepage"} {
		if strings.HasPrefix(file, made) {
			return false
		}
	}
	return true
}

// matches returns a section for each name that a pattern matches, of the units that are there. Logins are left out.
func (u units) matches(pattern string, uid int) []drift.Section {
	var sections []drift.Section
	for _, shown := range u.matched {
		for _, name := range shown.names() {
			if !drift.Match(pattern, name) || isLogin(name, uid) {
				continue
			}
			status, facts := u.section(shown, name)
			if status == drift.OK {
				sections = append(sections, drift.Section{Collector: "service", Scope: name, Status: status, Facts: facts})
			}
		}
	}
	slices.SortFunc(sections, func(a, b drift.Section) int { return strings.Compare(a.Scope, b.Scope) })
	return slices.CompactFunc(sections, func(a, b drift.Section) bool { return a.Scope == b.Scope })
}

// isLogin reports whether a unit is there because somebody is logged in: any session, or the reading user's own units.
func isLogin(name string, uid int) bool {
	session := strings.HasPrefix(name, "session-") && strings.HasSuffix(name, ".scope")
	own := strconv.Itoa(uid)
	return session || slices.Contains([]string{"user@" + own + ".service", "user-runtime-dir@" + own + ".service", "user-" + own + ".slice", "run-user-" + own + ".mount"}, name)
}

// names returns the name of a unit and its aliases.
func (u unit) names() []string {
	names := append([]string{u["Id"]}, words(u["Names"])...)
	slices.Sort(names)
	return slices.Compact(names)
}

// words splits a list of strings as systemctl shows it: with spaces between, and quoted as in C where it must be.
func words(list string) []string {
	var all []string
	for list = strings.TrimLeft(list, " "); list != ""; list = strings.TrimLeft(list, " ") {
		word, rest, _ := strings.Cut(list, " ")
		if quoted, err := strconv.QuotedPrefix(list); err == nil {
			rest = list[len(quoted):]
			word, _ = strconv.Unquote(quoted)
		}
		all = append(all, word)
		list = rest
	}
	return all
}

// section returns what is known of a unit, under the name that it was asked for.
func (u units) section(shown unit, name string) (drift.Status, []drift.Fact) {
	if shown["LoadState"] == "not-found" && shown["ActiveState"] == "inactive" {
		return drift.Gone, nil
	}
	at := drift.Address("service").Key(name)
	facts := []drift.Fact{
		{Address: at.Attr("load"), Value: drift.String(shown["LoadState"])},
		{Address: at.Attr("active"), Value: drift.String(shown["ActiveState"])},
		{Address: at.Attr("sub"), Value: drift.String(shown["SubState"])},
		{Address: at.Attr("drop_ins"), Value: drift.Strings(words(shown["DropInPaths"])...)},
		{Address: at.Attr("needs_reload"), Value: yesNo(shown["NeedDaemonReload"])},
		{Address: at.Attr("needs_restart"), Value: u.needsRestart(shown)},
	}
	if shown.isActive() {
		facts = append(facts, drift.Fact{Address: at.Attr("started"), Value: shown.started()})
	}
	if u.asRoot {
		facts = append(facts, drift.Fact{Address: at.Attr("runs_replaced"), Value: u.runsReplaced(shown)})
	}
	if state := shown["UnitFileState"]; state != "" {
		facts = append(facts, drift.Fact{Address: at.Attr("enabled"), Value: drift.String(state)})
	}
	if file := shown["FragmentPath"]; file != "" {
		facts = append(facts, drift.Fact{Address: at.Attr("fragment"), Value: drift.String(file)})
	}
	return drift.OK, facts
}

// started tells when the unit's main process started, or the unit where it has none.
func (u unit) started() drift.Value {
	property := "ExecMainStartTimestamp"
	if u["MainPID"] == "" || u["MainPID"] == "0" {
		property = "ActiveEnterTimestamp"
	}
	t, err := u.time(property)
	if err != nil {
		return drift.UnknownValue("systemctl does not say when it started")
	}
	return moment(t)
}

// time reads a time as systemctl shows it in UTC.
func (u unit) time(property string) (time.Time, error) {
	return time.Parse("Mon 2006-01-02 15:04:05 MST", u[property])
}

func yesNo(s string) drift.Value {
	switch s {
	case "yes":
		return drift.Bool(true)
	case "no":
		return drift.Bool(false)
	}
	return drift.UnknownValue("systemctl does not say")
}

// needsRestart tells whether the files of an active unit are newer than its start.
func (u units) needsRestart(shown unit) drift.Value {
	if !shown.isActive() {
		return drift.Bool(false)
	}
	newer, unclear := u.newerFile(shown)
	if !newer && unclear != "" {
		return drift.UnknownValue("cannot tell when " + unclear + " was changed")
	}
	return drift.Bool(newer)
}

// runsReplaced tells whether an active unit runs code that is not on the disk any more.
func (u units) runsReplaced(shown unit) drift.Value {
	if !shown.isActive() {
		return drift.Bool(false)
	}
	replaced, unclear := u.replacedCode(shown)
	if !replaced && unclear != "" {
		return drift.UnknownValue(unclear)
	}
	return drift.Bool(replaced)
}

func (u unit) isActive() bool { return u["ActiveState"] != "inactive" && u["ActiveState"] != "failed" }

// newerFile reports whether a unit file or drop-in was changed after the unit became active, and the first for which
// that cannot be told. What systemd takes up without a restart (timers, targets …) does not count, nor do files that
// systemd makes itself, at each daemon-reload.
func (u units) newerFile(shown unit) (newer bool, unclear string) {
	if kind := path.Ext(shown["Id"]); kind != ".service" && kind != ".socket" {
		return false, ""
	}
	since, err := shown.time("ActiveEnterTimestamp")
	for _, file := range append([]string{shown["FragmentPath"], shown["SourcePath"]}, words(shown["DropInPaths"])...) {
		if file == "" || strings.HasPrefix(file, "/run/systemd/generator") || strings.HasPrefix(file, "/run/systemd/transient/") || strings.Contains(file, ".control/") {
			continue
		}
		changed, ok := u.changed[file]
		switch {
		case err != nil || !ok:
			unclear = file
		case changed > since.Unix():
			return true, ""
		}
	}
	return false, unclear
}

// replacedCode reports whether a process of the unit runs code that was replaced, or why that cannot be told.
func (u units) replacedCode(shown unit) (replaced bool, unclear string) {
	switch path.Ext(shown["Id"]) {
	case ".service", ".socket", ".mount", ".swap", ".scope":
	default: // no processes, or, of a slice, those of other units
		return false, ""
	}
	name, main := shown["ControlGroup"], shown["MainPID"]
	group, listed := u.groups[name]
	hasMain := main != "" && main != "0"
	mainGroup, mainListed := u.groupOf[main]
	runs := path.Ext(shown["Id"]) != ".socket" && shown["SubState"] == "running"
	switch {
	case group.replaced:
		return true, ""
	case group.unseen:
		return false, "not even root may see what the unit's processes run"
	case name != "" && !listed || hasMain && (name == "" || !mainListed || !isBelow(mainGroup, name)) || runs && group.processes == 0:
		return false, "the processes of the unit cannot be listed"
	}
	return false, ""
}
