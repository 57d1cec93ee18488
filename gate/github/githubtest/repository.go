package githubtest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// operation does what a request asks for, and answers it.
type operation func(s *Server, a *answer, q *asked, r *http.Request, body []byte)

// operations are what can be asked of a repository, by method and path below it.
var operations = union(aboutOperations, checkOperations, commentOperations, deploymentOperations, issueOperations, pullOperations, settingsOperations)

func union(parts ...map[string]operation) map[string]operation {
	all := map[string]operation{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

// do does what a request asks for.
func (s *Server) do(a *answer, q *asked, r *http.Request, body []byte) {
	do, ok := operations[r.Method+" "+strings.TrimPrefix(q.route.Path, "/repos/{owner}/{repo}")]
	if !ok || q.parameters["owner"]+"/"+q.parameters["repo"] != Repository {
		a.refuse(http.StatusNotFound, "Not Found")
		return
	}
	do(s, a, q, r, body)
}

// page answers one page of a list, with links to others.
func page(a *answer, r *http.Request, list []any) { a.json(http.StatusOK, part(a, r, list)) }

// part returns what the page of a list has that is asked for, and links to others.
func part(a *answer, r *http.Request, list []any) []any {
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
	return append([]any{}, list[from:to]...)
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
