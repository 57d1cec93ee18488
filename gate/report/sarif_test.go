package report

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
)

// sarifStandard is the schema of OASIS: see sarif-schema-2.1.0.origin.txt.
var sarifStandard = sync.OnceValues(func() (*jsonschema.Schema, error) {
	file, err := os.Open("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	doc, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("sarif.json")
})

// writeSARIF writes a verdict, and checks what holds for all of them.
func writeSARIF(t *testing.T, v *gate.Verdict, o Options) sarifRun {
	t.Helper()
	var out bytes.Buffer
	if err := SARIF(&out, v, o); err != nil {
		t.Fatal(err)
	}
	schema, err := sarifStandard()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(doc); err != nil {
		t.Errorf("%v\n%.2000s", err, out.String())
	}
	if i := strings.IndexFunc(strings.ReplaceAll(out.String(), "\n", ""), hidden); i >= 0 {
		t.Errorf("it has a hidden character at %d", i)
	}
	var log sarifLog
	if err := json.Unmarshal(out.Bytes(), &log); err != nil || len(log.Runs) != 1 {
		t.Fatalf("%d runs, %v", len(log.Runs), err)
	}
	checkCodeScanning(t, log.Runs[0])
	return log.Runs[0]
}

// checkCodeScanning checks what GitHub requires beyond the standard (docs.github.com, "SARIF support for code scanning"):
// properties that may not be empty, and the limits of a file.
func checkCodeScanning(t *testing.T, run sarifRun) {
	t.Helper()
	need := func(what, text string, most int) {
		if t.Helper(); text == "" || len([]rune(text)) > most {
			t.Errorf("%s has %d characters: %q", what, len([]rune(text)), text)
		}
	}
	ids := map[string]bool{}
	for _, rule := range run.Tool.Driver.Rules {
		need("a rule's id", rule.ID, 255)
		need("a short description", rule.Short.Text, 1024)
		need("a full description", rule.Full.Text, 1024)
		need("a help text", rule.Help.Text, 1<<16)
		if ids[rule.ID] || len(rule.Properties.Tags) > 10 {
			t.Errorf("rule %s is there twice, or has %d tags", rule.ID, len(rule.Properties.Tags))
		}
		ids[rule.ID] = true
	}
	if n := len(run.Results); n > sarifResults {
		t.Errorf("%d results", n)
	}
	marks := map[string]bool{}
	for _, r := range run.Results {
		need("a message", r.Message.Text, 1<<16)
		need("an address", r.Locations[0].Physical.Artifact.URI, 1<<16)
		if at := r.Locations[0].Physical.Region; len(r.Locations) != 1 || at.StartLine < 1 || at.StartColumn < 1 || at.EndLine < at.StartLine || at.EndColumn <= at.StartColumn {
			t.Errorf("it is at %+v", r.Locations)
		}
		if r.RuleIndex >= len(run.Tool.Driver.Rules) || run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("rule %d is not %s", r.RuleIndex, r.RuleID)
		}
		if marks[r.Fingerprints.Line] {
			t.Errorf("the fingerprint %s is there twice", r.Fingerprints.Line)
		}
		marks[r.Fingerprints.Line] = true
		for _, h := range r.Locations[0].Logical {
			if run.LogicalLocations[*h.Index].Whole != h.Whole {
				t.Errorf("host %d is not %s", *h.Index, h.Whole)
			}
		}
		if strings.Contains(r.Message.Text, "](") {
			t.Errorf("a link in %q", r.Message.Text)
		}
		for line := range strings.Lines(r.Message.Text) {
			checkInert(t, strings.TrimSuffix(line, "\n"))
		}
	}
	if id := run.AutomationDetails.ID; strings.Count(id, "/") < 3 || !strings.HasSuffix(id, "/") {
		t.Errorf("the category is %q", id)
	}
}

func TestSARIF(t *testing.T) {
	for name, tt := range reports {
		t.Run(name, func(t *testing.T) {
			writeSARIF(t, tt.verdict, tt.options)
			var out, again bytes.Buffer
			_ = SARIF(&out, tt.verdict, tt.options)
			_ = SARIF(&again, tt.verdict, tt.options)
			if out.String() != again.String() {
				t.Error("two runs differ")
			}
		})
	}
	for name, tt := range pullRequests {
		t.Run(name, func(t *testing.T) { writeSARIF(t, tt.verdict, Options{}) })
	}
}

