package entries

import (
	"net/netip"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// parseFstab reads fstab(5). The value is all fields but the mount point; those left out have their defaults.
func parseFstab(text string, to *collection) error {
	for n, line := range settings(text, "#") {
		fields := strings.Fields(line)
		if len(fields) < 3 || len(fields) > 6 {
			return errorAt(n, "wants three to six fields")
		}
		defaults := []string{"", "", "", "defaults", "0", "0"}
		fields = append(fields, defaults[len(fields):]...)
		value := strings.Join(append(fields[:1:1], fields[2:]...), " ")
		if err := to.add(fields[1], drift.String(value), n); err != nil {
			return err
		}
	}
	return nil
}

// parseHosts reads hosts(5). The value is the list of names, of which the first is the canonical one.
func parseHosts(text string, to *collection) error {
	for n, line := range settings(text, "#") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if _, err := netip.ParseAddr(fields[0]); err != nil || len(fields) < 2 {
			return errorAt(n, "wants an address and names")
		}
		for _, name := range fields[1:] {
			if err := to.add(fields[0], drift.String(name), n); err != nil {
				return err
			}
		}
	}
	return nil
}

// parsePasswd reads passwd(5), group(5), shadow(5) and others of their form. The value is the rest of the line.
func parsePasswd(text string, to *collection) error {
	for n, line := range settings(text, "#") {
		name, rest, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			return errorAt(n, "wants a name and fields with colons between them")
		}
		if err := to.add(name, drift.String(rest), n); err != nil {
			return err
		}
	}
	return nil
}
