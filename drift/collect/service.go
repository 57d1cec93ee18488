package collect

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/zclconf/go-cty/cty"
)

var service = Collector{
	Name:    "service",
	Version: 1,
	Doc: `systemd units, named or by a pattern with "*": states, unit file, drop-ins, and whether a daemon-reload or a ` +
		`restart is due. A restart is due when its unit file or a drop-in is newer than its start; read with become, ` +
		`it is told too whether it runs a program or library that was replaced since. Where systemd does not run, no ` +
		`unit is there. Patterns leave out logins: session scopes, and what systemd starts for the reading user. A name ` +
		`without a suffix is a ".service", as for systemctl.`,
	Args: []Arg{
		{Name: "units", Type: cty.List(cty.String), Check: checkUnit, Doc: `Units, as "nginx.service", "app@1.service", "app-*.timer".`},
		{Name: "optional", Type: cty.List(cty.String), Check: checkUnit, Doc: "Units or patterns that may match nothing."},
	},
	Schema: &Schema{
		Doc: "systemd units.", Key: "unit",
		Elem: &Schema{
			Doc: "One unit.",
			Attrs: map[string]*Schema{
				"load":          {Type: "string", Doc: "Whether systemd could read the unit: loaded, masked, bad-setting, error …"},
				"active":        {Type: "string", Doc: "active, inactive, failed, activating, deactivating, reloading …"},
				"sub":           {Type: "string", Doc: "The state that is the unit type's own: running, exited, dead, waiting, listening …"},
				"enabled":       {Type: "string", Doc: "The unit file's state: enabled, disabled, static, masked, generated …; absent where there is no unit file."},
				"fragment":      {Type: "string", Doc: "The unit file."},
				"drop_ins":      {Type: "list", Doc: "The files that change it, in the order in which they do."},
				"needs_reload":  {Type: "bool", Doc: "Whether unit files have changed since systemd read them: systemctl daemon-reload is due."},
				"needs_restart": {Type: "bool", Doc: "Whether its unit file or a drop-in is newer than its start."},
				"started":       {Type: "string", Doc: "When its main process started, or else the unit: RFC 3339, in UTC. It is there while the unit is active."},
				"runs_replaced": {Type: "bool", Doc: "Whether it runs a program or library that was replaced since. Only root can tell: it is there with become = true."},
			},
		},
	},
	Script: `
read_service() {
	[ -z "$root" ] || { echo "no systemd runs in a root tree" >&2; return 69; }
	[ -d /run/systemd/system ] || return 66
	command -v systemctl >/dev/null || { echo "systemd runs, but there is no systemctl" >&2; return 69; }
	TZ=UTC SYSTEMD_COLORS=0 SYSTEMD_PAGER='' SYSTEMD_LOG_LEVEL=warning
	export TZ SYSTEMD_COLORS SYSTEMD_PAGER SYSTEMD_LOG_LEVEL
	service_names='' service_patterns=''
	for service_name do
		case $service_name in
		*\**) service_patterns="$service_patterns $service_name" ;;
		*) service_names="$service_names $service_name" ;;
		esac
	done
	service_named='' service_matched=''
	# shellcheck disable=SC2086 # names of units have no space
	if [ -n "$service_names" ]; then service_named=$(service_show $service_names) || return; fi
	# shellcheck disable=SC2086
	if [ -n "$service_patterns" ]; then service_matched=$(service_match $service_patterns) || return; fi
	printf '=named\n%s\n=matched\n%s\n' "$service_named" "$service_matched"
	IFS=$gate_newline
	# shellcheck disable=SC2086 # the lines of it
	set -- $service_named$gate_newline$service_matched
	unset IFS
	service_files "$@"
	service_processes "$@"
	echo end
}

service_show() {
	systemctl show --no-pager -p Id,Names,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,SourcePath,DropInPaths,NeedDaemonReload,ActiveEnterTimestamp,ExecMainStartTimestamp,MainPID,ControlGroup -- "$@"
}

# service_match PATTERN...: "show" takes patterns of loaded units alone, "list-unit-files" finds the others, and fails
# where it finds nothing at all.
service_match() {
	service_show "$@" || return
	service_found=$(systemctl list-unit-files --no-legend --no-pager --full -- basic.target "$@") || return
	IFS=$gate_newline
	# shellcheck disable=SC2086
	set -- $service_found
	unset IFS
	service_names=
	for service_line do
		case ${service_line%% *} in *@.*) ;; *) service_names="$service_names ${service_line%% *}" ;; esac
	done
	echo
	# shellcheck disable=SC2086
	service_show $service_names
}

# service_files LINE...: when the files of the shown units were changed last.
service_files() {
	service_paths=
	for service_line do
		case $service_line in
		FragmentPath=/* | SourcePath=/* | DropInPaths=/*) service_paths="$service_paths ${service_line#*=}" ;;
		esac
	done
	printf '=files\n'
	# shellcheck disable=SC2086
	[ -z "$service_paths" ] || stat -L -c '%Y %n' -- $service_paths 2>/dev/null
}

# service_processes LINE...: the groups of the shown units, each as far as it could be read, the processes in them, and
# what each runs that is deleted. A group without a process may have no folder. The line of the stack shows that the list
# could be read.
service_processes() {
	printf '=processes\n'
	service_tree='' service_groups='' service_lists='' service_text=''
	for service_mount in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
		[ ! -e "$service_mount/cgroup.procs" ] || { service_tree=$service_mount && break; }
	done
	[ -n "$service_tree" ] || set --
	for service_line do
		case $service_line in ControlGroup=*.slice | ControlGroup=/) continue ;; ControlGroup=/*) ;; *) continue ;; esac
		service_group=$service_tree${service_line#*=}
		if [ -d "$service_group" ]; then
			service_groups="$service_groups $service_group" service_lists="$service_lists $service_group/cgroup.procs"
		else
			printf '%s/cgroup.procs:\n' "$service_group"
		fi
	done
	if [ -n "$service_groups" ]; then
		# shellcheck disable=SC2086
		grep -s -c . /dev/null $service_lists | sed 's/:[0-9]*$/:/'
		# shellcheck disable=SC2086
		service_text=$(find $service_groups -name cgroup.procs -exec grep -s . /dev/null {} +)
	fi
	printf '%s\n=maps\n' "$service_text"
	set --
	for service_line in $service_text; do
		set -- "$@" "/proc/${service_line##*:}/maps"
	done
	[ $# -eq 0 ] || grep -s -E ' \[stack\]$|^[^ ]* ..x.*\(deleted\)$' /dev/null "$@"
	for service_line do
		[ -d "${service_line%/maps}" ] || echo "$service_line:ended"
	done
}
`,
	Words:    serviceWords,
	Settings: func(q Query, _ *drift.Section) map[string]any { return settings(q, "become") },
	Scopes:   serviceScopes,
	Parse:    parseService,
}

