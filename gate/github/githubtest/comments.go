package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"
)

var commentOperations = map[string]operation{
	"GET /issues/{issue_number}/comments": func(s *Server, a *answer, q *asked, r *http.Request, _ []byte) {
		if ofPullRequest(a, q.parameters["issue_number"]) {
			page(a, r, s.listed())
		}
	},
	"POST /issues/{issue_number}/comments": func(s *Server, a *answer, q *asked, _ *http.Request, body []byte) {
		if !ofPullRequest(a, q.parameters["issue_number"]) {
			return
		}
		if text, ok := bodyOf(a, body); ok {
			a.json(http.StatusCreated, s.comment(s.add(Login, text)))
		}
	},
	"GET /issues/comments/{comment_id}": func(s *Server, a *answer, q *asked, _ *http.Request, _ []byte) {
		if i, ok := s.find(a, q); ok {
			a.json(http.StatusOK, s.comment(s.comments[i]))
		}
	},
	"PATCH /issues/comments/{comment_id}": func(s *Server, a *answer, q *asked, _ *http.Request, body []byte) {
		i, ok := s.find(a, q)
		if !ok {
			return
		}
		if text, ok := bodyOf(a, body); ok { // who may write may edit those of others too
			s.comments[i].Body = text
			a.json(http.StatusOK, s.comment(s.comments[i]))
		}
	},
	"DELETE /issues/comments/{comment_id}": func(s *Server, a *answer, q *asked, _ *http.Request, _ []byte) {
		if i, ok := s.find(a, q); ok {
			s.comments = slices.Delete(s.comments, i, i+1)
			a.status = http.StatusNoContent
			a.header.Del("Content-Type")
		}
	},
}

// Edit edits a comment, as people do.
func (s *Server) Edit(id int64, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.comments {
		if s.comments[i].ID == id {
			s.comments[i].Body = body
		}
	}
}

// ofPullRequest reports whether a number is that of the pull request, and refuses another one.
func ofPullRequest(a *answer, number string) bool {
	if number == strconv.Itoa(PullRequest) {
		return true
	}
	a.refuse(http.StatusNotFound, "Not Found")
	return false
}

// listed returns the comments, as they are answered.
func (s *Server) listed() []any {
	var list []any
	for _, c := range s.comments {
		list = append(list, s.comment(c))
	}
	return list
}

// find returns where the comment is that a request is about, and refuses one that is not there.
func (s *Server) find(a *answer, q *asked) (int, bool) {
	i := slices.IndexFunc(s.comments, func(c Comment) bool { return fmt.Sprint(c.ID) == q.parameters["comment_id"] })
	if i < 0 {
		a.refuse(http.StatusNotFound, "Not Found")
	}
	return i, i >= 0
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

func (s *Server) comment(c Comment) any {
	return map[string]any{
		"id": c.ID, "node_id": fmt.Sprintf("IC_%d", c.ID), "body": c.Body, "user": s.user(c.Author),
		"url":        fmt.Sprintf("%s/repos/%s/issues/comments/%d", s.API(), Repository, c.ID),
		"html_url":   fmt.Sprintf("%s/%s/pull/%d#issuecomment-%d", s.URL(), Repository, PullRequest, c.ID),
		"issue_url":  fmt.Sprintf("%s/repos/%s/issues/%d", s.API(), Repository, PullRequest),
		"created_at": "2026-11-20T12:00:00Z", "updated_at": "2026-11-20T12:00:00Z", "author_association": "NONE",
	}
}
