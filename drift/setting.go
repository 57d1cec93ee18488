package drift

import (
	"regexp"
	"slices"
	"strings"
)

// isSetting reports whether a fact is what somebody has set or a command has printed: an entry of a file, or an output. In
// these alone variables and names of hosts stand for something: a version, a package's name, a state or a mode that
// holds the same word says what it says.
func isSetting(a Address) bool {
	if a.Collector() == "command" {
		return strings.HasSuffix(string(a), `"].output`)
	}
	_, ok := entryOf(a)
	return ok
}

// leadsTo reports whether a fact is where a link leads to. That is compared as it is, and may lead to another environment.
func leadsTo(a Address) bool {
	return a.Collector() == "file" && strings.HasSuffix(string(a), `"].target`)
}

// diskFiles name the disks that a host is made of: fstab(5), crypttab(5), what finds these disks at boot, and boot loaders.
var diskFiles = []string{
	"/etc/fstab", "/etc/crypttab", "/etc/mdadm/*", "/etc/mdadm.conf", "/etc/initramfs-tools/conf.d/*", "/etc/kernel/cmdline",
	"/etc/default/grub*", "/etc/grub.d/*", "/etc/default/extlinux", "/etc/default/u-boot", "/etc/lilo.conf", "/etc/zipl.conf", "/boot/*", "/efi/*",
}

// NamesDisks reports whether a file names the disks that a host is made of, by ids of their own.
func NamesDisks(path string) bool {
	return slices.ContainsFunc(diskFiles, func(pattern string) bool { return Match(pattern, path) })
}

// diskID is how these files name a disk.
var diskID = regexp.MustCompile(`(?i)\b((?:PART)?UUID)=["']?[0-9a-f][0-9a-f:-]{3,}["']?`)

// passwordDay stands in a line of shadow(5), after its name: the day on which the password was set, which for the accounts
// of packages is the day on which the host was made. What stands around it is compared, the password's digest too.
var passwordDay = regexp.MustCompile(`^("[^":]*:)[0-9]+(:(?:[0-9]*:){5}[0-9]*")$`)

// ownOfFile puts variables in place of what is a host's own in files of one purpose: ids of disks, the day of a password.
func ownOfFile(a Address, text string) string {
	disks, day := strings.Contains(text, "UUID="), strings.Contains(string(a), `/shadow"].entries[`)
	if !disks && !day || a.Collector() != "file" {
		return text
	}
	switch path := a.Steps()[1].Text; {
	case disks && NamesDisks(path):
		return diskID.ReplaceAllString(text, "$1=\x00host.disk\x00")
	case day && strings.HasSuffix(path, "/etc/shadow"):
		return passwordDay.ReplaceAllString(text, "${1}\x00host.password_day\x00$2")
	}
	return text
}
