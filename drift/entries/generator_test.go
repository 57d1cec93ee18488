package entries

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes files at random, of what real files have and what readers stumble over.
type generator struct{ *rand.Rand }

func (g *generator) pick(choices ...string) string { return choices[g.IntN(len(choices))] }

func (g *generator) word() string {
	return g.pick("a", "b", "name", "level", "x.y", "with space", "Größe", "listen_addr", "0", "12", "k-1", "null", "true", `back\slash`, "", "日本")
}

func (g *generator) id() string {
	return fmt.Sprintf("%s%d", g.pick("a", "host", "Level", "x-y", "z_"), g.IntN(1_000_000))
}

func (g *generator) text() string {
	return g.pick("", "plain", "two words", "  spaces  ", "a: b", "# no comment", "x # y", "https://h/p?q=1&r=2", `C:\dir`, `"quoted"`, "it's", "%(x)s",
		"${HOME}", "$a", "tab\there", "a=b", "[x]", "-", "yes", "1.5", "0x1F", "~", "é", "semi;colon", "{}", "[]", "*", "&x", "!tag", "@at", "`", "=", "multi\nline")
}

// damage changes a byte or two.
func (g *generator) damage(text string) string {
	b := []byte(text)
	for range 1 + g.IntN(2) {
		if len(b) == 0 {
			break
		}
		at := g.IntN(len(b))
		switch g.IntN(3) {
		case 0:
			b = append(b[:at], b[at+1:]...)
		case 1:
			b[at] = g.pick("\n", " ", ":", "=", "[", "]", "{", "}", `"`, "'", `\`, "#", "-", "<", ">", "&", "0", ",")[0]
		case 2:
			b = append(b[:at], append([]byte(g.pick("\n", "\t", ":", "[", `"`, "'", "<", "&", "#", "- ", "  ")), b[at:]...)...)
		}
	}
	return strings.ToValidUTF8(string(b), "?")
}

// value makes a value of JSON's types.
func (g *generator) value(depth int) any {
	switch n := g.IntN(12); {
	case n < 4:
		return g.text()
	case n < 6:
		return g.IntN(100000) - 500
	case n == 6:
		return float64(g.IntN(10000)) / 64
	case n == 7:
		return g.IntN(2) == 0
	case n == 8 && depth > 0:
		list := []any{}
		for range g.IntN(4) {
			list = append(list, g.value(depth-1))
		}
		return list
	case depth > 0:
		m := map[string]any{}
		for range g.IntN(4) {
			m[g.word()] = g.value(depth - 1)
		}
		return m
	}
	return nil
}

func (g *generator) json() string {
	data, err := json.MarshalIndent(g.value(4), "", g.pick("", " ", "\t"))
	if err != nil {
		panic(err)
	}
	return string(data)
}

// yaml writes a value in one of the many ways that YAML has.
func (g *generator) yaml() string {
	var b strings.Builder
	documents := 1
	if g.IntN(4) == 0 {
		documents = 1 + g.IntN(3)
	}
	for range documents {
		if documents > 1 || g.IntN(3) == 0 {
			b.WriteString("---\n")
		}
		root := map[string]any{}
		for range 1 + g.IntN(5) {
			root[g.word()] = g.value(3)
		}
		g.yamlMapping(&b, root, "")
	}
	return b.String()
}

func (g *generator) yamlMapping(b *strings.Builder, m map[string]any, indent string) {
	for key, v := range m {
		if g.IntN(5) == 0 {
			b.WriteString(indent + "# comment\n")
		}
		b.WriteString(indent + g.yamlText(key) + ":")
		g.yamlValue(b, v, indent)
	}
}

func (g *generator) yamlValue(b *strings.Builder, v any, indent string) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) > 0 {
			b.WriteString("\n")
			g.yamlMapping(b, v, indent+"  ")
			return
		}
	case []any:
		if len(v) > 0 && g.IntN(2) == 0 {
			b.WriteString("\n")
			for _, item := range v {
				b.WriteString(indent + "-")
				g.yamlValue(b, item, indent+"  ")
			}
			return
		}
	case string:
		b.WriteString(" " + g.yamlText(v) + g.pick("", "  ", " # comment") + "\n")
		return
	}
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	b.WriteString(" " + string(data) + "\n")
}

