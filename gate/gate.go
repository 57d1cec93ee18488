// Package gate decides: from a policy and what was read of the hosts it makes a verdict, with a finding for each reason.
//
// It is pure: [Decide] reads no clock, file or host. A [Verdict] is plain data, the same for every report format, and
// goes through JSON unchanged.
package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Outcome is the answer.
type Outcome string

const (
	// Pass: nothing stands against it, and everything could be told.
	Pass Outcome = "pass"
	// Blocked: something stands against it.
	Blocked Outcome = "blocked"
	// Undecided: nothing known stands against it, but not everything could be told.
	Undecided Outcome = "undecided"
)

// Effect is what a finding does to the outcome.
type Effect string

const (
	// Blocks: the outcome is Blocked.
	Blocks Effect = "blocks"
	// Opens: something could not be told; the outcome is at best Undecided.
	Opens Effect = "undecided"
	// Informs: the outcome is not touched.
	Informs Effect = "advisory"
)

// SchemaVersion is the version of a Verdict's JSON form. It grows when a reader of the old form could misread the new.
const SchemaVersion = 1

// Verdict is the answer with all its reasons. Its JSON form is described by gate/report/verdict.schema.json.
type Verdict struct {
	Schema   int      `json:"schema"`
	Outcome  Outcome  `json:"outcome"`
	To       string   `json:"to"`
	From     []string `json:"from"`
	Revision string   `json:"revision,omitempty"`
	// Candidate is what was to be promoted; nil in a drift check.
	Candidate *Proposal `json:"candidate,omitempty"`
	At        time.Time `json:"at"`
	Policy    Policy    `json:"policy"`
	Hosts     []Host    `json:"hosts"`
	// Unread names the roles, as production/web, of which no host could be read at all: with any of them report mode lets
	// nothing through.
	Unread   []string  `json:"unread,omitempty"`
	Findings []Finding `json:"findings"`
	// Checks are what GitHub told of the checks that the policy names, as far as it was asked.
	Checks []CheckResult `json:"checks,omitempty"`
	Counts Counts        `json:"counts"`
	// NotEvaluated names what the policy says and this version of gate does not enforce.
	NotEvaluated []string `json:"not_evaluated"`
	Waivers      []Waiver `json:"waivers"`
}

// Proposal says what was to be promoted.
type Proposal struct {
	Commit     string   `json:"commit"`
	Subject    string   `json:"subject"`    // of the commit
	Components []string `json:"components"` // those that the target has another content of
	Commits    int      `json:"commits"`    // how many lead to it from what the target has; 0 where that is not known
	Files      int      `json:"files"`      // how many of the repository's files differ
	Rollback   bool     `json:"rollback,omitempty"`
}

// Policy says by what was judged.
type Policy struct {
	Path   string `json:"path"`
	Digest string `json:"digest"`
	// Mode is "enforce" or "report"; with "report" Until is the day on which it ends, in the policy's zone.
	Mode  string `json:"mode"`
	Until string `json:"until,omitempty"`
}

// Host is one host that was to be read.
type Host struct {
	ID      string    `json:"id"`
	Address string    `json:"address"`
	Cohort  string    `json:"cohort"`
	Taken   time.Time `json:"taken"`
	Read    bool      `json:"read"` // whether every section could be told
}

// Counts are what the footer of a report says.
type Counts struct {
	Alike       int            `json:"alike"`        // facts that were compared
	Read        int            `json:"read"`         // facts of hosts that were compared with no other one
	NotCompared int            `json:"not_compared"` // facts that one of two environments was asked for
	LeftOut     map[string]int `json:"left_out"`     // facts, by who left them out: "built in", "policy"
}

// Finding is one reason for or against.
type Finding struct {
	Number      int    `json:"number"`
	Code        string `json:"code"`
	Effect      Effect `json:"effect"`
	Enforcement string `json:"enforcement"` // hard findings cannot be overridden
	Title       string `json:"title"`
	// Subject is the address that all items stand below, with "…" in place of the key in which they differ.
	Subject string    `json:"subject,omitempty"`
	Hosts   []string  `json:"hosts"` // the hosts that it is about, as production/web/production-1
	Items   []Item    `json:"items"`
	Detail  []string  `json:"detail"`           // more about it, a line each
	Policy  *Position `json:"policy,omitempty"` // what in the policy asked for it
	Next    []string  `json:"next"`             // what to do about it, in order
	// Ready is when it will be gone by itself, if nothing happens meanwhile; of what somebody else is about to end, when it is
	// worth looking again. It is zero where time alone does not help.
	Ready time.Time `json:"ready,omitzero"`
	// Overridden is the event that lets it through.
	Overridden string `json:"overridden,omitempty"`
}

