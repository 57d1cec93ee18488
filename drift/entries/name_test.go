package entries

import (
	"slices"
	"testing"

	"github.com/seed-313c021b/gate/drift"
)

func TestForName(t *testing.T) {
	for _, test := range []struct{ path, want string }{
		{"/etc/app/logging.ini", "ini"},
		{"/etc/ssh/sshd_config", "sshd"},
		{"/etc/ssh/sshd_config.d/10-local.conf", "sshd"},
		{"/etc/ssh/ssh_config.d/x.conf", "sshd"},
		{"/home/x/.ssh/config", "sshd"},
		{"/etc/systemd/system/app.service", "systemd"},
		{"/etc/systemd/system/app.service.d/override.conf", "systemd"},
		{"/etc/systemd/journald.conf", "systemd"},
		{"/etc/systemd/network/10-eth0.network", "systemd"},
		{"/srv/app/x.network", ""},
		{"/srv/app/requirements.txt", "requirements"},
		{"/srv/app/requirements-dev.txt", "requirements"},
		{"/srv/app/dev_requirements.txt", "requirements"},
		{"/srv/app/requirements/base.txt", "requirements"},
		{"/srv/app/notes.txt", ""},
		{"/etc/crontab", "crontab"},
		{"/etc/cron.d/app", "crontab"},
		{"/etc/cron.daily/logrotate", "lines"},
		{"/var/spool/cron/crontabs/app", "crontab"},
		{"/srv/app/.env", "dotenv"},
		{"/srv/app/.env.production", "dotenv"},
		{"/etc/app/secrets.env", "dotenv"},
		{"/etc/environment", "dotenv"},
		{"/etc/default/grub", "dotenv"},
		{"/etc/os-release", "dotenv"},
		{"/etc/fstab", "fstab"},
		{"/etc/hosts", "hosts"},
		{"/etc/hosts.allow", "lines"},
		{"/etc/passwd", "passwd"},
		{"/etc/sysctl.conf", "keyvalue"},
		{"/etc/sysctl.d/99-x.conf", "keyvalue"},
		{"/etc/login.defs", "keyvalue"},
		{"/etc/nsswitch.conf", "keyvalue"},
		{"/etc/mysql/my.cnf", "ini"},
		{"/srv/app/.git/config", "ini"},
		{"/etc/app/settings.yaml", "yaml"},
		{"/etc/app/settings.yml", "yaml"},
		{"/srv/app/package.json", "json"},
		{"/srv/app/pyproject.toml", "toml"},
		{"/srv/app/application.properties", "properties"},
		{"/srv/tomcat/conf/server.xml", "xml"},
		{"/etc/app/conf.d/04.conf", "conf"},
		{"/etc/nginx/nginx.conf", "nginx"},
		{"/etc/nginx/sites-available/app", "nginx"},
		{"/etc/apache2/sites-enabled/000-default.conf", "apache"},
		{"/usr/bin/app", ""},
		{"", ""},
	} {
		if got := ForName(test.path); got != test.want {
			t.Errorf("ForName(%q) = %q, want %q", test.path, got, test.want)
		}
		covered := slices.ContainsFunc(Patterns(), func(pattern string) bool { return drift.Match(pattern, test.path) })
		if test.want != "" && !covered {
			t.Errorf("no pattern matches %q", test.path)
		}
	}
}

func TestNamingsAreFormats(t *testing.T) {
	known := map[string]bool{}
	for _, f := range Formats() {
		known[f.Name] = true
	}
	for _, rule := range namings {
		if !known[rule.format] {
			t.Errorf("names imply the format %q, which is none", rule.format)
		}
	}
}
