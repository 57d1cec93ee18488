package report

import (
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

const (
	sarifSchema  = "https://json.schemastore.org/sarif-2.1.0.json"
	sarifResults = 25_000 // GitHub refuses a file with more
	project      = "https://github.com/seed-313c021b/gate"
)

// SARIF writes the verdict in the Static Analysis Results Interchange Format 2.1.0 (OASIS), with what GitHub's code scanning
// wants of it: a result for each finding but the change itself, at the policy's line that asked for it. The same verdict
// is written in the same bytes.
func SARIF(w io.Writer, v *gate.Verdict, o Options) error {
	return sarifWithin(sarifResults, w, v, o)
}

// sarifWithin writes SARIF with at most so many results.
func sarifWithin(most int, w io.Writer, v *gate.Verdict, o Options) error {
	s := newSARIF(v, most)
	run := sarifRun{
		Tool:              sarifTool{sarifDriver{Name: "gate", InformationURI: project, Rules: s.rules}},
		AutomationDetails: sarifID{"gate/" + escapedPath(v.Policy.Path) + "/" + url.PathEscape(v.To) + "/"},
		Invocations:       []sarifInvocation{{ExecutionSuccessful: true, ExitCode: o.Exit, EndTimeUTC: v.At.UTC().Format(time.RFC3339), Notifications: s.notes()}},
		LogicalLocations:  s.places(),
		Results:           s.results(),
	}
	return writeJSON(w, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

// The object model of SARIF, as far as it is used; the names are those of section 3 of the standard.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool              sarifTool         `json:"tool"`
		AutomationDetails sarifID           `json:"automationDetails"`
		Invocations       []sarifInvocation `json:"invocations"`
		LogicalLocations  []sarifPlace      `json:"logicalLocations,omitempty"`
		Results           []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifID struct {
		ID string `json:"id"`
	}
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		ExitCode            int                 `json:"exitCode"`
		EndTimeUTC          string              `json:"endTimeUtc"`
		Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
)

// sarif is a verdict on its way to SARIF.
type sarif struct {
	verdict  *gate.Verdict
	findings []gate.Finding // those that are results
	left     int            // how many others there is no room for
	most     int            // how many there is room for
	rules    []sarifRule
	index    map[string]int // of each rule by its code
	hosts    []string       // the ids of all hosts, sorted
	names    text           // names hosts
}

func newSARIF(v *gate.Verdict, most int) *sarif {
	s := &sarif{verdict: v, names: text{verdict: v, names: shortNames(hostsOf(v))}, hosts: hostsOf(v), most: most}
	for _, f := range v.Findings {
		if f.Code != inFlight { // what the change itself does is no alarm
			s.findings = append(s.findings, f)
		}
		s.hosts = append(s.hosts, f.Hosts...)
	}
	if n := len(s.findings) - most; n > 0 {
		s.findings, s.left = s.findings[:most], n
	}
	slices.Sort(s.hosts)
	s.hosts = slices.Compact(s.hosts)
	s.rules, s.index = sarifRules(s.findings)
	return s
}

// notes say what is not in the results.
func (s *sarif) notes() []sarifNotification {
	if s.left == 0 {
		return nil
	}
	what := fmt.Sprintf("Left out: %s. There is room for %s results. gate check --format json has them all.", plural(s.left, "finding"), thousands(s.most))
	return []sarifNotification{{Level: "warning", Message: sarifText{Text: what}}}
}

// policyFile returns the address of a file of the policy, relative to the repository where it is in it.
func policyFile(file string) string {
	if path.IsAbs(file) {
		return (&url.URL{Scheme: "file", Path: path.Clean(file)}).String()
	}
	return (&url.URL{Path: path.Clean(file)}).String()
}
