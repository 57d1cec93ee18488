package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate"
)

// A waiver that is written names each fact exactly, and no value of another one.
func TestAcceptNamesExactly(t *testing.T) {
	t.Parallel()
	known := func(text string) []gate.Values {
		return []gate.Values{{Value: text, Kind: "known", JSON: `"` + text + `"`, Differs: true, Hosts: []string{"production/web/p"}}}
	}
	f := gate.Finding{Code: "drift.unexplained", Effect: gate.Blocks, Number: 1, Items: []gate.Item{
		{Address: `file["/etc/a*b"].entries["*"]`, To: known("x")},
		{Address: `deb["a"].version`, To: known("1")},
		{Address: `deb["b"].version`, To: known("2")},
		{Address: `deb["c"].version`, To: known("1")},
	}}
	var out bytes.Buffer
	if problem := (acceptance{"r", "o", "2999-12-31"}).write(&out, f, false); problem != "" {
		t.Fatal(problem)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "file") || strings.HasPrefix(line, "deb") || strings.HasPrefix(line, `"`) {
			got = append(got, line)
		}
	}
	want := []string{`file["/etc/a\\*b"].entries["\\*"],`, `"x",`, `deb["a"].version,`, `deb["c"].version,`, `"1",`, `deb["b"].version,`, `"2",`}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want)\n%s\n%s", diff, out.String())
	}
}
