package policies

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
)

// labCollectors are a small world of facts, of every form that a schema can have.
func labCollectors() []*collect.Collector {
	text := &collect.Schema{Type: "string"}
	list := cty.List(cty.String)
	packages := &collect.Schema{Key: "package", Elem: &collect.Schema{Attrs: map[string]*collect.Schema{"version": text, "held": {Type: "bool"}, "status": text}}}
	return []*collect.Collector{
		{Name: "deb", Schema: packages},
		{Name: "file", Scopes: askedBy("paths"), Args: []collect.Arg{{Name: "paths", Type: list}, {Name: "exclude", Type: list}, {Name: "format", Type: cty.String, OneOf: []string{"ini", "yaml"}}, {Name: "max_size", Type: cty.String}}, Schema: &collect.Schema{Key: "path", Elem: &collect.Schema{Attrs: map[string]*collect.Schema{
			"mode": text, "size": {Type: "number"}, "lines": {Type: "list"}, "entries": {Key: "key", Elem: &collect.Schema{Type: "any"}}}}}},
		{Name: "os", Schema: &collect.Schema{Attrs: map[string]*collect.Schema{"id": text, "version_id": text, "hostname": text, "addresses": {Type: "list"}}}},
		{Name: "python", Scopes: askedBy("venvs"), Args: []collect.Arg{{Name: "venvs", Type: list}}, Schema: &collect.Schema{Key: "path", Elem: &collect.Schema{Attrs: map[string]*collect.Schema{
			"version": text, "packages": packages}}}},
		{Name: "service", Scopes: askedBy("units"), Args: []collect.Arg{{Name: "units", Type: list}}, Schema: &collect.Schema{Key: "unit", Elem: &collect.Schema{Attrs: map[string]*collect.Schema{"active": text}}}},
	}
}

// askedBy returns the scopes that an argument names.
func askedBy(arg string) func(collect.Query) []collect.Scope {
	return func(q collect.Query) []collect.Scope {
		var scopes []collect.Scope
		for _, name := range q.Strings(arg) {
			scopes = append(scopes, collect.Scope{Name: name, Question: strings.ContainsAny(name, "*?[{")})
		}
		return scopes
	}
}

// labHost has something known, absent, sealed, unknown, denied and not collected of everything.
func labHost(t *testing.T) *drift.Host {
	t.Helper()
	fact := func(a string, v drift.Value) drift.Fact { return drift.Fact{Address: drift.Address(a), Value: v} }
	h := &drift.Host{
		ID: drift.HostID{Environment: "production", Role: "web", Name: "web-1"},
		Sections: []drift.Section{
			{Collector: "deb", Status: drift.OK, Facts: []drift.Fact{
				fact(`deb["openssl"].version`, drift.String("3.0.11-1")), fact(`deb["openssl"].held`, drift.Bool(false)),
				fact(`deb["odd"].version`, drift.UnknownValue("garbled")), fact(`deb["odd"].held`, drift.Bool(true)),
				fact(`deb["bad"].version`, drift.String("not a version!")),
			}},
			{Collector: "file", Scope: "/etc/app/*", Question: true, Status: drift.OK},
			{Collector: "file", Scope: "/etc/denied/*", Question: true, Status: drift.Denied, Reason: "Permission denied"},
			{Collector: "file", Scope: "/etc/app/db.ini", Status: drift.OK, Facts: []drift.Fact{
				fact(`file["/etc/app/db.ini"].mode`, drift.String("0640")),
				fact(`file["/etc/app/db.ini"].size`, drift.Int(120)),
				fact(`file["/etc/app/db.ini"].lines`, drift.Strings("a", "b")),
				fact(`file["/etc/app/db.ini"].entries["db.password"]`, drift.Value{Kind: drift.Sealed, Raw: "0123456789abcdef"}),
				fact(`file["/etc/app/db.ini"].entries["db.port"]`, drift.Number("5432")),
				fact(`file["/etc/app/db.ini"].entries["db.null"]`, drift.Null()),
				fact(`file["/etc/app/db.ini"].entries["db.options"]`, drift.Value{Kind: drift.Known, Text: "{}"}),
			}},
			{Collector: "file", Scope: "/etc/app/gone.ini", Status: drift.Gone},
			{Collector: "file", Scope: "/etc/app/failed.ini", Status: drift.Failed, Reason: "input/output error"},
			{Collector: "os", Status: drift.OK, Facts: []drift.Fact{
				fact("os.id", drift.String("debian")), fact("os.addresses", drift.Strings("10.0.0.1")),
			}},
			{Collector: "python", Scope: "/srv/app/venv", Status: drift.OK, Facts: []drift.Fact{
				fact(`python["/srv/app/venv"].version`, drift.String("3.11.2")),
				fact(`python["/srv/app/venv"].packages["django"].version`, drift.String("4.2")),
			}},
			{Collector: "python", Scope: "/srv/broken/venv", Status: drift.Truncated, Reason: "the host ended in the middle"},
			{Collector: "python", Scope: "/srv/empty/venv", Status: drift.OK, Facts: []drift.Fact{
				fact(`python["/srv/empty/venv"].version`, drift.String("3.11.2")),
			}},
		},
	}
	if err := h.Sort(); err != nil {
		t.Fatal(err)
	}
	return h
}

