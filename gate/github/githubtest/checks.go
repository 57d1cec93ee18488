package githubtest

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Run is a run of a workflow. What is left out is as in a push to the default branch that has succeeded.
type Run struct {
	ID                 int64
	Path               string // ".github/workflows/e2e.yml"
	SHA                string
	Branch, Event      string
	Head               string // the repository that it is for; this one where it is empty
	Status, Conclusion string
	Created, Updated   time.Time
}

// Check is a check run: the job of a run of a workflow, or what an App has written.
type Check struct {
	ID                 int64
	Name, SHA          string
	App                string // "github-actions" where it is empty
	Run                int64  // of the workflow; 0 where it is no job
	Job                string // what the workflow calls the job; Name where it is empty
	Status, Conclusion string
	Started, Completed time.Time
}

// ci is what has run for the repository's commits.
type ci struct {
	runs   []Run
	checks []Check
}

// AddRun adds a run of a workflow, and returns its id.
func (s *Server) AddRun(r Run) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.ID == 0 {
		s.last++
		r.ID = s.last
	}
	r.Branch, r.Event, r.Head = cmp.Or(r.Branch, "main"), cmp.Or(r.Event, "push"), cmp.Or(r.Head, Repository)
	r.Status = cmp.Or(r.Status, "completed")
	if r.Status == "completed" {
		r.Conclusion = cmp.Or(r.Conclusion, "success")
	}
	s.runs = append(s.runs, r)
	return r.ID
}

// AddCheck adds a check run, and returns its id.
func (s *Server) AddCheck(c Check) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	c.ID = s.last
	c.App, c.Status = cmp.Or(c.App, "github-actions"), cmp.Or(c.Status, "completed")
	if c.Status == "completed" {
		c.Conclusion = cmp.Or(c.Conclusion, "success")
	}
	s.checks = append(s.checks, c)
	return c.ID
}

// End ends everything that still runs.
func (s *Server) End(conclusion string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.runs {
		if r := &s.runs[i]; r.Status != "completed" {
			r.Status, r.Conclusion, r.Updated = "completed", conclusion, at
		}
	}
	for i := range s.checks {
		if c := &s.checks[i]; c.Status != "completed" {
			c.Status, c.Conclusion, c.Completed = "completed", conclusion, at
		}
	}
}

var checkOperations = map[string]operation{
	"GET /commits/{ref}/check-runs": func(s *Server, a *answer, q *asked, r *http.Request, _ []byte) {
		var list []any
		for i, c := range s.checks {
			again := false
			for _, later := range s.checks[i+1:] {
				again = again || later.Name == c.Name && later.Run == c.Run && later.SHA == c.SHA && r.FormValue("filter") != "all"
			}
			if c.SHA == q.parameters["ref"] && fits(r, "check_name", c.Name) && !again {
				list = append(list, s.check(c))
			}
		}
		a.json(http.StatusOK, map[string]any{"total_count": len(list), "check_runs": part(a, r, list)})
	},
	"GET /actions/runs": func(s *Server, a *answer, _ *asked, r *http.Request, _ []byte) {
		var list []any
		for _, run := range s.runs {
			if fits(r, "head_sha", run.SHA) {
				list = append(list, s.run(run))
			}
		}
		a.json(http.StatusOK, map[string]any{"total_count": len(list), "workflow_runs": part(a, r, list)})
	},
	"GET /actions/jobs/{job_id}": func(s *Server, a *answer, q *asked, _ *http.Request, _ []byte) {
		for _, c := range s.checks {
			if fmt.Sprint(c.ID) == q.parameters["job_id"] && c.Run != 0 {
				a.json(http.StatusOK, s.job(c))
				return
			}
		}
		a.refuse(http.StatusNotFound, "Not Found")
	},
}

