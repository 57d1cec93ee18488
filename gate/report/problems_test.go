package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProblems(t *testing.T) {
	var b strings.Builder
	err := Problems(&b, []Problem{
		{File: ".github/workflows/a.yml", Line: 7, Title: "gate: deploy.despite", Message: "a\n::error::b", Severe: true},
		{File: "a,line=9::b.yml", Title: "x", Message: "100%"},
		{Title: "x", Message: "no place"},
	})
	want := `::error file=.github/workflows/a.yml,line=7,title=gate%3A deploy.despite::a\n::error::b
::warning file=a%2Cline=9%3A%3Ab.yml,line=1,title=x::100%25
::warning title=x::no place
`
	if diff := cmp.Diff(want, b.String()); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestValue(t *testing.T) {
	var b strings.Builder
	if err := Value(&b, map[string]string{"a": "\u202e<"}); err != nil || b.String() != "{\n  \"a\": \"\\u202e\\u003c\"\n}\n" {
		t.Errorf("got %q, %v", b.String(), err)
	}
}
