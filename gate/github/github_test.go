package github

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

// world is a GitHub, and a client that does not wait but says how long it would have.
type world struct {
	*githubtest.Server
	client  *Client
	timeout time.Duration // for one answer
	mu      sync.Mutex
	waits   []time.Duration
}

var hello = Repository{"Codertocat", "Hello-World"}

const marker = "<!-- gate:v1 policy=gate.hcl to=production -->"

// body is a comment of gate's.
func body(text string) string { return marker + "\n" + text }

func newWorld(t *testing.T) *world {
	t.Helper()
	server, err := githubtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Server: server, timeout: time.Minute}
	t.Cleanup(func() {
		server.Close()
		for _, problem := range server.Problems() {
			t.Errorf("not as GitHub describes it: %s", problem)
		}
	})
	w.client = w.newClient(t)
	return w
}

func (w *world) newClient(t *testing.T) *Client {
	t.Helper()
	c, err := New(Config{API: w.API(), GraphQL: w.GraphQL(), Token: githubtest.Token, Timeout: w.timeout,
		Wait: func(ctx context.Context, d time.Duration) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.waits = append(w.waits, d)
			return ctx.Err()
		}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fail makes requests fail. An answer that does not come is not waited for.
func (w *world) fail(t *testing.T, method string, faults ...string) {
	t.Helper()
	if slices.ContainsFunc(faults, func(name string) bool { return strings.HasSuffix(name, "slow") }) {
		w.timeout = 200 * time.Millisecond
		w.client = w.newClient(t)
	}
	if err := w.Fail(method, faults...); err != nil {
		t.Fatal(err)
	}
}

// has checks which comments are there, as "author: body without the marker".
func (w *world) has(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, c := range w.Comments() {
		got = append(got, c.Author+": "+strings.TrimPrefix(c.Body, marker+"\n"))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the comments (-want +got):\n%s", diff)
	}
}

func (w *world) upsert(t *testing.T, text string) (string, bool, error) {
	t.Helper()
	return w.client.UpsertComment(t.Context(), hello, githubtest.PullRequest, marker, body(text))
}

// hides checks that the token is in no form in a text.
func hides(t *testing.T, what, text string) {
	t.Helper()
	for _, form := range []string{githubtest.Token, githubtest.Token[4:20], hex.EncodeToString([]byte(githubtest.Token)), base64.StdEncoding.EncodeToString([]byte(githubtest.Token))[:20]} {
		if strings.Contains(text, form) {
			t.Errorf("%s has the token: %q", what, text)
		}
	}
}

func TestNew(t *testing.T) {
	good := Config{API: "https://api.github.com", GraphQL: "https://api.github.com/graphql", Token: "x"}
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"as it is in Actions", func(*Config) {}, ""},
		{"Enterprise Server", func(c *Config) { c.API = "https://ghe.example.com/api/v3/" }, ""},
		{"a test's", func(c *Config) { c.API = "http://127.0.0.1:80/api" }, ""},
		{"no token", func(c *Config) { c.Token = " \n" }, "the token is empty"},
		{"no address", func(c *Config) { c.API = "" }, `the address of GitHub's API: "/" is none`},
		{"no scheme", func(c *Config) { c.API = "api.github.com" }, `the address of GitHub's API: "api.github.com/" is none`},
		{"unencrypted", func(c *Config) { c.GraphQL = "http://ghe.example.com/graphql" },
			`the address of GitHub's GraphQL API: "http://ghe.example.com/graphql" would send the token unencrypted: it must begin with https://`},
		{"a name like that of this machine", func(c *Config) { c.API = "http://127.0.0.1.example.com" },
			`the address of GitHub's API: "http://127.0.0.1.example.com/" would send the token unencrypted: it must begin with https://`},
		{"another password", func(c *Config) { c.API = "https://me:too@ghe.example.com" }, `the address of GitHub's API: "https://me:too@ghe.example.com/" is none`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := good
			tt.change(&c)
			_, err := New(c)
			if got := message(err); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestParseRepository(t *testing.T) {
	for text, want := range map[string]bool{
		"acme/shop": true, "acme/.github": true, "a-b/c_d.e": true, "acme": false, "acme/": false, "/shop": false, "acme/..": false, "acme/.": false,
		"acme/shop/x": false, "acme/shop?x": false, "../shop": false, "acme/sh%2fop": false, "acme/shop\n": false, "": false,
	} {
		got, err := ParseRepository(text)
		if (err == nil) != want || err == nil && got.String() != text {
			t.Errorf("%q: got %v, %v; want it taken: %t", text, got, err, want)
		}
	}
}

// A renamed repository is followed on the same host, and nowhere else.
func TestRedirect(t *testing.T) {
	request := func(method, url string) *http.Request {
		req, err := http.NewRequest(method, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		return req
	}
	for _, tt := range []struct {
		method, to string
		follows    bool
	}{
		{"GET", "https://api.github.com/repositories/7", true},
		{"GET", "https://evil.example.com/repositories/7", false},
		{"GET", "http://api.github.com/repositories/7", false},
		{"GET", "https://api.github.com:8443/repositories/7", false},
		{"PATCH", "https://api.github.com/repositories/7", false}, // it would become a GET
	} {
		err := stays(request("GET", tt.to), []*http.Request{request(tt.method, "https://api.github.com/repos/acme/shop")})
		if (err == nil) != tt.follows {
			t.Errorf("%s redirected to %s: got %v, want it followed: %t", tt.method, tt.to, err, tt.follows)
		}
	}
	w := newWorld(t)
	w.fail(t, "GET", "redirect")
	if _, _, err := w.upsert(t, "blocked"); message(err) != "list the comments of Codertocat/Hello-World#2: 307: Moved" {
		t.Errorf("got %v", err)
	}
}

func TestChangedFiles(t *testing.T) {
	w := newWorld(t)
	var want []string
	for i := range 250 {
		want = append(want, fmt.Sprintf("deploy/%03d.ini", i))
	}
	w.Change(want...)
	w.Change("-gone.ini")
	got, err := w.client.ChangedFiles(t.Context(), hello, githubtest.PullRequest)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	w.fail(t, "GET", "", "cut", "", "", "502")
	got, err = w.client.ChangedFiles(t.Context(), hello, githubtest.PullRequest)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("after a cut second page: %v (-want +got):\n%s", err, diff)
	}
	w.fail(t, "GET", "", "403")
	got, err = w.client.ChangedFiles(t.Context(), hello, githubtest.PullRequest)
	if got != nil || message(err) != "list the files of Codertocat/Hello-World#2: 403: Resource not accessible by integration" {
		t.Errorf("got %v, %v", got, err)
	}
}

// Waiting ends with the context.
func TestSleep(t *testing.T) {
	if err := sleep(t.Context(), time.Nanosecond); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sleep(ctx, time.Hour); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}
