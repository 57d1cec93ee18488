package drift

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/text/unicode/norm"
)

func TestParseAddress(t *testing.T) {
	tests := []struct {
		in   string
		want Address
	}{
		{`deb`, `deb`},
		{`os.hostname`, `os.hostname`},
		{`deb["openssl"].version`, `deb["openssl"].version`},
		{`deb[openssl].version`, `deb["openssl"].version`},
		{`file[/etc/app/*.ini].mode`, `file["/etc/app/*.ini"].mode`},
		{`file["/x"].entries["a\"b\\c"]`, `file["/x"].entries["a\"b\\c"]`},
		{`file["a\tb\nc\u00e9\U0001f600"]`, `file["a\tb\ncé😀"]`},
		{`file["$${x} %%{y} $x"]`, `file["$${x} %%{y} $x"]`},
		{`file["a]b"]`, `file["a]b"]`},
	}
	for _, tt := range tests {
		got, err := ParseAddress(tt.in)
		if err != nil || got != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.in, got, err, tt.want)
		}
	}
}

func TestParseAddressErrors(t *testing.T) {
	for in, part := range map[string]string{
		``: "name of a collector", `["x"]`: "name of a collector", `deb.`: "no name after the dot", `deb["x"`: "no closing bracket", `deb["x`: "no closing quote",
		`deb[`: "no closing bracket", `deb[]`: "no closing bracket", `deb["x"]y`: `unexpected "y"`, `deb x`: `unexpected " "`, `deb["\q"]`: "no escape sequence",
		`deb["\u12"]`: "no escape sequence", `deb["\uD800"]`: "no escape sequence", `deb..x`: "character 4",
	} {
		if _, err := ParseAddress(in); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: got %v, want an error with %q", in, err, part)
		}
	}
}

func TestAddressParts(t *testing.T) {
	a := Address("file").Key("/etc/a[\"]\\.b").Attr("entries").Key("x.y")
	want := []Step{{"file", false}, {"/etc/a[\"]\\.b", true}, {"entries", false}, {"x.y", true}}
	if diff := cmp.Diff(a.Steps(), want); diff != "" {
		t.Errorf("Steps (-got +want)\n%s", diff)
	}
	var above []Address
	for at, ok := a.Parent(); ok; at, ok = at.Parent() {
		above = append(above, at)
	}
	if diff := cmp.Diff(above, []Address{`file["/etc/a[\"]\\.b"].entries`, `file["/etc/a[\"]\\.b"]`, "file"}); diff != "" {
		t.Errorf("Parent (-got +want)\n%s", diff)
	}
	if a.Collector() != "file" || Address("os.id").Collector() != "os" {
		t.Error("Collector")
	}
}

// FuzzAddress checks that any key makes an address that this package and HCL's own parser read back as it was.
func FuzzAddress(f *testing.F) {
	for _, key := range []string{"openssl", "/etc/app.ini", `"`, `\`, `\\"`, "a\nb\tc\r", "${x}", "%{if x}", "$${", "$$", "%", "é😀", "\u202e", "\x00\x7f", "\xff\xfe", "*", "]", "[\"", "$"} {
		f.Add(key, "version")
	}
	f.Fuzz(func(t *testing.T, key, text string) {
		a := Address("file").Key(key).Attr("entries").Key(text)
		want := []Step{{"file", false}, {validUTF8(key), true}, {"entries", false}, {validUTF8(text), true}}
		if diff := cmp.Diff(a.Steps(), want); diff != "" {
			t.Errorf("Steps of %s (-got +want)\n%s", a, diff)
		}
		again, err := ParseAddress(string(a))
		if err != nil || again != a {
			t.Errorf("ParseAddress(%q) is %q, %v", a, again, err)
		}
		for at, steps := a, 4; ; steps-- {
			if len(at.Steps()) != steps {
				t.Fatalf("%s has %d steps, want %d", at, len(at.Steps()), steps)
			}
			parent, ok := at.Parent()
			if !ok {
				break
			}
			if !at.Below(parent) || parent.Below(at) {
				t.Errorf("%s and %s", at, parent)
			}
			at = parent
		}
		if strings.ContainsFunc(string(a), func(r rune) bool { return r < ' ' }) {
			t.Errorf("%q has a control character", a)
		}
		agreesWithHCL(t, a, want)
	})
}

// normal is the form in which HCL has strings.
func normal(s string) string { return norm.NFC.String(s) }

// agreesWithHCL checks that HCL reads an address as these steps. HCL normalises its strings (Unicode NFC); what is not in that
// form already it reads as another text.
func agreesWithHCL(t *testing.T, a Address, want []Step) {
	t.Helper()
	traversal, diags := hclsyntax.ParseTraversalAbs([]byte(a), "", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("HCL does not read %q: %v", a, diags)
	}
	var got []Step
	for _, step := range traversal {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			got = append(got, Step{step.Name, false})
		case hcl.TraverseAttr:
			got = append(got, Step{step.Name, false})
		case hcl.TraverseIndex:
			got = append(got, Step{step.Key.AsString(), true})
		}
	}
	for i := range want {
		want[i].Text = normal(want[i].Text)
	}
	for i := range got {
		got[i].Text = normal(got[i].Text)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("HCL reads %q in another way (-HCL +want)\n%s", a, diff)
	}
}
