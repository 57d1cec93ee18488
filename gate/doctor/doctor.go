// Package doctor finds out whether gate is wired so that it can block: in the workflows of a repository, in its settings on
// GitHub, and in the policy. It is pure: what it looks at is given to it, and GitHub is asked through [Settings].
//
// [Parse] reads a workflow, [Examine] looks at all of them and returns what is wrong, each a [Finding] with a place and a
// mend. Each point is a file of its own: gated.go for what deploys although gate does not let it, secrets.go for keys
// within reach, and so on; a point is a method in the list of points below, its codes are in codes.go, and in testdata are
// workflows that it is about, each beside a good twin about which it is silent.
//
// Nothing of a workflow is run: expressions are decided as far as they can be, see expression.go, and scripts are followed as a
// shell would run them, see script.go. What may be either way counts as what lets a deployment through.
package doctor

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/policies"
)

// Severity says what a finding does to the gate.
type Severity string

const (
	Open    Severity = "open"    // gate can be passed by
	Weak    Severity = "weak"    // gate blocks, and what it rests on can be changed, or breaks
	Unknown Severity = "unknown" // it could not be told
)

// Finding is something that is wrong, or that could not be told.
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Places   []Place  `json:"places"` // where; empty where it is in no file
	What     string   `json:"what"`
	Why      string   `json:"why"`
	Mend     string   `json:"mend"` // lines
}

// Place is a line of a file, by its path in the repository.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"` // 0 for the whole file
}

func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Input is what is looked at.
type Input struct {
	Workflows    []*Workflow
	Policy       *policies.Policy
	PolicyFolder string   // the folder of its files, by its path in the repository
	Settings     Settings // nil: GitHub is not asked
	Unasked      string   // why not
	// Pushes reports whether the ledger is pushed to this very repository, Elsewhere whether it is pushed to another one on
	// GitHub or to any other forge.
	Pushes, Elsewhere bool
	Now               time.Time
}

// examination is an examination under way.
type examination struct {
	Input
	targets   []string // environments that are promoted to, in small letters, by any of their names
	scenarios map[*job][]*scenario
	findings  []Finding
}

// points are all that is looked at.
var points = []func(*examination){
	(*examination).used,
	(*examination).gated,
	(*examination).required,
	(*examination).concurrency,
	(*examination).mirror,
	(*examination).pins,
	(*examination).secrets,
	(*examination).permissions,
	(*examination).checkouts,
	(*examination).schedules,
	(*examination).environments,
	(*examination).ledger,
	(*examination).signers,
	(*examination).unasked,
}

// Examine returns what is wrong, the worst first.
func Examine(in Input) []Finding {
	x := &examination{Input: in, scenarios: map[*job][]*scenario{}}
	x.targets = x.targetNames()
	for _, point := range points {
		point(x)
	}
	return ordered(x.findings)
}

// jobs returns all jobs, each with its workflow.
func (x *examination) jobs() iter.Seq2[*Workflow, *job] {
	return func(yield func(*Workflow, *job) bool) {
		for _, w := range x.Workflows {
			for _, j := range w.jobs {
				if !yield(w, j) {
					return
				}
			}
		}
	}
}

// finding returns one of a code; mend has lines.
func finding(code string, places []Place, what string, mend ...string) Finding {
	c := codes[code]
	return Finding{Code: code, Severity: c.severity, Places: places, What: what, Why: c.why, Mend: strings.Join(mend, "\n")}
}

func (x *examination) find(code string, places []Place, what string, mend ...string) {
	x.findings = append(x.findings, finding(code, places, what, mend...))
}

// untold adds that something could not be told.
func (x *examination) untold(places []Place, what string, mend ...string) {
	x.find("settings.unknown", places, what, mend...)
}

func (x *examination) unasked() {
	if x.Settings == nil {
		x.untold(nil, "The repository's settings: GitHub was not asked, since "+x.Unasked+".")
	}
}

// ordered puts what is the same in one finding with several places, and the worst first; else by place.
func ordered(list []Finding) []Finding {
	var merged []Finding
	for _, f := range list {
		same := slices.IndexFunc(merged, func(g Finding) bool {
			return g.Code == f.Code && g.Severity == f.Severity && g.What == f.What && g.Mend == f.Mend
		})
		if same < 0 {
			merged = append(merged, f)
			continue
		}
		for _, p := range f.Places {
			if !slices.Contains(merged[same].Places, p) {
				merged[same].Places = append(merged[same].Places, p)
			}
		}
	}
	rank := []Severity{Open, Weak, Unknown}
	first := func(f Finding) Place {
		if len(f.Places) == 0 {
			return Place{"~", 0} // after all files
		}
		return f.Places[0]
	}
	slices.SortStableFunc(merged, func(a, b Finding) int {
		p, q := first(a), first(b)
		return cmp.Or(cmp.Compare(slices.Index(rank, a.Severity), slices.Index(rank, b.Severity)),
			cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line))
	})
	return merged
}
