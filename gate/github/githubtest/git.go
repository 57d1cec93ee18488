package githubtest

import (
	"net/http"
	"net/http/cgi"
	"slices"
	"strings"
)

// ForkToken is the token of a workflow that runs for a pull request of a fork: it may read only.
const ForkToken = "ghs_Z9y8X7w6V5u4T3s2R1q0P9o8N7m6L5k4J3i2"

// Serve makes a bare repository that of the Server, under its URL. Who has a token may read it; who has Token may write.
// It runs git http-backend, by its path.
func (s *Server) Serve(folder, backend string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.git = &cgi.Handler{
		Path: backend, Root: "/" + Repository,
		Env: []string{"GIT_PROJECT_ROOT=" + folder, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.receivepack", "GIT_CONFIG_VALUE_0=true"},
	}
}

// Clone returns the URL of the repository, and the header with which actions/checkout lets git in.
func (s *Server) Clone(token string) (url, header string) {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth("x-access-token", token)
	return s.URL() + "/" + Repository, "Authorization: " + r.Header.Get("Authorization")
}

// serveGit answers git, and reports whether it is git that asked.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	git := s.git
	s.mu.Unlock()
	if git == nil || !strings.HasPrefix(r.URL.Path, git.Root+"/") {
		return false
	}
	_, token, _ := r.BasicAuth()
	writes := strings.HasSuffix(r.URL.Path, "/git-receive-pack") || slices.Contains(r.URL.Query()["service"], "git-receive-pack")
	switch {
	case token == Token || token == ForkToken && !writes:
		git.ServeHTTP(w, r)
	case token == ForkToken:
		http.Error(w, "Write access to repository not granted.", http.StatusForbidden)
	default:
		w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
		http.Error(w, "", http.StatusUnauthorized)
	}
	return true
}
