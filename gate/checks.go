package gate

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
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
			w, ok, open = whole{deployed: e, commit: commit}, true, true
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

// checked returns how a stay was verified by a check of GitHub's, or what it lacks.
func (d *decision) checked(p *proof, c *policies.Check, together []Content) (verification, *Finding) {
	lack := &Finding{Code: "promotion.not_verified", Effect: Blocks, Policy: position(c.Range),
		Title: fmt.Sprintf("%s is not verified by %q on %s", d.name(p.content), c.Name, p.environment)}
	w, ok := p.stay.whole(d.History, together)
	if !ok {
		lack.Detail = []string{"all that would be promoted together was never there at one time: " + named(together)}
		lack.Next = []string{fmt.Sprintf("deploy %s to %s together, and let %s run for that", named(together), p.environment, c.Name)}
		return verification{}, lack
	}
	j := checkJudge{check: c, whole: w, now: d.Now}
	if err := j.ask(d.Checks); err != nil {
		d.unknownCheck(lack, p, c)
		lack.Detail, lack.Next = []string{err.Error()}, []string{"find out why GitHub does not tell, and check again"}
		if u, ok := errors.AsType[*Unanswered](err); ok && u.Next != "" {
			lack.Next = []string{u.Next}
		}
		return verification{}, lack
	}
	run, others := j.newest()
	result := CheckResult{Name: c.Name, Environment: p.environment, Commit: w.commit}
	if run != nil {
		result.URL, result.Completed = run.URL, run.Completed
		if result.Conclusion = run.Conclusion; !j.ended(run) {
			result.Conclusion = ""
		}
	}
	p.checks = append(p.checks, result)
	switch {
	case run == nil:
		d.unknownCheck(lack, p, c)
		lack.Title = fmt.Sprintf("No run of %q counts for %s on %s", c.Name, d.name(p.content), p.environment)
		lack.Detail = append([]string{fmt.Sprintf("asked of %s, for the commit %s, after its deployment of %s", j.runs.Repository, Short(w.commit), d.moment(w.deployed.At))}, others...)
		lack.Next = []string{fmt.Sprintf("let %s run for the commit %s%s", c.Name, Short(w.commit), j.where())}
		if !w.until.IsZero() {
			lack.Next = []string{fmt.Sprintf("deploy %s to %s again, and let %s run for that", d.name(p.content), p.environment, c.Name)}
		}
	case !j.ended(run):
		lack.Title += ": it is still running"
		lack.Detail = seenAt(run)
		if j.ofTheDeployment(run) && c.CheckRun == "" {
			lack.Detail = append(lack.Detail, "it is the run that deployed it; what waits in that run for this waits forever")
		}
		lack.Next = []string{fmt.Sprintf("wait until %s has ended", c.Name)}
	case run.Conclusion != success:
		lack.Title += ": " + howEnded(run.Conclusion)
		lack.Detail = append([]string{"at " + d.moment(run.Completed)}, seenAt(run)...)
		lack.Next = []string{fmt.Sprintf("look why %s has not succeeded, mend that, and let it run again", c.Name)}
	default:
		return verification{name: c.Name, at: run.Completed, run: run}, nil
	}
	return verification{}, lack
}

// unknownCheck makes what a proof lacks something that could not be told.
func (d *decision) unknownCheck(f *Finding, p *proof, c *policies.Check) {
	f.Code, f.Effect = "promotion.check_unknown", Opens
	f.Title = fmt.Sprintf("Whether %s is verified by %q on %s could not be told", d.name(p.content), c.Name, p.environment)
}

// seenAt says where people see a run.
func seenAt(run *CheckRun) []string {
	if run.URL == "" {
		return nil
	}
	return []string{run.URL}
}

// success is the conclusion of a run that succeeded. What was skipped has not, nor what ended neutrally.
const success = "success"

func howEnded(conclusion string) string {
	switch conclusion {
	case "failure", "startup_failure":
		return "it failed"
	case "timed_out":
		return "it took too long"
	case "cancelled", "skipped":
		return "it was " + conclusion
	case "":
		return "it ended without a conclusion"
	}
	return fmt.Sprintf("its conclusion is %q", conclusion)
}

// checkJudge judges which run of a check tells whether a stay was verified.
type checkJudge struct {
	check *policies.Check
	whole whole
	now   time.Time
	runs  CheckRuns
}

