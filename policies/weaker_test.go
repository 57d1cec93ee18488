package policies

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// fullPolicy has every block and every attribute of the language.
func fullPolicy(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile("testdata/weaker/full.hcl")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

func loaded(t testing.TB, src string) *Policy {
	t.Helper()
	p, diags := Load(fstest.MapFS{"gate.hcl": {Data: []byte(src)}}, "gate.hcl")
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, src)
	}
	return p
}

// policyChange is a change of the full policy, as a .changes file has it: its name, which begins with that of the
// attribute or block, the lines that are taken away, those that stand there instead, and what is said of it there and back.
type policyChange struct {
	name, from, to string
	want           string
}

func readChanges(t *testing.T, file string) []policyChange {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var changes []policyChange
	for _, line := range strings.SplitAfter(string(text), "\n") {
		name, isName := strings.CutPrefix(line, "== ")
		if isName {
			changes = append(changes, policyChange{name: strings.TrimSpace(name)})
			continue
		}
		c := &changes[len(changes)-1]
		switch {
		case strings.HasPrefix(line, "-"):
			c.from += line[1:]
		case strings.HasPrefix(line, "+"):
			c.to += line[1:]
		case strings.TrimSpace(line) != "":
			c.want += line
		}
	}
	return changes
}

func (c policyChange) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "== %s\n", c.name)
	for _, side := range []struct{ sign, lines string }{{"-", c.from}, {"+", c.to}} {
		for line := range strings.Lines(side.lines) {
			b.WriteString(side.sign + line)
		}
	}
	return b.String() + c.want
}

// said is what a comparison says, a line for each difference.
func said(got Comparison) string {
	var b strings.Builder
	for _, list := range []struct {
		name        string
		differences []Difference
	}{{"weaker", got.Weaker}, {"uncompared", got.Uncompared}, {"changed", got.Changed}} {
		for _, d := range list.differences {
			of := ""
			if d.InBase {
				of = "the base's "
			}
			fmt.Fprintf(&b, "%s: %s (%sline %d)\n", list.name, d.What, of, d.Range.Start.Line)
		}
	}
	return b.String()
}

