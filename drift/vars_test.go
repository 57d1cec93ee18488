package drift

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestApply(t *testing.T) {
	vars := NewVars(map[string]map[string]string{
		"staging":    {"domain": "staging.example.com", "db": "db.staging.internal", "level": "DEBUG", "workers": "2", "path": `C:\app`},
		"production": {"domain": "example.com", "db": "db.internal", "level": "INFO", "workers": "8", "path": `D:\app`},
	})
	h := &Host{ID: HostID{"production", "web", "production-1"}, Sections: []Section{{Collector: "os", Status: OK, Facts: []Fact{
		{Address: "os.addresses", Value: Strings("10.0.0.7")},
		{Address: "os.fqdn", Value: String("production-1.example.net")},
		{Address: "os.hostname", Value: String("production-1")},
	}}}}
	n := vars.For(h)
	tests := []struct {
		in, want string
		foreign  []string
	}{
		{in: "plain", want: "plain"},
		{in: "https://example.com/x", want: "https://${domain}/x"},
		{in: "https://www.example.com/x", want: "https://www.${domain}/x"},
		{in: "https://example.community/x", want: "https://example.community/x"}, // whole words only
		{in: "notexample.com", want: "notexample.com"},
		{in: "db.internal:5432", want: "${db}:5432"},
		{in: "db.internal db.internal", want: "${db} ${db}"},
		{in: "https://staging.example.com/x", want: "https://staging.example.com/x", foreign: []string{"staging.domain"}}, // the longest first
		{in: "db.staging.internal,staging.example.com", want: "db.staging.internal,staging.example.com", foreign: []string{"staging.db", "staging.domain"}},
		{in: "DEBUG", want: "DEBUG"}, // a word is not a place
		{in: "INFO", want: "${level}"},
		{in: "workers=8", want: "workers=${workers}"},
		{in: "80 18 8.8", want: "80 18 ${workers}.${workers}"},
		{in: "production-1", want: "${host.hostname}"},
		{in: "production-10", want: "production-10"},
		{in: "production-1.example.net", want: "${host.fqdn}"},
		{in: "10.0.0.7:80 10.0.0.70", want: "${host.address}:80 10.0.0.70"},
		{in: `D:\app\log`, want: `${path}\log`},
		{in: "a\nexample.com\tb", want: "a\n${domain}\tb"}, // an escape of JSON is no part of a word
		{in: "éexample.com", want: "éexample.com"},
	}
	for _, tt := range tests {
		got, foreign := n.Apply(String(tt.in).Text)
		if got, want := named(got), String(tt.want).Text; got != want {
			t.Errorf("%q: got %s, want %s", tt.in, got, want)
		}
		if diff := cmp.Diff(foreign, tt.foreign); diff != "" {
			t.Errorf("%q: foreign (-got +want)\n%s", tt.in, diff)
		}
	}
}

var variable = regexp.MustCompile("\x00([^\x00]*)\x00")

// named writes the variables of a normalised text as templates have them.
func named(normal string) string { return variable.ReplaceAllString(normal, "$${$1}") }

// A template that was never filled in is not what it stands for.
func TestUnfilledTemplate(t *testing.T) {
	vars := NewVars(map[string]map[string]string{"staging": {"db": "db.staging.internal"}, "production": {"db": "db.internal"}})
	at := Address("file").Key("/x").Attr("entries").Key("url")
	side := func(environment, value string) []*Host {
		return []*Host{{ID: HostID{environment, "web", "h"}, Sections: []Section{{Collector: "file", Scope: "/x", Status: OK, Facts: []Fact{{Address: at, Value: String(value)}}}}}}
	}
	for _, unfilled := range []string{"${db}", "\x00db\x00", `\u0000db\u0000`} {
		if result := (Comparer{Vars: vars}).Compare(side("staging", "db.staging.internal"), side("production", unfilled)); len(result.Rows) != 1 {
			t.Errorf("%q is taken for db.staging.internal", unfilled)
		}
	}
}

// A variable that both environments have the same value for is foreign to neither.
func TestSharedVariable(t *testing.T) {
	vars := NewVars(map[string]map[string]string{"staging": {"mail": "mail.example.com"}, "production": {"smtp": "mail.example.com"}})
	for environment, want := range map[string]string{"staging": `"${mail}"`, "production": `"${smtp}"`, "dev": `"mail.example.com"`} {
		got, foreign := vars.For(&Host{ID: HostID{environment, "web", "h"}}).Apply(`"mail.example.com"`)
		if got = named(got); got != want {
			t.Errorf("%s: got %s, want %s", environment, got, want)
		}
		if own := environment != "dev"; own != (len(foreign) == 0) {
			t.Errorf("%s: got foreign %q", environment, foreign)
		}
	}
}

// What one replacement wrote is not read again, and the result does not depend on the order of a map.
func TestApplyOnce(t *testing.T) {
	for range 50 {
		vars := NewVars(map[string]map[string]string{"production": {"a": "b.example", "b": "a.example", "aa": "x.a.example"}})
		got, _ := vars.For(&Host{ID: HostID{"production", "web", "h"}}).Apply(`"a.example b.example x.a.example"`)
		if got, want := named(got), `"${b} ${a} ${aa}"`; got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

func TestVarsID(t *testing.T) {
	id := func(environments map[string]map[string]string) string { return NewVars(environments).ID() }
	a := map[string]map[string]string{"staging": {"x": "1", "y": "2"}, "production": {"x": "3"}}
	if id(a) != id(map[string]map[string]string{"production": {"x": "3"}, "staging": {"y": "2", "x": "1"}}) {
		t.Error("the same variables have two ids")
	}
	for _, other := range []map[string]map[string]string{
		nil, {"staging": {"x": "1", "y": "2"}}, {"staging": {"x": "1", "y": "2"}, "production": {"x": "4"}}, {"staging": {"x": "1", "z": "2"}, "production": {"x": "3"}},
		{"staging": {"x": "1", "y": "2"}, "prod": {"x": "3"}},
	} {
		if id(other) == id(a) {
			t.Errorf("%v has the id of %v", other, a)
		}
	}
}

func FuzzApply(f *testing.F) {
	f.Add("https://example.com/x\n", "example.com", "db")
	f.Add(`\`, `\\`, `"`)
	f.Add("aexample", "a", "é")
	f.Fuzz(func(t *testing.T, text, own, other string) {
		vars := NewVars(map[string]map[string]string{"staging": {"v": other}, "production": {"v": own}})
		h := &Host{ID: HostID{"production", "web", "a-host"}}
		in := String(text)
		got, _ := vars.For(h).Apply(in.Text)
		if _, ok := (Value{Kind: Known, Text: named(got)}).AsString(); !ok {
			t.Errorf("%s became %s, which is no JSON string", in.Text, got)
		}
	})
}
