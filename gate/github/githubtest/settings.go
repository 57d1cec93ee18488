package githubtest

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Environment is one of the repository, with what stands before it.
type Environment struct {
	Reviewers bool
	Branches  bool // only protected branches get in
	Bypass    *bool
}

// Workflow is a workflow that the repository's settings know.
type Workflow struct {
	Path, State string
	Created     time.Time
}

// Settings are the repository's. The zero Settings have nothing, and protect nothing.
type Settings struct {
	Environments map[string]Environment
	Workflows    []Workflow
	Secrets      []string
	Write        bool                // what a token may where a workflow does not say
	Rules        map[string][]string // of rulesets, by branch
	Protected    map[string]bool     // branches that are there, and whether a rule of their own protects each
	Lenient      bool                // such rules let the branch be rewritten and deleted
	Withheld     []string            // permissions that the token lacks, as "secrets"
}

// Set sets the settings.
func (s *Server) Set(settings Settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings = settings
}

// permitted does what is asked where the token has a permission.
func permitted(permission string, do operation) operation {
	return func(s *Server, a *answer, q *asked, r *http.Request, body []byte) {
		if slices.Contains(s.settings.Withheld, permission) {
			a.refuse(http.StatusForbidden, "Resource not accessible by integration")
			return
		}
		do(s, a, q, r, body)
	}
}

var settingsOperations = map[string]operation{
	"GET /environments/{environment_name}": permitted("actions", func(s *Server, a *answer, q *asked, _ *http.Request, _ []byte) {
		asked, err := url.PathUnescape(q.parameters["environment_name"])
		for name, e := range s.settings.Environments {
			if err == nil && strings.EqualFold(name, asked) {
				a.json(http.StatusOK, s.environment(name, e))
				return
			}
		}
		a.refuse(http.StatusNotFound, "Not Found")
	}),
	"GET /actions/workflows": permitted("actions", func(s *Server, a *answer, _ *asked, r *http.Request, _ []byte) {
		var list []any
		for i, w := range s.settings.Workflows {
			page := fmt.Sprintf("%s/repos/%s/actions/workflows/%d", s.API(), Repository, i+1)
			list = append(list, map[string]any{"id": i + 1, "node_id": "W_1", "name": w.Path, "path": w.Path, "state": cmp.Or(w.State, "active"), "created_at": at(w.Created), "updated_at": at(w.Created),
				"url": page, "html_url": page, "badge_url": page})
		}
		a.json(http.StatusOK, map[string]any{"total_count": len(list), "workflows": part(a, r, list)})
	}),
	"GET /actions/workflows/{workflow_id}/runs": permitted("actions", func(s *Server, a *answer, q *asked, r *http.Request, _ []byte) {
		var list []any
		for _, run := range slices.Backward(s.runs) { // the newest first
			if strings.HasSuffix(run.Path, "/"+q.parameters["workflow_id"]) && fits(r, "event", run.Event) {
				list = append(list, s.run(run))
			}
		}
		a.json(http.StatusOK, map[string]any{"total_count": len(list), "workflow_runs": part(a, r, list)})
	}),
	"GET /actions/secrets": permitted("secrets", func(s *Server, a *answer, _ *asked, r *http.Request, _ []byte) {
		var list []any
		for _, name := range s.settings.Secrets {
			list = append(list, map[string]any{"name": name, "created_at": "2026-11-20T12:00:00Z", "updated_at": "2026-11-20T12:00:00Z"})
		}
		a.json(http.StatusOK, map[string]any{"total_count": len(list), "secrets": part(a, r, list)})
	}),
	"GET /actions/permissions/workflow": permitted("administration", func(s *Server, a *answer, _ *asked, _ *http.Request, _ []byte) {
		standard := "read"
		if s.settings.Write {
			standard = "write"
		}
		a.json(http.StatusOK, map[string]any{"default_workflow_permissions": standard, "can_approve_pull_request_reviews": false})
	}),
	"GET /rules/branches/{branch}": func(s *Server, a *answer, q *asked, r *http.Request, _ []byte) {
		var list []any
		for _, rule := range s.settings.Rules[q.parameters["branch"]] {
			list = append(list, map[string]any{"type": rule, "ruleset_source_type": "Repository", "ruleset_source": Repository, "ruleset_id": 42})
		}
		page(a, r, list)
	},
	"GET /branches/{branch}": permitted("contents", func(s *Server, a *answer, q *asked, _ *http.Request, _ []byte) {
		if protected, exists := s.settings.Protected[q.parameters["branch"]]; exists {
			a.json(http.StatusOK, s.branch(q.parameters["branch"], protected))
			return
		}
		a.refuse(http.StatusNotFound, "Branch not found")
	}),
	"GET /branches/{branch}/protection": permitted("administration", func(s *Server, a *answer, q *asked, _ *http.Request, _ []byte) {
		if !s.settings.Protected[q.parameters["branch"]] {
			a.refuse(http.StatusNotFound, "Branch not protected")
			return
		}
		a.json(http.StatusOK, map[string]any{"allow_force_pushes": map[string]any{"enabled": s.settings.Lenient}, "allow_deletions": map[string]any{"enabled": s.settings.Lenient}})
	}),
}

func (s *Server) environment(name string, e Environment) any {
	page := s.URL() + "/" + Repository + "/deployments"
	rules := []any{}
	if e.Reviewers {
		rules = append(rules, map[string]any{"id": 3736, "node_id": "GA_1", "type": "required_reviewers", "prevent_self_review": false,
			"reviewers": []any{map[string]any{"type": "User", "reviewer": s.user("octocat")}}})
	}
	answer := map[string]any{"id": 161088068, "node_id": "EN_1", "name": name, "url": page, "html_url": page, "created_at": "2026-11-20T12:00:00Z", "updated_at": "2026-11-20T12:00:00Z",
		"deployment_branch_policy": nil}
	if e.Branches {
		rules = append(rules, map[string]any{"id": 3755, "node_id": "GA_2", "type": "branch_policy"})
		answer["deployment_branch_policy"] = map[string]any{"protected_branches": true, "custom_branch_policies": false}
	}
	if e.Bypass != nil {
		answer["can_admins_bypass"] = *e.Bypass
	}
	answer["protection_rules"] = rules
	return answer
}

func (s *Server) branch(name string, protected bool) any {
	page := s.API() + "/repos/" + Repository + "/branches/" + name
	sha := "6dcb09b5b57875f334f61aebed695e2e4193db5e"
	person := map[string]any{"name": "gate", "email": "gate@example.com", "date": "2026-11-20T12:00:00Z"}
	return map[string]any{
		"name": name, "protected": protected, "protection": map[string]any{"enabled": protected}, "protection_url": page + "/protection",
		"_links": map[string]any{"html": page, "self": page},
		"commit": map[string]any{"sha": sha, "node_id": "C_1", "url": page, "html_url": page, "comments_url": page, "author": nil, "committer": nil, "parents": []any{},
			"commit": map[string]any{"author": person, "committer": person, "message": "deployed", "comment_count": 0, "url": page, "tree": map[string]any{"sha": sha, "url": page}}},
	}
}
