package gate_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

// TestCodes produces findings that need no history, from two environments that pass otherwise.
func TestCodes(t *testing.T) {
	const entry = drift.Address(`file["/etc/app.ini"].entries["app.url"]`)
	const password = drift.Address(`file["/etc/app.ini"].entries["db.password"]`)
	sealed := func(raw string) *drift.Value { return &drift.Value{Kind: drift.Sealed, Raw: raw, Normal: raw} }
	unknown := drift.UnknownValue("may not read it")
	const dryRun = `preview "apt" { run = "apt-get -s upgrade" }`
	tests := []struct {
		code      string
		promotion string // in production's promotion block
		policy    string
		change    func([]*drift.Snapshot)
		input     func(*gate.Input)
		want      gate.Outcome
	}{
		{code: "check.empty", want: gate.Undecided, change: func(s []*drift.Snapshot) { s[1].Hosts = nil }},
		{code: "check.partial", want: gate.Undecided, input: func(in *gate.Input) { in.Partial = true }},
		{code: "promotion.unresolved", want: gate.Undecided, input: func(in *gate.Input) { in.Revision = "a41c9e2" }},
		{code: "unknown.host", want: gate.Undecided, change: func(s []*drift.Snapshot) { s[1].Hosts = s[1].Hosts[:1] }},
		{code: "unknown.section", want: gate.Undecided, change: func(s []*drift.Snapshot) {
			unread(&s[0].Hosts[0], drift.Section{Collector: "deb"}, drift.Denied, "may not read it")
		}},
		{code: "unknown.fact", want: gate.Undecided, change: func(s []*drift.Snapshot) { set(s, "production/*", `deb["openssl"].version`, &unknown) }},
		{code: "collect.empty", want: gate.Undecided, change: func(s []*drift.Snapshot) {
			harmHosts(s, "*", func(h *drift.Host) {
				unread(h, drift.Section{Collector: "file", Scope: "/etc/app.ini"}, drift.Gone, "")
			})
		}},
		{code: "rule.failed", want: gate.Blocked, policy: `rule "patched" {
			assert  = host.deb["openssl"].version == "4"
			message = "openssl is old"
		}`},
		{code: "rule.undecided", want: gate.Undecided, policy: `rule "patched" {
			assert  = host.deb["nothing"].version == "4"
			message = "nothing is old"
		}`},
		{code: "rule.empty", want: gate.Undecided, policy: `rule "each" {
			for_each = { for name, p in host.deb : name => p if name == "nothing" }
			assert   = each.value.version == "4"
			message  = "old"
		}`},
		{code: "drift.foreign", want: gate.Blocked, change: func(s []*drift.Snapshot) { set(s, "*", entry, text("https://staging.example.com")) }},
		{code: "drift.unpaired", want: gate.Blocked, change: func(s []*drift.Snapshot) { set(s, "production/*", "os.version_id", text("13")) }},
		{code: "drift.differ", want: gate.Blocked, policy: `compare {
			differ {
				fact = file["/etc/app.ini"].mode
			}
		}`},
		{code: "drift.unexplained", want: gate.Blocked, change: func(s []*drift.Snapshot) { set(s, "production/*", `deb["openssl"].version`, text("4")) }},
		{code: "drift.within", want: gate.Blocked, change: func(s []*drift.Snapshot) { set(s, "staging/*-1", `deb["openssl"].version`, text("4")) }},
		{code: "preview.outside", want: gate.Blocked, promotion: dryRun, change: func(s []*drift.Snapshot) {
			harmHosts(s, "production/*", func(h *drift.Host) {
				h.Sections = append(h.Sections, drift.Section{Collector: "preview", Scope: "apt", Status: drift.OK, Facts: []drift.Fact{
					{Address: `preview["apt"].items["openssl"]`, Value: drift.String("3.0.11-1 -> 3.0.15-1")},
				}})
			})
		}},
		{code: "preview.unknown", want: gate.Undecided, promotion: dryRun},
		{code: "drift.same_secret", want: gate.Pass, change: func(s []*drift.Snapshot) { set(s, "*", password, sealed("3fa9c01b")) }},
		{code: "drift.unmerged", want: gate.Pass, policy: `collect "file" { paths = ["/etc/*"] }`, change: func(s []*drift.Snapshot) {
			set(s, "production/web/production-1", `file["/etc/app.ini.dpkg-dist"].type`, text("file"))
		}},
		{code: "host.clock", want: gate.Pass, change: func(s []*drift.Snapshot) { set(s, "*-1", "os.clock_offset", number("90")) }},
		{code: "waiver.expired", want: gate.Pass, policy: waiver(`deb["openssl"].version`, "2026-11-01")},
		{code: "waiver.unused", want: gate.Pass, policy: waiver(`deb["openssl"].version`, "2026-12-01")},
		{code: "pattern.unused", want: gate.Pass, policy: `compare {
			ignore {
				facts  = [deb["nothing-*"]]
				reason = "it is not there"
			}
		}`},
	}
	for _, tt := range tests {
		meet(tt.code)
		t.Run(tt.code, func(t *testing.T) {
			p := load(t, strings.Replace(environments, "promotion {", "promotion {\n"+tt.promotion, 1)+asked["deb"]+"\n"+`collect "file" { paths = ["/etc/app.ini"] }`+"\n"+tt.policy)
			snapshots := read(p)
			if tt.change != nil {
				tt.change(snapshots)
			}
			if tt.input == nil {
				tt.input = func(*gate.Input) {}
			}
			v := decide(t, p, snapshots, tt.input)
			if !slices.Contains(codes(v), tt.code) {
				t.Fatalf("no finding of it:\n%s", toJSON(t, v))
			}
			if v.Outcome != tt.want {
				t.Errorf("got %s, want %s:\n%s", v.Outcome, tt.want, brief(v))
			}
			for _, f := range v.Findings {
				checkFinding(t, f)
			}
		})
	}
}

