// Package githubtest is a GitHub for tests: a [Server] on 127.0.0.1 that keeps one repository's state, and checks whatever is
// asked and answered against GitHub's own OpenAPI description (testdata/openapi.json, cut by cut.go). What does not fit is
// among [Server.Problems]; a test that uses it looks there at its end. It fails as it is told to: see [Server.Fail].
package githubtest

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed testdata
var testdata embed.FS

// Payload returns the payload of an event, as GitHub publishes it, cut: "pull_request", "pull_request_fork", "push",
// "merge_group" or "workflow_dispatch". The first three are of the repository that a Server has.
func Payload(name string) ([]byte, error) {
	return testdata.ReadFile("testdata/event/" + name + ".json")
}

// The repository of a Server, and its pull request, are those of the payloads.
const (
	Repository  = "Codertocat/Hello-World"
	PullRequest = 2
)

// The names in which it is asked and written. A token's value is in no answer, unless a fault puts it there.
const (
	Token = "ghs_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
	Login = "github-actions[bot]"
)

// Comment is a comment of the pull request.
type Comment struct {
	ID           int64
	Author, Body string
}

// Server is a GitHub.
type Server struct {
	// Before, where it is set, is called before a request is looked at: here others act meanwhile.
	Before func(method, path string)

	server      *httptest.Server
	description *description
	git         *cgi.Handler // nil where the repository is not served

	mu       sync.Mutex
	comments []Comment
	last     int64 // the id that was given last
	files    []string
	private  bool
	faults   []fault
	others   []other
	tracker
	ci
	settings Settings
	log      []string
	problems []string

	deployments []Deployment
}

// Start starts a server, which Close ends.
func Start() (*Server, error) {
	s := &Server{last: 100}
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	var err error
	if s.description, err = describe(); err != nil {
		s.server.Close()
		return nil, err
	}
	return s, nil
}

// Close ends the server, and what it has open.
func (s *Server) Close() {
	s.server.CloseClientConnections()
	s.server.Close()
}

// API is what GITHUB_API_URL is, and GraphQL what GITHUB_GRAPHQL_URL is.
func (s *Server) API() string     { return s.server.URL + "/api/v3" }
func (s *Server) GraphQL() string { return s.server.URL + "/api/graphql" }

// URL is what GITHUB_SERVER_URL is.
func (s *Server) URL() string { return s.server.URL }

// Add adds a comment to the pull request, and returns its id.
func (s *Server) Add(author, body string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(author, body).ID
}

func (s *Server) add(author, body string) Comment {
	s.last++
	c := Comment{s.last, author, body}
	s.comments = append(s.comments, c)
	return c
}

// Remove removes a comment.
func (s *Server) Remove(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.comments = slices.DeleteFunc(s.comments, func(c Comment) bool { return c.ID == id })
}

// Change adds files to those that the pull request changes.
func (s *Server) Change(files ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files = append(s.files, files...)
}

// Comments returns the comments that are there, the oldest first.
func (s *Server) Comments() []Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.comments)
}

// Log returns what was asked so far, a line each: the method, the path below the repository's, and the status of the
// answer, or the fault in its place.
func (s *Server) Log() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// Problems returns what was asked or answered, and does not fit GitHub's description.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.problems)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if s.serveGit(w, r) {
		return
	}
	if s.Before != nil {
		s.Before(r.Method, r.URL.Path)
	}
	if act := s.meanwhile(r.Method); act != nil {
		act()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	f := s.take(r)
	a := answer{header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}}
	if f.instead != nil {
		f.instead(&a)
	} else {
		s.answer(&a, r, body)
	}
	line := r.Method + " " + strings.TrimPrefix(r.URL.RequestURI(), "/api/v3/repos/"+Repository)
	if f.name != "" {
		s.log = append(s.log, line+" "+f.name)
	} else {
		s.log = append(s.log, fmt.Sprintf("%s %d", line, a.status))
	}
	s.send(w, r, a, f)
}

// answer is what is answered.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) json(status int, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	a.status, a.body = status, b.Bytes()
}

func (a *answer) refuse(status int, message string) {
	a.json(status, map[string]any{"message": message, "documentation_url": "https://docs.github.com/rest", "status": fmt.Sprint(status)})
}

// answer does what is asked, and checks it on both sides.
func (s *Server) answer(a *answer, r *http.Request, body []byte) {
	switch {
	case s.anonymous(r) && s.private:
		a.refuse(http.StatusNotFound, "Not Found")
		return
	case r.Header.Get("Authorization") == "Bearer "+ForkToken:
		if r.Method != http.MethodGet && r.URL.Path != "/api/graphql" {
			a.refuse(http.StatusForbidden, "Resource not accessible by integration")
			return
		}
	case !s.anonymous(r) && r.Header.Get("Authorization") != "Bearer "+Token:
		a.refuse(http.StatusUnauthorized, "Bad credentials")
		return
	}
	if r.URL.Path == "/api/graphql" {
		s.graphQL(a, r, body)
		return
	}
	asked, err := s.description.request(r, body)
	if err != nil {
		s.problems = append(s.problems, fmt.Sprintf("%s %s: %v", r.Method, r.URL, err))
		a.refuse(http.StatusNotFound, "Not Found")
		return
	}
	s.do(a, asked, r, body)
	if err := asked.response(a); err != nil {
		s.problems = append(s.problems, fmt.Sprintf("the answer to %s %s: %v", r.Method, r.URL, err))
	}
}

// graphQL answers the one question that is asked there.
func (s *Server) graphQL(a *answer, r *http.Request, body []byte) {
	var asked struct{ Query string }
	if err := json.Unmarshal(body, &asked); err != nil || r.Method != http.MethodPost || asked.Query != "query{viewer{login}}" {
		s.problems = append(s.problems, fmt.Sprintf("%s %s: %q", r.Method, r.URL, body))
		a.json(http.StatusOK, map[string]any{"errors": []any{map[string]any{"message": "it is not understood"}}})
		return
	}
	a.json(http.StatusOK, map[string]any{"data": map[string]any{"viewer": map[string]any{"login": Login}}})
}

// send sends an answer, or as much of it as a fault lets through.
func (s *Server) send(w http.ResponseWriter, r *http.Request, a answer, f fault) {
	switch f.sends {
	case nothing:
		panic(http.ErrAbortHandler)
	case never:
		s.mu.Unlock()
		defer s.mu.Lock()
		select { // the client gives up, or the test ends
		case <-r.Context().Done():
		case <-time.After(time.Minute):
		}
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if f.sends == half {
		w.Header().Set("Content-Length", fmt.Sprint(len(a.body)))
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}
