package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate"
)

func TestAnnotations(t *testing.T) {
	rule := gate.Finding{Code: "rule.failed", Effect: gate.Blocks, Title: `Rule "a, b" fails: 100%`, Detail: []string{"one", "two", "three"}, Policy: &gate.Position{File: "gate.hcl", Line: 102}}
	embedded := gate.Finding{Code: "rule.failed", Effect: gate.Blocks, Title: "embedded", Policy: &gate.Position{File: "builtin/baseline/python.hcl", Line: 3}}
	pattern := gate.Finding{Code: "pattern.unused", Effect: gate.Informs, Title: "unused", Policy: &gate.Position{File: "gate.hcl", Line: 7}}
	file := gate.Finding{Code: "drift.skipped", Effect: gate.Blocks, Title: "differs", Items: []gate.Item{{Address: `file["/etc/app/logging.ini"].entries["handlers"]`}}}
	unowned := gate.Finding{Code: "promotion.unowned", Effect: gate.Blocks, Title: "unowned", Detail: []string{"a/x:y"}}
	clock := gate.Finding{Code: "host.clock", Effect: gate.Informs, Title: "clock"}
	tampered := gate.Finding{Code: "drift.skipped", Effect: gate.Informs, Title: "tampered", Items: []gate.Item{{Address: "]["}}}
	for _, tt := range []struct {
		name     string
		findings []gate.Finding
		changed  []string
		options  CommentOptions
		report   bool
		want     string
	}{
		{name: "the policy's line", findings: []gate.Finding{rule},
			want: "::error file=gate.hcl,line=102,title=gate%3A rule.failed::Rule \"a, b\" fails: 100%25%0Aone%0Atwo%0AMore: gate explain 1\n"},
		{name: "no line of the repository", findings: []gate.Finding{embedded, clock},
			want: "::error title=gate%3A rule.failed::embedded%0AMore: gate explain 1\n"},
		{name: "a changed file", findings: []gate.Finding{file, unowned}, changed: []string{"deploy/logging.ini", "a/x:y", "README.md"},
			want: "::error file=deploy/logging.ini,line=1,title=gate%3A drift.skipped::differs%0AMore: gate explain 1\n" +
				"::error file=a/x%3Ay,line=1,title=gate%3A promotion.unowned::unowned%0Aa/x:y%0AMore: gate explain 2\n"},
		{name: "two changed files of a name", findings: []gate.Finding{file}, changed: []string{"a/logging.ini", "app/logging.ini"},
			want: "::error file=app/logging.ini,line=1,title=gate%3A drift.skipped::differs%0AMore: gate explain 1\n"},
		{name: "to know", findings: []gate.Finding{pattern, tampered}, changed: []string{"a"},
			want: "::warning file=gate.hcl,line=7,title=gate%3A pattern.unused::unused%0AMore: gate explain 1\n"},
		{name: "a pull request", findings: []gate.Finding{rule, file, notDeployed()}, changed: []string{"logging.ini"}, options: CommentOptions{PullRequest: true},
			want: "::warning file=gate.hcl,line=102,title=gate%3A rule.failed::Rule \"a, b\" fails: 100%25%0Aone%0Atwo%0AMore: gate explain 1\n" +
				"::warning file=logging.ini,line=1,title=gate%3A drift.skipped::differs%0AMore: gate explain 2\n"},
		{name: "report mode", findings: []gate.Finding{rule}, report: true,
			want: "::warning file=gate.hcl,line=102,title=gate%3A rule.failed::Rule \"a, b\" fails: 100%25%0Aone%0Atwo%0AMore: gate explain 1\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := verdict(gate.Blocked, 1, tt.findings...)
			if tt.report {
				v.Policy.Mode = "report"
			}
			var out strings.Builder
			if err := Annotations(&out, v, tt.changed, tt.options); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(out.String(), tt.want); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

// GitHub shows ten of each kind; the last one counts the rest.
func TestAnnotationsLimit(t *testing.T) {
	for _, n := range []int{10, 11, 1000} {
		var findings []gate.Finding
		for range n {
			findings = append(findings, gate.Finding{Code: "rule.failed", Effect: gate.Blocks, Title: "it fails"},
				gate.Finding{Code: "waiver.expired", Effect: gate.Informs, Title: "it has expired", Policy: &gate.Position{File: "gate.hcl", Line: 1}})
		}
		var out strings.Builder
		if err := Annotations(&out, verdict(gate.Blocked, 1, findings...), nil, CommentOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"::error ", "::warning "} {
			if got := strings.Count(out.String(), kind); got != 10 {
				t.Errorf("%d of %q, want 10", got, kind)
			}
		}
		rest := fmt.Sprintf("%d more like these", n-9)
		if got, want := strings.Count(out.String(), rest), map[bool]int{true: 2}[n > 10]; got != want {
			t.Errorf("%q is there %d times, want %d", rest, got, want)
		}
	}
}

// Whatever a host says, a runner reads one command a finding, and in it what was said.
func FuzzAnnotation(f *testing.F) {
	for _, s := range []string{evil, "a\n::error::b", "%0A::set-output name=a::b", "a,line=9", "a::b", "\r\n", "%", "%25", "%250A"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := verdict(gate.Blocked, 1, gate.Finding{Code: s, Effect: gate.Blocks, Title: s, Policy: &gate.Position{File: s, Line: 3}}, gate.Finding{Code: "rule.failed", Effect: gate.Blocks, Title: "the last"})
		v.Policy.Path = s
		var out strings.Builder
		if err := Annotations(&out, v, nil, CommentOptions{}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		if len(lines) != 3 || lines[1] != "::error title=gate%3A rule.failed::the last%0AMore: gate explain 2" || lines[2] != "" {
			t.Fatalf("%d lines: %q", len(lines), out.String())
		}
		name, properties, message := readCommand(t, lines[0])
		if want := printable(s) + "\nMore: gate explain 1"; name != "error" || message != want {
			t.Errorf("got %s %q, want error %q", name, message, want)
		}
		want := map[string]string{"title": "gate: " + printable(s)}
		if ofPolicy(v, s) {
			want["line"] = "3"
			if s != "" {
				want["file"] = printable(s)
			}
		}
		if s == "" {
			delete(want, "line") // no file has no line
		}
		if diff := cmp.Diff(properties, want); diff != "" {
			t.Errorf("(-got +want)\n%s", diff)
		}
	})
}

// readCommand reads a workflow command as a runner does (actions/runner, src/Runner.Common/ActionCommand.cs).
func readCommand(t *testing.T, line string) (name string, properties map[string]string, message string) {
	t.Helper()
	rest, begins := strings.CutPrefix(line, "::")
	info, message, ended := strings.Cut(rest, "::")
	if !begins || !ended {
		t.Fatalf("not a command: %q", line)
	}
	name, list, _ := strings.Cut(info, " ")
	properties = map[string]string{}
	for _, pair := range strings.Split(list, ",") {
		key, value, ok := strings.Cut(pair, "=")
		if _, twice := properties[key]; !ok || twice {
			t.Fatalf("the property %q of %q", pair, line)
		}
		properties[key] = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(value)
	}
	return name, properties, strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(message)
}
