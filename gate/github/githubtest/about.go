package githubtest

import (
	"net/http"
	"strings"
)

// SetPrivate says whether only those who have a token may know of the repository. It is public at first.
func (s *Server) SetPrivate(private bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.private = private
}

var aboutOperations = map[string]operation{
	"GET ": func(s *Server, a *answer, _ *asked, r *http.Request, _ []byte) { a.json(http.StatusOK, s.about()) },
}

// anonymous reports whether a request comes without a token, and is about what everybody may see.
func (s *Server) anonymous(r *http.Request) bool {
	return r.Header["Authorization"] == nil && r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/api/v3/repos/")
}

// about returns the repository.
func (s *Server) about() any {
	owner, name, _ := strings.Cut(Repository, "/")
	visibility := "public"
	if s.private {
		visibility = "private"
	}
	r := map[string]any{
		"id": 186853002, "node_id": "MDEwOlJlcG9zaXRvcnkxODY4NTMwMDI=", "name": name, "full_name": Repository, "owner": s.user(owner),
		"private": s.private, "visibility": visibility, "default_branch": "main", "description": nil, "homepage": nil, "language": nil, "license": nil, "mirror_url": nil,
		"url": s.API() + "/repos/" + Repository, "html_url": s.URL() + "/" + Repository, "clone_url": s.URL() + "/" + Repository + ".git",
		"git_url": "git://github.example/" + Repository + ".git", "ssh_url": "git@github.example:" + Repository + ".git", "svn_url": s.URL() + "/" + Repository,
		"created_at": "2026-11-20T12:00:00Z", "updated_at": "2026-11-20T12:00:00Z", "pushed_at": "2026-11-20T12:00:00Z",
	}
	for _, name := range []string{"fork", "has_issues", "has_projects", "has_wiki", "has_pages", "has_discussions", "archived", "disabled"} {
		r[name] = false
	}
	for _, name := range []string{"forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers", "watchers_count", "network_count", "subscribers_count"} {
		r[name] = 0
	}
	for _, name := range []string{
		"archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents", "contributors", "deployments", "downloads",
		"events", "forks", "git_commits", "git_refs", "git_tags", "hooks", "issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges",
		"milestones", "notifications", "pulls", "releases", "stargazers", "statuses", "subscribers", "subscription", "tags", "teams", "trees",
	} {
		r[name+"_url"] = s.API() + "/repos/" + Repository + "/" + name
	}
	return r
}
