package policies

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
)

// TestDefaultsNameFacts: each pattern is one of a fact that a collector has.
func TestDefaultsNameFacts(t *testing.T) {
	var groups []string
	for _, group := range Defaults() {
		groups = append(groups, group.Builtin)
		if group.Reason == "" {
			t.Errorf("%s: no reason", group.Builtin)
		}
		for _, p := range group.Facts {
			if collect.Named(p.Address().Collector()) == nil {
				continue
			}
			if problem, _ := collect.Check(p.Address().Steps()); problem != "" {
				t.Errorf("%s: %s: %s", group.Builtin, p.Address(), problem)
			}
		}
		byCode := slices.ContainsFunc(leftOut, func(l struct {
			group string
			holds func(*drift.Host, *drift.Section, drift.Fact) bool
		}) bool {
			return l.group == group.Builtin
		})
		if byCode != (len(group.Facts) == 0) {
			t.Errorf("%s: %d patterns, by code: %t", group.Builtin, len(group.Facts), byCode)
		}
		for _, name := range group.Names {
			if strings.LastIndex(name, "*") != 0 || len(name) < 2 {
				t.Errorf("%s: %q is not \"*\" and an ending", group.Builtin, name)
			}
		}
	}
	for _, l := range leftOut {
		if !slices.Contains(groups, l.group) {
			t.Errorf("%s is not in defaults.hcl", l.group)
		}
	}
}

func TestDefaultPatterns(t *testing.T) {
	for _, test := range []struct {
		address drift.Address
		want    string
	}{
		{`file["/etc/machine-id"].sha256`, "identity"},
		{`file["/etc/ssh/ssh_host_ed25519_key.pub"].sha256`, "identity"},
		{`file["/etc/ssh/sshd_config"].sha256`, ""},
		{`os.hostname`, "identity"},
		{`os.version_id`, ""},
		{`file["/etc/letsencrypt/live"].type`, "certificates"},
		{`file["/etc/letsencrypt/live/example.com/cert.pem"].target`, "certificates"},
		{`file["/etc/letsencrypt/live-hook.sh"].sha256`, ""},
		{`file["/etc/letsencrypt/renewal/example.com.conf"].sha256`, ""},
		{`file["/srv/app/__pycache__/x.cpython-311.pyc"].sha256`, "caches"},
		{`file["/etc/ssl/certs/f8cded9a.0"]`, "caches"},
		{`file["/etc/ssl/certs/ca-certificates.crt"].sha256`, ""},
		{`file["/etc/postfix/virtual.db"].sha256`, "caches"},
		{`file["/root/.cache/motd.legal-displayed"].sha256`, "caches"},
		{`file["/etc/lvm/archive/vg0_00000-1234.vg"]`, "identity"},
		{`file["/etc/lvm/lvm.conf"].sha256`, ""},
		{`file["/etc/bind/rndc.key"].sha256`, "identity"},
		{`file["/root/.bash_history"].size`, "debris"},
		{`file["/home/deploy/.python_history"].size`, "debris"},
		{`file["/root/.bashrc"].sha256`, ""},
		{`file["/etc/nginx/conf.d/.app.conf.swp"].mode`, "debris"},
		{`file["/etc/passwd-"].sha256`, "debris"},
		{`file["/etc/passwd"].sha256`, ""},
		{`file["/srv/app/.git/HEAD"].sha256`, "debris"},
		{`file["/srv/app/.gitignore"].sha256`, ""},
		{`file["/srv/app/poetry.lock"].sha256`, ""},
		{`os.kernel`, "motion"},
		{`revision["/srv/app"].changed`, "motion"},
		{`revision["/srv/app"].commit`, ""},
		{`service["nginx.service"].started`, "motion"},
		{`service["nginx.service"].active`, ""},
		{`deb["openssl"].version`, ""},
	} {
		got := ""
		for _, group := range Defaults() {
			for _, p := range group.Facts {
				if p.Covers(test.address) {
					got = group.Builtin
				}
			}
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.address, got, test.want)
		}
	}
}

