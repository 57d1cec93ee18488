package drift

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// setting is the address of what variables are replaced in.
const setting Address = `file["/etc/app.ini"].entries["key"]`

func TestApply(t *testing.T) {
	vars := NewVars(map[string]map[string]string{
		"staging":    {"domain": "staging.example.com", "db": "db.staging.internal", "level": "DEBUG", "workers": "2", "path": `C:\app`},
		"production": {"domain": "example.com", "db": "db.internal", "level": "INFO", "workers": "8", "path": `D:\app`},
	})
	h := &Host{ID: HostID{"production", "web", "production-1"}, Sections: []Section{{Collector: "os", Status: OK, Facts: []Fact{
		{Address: "os.addresses", Value: Strings("10.0.0.7")},
		{Address: "os.fqdn", Value: String("production-1.example.net")},
		{Address: "os.hostname", Value: String("production-1")},
	}}}}
	n := vars.For(h)
	tests := []struct {
		in, want string
		foreign  []string
	}{
		{in: "plain", want: "plain"},
		{in: "https://example.com/x", want: "https://${domain}/x"},
		{in: "https://www.example.com/x", want: "https://www.${domain}/x"},
		{in: "https://example.community/x", want: "https://example.community/x"}, // whole words only
		{in: "notexample.com", want: "notexample.com"},
		{in: "db.internal:5432", want: "${db}:5432"},
		{in: "db.internal db.internal", want: "${db} ${db}"},
		{in: "https://staging.example.com/x", want: "https://staging.example.com/x", foreign: []string{"staging.domain"}}, // the longest first
		{in: "db.staging.internal,staging.example.com", want: "db.staging.internal,staging.example.com", foreign: []string{"staging.db", "staging.domain"}},
		{in: "DEBUG", want: "DEBUG"}, // a word is not a place
		{in: "INFO", want: "${level}"},
		{in: "workers=8", want: "workers=8"}, // a number stands for much else
		{in: "80 18 8.8", want: "80 18 8.8"},
		{in: "production-1", want: "${host.hostname}"},
		{in: "production-10", want: "production-10"},
		{in: "production-1.example.net", want: "${host.fqdn}"},
		{in: "10.0.0.7:80 10.0.0.70", want: "${host.address}:80 10.0.0.70"},
		{in: `D:\app\log`, want: `${path}\log`},
		{in: "a\nexample.com\tb", want: "a\n${domain}\tb"}, // an escape of JSON is no part of a word
		{in: "éexample.com", want: "éexample.com"},
	}
	for _, tt := range tests {
		got, foreign := n.Apply(setting, String(tt.in).Text)
		if got, want := named(got), String(tt.want).Text; got != want {
			t.Errorf("%q: got %s, want %s", tt.in, got, want)
		}
		if diff := cmp.Diff(foreign, tt.foreign); diff != "" {
			t.Errorf("%q: foreign (-got +want)\n%s", tt.in, diff)
		}
	}
}

var variable = regexp.MustCompile("\x00([^\x00]*)\x00")

// named writes the variables of a normalised text as templates have them.
func named(normal string) string { return variable.ReplaceAllString(normal, "$${$1}") }

// A template that was never filled in is not what it stands for.
func TestUnfilledTemplate(t *testing.T) {
	vars := NewVars(map[string]map[string]string{"staging": {"db": "db.staging.internal"}, "production": {"db": "db.internal"}})
	at := Address("file").Key("/x").Attr("entries").Key("url")
	side := func(environment, value string) []*Host {
		return []*Host{{ID: HostID{environment, "web", "h"}, Sections: []Section{{Collector: "file", Scope: "/x", Status: OK, Facts: []Fact{{Address: at, Value: String(value)}}}}}}
	}
	for _, unfilled := range []string{"${db}", "\x00db\x00", `\u0000db\u0000`} {
		if result := (Comparer{Vars: vars}).Compare(side("staging", "db.staging.internal"), side("production", unfilled)); len(result.Rows) != 1 {
			t.Errorf("%q is taken for db.staging.internal", unfilled)
		}
	}
}

// A variable that both environments have the same value for is foreign to neither.
func TestSharedVariable(t *testing.T) {
	vars := NewVars(map[string]map[string]string{"staging": {"mail": "mail.example.com"}, "production": {"smtp": "mail.example.com"}})
	for environment, want := range map[string]string{"staging": `"${mail}"`, "production": `"${smtp}"`, "dev": `"mail.example.com"`} {
		got, foreign := vars.For(&Host{ID: HostID{environment, "web", "h"}}).Apply(setting, `"mail.example.com"`)
		if got = named(got); got != want {
			t.Errorf("%s: got %s, want %s", environment, got, want)
		}
		if own := environment != "dev"; own != (len(foreign) == 0) {
			t.Errorf("%s: got foreign %q", environment, foreign)
		}
	}
}

