package pypa_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/drift/pypa"
)

func TestParseRequirementsFile(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"\xef\xbb\xbfDjango==4.2 # pinned\n\n# comment\nrequests>=2\r\n", []string{"1 requirement django==4.2", "4 requirement requests>=2"}},
		{"a==1 \\\n    --hash=sha256:ab \\\n    --hash sha256:cd\nb\n", []string{"1 requirement a==1 hashes sha256:ab sha256:cd", "4 requirement b"}},
		{"a==1 \\\n# comment \\\nb\n", []string{"1 requirement a==1", "3 requirement b"}},
		{"a \\", []string{"1 requirement a"}},
		{"-r base.txt\n--requirement=dev.txt\n-cconstraints.txt\n-r https://u:secret@example.com/r.txt", []string{
			"1 include base.txt", "2 include dev.txt", "3 constraint constraints.txt", "4 include https://example.com/r.txt"}},
		{"-e .\n-e git+https://u:secret@example.com/r.git@v1#egg=Foo[x]\n--editable=./src", []string{
			"1 editable .", "2 editable git+https://example.com/r.git@v1#egg=Foo[x] = foo[x]", "3 editable ./src"}},
		{"-i https://u:secret@example.com/simple --extra-index-url https://secret@example.org/simple --pre", []string{
			"1 option --index-url https://example.com/simple", "1 option --extra-index-url https://example.org/simple", "1 option --pre"}},
		{"x @ https://u:secret@example.com/x.zip;python_version>'3'", []string{`1 requirement x @ https://example.com/x.zip ; python_version > "3"`}},
		{"https://example.com/My_Name-1.0+lab.7-py3-none-any.whl ; os_name=='posix'", []string{
			`1 direct https://example.com/My_Name-1.0+lab.7-py3-none-any.whl = my-name==1.0+lab.7; os_name == "posix"`}},
		{"./wheels/a-1-py3-none-any.whl\n../src\nb-2.tar.gz\n/srv/app\nfile:///srv/c#egg=c", []string{
			"1 direct ./wheels/a-1-py3-none-any.whl = a==1", "2 direct ../src", "3 direct b-2.tar.gz", "4 direct /srv/app", "5 direct file:///srv/c#egg=c = c"}},
		{"a==${VERSION}\n--index-url https://${USER}:${TOKEN}@example.com/simple\n-r ${FILE}\nb==$version", []string{
			"1 unread line 1: ${VERSION} is a variable of pip's environment, which cannot be told",
			"2 option --index-url https://example.com/simple",
			"3 unread line 3: ${FILE} is a variable of pip's environment, which cannot be told",
			`4 unread line 4: requirement "b==$version": expected ";" or the end at character 2`}},
		{"a = 1\n--frobnicate\n--pre=1\n-r\na --hash 'x\n--hash=sha256:ab\n\xff==1\na; nonsense", []string{
			`1 unread line 1: requirement "a = 1": expected ";" or the end at character 3`,
			`2 unread line 2: "--frobnicate" is no option of a requirements file`,
			"3 unread line 3: --pre takes no value",
			"4 unread line 4: --requirement without a value",
			"5 unread line 5: options: No closing quotation",
			"6 unread line 6: --hash without a requirement",
			"7 unread line 7: not UTF-8",
			`8 unread line 8: marker "nonsense": expected a marker variable or a quoted string at character 1`}},
		{"a -e b\n-r c -r d --pre", []string{
			"1 requirement a", "1 unread line 1: a second thing to install on one line, which pip leaves out",
			"2 include c", "2 unread line 2: a second thing to install on one line, which pip leaves out", "2 option --pre"}},
		{utf16File("a==1\nb"), []string{"1 requirement a==1", "2 requirement b"}},
		{"", nil},
	} {
		entries, err := pypa.ParseRequirementsFile(strings.NewReader(c.text))
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, entryText(e))
		}
		if diff := cmp.Diff(got, c.want); diff != "" {
			t.Errorf("%q (-got +want):\n%s", c.text, diff)
		}
	}
}

func TestParseRequirementsFileErrors(t *testing.T) {
	for _, text := range []string{"\xff\xfea", "\xff\xfe\x00\x00a\x00\x00\x00", "\xff\xfe\x00\xd8a\x00", strings.Repeat("#\n", 9<<20)} {
		if entries, err := pypa.ParseRequirementsFile(strings.NewReader(text)); err == nil {
			t.Errorf("%.20q: %v, want an error", text, entries)
		}
	}
}

