package drift_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
)

const sectionText = `gate section 1	file	"/etc/app\t[x].ini"	ok
file["/etc/app\t[x].ini"].absent	absent
file["/etc/app\t[x].ini"].entries["a	b"]	=	["x\ty",1.50,null]
`

var texts = []drift.Section{
	{Collector: "deb", Status: drift.OK},
	{Collector: "deb", Status: drift.Denied, Reason: "may\tnot\nread \"it\""},
	{Collector: "file", Scope: "/etc/**", Question: true, Status: drift.OK},
	{Collector: "file", Scope: "/etc/**", Question: true, Status: drift.Truncated, Reason: "question"},
	{Collector: "file", Scope: "/etc/**", Question: true, Status: drift.OK, Asked: `{"exclude":["*.local"],"version":1}`},
	{Collector: "file", Scope: "/etc/**", Question: true, Status: drift.Denied, Reason: "{}", Asked: `{"version":1}`},
	{Collector: "file", Scope: "/etc/a", Status: drift.Gone, Asked: `[{"format":"ini","version":1},{"version":1}]`},
	{Collector: "deb", Status: drift.NotCollected, Reason: "asked otherwise", Asked: `{"version":1}`},
	{Collector: "file", Scope: "/etc/a\tb\n\"c\"", Status: drift.OK, Facts: []drift.Fact{
		{Address: drift.Address("file").Key("/etc/a\tb\n\"c\"").Attr("entries").Key("x = \t\n"), Value: drift.Strings("a\tb", "c\n")},
		{Address: drift.Address("file").Key("/etc/a\tb\n\"c\"").Attr("gone")},
		{Address: drift.Address("file").Key("/etc/a\tb\n\"c\"").Attr("mode"), Value: drift.UnknownValue("may\tnot")},
		{Address: drift.Address("file").Key("/etc/a\tb\n\"c\"").Attr("number"), Value: drift.Number("1.50")},
		{Address: drift.Address("file").Key("/etc/a\tb\n\"c\"").Attr("sha256"), Value: drift.Value{Kind: drift.Sealed, Raw: "ab", Normal: "cd", Foreign: "staging.db staging.x"}},
		{Address: drift.Address("file").Key("/etc/a\tb\n\"c\"").Attr("unsaid"), Value: drift.Value{Kind: drift.Unknown}},
	}},
}

// What is written is read as it was.
func TestSectionText(t *testing.T) {
	for _, want := range texts {
		text := want.Text()
		if got, want := strings.Count(text, "\n"), len(want.Facts)+1; got != want {
			t.Errorf("%q has %d lines, want %d", text, got, want)
		}
		got, err := drift.ParseText(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(got, want, cmp.Comparer(func(a, b drift.Value) bool { return a == b })); diff != "" {
			t.Errorf("%q (-got +want)\n%s", text, diff)
		}
	}
}

// What was not written so is refused.
func TestSectionTextBad(t *testing.T) {
	const fact = `deb["a"].version`
	tests := []struct{ name, text, want string }{
		{"nothing", "", "not a section"},
		{"something else", "hello\n", "not a section"},
		{"a newer one", "gate section 2\tdeb\t\"\"\tok\n", "version 2"},
		{"cut off in the head", "gate section 1\tdeb\t\"\"\tok", "cut off"},
		{"cut off in a fact", "gate section 1\tdeb\t\"\"\tok\n" + fact + "\t=\t\"1\"", "cut off"},
		{"no collector", "gate section 1\t\t\"\"\tok\n", "not the name of a collector"},
		{"no status", "gate section 1\tdeb\t\"\"\tfine\n", `no status "fine"`},
		{"a bare scope", "gate section 1\tfile\t/etc\tok\n", "not a text"},
		{"more in the head", "gate section 1\tdeb\t\"\"\tok\tquestion\t\"x\"\t\"y\"\n", "follows the first line"},
		{"a question that is none", "gate section 1\tdeb\t\"\"\tok\t{\"version\":1\n", "not a text"},
		{"two questions", "gate section 1\tdeb\t\"\"\tok\t{}\t{}\n", "follows the first line"},
		{"a question before the reason", "gate section 1\tdeb\t\"\"\tfailed\t{}\t\"x\"\n", "follows the first line"},
		{"no value", "gate section 1\tdeb\t\"\"\tok\n" + fact + "\n", "without a value"},
		{"an odd kind", "gate section 1\tdeb\t\"\"\tok\n" + fact + "\tis\t1\n", `"is" is not what`},
		{"a bad value", "gate section 1\tdeb\t\"\"\tok\n" + fact + "\t=\t{\"a\":1}\n", "a value is"},
		{"a value with spaces", "gate section 1\tdeb\t\"\"\tok\n" + fact + "\t=\t[1, 2]\n", "canonical"},
		{"a bad address", "gate section 1\tdeb\t\"\"\tok\n[x]\t=\t1\n", "begins with the name"},
		{"out of order", "gate section 1\tdeb\t\"\"\tok\n" + fact + "\t=\t1\n" + `deb["A"].version` + "\t=\t1\n", "out of order"},
		{"twice", "gate section 1\tdeb\t\"\"\tok\n" + fact + "\t=\t1\n" + fact + "\t=\t2\n", "out of order"},
		{"another section's fact", "gate section 1\tdeb\t\"\"\tok\n" + `rpm["a"].version` + "\t=\t1\n", "is not in it"},
		{"another scope's fact", "gate section 1\tfile\t\"/a\"\tok\n" + `file["/b"].mode` + "\t=\t1\n", "is not in it"},
		{"a fact of a question", "gate section 1\tfile\t\"/*\"\tok\tquestion\n" + `file["/*"].mode` + "\t=\t1\n", "is not in it"},
		{"an empty line", "gate section 1\tdeb\t\"\"\tok\n\n", "address"},
	}
	for _, tt := range tests {
		if s, err := drift.ParseText(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v and the error %v, want one with %q", tt.name, s, err, tt.want)
		}
	}
}

func FuzzParseText(f *testing.F) {
	f.Add(sectionText)
	for _, s := range texts {
		f.Add(s.Text())
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := drift.ParseText(text)
		if err == nil && s.Text() != text {
			t.Errorf("%q is read as %q", text, s.Text())
		}
	})
}