func TestSARIFResult(t *testing.T) {
	rule := gate.Finding{Code: "rule.failed", Effect: gate.Blocks, Title: `Rule "a" fails on production-1`, Hosts: []string{productionHost(0)},
		Detail: []string{"/srv/app/venv has no setuptools"}, Policy: &gate.Position{File: "gate.hcl", Line: 102}}
	embedded := gate.Finding{Code: "rule.failed", Effect: gate.Blocks, Title: "embedded", Policy: &gate.Position{File: "builtin/baseline/python.hcl", Line: 3}}
	for _, tt := range []struct {
		name, policy string
		finding      gate.Finding
		report       bool
		level, uri   string
		line         int
		message      string
	}{
		{"the policy's line", "gate.hcl", rule, false, "error", "gate.hcl", 102, "Rule \"a\" fails on production-1.\n`/srv/app/venv` has no setuptools\nOn production-1\nMore: `gate explain 1`"},
		{"a rule set of ours", "gate.hcl", embedded, false, "error", "gate.hcl", 1, "embedded.\nMore: `gate explain 1`"},
		{"packages", "deploy/my gate.hcl", packages(5, 1), false, "error", "deploy/my%20gate.hcl", 1,
			"Production differs from staging in 5 packages.\nlibexample1: `3.0.15-1~deb12u1` instead of `3.0.11-1~deb12u2`\nlibexample2: `3.0.15-1~deb12u1` instead of `3.0.11-1~deb12u2`\nlibexample3: `3.0.15-1~deb12u1` instead of `3.0.11-1~deb12u2`\n2 more\nOn production-1\nMore: `gate explain 1`"},
		{"undecided", "a:b.hcl", gate.Finding{Code: "unknown.host", Effect: gate.Opens, Title: "Could not read production-2"}, false, "warning", "./a:b.hcl", 1, "Could not read production-2.\nMore: `gate explain 1`"},
		{"to know", "/etc/gate.hcl", gate.Finding{Code: "host.clock", Effect: gate.Informs, Title: "The clock is off"}, false, "note", "file:///etc/gate.hcl", 1, "The clock is off.\nMore: `gate explain 1`"},
		{"report mode", "gate.hcl", embedded, true, "warning", "gate.hcl", 1, "embedded.\nMore: `gate explain 1`"},
		{"another version's", "gate.hcl", gate.Finding{Code: "drift.@new", Effect: gate.Blocks}, false, "error", "gate.hcl", 1, "`drift.@new`.\nMore: `gate explain 1`"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := verdict(gate.Blocked, 2, tt.finding)
			v.Policy.Path = tt.policy
			if tt.report {
				v.Policy.Mode = "report"
			}
			r := writeSARIF(t, v, Options{Exit: 1}).Results[0]
			at := r.Locations[0].Physical
			got := []any{r.RuleID, r.Level, at.Artifact.URI, at.Region.StartLine, r.Message.Text}
			if diff := cmp.Diff(got, []any{tt.finding.Code, tt.level, tt.uri, tt.line, tt.message}); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

// What the change itself does is no alarm; all the rest is.
func TestSARIFLeavesOutTheChange(t *testing.T) {
	v := reports["promotion"].verdict
	run := writeSARIF(t, v, Options{})
	if got, want := len(run.Results), len(v.Findings)-1; got != want {
		t.Errorf("%d results, want %d", got, want)
	}
}

// An alert stays the same alert while it is about the same: on the next day, on another host, with one package more.
func TestSARIFFingerprint(t *testing.T) {
	ruleOn := func(hosts string) gate.Finding {
		return gate.Finding{Code: "rule.failed", Effect: gate.Blocks, Title: `Rule "a" fails on ` + hosts}
	}
	unowned := func(n int) gate.Finding {
		return gate.Finding{Code: "promotion.unowned", Effect: gate.Blocks, Title: fmt.Sprintf("The candidate changes %s that no component owns", plural(n, "file"))}
	}
	other := packages(1, 1)
	other.Subject = "python[…]"
	for _, tt := range []struct {
		name string
		a, b gate.Finding
		same bool
	}{
		{"one package more", packages(1, 1), packages(2, 1), true},
		{"another host", ruleOn("production-1"), ruleOn("production-1, production-2"), true},
		{"more files", unowned(2), unowned(1300), true},
		{"another rule", ruleOn("production-1"), gate.Finding{Code: "rule.failed", Effect: gate.Blocks, Title: `Rule "b" fails on production-1`}, false},
		{"another subject", packages(1, 1), other, false},
		{"another code", unowned(1), gate.Finding{Code: "promotion.held", Effect: gate.Blocks, Title: unowned(1).Title}, false},
	} {
		of := func(f gate.Finding, day time.Duration) string {
			v := verdict(gate.Blocked, 2, f)
			v.At = v.At.Add(day * 24 * time.Hour)
			return writeSARIF(t, v, Options{}).Results[0].Fingerprints.Line
		}
		if same := of(tt.a, 0) == of(tt.b, 1); same != tt.same {
			t.Errorf("%s: the same is %v, want %v", tt.name, same, tt.same)
		}
	}
	v := verdict(gate.Blocked, 2, packages(1, 1))
	here := writeSARIF(t, v, Options{}).Results[0].Fingerprints
	v.To = "staging"
	if there := writeSARIF(t, v, Options{}).Results[0].Fingerprints; here == there {
		t.Error("two environments have the same alert")
	}
}

// A thousand findings on two hundred hosts fit, and two runs are the same; of too many results the first ones are there,
// which are the gravest, and it is said how many are not.
func TestSARIFLimits(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	var packed, out bytes.Buffer
	if err := SARIF(&out, many(60, strings.Repeat(" "+evil, 5)), Options{}); err != nil {
		t.Fatal(err)
	}
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(out.Bytes())
	_ = w.Close()
	if packed.Len() > 10_000_000 {
		t.Errorf("it has %d bytes packed", packed.Len())
	}
	for _, tt := range []struct{ most, more int }{{1300, 0}, {1300, 1}, {sarifResults, 1300}} {
		most, more := tt.most, tt.more
		var findings []gate.Finding
		for range most + more {
			findings = append(findings, gate.Finding{Code: "drift.unmerged", Effect: gate.Informs, Title: "unmerged"})
		}
		findings[0].Effect = gate.Blocks
		var out bytes.Buffer
		var log sarifLog
		write := func(w io.Writer, v *gate.Verdict, o Options) error { return sarifWithin(most, w, v, o) }
		if most == sarifResults {
			write = SARIF
		}
		if err := write(&out, verdict(gate.Blocked, 1, findings...), Options{}); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out.Bytes(), &log); err != nil {
			t.Fatal(err)
		}
		run := log.Runs[0]
		notes := run.Invocations[0].Notifications
		switch {
		case len(run.Results) != most || run.Results[0].Level != "error":
			t.Errorf("%d results, the first %s", len(run.Results), run.Results[0].Level)
		case more == 0 && len(notes) > 0:
			t.Errorf("it says %v, and nothing is left out", notes)
		case more > 0 && (len(notes) != 1 || !strings.HasPrefix(notes[0].Message.Text, "Left out: "+plural(more, "finding")+". There is room for "+thousands(most))):
			t.Errorf("it says %v of %d that are left out", notes, more)
		}
	}
}

// Whatever a host, a policy or a repository says, the file stays valid, and a message is words and code.
func FuzzSARIF(f *testing.F) {
	for _, s := range []string{evil, "", "a](https://evil.example)", "[a]` `(b)", "{0} {1}", "\\[a\\](b)", "../../x", "//evil.example/x", "%2e%2e/", "a:b", "\xff", "x](1)", "] (a)[b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		finding := packages(5, 1)
		finding.Title, finding.Subject, finding.Detail, finding.Hosts = s, s, []string{s, s}, []string{s, productionHost(0)}
		finding.Items[0].Label, finding.Items[0].To = s, []gate.Values{{Value: s, Hosts: []string{s}}}
		finding.Policy = &gate.Position{File: s, Line: -1}
		strange := gate.Finding{Code: s, Effect: gate.Blocks, Title: s, Enforcement: s}
		v := verdict(gate.Blocked, 1, finding, strange, gate.Finding{Code: "rule.failed", Effect: gate.Opens, Title: s, Policy: &gate.Position{File: s, Line: 3}})
		v.Policy.Path, v.To, v.Hosts[0].ID = s, s, s
		writeSARIF(t, v, Options{})
	})
}