// TestRequirementsFileLikePip compares what is asked for with the parser of pip itself.
func TestRequirementsFileLikePip(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	drifttest.Python(t, "pip")
	g := newGenerator()
	var cases []string
	for len(cases) < 500 {
		var b strings.Builder
		for range 1 + g.IntN(5) {
			b.WriteString(g.one("a==1", "b>=2,<3 ; python_version>'3'", "# comment", "", "-e ./x", "--pre", "-i https://example.com/simple",
				"c==1 --hash=sha256:ab", "x @ https://example.com/x.zip ; os_name=='x'", "./d", "  e[f]", "g#h", "i # j", "k --global-option='l m'"))
			b.WriteString(g.maybe(40, " ", "#", " # n", `\`, ` \`, `  # \`) + g.one("\n", "\n", "\r\n", "\n\n", "\v", "\u2028"))
		}
		cases = append(cases, b.String())
	}
	type answer struct {
		Line     int
		Text     string
		Editable bool
	}
	var want [][]answer
	askPackaging(t, `
import os, tempfile
from pip._internal.network.session import PipSession
from pip._internal.req.req_file import parse_requirements
from pip._internal.exceptions import InstallationError
session = PipSession()
def answer(text):
    with tempfile.NamedTemporaryFile("wb", suffix=".txt") as f:
        f.write(text.encode("utf-8-sig"))
        f.flush()
        try:
            return [{"Line": int((r.line_source or r.comes_from).split("line ")[1].split(" ")[0].rstrip(")")),
                "Text": r.requirement, "Editable": r.is_editable} for r in parse_requirements(f.name, session)]
        except InstallationError:
            return None
print(json.dumps([answer(case) for case in cases]))
`, cases, &want)
	read := 0
	for i, c := range cases {
		entries, err := pypa.ParseRequirementsFile(strings.NewReader(c))
		if err != nil {
			t.Errorf("%q: %v", c, err)
			continue
		}
		var got, asked []string
		unread := false
		for _, e := range entries {
			unread = unread || e.Kind == pypa.UnreadEntry
			if e.Kind != pypa.OptionEntry {
				got = append(got, fmt.Sprintf("%d editable %t", e.Line, e.Kind == pypa.EditableEntry))
			}
		}
		for _, a := range want[i] {
			asked = append(asked, fmt.Sprintf("%d editable %t", a.Line, a.Editable))
		}
		switch {
		case want[i] == nil && !unread:
			t.Errorf("%q: pip refuses it, got %q", c, got)
		case want[i] == nil || unread:
			// The parser of pip leaves requirements to a later step, which would refuse them.
		default:
			read++
			if diff := cmp.Diff(got, asked); diff != "" {
				t.Errorf("%q (-got +want):\n%s", c, diff)
			}
		}
	}
	if read < len(cases)/4 {
		t.Errorf("only %d of %d were read by both", read, len(cases))
	}
}

func entryText(e pypa.Entry) string {
	words := []string{itoa(e.Line), string(e.Kind)}
	if e.Option != "" {
		words = append(words, e.Option)
	}
	if e.Target != "" {
		words = append(words, e.Target)
	}
	if e.Requirement.Name != "" {
		if e.Target != "" {
			words = append(words, "=")
		}
		words = append(words, e.Requirement.String())
	}
	if e.Hashes != nil {
		words = append(words, "hashes", strings.Join(e.Hashes, " "))
	}
	if e.Err != nil {
		words = append(words, e.Err.Error())
	}
	return strings.Join(words, " ")
}

func utf16File(text string) string {
	data := []byte("\xff\xfe")
	for _, unit := range utf16.Encode([]rune(text)) {
		data = binary.LittleEndian.AppendUint16(data, unit)
	}
	return string(data)
}

func FuzzParseRequirementsFile(f *testing.F) {
	f.Add([]byte("a==1 \\\n --hash=sha256:ab # x\n-e git+https://u:secret@h/r#egg=b\n./c ; os_name=='d'"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := pypa.ParseRequirementsFile(strings.NewReader(string(data)))
		if err != nil {
			return
		}
		for _, e := range entries {
			if (e.Kind == pypa.UnreadEntry) != (e.Err != nil) || e.Kind == "" || e.Line == 0 {
				t.Errorf("%q: %+v", data, e)
			}
		}
	})
}