// met are the codes of findings that tests expected, and found.
var met = map[string]bool{}

func meet(code string) { met[code] = true }

// TestMain fails where no test expects a finding of some code. It says nothing where only some tests run.
func TestMain(m *testing.M) {
	status := m.Run()
	if chosen := flag.Lookup("test.run").Value.String() + flag.Lookup("test.skip").Value.String() + flag.Lookup("test.list").Value.String(); chosen == "" && status == 0 {
		for _, code := range gate.Codes() {
			if !met[code.Name] {
				fmt.Printf("FAIL: no test expects a finding of %s\n", code.Name)
				status = 1
			}
		}
	}
	os.Exit(status)
}

// checkFinding checks what every finding has.
func checkFinding(t *testing.T, f gate.Finding) {
	t.Helper()
	first, _, _ := strings.Cut(f.Title, " ")
	isName := strings.ContainsFunc(first, func(r rune) bool { return !unicode.IsLetter(r) }) // of a host, or a file
	if f.Title == "" || strings.HasSuffix(f.Title, ".") || f.Title[:1] != strings.ToUpper(f.Title[:1]) && !isName && f.Code != "collect.empty" && f.Code != "drift.differ" && !strings.HasPrefix(f.Code, "promotion.") {
		t.Errorf("%s has the title %q", f.Code, f.Title)
	}
	if f.Effect != gate.Informs && len(f.Next) == 0 && f.Code != "check.empty" && f.Code != "rule.undecided" {
		t.Errorf("%s stops a job, and does not say what to do", f.Code)
	}
	for _, step := range f.Next {
		if strings.Contains(step, "%!") || strings.Contains(step, "  ") {
			t.Errorf("%s has the step %q", f.Code, step)
		}
	}
}

func number(s string) *drift.Value {
	v := drift.Number(s)
	return &v
}
