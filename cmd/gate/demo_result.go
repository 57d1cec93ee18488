package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// demoResult is what the story says of a gate command that gives a verdict.
type demoResult struct {
	code    int
	outcome gate.Outcome
	reasons string // the file of demoFiles that lists them all, a line each, as demoReasons does; "" for none
}

var (
	demoPasses    = demoResult{code: exitPass, outcome: gate.Pass}
	demoBlocks    = demoResult{code: exitBlocked, outcome: gate.Blocked, reasons: "demo/blocked.txt"}
	demoBlocksToo = demoResult{code: exitBlocked, outcome: gate.Blocked, reasons: "demo/straight.txt"}
)

// compare returns what is otherwise than the story says.
func (r demoResult) compare(run demoRun) ([]string, error) {
	var problems []string
	if run.code != r.code {
		problems = append(problems, fmt.Sprintf("gate exited with %d, not with %d: %s", run.code, r.code, strings.TrimSpace(run.errs)))
	}
	v := run.verdict
	if v == nil {
		return append(problems, "it gave no verdict"), nil
	}
	if v.Outcome != r.outcome {
		problems = append(problems, fmt.Sprintf("its verdict is %q, not %q", v.Outcome, r.outcome))
	}
	var want []string
	if r.reasons != "" {
		text, err := demoFiles.ReadFile(r.reasons)
		if err != nil {
			return nil, err
		}
		want = strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	got := demoReasons(v)
	for _, line := range want {
		if !slices.Contains(got, line) {
			problems = append(problems, "it did not find: "+line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			problems = append(problems, "it found what is not in the story: "+line)
		}
	}
	return problems, nil
}

// demoReasons returns what stands against a verdict's passing: each difference, and each finding that is about none, by
// what it says.
func demoReasons(v *gate.Verdict) []string {
	var lines []string
	for _, f := range v.Findings {
		if f.Effect == gate.Informs {
			continue
		}
		head := f.Code + ", " + f.Enforcement + ": "
		if len(f.Items) == 0 {
			lines = append(lines, strings.TrimSuffix(head+strings.Join(f.Detail, " "), ": "))
		}
		for _, item := range f.Items {
			text := demoValues(item.To)
			if len(item.From) > 0 {
				text = demoValues(item.From) + " on staging, " + text + " on production"
			}
			lines = append(lines, head+item.Address+" is "+text)
		}
	}
	return lines
}

func demoValues(values []gate.Values) string {
	var texts []string
	for _, v := range values {
		texts = append(texts, cmp.Or(v.JSON, v.Value)) // how a report shows a value is not part of the story
	}
	return strings.Join(texts, ", ")
}