func TestLeftOut(t *testing.T) {
	fact := func(a string, v drift.Value) drift.Fact { return drift.Fact{Address: drift.Address(a), Value: v} }
	text := drift.String
	deb := drift.Section{Collector: "deb", Status: drift.OK, Facts: []drift.Fact{
		fact(`deb["gone"].status`, text("config-files")), fact(`deb["gone"].version`, text("1")),
		fact(`deb["linux-image-6.1.0-18-amd64"].version`, text("6.1.76-1")),
		fact(`deb["linux-image-amd64"].version`, text("6.1.76-1")),
		fact(`deb["linux-libc-dev"].version`, text("6.1.76-1")),
		fact(`deb["openssl"].status`, text("installed")), fact(`deb["openssl"].version`, text("3")),
	}}
	file := func(path string, facts ...drift.Fact) drift.Section {
		s := drift.Section{Collector: "file", Scope: path, Status: drift.OK}
		for _, f := range facts {
			f.Address = s.Address() + f.Address
			s.Facts = append(s.Facts, f)
		}
		return s
	}
	hosts := file("/etc/hosts", fact(`.entries["10.0.1.1"]`, drift.Strings("web-1.example.net", "web-1")), fact(`.entries["10.0.1.2"]`, text("db")),
		fact(`.entries["10.0.1.3"]`, drift.Strings("web-1", "db")), fact(`.entries["2001:db8::1"]`, text("web-1")), fact(`.mode`, text("0644")))
	host := drift.Host{Sections: []drift.Section{hosts, {Collector: "os", Status: drift.OK, Facts: []drift.Fact{
		fact("os.addresses", drift.Strings("10.0.1.1", "10.0.1.3", "2001:db8::1")), fact("os.fqdn", text("web-1.example.net")), fact("os.hostname", text("web-1")),
	}}}}
	for _, test := range []struct {
		section drift.Section
		address drift.Address
		want    string
	}{
		{deb, `deb["gone"].version`, "removed-packages"},
		{deb, `deb["gone"].status`, "removed-packages"},
		{deb, `deb["openssl"].version`, ""},
		{deb, `deb["linux-image-6.1.0-18-amd64"].version`, "kernel-packages"},
		{deb, `deb["linux-image-amd64"].version`, ""},
		{deb, `deb["linux-libc-dev"].version`, ""},
		{file("/etc/a.ini", fact(".format", text("ini")), fact(".sha256", text("1")), fact(".size", drift.Int(1))), `file["/etc/a.ini"].sha256`, "digests"},
		{file("/etc/a.ini", fact(".format", text("ini")), fact(".sha256", text("1")), fact(".size", drift.Int(1))), `file["/etc/a.ini"].size`, "digests"},
		{file("/etc/a.ini", fact(".format", text("ini")), fact(".sha256", text("1"))), `file["/etc/a.ini"].format`, ""},
		{hosts, `file["/etc/hosts"].entries["10.0.1.1"]`, "own-addresses"},
		{hosts, `file["/etc/hosts"].entries["2001:db8::1"]`, "own-addresses"},
		{hosts, `file["/etc/hosts"].entries["10.0.1.2"]`, ""},
		{hosts, `file["/etc/hosts"].entries["10.0.1.3"]`, ""},
		{hosts, `file["/etc/hosts"].mode`, ""},
		{file("/bin/true", fact(".sha256", text("1"))), `file["/bin/true"].sha256`, ""},
		{file("/etc/a.ini", fact(".entries", drift.UnknownValue("it changed")), fact(".format", text("ini")), fact(".sha256", text("1"))), `file["/etc/a.ini"].sha256`, ""},
		{file("/etc/a.ini.dpkg-dist", fact(".sha256", text("1"))), `file["/etc/a.ini.dpkg-dist"].sha256`, "unmerged-updates"},
		{file("/boot/loader/entries/x.conf", fact(`.entries["UUID=0a"]`, drift.String("x"))), `file["/boot/loader/entries/x.conf"].entries["UUID=0a"]`, "uuids"},
		{file("/etc/app.ini", fact(`.entries["UUID=0a"]`, drift.String("x"))), `file["/etc/app.ini"].entries["UUID=0a"]`, ""},
		{file("/etc/nginx/sites-enabled/a.dpkg-dist", fact(".sha256", text("1"))), `file["/etc/nginx/sites-enabled/a.dpkg-dist"].sha256`, ""},
		{file("/etc/mdadm/x", fact(`.entries["UUID=0a"]`, drift.String("/dev/md0"))), `file["/etc/mdadm/x"].entries["UUID=0a"]`, "uuids"},
		{file("/etc/fstab", fact(`.entries["/"]`, drift.Strings("UUID=0a", "ext4"))), `file["/etc/fstab"].entries["/"]`, ""},
		{file("/etc/fstab", fact(`.entries["/srv"]`, drift.Strings("/dev/vdb", "ext4"))), `file["/etc/fstab"].entries["/srv"]`, ""},
		{file("/etc/app.ini", fact(`.entries["client"]`, text("12345678-1234-1234-1234-123456789012"))), `file["/etc/app.ini"].entries["client"]`, ""},
	} {
		f, ok := test.section.Find(test.address)
		if !ok {
			t.Fatalf("the test has no %s", test.address)
		}
		if got := LeftOut(&host, &test.section, f); got != test.want {
			t.Errorf("%s: got %q, want %q", test.address, got, test.want)
		}
	}
}

