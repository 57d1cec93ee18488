package collect

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
)

// texts writes items for a comparison.
func texts(items previewItems) map[string]string {
	written := map[string]string{}
	for name, changes := range items {
		var list []string
		for _, c := range changes {
			list = append(list, c.String())
		}
		written[name] = strings.Join(list, "; ")
	}
	return written
}

// wantItems compares what a preview lists.
func wantItems(t *testing.T, sections []drift.Section, want map[string]string) {
	t.Helper()
	if len(sections) != 1 || sections[0].Status != drift.OK {
		t.Fatalf("got %+v, want one section that is known", sections)
	}
	got := map[string]string{}
	for _, f := range sections[0].Facts {
		steps := f.Address.Steps()
		got[steps[len(steps)-1].Text] = texts(previewItems{"": Changes(f.Value)})[""]
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

func TestPreviewTestdata(t *testing.T) {
	inputs, err := filepath.Glob("testdata/preview/*.in")
	if err != nil || len(inputs) == 0 {
		t.Fatal("no captured output", err)
	}
	for _, input := range inputs {
		t.Run(strings.TrimSuffix(filepath.Base(input), ".in"), func(t *testing.T) { testParse(t, &preview, input) })
	}
}

// What a command prints comes whole and apart through every shell, whatever is in it.
func TestPreviewInShells(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	plant(t, dir, map[string]string{"report": "a: b\n|c\n=report 0\nno end"})
	tests := []struct {
		name, run, report string
		want              dryRun
	}{
		{"plain", "echo a; echo b >&2", "", dryRun{output: "a", messages: "b"}},
		{"status", "echo a; exit 3", "", dryRun{output: "a", status: 3}},
		{"no line end", "printf a; printf b >&2", "", dryRun{output: "a", messages: "b"}},
		{"nothing", ":", "", dryRun{}},
		{"own marks", "echo '|x'; echo '=report 0'; echo '=preview 0'; echo '|y'; echo '=report 5' >&2; echo '|z' >&2", "",
			dryRun{output: "|x\n=report 0\n=preview 0\n|y", messages: "=report 5\n|z"}},
		{"report", "echo a", dir + "/report", dryRun{output: "a", wantReport: true, report: "a: b\n|c\n=report 0\nno end"}},
		{"no report", "echo a", dir + "/none", dryRun{output: "a", wantReport: true, reportStatus: 66}},
		{"input", "cat", "", dryRun{}},
		{"standard error and a code of absent", "echo a >&2; exit 66", "", dryRun{messages: "a", status: 66}},
	}
	request := Request{Word: "W"}
	for _, tt := range tests {
		request.Queries = append(request.Queries, Preview{Name: "x", Format: "lines", Run: tt.run, Report: tt.report}.Query())
	}
	inShells(t, func(t *testing.T, shell []string) {
		for i, data := range arrived(string(answer(t, shell, request)), len(tests)) {
			tt := tests[i]
			got, err := Frame{Query: request.Queries[i], Data: []byte(data)}.dryRun()
			if err != nil {
				t.Errorf("%s: %v\n%s", tt.name, err, data)
			}
			if diff := cmp.Diff(got, tt.want, cmp.AllowUnexported(dryRun{})); diff != "" {
				t.Errorf("%s: (-got +want)\n%s", tt.name, diff)
			}
		}
	})
}

func TestPreviewReportDenied(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	plant(t, dir, map[string]string{"report": "a: b\n"})
	must(t, os.Chmod(dir+"/report", 0))
	got := askAsNobody(t, "", Preview{Name: "p", Format: "puppet", Run: "echo Notice: Applied catalog in 1 seconds", Report: dir + "/report"}.Query())
	if len(got) != 1 || got[0].Status != drift.Failed || !strings.Contains(got[0].Reason, "may not be read") {
		t.Errorf("got %+v", got)
	}
}

// In a root tree only what knows of the tree is run.
func TestPreviewInATree(t *testing.T) {
	t.Parallel()
	tree := sharedDir(t)
	plant(t, tree, map[string]string{"item": "one\n"})
	got := askOne(t, tree, Preview{Name: "p", Format: "lines", Run: "echo done", Complete: "done"}.Query())
	if len(got) != 1 || got[0].Status != drift.Failed || !strings.Contains(got[0].Reason, "$GATE_ROOT") {
		t.Errorf("got %+v", got)
	}
	got = askOne(t, tree, Preview{Name: "p", Format: "lines", Run: `cat "$GATE_ROOT/item"; echo done`, Complete: "done"}.Query())
	if len(got) != 1 || got[0].Status != drift.OK || len(got[0].Facts) != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestPreviewLines(t *testing.T) {
	tests := []struct {
		name string
		run  dryRun
		want map[string]string
		err  string
	}{
		{"items", dryRun{output: "a\n\n  b c \ndone\n"}, map[string]string{"a": "listed", "b c": "listed"}, ""},
		{"none", dryRun{output: "done"}, map[string]string{}, ""},
		{"coloured", dryRun{output: "\x1b[31ma\x1b[0m\ndone"}, map[string]string{"a": "listed"}, ""},
		{"cut off", dryRun{output: "a\nb\n"}, nil, `the last line is "b" and not "done": it is not whole`},
		{"empty", dryRun{}, nil, `the last line is "" and not "done": it is not whole`},
		{"something behind the end", dryRun{output: "a\ndone\nb"}, nil, `the last line is "b" and not "done": it is not whole`},
		{"status", dryRun{output: "a\ndone", status: 1, messages: "first\noh no"}, nil, "exit status 1: oh no"},
		{"sudo", dryRun{status: 1, messages: "sudo: a password is required"}, nil, "sudo refuses: a password is required"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.run.complete = "done"
			items, err := tt.run.items("lines")
			wantResult(t, items, err, tt.want, tt.err)
		})
	}
}

func wantResult(t *testing.T, items previewItems, err error, want map[string]string, wantErr string) {
	t.Helper()
	if wantErr != "" {
		if err == nil || err.Error() != wantErr {
			t.Errorf("got %v, want %s", err, wantErr)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(texts(items), want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

func TestPreviewTooMany(t *testing.T) {
	var b strings.Builder
	for i := range maxItems + 1 {
		b.WriteString(strings.Repeat("x", i%150) + time.Duration(i).String() + "\n")
	}
	run := dryRun{output: b.String() + "done", complete: "done"}
	if items, err := run.items("lines"); err == nil {
		t.Errorf("got %d items, want an error", len(items))
	}
}

func TestPreviewCutAnywhere(t *testing.T) {
	q := Preview{Name: "x", Format: "lines", Run: "x", Complete: "done"}.Query()
	data := "a\ndone\n\n=report 0\n|said\n=preview 0\n"
	if got := (Frame{Query: q, Data: []byte(data)}).parse(); !got[0].Known() {
		t.Fatalf("the whole is not known: %+v", got)
	}
	for i := range len(data) - 1 {
		if got := (Frame{Query: q, Data: []byte(data[:i])}).parse(); len(got) != 1 || got[0].Known() {
			t.Errorf("cut at %d: got %+v, want it unknown", i, got)
		}
	}
}

func TestBusy(t *testing.T) {
	at := func(output string) drift.Section {
		q := Preview{Name: "x", Format: "puppet", Run: "x"}.Query()
		return Frame{Query: q, Data: []byte(output + "\n=report 0\n|\n=preview 1")}.parse()[0]
	}
	if s := at("Notice: Run of Puppet configuration client already in progress; skipping  (/x/agent_catalog_run.lock exists)\n"); !Busy(s) {
		t.Errorf("got %+v, want it busy", s)
	}
	if s := at("Notice: Skipping run of Puppet configuration client; administratively disabled (Reason: 'x');\n"); Busy(s) || s.Known() {
		t.Errorf("got %+v, want it failed, and not busy", s)
	}
}

// What is written can be read back, and what could be mistaken is not written.
func TestChange(t *testing.T) {
	for _, tt := range []struct {
		property, from, to string
		want               string
	}{
		{"", "3.0.11-1", "3.0.15-1", "3.0.11-1 -> 3.0.15-1"},
		{"", "1:2.3", "absent", "1:2.3 -> absent"},
		{"", "", "2.32.3", "-> 2.32.3"},
		{"mode", "0644", "0600", "mode: 0644 -> 0600"},
		{"mode", "", "0600", "mode: -> 0600"},
		{"target", "a -> b", "c", "target"},
		{"target", "x: y", "c", "target"},
		{"", "'", "c", "changes"},
		{"content", "", "", "content"},
		{"", "a", strings.Repeat("x", 200), "changes"},
		{"", "a", "x\ny", "changes"},
	} {
		c := change(tt.property, tt.from, tt.to)
		if c.String() != tt.want {
			t.Errorf("%q %q %q: got %q, want %q", tt.property, tt.from, tt.to, c, tt.want)
		}
		if got := parseChange(c.String()); got != c {
			t.Errorf("%q: got %+v back, want %+v", c, got, c)
		}
	}
}

func TestChanges(t *testing.T) {
	for _, tt := range []struct {
		value drift.Value
		want  []Change
	}{
		{drift.String("refresh"), []Change{{Property: "refresh"}}},
		{drift.Strings("content", "mode: 0644 -> 0600"), []Change{{Property: "content"}, {Property: "mode", From: "0644", To: "0600"}}},
		{drift.Value{}, nil},
		{drift.UnknownValue("x"), nil},
		{drift.Value{Kind: drift.Sealed, Raw: "1"}, nil},
		{drift.Int(3), nil},
	} {
		if diff := cmp.Diff(Changes(tt.value), tt.want); diff != "" {
			t.Errorf("%v: (-got +want)\n%s", tt.value, diff)
		}
	}
}

func FuzzChange(f *testing.F) {
	f.Add("", "1", "2")
	f.Add("mode", "a -> b", ": ")
	f.Fuzz(func(t *testing.T, property, from, to string) {
		if !shown(property) && property != "" || strings.ContainsAny(property, ": ") || strings.Contains(property, arrow) || strings.HasPrefix(property, "->") {
			t.Skip("properties are words")
		}
		c := change(property, from, to)
		if got := parseChange(c.String()); got != c {
			t.Errorf("%q: got %+v, want %+v", c, got, c)
		}
	})
}

// fuzzPreview feeds a parser what a host might print: it neither panics nor lists what has no name.
func fuzzPreview(f *testing.F, format string, change func(*dryRun, string)) {
	f.Fuzz(func(t *testing.T, text string) {
		run := dryRun{began: noon, complete: "done"}
		change(&run, text)
		items, err := run.items(format)
		if err != nil && (items != nil || err.Error() == "") {
			t.Errorf("got %v and the error %v", items, err)
		}
		for _, name := range slices.Sorted(maps.Keys(items)) {
			if len(items[name]) == 0 {
				t.Errorf("%q has no change", name)
			}
			for _, c := range items[name] {
				if c.String() == "" || parseChange(c.String()) != c {
					t.Errorf("%q: %+v", name, c)
				}
			}
		}
		section := drift.Section{Facts: items.facts(drift.Address(previewName).Key("x").Attr("items"))}
		if err := section.Sort(); err != nil {
			t.Error(err)
		}
	})
}

func output(run *dryRun, text string) { run.output = text }

func FuzzParseLines(f *testing.F) {
	f.Add("a\ndone")
	fuzzPreview(f, "lines", output)
}

func FuzzPreviewFrame(f *testing.F) {
	f.Add([]byte("a\ndone\n\n=report 0\n|said\n=preview 0\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, format := range PreviewFormats() {
			q := Preview{Name: "x", Format: format, Run: "x", Report: "/x", Complete: "done"}.Query()
			if got := (Frame{Query: q, Head: Head{Time: noon}, Data: data}).parse(); len(got) != 1 {
				t.Errorf("%s: got %d sections", format, len(got))
			}
		}
	})
}