// Position is a line of the policy.
type Position struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// Item is one address that a finding is about, with what each host has there.
type Item struct {
	Address string   `json:"address"`
	Label   string   `json:"label"` // what of the address is not in the finding's subject
	From    []Values `json:"from"`
	To      []Values `json:"to"`
	Note    string   `json:"note,omitempty"`
}

// Values is a value and the hosts that have it.
type Values struct {
	Value string `json:"value"`          // for people: "66.1.1", "absent", "unknown", "(sealed 3fa9c01b)"
	Kind  string `json:"kind"`           // "known", "absent", "sealed" or "unknown"
	Why   string `json:"why,omitempty"`  // of an unknown one
	JSON  string `json:"json,omitempty"` // of a known one: its canonical JSON
	// Content is, of a file or another section that is there as a whole, a digest of what is in it. Keyed says that it
	// depends on the digest key, since something in it is sealed.
	Content string   `json:"content,omitempty"`
	Keyed   bool     `json:"keyed,omitempty"`
	Hosts   []string `json:"hosts"`
	// Differs says that this is what the finding is about: it is not what the other side has.
	Differs bool `json:"differs"`
}

// Waiver is a waiver of the policy and what became of it.
type Waiver struct {
	Name    string    `json:"name"`
	Owner   string    `json:"owner"`
	Reason  string    `json:"reason"`
	Expires time.Time `json:"expires"`
	Covers  int       `json:"covers"` // how many differences and rule failures it covers in this verdict
}

// seal puts the findings into order, numbers them, and draws the outcome from them. Blockers come first, then what could
// not be told, then the rest; a verdict without any of the first two passes.
func (v *Verdict) seal() {
	rank := map[Effect]int{Blocks: 0, Opens: 1, Informs: 2}
	slices.SortStableFunc(v.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank[a.Effect], rank[b.Effect]), cmp.Compare(codeRank(a.Code), codeRank(b.Code)))
	})
	v.Outcome = Pass
	for i := range v.Findings {
		f := &v.Findings[i]
		f.Number = i + 1
		f.fill()
		switch {
		case f.Effect == Blocks:
			v.Outcome = Blocked
		case f.Effect == Opens && v.Outcome == Pass:
			v.Outcome = Undecided
		}
	}
}

// fill replaces nil lists by empty ones, so that the JSON form always has lists.
func (f *Finding) fill() {
	if f.Hosts == nil {
		f.Hosts = []string{}
	}
	if f.Items == nil {
		f.Items = []Item{}
	}
	if f.Detail == nil {
		f.Detail = []string{}
	}
	if f.Next == nil {
		f.Next = []string{}
	}
	if f.Enforcement == "" {
		f.Enforcement = "soft"
	}
	for i := range f.Items {
		if f.Items[i].From == nil {
			f.Items[i].From = []Values{}
		}
		if f.Items[i].To == nil {
			f.Items[i].To = []Values{}
		}
	}
}

// Count returns how many findings have an effect.
func (v *Verdict) Count(e Effect) int {
	n := 0
	for _, f := range v.Findings {
		if f.Effect == e {
			n++
		}
	}
	return n
}

// ReportOnly reports whether the outcome stops nothing: the policy only reports, and of each role some host was read.
func (v *Verdict) ReportOnly() bool { return v.Policy.Mode == "report" && len(v.Unread) == 0 }

// Steps returns what to do, in order: the findings' own next steps, each once, and at the end the check that shows
// whether it helped.
func (v *Verdict) Steps() []string {
	var steps []string
	for _, f := range v.Findings {
		if f.Effect == Informs {
			continue
		}
		for _, step := range f.Next {
			step = strings.ReplaceAll(step, "finding NUMBER", fmt.Sprintf("gate explain %d", f.Number))
			if !slices.Contains(steps, step) {
				steps = append(steps, step)
			}
		}
	}
	again := "gate check --to " + v.To
	if v.Candidate != nil {
		again += " --revision " + Short(v.Candidate.Commit)
		if v.Candidate.Rollback {
			again += " --rollback"
		}
	}
	if len(steps) > 0 && !strings.HasPrefix(steps[len(steps)-1], again) {
		steps = append(steps, again)
	}
	return steps
}

// Check reports what a verdict that was read from a file cannot be.
func (v *Verdict) Check() error {
	want := Pass
	for i, f := range v.Findings {
		if f.Number != i+1 {
			return fmt.Errorf("finding %d has the number %d", i+1, f.Number)
		}
		switch {
		case f.Effect == Blocks:
			want = Blocked
		case f.Effect == Opens && want == Pass:
			want = Undecided
		case f.Effect != Informs && f.Effect != Opens:
			return fmt.Errorf("finding %d has the effect %q", f.Number, f.Effect)
		}
	}
	if v.Outcome != want {
		return fmt.Errorf("the outcome is %q, and the findings make it %q", v.Outcome, want)
	}
	return nil
}
