package gate_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// octo is a GitHub that knows runs of checks by commit.
type octo struct {
	runs  map[string][]gate.CheckRun
	err   error
	asked []string
}

func (o *octo) Runs(c policies.Check, commit string) (gate.CheckRuns, error) {
	o.asked = append(o.asked, c.Name+" "+name(commit))
	return gate.CheckRuns{Repository: "Octo/shop", DefaultBranch: "main", Runs: slices.Clone(o.runs[name(commit)])}, o.err
}

func (o *octo) input(in *gate.Input) { in.Checks = o }

const (
	runURL = "https://github.com/octo/shop/actions/runs/7"
	jobURL = runURL + "/job/8"
)

// checked is a world in which c1 is on staging for an hour, with what GitHub tells of it: e2e, which began a minute after its
// deployment, took ten, and succeeded.
type checked struct {
	*world
	github   *octo
	run      *gate.CheckRun
	deployed time.Time
}

func checkedBy(t *testing.T, verifiedBy string, more ...string) *checked {
	t.Helper()
	w := worldOf(t, strings.NewReplacer(`["smoke"]`, verifiedBy, "%s", strings.Join(more, "\n")).Replace(promoting), "c0")
	w.commit("c1", "c0")
	w.deploy("staging", "c1", "stdout")
	w.of(gate.Deployed, "c1").Run = "https://github.com/octo/shop/actions/runs/5/attempts/2"
	c := &checked{world: w, github: &octo{runs: map[string][]gate.CheckRun{}}, deployed: w.now}
	c.add("c1", gate.CheckRun{})
	c.run = &c.github.runs["c1"][0]
	w.wait(time.Hour)
	return c
}

