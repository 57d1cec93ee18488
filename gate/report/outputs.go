package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// OutputOptions are what a step's outputs say beside the verdict. A path or address is empty where there is none.
type OutputOptions struct {
	Exit                              int
	ReportPath, SARIFPath, CommentURL string
	// Delimiter ends each value. It must be random: whoever knows it can write outputs of his own.
	Delimiter string
}

// Output is one output of a workflow step.
type Output struct{ Name, Value string }

// Outcomes returns the outputs of a step: what later steps decide by.
func Outcomes(v *gate.Verdict, o OutputOptions) ([]Output, error) {
	codes := deciding(v)
	reason := ""
	if len(codes) > 0 {
		reason = codes[0]
	}
	result, err := json.Marshal(outcome{
		Schema: gate.SchemaVersion, Verdict: v.Outcome, To: v.To, From: v.From, Candidate: v.Candidate, Mode: v.Policy.Mode, Exit: o.Exit,
		Codes: codes, Blockers: v.Count(gate.Blocks), Unknown: v.Count(gate.Opens), Drift: driftCount(v),
	})
	if err != nil {
		return nil, err
	}
	return []Output{
		{"verdict", string(v.Outcome)},
		{"reason-code", reason},
		{"result", visible(string(result))},
		{"report-path", o.ReportPath},
		{"sarif-path", o.SARIFPath},
		{"drift-count", strconv.Itoa(driftCount(v))},
		{"blocker-count", strconv.Itoa(v.Count(gate.Blocks))},
		{"comment-url", o.CommentURL},
	}, nil
}

// outcome is the output "result".
type outcome struct {
	Schema    int            `json:"schema"`
	Verdict   gate.Outcome   `json:"verdict"`
	To        string         `json:"to"`
	From      []string       `json:"from"`
	Candidate *gate.Proposal `json:"candidate,omitempty"`
	Mode      string         `json:"mode"`
	Exit      int            `json:"exit"`
	Codes     []string       `json:"codes"` // of what decided, in the report's order, each once
	Blockers  int            `json:"blockers"`
	Unknown   int            `json:"unknown"`
	Drift     int            `json:"drift"`
}

// Outputs writes the outputs of a step in the form of the file that GITHUB_OUTPUT names. A value that holds the
// delimiter is an error, and nothing is written.
func Outputs(w io.Writer, v *gate.Verdict, o OutputOptions) error {
	if o.Delimiter == "" || strings.ContainsAny(o.Delimiter, "\r\n") {
		return errors.New("outputs: the delimiter is no word")
	}
	outputs, err := Outcomes(v, o)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, output := range outputs {
		if strings.Contains(output.Value, o.Delimiter) {
			return fmt.Errorf("outputs: %s holds the delimiter", output.Name)
		}
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", output.Name, o.Delimiter, output.Value, o.Delimiter)
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// deciding returns the codes of the findings that made the verdict, each once.
func deciding(v *gate.Verdict) []string {
	codes := []string{}
	for _, f := range v.Findings {
		if f.Effect != gate.Informs && !slices.Contains(codes, printable(f.Code)) {
			codes = append(codes, printable(f.Code))
		}
	}
	return codes
}

// driftCount counts the differences that count as drift: those that findings of drift that decide are about.
func driftCount(v *gate.Verdict) int {
	n := 0
	for _, f := range v.Findings {
		if f.Effect != gate.Informs && strings.HasPrefix(f.Code, "drift.") {
			n += max(1, len(f.Items))
		}
	}
	return n
}
