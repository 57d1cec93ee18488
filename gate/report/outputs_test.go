package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate"
)

func TestOutputs(t *testing.T) {
	v := candidate(packages(5, 2), notDeployed(), packages(1, 1), gate.Finding{Code: "drift.unmerged", Effect: gate.Informs, Title: "unmerged"})
	var out strings.Builder
	o := OutputOptions{Exit: 1, ReportPath: "report.md", CommentURL: "https://github.example/o/r/pull/1#issuecomment-2", Delimiter: "gate-5d2e0b1c"}
	if err := Outputs(&out, v, o); err != nil {
		t.Fatal(err)
	}
	want := `verdict<<gate-5d2e0b1c
blocked
gate-5d2e0b1c
reason-code<<gate-5d2e0b1c
drift.unexplained
gate-5d2e0b1c
result<<gate-5d2e0b1c
{"schema":1,"verdict":"blocked","to":"production","from":["staging"],"candidate":{"commit":"` + v.Candidate.Commit + `","subject":"log to stdout, not to a file","components":["app"],"commits":1,"files":1},"mode":"enforce","exit":1,"codes":["drift.unexplained","promotion.not_deployed"],"blockers":3,"unknown":0,"drift":6}
gate-5d2e0b1c
report-path<<gate-5d2e0b1c
report.md
gate-5d2e0b1c
sarif-path<<gate-5d2e0b1c

gate-5d2e0b1c
drift-count<<gate-5d2e0b1c
6
gate-5d2e0b1c
blocker-count<<gate-5d2e0b1c
3
gate-5d2e0b1c
comment-url<<gate-5d2e0b1c
https://github.example/o/r/pull/1#issuecomment-2
gate-5d2e0b1c
`
	if diff := cmp.Diff(out.String(), want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

// A text that holds the delimiter could write outputs of its own: then there are none.
func TestOutputsDelimiter(t *testing.T) {
	v := candidate(packages(1, 1))
	v.Candidate.Subject = "gate-1\nverdict<<x\npass\nx"
	for _, delimiter := range []string{"gate-1", "", "a\nb", "a\r"} {
		var out strings.Builder
		if err := Outputs(&out, v, OutputOptions{Delimiter: delimiter}); err == nil || out.Len() > 0 {
			t.Errorf("delimiter %q: got no error, and %q", delimiter, out.String())
		}
	}
}

// Whatever a result says, a runner reads eight outputs, and in them what was said.
func FuzzOutputs(f *testing.F) {
	for _, s := range []string{evil, "EOF", "\nEOF\nverdict<<EOF\npass\nEOF\n", "\r\n", "\u2028", "gate-b6f0b0a1d5b14f0c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := candidate(gate.Finding{Code: s, Effect: gate.Blocks, Title: s})
		v.To, v.Candidate.Subject = s, s
		const delimiter = "gate-b6f0b0a1d5b14f0c"
		var out strings.Builder
		if err := Outputs(&out, v, OutputOptions{Delimiter: delimiter}); err != nil {
			if !strings.Contains(s, delimiter) || out.Len() > 0 {
				t.Errorf("%q: %v, and %q is written", s, err, out.String())
			}
			return
		}
		lines := strings.Split(out.String(), "\n")
		got := map[string]string{}
		for len(lines) > 2 && strings.HasSuffix(lines[0], "<<"+delimiter) && lines[2] == delimiter {
			got[strings.TrimSuffix(lines[0], "<<"+delimiter)] = lines[1]
			lines = lines[3:]
		}
		if len(lines) != 1 || lines[0] != "" || len(got) != 8 {
			t.Fatalf("%q is left of %q", lines, out.String())
		}
		var result outcome
		if err := json.Unmarshal([]byte(got["result"]), &result); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(s, "\uFFFD"); got["verdict"] != "blocked" || got["reason-code"] != printable(s) || !alike(result.To, want) {
			t.Errorf("got %q, %q, %q of %q", got["verdict"], got["reason-code"], result.To, s)
		}
	})
}

// alike compares texts but for how many bytes that are no UTF-8 one mark stands for.
func alike(a, b string) bool {
	drop := func(s string) string { return strings.ReplaceAll(s, "\uFFFD", "") }
	return drop(a) == drop(b)
}