const labPolicy = `
environment "production" {
  vars = { domain = "example.com" }
  role "web" { hosts = ["web-1"] }
}
environment "staging" {
  vars = { domain = "staging.example.com", only_here = "x" }
  role "web" { hosts = ["web-2"] }
}
collect "deb" {}
collect "file" { paths = ["/etc/app/*"] }
collect "python" { venvs = ["/srv/app/venv"] }
collect "service" { units = ["app.service"] }
`

func labRule(t *testing.T, body string) *Rule {
	t.Helper()
	src := labPolicy + "rule \"it\" {\n" + body + "\n}\n"
	fsys := fstest.MapFS{"gate.hcl": {Data: []byte(src)}}
	p, diags := load(fsys, "gate.hcl", labCollectors())
	if diags.HasErrors() {
		var b strings.Builder
		if err := WriteDiagnostics(&b, fsys, diags, 0, false); err != nil {
			t.Fatal(err)
		}
		t.Fatalf("%s", b.String())
	}
	return p.Rules[0]
}

var labTime = time.Date(2026, 12, 15, 12, 0, 0, 0, time.UTC)

func labEvaluate(t *testing.T, body string) []Result {
	t.Helper()
	return labRule(t, body).Evaluate(labHost(t), map[string]string{"domain": "example.com"}, labTime)
}

