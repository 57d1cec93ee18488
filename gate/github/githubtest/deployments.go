package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Deployment is one of the repository's deployments.
type Deployment struct {
	ID                     int64
	SHA, Task, Environment string
	Payload                json.RawMessage // as it was sent: an object, or a text
	Statuses               []DeploymentStatus
}

// DeploymentStatus is what became of a deployment.
type DeploymentStatus struct{ State, Description, LogURL string }

// Deploy adds a deployment as it is, and returns its id.
func (s *Server) Deploy(d Deployment) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deploy(d).ID
}

func (s *Server) deploy(d Deployment) *Deployment {
	s.last++
	d.ID = s.last
	s.deployments = append(s.deployments, d)
	return &s.deployments[len(s.deployments)-1]
}

// Erase removes all deployments, as whoever may write them can.
func (s *Server) Erase() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deployments = nil
}

// Deployments returns those that are there, the oldest first.
func (s *Server) Deployments() []Deployment {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.deployments)
	for i := range all {
		all[i].Statuses = slices.Clone(all[i].Statuses)
	}
	return all
}

var deploymentOperations = map[string]operation{
	"GET /deployments": func(s *Server, a *answer, _ *asked, r *http.Request, _ []byte) {
		var list []any
		for _, d := range slices.Backward(s.deployments) {
			if fits(r, "sha", d.SHA) && fits(r, "task", d.Task) && fits(r, "environment", d.Environment) {
				list = append(list, s.deployment(&d))
			}
		}
		page(a, r, list)
	},
	"POST /deployments": func(s *Server, a *answer, _ *asked, _ *http.Request, body []byte) {
		if d, ok := newDeployment(a, body); ok {
			a.json(http.StatusCreated, s.deployment(s.deploy(d)))
		}
	},
	"GET /deployments/{deployment_id}/statuses": func(s *Server, a *answer, q *asked, r *http.Request, _ []byte) {
		d, ok := s.findDeployment(a, q)
		if !ok {
			return
		}
		var list []any
		for i := range slices.Backward(d.Statuses) {
			list = append(list, s.deploymentStatus(d, i))
		}
		page(a, r, list)
	},
	"POST /deployments/{deployment_id}/statuses": func(s *Server, a *answer, q *asked, _ *http.Request, body []byte) {
		d, ok := s.findDeployment(a, q)
		if !ok {
			return
		}
		if s.setStatus(a, d, body) {
			a.json(http.StatusCreated, s.deploymentStatus(d, len(d.Statuses)-1))
		}
	},
}

// fits reports whether a deployment is one of those that a query asks for.
func fits(r *http.Request, name, has string) bool {
	want := r.FormValue(name)
	return want == "" || want == "none" || want == has
}

var wholeCommit = regexp.MustCompile(`^[0-9a-f]{40}$`)

// newDeployment reads what a deployment shall be. Unless it is told otherwise, GitHub merges first, which is no deployment yet,
// and wants all checks of the commit to have succeeded, which none has here.
func newDeployment(a *answer, body []byte) (Deployment, bool) {
	asked := struct {
		Ref, Environment, Task string
		AutoMerge              bool     `json:"auto_merge"`
		RequiredContexts       []string `json:"required_contexts"`
		Payload                json.RawMessage
	}{AutoMerge: true, Task: "deploy", Environment: "production", Payload: json.RawMessage(`""`)}
	err := json.Unmarshal(body, &asked)
	switch {
	case err != nil || !wholeCommit.MatchString(asked.Ref):
		a.refuse(http.StatusUnprocessableEntity, "No ref found for: "+asked.Ref)
	case asked.AutoMerge:
		a.json(http.StatusAccepted, map[string]any{"message": "Auto-merged main into " + asked.Ref + " on deployment."})
	case asked.RequiredContexts == nil:
		a.refuse(http.StatusConflict, "Conflict: Commit status checks failed for "+asked.Ref)
	default:
		return Deployment{SHA: asked.Ref, Task: asked.Task, Environment: asked.Environment, Payload: asked.Payload}, true
	}
	return Deployment{}, false
}

func (s *Server) findDeployment(a *answer, q *asked) (*Deployment, bool) {
	i := slices.IndexFunc(s.deployments, func(d Deployment) bool { return fmt.Sprint(d.ID) == q.parameters["deployment_id"] })
	if i < 0 {
		a.refuse(http.StatusNotFound, "Not Found")
		return nil, false
	}
	return &s.deployments[i], true
}

// setStatus adds a status to a deployment. Unless it is told otherwise, GitHub makes the earlier ones of the environment
// inactive by a success.
func (s *Server) setStatus(a *answer, d *Deployment, body []byte) bool {
	asked := struct {
		State, Description string
		LogURL             string `json:"log_url"`
		AutoInactive       bool   `json:"auto_inactive"`
	}{AutoInactive: true}
	if err := json.Unmarshal(body, &asked); err != nil || utf8.RuneCountInString(asked.Description) > 140 || asked.LogURL != "" && !strings.HasPrefix(asked.LogURL, "http") {
		a.refuse(http.StatusUnprocessableEntity, "Validation Failed")
		return false
	}
	for i := range s.deployments {
		if other := &s.deployments[i]; asked.AutoInactive && asked.State == "success" && other != d && other.Environment == d.Environment {
			other.Statuses = append(other.Statuses, DeploymentStatus{State: "inactive"})
		}
	}
	d.Statuses = append(d.Statuses, DeploymentStatus{asked.State, asked.Description, asked.LogURL})
	return true
}

func (s *Server) deploymentURL(d *Deployment) string {
	return fmt.Sprintf("%s/repos/%s/deployments/%d", s.API(), Repository, d.ID)
}

func (s *Server) deployment(d *Deployment) any {
	at := s.deploymentURL(d)
	return map[string]any{
		"id": d.ID, "node_id": fmt.Sprintf("DE_%d", d.ID), "sha": d.SHA, "ref": d.SHA, "task": d.Task, "environment": d.Environment, "original_environment": d.Environment,
		"payload": d.Payload, "description": nil, "creator": s.user(Login), "transient_environment": false, "production_environment": d.Environment == "production",
		"url": at, "statuses_url": at + "/statuses", "repository_url": s.API() + "/repos/" + Repository,
		"created_at": "2026-11-20T12:00:00Z", "updated_at": "2026-11-20T12:00:00Z",
	}
}

func (s *Server) deploymentStatus(d *Deployment, i int) any {
	status, at := d.Statuses[i], s.deploymentURL(d)
	return map[string]any{
		"id": d.ID*1000 + int64(i), "node_id": fmt.Sprintf("DES_%d_%d", d.ID, i), "state": status.State, "description": status.Description, "creator": s.user(Login),
		"environment": d.Environment, "target_url": status.LogURL, "log_url": status.LogURL, "url": fmt.Sprintf("%s/statuses/%d", at, i), "deployment_url": at,
		"repository_url": s.API() + "/repos/" + Repository, "created_at": "2026-11-20T12:00:00Z", "updated_at": "2026-11-20T12:00:00Z",
	}
}