// serviceWords returns the names and patterns that systemctl can be asked for: with another one it would fail as a whole.
func serviceWords(q Query) []string {
	var words []string
	for _, scope := range serviceScopes(q) {
		if checkUnit(scope.Name) != nil {
			continue
		}
		if scope.Question {
			words = append(words, strings.ReplaceAll(scope.Name, `\`, `\\`)) // fnmatch(3)
			continue
		}
		words = append(words, scope.Name)
	}
	return words
}

func serviceScopes(q Query) []Scope {
	var scopes []Scope
	for _, name := range q.Strings("units") {
		scopes = append(scopes, unitScope(name, false))
	}
	for _, name := range q.Strings("optional") {
		scopes = append(scopes, unitScope(name, true))
	}
	return scopes
}

func unitScope(name string, optional bool) Scope {
	if strings.Contains(name, "*") {
		return Scope{Name: name, Question: true, Optional: optional}
	}
	return Scope{Name: UnitName(name), Optional: optional}
}

// UnitName returns the whole name of a systemd unit: without a suffix it is a service, as for systemctl(1).
func UnitName(name string) string {
	if hasUnitSuffix(name) {
		return name
	}
	return name + ".service"
}

// hasUnitSuffix reports whether a name ends as systemd.unit(5) has it.
func hasUnitSuffix(name string) bool {
	i := strings.LastIndexByte(name, '.')
	switch name[i+1:] {
	case "service", "socket", "device", "mount", "automount", "swap", "target", "path", "timer", "slice", "scope":
		return i >= 0
	}
	return false
}

// checkUnit reports what is wrong with a name or a pattern.
func checkUnit(name string) error {
	const valid = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.@\\*"
	base, _, template := strings.Cut(name, "@.")
	switch {
	case strings.Trim(name, valid) != "" || strings.HasPrefix(name, "."):
		return errors.New(`this is no name of a unit (systemd.unit(5)); in a pattern only "*" is special`)
	case template && !strings.Contains(name, "*"):
		return fmt.Errorf("a template has no state: name an instance of it, as %s@1.service", base)
	case len(name) > 255:
		return errors.New("a unit's name has 255 characters at most")
	}
	return nil
}

// parseService reads what systemctl shows of the units that were named, in their order, and of those that patterns
// matched, and what is needed to tell whether they are due to be restarted.
func parseService(f Frame) ([]drift.Section, error) {
	body, err := f.Body()
	if err != nil {
		return nil, err
	}
	host, err := readUnits(body)
	if err != nil {
		return nil, err
	}
	host.asRoot = f.Query.Become || f.Head.UID == 0
	var sections []drift.Section
	named := host.named
	for _, scope := range serviceScopes(f.Query) {
		section := drift.Section{Collector: "service", Scope: scope.Name, Question: scope.Question, Status: drift.OK}
		switch err := checkUnit(scope.Name); {
		case err != nil:
			section.Status, section.Reason = drift.Failed, err.Error()
		case scope.Question:
			sections = append(sections, host.matches(scope.Name, f.Head.UID)...)
		case len(named) == 0:
			return nil, errFewUnits
		default:
			section.Status, section.Facts = host.section(named[0], scope.Name)
			named = named[1:]
		}
		sections = append(sections, section)
	}
	if len(named) > 0 {
		return nil, errFewUnits
	}
	return sections, nil
}
