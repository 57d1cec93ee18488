package entries

import (
	"path"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// ForName returns the format that a path implies by its name and the folders that it is in, "" where it implies none.
func ForName(name string) string {
	dir, base := path.Split(path.Clean("/" + name))
	for _, rule := range namings {
		for _, pattern := range rule.patterns {
			subject := base
			if strings.Contains(pattern, "/") {
				subject = dir + base
				pattern = "*" + pattern
			}
			if drift.Match(pattern, subject) {
				return rule.format
			}
		}
	}
	return ""
}

// namings are the names of each format: of a file where there is no slash in the pattern, else of the end of its path.
// "*" stands for any characters, slashes too. The first rule that matches counts. In /etc, where what a host has of its own
// is, any text is compared.
var namings = []struct {
	format   string
	patterns []string
}{
	{"sshd", []string{"sshd_config", "ssh_config", "/sshd_config.d/*.conf", "/ssh_config.d/*.conf", "/.ssh/config"}},
	{"systemd", []string{
		"*.service", "*.socket", "*.timer", "/systemd/*.mount", "/systemd/*.automount", "/systemd/*.swap",
		"/systemd/*.path", "/systemd/*.slice", "/systemd/*.scope", "/systemd/*.target", "/systemd/*.network",
		"/systemd/*.netdev", "/systemd/*.link", "/systemd/*.nspawn", "/systemd/*.conf",
	}},
	{"requirements", []string{"*requirements*.txt", "*requirements*.in", "*constraints*.txt", "/requirements/*.txt"}},
	{"nginx", []string{"nginx.conf", "/etc/nginx/*"}},
	{"apache", []string{"/etc/apache2/*.conf", "/etc/httpd/*.conf", ".htaccess"}},
	{"crontab", []string{"/etc/crontab", "/etc/cron.d/*", "/var/spool/cron/*"}},
	{"dotenv", []string{
		".env", ".env.*", "*.env", "/etc/environment", "/etc/default/*", "/etc/sysconfig/*", "os-release", "lsb-release",
		"locale.conf", "vconsole.conf", "machine-info",
	}},
	{"fstab", []string{"/etc/fstab"}},
	{"hosts", []string{"/etc/hosts"}},
	{"passwd", []string{
		"/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/subuid", "/etc/subgid",
	}},
	{"keyvalue", []string{
		"sysctl.conf", "/sysctl.d/*.conf", "login.defs", "adduser.conf", "deluser.conf", "nsswitch.conf", "resolv.conf",
		"/modprobe.d/*.conf", "/modules-load.d/*.conf", "host.conf", "/ldap/ldap.conf", "chrony.conf",
	}},
	{"ini", []string{
		"*.ini", "*.cnf", "*.desktop", "setup.cfg", "tox.cfg", "ansible.cfg", "pip.conf", "smb.conf", "supervisord.conf",
		".gitconfig", "/.git/config", "/etc/gitconfig", ".my.cnf",
	}},
	{"yaml", []string{"*.yaml", "*.yml"}},
	{"json", []string{"*.json", "Pipfile.lock", "composer.lock"}},
	{"toml", []string{"*.toml", "Pipfile", "poetry.lock", "Cargo.lock", "uv.lock"}},
	{"properties", []string{"*.properties"}},
	{"xml", []string{"*.xml"}},
	{"conf", []string{"*.conf", "*.cfg"}},
	{"lines", []string{"/etc/*"}},
}

// Patterns returns patterns of absolute paths that match every path for which [ForName] returns a format, and some more.
// "*" stands for any characters, slashes too, as for the -path of find(1); no other character is special.
func Patterns() []string {
	var patterns []string
	for _, rule := range namings {
		for _, pattern := range rule.patterns {
			if !strings.HasPrefix(pattern, "/") {
				pattern = "/" + pattern
			}
			patterns = append(patterns, "*"+pattern)
		}
	}
	return patterns
}
