package policies

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
)

// TestDesign: the policy of the design means what the design says.
func TestDesign(t *testing.T) {
	p, diags := Load(os.DirFS("testdata/valid"), "design.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if p.Gate.RequiredVersion != ">= 0.1.0" || p.Gate.Timezone.String() != "Europe/Berlin" || p.Gate.Mode != Enforce {
		t.Errorf("gate: %+v", p.Gate)
	}
	if p.Ledger.Remote != "origin" || len(p.Ledger.ID) != 40 || p.Ledger.Repository != "git.example.com/app" {
		t.Errorf("ledger: %+v", p.Ledger)
	}
	if s := p.Signers[0]; s.Name != "staging-ci" || s.Key.Type() != "ssh-ed25519" || !cmp.Equal(s.May, []string{"deployed", "verified:smoke"}) || !cmp.Equal(s.Environments, []string{"staging"}) {
		t.Errorf("signer: %+v", s)
	} else if got, want := s.Expires.UTC().Format(time.RFC3339), "2027-01-31T23:00:00Z"; got != want {
		t.Errorf("signer: got it expires at %s, want %s", got, want)
	}

	ranges := cmpopts.IgnoreTypes(hcl.Range{})
	patterns := cmp.Transformer("address", func(p drift.Pattern) drift.Address { return p.Address() })
	jumps := SSH{ProxyJump: "bastion.example.com", KnownHosts: []string{"known_hosts"}}
	limit := func(n int) *int { return &n }
	want := []*Environment{
		{
			Name:  "staging",
			Vars:  map[string]string{"domain": "staging.example.com", "db_host": "db.staging.internal"},
			Roles: []Role{{Name: "web", Hosts: []string{"deploy@staging-1"}, MinHosts: 1}},
		},
		{
			Name:  "production",
			Vars:  map[string]string{"domain": "example.com", "db_host": "db.internal"},
			SSH:   jumps,
			Roles: []Role{{Name: "web", Hosts: []string{"deploy@production-1", "deploy@production-2"}, MinHosts: 2, SSH: jumps}},
			Promotion: Promotion{
				From: []string{"staging"}, Soak: 30 * time.Minute, EvidenceMaxAge: 14 * day, VerifiedBy: []string{"smoke"}, Settle: 36 * time.Hour,
				MaxChanges: MaxChanges{Packages: limit(20), Files: limit(10), Commits: limit(30)},
				Freezes:    []Freeze{{Name: "weekend", From: WeekTime{time.Friday, 16 * 60}, Until: WeekTime{time.Monday, 8 * 60}}},
				Previews:   []Preview{{Preview: collect.Preview{Name: "puppet", Format: "puppet", Run: "sudo -n puppet agent --test --noop --color=false"}}},
			},
		},
	}
	if diff := cmp.Diff(p.Environments, want, ranges); diff != "" {
		t.Errorf("environments: got - want +\n%s", diff)
	}
	component := Component{
		Name: "app", Paths: []string{"src/**", "requirements.txt", "deploy/**"}, Roles: []string{"web"},
		Marker: `revision["/srv/app/src"].commit`, Units: []string{"app.service"},
		Carries: []drift.Pattern{drift.NewPattern(`python["/srv/app/venv"]`), drift.NewPattern(`file["/etc/app/*"]`), drift.NewPattern(`revision["*"]`)},
	}
	if diff := cmp.Diff(p.Components, []Component{component}, ranges, patterns); diff != "" {
		t.Errorf("components: got - want +\n%s", diff)
	}
	differ := Differ{
		Fact:   drift.NewPattern(`file["/etc/app/logging.ini"].entries["logger_root.level"]`),
		Values: map[string]drift.Value{"staging": drift.String("DEBUG"), "production": drift.String("INFO")},
	}
	if diff := cmp.Diff(p.Compare.Differs, []Differ{differ}, ranges, patterns); diff != "" {
		t.Errorf("differs: got - want +\n%s", diff)
	}
	if own := p.Compare.Ignores[0]; own.Builtin != "" || own.Facts[0].Address() != `deb["linux-image-*"]` || len(p.Compare.Ignores) != 1+len(Defaults()) {
		t.Errorf("ignores: %+v", p.Compare.Ignores)
	}
	waiver := Waiver{
		Name: "openssl-on-production-2", Hosts: []string{"production/web/production-2"},
		Facts: []drift.Pattern{drift.NewPattern(`deb["openssl"].version`)}, Values: []drift.Value{drift.String("3.0.9-1~deb12u1")},
		Rules: []string{"openssl-patched"}, Reason: "the vendor pins 3.0.9 until its December release, OPS-412", Owner: "platform",
		Expires: time.Date(2026, 12, 15, 23, 0, 0, 0, time.UTC), // midnight in Berlin
	}
	if diff := cmp.Diff(p.Waivers, []Waiver{waiver}, ranges, patterns); diff != "" {
		t.Errorf("waivers: got - want +\n%s", diff)
	}
	if r := p.Rules[0]; r.Name != "setuptools-present" || r.Enforcement != Hard || !r.ForEach() || r.Range.Start.Line != 104 {
		t.Errorf("rule: %+v", r)
	}
	if r := p.Rules[1]; r.Enforcement != Soft || r.Selects("staging", "web") || !r.Selects("production", "web") {
		t.Errorf("rule: %+v", r)
	}
}

