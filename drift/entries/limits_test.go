package entries

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

const mib = 1 << 20

func TestLimits(t *testing.T) {
	many := func(line string) string {
		var b strings.Builder
		for i := range MaxEntries + 1 {
			fmt.Fprintf(&b, line, i)
		}
		return b.String()
	}
	deep := func(open, core, end string, n int) string {
		return strings.Repeat(open, n) + core + strings.Repeat(end, n)
	}
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'j'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	for _, test := range []struct{ name, format, text string }{
		{"size", "lines", strings.Repeat("x", MaxSize+1)},
		{"NUL", "lines", "a\x00b"},
		{"entries", "dotenv", many("A%d=1\n")},
		{"entries", "json", "{" + strings.TrimSuffix(many("\"%d\":1,"), ",") + "}"},
		{"entries", "ini", many("[s%d]\n")},
		{"depth", "json", deep("[", "", "]", MaxDepth+1)},
		{"extreme depth", "json", deep("[", "", "]", mib/2)},
		{"depth", "yaml", deep("[", "", "]", MaxDepth+2)},
		{"extreme depth", "yaml", strings.Repeat("[", mib)},
		{"extreme depth of blocks", "yaml", strings.Repeat("- ", mib/2)},
		{"depth", "toml", "a = " + deep("[", "", "]", MaxDepth+2)},
		{"extreme depth", "toml", "a = " + deep("[", "", "]", mib/2-10)},
		{"extreme depth of keys", "toml", strings.Repeat("a.", mib/2-10) + "a = 1"},
		{"depth", "xml", deep("<a>", "", "</a>", MaxDepth+1)},
		{"extreme depth", "xml", strings.Repeat("<a>", mib/3)},
		{"values", "yaml", "[" + strings.Repeat("a,", MaxValues+1) + "a]"},
		{"values of mappings", "yaml", "{" + strings.Repeat("a,", MaxValues/2+1) + "a}"},
		{"text of aliases", "yaml", "a: &a " + strings.Repeat("x", 1000) + "\n" + aliases(MaxAliased/1000+1)},
		{"key paths", "ini", "[" + strings.Repeat("x", 1000) + "]\n" + keys(MaxKeys/1000+1)},
		{"key paths", "json", `{"` + strings.Repeat("x", 1000) + `":{` + members(MaxKeys/1000+1) + "}}"},
		{"keywords before Includes", "sshd", strings.Repeat("x", 1000) + " y\n" + strings.Repeat("include z\n", MaxBefore/1000+1)},
		{"aliases", "yaml", bomb},
		{"an alias in its own anchor", "yaml", "a: &a [*a]\n"},
		{"an alias in its own anchor, by merge", "yaml", "a: &a\n  <<: *a\n  b: 1\n"},
		{"entities", "xml", `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`},
		{"external entities", "xml", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`},
		{"a token alone", "dotenv", "tok3n\n"},
		{"a token alone", "keyvalue", "tok3n\n"},
		{"a token alone", "ini", "[a]\ntok3n\n"},
		{"a key that is not UTF-8", "keyvalue", "\xff = 1\n"},
		{"a key that is not UTF-8", "properties", "\xff = 1\n"},
		{"a value that is not UTF-8", "json", "{\"a\":\"\xff\"}"},
		{"half of a character", "properties", `a=\uD83Dx`},
		{"half of a character", "json", `{"a":"\ud800"}`},
	} {
		t.Run(test.format+"/"+test.name, func(t *testing.T) {
			if list, err := Parse(test.format, []byte(test.text)); err == nil {
				t.Errorf("Parse returns %d entries", len(list))
			}
		})
	}
}

// Lines and members of their own.
func aliases(n int) string { return drifttest.Fill(n*10, "", "b%: *a\n", "") }
func keys(n int) string    { return drifttest.Fill(n*10, "", "a%=1\n", "") }
func members(n int) string { return strings.TrimSuffix(drifttest.Fill(n*12, "", `"a%":1,`, ""), ",") }

// What is over a limit is told apart from what is not in the format.
func TestTooMuch(t *testing.T) {
	for _, test := range []struct {
		format, text string
		want         bool
	}{
		{"lines", strings.Repeat("x", MaxSize+1), true},
		{"dotenv", drifttest.Fill(1<<20, "", "A%=1\n", ""), true},
		{"json", strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1), true},
		{"xml", strings.Repeat("<a>", MaxDepth+1) + strings.Repeat("</a>", MaxDepth+1), true},
		{"toml", "a = " + strings.Repeat("[", MaxDepth+2) + strings.Repeat("]", MaxDepth+2), true},
		{"toml", drifttest.Fill(1<<20, "", "[[a%]]\n", ""), true},
		{"ini", "[a]\n=\n", false},
		{"json", "[", false},
		{"toml", "a", false},
	} {
		_, err := Parse(test.format, []byte(test.text))
		var much TooMuch
		if got := errors.As(err, &much); err == nil || got != test.want {
			t.Errorf("%s, %.20q…: %v is too much: %t, want %t", test.format, test.text, err, got, test.want)
		}
	}
}

// The number of values is not below what the library makes of a text.
func TestYAMLValues(t *testing.T) {
	var texts []string
	for seed := range uint64(300) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 3))}
		texts = append(texts, g.yaml(), g.json())
	}
	for _, unit := range []string{"- a\n", "- - a\n", "- a: b\n", "- ? a\n", "-\n", "--- a\n", "---\n", "a%: b\n", "a%:\n  b: c\n", "? a%\n", "- [a,b]\n", "- {a,b}\n", "- ['a':b]\n", "- [a: b]\n", "- {\"a\":1}\n", "- []\n"} {
		texts = append(texts, drifttest.Fill(2000, "", unit, ""))
	}
	for _, unit := range []string{"a,", "[a],", "{a},", "'a':b,", "a: b,", "{\"a\":1},", "[\"a\":1],", "? a : b,", "[],", "[[a]],"} {
		texts = append(texts, "["+drifttest.Fill(2000, "", unit, "")+"]", "{"+drifttest.Fill(2000, "", "k%: "+unit, "")+"}")
	}
	for _, text := range texts {
		documents, err := yamlDocuments(text)
		if err != nil {
			continue
		}
		var count func(*yaml.Node) int
		count = func(n *yaml.Node) int {
			sum := 1
			for _, item := range n.Content {
				sum += count(item)
			}
			return sum
		}
		nodes := 0
		for _, d := range documents {
			nodes += count(d)
		}
		if n := YAMLValues(text); n < nodes {
			t.Errorf("%d values, and %d nodes:\n%s", n, nodes, text)
		}
	}
}

func TestWithinLimits(t *testing.T) {
	for _, test := range []struct {
		name, format, text string
		want               int
	}{
		{"size", "lines", strings.Repeat("x", MaxSize), 1},
		{"depth", "json", strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), 1},
		{"depth", "xml", strings.Repeat("<a>", MaxDepth) + strings.Repeat("</a>", MaxDepth), 1},
		{"a value that is not UTF-8", "ini", "# \xff\n[a]\nb = \xff\n", 1},
		{"an escaped backslash", "json", `{"a":"\\ud800 \ufffd"}`, 1},
		{"a pair", "json", `{"a":"\ud83d\ude00"}`, 1},
		{"document type", "xml", `<!DOCTYPE a SYSTEM "a.dtd"><a/>`, 2},
		{"nothing", "ini", "", 0},
		{"nothing", "yaml", "# c\n", 0},
		{"nothing", "toml", "# c\n", 0},
		{"nothing", "lines", "", 1},
	} {
		t.Run(test.format+"/"+test.name, func(t *testing.T) {
			list, err := Parse(test.format, []byte(test.text))
			if err != nil || len(list) != test.want {
				t.Errorf("Parse returns %d entries, %v; want %d", len(list), err, test.want)
			}
		})
	}
}

// TestErrorsAreSilent damages files around a secret: no error may say it.
func TestErrorsAreSilent(t *testing.T) {
	const secret = "hunter2"
	shapes := []string{
		"%s", "%s:", "=%s", "[%s", "[%s] x", "{%s", "%s}", "<%s>", "</%s>", "<a>&%s;</a>", "*%s", "&%s *x", "!%s [", "a: !!int %s", "a: *%s", "'%s", "\"%s",
		"a = \"%s", "a = %s", "a = '''%s", "{\"a\": %s}", "{\"%s\":1,\"%s\":2}", "%s: 1\n%s: 2", "%s = 1\n%s = 2", "[a]\nb=1\n  [%s", "-r\n%s x y", "%s==1 --%s=2", "%s @ x",
		"a @ http://u:%s@[", "Match %s \"", "Port \"%s", "{ %s", "%s {", "%s \\", "\\u%s", "a=\\u%s", "a='%s\\'", "a='%s' x", "%s x y", "* * * * * x\n%s=1", "<a b='1' b='2'>%s</a>",
		"<!DOCTYPE %s [<!ENTITY a \"\">]>", "<?xml %s?>", "%%TAG ! %s", "@%s", "`%s", "- %s: [", "%s\x00", "<a %s>",
	}
	failed := 0
	for _, f := range Formats() {
		for _, shape := range shapes {
			text := strings.ReplaceAll(shape, "%s", secret)
			if _, err := Parse(f.Name, []byte(text)); err != nil {
				failed++
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%s: %q: %v", f.Name, text, err)
				}
			}
		}
	}
	if failed < 200 {
		t.Errorf("only %d of the texts are errors", failed)
	}
}
