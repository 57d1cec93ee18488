package gate

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-313c021b/gate/policies"
)

// Checks is what GitHub tells of the checks that a policy names. An error means that it could not be told; where it is an
// [*Unanswered], it says what helps.
type Checks interface {
	// Runs returns all runs of a check for a commit: those of a check run's name, or of a workflow's file.
	Runs(c policies.Check, commit string) (CheckRuns, error)
}

// Unanswered is why GitHub did not tell of a check, and what to do.
type Unanswered struct {
	Err  error
	Next string
}

func (u *Unanswered) Error() string { return u.Err.Error() }

func (u *Unanswered) Unwrap() error { return u.Err }

// CheckRuns are runs of a check for one commit, in a repository.
type CheckRuns struct {
	Repository    string // owner/name
	DefaultBranch string
	Runs          []CheckRun
}

// CheckRun is one run of a check.
type CheckRun struct {
	Name string // of the check run, or of the workflow
	URL  string // where people see it
	App  string // who has run it, as "github-actions"

	// Where it comes from: the file in .github/workflows (with the repository before it where that is another one), the
	// run, its event, and the branch and the repository that it was for. All are empty where no workflow's job it is.
	Workflow, RunURL, Event, Branch, Repository string
	Attempt                                     int // of a job: of the workflow's run, from 1; 0 where it is not known

	Status     string // "completed" at its end
	Conclusion string // "success", or how else it ended

	// Began is when its first part began. A workflow of which only the failed jobs run again has begun at its first
	// attempt: the others are as they were then.
	Began     time.Time
	Completed time.Time // zero before its end
}

// CheckResult is what a verdict rests on of what GitHub told.
type CheckResult struct {
	Name        string    `json:"name"` // as verified_by has it
	Environment string    `json:"environment"`
	Commit      string    `json:"commit"`
	Conclusion  string    `json:"conclusion"` // empty where no run counts, or it has not ended
	URL         string    `json:"url,omitempty"`
	Completed   time.Time `json:"completed,omitzero"`
}

// verification is how a stay was verified by a name: by an event, or by a run of a check.
type verification struct {
	name  string
	at    time.Time
	event Event     // by which it is on record
	run   *CheckRun // by which GitHub says so; nil for an event
}

// verify returns how a stay was verified by a name, or what it lacks.
func (d *decision) verify(p *proof, name string, together []Content) (verification, *Finding) {
	if c := d.environment.Promotion.Check(name); c != nil {
		return d.checked(p, c, together)
	}
	e, ok := p.stay.verifiedBy(name, together)
	if !ok {
		f := d.notVerified(*p, name, together)
		return verification{}, &f
	}
	return verification{name: name, at: e.At, event: e}, nil
}

// whole is the time in which all that is promoted together was on an environment: from the deployment that made it so,
// until one that replaces some of it begins.
type whole struct {
	deployed Event
	commit   string
	until    time.Time // zero: it is there still
	sights   []sight   // of the stay
}

// shown reports whether the hosts showed what was deployed, whenever they were looked at from a time to another one, and
// when they were looked at last before.
func (w *whole) shown(from, to time.Time) bool {
	shows := true
	for _, s := range w.sights {
		switch {
		case !s.at.After(from):
			shows = s.shows
		case !s.at.After(to):
			shows = shows && s.shows
		}
	}
	return shows
}

// whole returns the last such time of a stay, false where there is none.
func (s *stay) whole(h *History, together []Content) (w whole, ok bool) {
	there := map[string]string{} // the IDs of contents, by component
	open := false
	for _, e := range h.In(s.deployed.Environment) {
		if e.Kind != Deployed || !slices.ContainsFunc(together, func(c Content) bool { _, is := e.Content(c.Component); return is }) {
			continue
		}
		if open {
			w.until, open = h.began(e), false
		}
		if s.ended != nil && e.ID == s.ended.ID {
			break
		}
		commit := ""
		for _, c := range e.Contents {
			there[c.Component] = c.ID
			if holds(together, c) {
				commit = c.Commit
			}
		}
		if commit != "" && s.lastsAt(e) && !slices.ContainsFunc(together, func(c Content) bool { return there[c.Component] != c.ID }) {
			w, ok, open = whole{deployed: e, commit: commit, sights: s.sights()}, true, true
		}
	}
	if open {
		for _, e := range Running(h, s.deployed.Environment) {
			if e.At.After(w.deployed.At) && slices.ContainsFunc(together, func(c Content) bool { _, is := e.Content(c.Component); return is }) {
				w.until = e.At
				break
			}
		}
	}
	return w, ok
}