func TestCollectBlocks(t *testing.T) {
	src := labPolicy + `
collect "file" {
  paths        = ["/srv/*"]
  become       = true
  reveal       = "none"
  roles        = ["web"]
  environments = ["production"]
}
`
	p, diags := load(fstest.MapFS{"gate.hcl": {Data: []byte(src)}}, "gate.hcl", labCollectors())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	c := p.Collects[len(p.Collects)-1]
	if c.Query.Collector != "file" || !c.Query.Become || c.Reveal != drift.RevealNone || !c.Selects("production", "web") || c.Selects("staging", "web") {
		t.Errorf("got %+v", c)
	}
	if got, want := c.Query.Args["paths"], cty.ListVal([]cty.Value{cty.StringVal("/srv/*")}); !got.RawEquals(want) {
		t.Errorf("got %#v", got)
	}
	if first := p.Collects[0]; first.Reveal != drift.RevealSafe || first.Query.Become {
		t.Errorf("got %+v", first)
	}
}

func TestUseOverrides(t *testing.T) {
	src := "environment \"a\" {\n  role \"web\" { hosts = [\"x\"] }\n}\ncollect \"python\" { venvs = [\"/v\"] }\n" +
		"use \"baseline/python\" {\n  enforcement = \"hard\"\n  environments = [\"a\"]\n  roles = [\"web\"]\n}\n"
	p, diags := Load(fstest.MapFS{"gate.hcl": {Data: []byte(src)}}, "gate.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for _, r := range p.Rules {
		if r.Use != "baseline/python" || r.Enforcement != Hard || r.Selects("b", "web") || r.Selects("a", "db") || !r.Selects("a", "web") {
			t.Errorf("%s: %+v", r.Name, r)
		}
	}
}

func TestDefaultsFalse(t *testing.T) {
	src := labPolicy + "compare {\n  defaults = false\n}\n"
	p, diags := load(fstest.MapFS{"gate.hcl": {Data: []byte(src)}}, "gate.hcl", labCollectors())
	if diags.HasErrors() || p.Compare.Defaults || len(p.Compare.Ignores) != 0 {
		t.Errorf("got %v, %v", p.Compare, diags)
	}
}

func TestValuesOfFacts(t *testing.T) {
	src := labPolicy + `
waiver "w" {
  facts   = [deb["x"]]
  values  = ["a", 40, 1.50, true, ["a", 1], null, {}, absent, sealed("0123456789abcdef")]
  reason  = "why"
  owner   = "who"
  expires = "2026-12-15T17:00:00Z"
}
`
	p, diags := load(fstest.MapFS{"gate.hcl": {Data: []byte(src)}}, "gate.hcl", labCollectors())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := []drift.Value{drift.String("a"), drift.Int(40), drift.Number("1.5"), drift.Bool(true), drift.List(drift.String("a"), drift.Int(1)), drift.Null(), {Kind: drift.Known, Text: "{}"}, {}, {Kind: drift.Sealed, Raw: "0123456789abcdef"}}
	if diff := cmp.Diff(p.Waivers[0].Values, want); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
	if got, want := p.Waivers[0].Expires, time.Date(2026, 12, 15, 17, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("expires %s, want %s", got, want)
	}
}

func TestWaiverCovers(t *testing.T) {
	id := drift.HostID{Environment: "production", Role: "web", Name: "web-1"}
	for _, test := range []struct {
		hosts []string
		want  bool
	}{
		{nil, true}, {[]string{"production/web/web-1"}, true}, {[]string{"production/*"}, true}, {[]string{"production/web/web-11"}, false}, {[]string{"staging/*"}, false},
	} {
		if got := (&Waiver{Hosts: test.hosts}).Covers(id); got != test.want {
			t.Errorf("%v: got %t", test.hosts, got)
		}
	}
}

