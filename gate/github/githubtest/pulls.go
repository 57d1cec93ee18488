package githubtest

import (
	"net/http"
	"net/url"
	"strings"
)

var pullOperations = map[string]operation{
	"GET /pulls/{pull_number}/files": func(s *Server, a *answer, q *asked, r *http.Request, _ []byte) {
		if !ofPullRequest(a, q.parameters["pull_number"]) {
			return
		}
		var list []any
		for _, name := range s.files {
			list = append(list, s.file(name))
		}
		page(a, r, list)
	},
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