// What one replacement wrote is not read again, and the result does not depend on the order of a map.
func TestApplyOnce(t *testing.T) {
	for range 50 {
		vars := NewVars(map[string]map[string]string{"production": {"a": "b.example", "b": "a.example", "aa": "x.a.example"}})
		got, _ := vars.For(&Host{ID: HostID{"production", "web", "h"}}).Apply(setting, `"a.example b.example x.a.example"`)
		if got, want := named(got), `"${b} ${a} ${aa}"`; got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

func TestVarsID(t *testing.T) {
	id := func(environments map[string]map[string]string) string { return NewVars(environments).ID() }
	a := map[string]map[string]string{"staging": {"x": "1.example", "y": "2.example", "short": "1"}, "production": {"x": "3.example"}}
	if id(a) != id(map[string]map[string]string{"production": {"x": "3.example"}, "staging": {"y": "2.example", "x": "1.example"}}) {
		t.Error("the same variables have two ids")
	}
	for _, other := range []map[string]map[string]string{
		nil, {"staging": {"x": "1.example", "y": "2.example"}}, {"staging": {"x": "1.example", "y": "2.example"}, "production": {"x": "4.example"}},
		{"staging": {"x": "1.example", "z": "2.example"}, "production": {"x": "3.example"}}, {"staging": {"x": "1.example", "y": "2.example"}, "prod": {"x": "3.example"}},
	} {
		if id(other) == id(a) {
			t.Errorf("%v has the id of %v", other, a)
		}
	}
}

func FuzzApply(f *testing.F) {
	f.Add("https://example.com/x\n", "example.com", "db")
	f.Add(`\`, `\\`, `"`)
	f.Add("aexample", "a", "é")
	f.Fuzz(func(t *testing.T, text, own, other string) {
		vars := NewVars(map[string]map[string]string{"staging": {"v": other}, "production": {"v": own}})
		h := &Host{ID: HostID{"production", "web", "a-host"}}
		in := String(text)
		got, _ := vars.For(h).Apply(setting, in.Text)
		if _, ok := (Value{Kind: Known, Text: named(got)}).AsString(); !ok {
			t.Errorf("%s became %s, which is no JSON string", in.Text, got)
		}
	})
}

func TestReplaceable(t *testing.T) {
	for value, want := range map[string]bool{
		"a": false, "on": false, "db1": false, "éäö": false, "web1": true, "éäöü": true, "INFO": true, "example.com": true, "infinity": true,
		"5432": false, "65535": false, " 30 ": false, "-3000": false, "1.25": false, "1.2.3": false, "8000-8010": false, "04:30": false, "3.0.11-1": false, "0x1F": false, "1e10": false, "100%": false,
		"10.0.0.7": true, "10.0.0.7:80": true, "10.0.0.0/24": true, "2001:db8::1": true, "1234::5678": true, "::1": false, "v1.2.3": true,
		"true": false, "false": false, "null": false,
	} {
		if got := Replaceable(value); got != want {
			t.Errorf("%q: got %t, want %t", value, got, want)
		}
	}
}

// What is no setting says what it says, whatever variables and hosts are called; settings with short words too.
func TestOnlySettingsAreNormalised(t *testing.T) {
	vars := NewVars(map[string]map[string]string{
		"staging":    {"word": "65.4.0-rc1", "state": "active", "place": "app.staging.internal", "number": "3000", "switch": "on"},
		"production": {"word": "65.8.0-rc1", "state": "failed", "place": "app.internal", "number": "9000", "switch": "off"},
	})
	tests := []struct {
		address             Address
		staging, production Value
		differs             bool
	}{
		{`deb["setuptools"].version`, String("65.4.0-rc1"), String("65.8.0-rc1"), true},
		{`deb["setuptools"].source`, String("app.staging.internal"), String("app.internal"), true},
		{`python["/srv/venv"].packages["setuptools"].version`, String("65.4.0-rc1"), String("65.8.0-rc1"), true},
		{`python["/srv/venv"].packages["app"].direct_url`, String("https://app.staging.internal/x"), String("https://app.internal/x"), true},
		{`python["/srv/venv"].pyvenv["version"]`, String("65.4.0-rc1"), String("65.8.0-rc1"), true},
		{`service["app.service"].active`, String("active"), String("failed"), true},
		{`service["app.service"].drop_ins`, Strings("/etc/app.staging.internal"), Strings("/etc/app.internal"), true},
		{`revision["/srv/app"].branch`, String("web-staging"), String("web-production"), true},
		{`revision["/srv/app"].value`, String("65.4.0-rc1"), String("65.8.0-rc1"), true},
		{`os.name`, String("web-staging"), String("web-production"), true},
		{`file["/x"].owner`, String("web-staging"), String("web-production"), true},
		{`file["/x"].mode`, String("3000"), String("9000"), true},
		{`file["/x"].target`, String("/srv/app.staging.internal"), String("/srv/app.internal"), true},
		{`file["/x"].entries["k"]`, String("app.staging.internal"), String("app.internal"), false},
		{`file["/x"].entries["k"]`, String("65.4.0-rc1 web-staging active"), String("65.8.0-rc1 web-production failed"), false},
		{`file["/x"].entries["k"]`, String("3000"), String("9000"), true},
		{`file["/x"].entries["k"]`, Int(3000), Int(9000), true},
		{`file["/x"].entries["k"]`, String("on"), String("off"), true},
		{`command["x"].output`, String("app.staging.internal"), String("app.internal"), false},
		{`command["x"].output`, Strings("a web-staging"), Strings("a web-production"), false},
		{`command["x"].output`, String("3000 on"), String("9000 off"), true},
	}
	for _, test := range tests {
		for _, private := range []bool{false, true} {
			side := func(environment string, v Value) []*Host {
				steps := test.address.Steps()
				s := Section{Collector: steps[0].Text, Status: OK, Facts: []Fact{{Address: test.address, Value: v, Private: private}}}
				if steps[1].IsKey {
					s.Scope = steps[1].Text
				}
				h := &Host{ID: HostID{environment, "web", "web-" + environment}, Sections: []Section{s}}
				reveal := RevealSafe
				if private {
					reveal = RevealNone
				}
				sealer(vars).Seal(h, func(*Section) Reveal { return reveal })
				return []*Host{h}
			}
			result := (Comparer{Vars: vars}).Compare(side("staging", test.staging), side("production", test.production))
			if got := len(result.Rows) > 0; got != test.differs {
				t.Errorf("%s = %s and %s, private %t: got differs %t, want %t: %v", test.address, test.staging.Text, test.production.Text, private, got, test.differs, result.Rows)
			}
		}
	}
}

// A variable of staging is foreign on production in a setting, and where a link leads: never when it is short, or elsewhere.
func TestForeignOnlyInSettings(t *testing.T) {
	vars := NewVars(map[string]map[string]string{"staging": {"place": "app.staging.internal", "short": "a.b", "port": "10.000"}})
	for _, test := range []struct {
		address Address
		value   string
		want    []string
	}{
		{setting, "app.staging.internal", []string{"staging.place"}},
		{`command["x"].output`, "app.staging.internal", []string{"staging.place"}},
		{`file["/x"].target`, "/srv/app.staging.internal", []string{"staging.place"}},
		{`file["/x"].owner`, "app.staging.internal", nil},
		{`service["app.service"].fragment`, "/etc/app.staging.internal", nil},
		{setting, "a.b 10.000", nil},
	} {
		for _, private := range []bool{false, true} {
			v := String(test.value)
			if private {
				v = sealer(vars).seal(vars.For(&Host{ID: HostID{"production", "web", "web-1"}}), test.address, v)
			}
			steps := test.address.Steps()
			h := &Host{ID: HostID{"production", "web", "web-1"}, Sections: []Section{{Collector: steps[0].Text, Scope: steps[1].Text, Status: OK, Facts: []Fact{{Address: test.address, Value: v}}}}}
			var got []string
			for _, row := range (Comparer{Vars: vars}).Compare([]*Host{as(h, HostID{"production", "web", "web-2"})}, []*Host{h}).Rows {
				got = append(got, row.Vars...)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s, private %t (-want +got):\n%s", test.address, private, diff)
			}
		}
	}
}

// The day of a password is a host's own in shadow files, and the id of a disk in files of disks; the same text elsewhere is
// what somebody has set.
func TestOwnOfFile(t *testing.T) {
	const day, disk = "*:19000:0:99999:7:::", "UUID=7b0a-11"
	own := map[string][]string{
		day:  {"/etc/shadow", "/srv/chroot/etc/shadow"},
		disk: {"/etc/fstab", "/etc/crypttab", "/etc/mdadm/mdadm.conf", "/etc/default/grub", "/etc/default/grub.d/x.cfg", "/boot/grub/grub.cfg", "/etc/initramfs-tools/conf.d/resume", "/etc/kernel/cmdline"},
	}
	n := NewVars(nil).For(&Host{ID: HostID{"production", "web", "web-1"}})
	for _, path := range append(append([]string{"/etc/app.ini", "/etc/app/shadow", "/etc/shadow.conf", "/etc/shadow/x", "/etc/gshadow", "/srv/boot/x", "/etc/fstab.conf"}, own[day]...), own[disk]...) {
		for text, paths := range own {
			got, _ := n.Apply(Address("file").Key(path).Attr("entries").Key("k"), String(text).Text)
			if replaced := got != String(text).Text; replaced != slices.Contains(paths, path) {
				t.Errorf("%s in %s: got replaced %t", text, path, replaced)
			}
		}
	}
	for _, a := range []Address{`command["cmdline"].output`, `command["/etc/fstab"].output`, `file["/etc/fstab"].target`, `python["/etc/fstab"].pyvenv["x"]`} {
		if got, _ := n.Apply(a, String(disk).Text); got != String(disk).Text {
			t.Errorf("%s: got %q", a, got)
		}
	}
}
