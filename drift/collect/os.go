package collect

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift"
)

// osRelease is the collector "os".
var osRelease = Collector{
	Name:    "os",
	Version: 1,
	Doc: `The operating system: distribution, version, kernel, architecture, host names, addresses, time zone, and how far ` +
		`the clock is from this machine's. It is always read, since only hosts of one distribution, version and ` +
		`architecture are compared with each other; it is compared where the policy collects it.`,
	Schema: &Schema{
		Doc: "The operating system.",
		Attrs: map[string]*Schema{
			"id":           {Type: "string", Doc: "The distribution: ID of os-release(5)."},
			"version_id":   {Type: "string", Doc: "Its version: VERSION_ID of os-release(5); a rolling release has none."},
			"name":         {Type: "string", Doc: "Both for people: PRETTY_NAME of os-release(5)."},
			"kernel":       {Type: "string", Doc: "The running kernel's release: uname(1) -r."},
			"system":       {Type: "string", Doc: "The kernel's name: uname(1) -s."},
			"architecture": {Type: "string", Doc: "The machine's architecture: uname(1) -m."},
			"hostname":     {Type: "string", Doc: "The host's own name: uname(1) -n."},
			"fqdn":         {Type: "string", Doc: "Its name with the domain, where its own name or /etc/hosts has one."},
			"addresses":    {Type: "list", Doc: "Its IP addresses, without loopback and link-local ones."},
			"timezone":     {Type: "string", Doc: "The time zone, as Europe/Berlin."},
			"clock_offset": {Type: "number", Doc: "The host's clock less this machine's, in seconds, to a second or two."},
		},
	},
	Script: `
read_os() {
	os_file=$root/etc/os-release
	[ -e "$os_file" ] || os_file=$root/usr/lib/os-release
	if [ -e "$os_file" ]; then
		[ -r "$os_file" ] || { echo "may not read $os_file" >&2; return 77; }
		sed -n -e 's/\r$//' -e '/^ID=/p' -e '/^VERSION_ID=/p' -e '/^PRETTY_NAME=/p' "$os_file" || return
	else
		gate_missing "$root/etc/os-release"
		[ $? -eq 66 ] || return 77
		gate_missing "$os_file"
		[ $? -eq 66 ] || return 77
	fi
	os_text=$(uname -s) && echo "system=$os_text" || return
	os_text=$(uname -r) && echo "kernel=$os_text" || return
	os_text=$(uname -m) && echo "architecture=$os_text" || return
	os_name=
	if [ -z "$root" ]; then
		os_name=$(uname -n) || return
	elif [ -e "$root/etc/hostname" ]; then
		read -r os_name <"$root/etc/hostname" || [ -n "$os_name" ] || [ ! -s "$root/etc/hostname" ] || return
	fi
	echo "hostname=$os_name"
	if [ -n "$os_name" ] && [ -r "$root/etc/hosts" ]; then
		awk -v name="$os_name" '
			{ sub(/#.*/, "") }
			{ for (i = 2; i <= NF; i++) if (index($i, name ".") == 1) { print "fqdn=" $i; exit } }' "$root/etc/hosts" || return
	fi
	if [ -z "$root" ] && [ -r /proc/net/fib_trie ]; then
		awk '/\|--/ { address = $2 } /\/32 host LOCAL/ && !seen[address]++ { print "address=" address }' /proc/net/fib_trie || return
	elif [ -z "$root" ]; then
		echo "addresses=unknown"
	fi
	if [ -z "$root" ] && [ -r /proc/net/if_inet6 ]; then
		awk '$4 == "00" { print "address6=" $1 }' /proc/net/if_inet6 || return
	fi
	for os_file in "$root/etc/timezone" "$root/etc/TZ"; do
		os_text=
		if [ -r "$os_file" ] && read -r os_text <"$os_file" || [ -n "$os_text" ]; then break; fi
	done
	if os_zone=$(readlink "$root/etc/localtime"); then
		echo "timezone=$os_zone"
	elif [ -n "$os_text" ]; then
		echo "timezone=$os_text"
	elif [ -e "$root/etc/localtime" ]; then
		os_text=$(tail -n 1 "$root/etc/localtime") && echo "timezone=$os_text" || return
	fi
	echo end
}
`,
	Parse: parseOS,
}

