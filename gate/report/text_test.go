package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

var update = flag.Bool("update", false, "write what the reports are now to testdata")

var at = time.Date(2026, 11, 20, 14, 30, 0, 0, time.UTC)

// verdict returns a verdict of findings, about some hosts of production and one of staging.
func verdict(outcome gate.Outcome, production int, findings ...gate.Finding) *gate.Verdict {
	v := &gate.Verdict{
		Schema: gate.SchemaVersion, Outcome: outcome, To: "production", From: []string{"staging"}, At: at,
		Policy: gate.Policy{Path: "gate.hcl", Digest: strings.Repeat("5d2e0b1c", 8), Mode: "enforce"},
		Counts: gate.Counts{Alike: 1204, LeftOut: map[string]int{"built in": 36, "by policy": 2}}, NotEvaluated: []string{}, Waivers: []gate.Waiver{},
		Hosts: []gate.Host{host("staging/web/staging-1")}, Findings: []gate.Finding{},
	}
	for i := range production {
		v.Hosts = append(v.Hosts, host(productionHost(i)))
	}
	for i, f := range findings {
		f.Number = i + 1
		if f.Enforcement == "" {
			f.Enforcement = "soft"
		}
		f.Hosts, f.Items, f.Detail, f.Next = orEmpty(f.Hosts), orEmpty(f.Items), orEmpty(f.Detail), orEmpty(f.Next)
		v.Findings = append(v.Findings, f)
	}
	return v
}

func orEmpty[T any](list []T) []T { return append([]T{}, list...) }

func host(id string) gate.Host {
	return gate.Host{ID: id, Address: "deploy@" + last(id), Cohort: "debian 12 x86_64", Taken: at, Read: true}
}

func productionHost(i int) string { return fmt.Sprintf("production/web/production-%d", i+1) }

func known(value string, hosts ...string) gate.Values {
	text, _ := json.Marshal(value)
	return gate.Values{Value: value, Kind: "known", JSON: string(text), Hosts: hosts, Differs: !strings.HasPrefix(hosts[0], "staging")}
}

func absent(hosts ...string) gate.Values {
	return gate.Values{Value: "absent", Kind: "absent", Hosts: hosts, Differs: true}
}

func unknown(why string, hosts ...string) gate.Values {
	return gate.Values{Value: "unknown", Kind: "unknown", Why: why, Hosts: hosts, Differs: true}
}

// packages is a finding of some packages that differ on all hosts of production.
func packages(n, hosts int) gate.Finding {
	var ids []string
	for i := range hosts {
		ids = append(ids, productionHost(i))
	}
	f := gate.Finding{Code: "drift.unexplained", Effect: gate.Blocks, Title: fmt.Sprintf("Production differs from staging in %d packages", n), Subject: "deb[…]", Hosts: ids}
	for i := range n {
		name := fmt.Sprintf("libexample%d", i+1)
		f.Items = append(f.Items, gate.Item{
			Address: fmt.Sprintf("deb[%q].version", name), Label: name, Note: "",
			From: []gate.Values{known("3.0.11-1~deb12u2", "staging/web/staging-1")}, To: []gate.Values{known("3.0.15-1~deb12u1", ids...)},
		})
	}
	f.Next = []string{fmt.Sprintf("make %d packages alike on staging and production, at the source of the difference first (finding NUMBER)", n)}
	return f
}

