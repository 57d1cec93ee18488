package drifttest

import (
	"strconv"
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
		add(name, func(size int) string { return Fill(size, head, unit, tail) })
	}
	// long has a text of half the size, and then units that each may be joined with it.
	long := func(name, head, between, unit, tail string) {
		add(name, func(size int) string {
			return Fill(size, head+strings.Repeat("x", max(size/2, 1))+between, unit, tail)
		})
	}
	// halves has half of the one and then half of the other.
	halves := func(name, head, first, second, tail string) {
		add(name, func(size int) string { return Fill(size, Fill(size/2, head, first, ""), second, tail) })
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
	repeat("quoted values of lines", "", "A%='x\ny'\n", "")
	repeat("values in three quotes", "", "a% = \"\"\"x\ny\"\"\"\n", "")
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

	repeat("keys", "", "a%=1\n", "")
	repeat("keys with blanks", "", "a% = 1\n", "")
	repeat("keys with colons", "", "a%: 1\n", "")
	repeat("keys alone", "", "a%\n", "")
	repeat("upper-case keys", "", "A%=1\n", "")
	repeat("exported keys", "", "export A%=1\n", "")
	repeat("one key", "", "a=1\n", "")
	repeat("one key of a section", "[S]\n", "a=\n", "")
	halves("keys, and then resets", "[S]\n", "a%=1\n", "b=\n", "")
	repeat("keys that are reset", "[S]\n", "a%=1\na%=\n", "")
	repeat("sections", "", "[a%]\n", "")
	repeat("sections with a key", "", "[a%]\nb = 1\n", "")
	repeat("one section", "", "[a]\n", "")
	repeat("one section with a key", "", "[a]\nb=1\n", "")
	repeat("keys of a section", "[S]\n", "a%=1\n", "")
	long("a section of a long name", "[", "]\n", "a%=1\n", "")
	repeat("keys of one prefix", "", "a.b.c.d% = 1\n", "")
	long("keys below a long one", "[", "]\n", "b%.c = 1\n", "")
	repeat("a key of many names", "", "a.", "a = 1")

	repeat("tables", "", "[[a%]]\n", "")
	repeat("one array of tables", "", "[[a]]\n", "")
	repeat("tables of tables", "[[a]]\n", "[[a.b%]]\n", "")
	repeat("nested tables", "", "[a.b%.c]\n", "")
	halves("keys, and then arrays of tables", "", "a% = 1\n", "[[b]]\n", "")
	halves("tables, and then one array of tables", "", "[b.a%]\n", "[[c]]\nd = 1\n", "")
	repeat("an inline table", "a = {", "b%=1,", "c=1}\n")
	repeat("a list", "a = [", "1,", "1]\n")
	repeat("a list of hexadecimal numbers", "a = [", "0x1,", "0x1]\n")
	repeat("a list of lists", "a = [", "[],", "[]]\n")
	repeat("a list of tables", "a = [", "{},", "{}]\n")
	repeat("brackets", "", "[", "")
	repeat("braces", "", "{", "")

	repeat("a JSON list", "[", "1,", "1]")
	repeat("a JSON list of texts", "[", `"",`, `""]`)
	repeat("a JSON list of objects", "[", "{},", "{}]")
	repeat("a JSON object", "{", `"a%":1,`, `"b":1}`)
	long("a JSON object below a long name", `{"`, `":{`, `"a%":1,`, `"b":1}}`)
	repeat("JSON objects in objects", "{", `"a%":{"b":1},`, `"c":1}`)

	repeat("a YAML list", "", "- 1\n", "")
	repeat("a YAML list of nothing", "", "-\n", "")
	repeat("a YAML list of lists", "", "- []\n", "")
	repeat("a YAML list in brackets", "[", "a,", "a]\n")
	repeat("a YAML mapping in braces", "{", "a%,", "b}\n")
	repeat("YAML anchors", "", "a%: &a% 1\n", "")
	repeat("YAML aliases", "a: &a 1\n", "b%: *a\n", "")
	long("YAML aliases of a long text", "a: &a ", "\n", "b%: *a\n", "")
	repeat("YAML merges", "a: &a {x: 1}\n", "b%: {<<: *a}\n", "")
	repeat("YAML merges of merges", "a0: &a0 {x: 1}\n", "b%: &b% {<<: *a0, k%: 1}\n", "")
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
	repeat("XML elements of many names", "<a>", "<b%/>", "</a>")
	repeat("XML attributes", "<a ", `b%="1" `, "/>")
	long("XML elements below a long name", "<a><", ">", "<b/>", "")
	repeat("XML elements that are not closed", "", "<a>", "")
	repeat("XML references", "<a>", "&lt;", "</a>")
	repeat("XML instructions", "<a/>", "<?b c?>", "")
	repeat("XML document types", "", "<!DOCTYPE a>", "<a/>")

	repeat("Includes", "", "k% x\ninclude i%\n", "")
	halves("keywords, and then Includes", "", "k% x\n", "include i\n", "")
	halves("keywords, and then Includes of many names", "", "k% x\n", "include i%\n", "")
	repeat("one Include", "", "include x\n", "")
	repeat("Match blocks", "", "match user u%\nport 1\n", "")
	repeat("one Match block", "", "match all\n", "")
	long("keywords of a long Match block", "match user ", "\n", "port 1\n", "")
	repeat("quoted words", "a ", `"b" `, "\n")

	repeat("nginx's statements", "", "a %;\n", "")
	repeat("nginx's empty statements", "", "a;", "")
	repeat("nginx's blocks", "", "a{}", "")
	repeat("nginx's blocks in blocks", "", "a {", "")
	repeat("a statement of many words", "a", " b", ";")
	repeat("a word of variables", "a ", "${b}", ";")
	repeat("Apache's sections", "", "<a>\n</a>\n", "")
	repeat("Apache's sections in sections", "", "<a>\n", "")

	repeat("fields", "", "a% b c\n", "")
	repeat("addresses", "", "::% a\n", "")
	repeat("names of an address", "::1", " a", "\n")
	repeat("lines of colons", "", "a%:b:c\n", "")
	repeat("jobs", "", "% * * * * a\n", "")
	repeat("one job", "", "* * * * * a\n", "")

	repeat("requirements", "", "a%==1\n", "")
	repeat("one requirement", "", "a==1\n", "")
	repeat("hashes", "a==1", " --hash=sha256:aa", "\n")
	repeat("hashes on continued lines", "a==1", " \\\n --hash=sha256:aa", "\n")
	repeat("versions", "a>=0", ",!=%", "\n")
	repeat("extras", "a[b", ",c%", "]\n")
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

// Fill returns head, as many units as there is room for in size bytes, at least one, and tail. Each "%" in a unit is the unit's
// number, from 0.
func Fill(size int, head, unit, tail string) string {
	var b strings.Builder
	b.Grow(size)
	b.WriteString(head)
	for i := 0; ; i++ {
		next := strings.ReplaceAll(unit, "%", strconv.Itoa(i))
		if i > 0 && b.Len()+len(next)+len(tail) > size {
			break
		}
		b.WriteString(next)
	}
	b.WriteString(tail)
	return b.String()
}
