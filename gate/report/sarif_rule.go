package report

import (
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// sarifRule is a kind of finding (SARIF, section 3.49 reportingDescriptor).
type sarifRule struct {
	ID         string         `json:"id"`
	Short      sarifText      `json:"shortDescription"`
	Full       sarifText      `json:"fullDescription"`
	Help       sarifText      `json:"help"`
	HelpURI    string         `json:"helpUri"`
	Properties sarifRuleProps `json:"properties"`
}

type sarifRuleProps struct {
	Tags      []string `json:"tags"`
	Precision string   `json:"precision"`
}

// sarifRules returns all kinds of findings, and those of the findings that only another version of gate knows, with where
// each one is in the list.
func sarifRules(findings []gate.Finding) (rules []sarifRule, index map[string]int) {
	index = map[string]int{}
	add := func(c gate.Code) {
		index[c.Name] = len(rules)
		rules = append(rules, sarifRuleOf(c))
	}
	for _, c := range gate.Codes() {
		if c.Name != inFlight {
			add(c)
		}
	}
	var others []string
	for _, f := range findings {
		if _, known := index[ruleName(f)]; !known && !slices.Contains(others, ruleName(f)) {
			others = append(others, ruleName(f))
		}
	}
	slices.Sort(others)
	for _, name := range others {
		add(gate.Code{Name: name, Meaning: "A kind of finding that this version of gate does not know.", Do: "Read it with the version of gate that has found it."})
	}
	return rules, index
}

// ruleName returns the code of a finding, as it is written here.
func ruleName(f gate.Finding) string {
	if f.Code == "" {
		return "unknown"
	}
	return clip(printable(f.Code), 100)
}

func sarifRuleOf(c gate.Code) sarifRule {
	first, _, whole := strings.Cut(c.Meaning, ". ")
	if whole {
		first += "."
	}
	family, _, _ := strings.Cut(c.Name, ".")
	return sarifRule{
		ID: c.Name, Short: sarifText{Text: first}, Full: sarifText{Text: c.Meaning}, HelpURI: wordsAddress,
		Help:       sarifText{Text: c.Meaning + "\n\n" + c.Do, Markdown: prose(c.Meaning) + "\n\n**What to do**: " + prose(c.Do)},
		Properties: sarifRuleProps{Tags: []string{family}, Precision: "very-high"},
	}
}