var reports = map[string]struct {
	verdict *gate.Verdict
	options Options
}{
	"pass": {verdict(gate.Pass, 2), Options{Elapsed: 900 * time.Millisecond}},
	"one package": {verdict(gate.Blocked, 2, gate.Finding{
		Code: "drift.unexplained", Effect: gate.Blocks, Title: `Production differs from staging in package openssl`, Subject: "deb[…]", Hosts: []string{productionHost(0)},
		Items: []gate.Item{{
			Address: `deb["openssl"].version`, Label: "openssl",
			From: []gate.Values{known("3.0.11-1", "staging/web/staging-1")},
			To:   []gate.Values{known("3.0.15-1", productionHost(0)), {Value: "3.0.11-1", Kind: "known", JSON: `"3.0.11-1"`, Hosts: []string{productionHost(1)}}},
		}},
		Next: []string{"make openssl alike on staging and production, at the source of the difference first (finding NUMBER)"},
	}), Options{Elapsed: 900 * time.Millisecond, Exit: 1}},
	"37 packages":      {verdict(gate.Blocked, 2, packages(37, 2)), Options{Elapsed: 900 * time.Millisecond, Exit: 1}},
	"200 hosts":        {verdict(gate.Blocked, 200, packages(1, 200)), Options{Elapsed: 9 * time.Second, Exit: 1}},
	"long and hostile": {verdict(gate.Blocked, 1, hostile()), Options{Exit: 1}},
	"undecided": {func() *gate.Verdict {
		v := verdict(gate.Undecided, 2,
			gate.Finding{Code: "unknown.host", Effect: gate.Opens, Title: "Could not read production-2", Hosts: []string{productionHost(1)},
				Detail: []string{"production-2: connect: dial tcp 10.0.0.7:22: connect: connection refused"}, Next: []string{"make production-2 readable for gate (finding NUMBER)"}},
			gate.Finding{Code: "unknown.section", Effect: gate.Opens, Title: "Could not read deb on production-1", Subject: "deb", Hosts: []string{productionHost(0)},
				Items: []gate.Item{{Address: "deb", Label: "deb", From: []gate.Values{known("present", "staging/web/staging-1")},
					To: []gate.Values{unknown("denied: may not read /var/lib/dpkg/status, which is of root's alone on this host", productionHost(0))}}},
				Next: []string{"let gate read deb on production-1: denied: may not read /var/lib/dpkg/status, which is of root's alone on this host"}},
			gate.Finding{Code: "host.clock", Effect: gate.Informs, Title: "The clock of production-1 is off by +90 s", Hosts: []string{productionHost(0)}},
		)
		v.Hosts[2].Read = false
		v.Hosts[1].Read = false
		return v
	}(), Options{Elapsed: 900 * time.Millisecond, Exit: 3}},
	"promotion": {func() *gate.Verdict {
		flight := gate.Finding{Code: "change.in_flight", Effect: gate.Informs, Title: "2 facts were proved on staging, and would come to production",
			Hosts:  []string{productionHost(0), productionHost(1)},
			Detail: []string{"proved: app a41c9e2 on staging since 20 Nov 14:10 UTC, smoke 14:16, soaked 47m of 30m; seen on the hosts now"},
			Items: []gate.Item{
				{Address: `file["/etc/app/logging.ini"].entries["handlers"]`, Label: `file["/etc/app/logging.ini"].entries["handlers"]`,
					From: []gate.Values{known("stdout", "staging/web/staging-1")}, To: []gate.Values{known("file", productionHost(0), productionHost(1))}},
				{Address: `revision["/srv/app/src"].commit`, Label: `revision["/srv/app/src"].commit`,
					From: []gate.Values{known(strings.Repeat("a4", 20), "staging/web/staging-1")}, To: []gate.Values{known(strings.Repeat("7b", 20), productionHost(0), productionHost(1))}},
			}}
		v := verdict(gate.Blocked, 2,
			gate.Finding{Code: "override.active", Effect: gate.Informs, Title: "Ada overrides promotion.frozen until 21 Nov 08:00 UTC: the fix must not wait",
				Detail: []string{"it lets 1 finding through"}},
			gate.Finding{Code: "drift.skipped", Effect: gate.Blocks, Title: "Production has what staging never proved, in package requests", Subject: "deb[…]", Hosts: []string{productionHost(0)},
				Items: packages(1, 2).Items, Detail: []string{"first seen in the check of 18 Nov 02:17, not in that of 17 Nov 02:15; no deployment between them"},
				Next: []string{"put package requests on production back to what staging has, or prove it on staging (finding NUMBER)"}},
			flight)
		v.Candidate = &gate.Proposal{Commit: strings.Repeat("a41c9e2f", 5), Subject: "log to stdout, not to a file", Components: []string{"app"}, Commits: 1, Files: 1}
		v.Revision = "a41c9e2"
		return v
	}(), Options{Elapsed: 900 * time.Millisecond, Exit: 1}},
	"report mode": {func() *gate.Verdict {
		v := verdict(gate.Blocked, 2, packages(1, 2))
		v.Policy.Mode, v.Policy.Until = "report", "2026-12-15"
		v.NotEvaluated = []string{"ledger", "soak"}
		v.Waivers = []gate.Waiver{{Name: "openssl", Owner: "platform", Reason: "OPS-412", Expires: at.Add(9 * 24 * time.Hour), Covers: 1}}
		return v
	}(), Options{Origin: "Result of 20 Nov 14:30 UTC; no host was read for this report"}},
}