// TestFolder: the *.hcl of a folder are one policy, whatever their order.
func TestFolder(t *testing.T) {
	whole := fstest.MapFS{"p/gate.hcl": {Data: []byte(labPolicy)}}
	parts := fstest.MapFS{
		"p/b.hcl":       {Data: []byte("environment \"production\" {\n  role \"web\" { hosts = [\"web-1\"] }\n  promotion { from = [\"staging\"] }\n}\n")},
		"p/a.hcl":       {Data: []byte("waiver \"w\" {\n  hosts = [\"staging/web/web-2\"]\n  rules = [\"r\"]\n  reason = \"x\"\n  owner = \"y\"\n  expires = \"2026-12-15\"\n}\n")},
		"p/z.hcl":       {Data: []byte("environment \"staging\" {\n  role \"web\" { hosts = [\"web-2\"] }\n}\nrule \"r\" {\n  assert = true\n  message = \"m\"\n}\ngate { timezone = \"Asia/Tokyo\" }\n")},
		"p/other.txt":   {Data: []byte("not a policy")},
		"p/.hidden.hcl": {Data: []byte("neither is this")},
		"p/sub/x.hcl":   {Data: []byte("nor this")},
	}
	p, diags := load(parts, "p", labCollectors())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if len(p.Environments) != 2 || len(p.Rules) != 1 || p.Waivers[0].Expires.UTC().Hour() != 15 {
		t.Errorf("got %+v", p)
	}
	single, diags := load(whole, "p", labCollectors())
	if diags.HasErrors() || single.Digest == p.Digest {
		t.Errorf("digests %s and %s, %v", single.Digest, p.Digest, diags)
	}
	direct, _ := load(whole, "p/gate.hcl", labCollectors())
	if direct.Digest != single.Digest {
		t.Errorf("the digest of a file is %s, that of its folder %s", direct.Digest, single.Digest)
	}
}

func TestDigestFollowsNamesAndBytes(t *testing.T) {
	digest := func(files fstest.MapFS) string {
		t.Helper()
		p, diags := load(files, ".", labCollectors())
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		return p.Digest
	}
	one := digest(fstest.MapFS{"a.hcl": {Data: []byte(labPolicy)}})
	for name, files := range map[string]fstest.MapFS{
		"another name": {"b.hcl": {Data: []byte(labPolicy)}},
		"another byte": {"a.hcl": {Data: []byte(labPolicy + "\n")}},
		"another file": {"a.hcl": {Data: []byte(labPolicy)}, "b.hcl": {}},
	} {
		if digest(files) == one {
			t.Errorf("%s: the same digest", name)
		}
	}
}

func TestUnreadable(t *testing.T) {
	for _, name := range []string{"missing.hcl", "empty"} {
		p, diags := Load(fstest.MapFS{"empty/x.txt": {}}, name)
		if p != nil || !diags.HasErrors() {
			t.Errorf("%s: got %v, %v", name, p, diags)
		}
		var b strings.Builder
		if err := WriteDiagnostics(&b, fstest.MapFS{}, diags, 0, false); err != nil || !strings.Contains(b.String(), name) {
			t.Errorf("%s: %q, %v", name, b.String(), err)
		}
	}
}

// TestDiagnosticsShowNoValues: a diagnostic shows the lines of the policy, and no value that these compute.
func TestDiagnosticsShowNoValues(t *testing.T) {
	fsys := fstest.MapFS{"gate.hcl": {Data: []byte("environment \"a\" {\n  role \"web\" {\n    hosts = [for part in split(\"-\", \"se-cret\") : tonumber(join(\"\", [part, \"ly\"]))]\n  }\n}\ncollect \"deb\" {}\n")}}
	_, diags := Load(fsys, "gate.hcl")
	if !diags.HasErrors() {
		t.Fatal("no diagnostics")
	}
	var b strings.Builder
	if err := WriteDiagnostics(&b, fsys, diags, 0, false); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "secretly") || strings.Contains(b.String(), " with ") || strings.Contains(b.String(), `"se"`) {
		t.Errorf("got %s", b.String())
	}
}

// TestDiagnosticsInert: a policy may be a stranger's, and a terminal shows what it says, and obeys none of it.
func TestDiagnosticsInert(t *testing.T) {
	const name, evil = "policy/\x1b[31m\n\u202e.hcl", "\x1b]0;x\x07\u009b2J\u202e\r\xff"
	fsys := fstest.MapFS{name: {Data: []byte("environment \"a" + evil + "\" {\n  rol \"w" + evil + "\" {} // " + evil + "\n  role \"\\u001b[31m\" {\n    hots = [\"x\"]\n  }\n}\n")}}
	_, diags := Load(fsys, "policy")
	for _, color := range []bool{false, true} {
		var b strings.Builder
		if err := WriteDiagnostics(&b, fsys, diags, 0, color); err != nil || b.Len() == 0 {
			t.Fatalf("%q, %v", b.String(), err)
		}
		got := regexp.MustCompile("\x1b\\[([0-9];?)*m").ReplaceAllString(b.String(), "") // the colours
		if !color {
			got = b.String()
		}
		if strings.ContainsAny(got, "\x1b\x07\u009b\u202e\r") || !utf8.ValidString(got) {
			t.Errorf("got %q", b.String())
		}
		if color && strings.Contains(b.String(), "\x1b[31m\n") {
			t.Errorf("a name of a file is a colour: %q", b.String())
		}
	}
	if diags[0].Subject.Filename != name {
		t.Errorf("got %q: what is printed is another name than that of the file", diags[0].Subject.Filename)
	}
}