// TestNarrowing: what begins with the whole of what stood there, and narrows it, is stricter. The syntax tree says what the
// whole is. Back, it could not be compared, nor could anything else.
func TestNarrowing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		attribute, base, head string
		want                  string // of what is said, how it begins; "" for nothing
	}{
		{"assert", `a`, `a`, ""},
		{"assert", `a && b`, "(\n a && b # so\n)", "uncompared"}, // not the same text
		{"assert", `f(a, b)`, `f( a , /* so */ b )`, ""},
		{"assert", `a`, `a && b`, "changed"},
		{"assert", `a`, `(a) && b`, "changed"},
		{"assert", `(a)`, `(a) && b`, "changed"},
		{"assert", `a`, `(a && b)`, "changed"},
		{"assert", `a`, `a && b && c`, "changed"},
		{"assert", `a`, `(a && b) && c`, "changed"},
		{"assert", `a && b`, `a && b && c`, "changed"},
		{"assert", `a || b`, `(a || b) && c`, "changed"},
		{"assert", `a || b`, `a || b && c`, "uncompared"},
		{"assert", `a == b`, `a == b && c`, "changed"},
		{"assert", `!a`, `!a && b`, "changed"},
		{"assert", `a`, `!a && b`, "uncompared"},
		{"assert", `a`, `!(a && b)`, "uncompared"},
		{"assert", `a`, `a.b && c`, "uncompared"},
		{"assert", `a`, `a[0] && c`, "uncompared"},
		{"assert", `a`, `x(a) && c`, "uncompared"},
		{"assert", `a`, `b ? a : a && c`, "uncompared"},
		{"assert", `a ? b : c`, `a ? b : c && d`, "uncompared"},
		{"assert", `a ? b : c`, `(a ? b : c) && d`, "changed"},
		{"assert", `a`, `a ? a && b : a`, "uncompared"},
		{"assert", `a`, `a || b`, "uncompared"},
		{"assert", `a`, `(a || b) && c`, "uncompared"},
		{"assert", `a`, `b && a`, "uncompared"},
		{"assert", `a && b`, `b && a`, "uncompared"},
		{"assert", `a && b`, `a && c && b`, "uncompared"},
		{"assert", `a && b`, `a`, "uncompared"},
		{"assert", `"x y" == b`, `"x  y" == b && c`, "uncompared"},
		{"assert", `"${a}b" == c[0].d`, `"${ a }b" == c[0].d && e`, "changed"},
		{"assert", `alltrue([for x in a : x > 1])`, `alltrue([for x in a : x > 1]) && b`, "changed"},
		{"when", `a`, `a || b`, "changed"},
		{"when", `a && b`, `a && b || c`, "changed"},
		{"when", `a || b`, `(a || b) || c`, "changed"},
		{"when", `a == b`, `a == b || c`, "changed"},
		{"when", `a`, `a && b`, "uncompared"},
		{"when", `a`, `a && b || c`, "uncompared"},
		{"when", `a`, ``, "uncompared"},
		{"when", ``, `a`, "uncompared"},
		{"for_each", `a`, `a && b`, "uncompared"},
		{"for_each", `a`, `a || b`, "uncompared"},
		{"for_each", `["a", "b"]`, `["b", "a"]`, "uncompared"},
		{"for_each", `["a", "b"]`, "[\n\"a\",\n\"b\",\n]", ""},
	} {
		block := func(expr string) *outline {
			text := tt.attribute + " = " + expr + "\n"
			if expr == "" {
				text = ""
			}
			file, diags := hclsyntax.ParseConfig([]byte(text), "gate.hcl", hcl.InitialPos)
			if diags.HasErrors() {
				t.Fatalf("%v: %s", diags, text)
			}
			return outlineOf([]byte(text), file.Body.(*hclsyntax.Body))
		}
		c := &comparer{judged: map[*outline]map[string]bool{}}
		p := c.pair("", block(tt.base), block(tt.head))
		p.text(tt.attribute, map[string]*hclsyntax.Operation{"assert": hclsyntax.OpLogicalAnd, "when": hclsyntax.OpLogicalOr}[tt.attribute])
		p.rest()
		got, _, _ := strings.Cut(said(c.Comparison), ":")
		if got != tt.want || strings.Count(said(c.Comparison), "\n") > 1 {
			t.Errorf("%s: %s after %s: got %q, want %q", tt.attribute, tt.head, tt.base, said(c.Comparison), tt.want)
		}
	}
}

// TestWeaker makes each change of testdata/weaker/*.changes, there and back, and compares what is said with what is wanted.
func TestWeaker(t *testing.T) {
	full := fullPolicy(t)
	base := loaded(t, full)
	names, _ := filepath.Glob("testdata/weaker/*.changes")
	if len(names) == 0 {
		t.Fatal("no testdata")
	}
	for _, name := range names {
		var all bytes.Buffer
		for i, c := range readChanges(t, name) {
			t.Run(c.name, func(t *testing.T) {
				if n := strings.Count("\n"+full, "\n"+c.from); n != 1 {
					t.Fatalf("the lines stand %d times in the policy", n)
				}
				head := loaded(t, strings.TrimPrefix(strings.Replace("\n"+full, "\n"+c.from, "\n"+c.to, 1), "\n"))
				got := said(Weaker(base, head)) + "back:\n" + said(Weaker(head, base))
				if !*update {
					if diff := cmp.Diff(got, c.want); diff != "" {
						t.Errorf("got - want +\n%s", diff)
					}
				}
				c.want = got
			})
			if i > 0 {
				all.WriteByte('\n')
			}
			all.WriteString(c.String())
		}
		if *update {
			if err := os.WriteFile(name, all.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