// hostile has what a host could say to spoil a report.
func hostile() gate.Finding {
	const evil = "\x1b[2J\x1b]0;pwned\a<script>\u202egnp.exe\u2028\n PASS \xff"
	return gate.Finding{
		Code: "drift.unexplained", Effect: gate.Blocks, Title: "Production differs from staging in 3 files " + evil, Subject: `file["/etc/` + strings.Repeat("very/", 20) + `long"].entries[…]`,
		Hosts:  []string{productionHost(0)},
		Detail: []string{evil, strings.Repeat("detail ", 40)},
		Next:   []string{"mend " + evil},
		Policy: &gate.Position{File: "pol\x1bicy.hcl", Line: 7},
		Items: []gate.Item{
			{Address: `file["` + evil + `"]`, Label: evil, From: []gate.Values{known(evil, "staging/web/staging-1")}, To: []gate.Values{absent(productionHost(0))}, Note: evil},
			{Address: "file", Label: "名前の長い設定ファイルの名前の長い設定ファイルの名前", From: []gate.Values{known("日本語の値", "staging/web/staging-1")}, To: []gate.Values{known("別の日本語の値", productionHost(0))}},
			{Address: "file", Label: strings.Repeat("k", 200), From: []gate.Values{known(strings.Repeat("a", 300), "staging/web/staging-1")}, To: []gate.Values{known(strings.Repeat("b", 300), productionHost(0))}, Note: "production must have something that is long to say"},
		},
	}
}

func TestText(t *testing.T) {
	for name, tt := range reports {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := Text(&out, tt.verdict, tt.options); err != nil {
				t.Fatal(err)
			}
			checkPage(t, out.String())
			golden(t, strings.ReplaceAll(name, " ", "-")+".txt", out.Bytes())
		})
	}
}

// A result that was read from a file may say anything anywhere.
func TestTextOfTampered(t *testing.T) {
	const evil = "\x1b[2J\u202e"
	v := verdict(gate.Blocked, 1, hostile())
	v.To, v.From, v.Revision, v.NotEvaluated = evil, []string{evil}, evil, []string{evil}
	v.Policy = gate.Policy{Path: evil, Digest: evil, Mode: "report", Until: evil}
	v.Waivers = []gate.Waiver{{Name: evil, Expires: at.Add(time.Hour), Covers: 1}}
	v.Hosts[0].ID, v.Counts.LeftOut = evil, map[string]int{evil: 1}
	f := &v.Findings[0]
	f.Code, f.Enforcement, f.Hosts, f.Subject = evil, evil, []string{evil}, evil
	f.Items[0].To = []gate.Values{{Value: evil, Kind: evil, Why: evil, Hosts: []string{evil}}}
	untold := gate.Finding{Number: 2, Code: "unknown.fact", Effect: gate.Opens, Title: evil, Subject: evil, Items: []gate.Item{{Address: "[" + evil}, {Address: ""}}}
	v.Findings = append(v.Findings, untold)
	f = &v.Findings[0]
	for name, write := range map[string]func(*bytes.Buffer) error{
		"text":    func(out *bytes.Buffer) error { return Text(out, v, Options{}) },
		"json":    func(out *bytes.Buffer) error { return JSON(out, v, Options{}) },
		"finding": func(out *bytes.Buffer) error { return Finding(out, v, *f, Options{}) },
		"diff":    func(out *bytes.Buffer) error { return Diff(out, v.Findings, Options{}) },
	} {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		if i := strings.IndexFunc(strings.ReplaceAll(out.String(), "\n", ""), hidden); i >= 0 {
			t.Errorf("%s has a hidden character: %q", name, out.String())
		}
	}
}

