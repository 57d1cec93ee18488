package report

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

type (
	// sarifResult is a finding (SARIF, section 3.27).
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints sarifFingerprints `json:"partialFingerprints"`
		Properties   sarifProps        `json:"properties"`
	}
	sarifFingerprints struct {
		Line string `json:"primaryLocationLineHash"` // the only one that GitHub reads
	}
	sarifProps struct {
		Number      int         `json:"number"`
		Effect      gate.Effect `json:"effect"`
		Enforcement string      `json:"enforcement"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
		Logical  []sarifPlace  `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
	// sarifPlace is a host (SARIF, section 3.33 logicalLocation).
	sarifPlace struct {
		Index *int   `json:"index,omitempty"` // in the run's own list
		Name  string `json:"name,omitempty"`
		Whole string `json:"fullyQualifiedName"`
		Kind  string `json:"kind,omitempty"`
	}
)

// places returns all hosts.
func (s *sarif) places() []sarifPlace {
	var list []sarifPlace
	for _, id := range s.hosts {
		list = append(list, sarifPlace{Name: printable(last(id)), Whole: printable(id), Kind: "host"})
	}
	return list
}

func (s *sarif) results() []sarifResult {
	results := []sarifResult{}
	marks := map[string]int{}
	for _, f := range s.findings {
		mark := fingerprint(s.verdict, f)
		marks[mark]++
		results = append(results, sarifResult{
			RuleID: ruleName(f), RuleIndex: s.index[ruleName(f)], Level: s.level(f),
			Message: sarifText{Text: s.message(f)}, Locations: []sarifLocation{s.location(f)},
			Fingerprints: sarifFingerprints{fmt.Sprintf("%s:%d", mark, marks[mark])},
			Properties:   sarifProps{f.Number, f.Effect, printable(f.Enforcement)},
		})
	}
	return results
}

// level returns how grave a finding is. In report mode nothing is an error.
func (s *sarif) level(f gate.Finding) string {
	switch {
	case f.Effect == gate.Informs:
		return "note"
	case f.Effect == gate.Opens, s.verdict.ReportOnly():
		return "warning"
	}
	return "error"
}

// location returns the line of the policy that asked for a finding, else its first, and the hosts.
func (s *sarif) location(f gate.Finding) sarifLocation {
	file, line := s.verdict.Policy.Path, 1
	if f.Policy != nil && ofPolicy(s.verdict, f.Policy.File) {
		file, line = f.Policy.File, max(1, f.Policy.Line)
	}
	at := sarifLocation{Physical: sarifPhysical{sarifArtifact{policyFile(file)}, sarifRegion{line, 1, line, 2}}}
	for _, id := range f.Hosts {
		if i, ok := slices.BinarySearch(s.hosts, id); ok {
			at.Logical = append(at.Logical, sarifPlace{Index: &i, Whole: printable(id)})
		}
	}
	return at
}

// message says what a finding says, with its first items and details. Its title is a sentence: where there is little room,
// GitHub shows the first one.
func (s *sarif) message(f gate.Finding) string {
	title := inert(f.Title, 300)
	if title == "" {
		title = inert(ruleName(f), 300)
	}
	lines := []string{strings.TrimRight(title, ".") + "."}
	if leads(f) {
		for _, item := range f.Items[:min(leadItems, len(f.Items))] {
			lines = append(lines, inert(lineOf(item), 300))
		}
		if n := len(f.Items) - leadItems; n > 0 {
			lines = append(lines, fmt.Sprintf("%s more", thousands(n)))
		}
	}
	for _, line := range f.Detail[:min(leadItems, len(f.Detail))] {
		lines = append(lines, inert(line, 300))
	}
	if len(f.Hosts) > 0 {
		lines = append(lines, "On "+inert(s.names.hosts(f.Hosts), 300))
	}
	return strings.Join(append(lines, fmt.Sprintf("More: `gate explain %d`", f.Number)), "\n")
}

// lineOf writes what an item is and what the sides have, as text.
func lineOf(item gate.Item) string {
	line := item.Label + ": " + strings.Join(unique(item.To, true), ", ")
	if len(unique(item.To, true)) == 0 {
		line = item.Label + ": " + strings.Join(unique(item.To, false), ", ")
	}
	if from := unique(item.From, false); len(from) > 0 {
		line += " instead of " + strings.Join(from, ", ")
	}
	return line
}

// inert writes at most n columns of text for what is read as text, as Markdown, and as text with links in it (SARIF,
// section 3.11.6): it is the same in each, and nothing of it is a link or a mention.
func inert(s string, n int) string {
	return brief(links.Replace(printable(s[:min(len(s), 8*n)])), n)
}

var links = strings.NewReplacer("`", "'", "|", "¦", "](", "] (", "{", "(", "}", ")")

// fingerprint tells a finding from the others, and stays the same while the finding is about the same: how many, and
// which of the hosts, are left out.
func fingerprint(v *gate.Verdict, f gate.Finding) string {
	about := f.Subject
	if about == "" {
		about, _, _ = strings.Cut(f.Title, " on ")
		about = counts.ReplaceAllString(about, " ")
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{v.To, f.Code, about}, "\x00")))
	return fmt.Sprintf("%x", sum[:8])
}

// counts are the numbers in a title.
var counts = regexp.MustCompile(`(^| )[0-9][0-9,]*( |$)`)