// lastsAt reports whether an event is a stay's deployment, or came after it, before its end.
func (s *stay) lastsAt(e Event) bool {
	return e.ID == s.deployed.ID || slices.ContainsFunc(s.events, func(other Event) bool { return other.ID == e.ID })
}

// began returns when a deployment began, as far as that is on record.
func (h *History) began(deployed Event) time.Time {
	if begun, ok := h.Event(deployed.Of); ok && begun.Kind == Deploying {
		return begun.At
	}
	return deployed.At
}

// readBy returns the last event of a stay by which its environment was read, up to a time; its deployment where there is
// none.
func (s *stay) readBy(at time.Time) Event {
	read := s.deployed
	for _, e := range s.events {
		if e.Snapshots[e.Environment] != "" && !e.At.After(at) {
			read = e
		}
	}
	return read
}

// checkAgain is how soon it is worth looking again at a run that has not ended.
const checkAgain = time.Minute

// checked returns how a stay was verified by a check of GitHub's, or what it lacks.
func (d *decision) checked(p *proof, c *policies.Check, together []Content) (verification, *Finding) {
	w, ok := p.stay.whole(d.History, together)
	if !ok {
		f := d.unchecked(p, c, "")
		f.Detail = []string{"all that would be promoted together was never there at one time: " + named(together)}
		f.Next = []string{fmt.Sprintf("deploy %s to %s together, and let %s run for that", named(together), p.environment, c.Name)}
		return verification{}, f
	}
	j := checkJudge{check: c, whole: w, now: d.Now}
	if err := j.ask(d.Checks); err != nil {
		return verification{}, d.unanswered(p, c, err)
	}
	run, others := j.deciding()
	p.checks = append(p.checks, j.result(p.environment, run))
	switch {
	case run == nil:
		return verification{}, d.noRun(p, &j, others)
	case !j.ended(run):
		f := d.unchecked(p, c, ": it is still running")
		f.Detail, f.Next, f.Ready = seenAt(run), []string{fmt.Sprintf("wait until %s has ended", c.Name)}, d.Now.Add(checkAgain)
		if j.ofTheDeployment(run) && c.CheckRun == "" {
			f.Detail = append(f.Detail, "it is the run that deployed it; what waits in that run for this waits forever")
			f.Ready = time.Time{}
		}
		return verification{}, f
	case run.Conclusion != success:
		f := d.unchecked(p, c, ": "+howEnded(run.Conclusion))
		f.Detail = append([]string{"at " + d.moment(run.Completed)}, seenAt(run)...)
		f.Next = []string{fmt.Sprintf("look why %s has not succeeded, mend that, and let it run again", c.Name)}
		return verification{}, f
	}
	return verification{name: c.Name, at: run.Completed, run: run}, nil
}

// unchecked says that a check has not passed, and how that is known.
func (d *decision) unchecked(p *proof, c *policies.Check, how string) *Finding {
	return &Finding{Code: "promotion.not_verified", Effect: Blocks, Policy: position(c.Range),
		Title: fmt.Sprintf("%s is not verified by %q on %s%s", d.name(p.content), c.Name, p.environment, how)}
}

// unanswered says that GitHub did not tell of a check.
func (d *decision) unanswered(p *proof, c *policies.Check, err error) *Finding {
	f := &Finding{Code: "promotion.check_unknown", Effect: Opens, Policy: position(c.Range), Detail: []string{err.Error()},
		Title: fmt.Sprintf("Whether %s is verified by %q on %s could not be told", d.name(p.content), c.Name, p.environment),
		Next:  []string{"find out why GitHub does not tell, and check again"}}
	if u, ok := errors.AsType[*Unanswered](err); ok && u.Next != "" {
		f.Next = []string{u.Next}
	}
	return f
}

// noRun says that no run of a check counts, and why others do not.
func (d *decision) noRun(p *proof, j *checkJudge, others []string) *Finding {
	commit, w := Short(j.whole.commit), j.whole
	f := &Finding{Code: "promotion.check_unknown", Effect: Opens, Policy: position(j.check.Range),
		Title: fmt.Sprintf("No run of %q counts for %s on %s", j.check.Name, d.name(p.content), p.environment),
		Detail: append([]string{fmt.Sprintf("asked of %s, for the commit %s, after its deployment of %s", j.runs.Repository, commit, d.moment(w.deployed.At))},
			others...),
		Next: []string{fmt.Sprintf("let %s run for the commit %s%s", j.check.Name, commit, j.where())}}
	if !w.until.IsZero() {
		f.Next = []string{fmt.Sprintf("deploy %s to %s again, and let %s run for that", d.name(p.content), p.environment, j.check.Name)}
	}
	return f
}