// What its name says to be left over is compared where a program may read it all the same.
func TestLeftOutByName(t *testing.T) {
	for path, want := range map[string]string{
		"/etc/ld.so.cache": "caches", "/etc/app/a.ini~": "debris", "/etc/app/a.ini.bak": "debris", "/etc/app/app.log": "debris", "/etc/app/a.ini.dpkg-old": "debris",
		"/etc/app/a.ini": "", "/etc/app/bak": "",
		"/etc/nginx/nginx.conf.bak": "debris", "/etc/nginx/sites-available/app.bak": "debris",
		"/etc/nginx/sites-enabled/app.bak": "", "/etc/nginx/sites-enabled/app~": "", "/etc/nginx/sites-enabled/app.dpkg-old": "", "/etc/nginx/sites-enabled/app.cache": "",
		"/etc/nginx/conf.d/app.conf.bak": "", "/etc/nginx/conf.d/old/app.conf~": "", "/etc/freeradius/3.0/mods-enabled/sql.orig": "",
		"/etc/network/interfaces.d/eth0.bak": "", "/etc/dnsmasq.d/app.bak": "", "/etc/cron.d/app.bak": "", "/etc/cron.daily/app.bak": "", "/etc/init.d/app~": "", "/etc/monit/conf.d/app.log": "",
		"/etc/sudoers.d/deploy~": "debris", "/etc/sudoers.d/deploy.bak": "debris",
		"/etc/apt/sources.list.d/app.list.bak": "debris", "/etc/apt/apt.conf.d/50app~": "debris", "/etc/systemd/system/app.service.d/a.conf.bak": "debris",
		"/etc/sysctl.d/90-app.conf.bak": "debris", "/etc/modprobe.d/app.conf~": "debris", "/etc/udev/rules.d/90-app.rules.orig": "debris",
		"/etc/app.d/systemd/x.bak": "",
	} {
		s := drift.Section{Collector: "file", Scope: path, Status: drift.OK}
		f := drift.Fact{Address: s.Address().Attr("sha256"), Value: drift.String("1")}
		got := LeftOut(&drift.Host{}, &s, f)
		for _, group := range Defaults() {
			if drift.FirstCovering(group.Facts, f.Address) >= 0 {
				got = group.Builtin
			}
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
