package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// Issue is an issue of the repository.
type Issue struct {
	Number              int
	Author, Title, Body string
	Labels              []string
	Closed              bool
	Reason              string // of its state, as "completed"
	PullRequest         bool   // it is one: GitHub lists them among the issues
}

// tracker is what a Server knows of issues.
type tracker struct {
	issues                       []Issue
	withoutIssues, withoutLabels bool
}

// AddIssue adds an issue, and returns its number.
func (s *Server) AddIssue(i Issue) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addIssue(i).Number
}

func (s *Server) addIssue(i Issue) Issue {
	s.last++
	i.Number = int(s.last)
	s.issues = append(s.issues, i)
	return i
}

// EditIssue changes an issue, as people do.
func (s *Server) EditIssue(number int, edit func(*Issue)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.issues {
		if s.issues[k].Number == number {
			edit(&s.issues[k])
		}
	}
}

// RemoveIssue removes an issue.
func (s *Server) RemoveIssue(number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issues = slices.DeleteFunc(s.issues, func(i Issue) bool { return i.Number == number })
}

// Issues returns the issues that are there, the oldest first.
func (s *Server) Issues() []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.issues)
}

// DisableIssues turns issues off, in the repository's settings.
func (s *Server) DisableIssues() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.withoutIssues = true
}

// DropLabels makes GitHub take no labels from the token, and say nothing, as from one that may not push.
func (s *Server) DropLabels() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.withoutLabels = true
}

var issueOperations = map[string]operation{
	"GET /issues": func(s *Server, a *answer, _ *asked, r *http.Request, _ []byte) {
		list := []any{}
		for _, i := range s.issues {
			if i.listed(r) && !(s.withoutIssues && !i.PullRequest) {
				list = append(list, s.issue(i))
			}
		}
		if r.FormValue("direction") != "asc" {
			slices.Reverse(list)
		}
		page(a, r, list)
	},
	"POST /issues": func(s *Server, a *answer, _ *asked, _ *http.Request, body []byte) {
		var told issueRequest
		if s.takesIssue(a, body, &told) {
			i := Issue{Author: Login, Title: *told.Title, Labels: told.Labels}
			if told.Body != nil {
				i.Body = *told.Body
			}
			if s.withoutLabels {
				i.Labels = nil
			}
			a.json(http.StatusCreated, s.issue(s.addIssue(i)))
		}
	},
	"PATCH /issues/{issue_number}": func(s *Server, a *answer, q *asked, _ *http.Request, body []byte) {
		at := slices.IndexFunc(s.issues, func(i Issue) bool { return fmt.Sprint(i.Number) == q.parameters["issue_number"] })
		if at < 0 {
			a.refuse(http.StatusNotFound, "Not Found")
			return
		}
		told := issueRequest{Title: &s.issues[at].Title}
		if s.takesIssue(a, body, &told) {
			s.issues[at].change(told)
			a.json(http.StatusOK, s.issue(s.issues[at]))
		}
	},
}

// issueRequest is what is asked for of an issue; nil where nothing is said.
type issueRequest struct {
	Title, Body, State *string
	Reason             string `json:"state_reason"`
	Labels             []string
}

// takesIssue reads what an issue is to be, and refuses what GitHub does not take.
func (s *Server) takesIssue(a *answer, body []byte, told *issueRequest) bool {
	if s.withoutIssues {
		a.refuse(http.StatusGone, "Issues are disabled for this repo")
		return false
	}
	if json.Unmarshal(body, told) != nil || told.Title == nil || utf8.RuneCountInString(*told.Title) > 256 || told.Body != nil && utf8.RuneCountInString(*told.Body) > 65_536 {
		a.refuse(http.StatusUnprocessableEntity, "Validation Failed")
		return false
	}
	return true
}

func (i *Issue) change(told issueRequest) {
	i.Title = *told.Title
	if told.Body != nil {
		i.Body = *told.Body
	}
	if told.State != nil {
		i.Closed, i.Reason = *told.State == "closed", told.Reason
	}
}

// listed reports whether a list of issues, as it is asked for, has this one.
func (i *Issue) listed(r *http.Request) bool {
	switch r.FormValue("state") {
	case "all":
	case "closed":
		if !i.Closed {
			return false
		}
	default:
		if i.Closed {
			return false
		}
	}
	for label := range strings.SplitSeq(r.FormValue("labels"), ",") {
		if label != "" && !slices.Contains(i.Labels, label) {
			return false
		}
	}
	return true
}

func (s *Server) issue(i Issue) any {
	at := fmt.Sprintf("%s/repos/%s/issues/%d", s.API(), Repository, i.Number)
	labels := []any{}
	for n, name := range i.Labels {
		labels = append(labels, map[string]any{"id": 200 + n, "node_id": "LA_" + name, "name": name, "color": "ededed", "default": false, "description": nil,
			"url": s.API() + "/repos/" + Repository + "/labels/" + name})
	}
	issue := map[string]any{
		"id": 1000 + i.Number, "node_id": fmt.Sprintf("I_%d", i.Number), "number": i.Number, "title": i.Title, "body": i.Body, "user": s.user(i.Author),
		"state": "open", "state_reason": nil, "locked": false, "labels": labels, "assignee": nil, "assignees": []any{}, "milestone": nil, "comments": 0,
		"created_at": "2026-11-20T12:00:00Z", "updated_at": "2026-11-20T12:00:00Z", "closed_at": nil, "author_association": "NONE",
		"url": at, "repository_url": s.API() + "/repos/" + Repository, "labels_url": at + "/labels{/name}", "comments_url": at + "/comments", "events_url": at + "/events",
		"html_url": fmt.Sprintf("%s/%s/issues/%d", s.URL(), Repository, i.Number),
	}
	if i.Reason != "" {
		issue["state_reason"] = i.Reason
	}
	if i.Closed {
		issue["state"], issue["closed_at"] = "closed", "2026-11-20T12:00:00Z"
	}
	if i.PullRequest {
		pull := fmt.Sprintf("%s/repos/%s/pulls/%d", s.API(), Repository, i.Number)
		issue["pull_request"] = map[string]any{"url": pull, "html_url": pull, "diff_url": pull, "patch_url": pull}
	}
	return issue
}