// conditions are asserts, and what they are on labHost.
var conditions = []struct {
	assert  string
	outcome Outcome
	message string // a part of it
}{
	// What is known.
	{`host.deb["openssl"].version == "3.0.11-1"`, Passed, ""},
	{`host.deb["openssl"].version != "3.0.11-1"`, Failed, ""},
	{`!host.deb["openssl"].held`, Passed, ""},
	{`host.file["/etc/app/db.ini"].size > 100`, Passed, ""},
	{`host.file["/etc/app/db.ini"].entries["db.port"] == 5432`, Passed, ""},
	{`contains(host.file["/etc/app/db.ini"].lines, "a")`, Passed, ""},
	{`host.file["/etc/app/db.ini"].lines[1] == "b"`, Passed, ""},
	{`host.os.id == "debian" && host.os.addresses[0] == "10.0.0.1"`, Passed, ""},
	{`host.name == "web-1" && host.role == "web" && host.environment == "production"`, Passed, ""},
	{`vars.domain == "example.com"`, Passed, ""},
	{`alltrue([for name in ["openssl"] : can(host.deb[name])])`, Passed, ""},
	{`anytrue([for name in ["nginx", "openssl"] : can(host.deb[name])])`, Passed, ""},
	{`alltrue([for path, it in host.python : it.version == "3.11.2" if path == "/srv/app/venv"])`, Passed, ""},
	{`host.file["/etc/app/db.ini"].entries["db.null"] == null`, Passed, ""},
	{`length(host.python["/srv/empty/venv"].packages) == 0`, Passed, ""},

	{`length(host.file["/etc/app/db.ini"].entries["db.options"]) == 0`, Passed, ""},
	// What is absent.
	{`host.deb["nginx"].version == "1"`, Undecided, `The host has no deb["nginx"]`},
	{`host.file["/etc/app/other.ini"].mode == "0640"`, Undecided, `The host has no file["/etc/app/other.ini"]`},
	{`host.file["/etc/app/gone.ini"].mode == "0640"`, Undecided, "The host has no"},
	{`host.os.version_id == "12"`, Undecided, `version_id`},
	{`host.deb[lower("NGINX")].version == "1"`, Undecided, `The host has no deb["nginx"]`},
	{`can(host.deb["nginx"])`, Failed, ""},
	{`!can(host.deb[lower("NGINX")])`, Passed, ""},
	{`!can(host.deb["nginx"])`, Passed, ""},
	{`!can(host.file["/etc/app/other.ini"])`, Passed, ""},
	{`!can(host.file["/etc/app/gone.ini"])`, Passed, ""},
	{`!can(host.os.version_id)`, Passed, ""},
	{`!can(host.python["/srv/app/venv"].packages["setuptools"])`, Passed, ""},
	{`can(host.python["/srv/app/venv"].packages["django"])`, Passed, ""},
	{`try(host.deb["nginx"].version, "none") == "none"`, Passed, ""},
	{`try(host.deb[host.name].version, host.deb["openssl"].version) == "3.0.11-1"`, Passed, ""},
	{`try(host.deb["nginx"].held, host.deb["apache2"].held)`, Undecided, "none of its expressions can be evaluated"},

	// What could not be told.
	{`host.file["/etc/app/failed.ini"].mode == "0640"`, Undecided, `file["/etc/app/failed.ini"]: failed: input/output error`},
	{`host.file["/etc/denied/x"].mode == "0640"`, Undecided, "denied: Permission denied"},
	{`host.file["/etc/other"].mode == "0640"`, Undecided, `file["/etc/other"]: not collected`},
	{`host.service["app.service"].active == "active"`, Undecided, "not collected"},
	{`host.service["app.service"].active != "active"`, Undecided, "not collected"},
	{`can(host.file["/etc/app/failed.ini"])`, Undecided, "input/output error"},
	{`!can(host.file["/etc/denied/x"])`, Undecided, "Permission denied"},
	{`!can(host.file["/etc/other"])`, Undecided, "not collected"},
	{`!can(host.python["/srv/broken/venv"].packages["setuptools"])`, Undecided, "truncated"},
	{`try(host.file["/etc/denied/x"].mode, "0640") == "0640"`, Undecided, "Permission denied"},
	{`host.deb["odd"].version == "1"`, Undecided, "garbled"},
	{`can(host.deb["odd"])`, Passed, ""},
	{`can(host.deb["odd"].held)`, Passed, ""},
	{`can(host.deb["odd"].version)`, Undecided, "garbled"},
	{`try(host.deb["odd"].version, "1") == "1"`, Undecided, "garbled"},
	{`try(host.deb["odd"], null) != null`, Passed, ""},
	{`length(host.file) > 0`, Undecided, "Permission denied"},
	{`length(host.service) == 0`, Undecided, "not collected"},
	{`length(host.python) == 3`, Undecided, "truncated"},
	{`contains(keys(host.python), "/srv/broken/venv")`, Undecided, "truncated"},
	{`!contains(keys(host.file), "/etc/denied/x")`, Undecided, "Permission denied"},
	{`alltrue([for path in ["/etc/denied/x"] : can(host.file[path])])`, Undecided, "Permission denied"},
	{`alltrue([for it in host.python : it.version == "3.11.2"])`, Undecided, "truncated"},
	{`alltrue([for it in host.file : it.mode == "0640"])`, Undecided, "Permission denied"},
	{`host.service["app.service"].active == "active" || true`, Passed, ""},
	{`host.deb["odd"].version == "1" || host.deb["openssl"].held`, Undecided, "garbled"},
	{`host.deb["odd"].version == "1" && host.deb["openssl"].held`, Failed, ""},
	{`anytrue([host.deb["odd"].version == "1", true])`, Passed, ""},
	{`anytrue([host.deb["odd"].version == "1", false])`, Undecided, "garbled"},

	// What is sealed.
	{`can(host.file["/etc/app/db.ini"].entries["db.password"])`, Passed, ""},
	{`!can(host.file["/etc/app/db.ini"].entries["db.password"])`, Failed, ""},
	{`can((host.file["/etc/app/db.ini"].entries["db.password"]))`, Passed, ""},
	{`host.file["/etc/app/db.ini"].entries["db.password"] == "changeme"`, Undecided, "sealed"},
	{`host.file["/etc/app/db.ini"].entries["db.password"] != "changeme"`, Undecided, "sealed"},
	{`host.file["/etc/app/db.ini"].entries["db.password"] != 5`, Undecided, "sealed"},
	{`try(host.file["/etc/app/db.ini"].entries["db.password"], "none") != "none"`, Undecided, "sealed"},
	{`can(host.file["/etc/app/db.ini"].entries["db.password"].deeper)`, Undecided, "sealed"},
	{`can(tonumber(host.file["/etc/app/db.ini"].entries["db.password"]))`, Undecided, "sealed"},
	{`can(host.deb[host.file["/etc/app/db.ini"].entries["db.password"]])`, Undecided, ""},
	{`can(host.file["/etc/app/db.ini"])`, Passed, ""},
	{`length(host.file["/etc/app/db.ini"].entries) == 4`, Passed, ""},
	{`length(host.file["/etc/app/db.ini"].entries["db.password"]) > 8`, Undecided, "sealed"},

	// What is of the wrong type, or neither true nor false.
	{`host.file["/etc/app/db.ini"].entries["db.port"]`, Undecided, "must be true or false, and is a number"},
	{`host.file["/etc/app/db.ini"].entries["db.null"]`, Undecided, "null"},
	{`host.file["/etc/app/db.ini"].entries["db.port"].deeper == 1`, Undecided, "Unsupported attribute"},
	{`!can(host.file["/etc/app/db.ini"].entries["db.port"].deeper)`, Passed, ""},
	{`version_at_least("deb", host.deb["bad"].version, "1")`, Undecided, "version"},
	{`!version_at_least("deb", host.deb["bad"].version, "1")`, Undecided, "version"},
	{`tonumber(host.os.id) > 1`, Undecided, "number"},

	// Functions.
	{`version_at_least("deb", host.deb["openssl"].version, "3.0.2-1")`, Passed, ""},
	{`version_at_least("deb", host.deb["openssl"].version, "3.0.11-1~deb12u2")`, Passed, ""},
	{`version_compare("deb", "1.0~rc1", "1.0") == -1`, Passed, ""},
	{`version_at_least("python", host.python["/srv/app/venv"].packages["django"].version, "4.10")`, Failed, ""},
	{`semver_matches("1.4.2", "~1.4")`, Passed, ""},
	{`semver_matches("5.0.0", "~0.0.0")`, Failed, ""},
	{`semver_matches(host.os.id, "~1.4")`, Undecided, "version"},
	{`glob("/etc/*.ini", "/etc/app/db.ini")`, Passed, ""},
	{`startswith(host.name, "web") && endswith(host.name, "-1")`, Passed, ""},
	{`days_until("2026-12-15") == 0`, Passed, ""},
	{`days_until("2026-12-16") == 1`, Passed, ""},
	{`days_until("2026-12-14") == -1`, Passed, ""},
	{`days_until("2026-12-16T11:00:00Z") == 0`, Passed, ""},
	{`days_until(host.os.id) > 0`, Undecided, "not a date"},
}