// maxAddresses is how many addresses a host may have: a node of a large cluster has one for each service.
const maxAddresses = 50_000

// parseOS reads lines of key=value: of os-release(5), which may be quoted, and the probe's own; then "end".
func parseOS(f Frame) ([]drift.Section, error) {
	body, err := f.Body()
	if err != nil {
		return nil, err
	}
	values := map[string]string{"timezone": "UTC"} // localtime(5): UTC where there is no file
	var addresses []string
	for line := range strings.Lines(body) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			return nil, fmt.Errorf("not a line of key=value: %q", line)
		}
		address, err := osAddress(key, value)
		if err != nil {
			return nil, err
		}
		if address.IsValid() {
			if addresses = appendAddress(addresses, address); len(addresses) > maxAddresses {
				return nil, fmt.Errorf("more than %d addresses", maxAddresses)
			}
			continue
		}
		values[key] = value
	}
	if values["fqdn"] == "" && strings.Contains(values["hostname"], ".") {
		values["fqdn"] = values["hostname"]
	}
	section := drift.Section{Collector: "os", Status: drift.OK}
	at := drift.Address("os")
	for _, name := range []struct{ fact, key string }{
		{"id", "ID"}, {"version_id", "VERSION_ID"}, {"name", "PRETTY_NAME"}, {"kernel", "kernel"}, {"system", "system"},
		{"architecture", "architecture"}, {"hostname", "hostname"}, {"fqdn", "fqdn"}, {"timezone", "timezone"},
	} {
		if value, ok := values[name.key]; ok && value != "" {
			section.Facts = append(section.Facts, drift.Fact{Address: at.Attr(name.fact), Value: drift.String(osValue(name.key, value))})
		}
	}
	slices.Sort(addresses)
	own := drift.Strings(addresses...)
	if values["addresses"] == "unknown" {
		own = drift.UnknownValue("the host has no /proc/net/fib_trie")
	}
	section.Facts = append(section.Facts,
		drift.Fact{Address: at.Attr("addresses"), Value: own},
		drift.Fact{Address: at.Attr("clock_offset"), Value: drift.Int(int64(f.Head.Offset / time.Second))})
	return []drift.Section{section}, nil
}

// osAddress returns the IP address that a line holds: as text, or as the 32 hexadecimal digits of /proc/net/if_inet6.
func osAddress(key, value string) (address netip.Addr, err error) {
	switch key {
	case "address":
		return netip.ParseAddr(value)
	case "address6":
		raw, err := hex.DecodeString(value)
		if err != nil || len(raw) != 16 {
			return address, fmt.Errorf("not an IPv6 address: %q", value)
		}
		return netip.AddrFrom16([16]byte(raw)), nil
	}
	return address, nil
}

func appendAddress(list []string, a netip.Addr) []string {
	if a.IsLoopback() || a.IsLinkLocalUnicast() {
		return list
	}
	return append(list, a.String())
}

// osValue takes the quotes off a value of os-release(5), and the folder off a time zone.
func osValue(key, value string) string {
	switch key {
	case "ID", "VERSION_ID", "PRETTY_NAME":
		return shellValue(strings.TrimSpace(value))
	case "timezone":
		if _, zone, ok := strings.Cut(value, "zoneinfo/"); ok {
			return zone
		}
	}
	return value
}

// shellValue reads a value as the shell does (os-release(5)): in single quotes all is meant as it stands, elsewhere a
// backslash makes the next character plain.
func shellValue(s string) string {
	quoted := len(s) >= 2 && s[0] == s[len(s)-1]
	if quoted && s[0] == '\'' {
		return s[1 : len(s)-1]
	}
	if quoted && s[0] == '"' {
		s = s[1 : len(s)-1]
	}
	return strings.NewReplacer(`\"`, `"`, `\'`, `'`, `\$`, `$`, "\\`", "`", `\\`, `\`).Replace(s)
}