// at writes a time as it is answered; nil for none.
func at(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// concluded returns a conclusion as it is answered; nil for none.
func concluded(conclusion string) any {
	if conclusion == "" {
		return nil
	}
	return conclusion
}

func (s *Server) check(c Check) any {
	page := fmt.Sprintf("%s/%s/runs/%d", s.URL(), Repository, c.ID)
	return map[string]any{
		"id": c.ID, "node_id": "CR_1", "external_id": "", "name": c.Name, "head_sha": c.SHA, "status": c.Status, "conclusion": concluded(c.Conclusion),
		"started_at": at(c.Started), "completed_at": at(c.Completed), "pull_requests": []any{}, "check_suite": map[string]any{"id": c.Run + 1},
		"url": fmt.Sprintf("%s/repos/%s/check-runs/%d", s.API(), Repository, c.ID), "html_url": page, "details_url": page,
		"output": map[string]any{"title": nil, "summary": nil, "text": nil, "annotations_count": 0, "annotations_url": s.API() + "/annotations"},
		"app": map[string]any{
			"id": 15368, "node_id": "MDM6QXBwMTUzNjg=", "slug": c.App, "owner": s.user("github"), "name": c.App, "description": nil,
			"external_url": "https://github.example/features", "html_url": s.URL() + "/apps/" + c.App,
			"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "permissions": map[string]any{}, "events": []any{},
		},
	}
}

func (s *Server) job(c Check) any {
	run := fmt.Sprintf("%s/repos/%s/actions/runs/%d", s.API(), Repository, c.Run)
	started := at(c.Started)
	if started == nil {
		started = "2026-11-20T12:00:00Z" // when it was queued
	}
	return map[string]any{
		"id": c.ID, "node_id": "CR_1", "run_id": c.Run, "run_url": run, "run_attempt": 1, "head_sha": c.SHA, "head_branch": "main", "workflow_name": "e2e", "name": cmp.Or(c.Job, c.Name),
		"status": c.Status, "conclusion": concluded(c.Conclusion), "created_at": started, "started_at": started, "completed_at": at(c.Completed), "steps": []any{}, "labels": []any{},
		"url":           fmt.Sprintf("%s/repos/%s/actions/jobs/%d", s.API(), Repository, c.ID),
		"html_url":      fmt.Sprintf("%s/%s/actions/runs/%d/job/%d", s.URL(), Repository, c.Run, c.ID),
		"check_run_url": fmt.Sprintf("%s/repos/%s/check-runs/%d", s.API(), Repository, c.ID),
		"runner_id":     nil, "runner_name": nil, "runner_group_id": nil, "runner_group_name": nil,
	}
}

func (s *Server) run(r Run) any {
	api := fmt.Sprintf("%s/repos/%s/actions/runs/%d", s.API(), Repository, r.ID)
	head := s.about()
	if r.Head != Repository {
		fork := s.about().(map[string]any)
		_, name, _ := strings.Cut(r.Head, "/")
		fork["full_name"], fork["name"], fork["id"], fork["fork"] = r.Head, name, 1296269, true
		head = fork
	}
	run := map[string]any{
		"id": r.ID, "node_id": "WFR_1", "name": "e2e", "path": r.Path, "head_sha": r.SHA, "head_branch": r.Branch, "event": r.Event, "status": r.Status, "conclusion": concluded(r.Conclusion),
		"run_number": 1, "run_attempt": 1, "display_title": "e2e", "workflow_id": 1, "check_suite_id": r.ID + 1,
		"created_at": at(r.Created), "updated_at": at(r.Updated), "run_started_at": at(r.Created),
		"head_commit": nil, "head_repository": head, "repository": s.about(), "pull_requests": []any{},
		"url": api, "html_url": fmt.Sprintf("%s/%s/actions/runs/%d", s.URL(), Repository, r.ID),
	}
	for _, name := range []string{"jobs", "logs", "check_suite", "cancel", "rerun", "artifacts", "workflow"} {
		run[name+"_url"] = api + "/" + name
	}
	return run
}
