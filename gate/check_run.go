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

// result is what GitHub told of the run that counts; nil is none.
func (j *checkJudge) result(environment string, run *CheckRun) CheckResult {
	r := CheckResult{Name: j.check.Name, Environment: environment, Commit: j.whole.commit}
	if run != nil {
		r.URL = run.URL
		if j.ended(run) {
			r.Conclusion, r.Completed = run.Conclusion, run.Completed
		}
	}
	return r
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

// deciding returns the run that decides, of those that count and that no later one replaces: one that has failed, else one
// that has not ended, else the one that succeeded last. It is nil where none counts; others says of the newest of the others
// why they do not.
func (j *checkJudge) deciding() (run *CheckRun, others []string) {
	runs := slices.Clone(j.runs.Runs)
	slices.SortStableFunc(runs, func(a, b CheckRun) int {
		return cmp.Or(cmp.Compare(j.rank(&a), j.rank(&b)), b.Completed.Compare(a.Completed), b.Began.Compare(a.Began))
	})
	var counting []CheckRun
	const most = 5
	for i := range runs {
		why := j.why(&runs[i])
		if why == "" {
			counting = append(counting, runs[i])
		} else if len(others) < most {
			others = append(others, strings.Join(append([]string{why}, seenAt(&runs[i])...), ": "))
		}
	}
	for i := range counting {
		if !slices.ContainsFunc(counting, func(later CheckRun) bool { return later.replaces(&counting[i]) }) {
			return &counting[i], nil
		}
	}
	if n := len(runs) - len(others); n > 0 {
		others = append(others, fmt.Sprintf("and %d more that do not count", n))
	}
	return nil, others
}

// rank orders runs: what has failed comes before what has not ended, and that before what has succeeded.
func (j *checkJudge) rank(run *CheckRun) int {
	switch {
	case !j.ended(run):
		return 1
	case run.Conclusion != success:
		return 0
	}
	return 2
}

// replaces reports whether a run is a later one of the same job of the same workflow than another: a later attempt of one run
// of the workflow, or a later run. Two jobs with one name replace each other as little as those of two workflows do.
func (r *CheckRun) replaces(other *CheckRun) bool {
	switch {
	case r.Name != other.Name || r.App != other.App || r.Workflow != other.Workflow:
		return false
	case r.Workflow != "" && r.RunURL == other.RunURL:
		return r.Attempt > other.Attempt
	case r.Workflow == "" && r.Began.Equal(other.Began):
		return r.Completed.After(other.Completed)
	}
	return r.Began.After(other.Began)
}

// ended reports whether a run has ended, as far as it was known at the time of the decision.
func (j *checkJudge) ended(run *CheckRun) bool {
	return run.Status == "completed" && !run.Completed.IsZero() && !run.Completed.After(j.now)
}

// why says why a run does not count, nothing where it does.
func (j *checkJudge) why(run *CheckRun) string {
	if run.App != j.check.App {
		return "one is of " + either(run.App, "the App ", "no App")
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
		return "one is of " + either(run.Repository, "the repository ", "a repository that is gone")
	case run.Branch != j.branch() || run.Branch == "":
		return "one is of " + either(run.Branch, "the branch ", "no branch")
	}
	return ""
}

// either names something, or says that there is none.
func either(name, before, none string) string {
	if name == "" {
		return none
	}
	return before + name
}

// time says why a run is not about the deployment. One that has succeeded must have begun after it, or be the run that
// deployed; it must have ended before something else came, and the hosts must have shown it all the while. Any other counts
// where some of it may be about the deployment.
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
	case good && !j.whole.shown(run.Began, run.Completed):
		return "one ran when the hosts did not show what was deployed"
	}
	return ""
}

var attempt = regexp.MustCompile(`/attempts/[0-9]+$`)

// ofTheDeployment reports whether a run is of the workflow run that recorded the deployment.
func (j *checkJudge) ofTheDeployment(run *CheckRun) bool {
	recorded := attempt.ReplaceAllString(j.whole.deployed.Run, "")
	return recorded != "" && strings.EqualFold(recorded, attempt.ReplaceAllString(run.RunURL, ""))
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
