package pypa_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/pypa"
)

func TestParseRecord(t *testing.T) {
	got, err := pypa.ParseRecord(strings.NewReader("a/b.py,sha256=AB,12\r\n\"a/with, comma \"\"and\"\" quotes.py\",,\n../../../bin/a,sha256=CD,5\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []pypa.RecordFile{{"a/b.py", "sha256=AB", "12"}, {`a/with, comma "and" quotes.py`, "", ""}, {"../../../bin/a", "sha256=CD", "5"}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
	for _, in := range []string{"a\n", "a,b,c,d\n", ",,\n", "\"a,b,c\n", "a\"b,,\n"} {
		if files, err := pypa.ParseRecord(strings.NewReader(in)); err == nil {
			t.Errorf("ParseRecord(%q) = %v, want an error", in, files)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add("a,b,c\n\"d\n\",,\n")
	f.Fuzz(func(t *testing.T, s string) {
		files, _ := pypa.ParseRecord(strings.NewReader(s))
		for _, file := range files {
			if file.Path == "" {
				t.Errorf("%q: a file without a path", s)
			}
		}
	})
}
