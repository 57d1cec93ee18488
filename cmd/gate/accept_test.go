package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate"
)

// Where the hosts of one side disagree, the other is no part of what is accepted.
func TestAcceptWithin(t *testing.T) {
	t.Parallel()
	one := func(text, host string) gate.Values {
		return gate.Values{Value: text, Kind: "known", JSON: `"` + text + `"`, Differs: true, Hosts: []string{host}}
	}
	two := []gate.Values{one("1", "a/web/1"), one("2", "a/web/2")}
	for _, item := range []gate.Item{{From: two, To: []gate.Values{one("1", "b/web/1")}}, {From: []gate.Values{one("1", "b/web/1")}, To: two}, {From: two}} {
		item.Address = `deb["a"].version`
		var out bytes.Buffer
		(acceptance{"r", "o", "2999-12-31"}).write(&out, gate.Finding{Code: "drift.within", Effect: gate.Blocks, Items: []gate.Item{item}}, false)
		if got := strings.Count(out.String(), "waiver "); got != 2 || strings.Contains(out.String(), "b/web/1") {
			t.Errorf("got %d waivers:\n%s", got, out.String())
		}
	}
}

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
