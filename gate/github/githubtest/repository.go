package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// do does what a request asks for.
func (s *Server) do(a *answer, q *asked, r *http.Request, body []byte) {
	operation := r.Method + " " + strings.TrimPrefix(q.route.Path, "/repos/{owner}/{repo}")
	number := q.parameters["issue_number"] + q.parameters["pull_number"]
	if q.parameters["owner"]+"/"+q.parameters["repo"] != Repository || number != "" && number != strconv.Itoa(PullRequest) {
		a.refuse(http.StatusNotFound, "Not Found")
		return
	}
	switch operation {
	case "GET /issues/{issue_number}/comments":
		var list []any
		for _, c := range s.comments {
			list = append(list, s.comment(c))
		}
		page(a, r, list)
	case "POST /issues/{issue_number}/comments":
		if text, ok := bodyOf(a, body); ok {
			a.json(http.StatusCreated, s.comment(s.add(Login, text)))
		}
	case "GET /pulls/{pull_number}/files":
		var list []any
		for _, name := range s.files {
			list = append(list, s.file(name))
		}
		page(a, r, list)
	default:
		s.one(a, q, r.Method, body)
	}
}

// one does something to one comment.
func (s *Server) one(a *answer, q *asked, method string, body []byte) {
	i := slices.IndexFunc(s.comments, func(c Comment) bool { return fmt.Sprint(c.ID) == q.parameters["comment_id"] })
	if i < 0 {
		a.refuse(http.StatusNotFound, "Not Found")
		return
	}
	switch method {
	case http.MethodGet:
		a.json(http.StatusOK, s.comment(s.comments[i]))
	case http.MethodPatch: // who may write may edit those of others too
		if text, ok := bodyOf(a, body); ok {
			s.comments[i].Body = text
			a.json(http.StatusOK, s.comment(s.comments[i]))
		}
	case http.MethodDelete:
		s.comments = slices.Delete(s.comments, i, i+1)
		a.status = http.StatusNoContent
		a.header.Del("Content-Type")
	}
}

// bodyOf returns the text of a comment, and refuses one that is too long.
func bodyOf(a *answer, body []byte) (string, bool) {
	var c struct{ Body string }
	if err := json.Unmarshal(body, &c); err != nil || utf8.RuneCountInString(c.Body) > 65_536 {
		a.json(http.StatusUnprocessableEntity, map[string]any{
			"message": "Validation Failed", "documentation_url": "https://docs.github.com/rest",
			"errors": []any{map[string]any{"resource": "IssueComment", "field": "body", "code": "unprocessable", "message": "body is too long (maximum is 65536 characters)"}},
		})
		return "", false
	}
	return c.Body, true
}

// page answers one page of a list, with links to others.
func page(a *answer, r *http.Request, list []any) {
	number, size := 1, 30
	if n, err := strconv.Atoi(r.FormValue("page")); err == nil {
		number = n
	}
	if n, err := strconv.Atoi(r.FormValue("per_page")); err == nil {
		size = min(n, 100)
	}
	from, to := min((number-1)*size, len(list)), min(number*size, len(list))
	if to < len(list) {
		next := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawQuery: fmt.Sprintf("per_page=%d&page=%d", size, number+1)}
		a.header.Set("Link", fmt.Sprintf("<%s>; rel=%q", &next, "next"))
	}
	a.json(http.StatusOK, append([]any{}, list[from:to]...))
}

func (s *Server) comment(c Comment) any {
	return map[string]any{
		"id": c.ID, "node_id": fmt.Sprintf("IC_%d", c.ID), "body": c.Body, "user": s.user(c.Author),
		"url":        fmt.Sprintf("%s/repos/%s/issues/comments/%d", s.API(), Repository, c.ID),
		"html_url":   fmt.Sprintf("%s/%s/pull/%d#issuecomment-%d", s.URL(), Repository, PullRequest, c.ID),
		"issue_url":  fmt.Sprintf("%s/repos/%s/issues/%d", s.API(), Repository, PullRequest),
		"created_at": "2026-11-20T12:00:00Z", "updated_at": "2026-11-20T12:00:00Z", "author_association": "NONE",
	}
}

// user returns the account of a name; nil, which GitHub says of one that was removed, for none.
func (s *Server) user(login string) any {
	if login == "" {
		return nil
	}
	kind := "User"
	if strings.HasSuffix(login, "[bot]") {
		kind = "Bot"
	}
	user := map[string]any{"login": login, "id": 41898282, "node_id": "MDM6Qm90NDE4OTgyODI=", "gravatar_id": "", "type": kind, "site_admin": false}
	for _, name := range []string{"avatar", "html", "followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events", "received_events"} {
		user[name+"_url"] = s.URL() + "/" + url.PathEscape(login) + "/" + name
	}
	user["url"] = s.API() + "/users/" + url.PathEscape(login)
	return user
}

// file returns a changed file. A name that begins with "-" is that of a removed one.
func (s *Server) file(name string) any {
	status := "modified"
	if rest, removed := strings.CutPrefix(name, "-"); removed {
		name, status = rest, "removed"
	}
	at := s.URL() + "/" + url.PathEscape(name)
	return map[string]any{
		"sha": "bbcd538c8e72b8c175046e27cc8f907076331401", "filename": name, "status": status, "additions": 1, "deletions": 1, "changes": 2,
		"blob_url": at, "raw_url": at, "contents_url": at,
	}
}