func TestAccepts(t *testing.T) {
	for _, test := range []struct {
		constraint, version string
		ok, development     bool
	}{
		{"", "0.1.0", true, false},
		{">= 0.1.0", "0.1.0", true, false},
		{">= 0.1.0", "v0.2.3", true, false},
		{">= 0.1.0", "0.0.9", false, false},
		{">= 0.1.0", "0.2.0-rc.1", true, false},
		{">= 0.2.0", "0.2.0-rc.1", false, false},
		{">= 1.2, < 2", "1.9.0", true, false},
		{">= 1.2, < 2", "2.0.0", false, false},
		{">= 0.1.0", "dev", true, true},
		{">= 0.1.0", "(devel)", true, true},
		{">= 0.1.0", "", true, true},
		{">= 9", "v0.0.0-20261122103000-0123456789ab", true, true},
		{">= 9", "v0.1.1-0.20261122103000-0123456789ab", true, true},
		{">= 9", "v0.1.0+dirty", true, true},
	} {
		ok, development := Gate{RequiredVersion: test.constraint}.Accepts(test.version)
		if ok != test.ok || development != test.development {
			t.Errorf("%q accepts %q: got %t, %t", test.constraint, test.version, ok, development)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for _, test := range []struct {
		text string
		want time.Duration
	}{
		{"36h", 36 * time.Hour}, {"14d", 14 * day}, {"30m", 30 * time.Minute}, {"1d12h", 36 * time.Hour}, {"2w", 14 * day}, {"90s", 90 * time.Second}, {"0m", 0}, {"1w2d3h4m5s", 9*day + 3*time.Hour + 4*time.Minute + 5*time.Second},
	} {
		if got, err := ParseDuration(test.text); err != nil || got != test.want {
			t.Errorf("%s: got %s, %v", test.text, got, err)
		}
	}
	for _, text := range []string{"", "3", "h", "1.5h", "-1h", "1h30", "1h1d", "1h1h", "1 h", "1y", "99999w", "99999999999999999999h", "١h"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q: got %s", text, got)
		}
	}
}

func TestParseUntil(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ text, want string }{
		{"2026-12-15", "2026-12-15T23:00:00Z"},
		{"2026-12-31", "2026-12-31T23:00:00Z"},
		{"2026-03-29", "2026-03-29T22:00:00Z"}, // the day has 23 hours
		{"2026-10-25", "2026-10-25T23:00:00Z"}, // and this one 25
		{"2028-02-29", "2028-02-29T23:00:00Z"},
		{"2026-12-15T10:00:00Z", "2026-12-15T10:00:00Z"},
		{"2026-12-15T10:00:00+01:00", "2026-12-15T09:00:00Z"},
	} {
		got, err := ParseUntil(test.text, berlin)
		if err != nil || got.UTC().Format(time.RFC3339) != test.want {
			t.Errorf("%s: got %s, %v", test.text, got.UTC(), err)
		}
	}
}

func TestParseWeekTime(t *testing.T) {
	for text, want := range map[string]WeekTime{
		"Fri 16:00": {time.Friday, 960}, "Monday 08:05": {time.Monday, 485}, "Sat 24:00": {time.Sunday, 0}, "Sun 00:00": {time.Sunday, 0},
	} {
		if got, err := ParseWeekTime(text); err != nil || got != want {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "Fri", "16:00", "Fri 4pm", "Fri 16:60", "fri 16:00", "Fri  16:00", "Fri 16:00 ", "Fri 16:00:00"} {
		if got, err := ParseWeekTime(text); err == nil {
			t.Errorf("%q: got %s", text, got)
		}
	}
}

func TestHostName(t *testing.T) {
	for address, want := range map[string]string{
		"web-1": "web-1", "deploy@web-1": "web-1", "a@b@web-1": "web-1", "deploy@web-1:2222": "web-1:2222", "ssh://deploy@web-1:22/": "web-1:22", "[::1]:22": "[::1]:22",
	} {
		if got := HostName(address); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}