func TestEvaluateConditions(t *testing.T) {
	for _, test := range conditions {
		results := labEvaluate(t, "assert = "+test.assert+"\nmessage = \"it fails\"")
		if len(results) != 1 {
			t.Errorf("%s: %d results", test.assert, len(results))
			continue
		}
		got := results[0]
		if got.Outcome != test.outcome || !strings.Contains(got.Message, test.message) {
			t.Errorf("%s: got %s %q, want %s %q", test.assert, got.Outcome, got.Message, test.outcome, test.message)
		}
		if strings.Contains(got.Message, "\n") || got.Range.Empty() {
			t.Errorf("%s: message %q at %s", test.assert, got.Message, got.Range)
		}
	}
}

// TestLessIsNeverDecidedOtherwise: with any section of the host unread, a condition is what it was, or undecided.
func TestLessIsNeverDecidedOtherwise(t *testing.T) {
	for _, test := range conditions {
		r := labRule(t, "assert = "+test.assert+"\nmessage = \"it fails\"")
		for i := range labHost(t).Sections {
			h := labHost(t)
			s := &h.Sections[i]
			s.Status, s.Reason, s.Facts = drift.Failed, "input/output error", nil
			if got := r.Evaluate(h, map[string]string{"domain": "example.com"}, labTime)[0].Outcome; got != test.outcome && got != Undecided {
				t.Errorf("%s: without %s it is %s, and was %s", test.assert, s.Address(), got, test.outcome)
			}
		}
	}
}

