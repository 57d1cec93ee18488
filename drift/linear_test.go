package drift

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// TestSealingIsLinear gives hard texts to what looks at each value of a host: whether it is of a secret's form, which variables
// it holds, how it is written and read again.
func TestSealingIsLinear(t *testing.T) {
	drifttest.Slow(t)
	size := drifttest.Times(32<<10, 1<<20)
	vars := NewVars(map[string]map[string]string{"staging": {"domain": "staging.example.com", "a": "aaaa"}, "production": {"domain": "example.com"}})
	host := func(text string) *Host {
		at := Address("file").Key("/a")
		return &Host{ID: HostID{"staging", "web", "a"}, Sections: []Section{
			{Collector: "file", Scope: "/a", Status: OK, Reason: text, Facts: []Fact{
				{Address: at.Attr("entries").Key("a"), Value: String(text)},
				{Address: at.Attr("entries").Key(text), Value: UnknownValue(text)},
				{Address: at.Attr("entries").Key("b"), Value: Strings(strings.Split(text, "\n")...)},
			}},
		}}
	}
	shapes := drifttest.Shapes()
	add := func(name, head, unit, tail string) {
		shapes = append(shapes, drifttest.Shape{Name: name, Text: func(size int) string { return drifttest.Fill(size, head, unit, tail) }})
	}
	for _, hint := range []string{"private key", "AKIA", "ghp_", "sk-", "eyJ", "//a:", "//a@", "$1$", "{SSHA}", "bearer ", "token", "password", "api-key ", "login ", " -p", "mysql ", "curl ", "redis-cli ", "sha256:", "UUID=", "key="} {
		add("hints "+hint, "", hint, "")
		add("hints "+hint+" on lines", "", hint+"\n", "")
	}
	add("base64", "", "aB3+", "")
	add("digits", "", "0123456789abcdef", "")
	add("variables", "", "staging.example.com ", "")
	add("words of a variable", "", "aaaa", "")
	add("quotes", "", `"`, "")
	add("items", "", `","`, "")
	add("templates", "", "${", "")
	add("characters that are not printed", "", "\u200b", "")
	for _, shape := range shapes {
		t.Run(strings.ReplaceAll(shape.Name, " ", "_"), func(t *testing.T) {
			drifttest.Linear(t, shape.Text, size, 0, func(text string) any {
				h := host(text)
				NewSealer(make([]byte, 32), vars).Seal(h, func(*Section) Reveal { return RevealSafe })
				kept := h.Sections[0].Text()
				section, err := ParseText(kept)
				return []any{section, err, h.Sections[0].Digest()}
			})
		})
	}
}

// TestManyNamesAreLinear has a host with many addresses, and texts that might hold them.
func TestManyNamesAreLinear(t *testing.T) {
	size := drifttest.Times(64<<10, 1<<20)
	vars := NewVars(map[string]map[string]string{"staging": {"domain": "staging.example.com"}})
	for name, text := range map[string]func(size int) string{
		"addresses":   func(size int) string { return drifttest.Fill(size, "", "10.0.%.1 ", "") },
		"a long name": func(size int) string { return strings.Repeat("a.", size/2) },
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			drifttest.Linear(t, text, size, 0, func(text string) any {
				os := Address("os")
				h := &Host{ID: HostID{"staging", "web", "a"}, Sections: []Section{{Collector: "os", Status: OK, Facts: []Fact{
					{Address: os.Attr("addresses"), Value: Strings(strings.Fields(text)...)},
					{Address: os.Attr("fqdn"), Value: String(text)},
					{Address: os.Attr("hostname"), Value: String(text)},
				}}}}
				normal, foreign := vars.For(h).Apply(setting, String(text+text).Text)
				hosts := newNormals(vars, []*Host{h, h})
				hosts.add(0, &h.Sections[0])
				hosts.add(1, &h.Sections[0])
				return fmt.Sprint(len(normal), foreign, len(hosts.named(String(text+text).Text)))
			})
		})
	}
}
