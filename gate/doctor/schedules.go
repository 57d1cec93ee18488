package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// schedules looks whether drift is checked for by itself, and whether that still runs.
func (x *examination) schedules() {
	scheduled := false
	for _, w := range x.Workflows {
		t := w.on("schedule")
		checks := slices.ContainsFunc(w.jobs, func(j *job) bool { return x.checksDrift(j, 0) })
		if t == nil || !checks {
			continue
		}
		scheduled = true
		if x.Settings != nil {
			x.stillRuns(w, *t)
		}
	}
	if !scheduled {
		x.find("schedule.none", nil, "No workflow with a schedule runs gate check.", ".github/examples/nightly.yml of gate has one: it checks every night, and records what it reads")
	}
}

// checksDrift reports whether a job looks for drift, itself or in a workflow that it calls.
func (x *examination) checksDrift(j *job, depth int) bool {
	w := world{success: yes, failure: no, cancelled: no, facts: map[string]value{"github.event_name": textValue("schedule")}}
	if !w.runs(j.condition).maybe() {
		return false
	}
	for _, s := range j.steps {
		if slices.ContainsFunc(s.calls, func(c call) bool { return c.command == "check" && c.flags["revision"] == "" }) {
			return true
		}
	}
	callee := x.callee(j)
	return callee != nil && depth < 10 && slices.ContainsFunc(callee.jobs, func(inner *job) bool { return x.checksDrift(inner, depth+1) })
}

func (x *examination) stillRuns(w *Workflow, t trigger) {
	place := w.place(t.line)
	state, err := x.Settings.Workflow(w.file)
	if err != nil {
		x.untold(place, "Whether the scheduled check still runs: "+err.Error()+".")
		return
	}
	name := w.file[strings.LastIndexByte(w.file, '/')+1:]
	switch {
	case state == nil: // not on the default branch yet
		x.find("schedule.stopped", place, "GitHub does not know this workflow: schedules run on the default branch only.", "merge it into the default branch")
		return
	case state.State != "active":
		x.find("schedule.stopped", place, "GitHub does not run this workflow: "+stopped(state.State)+".", "gh workflow enable "+name)
		return
	}
	since := state.LastScheduled
	if since.IsZero() {
		since = state.Created
	}
	if due := x.due(t); !due.IsZero() && since.Before(due) {
		last := "It has never run by its schedule"
		if !state.LastScheduled.IsZero() {
			last = "It ran last by its schedule on " + state.LastScheduled.UTC().Format("2 Jan 2006 15:04 UTC")
		}
		x.find("schedule.stopped", place, last+", and should have twice since.", "gh workflow run "+name+", and look why it did not")
		return
	}
	if state.Conclusion == "startup_failure" || state.Conclusion == "action_required" {
		x.find("schedule.stopped", place, fmt.Sprintf("The last run by the schedule did not begin: %s.", strings.ReplaceAll(state.Conclusion, "_", " ")), state.URL)
	}
}

// due returns the time from which on it must have run: two times of the schedule ago. GitHub may be late by hours, not by a whole
// period.
func (x *examination) due(t trigger) time.Time {
	var due time.Time
	for _, s := range t.crons {
		c, ok := parseCron(s.value)
		if !ok {
			continue
		}
		last := c.before(x.Now)
		if before := c.before(last); !last.IsZero() && before.After(due) {
			due = before
		}
	}
	return due
}

// stopped says what a workflow's state means.
func stopped(state string) string {
	switch state {
	case "disabled_inactivity":
		return "it was turned off since nothing was pushed to the repository for 60 days"
	case "disabled_manually":
		return "somebody has turned it off"
	case "disabled_fork":
		return "schedules are off in a fork"
	}
	return "it is " + state
}
