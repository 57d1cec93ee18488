package gate

import (
	"slices"
	"time"

	"github.com/seed-313c021b/gate/policies"
)

// Entry is one entry of the timeline: an event of the ledger, or drift that came between two observations.
type Entry struct {
	At    time.Time `json:"at"`
	Event *Event    `json:"-"`
	Drift *Drifted  `json:"drift,omitempty"`
}

// Drifted is what changed on an environment between two observations, with no deployment between them.
type Drifted struct {
	Environment string    `json:"environment"`
	Since       time.Time `json:"since"` // the observation before; the other one is that of the entry
	Findings    []Finding `json:"findings"`
	// Problem says why it could not be told what changed.
	Problem string `json:"problem,omitempty"`
}

// Timeline says what is of interest in a history.
type Timeline struct {
	Policy      *policies.Policy
	History     *History
	Record      Record    // nil: drift is left out
	Environment string    // empty for all
	Contents    []Content // those of a revision; nil for all
	Since       time.Time
}

// Entries returns the timeline, oldest first.
func (t Timeline) Entries() []Entry {
	var entries []Entry
	for i := range t.History.Events {
		if e := &t.History.Events[i]; t.wants(e) {
			entries = append(entries, Entry{At: e.At, Event: e})
		}
	}
	if t.Record != nil && t.Contents == nil {
		for _, e := range t.Policy.Environments {
			if t.Environment == "" || t.Environment == e.Name {
				entries = append(entries, t.drift(e.Name)...)
			}
		}
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return a.At.Compare(b.At) })
	return entries
}

// wants reports whether an event is of interest. What is about no environment is about all of them.
func (t Timeline) wants(e *Event) bool {
	if e.At.Before(t.Since) || t.Environment != "" && e.Environment != "" && e.Environment != t.Environment {
		return false
	}
	return t.Contents == nil || slices.ContainsFunc(e.Contents, func(c Content) bool { return holds(t.Contents, c) })
}

// drift returns what changed on an environment between observations, outside deployments: not in the time from the begin of
// one to what was seen after it.
func (t Timeline) drift(environment string) []Entry {
	var entries []Entry
	var last *Event
	deploying := false
	for i := range t.History.Events {
		e := &t.History.Events[i]
		if e.Invalid != "" {
			continue
		}
		own := e.Environment == environment
		deploying = deploying || own && (e.Kind == Deployed || e.Kind == Failed)
		if e.Snapshots[environment] != "" {
			if last != nil && !deploying && !e.At.Before(t.Since) {
				if d := t.between(environment, last, e); len(d.Findings) > 0 || d.Problem != "" {
					entries = append(entries, Entry{At: e.At, Drift: d})
				}
			}
			last, deploying = e, false
		}
		deploying = deploying || own && e.Kind == Deploying
	}
	return entries
}

// between compares two observations of an environment, each host with itself.
func (t Timeline) between(environment string, before, after *Event) *Drifted {
	d := &Drifted{Environment: environment, Since: before.At}
	from, err := t.Record.Snapshot(before.Snapshots[environment])
	if err == nil && before.Snapshots[environment] == after.Snapshots[environment] {
		return d
	}
	if err != nil {
		d.Problem = err.Error()
		return d
	}
	to, err := t.Record.Snapshot(after.Snapshots[environment])
	if err != nil {
		d.Problem = err.Error()
		return d
	}
	d.Findings = slices.DeleteFunc(Diff(t.Policy, from.Hosts, to.Hosts, environment+" before", environment, true), func(f Finding) bool {
		return f.Effect != Blocks
	})
	return d
}