func (j *checkJudge) ask(checks Checks) (err error) {
	if checks == nil {
		return errors.New("GitHub was not asked")
	}
	j.runs, err = checks.Runs(*j.check, j.whole.commit)
	return err
}

func (j *checkJudge) branch() string { return cmp.Or(j.check.Branch, j.runs.DefaultBranch) }

// where says for which branch a run must be, and from which workflow it must come.
func (j *checkJudge) where() string {
	if !j.check.ByWorkflow() {
		return ""
	}
	text := " on the branch " + j.branch()
	if j.check.CheckRun != "" && j.check.Workflow != "" {
		text += ", by " + j.check.Workflow
	}
	return text
}

// newest returns the newest run that counts: one that has not ended, else the one that ended last. It is nil where none
// counts; others says of the newest of the others why they do not.
func (j *checkJudge) newest() (run *CheckRun, others []string) {
	runs := slices.Clone(j.runs.Runs)
	slices.SortStableFunc(runs, func(a, b CheckRun) int {
		if x, y := j.ended(&a), j.ended(&b); x != y {
			if y {
				return -1
			}
			return 1
		}
		return cmp.Or(b.Completed.Compare(a.Completed), cmp.Compare(succeeded(&a), succeeded(&b)), b.Began.Compare(a.Began))
	})
	const most = 5
	for i := range runs {
		why := j.why(&runs[i])
		if why == "" {
			return &runs[i], nil
		}
		if len(others) < most {
			others = append(others, strings.Join(append([]string{why}, seenAt(&runs[i])...), ": "))
		}
	}
	if n := len(runs) - len(others); n > 0 {
		others = append(others, fmt.Sprintf("and %d more that do not count", n))
	}
	return nil, others
}

// succeeded orders what has not succeeded before what has.
func succeeded(run *CheckRun) int {
	if run.Conclusion == success {
		return 1
	}
	return 0
}

// ended reports whether a run has ended, as far as it was known at the time of the decision.
func (j *checkJudge) ended(run *CheckRun) bool {
	return run.Status == "completed" && !run.Completed.IsZero() && !run.Completed.After(j.now)
}

// why says why a run does not count, nothing where it does.
func (j *checkJudge) why(run *CheckRun) string {
	if run.App != j.check.App {
		return fmt.Sprintf("one is of the App %s", cmp.Or(run.App, "of nobody"))
	}
	if why := j.origin(run); why != "" && j.check.ByWorkflow() {
		return why
	}
	return j.time(run)
}

// origin says why a run is not from where it must come.
func (j *checkJudge) origin(run *CheckRun) string {
	switch {
	case run.Workflow == "":
		return "one is no job of a workflow: a token has written it"
	case j.check.Workflow != "" && run.Workflow != j.check.Workflow, strings.Contains(run.Workflow, "/"):
		return "one is of the workflow " + run.Workflow
	case strings.HasPrefix(run.Event, "pull_request"):
		return "one is of a pull request"
	case !strings.EqualFold(run.Repository, j.runs.Repository):
		return "one is of the repository " + cmp.Or(run.Repository, "of nobody")
	case run.Branch != j.branch() || run.Branch == "":
		return fmt.Sprintf("one is of the branch %q", run.Branch)
	}
	return ""
}

// time says why a run is not about the deployment. One that has succeeded must have begun after it, or be the run that
// deployed; and it must have ended before something else came. Any other counts where some of it may be about the deployment.
func (j *checkJudge) time(run *CheckRun) string {
	deployed, until := j.whole.deployed.At, j.whole.until
	ended := j.ended(run)
	good := ended && run.Conclusion == success
	switch {
	case run.Began.After(j.now):
		return "one began later"
	case ended && run.Completed.Before(deployed):
		return "one ended before the deployment"
	case good && run.Began.Before(deployed) && !j.ofTheDeployment(run):
		return "one began before the deployment"
	case !until.IsZero() && good && run.Completed.After(until), !until.IsZero() && !good && run.Began.After(until):
		return "one ended when something else was there"
	}
	return ""
}

var attempt = regexp.MustCompile(`/attempts/[0-9]+$`)

// ofTheDeployment reports whether a run is of the workflow run that recorded the deployment.
func (j *checkJudge) ofTheDeployment(run *CheckRun) bool {
	recorded := attempt.ReplaceAllString(j.whole.deployed.Run, "")
	return recorded != "" && strings.EqualFold(recorded, attempt.ReplaceAllString(run.RunURL, ""))
}