// add adds a run for a commit, with what every good one has where it has not.
func (c *checked) add(commit string, r gate.CheckRun) {
	good := gate.CheckRun{Name: "e2e", URL: jobURL, App: "github-actions", Workflow: "e2e.yml", RunURL: runURL, Event: "push", Branch: "main", Repository: "octo/shop",
		Status: "completed", Conclusion: "success", Began: c.deployed.Add(time.Minute), Completed: c.deployed.Add(11 * time.Minute)}
	if r.Branch == "" {
		r.Branch = good.Branch
	}
	if r.Conclusion == "" && r.Status == "" {
		r.Conclusion = good.Conclusion
	}
	if r.Status == "" {
		r.Status, r.Completed = good.Status, later(r.Completed, good.Completed)
	}
	r.Name, r.URL, r.App, r.Workflow, r.RunURL = good.Name, good.URL, good.App, or(r.Workflow, good.Workflow), or(r.RunURL, good.RunURL)
	r.Event, r.Repository = good.Event, good.Repository
	r.Began = later(r.Began, good.Began)
	c.github.runs[commit] = append(c.github.runs[commit], r)
	c.run = &c.github.runs[commit][0]
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// later returns a time, or another one where it is not set.
func later(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}

func (c *checked) check() *gate.Verdict {
	c.t.Helper()
	return c.world.check("c1", c.github.input)
}

func TestChecks(t *testing.T) {
	const unknown, not = "promotion.check_unknown", "promotion.not_verified"
	const e2e = `["check:e2e"]`
	minutes := func(c *checked, n int) time.Time { return c.deployed.Add(time.Duration(n) * time.Minute) }
	for _, tt := range []struct {
		name       string
		verifiedBy string // check:e2e where it is empty
		evidence   string
		happen     func(c *checked)
		want       gate.Outcome
		code, says string
	}{
		{name: "it succeeded", want: gate.Pass},
		{name: "as began in the second of the deployment", happen: func(c *checked) { c.run.Began = c.deployed }, want: gate.Pass},
		{name: "no run at all", happen: func(c *checked) { clear(c.github.runs) }, want: gate.Undecided, code: unknown,
			says: "No run of \"check:e2e\" counts for app 6331000 on staging"},
		{name: "somebody has recorded it", happen: func(c *checked) {
			clear(c.github.runs)
			c.event(gate.Event{Kind: gate.Verified, Environment: "staging", Name: "check:e2e"}, "c1")
		}, want: gate.Undecided, code: unknown},
		{name: "GitHub does not tell", happen: func(c *checked) { c.github.err = errors.New("403: Resource not accessible by integration") }, want: gate.Undecided, code: unknown,
			says: "Whether app 6331000 is verified by \"check:e2e\" on staging could not be told\n403: Resource not accessible by integration"},
		{name: "with runs, and an error", happen: func(c *checked) { c.github.err = errors.New("the second page is cut off") }, want: gate.Undecided, code: unknown, says: "cut off"},
		{name: "what helps is said", happen: func(c *checked) {
			c.github.err = fmt.Errorf("asked: %w", &gate.Unanswered{Err: errors.New("there is no token"), Next: "give GITHUB_TOKEN"})
		}, want: gate.Undecided, code: unknown, says: "give GITHUB_TOKEN"},
		{name: "it failed", happen: func(c *checked) { c.run.Conclusion = "failure" }, want: gate.Blocked, code: not,
			says: "app 6331000 is not verified by \"check:e2e\" on staging: it failed"},
		{name: "it was skipped", happen: func(c *checked) { c.run.Conclusion = "skipped" }, want: gate.Blocked, code: not, says: "it was skipped"},
		{name: "it was cancelled", happen: func(c *checked) { c.run.Conclusion = "cancelled" }, want: gate.Blocked, code: not, says: "it was cancelled"},
		{name: "it is neutral", happen: func(c *checked) { c.run.Conclusion = "neutral" }, want: gate.Blocked, code: not, says: `its conclusion is "neutral"`},
		{name: "it took too long", happen: func(c *checked) { c.run.Conclusion = "timed_out" }, want: gate.Blocked, code: not, says: "it took too long"},
		{name: "a conclusion that nobody knows yet", happen: func(c *checked) { c.run.Conclusion = "success!" }, want: gate.Blocked, code: not, says: `its conclusion is "success!"`},
		{name: "it has no conclusion", happen: func(c *checked) { c.run.Conclusion = "" }, want: gate.Blocked, code: not, says: "without a conclusion"},
		{name: "it is running", happen: func(c *checked) { c.run.Status, c.run.Conclusion, c.run.Completed = "in_progress", "", time.Time{} }, want: gate.Blocked, code: not, says: "it is still running"},
		{name: "it has begun before the deployment, and is running", happen: func(c *checked) {
			c.run.Status, c.run.Conclusion, c.run.Completed, c.run.Began = "in_progress", "", time.Time{}, minutes(c, -5)
		}, want: gate.Blocked, code: not, says: "it is still running"},
		{name: "it is queued", happen: func(c *checked) {
			c.run.Status, c.run.Conclusion, c.run.Completed, c.run.Began = "queued", "", time.Time{}, time.Time{}
		}, want: gate.Blocked, code: not, says: "it is still running"},
		{name: "a status that contradicts the conclusion", happen: func(c *checked) { c.run.Status = "in_progress" }, want: gate.Blocked, code: not, says: "it is still running"},
		{name: "an end without a time", happen: func(c *checked) { c.run.Completed = time.Time{} }, want: gate.Blocked, code: not, says: "it is still running"},

		{name: "of another commit", happen: func(c *checked) { c.github.runs["c0"] = c.github.runs["c1"]; delete(c.github.runs, "c1") }, want: gate.Undecided, code: unknown},
		{name: "of a branch", happen: func(c *checked) { c.run.Branch = "feature" }, want: gate.Undecided, code: unknown, says: `one is of the branch feature: ` + jobURL},
		{name: "of no branch", happen: func(c *checked) { c.run.Branch = "" }, want: gate.Undecided, code: unknown, says: "one is of no branch"},
		{name: "of the branch that is asked for", evidence: `branch = "release"`, happen: func(c *checked) { c.run.Branch = "release" }, want: gate.Pass},
		{name: "of the default branch, and another is asked for", evidence: `branch = "release"`, want: gate.Undecided, code: unknown, says: "on the branch release"},
		{name: "of a fork's branch of the same name", happen: func(c *checked) { c.run.Repository = "mallory/shop" }, want: gate.Undecided, code: unknown, says: "one is of the repository mallory/shop"},
		{name: "of a repository that is gone", happen: func(c *checked) { c.run.Repository = "" }, want: gate.Undecided, code: unknown, says: "one is of a repository that is gone"},
		{name: "of a pull request", happen: func(c *checked) { c.run.Event = "pull_request" }, want: gate.Undecided, code: unknown, says: "one is of a pull request"},
		{name: "of a pull request's target", happen: func(c *checked) { c.run.Event = "pull_request_target" }, want: gate.Undecided, code: unknown, says: "one is of a pull request"},
		{name: "by hand", happen: func(c *checked) { c.run.Event = "workflow_dispatch" }, want: gate.Pass},
		{name: "of another App", happen: func(c *checked) { c.run.App = "octo-scanner" }, want: gate.Undecided, code: unknown, says: "one is of the App octo-scanner"},
		{name: "of the App that is asked for", evidence: `app = "octo-scanner"`, happen: func(c *checked) {
			*c.run = gate.CheckRun{Name: "e2e", App: "octo-scanner", Status: "completed", Conclusion: "success", Began: c.run.Began, Completed: c.run.Completed}
		}, want: gate.Pass},
		{name: "of Actions, and another App is asked for", evidence: `app = "octo-scanner"`, want: gate.Undecided, code: unknown, says: "one is of the App github-actions"},
		{name: "written by a token", happen: func(c *checked) { c.run.Workflow, c.run.RunURL, c.run.Branch = "", "", "" }, want: gate.Undecided, code: unknown, says: "no job of a workflow"},
		{name: "of the workflow that is asked for", evidence: `workflow = "e2e.yml"`, want: gate.Pass},
		{name: "of another workflow", evidence: `workflow = "e2e.yaml"`, want: gate.Undecided, code: unknown, says: "one is of the workflow e2e.yml"},
		{name: "of another repository's workflow", happen: func(c *checked) { c.run.Workflow = "octo/.github/e2e.yml" }, want: gate.Undecided, code: unknown, says: "one is of the workflow octo/.github/e2e.yml"},
		{name: "a workflow", verifiedBy: `["workflow:e2e.yml"]`, want: gate.Pass},
		{name: "a workflow of another file", verifiedBy: `["workflow:deploy.yml"]`, want: gate.Undecided, code: unknown, says: "one is of the workflow e2e.yml"},
		{name: "a workflow that failed", verifiedBy: `["workflow:e2e.yml"]`, happen: func(c *checked) { c.run.Conclusion = "failure" }, want: gate.Blocked, code: not},

		{name: "it ended before the deployment", happen: func(c *checked) { c.run.Began, c.run.Completed = minutes(c, -9), minutes(c, -1) }, want: gate.Undecided, code: unknown, says: "one ended before the deployment"},
		{name: "it failed before the deployment", happen: func(c *checked) {
			c.run.Began, c.run.Completed, c.run.Conclusion = minutes(c, -9), minutes(c, -1), "failure"
		}, want: gate.Undecided, code: unknown, says: "one ended before the deployment"},
		{name: "it began before the deployment", happen: func(c *checked) { c.run.Began = c.deployed.Add(-time.Second) }, want: gate.Undecided, code: unknown, says: "one began before the deployment"},
		{name: "it began before the deployment, and failed after it", happen: func(c *checked) { c.run.Began, c.run.Conclusion = minutes(c, -1), "failure" }, want: gate.Blocked, code: not},
		{name: "it is the run that deployed", happen: func(c *checked) {
			c.run.Began, c.run.RunURL = minutes(c, -5), "https://github.com/octo/shop/actions/runs/5"
		}, want: gate.Pass},
		{name: "it is of the run that deployed, and ended before", happen: func(c *checked) {
			c.run.Began, c.run.Completed, c.run.RunURL = minutes(c, -5), minutes(c, -1), "https://github.com/octo/shop/actions/runs/5"
		}, want: gate.Undecided, code: unknown, says: "one ended before the deployment"},
		{name: "a run whose address begins alike", happen: func(c *checked) {
			c.run.Began, c.run.RunURL = minutes(c, -5), "https://github.com/octo/shop/actions/runs/55"
		}, want: gate.Undecided, code: unknown, says: "one began before the deployment"},
		{name: "no run deployed it", happen: func(c *checked) {
			c.run.Began, c.run.RunURL = minutes(c, -5), ""
			c.of(gate.Deployed, "c1").Run = ""
		}, want: gate.Undecided, code: unknown, says: "one began before the deployment"},
		{name: "the workflow that waits for itself", verifiedBy: `["workflow:e2e.yml"]`, happen: func(c *checked) {
			c.run.Status, c.run.Completed, c.run.RunURL = "in_progress", time.Time{}, "https://github.com/octo/shop/actions/runs/5"
		}, want: gate.Blocked, code: not, says: "waits forever"},
		{name: "it ends later than now", happen: func(c *checked) { c.run.Completed = c.now.Add(time.Second) }, want: gate.Blocked, code: not, says: "it is still running"},
		{name: "it begins later than now", happen: func(c *checked) { c.run.Began, c.run.Completed = c.now.Add(time.Second), c.now.Add(time.Minute) }, want: gate.Undecided, code: unknown, says: "one began later"},

		{name: "a later one failed", happen: func(c *checked) {
			c.add("c1", gate.CheckRun{Began: minutes(c, 12), Completed: minutes(c, 20), Conclusion: "failure"})
		}, want: gate.Blocked, code: not},
		{name: "a later one runs", happen: func(c *checked) { c.add("c1", gate.CheckRun{Began: minutes(c, 12), Status: "in_progress"}) }, want: gate.Blocked, code: not, says: "still running"},
		{name: "an earlier attempt failed", happen: func(c *checked) {
			c.run.Attempt = 2
			c.add("c1", gate.CheckRun{Completed: minutes(c, 5), Conclusion: "failure", Attempt: 1})
		}, want: gate.Pass},
		{name: "another job of its name failed before", happen: func(c *checked) {
			c.run.Attempt = 1
			c.add("c1", gate.CheckRun{Completed: minutes(c, 5), Conclusion: "failure", Attempt: 1})
		}, want: gate.Blocked, code: not, says: "it failed"},
		{name: "one of which the attempt is not known failed before", happen: func(c *checked) {
			c.add("c1", gate.CheckRun{Completed: minutes(c, 5), Conclusion: "failure"})
		}, want: gate.Blocked, code: not},
		{name: "an earlier run failed", happen: func(c *checked) {
			c.run.Began = minutes(c, 6)
			c.add("c1", gate.CheckRun{Completed: minutes(c, 5), Conclusion: "failure", RunURL: runURL + "0"})
		}, want: gate.Pass},
		{name: "an earlier run was cancelled for this one", happen: func(c *checked) {
			c.run.Began = minutes(c, 6)
			c.add("c1", gate.CheckRun{Completed: minutes(c, 7), Conclusion: "cancelled", RunURL: runURL + "0"})
		}, want: gate.Pass},
		{name: "a run beside it failed", happen: func(c *checked) {
			c.add("c1", gate.CheckRun{Completed: minutes(c, 5), Conclusion: "failure", RunURL: runURL + "0"})
		}, want: gate.Blocked, code: not},
		{name: "the same job of another workflow failed before", happen: func(c *checked) {
			c.run.Began = minutes(c, 6)
			c.add("c1", gate.CheckRun{Completed: minutes(c, 5), Conclusion: "failure", RunURL: runURL + "0", Workflow: "backend.yml"})
		}, want: gate.Blocked, code: not},
		{name: "a job of its name failed, and another one runs", happen: func(c *checked) {
			c.add("c1", gate.CheckRun{Completed: minutes(c, 5), Conclusion: "failure", Attempt: 1})
			c.add("c1", gate.CheckRun{Status: "in_progress", Attempt: 1})
		}, want: gate.Blocked, code: not, says: "it failed"},
		{name: "another one failed at the same second", happen: func(c *checked) {
			c.add("c1", gate.CheckRun{Completed: minutes(c, 11), Conclusion: "failure"})
		}, want: gate.Blocked, code: not},
		{name: "a later one of another branch failed", happen: func(c *checked) {
			c.add("c1", gate.CheckRun{Completed: minutes(c, 20), Conclusion: "failure", Branch: "feature"})
		}, want: gate.Pass},
		{name: "one of another branch runs", happen: func(c *checked) { c.add("c1", gate.CheckRun{Status: "in_progress", Branch: "feature"}) }, want: gate.Pass},
		{name: "a later one of a branch succeeded", happen: func(c *checked) {
			c.run.Conclusion = "failure"
			c.add("c1", gate.CheckRun{Completed: minutes(c, 20), Branch: "feature"})
		}, want: gate.Blocked, code: not},

		{name: "one of two", verifiedBy: `["check:e2e", "smoke"]`, want: gate.Blocked, code: not, says: `"smoke"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.verifiedBy == "" {
				tt.verifiedBy = e2e
			}
			if tt.evidence != "" {
				tt.evidence = "evidence \"check:e2e\" {\n" + tt.evidence + "\n}"
			}
			c := checkedBy(t, tt.verifiedBy, tt.evidence)
			if tt.happen != nil {
				tt.happen(c)
			}
			v := c.check()
			if tt.want == gate.Pass {
				c.want(v, gate.Pass)
				return
			}
			codes := []string{tt.code}
			if v.Outcome != tt.want || !hasCode(v, codes[0]) {
				t.Errorf("got %s\n%s\nwant %s for %q", v.Outcome, details(v), tt.want, tt.code)
			}
			meet(tt.code)
			for _, f := range v.Findings {
				checkFinding(t, f)
			}
			c.says(v, tt.code, tt.says)
		})
	}
}

func hasCode(v *gate.Verdict, code string) bool {
	return slices.ContainsFunc(v.Findings, func(f gate.Finding) bool { return f.Code == code && f.Effect != gate.Informs })
}

// What was replaced cannot be verified any more, and what was verified before stays so.
func TestChecksReplaced(t *testing.T) {
	begin := func(t *testing.T) *checked {
		c := checkedBy(t, `["check:e2e"]`)
		c.commit("c2", "c1")
		c.world.begin("staging", "c2")
		c.wait(10 * time.Minute)
		c.arrive("staging/*", "c2")
		last := c.history.Events[len(c.history.Events)-1]
		c.event(gate.Event{Kind: gate.Deployed, Environment: "staging", Of: last.ID, Contents: last.Contents}, "")
		c.wait(time.Hour)
		return c
	}
	c := begin(t)
	c.want(c.check(), gate.Pass)
	for _, tt := range []struct {
		name             string
		began, completed time.Duration // after the deployment
	}{
		{"after it was replaced", 80 * time.Minute, 90 * time.Minute},
		{"while it was replaced", 50 * time.Minute, 61 * time.Minute},
	} {
		c := begin(t)
		c.run.Began, c.run.Completed = c.deployed.Add(tt.began), c.deployed.Add(tt.completed)
		c.want(c.check(), gate.Undecided, "promotion.check_unknown")
		c.says(c.check(), "promotion.check_unknown", "when something else was there")
		c.says(c.check(), "promotion.check_unknown", "deploy app 6331000 to staging again")
		c.run.Conclusion = "failure"
		if tt.began < time.Hour {
			c.want(c.check(), gate.Blocked, "promotion.not_verified")
		} else {
			c.want(c.check(), gate.Undecided, "promotion.check_unknown")
		}
	}
}

// While something else is on its way, and after it has failed, nobody knows what was checked.
func TestChecksMeanwhile(t *testing.T) {
	c := checkedBy(t, `["check:e2e"]`)
	c.commit("c2", "c1")
	begun := c.world.begin("staging", "c2")
	c.wait(time.Minute)
	c.want(c.check(), gate.Pass) // it was verified before
	c.run.Completed = c.now
	c.want(c.check(), gate.Undecided, "promotion.check_unknown")
	c.says(c.check(), "promotion.check_unknown", "when something else was there")

	c.arrive("staging/staging-1", "c2")
	c.mark("staging/web/staging-1", "c2")
	c.event(gate.Event{Kind: gate.Failed, Environment: "staging", Of: begun.ID}, "c2")
	c.wait(time.Minute)
	c.run.Completed = c.now
	c.says(c.check(), "promotion.check_unknown", "one ran when the hosts did not show what was deployed")

	c.mark("staging/*", "c1")
	c.observe("staging")
	c.run.Completed = c.now
	c.says(c.check(), "promotion.check_unknown", "one ran when the hosts did not show what was deployed")
	c.run.Began = c.now
	c.wait(30 * time.Minute)
	c.want(c.check(), gate.Pass)
}

// The soak begins at the end of the check, where the hosts show the content before and after.
func TestChecksSoak(t *testing.T) {
	c := checkedBy(t, `["check:e2e"]`)
	c.run.Completed = c.now.Add(-30*time.Minute + time.Second)
	v := c.check()
	c.want(v, gate.Blocked, "promotion.soaking")
	c.says(v, "promotion.soaking", "has soaked 29m of 30m")
	c.run.Completed = c.now.Add(-30 * time.Minute)
	c.want(c.check(), gate.Pass)

	// Between the deployment and now the hosts have shown something else.
	c = checkedBy(t, `["check:e2e"]`)
	c.mark("staging/staging-1", "c0")
	c.mark("staging/*", "c0")
	c.observe("staging")
	c.mark("staging/*", "c1")
	c.want(c.check(), gate.Blocked, "promotion.soaking")
}

// A run that has not ended is worth looking at again, unless nothing but this very gate is what it waits for.
func TestChecksWait(t *testing.T) {
	running := func(verifiedBy, name string) *checked {
		c := checkedBy(t, verifiedBy)
		c.mark("staging/*", "c0")
		c.observe("staging")
		c.mark("staging/*", "c1")
		c.observe("staging") // it soaks from now on
		c.run.Name, c.run.Status, c.run.Conclusion, c.run.Completed = name, "in_progress", "", time.Time{}
		return c
	}
	ready := func(c *checked) map[string]time.Time {
		at := map[string]time.Time{}
		for _, f := range c.check().Findings {
			if f.Effect != gate.Informs {
				at[f.Code] = f.Ready
			}
		}
		return at
	}
	c := running(`["check:e2e"]`, "e2e")
	soon := c.now.Add(time.Minute)
	if diff := cmp.Diff(map[string]time.Time{"promotion.not_verified": soon, "promotion.soaking": soon}, ready(c)); diff != "" {
		t.Errorf("while it runs (-want +got):\n%s", diff)
	}
	c.run.Status, c.run.Conclusion, c.run.Completed = "completed", "failure", c.now
	if diff := cmp.Diff(map[string]time.Time{"promotion.not_verified": {}, "promotion.soaking": {}}, ready(c)); diff != "" {
		t.Errorf("once it has failed (-want +got):\n%s", diff)
	}
	c = running(`["workflow:e2e.yml"]`, "e2e")
	c.run.RunURL = "https://github.com/octo/shop/actions/runs/5/attempts/2"
	if diff := cmp.Diff(map[string]time.Time{"promotion.not_verified": {}, "promotion.soaking": {}}, ready(c)); diff != "" {
		t.Errorf("of the run that deployed (-want +got):\n%s", diff)
	}
}

func TestChecksAge(t *testing.T) {
	c := checkedBy(t, `["check:e2e"]`, `evidence_max_age = "1d"`)
	c.wait(23*time.Hour + 10*time.Minute)
	c.want(c.check(), gate.Pass)
	c.wait(2 * time.Minute)
	c.want(c.check(), gate.Blocked, "promotion.stale")
}

// What is proved says by which run, and the verdict has what GitHub told.
func TestChecksSaid(t *testing.T) {
	c := checkedBy(t, `["check:e2e"]`)
	v := c.check()
	c.tells(v, "change.in_flight", ", check:e2e 13:11, soaked 49m of 30m; seen on the hosts now\ncheck:e2e: "+jobURL)
	want := []gate.CheckResult{{Name: "check:e2e", Environment: "staging", Commit: id("c1"), Conclusion: "success", URL: jobURL, Completed: c.run.Completed}}
	if diff := cmp.Diff(want, v.Checks); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c.run.Status = "in_progress"
	want[0].Conclusion, want[0].Completed = "", time.Time{}
	if diff := cmp.Diff(want, c.check().Checks); diff != "" {
		t.Errorf("while it runs (-want +got):\n%s", diff)
	}
	for i := range 9 {
		c.add("c1", gate.CheckRun{Branch: fmt.Sprint("feature-", i)})
	}
	c.run.Branch = "feature"
	c.says(c.check(), "promotion.check_unknown", "and 5 more that do not count")
}

// GitHub is not asked where its answer can change nothing.
func TestChecksNotAsked(t *testing.T) {
	c := checkedBy(t, `["check:e2e"]`)
	c.event(gate.Event{Kind: gate.Failed, Environment: "staging", Of: c.of(gate.Deployed, "c1").ID}, "c1")
	c.want(c.check(), gate.Blocked, "promotion.failed")
	if len(c.github.asked) > 0 {
		t.Errorf("it was asked of %q", c.github.asked)
	}
	c = checkedBy(t, `["check:e2e"]`)
	c.deploy("production", "c1", "stdout")
	c.github.asked = nil
	c.world.check("c0", c.github.input, back)
	if len(c.github.asked) > 0 {
		t.Errorf("on the way back it was asked of %q", c.github.asked)
	}
	c = checkedBy(t, `["check:e2e"]`)
	v := c.world.check("c1")
	c.want(v, gate.Undecided, "promotion.check_unknown")
	c.says(v, "promotion.check_unknown", "GitHub was not asked")
}

// What skipped the gate was proved since only where the check has passed.
func TestChecksProvedSince(t *testing.T) {
	c := checkedBy(t, `["check:e2e"]`)
	c.arrive("production/*", "c1", "stdout")
	c.event(gate.Event{Kind: gate.Deployed, Environment: "production"}, "c1")
	c.tells(c.world.check("", c.github.input), "promotion.skipped", "it was proved since")
	c.run.Conclusion = "failure"
	c.want(c.world.check("", c.github.input), gate.Blocked, "promotion.skipped")
	c.github.err = errors.New("403: the token may not")
	v := c.world.check("", c.github.input)
	c.want(v, gate.Blocked, "promotion.skipped")
	c.says(v, "promotion.skipped", "could not be told\n403: the token may not")
}

// Of contents that are promoted together the check must be of the latest deployment, with all of them there.
func TestChecksTogether(t *testing.T) {
	begin := func(t *testing.T) *checked {
		w := worldOf(t, strings.Replace(pair, `["smoke"]`, `["check:e2e"]`, 1), "a0.b0")
		w.commit("a1.b0", "a0.b0")
		w.commit("a1.b1", "a1.b0")
		w.arriveOne("a1.b0", "app")
		c := &checked{world: w, github: &octo{runs: map[string][]gate.CheckRun{}}, deployed: w.now}
		c.add("a1.b0", gate.CheckRun{})
		w.wait(time.Hour)
		w.arriveOne("a1.b1", "db")
		c.deployed = w.now
		w.wait(time.Hour)
		return c
	}
	check := func(c *checked) *gate.Verdict { return c.world.check("a1.b1", c.github.input) }
	c := begin(t)
	c.want(check(c), gate.Undecided, "promotion.check_unknown") // it was of the first commit alone
	c.add("a1.b1", gate.CheckRun{})
	c.want(check(c), gate.Pass)
	if slices.Contains(c.github.asked, "check:e2e a1.b0") {
		t.Errorf("it was asked of %q", c.github.asked)
	}
	c.arriveOne("a1.b0", "db") // taken away again
	c.wait(time.Hour)
	c.want(check(c), gate.Pass)

	// The two were never there at one time.
	c = begin(t)
	c.add("a1.b1", gate.CheckRun{})
	c.commit("a0.b1", "a1.b1")
	for i, e := range c.history.Events { // the first component was replaced before the second came
		if e.Kind == gate.Deployed && e.Contents[0].ID == "content b1" {
			back := gate.Event{ID: "back", Kind: gate.Deployed, At: e.At.Add(-time.Minute), By: "Ada", Environment: "staging", Contents: contents(c.policy, "a0.b1")[:1]}
			c.history.Events = slices.Insert(c.history.Events, i, back)
			break
		}
	}
	v := check(c)
	c.says(v, "promotion.not_verified", "all that would be promoted together was never there at one time")
}

// After a deployment the proof is the one that it began with, by what GitHub told then.
func TestChecksDeviations(t *testing.T) {
	c := checkedBy(t, `["check:e2e"]`)
	c.commit("c2", "c1")
	c.deploy("staging", "c2", "syslog")
	c.wait(time.Hour)
	c.deploy("staging", "c1", "journal") // of this nothing is proved
	c.wait(time.Hour)
	c.want(c.check(), gate.Pass)
	begun := c.begin("production", "c1")
	c.wait(time.Minute)
	c.add("c1", gate.CheckRun{Began: c.now, Completed: c.now, Conclusion: "failure"}) // too late
	c.finish(begun, "stdout")
	for _, tt := range []struct {
		checks gate.Checks
		want   int
	}{{c.github, 0}, {nil, 1}} {
		findings, err := gate.Deviations(gate.Input{Policy: c.policy, To: "production", History: c.history, Record: c.world, Commits: c.commits, Checks: tt.checks, Now: c.now}, begun, c.hosts[1])
		if err != nil || len(findings) != tt.want {
			t.Errorf("got %v, %v, want %d", findings, err, tt.want)
		}
	}
}