// TestLessIsNeverDecidedOtherwiseByFact is the same for each fact.
func TestLessIsNeverDecidedOtherwiseByFact(t *testing.T) {
	for _, test := range conditions {
		r := labRule(t, "assert = "+test.assert+"\nmessage = \"it fails\"")
		for i, s := range labHost(t).Sections {
			for j := range s.Facts {
				h := labHost(t)
				f := &h.Sections[i].Facts[j]
				f.Value = drift.UnknownValue("garbled")
				if got := r.Evaluate(h, map[string]string{"domain": "example.com"}, labTime)[0].Outcome; got != test.outcome && got != Undecided {
					t.Errorf("%s: without %s it is %s, and was %s", test.assert, f.Address, got, test.outcome)
				}
			}
		}
	}
}

func TestEvaluateWhenAndForEach(t *testing.T) {
	type result struct {
		Key     string
		Outcome Outcome
	}
	for _, test := range []struct {
		name, body string
		want       []result
	}{
		{"when is false", `when = false`, []result{{"", Skipped}}},
		{"when is true", `when = host.os.id == "debian"`, []result{{"", Passed}}},
		{"when is unknown", `when = can(host.service["x"])`, []result{{"", Undecided}}},
		{"when fails", `when = host.deb["nginx"].held`, []result{{"", Undecided}}},
		{"a collector, one section of it unread", "for_each = host.python\nwhen = each.value.version == \"3.11.2\"", []result{
			{"/srv/app/venv", Passed}, {"/srv/broken/venv", Undecided}, {"/srv/empty/venv", Passed}}},
		{"a collector that may have more", `for_each = host.file`, []result{{"", Undecided}}},
		{"a collector that was not read", `for_each = host.service`, []result{{"", Undecided}}},
		{"nothing", `for_each = []`, []result{{"", Empty}}},
		{"an empty selection", `for_each = { for name, it in host.deb : name => it if glob("nginx*", name) }`, []result{{"", Empty}}},
		{"a selection", `for_each = { for name, it in host.deb : name => it if glob("open*", name) }`, []result{{"openssl", Passed}}},
		{"a set", "for_each = toset([\"b\", \"a\"])\nwhen = each.key == each.value", []result{{"a", Passed}, {"b", Passed}}},
		{"a list of strings", `for_each = ["b", "a"]`, []result{{"b", Passed}, {"a", Passed}}},
		{"a list of numbers", `for_each = [7, 8]`, []result{{"0", Passed}, {"1", Passed}}},
		{"keys", "for_each = [\"openssl\", \"nginx\"]\nwhen = can(host.deb[each.key])", []result{{"openssl", Passed}, {"nginx", Skipped}}},
		{"null at run time", `for_each = host.file["/etc/app/db.ini"].entries["db.null"]`, []result{{"", Undecided}}},
		{"a number at run time", `for_each = host.file["/etc/app/db.ini"].entries["db.port"]`, []result{{"", Undecided}}},
		{"a sealed value", `for_each = host.file["/etc/app/db.ini"].entries["db.password"]`, []result{{"", Undecided}}},
		{"entries", "for_each = host.file[\"/etc/app/db.ini\"].entries\nwhen = each.key == \"db.port\"", []result{
			{"db.null", Skipped}, {"db.options", Skipped}, {"db.password", Skipped}, {"db.port", Passed}}},
	} {
		var got []result
		for _, r := range labEvaluate(t, test.body+"\nassert = true\nmessage = \"it fails\"") {
			got = append(got, result{r.Key, r.Outcome})
		}
		if diff := cmp.Diff(got, test.want); diff != "" {
			t.Errorf("%s: got - want +\n%s", test.name, diff)
		}
	}
}

