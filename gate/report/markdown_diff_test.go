package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
	"github.com/yuin/goldmark/ast"
	reader "github.com/yuin/goldmark/text"
)

// set is a setting in a file, with what staging and production have.
func set(file, key string, from, to []gate.Values) gate.Item {
	return gate.Item{Address: string(drift.Address("file").Key(file).Attr("entries").Key(key)), Label: key, From: from, To: to}
}

func on(kind, value string, hosts ...string) []gate.Values {
	return []gate.Values{{Value: value, Kind: kind, JSON: value, Hosts: hosts, Differs: true}}
}

const (
	staging1    = "staging/web/staging-1"
	production1 = "production/web/production-1"
	production2 = "production/web/production-2"
)

func TestDiff(t *testing.T) {
	const file = "/srv/app/requirements.txt"
	both := []string{production1, production2}
	for _, tt := range []struct {
		name string
		code string
		item []gate.Item
		want string
	}{
		{"another value, and one that is gone", "drift.skipped", []gate.Item{
			set(file, "requests", on("known", `"==2.31.0"`, staging1), on("known", `">=2.31"`, both...)),
			set(file, "setuptools", on("known", `"==66.1.1"`, staging1), on("absent", "absent", both...)),
		}, "--- staging-1\n+++ production-1, production-2\n@@ /srv/app/requirements.txt @@\n-requests = \"==2.31.0\"\n+requests = \">=2.31\"\n-setuptools = \"==66.1.1\"\n"},
		{"two files", "drift.skipped", []gate.Item{
			set("/etc/a.ini", "x", on("absent", "absent", staging1), on("known", "1", both...)),
			set("/etc/b.ini", "y", on("absent", "absent", staging1), on("sealed", "(sealed 3fa9c01b)", both...)),
		}, "--- staging-1\n+++ production-1, production-2\n@@ /etc/a.ini @@\n+x = 1\n@@ /etc/b.ini @@\n+y = (sealed 3fa9c01b)\n"},
		{"each host another", "drift.within", []gate.Item{
			set("/etc/a.ini", "x", on("known", "0", staging1), slices.Concat(on("known", "1", production1), on("absent", "absent", production2))),
		}, "--- staging-1\n+++ production-1, production-2\n@@ /etc/a.ini @@\n-x = 0\n+x = 1   # production-1\n# x is absent on production-2\n"},
		{"one host only", "drift.skipped", []gate.Item{
			set("/etc/a.ini", "x", on("known", "0", staging1), []gate.Values{{Value: "1", Kind: "known", Hosts: []string{production1}, Differs: true}, {Value: "0", Kind: "known", Hosts: []string{production2}}}),
		}, "--- staging-1\n+++ production-1, production-2\n@@ /etc/a.ini @@\n-x = 0\n+x = 1   # production-1\n"},
		{"one that could not be told", "drift.skipped", []gate.Item{
			set("/etc/a.ini", "x", on("known", "0", staging1), []gate.Values{known("1", production1), unknown("denied: /etc/a.ini", production2)}),
		}, "--- staging-1\n+++ production-1, production-2\n@@ /etc/a.ini @@\n-x = 0\n+x = 1   # production-1\n# x could not be told on production-2: denied: /etc/a.ini\n"},
		{"lines", "drift.skipped", []gate.Item{
			set("/etc/motd", "lines", on("known", `["Hello","old one","end"]`, staging1), on("known", `["Hello","new one","`+"```"+`","end"]`, both...)),
		}, "--- staging-1\n+++ production-1, production-2\n@@ /etc/motd @@\n-old one\n+new one\n+```\n"},
		{"lines in another order", "drift.skipped", []gate.Item{
			set("/etc/motd", "lines", on("known", `["a","b"]`, staging1), on("known", `["b","a"]`, both...)),
		}, "--- staging-1\n+++ production-1, production-2\n@@ /etc/motd @@\n-lines = [\"a\",\"b\"]\n+lines = [\"b\",\"a\"]\n"},
		{"nothing to say", "drift.skipped", []gate.Item{
			set("/etc/a.ini", "x", on("absent", "absent", staging1), nil),
		}, "--- staging-1\n+++ \n@@ /etc/a.ini @@\n# x\n"},
		{"the change itself", inFlight, []gate.Item{
			set("/etc/app/logging.ini", "handlers", on("known", `"stdout"`, staging1), on("known", `"file"`, both...)),
		}, "--- production now\n+++ production after this change\n@@ /etc/app/logging.ini @@\n-handlers = \"file\"\n+handlers = \"stdout\"\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := gate.Finding{Code: tt.code, Items: tt.item}
			list, others := entries(f)
			if len(others) > 0 {
				t.Errorf("%v are no settings", others)
			}
			m := newMarkdown(verdict(gate.Blocked, 2), CommentOptions{})
			if diff := cmp.Diff(m.diff(f, list), "```diff\n"+tt.want+"```\n"); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

// What is no setting of a file is in a table, and what could not be told as well.
func TestEntries(t *testing.T) {
	for address, want := range map[string]bool{
		`file["/etc/a"].entries["x"]`: true, `file["/etc/a"].mode`: false, `file["/etc/a"]`: false, `deb["a"].entries["x"]`: false, `file["/etc/a"].entries`: false,
		`file["/etc/a"].x["x"]`: false, `file.a.entries["x"]`: false, `file["/etc/a"].entries.x`: false, `][`: false, ``: false,
	} {
		list, others := entries(gate.Finding{Code: "drift.skipped", Items: []gate.Item{{Address: address}}})
		if got := len(list) == 1; got != want || len(list)+len(others) != 1 {
			t.Errorf("%s: got %v, want %v", address, got, want)
		}
	}
	if list, _ := entries(gate.Finding{Code: "unknown.fact", Items: []gate.Item{set("/etc/a", "x", nil, nil)}}); len(list) > 0 {
		t.Error("what could not be told is in a diff")
	}
}

// settings is a finding about n settings of files, of ten in each, that say something.
func settings(code string, n int, said string) gate.Finding {
	f := gate.Finding{Code: code, Effect: gate.Blocks, Title: fmt.Sprintf("Production differs in %d entries", n), Hosts: []string{production1}}
	for i := range n {
		f.Items = append(f.Items, set(fmt.Sprintf("/etc/%d.ini%s", i/10, said), fmt.Sprintf("x%d%s", i, said), on("known", said, staging1), on("known", said+"1", production1)))
	}
	return f
}

// A diff of a finding is folded, that of a small change is not; what is too much is counted.
func TestCommentDiff(t *testing.T) {
	change := settings(inFlight, 2, "a")
	change.Effect = gate.Informs
	large := settings(inFlight, 11, "a")
	large.Effect = gate.Informs
	mixed := settings("drift.skipped", 1, "a")
	mixed.Items = append(mixed.Items, packages(4, 1).Items...)
	for _, tt := range []struct {
		name    string
		finding gate.Finding
		want    []string
	}{
		{"a few", settings("drift.skipped", 2, "a"), []string{"<details><summary>Finding 1: 2 entries as a diff</summary>\n\n```diff\n--- staging-1\n+++ production-1\n@@ /etc/0.inia @@\n-x0a = a\n+x0a = a1\n-x1a = a\n+x1a = a1\n```\n\n</details>"}},
		{"one", settings("drift.skipped", 1, "a"), []string{"Finding 1: 1 entry as a diff</summary>"}},
		{"many", settings("drift.skipped", 51, "a"), []string{"Finding 1: 51 entries as a diff", "```\n\n1 more: `gate explain 1`\n"}},
		{"and others", mixed, []string{"Finding 1: 1 entry as a diff, 4 items, by host</summary>", "+x0a = a1\n```\n| "}},
		{"a change", change, []string{"**This change**: **Production differs in 2 entries**\n\n```diff\n--- production now\n+++ production after this change\n"}},
		{"a large change", large, []string{"Finding 1: 11 entries as a diff</summary>\n\n```diff\n--- production now\n"}},
	} {
		got := Comment(candidate(tt.finding), CommentOptions{})
		checkMarkdown(t, got)
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in\n%s", tt.name, want, got)
			}
		}
		if n := strings.Count(got, "```diff\n"); n != 1 {
			t.Errorf("%s: %d diffs", tt.name, n)
		}
	}
}

// Settings that say anything, at any length, are within the budget, and are cut where it is not enough.
func TestCommentDiffBudget(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, said := range []string{"", evil, strings.Repeat("`", 5_000), "\n```\n" + Marker("gate.hcl", "production") + "\n@octocat"} {
		var findings []gate.Finding
		for range 300 {
			findings = append(findings, settings("drift.skipped", 20, said))
		}
		change := settings(inFlight, 10, said)
		change.Effect = gate.Informs
		build := func() string { return Comment(candidate(append(findings, change)...), inPullRequest) }
		got := build()
		checkMarkdown(t, got)
		if n := len(Summary(candidate(append(findings, change)...), inPullRequest)); n > summaryBudget {
			t.Errorf("the summary has %d bytes", n)
		}
		switch {
		case len(got) > commentBudget:
			t.Errorf("it has %d bytes", len(got))
		case got != build():
			t.Error("two runs differ")
		case !strings.Contains(got, "Some details are left out here"):
			t.Error("it does not say that something is left out")
		case strings.Count(got, "\n<!-- gate:v1") > 0:
			t.Error("a marker begins a line")
		}
	}
}

// Whatever a setting says, it is in a block of code, and each of its lines begins with a sign of ours.
func FuzzDiff(f *testing.F) {
	for _, s := range []string{evil, "```", "\n```\n", "a\n~~~\n</details>", "@octocat #1", "- a", "<!-- gate:v1 policy=gate.hcl to=production -->", "\r```", "\u2028```", `["a","` + "```" + `"]`, `["a\n` + "```" + `"]`, "\x85```", "    ```"} {
		f.Add(s, s, s)
	}
	f.Fuzz(func(t *testing.T, file, key, value string) {
		finding := gate.Finding{Code: "drift.skipped", Effect: gate.Blocks, Title: "x", Items: []gate.Item{
			set(file, key, on("known", value, value), on("known", key, file)), set(file, "lines", on("known", value, staging1), on("known", file, production1)),
			set(key, value, on("unknown", value, file), on(value, value, key)),
		}}
		list, _ := entries(finding)
		m := newMarkdown(verdict(gate.Blocked, 2, finding), CommentOptions{})
		block := m.diff(finding, list)
		source := []byte("<details><summary>x</summary>\n\n" + block + "\n</details>\n")
		var kinds []string
		for n := parser.Parser().Parse(reader.NewReader(source)).FirstChild(); n != nil; n = n.NextSibling() {
			kinds = append(kinds, n.Kind().String())
			if code, is := n.(*ast.FencedCodeBlock); is {
				if got, want := n.Lines().Len(), strings.Count(block, "\n")-2; got != want || string(code.Language(source)) != "diff" {
					t.Errorf("%d lines of %q, want %d", got, code.Language(source), want)
				}
			}
		}
		if diff := cmp.Diff(kinds, []string{"HTMLBlock", "FencedCodeBlock", "HTMLBlock"}); diff != "" {
			t.Errorf("(-got +want)\n%s\n%s", diff, block)
		}
		for line := range strings.Lines(strings.TrimSuffix(strings.TrimPrefix(block, "```diff\n"), "```\n")) {
			if !strings.ContainsAny(line[:1], "+-@#") || strings.ContainsFunc(strings.TrimSuffix(line, "\n"), hidden) || len(line) > 4000 {
				t.Errorf("the line %q", line)
			}
		}
	})
}
