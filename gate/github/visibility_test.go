package github

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

func TestIsPublic(t *testing.T) {
	gone := Repository{"Codertocat", "gone"}
	for _, tt := range []struct {
		name    string
		private bool
		token   string
		r       Repository
		faults  []string
		want    bool
		err     string
	}{
		{"public", false, githubtest.Token, hello, nil, true, ""},
		{"private", true, githubtest.Token, hello, nil, false, ""},
		{"public, without a token", false, "", hello, nil, true, ""},
		{"private, without a token", true, "", hello, nil, false, ""},
		{"none", false, githubtest.Token, gone, nil, false, ""},
		{"none, without a token", false, "", gone, nil, false, ""},
		{"a token that is none", true, "x", hello, nil, false, "ask whether Codertocat/Hello-World is public: 401: Bad credentials"},
		{"may not", true, githubtest.Token, hello, []string{"403"}, false, "ask whether Codertocat/Hello-World is public: 403: Resource not accessible by integration"},
		{"a limit of an hour, without a token", false, "", hello, []string{"primary-hour"}, false, "ask whether Codertocat/Hello-World is public: 403: API rate limit exceeded for installation ID 7."},
		{"nothing", false, githubtest.Token, hello, []string{"empty", "null", "empty", "null", "empty"}, false, "ask whether Codertocat/Hello-World is public: 200: the answer is empty"},
		{"a captive portal", true, githubtest.Token, hello, []string{"html", "html", "html", "html", "html"}, false, "ask whether Codertocat/Hello-World is public: 200: the answer is cut off, or it is not GitHub's"},
		{"away for a while", false, githubtest.Token, hello, []string{"502", "reset", "cut"}, true, ""},
		{"404 for a while", false, githubtest.Token, hello, []string{"502", "404"}, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.SetPrivate(tt.private)
			w.fail(t, "GET", tt.faults...)
			got, err := IsPublic(t.Context(), Config{API: w.API(), GraphQL: w.GraphQL(), Token: tt.token, Timeout: time.Second, Wait: w.client.wait}, tt.r)
			if got != tt.want || message(err) != tt.err {
				t.Errorf("got %t, %v; want %t, %q", got, err, tt.want, tt.err)
			}
		})
	}
	if _, err := IsPublic(t.Context(), Config{API: "http://ghe.example.com"}, hello); err == nil {
		t.Error("got no error of an address that would send the token unencrypted")
	}
}

func TestPublicByEvent(t *testing.T) {
	for _, tt := range []struct {
		name, payload string
		public, known bool
	}{
		{"GitHub's own", string(payloadOf(t, "push")), true, true},
		{"public", `{"repository": {"full_name": "codertocat/hello-world", "private": false, "visibility": "public"}}`, true, true},
		{"private", `{"repository": {"full_name": "Codertocat/Hello-World", "private": true, "visibility": "private"}}`, false, true},
		{"internal", `{"repository": {"full_name": "Codertocat/Hello-World", "private": true, "visibility": "internal"}}`, false, true},
		{"private, before there was a visibility", `{"repository": {"full_name": "Codertocat/Hello-World", "private": true}}`, false, true},
		{"both", `{"repository": {"full_name": "Codertocat/Hello-World", "private": true, "visibility": "public"}}`, true, true},
		{"neither", `{"repository": {"full_name": "Codertocat/Hello-World"}}`, false, false},
		{"another one", `{"repository": {"full_name": "octocat/Hello-World", "private": true}}`, false, false},
		{"none", `{"schedule": "17 2 * * *"}`, false, false},
		{"not of its form", `{"repository": {"full_name": "Codertocat/Hello-World", "private": "yes"}}`, false, false},
		{"nothing", "", false, false},
		{"cut", strings.TrimSuffix(`{"repository": {"full_name": "Codertocat/Hello-World", "private": true}}`, "}"), false, false},
	} {
		if public, known := PublicByEvent([]byte(tt.payload), hello); public != tt.public || known != tt.known {
			t.Errorf("%s: got %t, %t; want %t, %t", tt.name, public, known, tt.public, tt.known)
		}
	}
}