func TestMessages(t *testing.T) {
	for _, test := range []struct{ message, want string }{
		{`"openssl on ${host.name} is ${host.deb["openssl"].version}"`, "openssl on web-1 is 3.0.11-1"},
		{`"nginx is ${host.deb["nginx"].version}"`, "nginx is (absent)"},
		{`"it is ${host.deb["odd"].version}"`, "it is (unknown)"},
		{`"it is ${host.file["/etc/app/db.ini"].entries["db.password"]}"`, "it is (sealed)"},
		{`"port ${host.file["/etc/app/db.ini"].entries["db.port"]}"`, "port 5432"},
		{`"lines ${host.file["/etc/app/db.ini"].entries["db.null"]}"`, "lines (no text)"},
		{`format("%s has it", host.name)`, "web-1 has it"},
		{"<<EOT\n  has it\nEOT\n", "has it"},
		{`host.deb["odd"].version`, "(unknown)"},
		{`join("; ", ["a", host.deb["odd"].version, "b"])`, "a; (unknown); b"},
		{`"these: ${join(", ", [for name in ["odd", "openssl"] : "${name} ${join(" ", [host.deb[name].version])}"])}"`, "these: odd (unknown), openssl 3.0.11-1"},
		{`join("; ", ["a", host.file["/etc/app/db.ini"].entries["db.password"]])`, "a; (sealed)"},
	} {
		results := labEvaluate(t, "assert = false\nmessage = "+test.message)
		if results[0].Outcome != Failed || results[0].Message != test.want {
			t.Errorf("%s: got %s %q, want %q", test.message, results[0].Outcome, results[0].Message, test.want)
		}
	}
}

// TestUndecidedHasItsPlace: the range of an undecided result is the expression that could not be evaluated.
func TestUndecidedHasItsPlace(t *testing.T) {
	for _, test := range []struct{ assert, want string }{
		{`true && host.deb["nginx"].held`, `["nginx"]`},
		{`tonumber(host.os.id) > 1`, `host.os.id`},
		{`host.deb["odd"].version == "1"`, `host.deb["odd"].version == "1"`},
	} {
		body := "assert = " + test.assert + "\nmessage = \"it fails\""
		src := labPolicy + "rule \"it\" {\n" + body
		r := labEvaluate(t, body)[0].Range
		if got := src[r.Start.Byte:r.End.Byte]; r.Filename != "gate.hcl" || got != test.want {
			t.Errorf("%s: got %s, want %s", test.assert, got, test.want)
		}
	}
}
