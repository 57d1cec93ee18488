package drifttest

import (
	"fmt"
	"strings"
)

// Shape makes texts of any size that ask more of a careless parser than their size: each line continues the one before, each
// key is looked for among all others, each value says again what it stands below.
type Shape struct {
	Name string
	Text func(size int) string // of at most size bytes, and of nearly as many
}

// Shapes returns the shapes of configuration files, for every format: one that is made for TOML may be hard for another, or
// hard to refuse.
func Shapes() []Shape {
	var shapes []Shape
	add := func(name string, text func(size int) string) {
		shapes = append(shapes, Shape{name, text})
	}
	repeat := func(name, head, unit, tail string) {
		add(name, func(size int) string { return fill(size, head, tail, func(int) string { return unit }) })
	}
	count := func(name, head, unit, tail string) {
		add(name, func(size int) string {
			return fill(size, head, tail, func(i int) string { return strings.ReplaceAll(unit, "%", fmt.Sprint(i)) })
		})
	}
	// long has a text of half the size, and then units that each may be joined with it.
	long := func(name, head, between, unit, tail string) {
		add(name, func(size int) string {
			head := head + strings.Repeat("x", max(size/2, 1)) + between
			return fill(size, head, tail, func(i int) string { return strings.ReplaceAll(unit, "%", fmt.Sprint(i)) })
		})
	}
	// halves has half of the one and then half of the other.
	halves := func(name, head, first, second, tail string) {
		add(name, func(size int) string {
			numbered := func(unit string) func(int) string {
				return func(i int) string { return strings.ReplaceAll(unit, "%", fmt.Sprint(i)) }
			}
			return fill(size, fill(size/2, head, "", numbered(first)), tail, numbered(second))
		})
	}

	repeat("continued lines", "", "x\\\n", "\n")
	repeat("continued empty lines", "a=", "\\\n", "\n")
	repeat("continued blank lines", "a=", " \\\n", "\n")
	repeat("a continued value", "a=", "x\\\n", "\n")
	repeat("a continued value of a section", "[S]\na=", "x\\\n", "\n")
	repeat("a continued value with comments", "[S]\na=", "x\\\n#c\n", "\n")
	repeat("a value of indented lines", "[S]\na=", "\n x", "\n")
	repeat("a value with blank lines", "[S]\na=x", "\n", "\n x\n")
	repeat("a quoted value of lines", "A='", "x\n", "'\n")
	count("quoted values of lines", "", "A%='x\ny'\n", "")
	count("values in three quotes", "", "a% = \"\"\"x\ny\"\"\"\n", "")
	repeat("backslashes", "a=", `\`, "\n")
	repeat("escapes", "a=", `\u00e9`, "\n")
	repeat("comments", "", "# c\n", "")
	repeat("comments behind a value", "a=1\n", "; c\n", "")
	repeat("blank lines", "", "\n", "")
	repeat("white space", "", " ", "")
	repeat("tabs and words", "a ", "\tb", "\n")
	repeat("words", "a ", "b ", "\n")
	repeat("one long word", "", "x", "")
	repeat("bytes that are not UTF-8", "a=", "\xff", "\n")
	repeat("control characters", "a=", "\x01", "\n")
	repeat("carriage returns", "a=1", "\r", "\n")

	count("keys", "", "a%=1\n", "")
	count("keys with blanks", "", "a% = 1\n", "")
	count("keys with colons", "", "a%: 1\n", "")
	count("keys alone", "", "a%\n", "")
	count("upper-case keys", "", "A%=1\n", "")
	count("exported keys", "", "export A%=1\n", "")
	repeat("one key", "", "a=1\n", "")
	repeat("one key of a section", "[S]\n", "a=\n", "")
	halves("keys, and then resets", "[S]\n", "a%=1\n", "b=\n", "")
	count("keys that are reset", "[S]\n", "a%=1\na%=\n", "")
	count("sections", "", "[a%]\n", "")
	count("sections with a key", "", "[a%]\nb = 1\n", "")
	repeat("one section", "", "[a]\n", "")
	repeat("one section with a key", "", "[a]\nb=1\n", "")
	count("keys of a section", "[S]\n", "a%=1\n", "")
	long("a section of a long name", "[", "]\n", "a%=1\n", "")
	count("keys of one prefix", "", "a.b.c.d% = 1\n", "")
	long("keys below a long one", "[", "]\n", "b%.c = 1\n", "")
	repeat("a key of many names", "", "a.", "a = 1")

	count("tables", "", "[[a%]]\n", "")
	repeat("one array of tables", "", "[[a]]\n", "")
	count("tables of tables", "[[a]]\n", "[[a.b%]]\n", "")
	count("nested tables", "", "[a.b%.c]\n", "")
	halves("keys, and then arrays of tables", "", "a% = 1\n", "[[b]]\n", "")
	halves("tables, and then one array of tables", "", "[b.a%]\n", "[[c]]\nd = 1\n", "")
	count("an inline table", "a = {", "b%=1,", "c=1}\n")
	repeat("a list", "a = [", "1,", "1]\n")
	repeat("a list of hexadecimal numbers", "a = [", "0x1,", "0x1]\n")
	repeat("a list of lists", "a = [", "[],", "[]]\n")
	repeat("a list of tables", "a = [", "{},", "{}]\n")
	repeat("brackets", "", "[", "")
	repeat("braces", "", "{", "")

	repeat("a JSON list", "[", "1,", "1]")
	repeat("a JSON list of texts", "[", `"",`, `""]`)
	repeat("a JSON list of objects", "[", "{},", "{}]")
	count("a JSON object", "{", `"a%":1,`, `"b":1}`)
	long("a JSON object below a long name", `{"`, `":{`, `"a%":1,`, `"b":1}}`)
	count("JSON objects in objects", "{", `"a%":{"b":1},`, `"c":1}`)

	repeat("a YAML list", "", "- 1\n", "")
	repeat("a YAML list of nothing", "", "-\n", "")
	repeat("a YAML list of lists", "", "- []\n", "")
	repeat("a YAML list in brackets", "[", "a,", "a]\n")
	count("a YAML mapping in braces", "{", "a%,", "b}\n")
	count("YAML anchors", "", "a%: &a% 1\n", "")
	count("YAML aliases", "a: &a 1\n", "b%: *a\n", "")
	long("YAML aliases of a long text", "a: &a ", "\n", "b%: *a\n", "")
	count("YAML merges", "a: &a {x: 1}\n", "b%: {<<: *a}\n", "")
	count("YAML merges of merges", "a0: &a0 {x: 1}\n", "b%: &b% {<<: *a0, k%: 1}\n", "")
	repeat("YAML documents", "", "---\n", "")
	repeat("YAML block text", "a: |\n", " x\n", "")
	repeat("YAML comments behind values", "", "- a # c\n", "")
	repeat("YAML comments before values", "", "# c\n- a\n", "")
	repeat("a YAML number of many digits", "a: +", "1", "\n")
	long("a YAML mapping below a long name", "", ":\n", "  a%: 1\n", "")
	repeat("YAML question marks", "", "? ", "")
	repeat("YAML tags", "", "- !a b\n", "")

	repeat("XML comments in text", "<a>", "x<!---->", "</a>")
	repeat("XML sections of text", "<a>", "<![CDATA[x]]>", "</a>")
	repeat("XML elements", "<a>", "<b/>", "</a>")
	repeat("XML elements in text", "<a>", "x<b/>", "</a>")
	count("XML elements of many names", "<a>", "<b%/>", "</a>")
	count("XML attributes", "<a ", `b%="1" `, "/>")
	long("XML elements below a long name", "<a><", ">", "<b/>", "")
	repeat("XML elements that are not closed", "", "<a>", "")
	repeat("XML references", "<a>", "&lt;", "</a>")
	repeat("XML instructions", "<a/>", "<?b c?>", "")
	repeat("XML document types", "", "<!DOCTYPE a>", "<a/>")

	count("Includes", "", "k% x\ninclude i%\n", "")
	halves("keywords, and then Includes", "", "k% x\n", "include i\n", "")
	halves("keywords, and then Includes of many names", "", "k% x\n", "include i%\n", "")
	repeat("one Include", "", "include x\n", "")
	count("Match blocks", "", "match user u%\nport 1\n", "")
	repeat("one Match block", "", "match all\n", "")
	long("keywords of a long Match block", "match user ", "\n", "port 1\n", "")
	repeat("quoted words", "a ", `"b" `, "\n")

	count("nginx's statements", "", "a %;\n", "")
	repeat("nginx's empty statements", "", "a;", "")
	repeat("nginx's blocks", "", "a{}", "")
	repeat("nginx's blocks in blocks", "", "a {", "")
	repeat("a statement of many words", "a", " b", ";")
	repeat("a word of variables", "a ", "${b}", ";")
	repeat("Apache's sections", "", "<a>\n</a>\n", "")
	repeat("Apache's sections in sections", "", "<a>\n", "")

	count("fields", "", "a% b c\n", "")
	count("addresses", "", "::% a\n", "")
	repeat("names of an address", "::1", " a", "\n")
	count("lines of colons", "", "a%:b:c\n", "")
	count("jobs", "", "% * * * * a\n", "")
	repeat("one job", "", "* * * * * a\n", "")

	count("requirements", "", "a%==1\n", "")
	repeat("one requirement", "", "a==1\n", "")
	repeat("hashes", "a==1", " --hash=sha256:aa", "\n")
	repeat("hashes on continued lines", "a==1", " \\\n --hash=sha256:aa", "\n")
	count("versions", "a>=0", ",!=%", "\n")
	count("extras", "a[b", ",c%", "]\n")
	repeat("a marker", "a; os_name=='x'", " or os_name=='x'", "\n")
	repeat("a marker in brackets", "a; ", "(", "os_name=='x'\n")
	repeat("a version of many numbers", "a==1", ".0", "\n")
	repeat("options", "", "--pre ", "\n")
	repeat("index URLs", "", "-i https://h/?a=b&c#d\n", "")
	repeat("a URL of many fields", "https://h/a.zip#a=b", "&c=d", "\n")
	repeat("lines that pip ends earlier", "", "a==1\x0c#\\\n", "")
	repeat("paths", "", "./a\n", "")
	return shapes
}

// fill returns head, as many units as there is room for, at least one, and tail.
func fill(size int, head, tail string, unit func(i int) string) string {
	var b strings.Builder
	b.Grow(size)
	b.WriteString(head)
	for i := 0; ; i++ {
		next := unit(i)
		if i > 0 && b.Len()+len(next)+len(tail) > size {
			break
		}
		b.WriteString(next)
	}
	b.WriteString(tail)
	return b.String()
}