func (g *generator) yamlText(s string) string {
	plain := s != "" && !strings.ContainsAny(s, ":#\n\t\"'\\%@`&*!|>[]{},=-~?$ ")
	switch {
	case plain && g.IntN(2) == 0:
		return s
	case !strings.ContainsAny(s, "\n\t") && g.IntN(2) == 0:
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	data, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func (g *generator) toml() string {
	var b strings.Builder
	g.tomlKeys(&b)
	for range g.IntN(4) {
		table := g.id()
		if g.IntN(3) == 0 {
			table += "." + g.id()
		}
		if g.IntN(3) > 0 {
			fmt.Fprintf(&b, "\n[%s] # table\n", table)
			g.tomlKeys(&b)
			continue
		}
		for range 1 + g.IntN(3) {
			fmt.Fprintf(&b, "[[%s]]\n", table)
			g.tomlKeys(&b)
		}
	}
	return b.String()
}

func (g *generator) tomlKeys(b *strings.Builder) {
	for range g.IntN(5) {
		key := g.id()
		if g.IntN(4) == 0 {
			data, _ := json.Marshal(g.word() + g.id())
			key = string(data)
		}
		fmt.Fprintf(b, "%s%s = %s\n", g.pick("", "  ", "# c\n"), key, g.tomlValue(2))
	}
}

func (g *generator) tomlValue(depth int) string {
	switch n := g.IntN(12); {
	case n < 4:
		data, _ := json.Marshal(g.text())
		return string(data)
	case n == 4:
		return "'" + g.pick("", `C:\dir`, "$a", "# no") + "'"
	case n == 5:
		return "\"\"\"\n" + g.pick("a\nb", "  x", `a \`+"\n   b", "") + "\"\"\""
	case n == 6:
		return g.pick("0x1F", "0o17", "0b101", "1_000", "+1", "-0", "1e3", "6.02e23", "-1.50", "9223372036854775807", "inf", "-inf", "nan")
	case n == 7:
		return g.pick("true", "false")
	case n == 8:
		return g.pick("1979-05-27", "07:32:00", "1979-05-27T07:32:00")
	case n == 9 && depth > 0:
		return "[" + g.tomlValue(depth-1) + ",\n " + g.tomlValue(depth-1) + g.pick("", ",") + "]"
	case n == 10 && depth > 0:
		return "{" + g.id() + " = " + g.tomlValue(0) + "}"
	}
	return fmt.Sprint(g.IntN(1000))
}

func (g *generator) ini() string {
	var b strings.Builder
	for range 1 + g.IntN(4) {
		fmt.Fprintf(&b, "%s[%s]\n", g.pick("", "\n", "# c\n"), g.pick("a.b", "Default", "handlers", " req ", `x "y"`)+g.id())
		for range g.IntN(5) {
			value := strings.ReplaceAll(g.text(), "\n", "\n    ")
			fmt.Fprintf(&b, "%s%s%s%s%s\n", g.pick("", "; c\n", "# x=y\n", "\n"), g.id(), g.pick("=", " = ", ": ", ":", " =\t"), value, g.pick("", "  ", "\n\n", "\n  more", "\n\n  more"))
		}
	}
	return b.String()
}

func (g *generator) xml() string {
	var b strings.Builder
	b.WriteString(g.pick("", `<?xml version="1.0"?>`+"\n", `<?xml version="1.0" encoding="UTF-8"?>`, "<!-- c -->"))
	g.xmlElement(&b, "root", 4)
	return b.String()
}

var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", ">", "&gt;")

func (g *generator) xmlElement(b *strings.Builder, name string, depth int) {
	b.WriteString("<" + name)
	if g.IntN(3) == 0 {
		fmt.Fprintf(b, ` id=%q`, "n1")
	}
	if g.IntN(3) == 0 {
		fmt.Fprintf(b, ` v.w = "%s"`, strings.ReplaceAll(xmlEscaper.Replace(g.text()), "\n", ""))
	}
	if g.IntN(6) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteString(">" + g.pick("", "\n  "))
	for range g.IntN(4) {
		if depth == 0 || g.IntN(3) == 0 {
			b.WriteString(g.pick(xmlEscaper.Replace(g.text()), "<![CDATA[a<b]]>", "<!-- c -->"))
			continue
		}
		g.xmlElement(b, g.pick("item", "a.b", "server", "x-y"), depth-1)
	}
	b.WriteString(g.pick("", "\n") + "</" + name + ">")
}
