package collect

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

var deb = Collector{
	Name:    "deb",
	Version: 1,
	Doc: `Packages of Debian, Ubuntu and their derivatives: version, state, hold, architecture and source of each. ` +
		`It reads them by one dpkg-query, or, where that program is missing (distroless images, root trees), from dpkg's ` +
		`own files. A package of a foreign architecture is named name:arch. Not installed and absent are the same; a ` +
		`package that was removed but left its configuration has the state config-files.`,
	Schema: &Schema{
		Doc: "Packages in dpkg's database.", Key: "package",
		Elem: &Schema{
			Doc: "One package.",
			Attrs: map[string]*Schema{
				"version":      {Type: "string", Doc: "Its version, as deb-version(7) has it."},
				"status":       {Type: "string", Doc: "Its state, as dpkg(1) names it: installed, half-configured, config-files …; with -reinst-required behind it where dpkg says so."},
				"held":         {Type: "bool", Doc: "Whether apt and dpkg keep it at this version."},
				"architecture": {Type: "string", Doc: "The architecture it was built for, or all."},
				"source":       {Type: "string", Doc: "The source package that it was built from."},
			},
		},
	},
	Script: `
read_deb() {
	deb_dir=$root/var/lib/dpkg
	if [ ! -e "$deb_dir/status" ] && [ ! -d "$deb_dir/status.d" ]; then
		gate_missing "$deb_dir/status"
		return
	fi
	for deb_file in "$deb_dir/status" "$deb_dir/status.d"; do
		[ ! -e "$deb_file" ] || [ -r "$deb_file" ] || { echo "may not read $deb_file" >&2; return 77; }
		[ ! -d "$deb_file" ] || [ -x "$deb_file" ] || { echo "may not look into $deb_file" >&2; return 77; }
	done
	if [ -s "$deb_dir/status" ] && command -v dpkg-query >/dev/null; then
		dpkg-query --admindir="$deb_dir" -W \
			-f='${Package}\t${Architecture}\t${Version}\t${Status}\t${source:Package}\n' && echo end
		return
	fi
	set +f
	for deb_file in "$deb_dir"/updates/[0-9]*; do
		[ ! -e "$deb_file" ] || { echo "dpkg is at work, or was interrupted" >&2; return 75; }
	done
	set --
	for deb_file in "$deb_dir/status" "$deb_dir"/status.d/*; do
		case $deb_file in *.md5sums) continue ;; esac
		[ -f "$deb_file" ] || continue
		[ -r "$deb_file" ] || { echo "may not read $deb_file" >&2; return 77; }
		set -- "$@" "$deb_file"
	done
	awk '
		function flush() {
			if (name != "") printf "%s\t%s\t%s\t%s\t%s\n", name, arch, version, status, source == "" ? name : source
			name = arch = version = source = ""; status = "install ok installed"
		}
		FNR == 1 || /^$/ { flush() }
		/^Package: / { name = $2 }
		/^Architecture: / { arch = $2 }
		/^Version: / { version = $2 }
		/^Source: / { source = $2 }
		/^Status: / { status = $2 " " $3 " " $4 }
		END { flush(); print "end" }' "$@"
}
`,
	Parse: parseDeb,
}

// maxPackages is how many packages a host may have: Debian has 65,000.
const maxPackages = MaxFacts / 5

// parseDeb reads a package a line: name, architecture, version, status and source, separated by tabs; then "end".
func parseDeb(f Frame) ([]drift.Section, error) {
	body, err := f.Body()
	if err != nil {
		return nil, err
	}
	var packages [][]string
	for line := range strings.Lines(body) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 5 || fields[0] == "" {
			return nil, fmt.Errorf("not a package: %q", line)
		}
		if strings.HasSuffix(fields[3], " not-installed") {
			continue
		}
		if len(packages) == maxPackages {
			return nil, fmt.Errorf("more than %d packages", maxPackages)
		}
		packages = append(packages, fields)
	}
	if len(packages) == 0 {
		return nil, fmt.Errorf("dpkg knows no package at all")
	}
	section := drift.Section{Collector: "deb", Status: drift.OK}
	native := nativeArchitecture(packages)
	for _, p := range packages {
		facts, err := packageFacts(p, native)
		if err != nil {
			return nil, err
		}
		section.Facts = append(section.Facts, facts...)
	}
	return []drift.Section{section}, nil
}

// packageFacts returns the facts of one line. A package that is not of the native architecture has it in its name.
func packageFacts(p []string, native string) ([]drift.Fact, error) {
	name, arch, version, source := p[0], p[1], p[2], cmp.Or(p[4], p[0])
	status := strings.Fields(p[3])
	if len(status) != 3 {
		return nil, fmt.Errorf("package %s: %q is not a status of dpkg", name, p[3])
	}
	if arch != native && arch != "all" && arch != "" {
		name += ":" + arch
	}
	state := status[2]
	if status[1] != "ok" {
		state += "-reinst-required"
	}
	at := drift.Address("deb").Key(name)
	return []drift.Fact{
		{Address: at.Attr("architecture"), Value: drift.String(arch)},
		{Address: at.Attr("held"), Value: drift.Bool(status[0] == "hold")},
		{Address: at.Attr("source"), Value: drift.String(source)},
		{Address: at.Attr("status"), Value: drift.String(state)},
		{Address: at.Attr("version"), Value: drift.String(version)},
	}, nil
}

// nativeArchitecture is dpkg's own, since a system's dpkg is of its native architecture; without one, that which most
// packages have.
func nativeArchitecture(packages [][]string) string {
	count := map[string]int{}
	best := ""
	for _, p := range packages {
		name, arch := p[0], p[1]
		if name == "dpkg" {
			return arch
		}
		if arch == "all" {
			continue
		}
		count[arch]++
		if count[arch] > count[best] || count[arch] == count[best] && arch < best {
			best = arch
		}
	}
	return best
}