// checkPage checks what holds for every report in text: nothing in it acts on a terminal, and no line is too long.
func checkPage(t *testing.T, page string) {
	t.Helper()
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		if n := columns(line); n > pageWidth && !strings.Contains(line, "very/very/") {
			t.Errorf("%d columns: %s", n, line)
		}
		if strings.HasSuffix(line, " ") {
			t.Errorf("it ends with a space: %q", line)
		}
		if i := strings.IndexFunc(line, hidden); i >= 0 {
			t.Errorf("it has a hidden character: %q", line)
		}
	}
	if !strings.HasSuffix(page, "\n") || strings.Contains(page, "\n\n\n") {
		t.Errorf("line breaks: %q", page)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	if diff := cmp.Diff(string(got), string(want)); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

// Colours change nothing but the colours.
func TestColor(t *testing.T) {
	for name, tt := range reports {
		var plain, colored bytes.Buffer
		if err := Text(&plain, tt.verdict, tt.options); err != nil {
			t.Fatal(err)
		}
		tt.options.Color = true
		if err := Text(&colored, tt.verdict, tt.options); err != nil {
			t.Fatal(err)
		}
		stripped := strings.NewReplacer("\x1b[0m", "", "\x1b[1m", "", "\x1b[2m", "", "\x1b[1;31m", "", "\x1b[1;32m", "", "\x1b[1;33m", "").Replace(colored.String())
		if diff := cmp.Diff(stripped, plain.String()); diff != "" || stripped == colored.String() {
			t.Errorf("%s (-without colours +plain)\n%s", name, diff)
		}
	}
}

func TestFinding(t *testing.T) {
	for name, tt := range reports {
		for _, f := range tt.verdict.Findings {
			var out bytes.Buffer
			if err := Finding(&out, tt.verdict, f, Options{}); err != nil {
				t.Fatal(err)
			}
			if i := strings.IndexFunc(strings.ReplaceAll(out.String(), "\n", ""), hidden); i >= 0 {
				t.Errorf("%s, finding %d has a hidden character", name, f.Number)
			}
			for _, item := range f.Items {
				if !strings.Contains(out.String(), printable(item.Address)) {
					t.Errorf("%s, finding %d leaves out %s", name, f.Number, item.Address)
				}
			}
		}
	}
}

func TestJSON(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("verdict.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("verdict.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range reports {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := JSON(&out, tt.verdict, tt.options); err != nil {
				t.Fatal(err)
			}
			if i := strings.IndexFunc(strings.ReplaceAll(out.String(), "\n", ""), hidden); i >= 0 {
				t.Error("it has a hidden character")
			}
			var value any
			if err := json.Unmarshal(out.Bytes(), &value); err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Error(err)
			}
			again, err := ReadJSON(bytes.NewReader(out.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			var second bytes.Buffer
			if err := JSON(&second, again, tt.options); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(second.String(), out.String()); diff != "" {
				t.Errorf("read and written again (-again +first)\n%s", diff)
			}
		})
	}
}

func TestLayout(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "日本": 4, "é": 1, "ｗ": 2, "…": 1} {
		if got := columns(s); got != want {
			t.Errorf("columns of %q: got %d, want %d", s, got, want)
		}
	}
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{{"abcdef", 6, "abcdef"}, {"abcdefg", 6, "abcde…"}, {"日本語です", 6, "日本…"}, {"日本語です", 7, "日本語…"}} {
		if got := clip(tt.in, tt.n); got != tt.want || columns(got) > tt.n {
			t.Errorf("clip(%q, %d): got %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
	if diff := cmp.Diff(Wrap("aa bb cc dd", 5), []string{"aa bb", "cc dd"}); diff != "" {
		t.Errorf("wrap (-got +want)\n%s", diff)
	}
	for n, want := range map[int]string{0: "0 hosts", 1: "1 host", 1204: "1,204 hosts", 1234567: "1,234,567 hosts"} {
		if got := plural(n, "host"); got != want {
			t.Errorf("plural(%d): got %q, want %q", n, got, want)
		}
	}
}

// A long list is one item a line, once for all hosts that have it.
func TestAddressList(t *testing.T) {
	var names []string
	for i := range 51 {
		names = append(names, fmt.Sprintf("pkg_resources/_vendor/file_%d.py", i))
	}
	var hosts []drift.Host
	for _, name := range []string{"production-1", "production-2", "production-3"} {
		h := drift.Host{ID: drift.HostID{Environment: "production", Role: "web", Name: name}}
		value := drift.Strings(names...)
		if name == "production-3" {
			value = drift.Strings("one.py")
		}
		h.Sections = []drift.Section{{Collector: "python", Scope: "/srv/venv", Status: drift.OK, Facts: []drift.Fact{
			{Address: `python["/srv/venv"].packages["pip"].missing`, Value: value},
		}}}
		hosts = append(hosts, h)
	}
	var out strings.Builder
	if err := Address(&out, hosts, []drift.Address{`python["/srv/venv"].packages["pip"].missing`}); err != nil {
		t.Fatal(err)
	}
	want := `python["/srv/venv"].packages["pip"].missing
   production/web/production-1       51 items
   production/web/production-2       51 items
`
	for _, name := range names {
		want += "       " + name + "\n"
	}
	want += `   production/web/production-3       ["one.py"]` + "\n"
	if diff := cmp.Diff(out.String(), want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

// What could not be told is named, each file once, as far as there is room; the rest is counted.
func TestTextUntold(t *testing.T) {
	f := gate.Finding{Number: 1, Code: "unknown.fact", Effect: gate.Opens, Title: "Could not read 20 files", Subject: "file[…]"}
	for i := range 20 {
		for _, attr := range []string{"entries", "sha256"} {
			f.Items = append(f.Items, gate.Item{Address: fmt.Sprintf("file[\"/etc/%02d\"].%s", i, attr), Label: fmt.Sprintf("/etc/%02d %s", i, attr)})
		}
	}
	for i := range 30 {
		f.Detail = append(f.Detail, fmt.Sprintf("production-%d: denied", i))
	}
	f.Hosts, f.Next = []string{}, []string{}
	var out strings.Builder
	if err := Text(&out, verdict(gate.Undecided, 1, f), Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"   production-7: denied\n   + 22 more lines: gate explain 1\n",
		"   /etc/00, /etc/01, /etc/02, /etc/03, /etc/04, /etc/05, /etc/06, /etc/07\n   + 12 more: gate explain 1\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := Finding(&out, verdict(gate.Undecided, 1, f), f, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"production-29: denied", `file["/etc/19"].sha256`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("explain leaves %q out", want)
		}
	}
}
